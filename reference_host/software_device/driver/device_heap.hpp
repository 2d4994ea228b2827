#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

#include "../engine.hpp"

namespace vgpu::softdevice {

/// The heap of malloc and free in kernels: a piece of device memory of a context, taken when a
/// kernel first asks for some. Blocks live until they are freed or the context ends. Thread-safe.
class DeviceHeap {
 public:
  explicit DeviceHeap(DeviceMemory& memory) : memory_(memory) {}

  /// Ends all blocks.
  void reset(std::size_t limit);
  /// False once the heap is in use: its size is then fixed.
  bool set_limit(std::size_t limit);

  /// A block aligned to 16 bytes; 0 for no bytes, or more than are free in one piece.
  std::uintptr_t allocate(std::size_t size);
  /// False for what is no block.
  bool free(std::uintptr_t address);

 private:
  DeviceMemory& memory_;
  std::mutex mutex_;
  std::size_t limit_ = 0;
  std::uintptr_t begin_ = 0;
  std::map<std::uintptr_t, std::size_t> free_;    ///< by address
  std::map<std::uintptr_t, std::size_t> blocks_;  ///< by address
};

}  // namespace vgpu::softdevice
