#pragma once

/// \file
/// What loading code has in common on the host: images and JIT options as they arrive, the layout
/// of kernel parameters.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>
#include <vgpu/call/convert.hpp>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "host_memory.hpp"

namespace vgpu::host {

/// JIT options in the form the driver takes: numbers as they came, log buffers in scratch memory.
class JitArguments {
 public:
  /// CUDA_ERROR_INVALID_VALUE for lists that do not belong together, CUDA_ERROR_NOT_SUPPORTED for
  /// options that hold addresses, CUDA_ERROR_OUT_OF_MEMORY for buffers larger than a call may have.
  CUresult read(CallContext& context, std::span<const std::uint32_t> options,
                std::span<const std::uint64_t> values);

  unsigned count() const noexcept { return static_cast<unsigned>(options_.size()); }
  CUjit_option* options() noexcept { return options_.empty() ? nullptr : options_.data(); }
  void** values() noexcept { return values_.empty() ? nullptr : values_.data(); }

  /// The option values as the driver left them, and the logs it wrote, without their terminators.
  std::span<const std::uint64_t> returned(CallContext& context) const;
  std::span<const std::byte> info() const noexcept { return text(info_); }
  std::span<const std::byte> error() const noexcept { return text(error_); }

 private:
  static std::span<const std::byte> text(std::span<const char> buffer) noexcept;

  std::vector<CUjit_option> options_;
  std::vector<void*> values_;
  std::span<char> info_;
  std::span<char> error_;
};

/// Where the parameters of a function or kernel lie, asked of the driver one by one until it says
/// there are no more. \param query cuFuncGetParamInfo or cuKernelGetParamInfo, may be nullptr.
template <class H, class Reply>
CUresult parameter_layout(CallContext& context, CUresult (*query)(H, size_t, size_t*, size_t*),
                          H handle, Reply& reply) {
  if (query == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  std::vector<std::uint32_t> offsets;
  std::vector<std::uint32_t> sizes;
  // CUDA allows 32764 bytes of parameters, each of at least one.
  constexpr std::size_t most_parameters = 32764;
  for (std::size_t i = 0; i < most_parameters; ++i) {
    std::size_t offset = 0;
    std::size_t size = 0;
    const CUresult result = query(handle, i, &offset, &size);
    if (result == CUDA_ERROR_INVALID_VALUE) break;
    if (result != CUDA_SUCCESS) return result;
    offsets.push_back(static_cast<std::uint32_t>(offset));
    sizes.push_back(static_cast<std::uint32_t>(size));
  }
  reply.parameterOffsets =
      call::copy_list<std::uint32_t>(context, std::span<const std::uint32_t>(offsets));
  reply.parameterSizes =
      call::copy_list<std::uint32_t>(context, std::span<const std::uint32_t>(sizes));
  return CUDA_SUCCESS;
}

/// Adds a module's variable to what the guest owns. A variable that was asked for before is there
/// already. \param flags of memory::RangeAttributes.
void own_variable(CallContext& context, std::uint64_t address, std::uint64_t bytes,
                  std::uint64_t owner, std::uint32_t flags = 0);

/// Memory around a __managed__ variable that the guest is to have at the same address.
struct SharedPlace {
  std::uint64_t begin = 0;
  std::uint64_t bytes = 0;
};

/// Where the backend keeps the memory of `address` in a file that both sides can map, the whole of
/// that memory, and the file goes with the reply; else just the variable, which the guest keeps
/// alike by copying. Nothing when the variable is not managed.
SharedPlace share_variable(CallContext& context, std::uint64_t address, std::uint64_t bytes);

/// What a request for a variable answers, given where the backend has it.
template <class Reply>
void describe_variable(CallContext& context, std::uint64_t address, std::uint64_t bytes,
                       std::uint64_t owner, Reply& reply) {
  const SharedPlace shared = share_variable(context, address, bytes);
  own_variable(context, address, bytes, owner, shared.bytes != 0 ? range_managed_variable : 0U);
  reply.dptr = address;
  reply.bytes = bytes;
  reply.sharedBegin = shared.begin;
  reply.sharedBytes = shared.bytes;
}

/// Forgets the variables of a module or library that ends.
void disown_variables(CallContext& context, std::uint64_t owner);

}  // namespace vgpu::host
