#include <algorithm>
#include <cstring>

#include "reference_host/software_device/exec/module.hpp"
#include "reference_host/software_device/exec/scheduler.hpp"

namespace vgpu::softdevice {

namespace {

std::atomic<std::uint64_t> next_grid_id{1};

/// What cooperative groups find through %envreg1 and %envreg2: the word they count arrivals in.
class GridWorkspace {
 public:
  explicit GridWorkspace(DeviceMemory& memory) : memory_(memory) {
    memory_.add_external({address(), sizeof words_});
  }
  ~GridWorkspace() { memory_.remove_external(address()); }
  GridWorkspace(const GridWorkspace&) = delete;
  GridWorkspace& operator=(const GridWorkspace&) = delete;
  std::uintptr_t address() const { return reinterpret_cast<std::uintptr_t>(words_); }

 private:
  DeviceMemory& memory_;
  alignas(64) std::uint64_t words_[64] = {};
};

}  // namespace

LaunchFault run_grid(const Kernel& kernel, const LaunchConfig& config,
                     std::span<const std::byte> parameters, DeviceMemory& memory,
                     KernelServices& services, const LaunchLimits& limits) {
  const exec::Program& program = static_cast<const exec::KernelImpl&>(kernel).program;
  const Dim3& block = config.block;
  const std::uint64_t threads = std::uint64_t{block.x} * block.y * block.z;
  const bool fits = block.x <= 1024 && block.y <= 1024 && block.z <= 1024 && threads <= 1024;
  if (!fits || threads == 0 || config.grid.x == 0 || config.grid.y == 0 || config.grid.z == 0)
    return {CUDA_ERROR_INVALID_VALUE, "kernel " + program.name + ": bad grid or block size"};
  exec::Grid grid;
  grid.program = &program;
  grid.config = config;
  grid.parameters.resize(program.param_bytes);
  std::copy_n(parameters.begin(), std::min(parameters.size(), grid.parameters.size()),
              grid.parameters.begin());
  grid.memory = &memory;
  grid.stop = limits.stop;
  if (limits.time.count() > 0) grid.deadline = std::chrono::steady_clock::now() + limits.time;
  grid.time = limits.time;
  grid.services = &services;
  grid.id = next_grid_id.fetch_add(1, std::memory_order_relaxed);
  if (config.cooperative) {
    const GridWorkspace workspace(memory);
    grid.workspace = workspace.address();
    exec::schedule_grid(grid);
  } else {
    exec::schedule_grid(grid);
  }
  grid.fault.executed = grid.executed;
  return grid.fault;
}

}  // namespace vgpu::softdevice
