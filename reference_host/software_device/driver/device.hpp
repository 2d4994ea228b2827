#pragma once

#include <cuda.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "../engine.hpp"
#include "context.hpp"

namespace vgpu::softdevice {

class MemoryPool;

/// What a device claims to be unless VGPU_SOFT_CC says otherwise: the highest capability below 9.0
/// of which every instruction is there (8.9 adds only 8-bit floats to 8.6).
inline constexpr int default_capability = 86;

/// One device: its memory, its primary context, its memory pools.
class Device {
 public:
  Device(int ordinal, int compute_capability, std::size_t memory_bytes);

  int ordinal() const noexcept { return ordinal_; }
  /// 86 for capability 8.6.
  int compute_capability() const noexcept { return compute_capability_; }
  const std::string& name() const noexcept { return name_; }
  DeviceMemory& memory() noexcept { return memory_; }
  const std::shared_ptr<Context>& primary() const noexcept { return primary_; }
  CUuuid uuid() const noexcept;
  std::string pci_bus_id() const;

  /// \return false for a number that no attribute has.
  bool attribute(CUdevice_attribute attribute, int& value) const noexcept;

  /// Bytes that are neither allocated nor held by physical memory handles.
  std::size_t free_bytes() const noexcept;
  /// Takes bytes for physical memory (cuMemCreate); false when there are not as many.
  bool take_physical(std::size_t bytes) noexcept;
  void give_physical(std::size_t bytes) noexcept;

  std::mutex primary_mutex;  ///< guards the retain count
  unsigned primary_retains = 0;

  /// Memory of graphs. All that is reserved is used: it goes when its graph does.
  struct GraphMemoryUse {
    std::uint64_t used = 0;
    std::uint64_t used_high = 0;
    std::uint64_t reserved_high = 0;
  };
  void take_graph_memory(std::uint64_t bytes);
  void give_graph_memory(std::uint64_t bytes);
  GraphMemoryUse graph_memory_use();
  void reset_graph_memory_high(bool used);

  std::mutex pool_mutex;
  CUmemoryPool default_pool = nullptr;
  CUmemoryPool current_pool = nullptr;

 private:
  const int ordinal_;
  const int compute_capability_;
  const std::string name_;
  mutable DeviceMemory memory_;
  std::atomic<std::size_t> physical_bytes_{0};
  std::mutex graph_memory_mutex_;
  GraphMemoryUse graph_memory_;
  std::shared_ptr<Context> primary_;
};

/// Limits of a multiprocessor, by capability.
struct MultiprocessorLimits {
  int threads = 1024;
  int blocks = 16;
  int shared_bytes = 65536;
  int shared_optin = 65536;
  int shared_reserved = 0;
  int shared_unit = 256;  ///< bytes that shared memory comes in
  int registers = 65536;
};
MultiprocessorLimits multiprocessor_limits(int compute_capability) noexcept;

}  // namespace vgpu::softdevice
