#include "mirrored_memory.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <vector>
#include <vgpu/calls/memory.hpp>

#include "vgpu/guest/core.hpp"
#include "vgpu/support/mapping.hpp"

namespace vgpu::guest {
namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t write_batch = 32 * page;
constexpr std::size_t read_batch = 64 * page;

struct Region {
  std::byte* guest = nullptr;
  std::uint64_t host = 0;
  std::size_t size = 0;
  MirrorKind kind = MirrorKind::plain;
  support::Mapping twin;
  bool gone = false;  ///< the program has unmapped it

  /// Copies [begin, begin + bytes) of the program's memory; false when it is gone.
  bool read(std::size_t begin, std::byte* to, std::size_t bytes) noexcept {
    if (kind != MirrorKind::borrowed) {
      std::memcpy(to, guest + begin, bytes);
      return true;
    }
    return borrow(begin, to, bytes, ::process_vm_readv);
  }
  bool write(std::size_t begin, std::byte value) noexcept {
    if (kind != MirrorKind::borrowed) {
      guest[begin] = value;
      return true;
    }
    return borrow(begin, &value, 1, ::process_vm_writev);
  }

 private:
  template <class Transfer>
  bool borrow(std::size_t begin, std::byte* here, std::size_t bytes, Transfer transfer) noexcept {
    const iovec local{here, bytes};
    const iovec remote{guest + begin, bytes};
    if (transfer(::getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes)) return true;
    gone = true;
    return false;
  }
};

struct Mirrors {
  std::mutex mutex;
  std::vector<std::unique_ptr<Region>> regions;
  std::vector<std::byte> buffer;
};

// Never destroyed, as the program may use its memory until the end.
Mirrors& mirrors() {
  static auto* const all = new Mirrors;
  return *all;
}

// The bytes of [begin, end) that differ from the twin, as MirrorWrite wants them.
CUresult send_changes(Region& region, std::size_t begin, std::size_t end,
                      std::vector<std::byte>& buffer) {
  const std::size_t bytes = end - begin;
  buffer.assign(bytes + (bytes + 7) / 8, std::byte{0});
  std::byte* twin = region.twin.data() + begin;
  // One read of the program's memory, which other threads of the program may be writing.
  if (!region.read(begin, buffer.data(), bytes)) return CUDA_SUCCESS;
  std::byte* mask = buffer.data() + bytes;
  for (std::size_t i = 0; i < bytes; ++i) {
    if (buffer[i] != twin[i]) mask[i / 8] |= std::byte{1} << (i % 8);
  }
  const CUresult result = post<calls::MirrorWrite>(
      {.address = region.host + begin, .byteCount = bytes}, {buffer.data(), buffer.size()});
  if (result == CUDA_SUCCESS) std::memcpy(twin, buffer.data(), bytes);
  return result;
}

CUresult send_region(Region& region, std::vector<std::byte>& buffer) {
  const auto same = [&region](std::size_t begin, std::size_t bytes) {
    if (region.kind != MirrorKind::borrowed) {
      return std::memcmp(region.guest + begin, region.twin.data() + begin, bytes) == 0;
    }
    std::array<std::byte, page> now;
    return !region.read(begin, now.data(), bytes) ||
           std::memcmp(now.data(), region.twin.data() + begin, bytes) == 0;
  };
  std::size_t position = 0;
  while (position < region.size && !region.gone) {
    const std::size_t step = std::min(page, region.size - position);
    if (same(position, step)) {
      position += step;
      continue;
    }
    std::size_t end = position + step;
    while (end < region.size && end - position < write_batch) {
      const std::size_t next = std::min(page, region.size - end);
      if (same(end, next)) break;
      end += next;
    }
    if (const CUresult result = send_changes(region, position, end, buffer);
        result != CUDA_SUCCESS) {
      return result;
    }
    position = end;
  }
  return CUDA_SUCCESS;
}

CUresult fetch_region(Region& region, std::vector<std::byte>& buffer) {
  buffer.resize(std::min(read_batch, region.size));
  for (std::size_t position = 0; position < region.size;) {
    const std::size_t bytes = std::min(read_batch, region.size - position);
    ReplyOf<calls::MirrorRead> reply;
    std::size_t received = 0;
    const CUresult result =
        call_into<calls::MirrorRead>({.address = region.host + position, .byteCount = bytes}, reply,
                                     {buffer.data(), bytes}, received);
    if (result != CUDA_SUCCESS) return result;
    if (received != bytes) return CUDA_ERROR_UNKNOWN;
    std::byte* twin = region.twin.data() + position;
    for (std::size_t at = 0; at < bytes; at += page) {
      const std::size_t step = std::min(page, bytes - at);
      if (std::memcmp(buffer.data() + at, twin + at, step) == 0) continue;
      for (std::size_t i = at; i < at + step; ++i) {
        if (buffer[i] == twin[i]) continue;
        if (!region.write(position + i, buffer[i])) return CUDA_SUCCESS;
        twin[i] = buffer[i];
      }
    }
    position += bytes;
  }
  return CUDA_SUCCESS;
}

}  // namespace

namespace detail {

CUresult mirror_out_slow() noexcept {
  try {
    Mirrors& all = mirrors();
    const std::lock_guard lock(all.mutex);
    for (const auto& region : all.regions) {
      const CUresult result = send_region(*region, all.buffer);
      if (result != CUDA_SUCCESS) return result;
    }
    return CUDA_SUCCESS;
  } catch (...) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
}

CUresult mirror_in_slow() noexcept {
  try {
    Mirrors& all = mirrors();
    const std::lock_guard lock(all.mutex);
    for (const auto& region : all.regions) {
      if (region->kind == MirrorKind::read_only || region->gone) continue;
      const CUresult result = fetch_region(*region, all.buffer);
      if (result != CUDA_SUCCESS) return result;
    }
    return CUDA_SUCCESS;
  } catch (...) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
}

}  // namespace detail

bool add_mirror(std::uint64_t address, std::uint64_t host_address, std::uint64_t size,
                MirrorKind kind) {
  if (size == 0) return true;
  auto twin = support::Mapping::anonymous(size);
  if (!twin) return false;
  auto region = std::make_unique<Region>();
  region->guest = reinterpret_cast<std::byte*>(address);
  region->host = host_address;
  region->size = size;
  region->kind = kind;
  // Some sandboxes forbid it.
  std::byte first{};
  if (kind == MirrorKind::borrowed && !region->read(0, &first, 1)) return false;
  region->twin = std::move(*twin);
  Mirrors& all = mirrors();
  const std::lock_guard lock(all.mutex);
  all.regions.push_back(std::move(region));
  detail::mirrored_regions.store(static_cast<int>(all.regions.size()), std::memory_order_relaxed);
  return true;
}

namespace {

template <class Which>
void remove_if(Which which) {
  if (detail::mirrored_regions.load(std::memory_order_relaxed) == 0) return;
  Mirrors& all = mirrors();
  const std::lock_guard lock(all.mutex);
  std::erase_if(all.regions,
                [&which](const std::unique_ptr<Region>& region) { return which(*region); });
  detail::mirrored_regions.store(static_cast<int>(all.regions.size()), std::memory_order_relaxed);
}

}  // namespace

void remove_mirrors(std::uint64_t address, std::uint64_t size) {
  remove_if([address, size](const Region& region) {
    const auto begin = reinterpret_cast<std::uint64_t>(region.guest);
    return begin >= address && begin - address < size && region.kind != MirrorKind::borrowed;
  });
}

void remove_mirror(std::uint64_t host_address) {
  remove_if([host_address](const Region& region) { return region.host == host_address; });
}

}  // namespace vgpu::guest
