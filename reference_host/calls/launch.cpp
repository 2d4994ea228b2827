#include <array>
#include <cstring>
#include <vector>

#include "code.hpp"

namespace vgpu::host {
namespace {

/// Launches with the parameter block as it came: `extra` needs no layout, and the driver checks the
/// size.
template <class Request>
CUlaunchConfig configuration(const Request& request, CUstream stream) {
  CUlaunchConfig config{};
  config.gridDimX = request.gridDimX;
  config.gridDimY = request.gridDimY;
  config.gridDimZ = request.gridDimZ;
  config.blockDimX = request.blockDimX;
  config.blockDimY = request.blockDimY;
  config.blockDimZ = request.blockDimZ;
  config.sharedMemBytes = request.sharedMemBytes;
  config.hStream = stream;
  return config;
}

struct Extra {
  Extra(std::span<const std::byte> block)
      : size(block.size()),
        list{CU_LAUNCH_PARAM_BUFFER_POINTER, const_cast<std::byte*>(block.data()),
             CU_LAUNCH_PARAM_BUFFER_SIZE, &size, CU_LAUNCH_PARAM_END} {}
  Extra(const Extra&) = delete;
  Extra& operator=(const Extra&) = delete;

  void** get() noexcept { return size == 0 ? nullptr : list.data(); }

  std::size_t size;
  std::array<void*, 5> list;
};

/// A parameter block as the array of addresses that cuLaunchCooperativeKernel takes.
class ParameterAddresses {
 public:
  /// False when the driver cannot say where the parameters lie, or they lie outside the block.
  bool read(const DriverTable& driver, std::uint64_t id, CUfunction function,
            std::span<const std::byte> block) {
    const bool kernel = call::HandleId{id}.kind() == call::HandleKind::kernel;
    if (kernel ? driver.cuKernelGetParamInfo == nullptr : driver.cuFuncGetParamInfo == nullptr) {
      return false;
    }
    for (std::size_t i = 0;; ++i) {
      std::size_t offset = 0;
      std::size_t size = 0;
      const CUresult result = kernel ? driver.cuKernelGetParamInfo(
                                           reinterpret_cast<CUkernel>(function), i, &offset, &size)
                                     : driver.cuFuncGetParamInfo(function, i, &offset, &size);
      if (result == CUDA_ERROR_INVALID_VALUE) return true;
      if (result != CUDA_SUCCESS || offset > block.size() || size > block.size() - offset) {
        return false;
      }
      addresses_.push_back(const_cast<std::byte*>(block.data() + offset));
    }
  }
  void** get() noexcept { return addresses_.empty() ? nullptr : addresses_.data(); }

 private:
  std::vector<void*> addresses_;
};

template <class Request>
CUresult resolve(CallContext& context, const Request& request, CUfunction& function,
                 CUstream& stream) {
  if (request.function == 0 || !call::resolve_function(context, request.function, function) ||
      !context.resolve(call::HandleKind::stream, request.hStream, stream)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  return CUDA_SUCCESS;
}

/// Puts the backend's handles in place of the guest's, and refuses what cannot be checked.
CUresult translate(CallContext& context, CUlaunchAttribute& attribute) {
  const auto event = [&context](CUevent& handle) {
    return context.resolve(call::HandleKind::event, call::to_wire<std::uint64_t>(handle), handle)
               ? CUDA_SUCCESS
               : CUDA_ERROR_INVALID_HANDLE;
  };
  switch (attribute.id) {
    case CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_EVENT:
      return event(attribute.value.programmaticEvent.event);
    case CU_LAUNCH_ATTRIBUTE_LAUNCH_COMPLETION_EVENT:
      return event(attribute.value.launchCompletionEvent.event);
    case CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW: {
      const auto& window = attribute.value.accessPolicyWindow;
      const auto address = call::to_wire<std::uint64_t>(window.base_ptr);
      return window.num_bytes == 0 || context.owns(address, window.num_bytes)
                 ? CUDA_SUCCESS
                 : CUDA_ERROR_INVALID_VALUE;
    }
    case CU_LAUNCH_ATTRIBUTE_DEVICE_UPDATABLE_KERNEL_NODE:
      // Its value is a device address that only device-side graph updates use.
      return CUDA_ERROR_NOT_SUPPORTED;
    default:
      return CUDA_SUCCESS;
  }
}

}  // namespace

CUresult execute(CallContext& context, const calls::LaunchKernel::Request& request,
                 calls::LaunchKernel::Reply&) {
  const auto launch = context.driver().cuLaunchKernel;
  if (launch == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUfunction function{};
  CUstream stream{};
  if (const CUresult result = resolve(context, request, function, stream); result != CUDA_SUCCESS)
    return result;
  if (request.parameterBytes > context.trailing().size()) return CUDA_ERROR_INVALID_VALUE;
  Extra extra(context.trailing().first(request.parameterBytes));
  return launch(function, request.gridDimX, request.gridDimY, request.gridDimZ, request.blockDimX,
                request.blockDimY, request.blockDimZ, request.sharedMemBytes, stream, nullptr,
                extra.get());
}

CUresult execute(CallContext& context, const calls::LaunchCooperativeKernel::Request& request,
                 calls::LaunchCooperativeKernel::Reply&) {
  CUfunction function{};
  CUstream stream{};
  if (const CUresult result = resolve(context, request, function, stream); result != CUDA_SUCCESS)
    return result;
  if (request.parameterBytes > context.trailing().size()) return CUDA_ERROR_INVALID_VALUE;
  const std::span<const std::byte> block = context.trailing().first(request.parameterBytes);
  const DriverTable& driver = context.driver();
  ParameterAddresses addresses;
  if (driver.cuLaunchCooperativeKernel != nullptr &&
      addresses.read(driver, request.function, function, block)) {
    return driver.cuLaunchCooperativeKernel(
        function, request.gridDimX, request.gridDimY, request.gridDimZ, request.blockDimX,
        request.blockDimY, request.blockDimZ, request.sharedMemBytes, stream, addresses.get());
  }
  // It takes no parameter block; a launch attribute says the same.
  const auto launch = driver.cuLaunchKernelEx;
  if (launch == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  Extra extra(block);
  CUlaunchAttribute cooperative{};
  cooperative.id = CU_LAUNCH_ATTRIBUTE_COOPERATIVE;
  cooperative.value.cooperative = 1;
  CUlaunchConfig config = configuration(request, stream);
  config.attrs = &cooperative;
  config.numAttrs = 1;
  return launch(&config, function, nullptr, extra.get());
}

CUresult execute(CallContext& context, const calls::LaunchKernelEx::Request& request,
                 calls::LaunchKernelEx::Reply&) {
  const auto launch = context.driver().cuLaunchKernelEx;
  if (launch == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUfunction function{};
  CUstream stream{};
  if (const CUresult result = resolve(context, request, function, stream); result != CUDA_SUCCESS)
    return result;
  const std::span<const std::byte> trailing = context.trailing();
  if (request.numAttrs > trailing.size() / sizeof(CUlaunchAttribute))
    return CUDA_ERROR_INVALID_VALUE;
  const std::size_t attribute_bytes = std::size_t{request.numAttrs} * sizeof(CUlaunchAttribute);
  if (request.parameterBytes > trailing.size() - attribute_bytes) return CUDA_ERROR_INVALID_VALUE;
  std::span<CUlaunchAttribute> attributes;
  if (!call::copy_layouts(context, trailing.first(attribute_bytes), attributes))
    return CUDA_ERROR_INVALID_VALUE;
  if (attributes.size() != request.numAttrs) return CUDA_ERROR_OUT_OF_MEMORY;
  for (CUlaunchAttribute& attribute : attributes) {
    if (const CUresult result = translate(context, attribute); result != CUDA_SUCCESS)
      return result;
  }
  Extra extra(trailing.subspan(attribute_bytes, request.parameterBytes));
  CUlaunchConfig config = configuration(request, stream);
  config.attrs = attributes.data();
  config.numAttrs = request.numAttrs;
  return launch(&config, function, nullptr, extra.get());
}

}  // namespace vgpu::host
