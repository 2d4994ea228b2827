#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <stdexcept>

#include "vgpu/wire/ring.hpp"

namespace vgpu::wire::test {

/// Ring memory that forked processes share. The ring ends where an inaccessible page begins, so
/// that an access beyond its last slot is a fault and no silent success.
class RingMemory {
 public:
  explicit RingMemory(std::size_t slots) : slots_(slots) {
    std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    std::size_t used = round_up(RingView::bytes_for(slots), page);
    bytes_ = used + page;
    void* memory =
        ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("no ring memory");
    base_ = static_cast<std::byte*>(memory);
    if (::mprotect(base_ + used, page, PROT_NONE) != 0) throw std::runtime_error("no guard page");
    ring_ = base_ + used - round_up(RingView::bytes_for(slots), 128);
  }
  RingMemory(const RingMemory&) = delete;
  RingMemory& operator=(const RingMemory&) = delete;
  ~RingMemory() { ::munmap(base_, bytes_); }

  RingView view() const { return RingView(ring_, slots_); }

 private:
  std::size_t slots_;
  std::size_t bytes_ = 0;
  std::byte* base_ = nullptr;
  std::byte* ring_ = nullptr;
};

}  // namespace vgpu::wire::test
