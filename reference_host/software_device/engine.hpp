#pragma once

/// \file
/// The seam of the software device: what the driver objects (`driver/`) need of the PTX engine
/// (`fatbin/`, `ptx/`, `exec/`). Nothing above this header knows how kernels are executed, so an
/// executor of another kind (a JIT) can be put behind it.

#include <cuda.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vgpu::softdevice {

/// All memory that kernels and copies may touch. Device addresses are addresses of this process:
/// device allocations come from one reserved arena; host-registered and pinned ranges are added
/// where they lie. Thread-safe; `find` is wait-free enough to be called per memory instruction.
class DeviceMemory {
 public:
  struct Range {
    std::uintptr_t begin = 0;
    std::size_t size = 0;
  };

  /// \param capacity bytes the device claims to have (cuDeviceTotalMem).
  explicit DeviceMemory(std::size_t capacity);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  /// Takes `size` bytes, aligned to `alignment` (at least 512), zero-filled pages. Returns 0 when
  /// the capacity is used up. Counts against `free_bytes`.
  std::uintptr_t allocate(std::size_t size, std::size_t alignment = 512);
  /// Gives an allocation back. `address` must be what `allocate` returned; false otherwise.
  bool release(std::uintptr_t address);

  /// Takes address space without memory (cuMemAddressReserve); `map`/`unmap` put memory there.
  std::uintptr_t reserve(std::size_t size, std::size_t alignment, std::uintptr_t hint);
  bool unreserve(std::uintptr_t address, std::size_t size);

  /// Makes a range that somebody else owns (pinned, registered, mapped memory) accessible to
  /// kernels.
  bool add_external(Range range);
  bool remove_external(std::uintptr_t begin);

  /// The accessible range that contains [address, address + size); size 0 means the byte at
  /// `address`. Range{} when there is none.
  Range find(std::uintptr_t address, std::size_t size) const noexcept;

  /// Changes whenever a range goes away; what `find` answered before holds while this is the same.
  std::uint64_t generation() const noexcept;

  std::size_t capacity() const noexcept;
  std::size_t free_bytes() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Where one kernel parameter lies in the parameter block; units: bytes.
struct KernelParameter {
  std::size_t offset = 0;
  std::size_t size = 0;
};

/// What a kernel needs and may use; the values behind cuFuncGetAttribute and the occupancy queries.
/// Units: bytes, threads, 32-bit registers per thread.
struct KernelTraits {
  std::size_t static_shared_bytes = 0;
  std::size_t constant_bytes = 0;
  std::size_t local_bytes = 0;
  int registers = 0;
  int max_threads_per_block = 1024;
  int ptx_version = 0;     ///< PTX target * 10 as CUDA reports it, for instance 75
  int binary_version = 0;  ///< as above
};

class LoadedModule;

/// One `.entry` of a module. Owned by its module. Immutable once looked up; thread-safe.
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual std::string_view name() const noexcept = 0;
  virtual const KernelTraits& traits() const noexcept = 0;
  virtual std::span<const KernelParameter> parameters() const noexcept = 0;
};

/// A `.global` or `.const` variable of a module, in device memory.
struct GlobalVariable {
  std::uintptr_t address = 0;
  std::size_t size = 0;
};

/// Parsed code with its variables laid out in device memory; released by the destructor.
class LoadedModule {
 public:
  virtual ~LoadedModule() = default;
  /// Parses the entry at the first call (lazily). nullptr when there is no such entry; when its
  /// body cannot be executed, nullptr with `error` set to a sentence and `result` to CUDA's error.
  virtual const Kernel* find_kernel(std::string_view name, std::string& error,
                                    CUresult& result) = 0;
  virtual const GlobalVariable* find_global(std::string_view name) = 0;
  /// Names of all entries, in file order.
  virtual std::vector<std::string> kernel_names() const = 0;
};

/// Bytes of the image at `image`: a fatbin wrapper (0x466243b1, version 1 or 2), a bare fatbin
/// (0xba55ed50), an ELF cubin or NUL-terminated PTX text, as cuModuleLoadData takes it. 0 when it
/// is none of these.
std::size_t image_size(const void* image) noexcept;

struct LoadError {
  CUresult result =
      CUDA_SUCCESS;     ///< CUDA_ERROR_INVALID_IMAGE, _INVALID_PTX, _NO_BINARY_FOR_GPU, ...
  std::string message;  ///< for the JIT error log: line and reason
};

/// Chooses the PTX of an image for `compute_capability` (75 for 7.5), decompresses it, and loads
/// it. \return nullptr with `error` filled in.
std::unique_ptr<LoadedModule> load_module(const void* image, int compute_capability,
                                          DeviceMemory& memory, LoadError& error);

struct Dim3 {
  unsigned x = 1;
  unsigned y = 1;
  unsigned z = 1;
};

struct LaunchConfig {
  Dim3 grid;
  Dim3 block;
  std::size_t dynamic_shared_bytes = 0;
  bool cooperative = false;
};

/// Work done by a grid. An instruction counts once for every group of lanes that runs it together,
/// and once for each thread of the group, whether its guard lets it act or not.
struct ExecutionCount {
  std::uint64_t warp_instructions = 0;
  std::uint64_t thread_instructions = 0;
};

/// Why a grid stopped early; `result` is the sticky error CUDA would report (700, 716, 719, ...),
/// `message` names kernel, block, thread, PTX line and address.
struct LaunchFault {
  CUresult result = CUDA_SUCCESS;
  std::string message;
  ExecutionCount executed{};  ///< however the grid ended
};

/// Runs one grid to its end on the calling thread and the engine's worker threads.
/// \param parameters the parameter block, laid out as `kernel.parameters()` says; copied before the
/// call returns. \param stop set by another thread to end the grid at the next instruction budget.
/// \param print receives what device-side printf writes, in order.
LaunchFault run_grid(const Kernel& kernel, const LaunchConfig& config,
                     std::span<const std::byte> parameters, DeviceMemory& memory,
                     const std::atomic<bool>& stop,
                     const std::function<void(std::string_view)>& print);

/// Worker threads used by `run_grid`; the device's multiprocessor count. Default: the host's cores.
int worker_count() noexcept;

}  // namespace vgpu::softdevice
