#pragma once

#include <cuda.h>

#include <cstddef>
#include <cstdint>

namespace vgpu::softdevice {

class Device;

/// Physical memory (cuMemCreate): an anonymous file that may be mapped in several places. It lives
/// while its handle or a mapping does.
struct PhysicalMemory {
  PhysicalMemory() = default;
  PhysicalMemory(const PhysicalMemory&) = delete;
  PhysicalMemory& operator=(const PhysicalMemory&) = delete;
  ~PhysicalMemory();

  int descriptor = -1;
  std::size_t size = 0;
  Device* device = nullptr;  ///< null for memory of the host
  CUmemAllocationProp properties{};
  CUmemGenericAllocationHandle handle = 0;
  int references = 1;  ///< of the handle; guarded by the mutex of virtual_memory.cpp
};

}  // namespace vgpu::softdevice
