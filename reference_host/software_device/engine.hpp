#pragma once

/// \file
/// The seam of the software device: what the driver objects (`driver/`) need of the PTX engine
/// (`fatbin/`, `ptx/`, `exec/`). Nothing above this header knows how kernels are executed, so an
/// executor of another kind (a JIT) can be put behind it.

#include <cuda.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
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
    bool read_only = false;  ///< for kernels: constant memory
  };

  /// \param capacity bytes the device claims to have (cuDeviceTotalMem).
  explicit DeviceMemory(std::size_t capacity);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  /// Takes `size` bytes, aligned to `alignment` (at least 512), zero-filled pages. Returns 0 when
  /// the capacity is used up. Counts against `free_bytes`.
  /// `read_only`: kernels must not write there.
  std::uintptr_t allocate(std::size_t size, std::size_t alignment = 512, bool read_only = false);
  /// Gives an allocation back. `address` must be what `allocate` returned; false otherwise.
  bool release(std::uintptr_t address);

  /// As `allocate`, in whole pages of a file in memory that another process can map at the same
  /// address: far from where programs have theirs.
  std::uintptr_t allocate_shared(std::size_t size);
  /// The file behind what `allocate_shared` returned, which begins at its offset 0; -1 for any
  /// other address. It stays this object's.
  int shared_file(std::uintptr_t address) const noexcept;

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
  bool managed = false;  ///< host and device share it
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
  /// The memory of all `__managed__` variables, from `DeviceMemory::allocate_shared`; empty when
  /// there are none.
  virtual DeviceMemory::Range managed_memory() const noexcept = 0;
  /// Length of its text.
  virtual std::size_t text_bytes() const noexcept = 0;
  /// The value by which kernels find what is bound to a `.texref` (or `.surfref`) of that name, see
  /// ImageTable; 0 when there is none.
  virtual std::uint64_t find_reference(std::string_view name, bool surface) const = 0;
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

/// What kernels ask of the context that they run in. Called by several threads at once.
class KernelServices {
 public:
  virtual ~KernelServices() = default;
  /// One device-side printf.
  virtual void print(std::string text) = 0;
  /// An assertion that did not hold in one thread: CUDA's line for it, without its end.
  virtual void assertion_failed(std::string line) = 0;
  /// Device-side malloc; 0 when the heap has no such block.
  virtual std::uintptr_t heap_allocate(std::size_t size) = 0;
  /// Device-side free; false for what is no block of the heap.
  virtual bool heap_free(std::uintptr_t address) = 0;
  /// Something that the program's author should know (VGPU_SOFT_MEMCHECK), as one line.
  virtual void report(const std::string& line) = 0;
};

/// For VGPU_SOFT_MEMCHECK=1, and without effect else: memory that is not yet initialised, that
/// ends, and bytes that the program has written from outside kernels.
void memcheck_track(std::uintptr_t begin, std::size_t size);
void memcheck_forget(std::uintptr_t begin);
void memcheck_written(std::uintptr_t begin, std::size_t size);

/// When a grid ends before it is done.
struct LaunchLimits {
  /// Set by another thread to end the grid at the next instruction budget.
  const std::atomic<bool>* stop = nullptr;
  /// How long it may run before it fails with CUDA_ERROR_LAUNCH_TIMEOUT; zero: as long as it likes.
  std::chrono::nanoseconds time{0};
};

/// Runs one grid to its end on the calling thread and the engine's worker threads.
/// \param parameters the parameter block, laid out as `kernel.parameters()` says; copied before the
/// call returns.
LaunchFault run_grid(const Kernel& kernel, const LaunchConfig& config,
                     std::span<const std::byte> parameters, DeviceMemory& memory,
                     KernelServices& services, const LaunchLimits& limits);

/// Worker threads used by `run_grid`; the device's multiprocessor count. Default: the host's cores.
int worker_count() noexcept;

}  // namespace vgpu::softdevice
