#pragma once

/// \file
/// What the guest keeps about modules, libraries, kernels and functions, so that a launch needs no
/// question to the host: where the parameters lie, what the launch limits are, and which handle a
/// name already has.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <vgpu/call/convert.hpp>
#include <vgpu/calls.hpp>
#include <vgpu/guest/core.hpp>

#include "shared_variable.hpp"

namespace vgpu::guest {

struct KernelParameter {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

/// A CUfunction or CUkernel. Parameters, once known, and name never change; the limits are fetched
/// at the first launch.
struct Callable {
  std::uint64_t id = 0;
  std::uint64_t owner = 0;    ///< module or library
  std::uint64_t context = 0;  ///< of a function; 0 for a kernel
  std::string name;
  std::vector<KernelParameter> parameters;
  std::uint32_t parameter_bytes = 0;
  /// False for a kernel that was looked up while no context was current.
  std::atomic<bool> layout_known{false};

  /// Launch limits, valid once `limits_known` is set.
  std::atomic<bool> limits_known{false};
  std::atomic<int> max_threads_per_block{0};
  std::atomic<int> max_dynamic_shared_bytes{0};
  /// The launch in clusters that the driver accepted last, see launch.cpp; 0 for none.
  std::atomic<std::uint64_t> cluster_shape{0};

  /// Of a kernel: its function per context. Guarded by `mutex`.
  std::mutex mutex;
  std::map<std::uint64_t, std::uint64_t> functions;

  void set_layout(std::span<const std::uint32_t> offsets, std::span<const std::uint32_t> sizes) {
    for (std::size_t i = 0; i < offsets.size() && i < sizes.size(); ++i) {
      parameters.push_back({offsets[i], sizes[i]});
      parameter_bytes = std::max(parameter_bytes, offsets[i] + sizes[i]);
    }
    layout_known.store(true, std::memory_order_release);
  }
};

/// A CUmodule or CUlibrary, and the handles that end with it.
struct CodeObject {
  std::uint64_t id = 0;
  std::uint64_t context = 0;  ///< of a module; 0 for a library
  std::uint64_t library =
      0;  ///< of a library's module in one context; such a module is not unloaded by itself
  std::mutex mutex;
  std::map<std::string, std::uint64_t, std::less<>> callables;
  std::vector<std::uint64_t> functions;  ///< of a library: functions made from its kernels
  std::map<std::uint64_t, std::uint64_t> modules;  ///< of a library: context -> module
};

inline Callable* find_callable(std::uint64_t id) noexcept {
  const call::HandleKind kind = call::HandleId{id}.kind() == call::HandleKind::kernel
                                    ? call::HandleKind::kernel
                                    : call::HandleKind::function;
  return handle_object<Callable>(kind, id);
}

inline CodeObject* find_module(std::uint64_t id) noexcept {
  return handle_object<CodeObject>(call::HandleKind::module, id);
}

inline CodeObject* find_library(std::uint64_t id) noexcept {
  return handle_object<CodeObject>(call::HandleKind::library, id);
}

/// Mints a handle whose object is `object`, which the handle owns from here on; 0 when none is
/// left.
template <class T>
std::uint64_t mint_owning(call::HandleKind kind, std::unique_ptr<T> object) {
  const std::uint64_t id = mint_handle(kind, object.get());
  if (id == 0) return 0;
  object.release()->id = id;
  return id;
}

/// Ends a handle and the object that it owns.
template <class T>
void retire_owning(call::HandleKind kind, std::uint64_t id) noexcept {
  T* object = handle_object<T>(kind, id);
  if (retire_handle(id)) delete object;
}

/// Makes the parameters of a callable known; asks the host where they are not. Needs a current
/// context then.
CUresult ensure_layout(Callable& callable);

/// cuFuncGetParamInfo and cuKernelGetParamInfo.
CUresult parameter_info(Callable* callable, std::size_t index, std::size_t* offset,
                        std::size_t* size);

/// Enters a variable of a module or library in the registry of memory, where copies look addresses
/// up. \param managed it is shared with the program, as memory of cuMemAllocManaged is.
void remember_variable(const CodeObject& code, std::uint64_t address, std::uint64_t bytes,
                       bool managed);

/// Hands a variable of a module or library out as its reply describes it.
template <class Call>
CUresult take_variable(const CodeObject& code, const ReplyOf<Call>& reply, CUdeviceptr* dptr,
                       size_t* bytes) {
  if (dptr == nullptr && bytes == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const bool managed = reply.value.sharedBytes != 0;
  if (managed) {
    const CUresult result =
        share_variable(code.id, reply.value.sharedBegin, reply.value.sharedBytes, reply.descriptor);
    if (result != CUDA_SUCCESS) return result;
  }
  remember_variable(code, reply.value.dptr, reply.value.bytes, managed);
  if (dptr != nullptr) *dptr = reply.value.dptr;
  if (bytes != nullptr) *bytes = reply.value.bytes;
  return CUDA_SUCCESS;
}

/// The parameter block that a launch's `extra` list names. CUDA_ERROR_INVALID_VALUE for a list that
/// is none.
CUresult read_extra(void** extra, std::span<const std::byte>& block);

/// Ends a module or library with everything that it owns: the host has ended it already.
void end_code(call::HandleKind kind, std::uint64_t id) noexcept;

/// The image as one stretch of bytes: borrowed where it is one piece, else assembled in `storage`.
/// Empty for what is no image.
std::span<const std::byte> gather_image(const void* image, std::vector<std::byte>& storage);

/// Reads a whole file. CUDA_ERROR_FILE_NOT_FOUND when it cannot be opened.
CUresult read_file(const char* path, std::vector<std::byte>& bytes);

/// JIT options on their way to the host: numbers travel, buffers of the guest are filled when the
/// reply is there.
struct JitOptions {
  std::vector<std::uint32_t> options;
  std::vector<std::uint64_t> values;

  /// False for an option that holds pointers to structures of the guest; `unsupported` names it.
  bool read(unsigned count, const CUjit_option* names, void* const* raw);
  /// Copies logs and output values back.
  void write(void** raw, std::span<const std::uint64_t> returned, std::span<const std::byte> info,
             std::span<const std::byte> error) const;

  int unsupported = -1;
};

}  // namespace vgpu::guest
