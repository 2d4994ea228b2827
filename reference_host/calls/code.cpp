#include "code.hpp"

#include <algorithm>
#include <cstring>

#include "vgpu/host/solid_file.hpp"

namespace vgpu::host {

namespace {

/// A byte more than the driver is told of: it terminates even the text in a buffer of no bytes, and
/// refuses NULL.
bool take_buffer(CallContext& context, std::size_t bytes, std::span<char>& buffer) {
  const std::span<char> whole = context.scratch<char>(bytes + 1);
  if (whole.size() != bytes + 1) return false;
  buffer = whole.first(bytes);
  return true;
}

}  // namespace

CUresult JitArguments::read(CallContext& context, std::span<const std::uint32_t> options,
                            std::span<const std::uint64_t> values) {
  if (options.size() != values.size()) return CUDA_ERROR_INVALID_VALUE;
  // A log that nobody can read to its end helps nobody; this also bounds what a guest can make the
  // host hold.
  constexpr std::uint64_t largest_log = 1 << 20;
  std::size_t info_bytes = 0;
  std::size_t error_bytes = 0;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (options[i] == CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES) {
      info_bytes = std::min(values[i] & UINT32_MAX, largest_log);
    } else if (options[i] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES) {
      error_bytes = std::min(values[i] & UINT32_MAX, largest_log);
    }
  }
  for (std::size_t i = 0; i < options.size(); ++i) {
    const auto option = static_cast<CUjit_option>(options[i]);
    std::uint64_t value = values[i];
    switch (option) {
      case CU_JIT_GLOBAL_SYMBOL_NAMES:
      case CU_JIT_GLOBAL_SYMBOL_ADDRESSES:
      case CU_JIT_REFERENCED_KERNEL_NAMES:
      case CU_JIT_REFERENCED_VARIABLE_NAMES:
        return CUDA_ERROR_NOT_SUPPORTED;
      case CU_JIT_INFO_LOG_BUFFER:
        if (!take_buffer(context, info_bytes, info_)) return CUDA_ERROR_OUT_OF_MEMORY;
        value = call::to_wire<std::uint64_t>(info_.data());
        break;
      case CU_JIT_ERROR_LOG_BUFFER:
        if (!take_buffer(context, error_bytes, error_)) return CUDA_ERROR_OUT_OF_MEMORY;
        value = call::to_wire<std::uint64_t>(error_.data());
        break;
      case CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES:
        value = info_bytes;
        break;
      case CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES:
        value = error_bytes;
        break;
      default:
        break;
    }
    options_.push_back(option);
    values_.push_back(call::from_wire<void*>(value));
  }
  return CUDA_SUCCESS;
}

std::span<const std::uint64_t> JitArguments::returned(CallContext& context) const {
  const std::span<std::uint64_t> out = context.scratch<std::uint64_t>(values_.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    // Addresses of the host's buffers are nobody's business.
    const bool buffer =
        options_[i] == CU_JIT_INFO_LOG_BUFFER || options_[i] == CU_JIT_ERROR_LOG_BUFFER;
    out[i] = buffer ? 0 : call::to_wire<std::uint64_t>(values_[i]);
  }
  return out;
}

std::span<const std::byte> JitArguments::text(std::span<const char> buffer) noexcept {
  if (buffer.empty()) return {};
  return std::as_bytes(buffer.first(strnlen(buffer.data(), buffer.size())));
}

void own_variable(CallContext& context, std::uint64_t address, std::uint64_t bytes,
                  std::uint64_t owner, std::uint32_t flags) {
  if (bytes == 0 || context.session().memory().owns(address, bytes)) return;
  memory::RangeAttributes attributes;
  attributes.kind = memory::RangeKind::module_variable;
  attributes.owner = owner;
  attributes.flags = flags;
  context.session().add_range(address, bytes, attributes);
}

SharedPlace share_variable(CallContext& context, std::uint64_t address, std::uint64_t bytes) {
  const DriverTable& driver = context.driver();
  unsigned managed = 0;
  if (bytes == 0 || driver.cuPointerGetAttribute == nullptr ||
      driver.cuPointerGetAttribute(&managed, CU_POINTER_ATTRIBUTE_IS_MANAGED, address) !=
          CUDA_SUCCESS ||
      managed == 0) {
    return {};
  }
  const SharedPlace alone{address, bytes};
  CUdeviceptr begin = 0;
  std::size_t size = 0;
  int descriptor = -1;
  if (!context.session().carries_descriptors() || driver.cuMemGetHandleForAddressRange == nullptr ||
      driver.cuMemGetAddressRange_v2 == nullptr ||
      driver.cuMemGetAddressRange_v2(&begin, &size, address) != CUDA_SUCCESS ||
      begin % host_page != 0 || size % host_page != 0 ||
      driver.cuMemGetHandleForAddressRange(
          &descriptor, begin, size, CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD, 0) != CUDA_SUCCESS) {
    return alone;
  }
  support::UniqueFd file(descriptor);
  // Only a file in memory is the same bytes for whoever maps it.
  if (!file_is_solid(file.get(), size)) return alone;
  context.set_reply_descriptor(std::move(file));
  return {begin, size};
}

void disown_variables(CallContext& context, std::uint64_t owner) {
  context.session().memory().erase_if([owner](const memory::Range& range) {
    return range.attributes.kind == memory::RangeKind::module_variable &&
           range.attributes.owner == owner;
  });
}

}  // namespace vgpu::host
