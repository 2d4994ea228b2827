#include <string>
#include <vgpu/call/image.hpp>

#include "code.hpp"

namespace vgpu::host {
namespace {

/// Whether the driver can do without the options. CU_LIBRARY_BINARY_IS_PRESERVED is about the
/// guest's memory: the host's copy of the image ends with the call, so the driver is to make its
/// own. Any other option holds an address.
bool droppable(std::span<const std::uint32_t> options) noexcept {
  for (const std::uint32_t option : options) {
    if (option != CU_LIBRARY_BINARY_IS_PRESERVED) return false;
  }
  return true;
}

template <class Request, class Reply>
CUresult load_library(CallContext& context, const Request& request, Reply& reply) {
  const auto function = context.driver().cuLibraryLoadData;
  if (function == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  if (!context.can_bind(call::HandleKind::library, request.library))
    return CUDA_ERROR_INVALID_HANDLE;
  const call::ReceivedImage image(request.code);
  if (image.get() == nullptr) return CUDA_ERROR_INVALID_IMAGE;
  if (!droppable(request.libraryOptions)) return CUDA_ERROR_INVALID_VALUE;
  JitArguments jit;
  if (const CUresult result = jit.read(context, request.jitOptions, request.jitOptionsValues);
      result != CUDA_SUCCESS) {
    return result;
  }
  CUlibrary library{};
  CUresult result = function(&library, image.get(), jit.options(), jit.values(), jit.count(),
                             nullptr, nullptr, 0);
  if (result == CUDA_SUCCESS &&
      !context.bind_new(call::HandleKind::library, request.library, library)) {
    context.driver().cuLibraryUnload(library);
    result = CUDA_ERROR_OUT_OF_MEMORY;
  }
  reply.jitOptionsValues = jit.returned(context);
  reply.infoLog = jit.info();
  reply.errorLog = jit.error();
  reply.loadResult = static_cast<std::int32_t>(result);
  return CUDA_SUCCESS;
}

template <class Get, class Request, class Reply>
CUresult get_variable(CallContext& context, Get get, const Request& request, Reply& reply) {
  if (get == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUlibrary library{};
  if (request.library == 0 ||
      !context.resolve(call::HandleKind::library, request.library, library)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (request.name.data() == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  const CUresult result = get(&address, &bytes, library, request.name.data());
  if (result != CUDA_SUCCESS) return result;
  describe_variable(context, address, bytes, request.library, reply);
  return CUDA_SUCCESS;
}

}  // namespace

CUresult execute(CallContext& context, const calls::LibraryLoadData::Request& request,
                 calls::LibraryLoadData::Reply& reply) {
  return load_library(context, request, reply);
}

CUresult execute(CallContext& context, const calls::LibraryLoadFromFile::Request& request,
                 calls::LibraryLoadFromFile::Reply& reply) {
  return load_library(context, request, reply);
}

CUresult execute(CallContext& context, const calls::LibraryUnload::Request& request,
                 calls::LibraryUnload::Reply&) {
  const auto function = context.driver().cuLibraryUnload;
  if (function == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUlibrary library{};
  if (request.library == 0 ||
      !context.resolve(call::HandleKind::library, request.library, library)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  const CUresult result = function(library);
  if (result != CUDA_SUCCESS) return result;
  disown_variables(context, request.library);
  context.release(call::HandleKind::library, request.library);
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::LibraryGetKernel::Request& request,
                 calls::LibraryGetKernel::Reply& reply) {
  const auto get = context.driver().cuLibraryGetKernel;
  if (get == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUlibrary library{};
  if (request.library == 0 ||
      !context.resolve(call::HandleKind::library, request.library, library) ||
      !context.can_bind(call::HandleKind::kernel, request.pKernel)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (request.name.data() == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUkernel kernel{};
  if (const CUresult result = get(&kernel, library, request.name.data()); result != CUDA_SUCCESS)
    return result;
  const CUresult layout =
      parameter_layout(context, context.driver().cuKernelGetParamInfo, kernel, reply);
  if (layout != CUDA_SUCCESS && layout != CUDA_ERROR_INVALID_CONTEXT) return layout;
  reply.layoutKnown = layout == CUDA_SUCCESS ? 1 : 0;
  return context.bind_new(call::HandleKind::kernel, request.pKernel, kernel, request.library)
             ? CUDA_SUCCESS
             : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult execute(CallContext& context, const calls::CallableLayout::Request& request,
                 calls::CallableLayout::Reply& reply) {
  if (call::HandleId{request.callable}.kind() == call::HandleKind::kernel) {
    CUkernel kernel{};
    if (!context.resolve(call::HandleKind::kernel, request.callable, kernel))
      return CUDA_ERROR_INVALID_HANDLE;
    return parameter_layout(context, context.driver().cuKernelGetParamInfo, kernel, reply);
  }
  CUfunction function{};
  if (request.callable == 0 ||
      !context.resolve(call::HandleKind::function, request.callable, function)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  return parameter_layout(context, context.driver().cuFuncGetParamInfo, function, reply);
}

CUresult execute(CallContext& context, const calls::LibraryGetKernelCount::Request& request,
                 calls::LibraryGetKernelCount::Reply& reply) {
  const auto get = context.driver().cuLibraryGetKernelCount;
  if (get == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUlibrary library{};
  if (request.lib == 0 || !context.resolve(call::HandleKind::library, request.lib, library)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  unsigned count = 0;
  const CUresult result = get(&count, library);
  reply.count = count;
  return result;
}

CUresult execute(CallContext& context, const calls::LibraryEnumerateKernels::Request& request,
                 calls::LibraryEnumerateKernels::Reply& reply) {
  const DriverTable& driver = context.driver();
  if (driver.cuLibraryEnumerateKernels == nullptr || driver.cuKernelGetName == nullptr ||
      driver.cuLibraryGetKernelCount == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  CUlibrary library{};
  if (request.lib == 0 || !context.resolve(call::HandleKind::library, request.lib, library)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  unsigned available = 0;
  if (const CUresult result = driver.cuLibraryGetKernelCount(&available, library);
      result != CUDA_SUCCESS) {
    return result;
  }
  std::vector<CUkernel> kernels(std::min(available, request.numKernels));
  if (kernels.empty()) return CUDA_SUCCESS;
  CUresult result = driver.cuLibraryEnumerateKernels(
      kernels.data(), static_cast<unsigned>(kernels.size()), library);
  std::string names;
  for (std::size_t i = 0; i < kernels.size() && result == CUDA_SUCCESS; ++i) {
    const char* name = nullptr;
    result = driver.cuKernelGetName(&name, kernels[i]);
    if (result == CUDA_SUCCESS) names.append(name).push_back('\n');
  }
  if (result != CUDA_SUCCESS) return result;
  const std::span<char> text = context.scratch<char>(names.size());
  if (text.size() != names.size()) return CUDA_ERROR_OUT_OF_MEMORY;
  std::memcpy(text.data(), names.data(), names.size());
  reply.names = {text.data(), text.size()};
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::LibraryGetModule::Request& request,
                 calls::LibraryGetModule::Reply&) {
  const auto get = context.driver().cuLibraryGetModule;
  if (get == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUlibrary library{};
  if (request.library == 0 ||
      !context.resolve(call::HandleKind::library, request.library, library) ||
      !context.can_bind(call::HandleKind::module, request.pMod)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  CUmodule module{};
  if (const CUresult result = get(&module, library); result != CUDA_SUCCESS) return result;
  return context.bind_new(call::HandleKind::module, request.pMod, module, request.library)
             ? CUDA_SUCCESS
             : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult execute(CallContext& context, const calls::LibraryGetGlobal::Request& request,
                 calls::LibraryGetGlobal::Reply& reply) {
  return get_variable(context, context.driver().cuLibraryGetGlobal, request, reply);
}

CUresult execute(CallContext& context, const calls::LibraryGetManaged::Request& request,
                 calls::LibraryGetManaged::Reply& reply) {
  return get_variable(context, context.driver().cuLibraryGetManaged, request, reply);
}

CUresult execute(CallContext& context, const calls::KernelGetFunction::Request& request,
                 calls::KernelGetFunction::Reply&) {
  const auto get = context.driver().cuKernelGetFunction;
  if (get == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUkernel kernel{};
  if (request.kernel == 0 || !context.resolve(call::HandleKind::kernel, request.kernel, kernel) ||
      !context.can_bind(call::HandleKind::function, request.pFunc)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  CUfunction function{};
  if (const CUresult result = get(&function, kernel); result != CUDA_SUCCESS) return result;
  return context.bind_new(call::HandleKind::function, request.pFunc, function, request.kernel)
             ? CUDA_SUCCESS
             : CUDA_ERROR_OUT_OF_MEMORY;
}

}  // namespace vgpu::host
