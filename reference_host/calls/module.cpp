#include <vgpu/call/image.hpp>

#include "code.hpp"

namespace vgpu::host {
namespace {

/// Loads a module under the id that the guest chose. `load(image, &module)` calls the driver.
template <class Load>
CUresult load_module(CallContext& context, std::uint64_t id, std::span<const std::byte> bytes,
                     Load&& load) {
  if (!context.can_bind(call::HandleKind::module, id)) return CUDA_ERROR_INVALID_HANDLE;
  const call::ReceivedImage image(bytes);
  if (image.get() == nullptr) return CUDA_ERROR_INVALID_IMAGE;
  CUmodule module{};
  if (const CUresult result = load(image.get(), &module); result != CUDA_SUCCESS) return result;
  if (!context.bind_new(call::HandleKind::module, id, module)) {
    context.driver().cuModuleUnload(module);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  return CUDA_SUCCESS;
}

CUresult load_plain(CallContext& context, std::uint64_t id, std::span<const std::byte> bytes) {
  const auto function = context.driver().cuModuleLoadData;
  if (function == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  return load_module(context, id, bytes, [function](const void* image, CUmodule* module) {
    return function(module, image);
  });
}

/// A texture or surface reference of a module: it ends with the module.
template <class Reference>
CUresult get_reference(const CallContext& context,
                       CUresult (*get)(Reference*, CUmodule, const char*), std::uint64_t module_id,
                       std::string_view name, Reference& reference) {
  if (get == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUmodule module{};
  if (module_id == 0 || !context.resolve(call::HandleKind::module, module_id, module)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (name.data() == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return get(&reference, module, name.data());
}

}  // namespace

CUresult execute(CallContext& context, const calls::ModuleLoad::Request& request,
                 calls::ModuleLoad::Reply&) {
  return load_plain(context, request.module, request.image);
}

CUresult execute(CallContext& context, const calls::ModuleLoadData::Request& request,
                 calls::ModuleLoadData::Reply&) {
  return load_plain(context, request.module, request.image);
}

CUresult execute(CallContext& context, const calls::ModuleLoadFatBinary::Request& request,
                 calls::ModuleLoadFatBinary::Reply&) {
  return load_plain(context, request.module, request.fatCubin);
}

CUresult execute(CallContext& context, const calls::ModuleLoadDataEx::Request& request,
                 calls::ModuleLoadDataEx::Reply& reply) {
  const auto function = context.driver().cuModuleLoadDataEx;
  if (function == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  JitArguments jit;
  if (const CUresult result = jit.read(context, request.options, request.optionValues);
      result != CUDA_SUCCESS) {
    return result;
  }
  const CUresult result =
      load_module(context, request.module, request.image, [&](const void* image, CUmodule* module) {
        return function(module, image, jit.count(), jit.options(), jit.values());
      });
  reply.optionValues = jit.returned(context);
  reply.infoLog = jit.info();
  reply.errorLog = jit.error();
  reply.loadResult = static_cast<std::int32_t>(result);
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::ModuleUnload::Request& request,
                 calls::ModuleUnload::Reply&) {
  const auto function = context.driver().cuModuleUnload;
  if (function == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUmodule module{};
  if (request.hmod == 0 || !context.resolve(call::HandleKind::module, request.hmod, module)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  const CUresult result = function(module);
  if (result != CUDA_SUCCESS) return result;
  disown_variables(context, request.hmod);
  context.release(call::HandleKind::module, request.hmod);
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::ModuleGetFunction::Request& request,
                 calls::ModuleGetFunction::Reply& reply) {
  const auto get = context.driver().cuModuleGetFunction;
  if (get == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUmodule module{};
  if (request.hmod == 0 || !context.resolve(call::HandleKind::module, request.hmod, module) ||
      !context.can_bind(call::HandleKind::function, request.hfunc)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (request.name.data() == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUfunction function{};
  if (const CUresult result = get(&function, module, request.name.data()); result != CUDA_SUCCESS)
    return result;
  if (const CUresult result =
          parameter_layout(context, context.driver().cuFuncGetParamInfo, function, reply);
      result != CUDA_SUCCESS) {
    return result;
  }
  return context.bind_new(call::HandleKind::function, request.hfunc, function, request.hmod)
             ? CUDA_SUCCESS
             : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult execute(CallContext& context, const calls::ModuleGetGlobal::Request& request,
                 calls::ModuleGetGlobal::Reply& reply) {
  const auto get = context.driver().cuModuleGetGlobal_v2;
  if (get == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  CUmodule module{};
  if (request.hmod == 0 || !context.resolve(call::HandleKind::module, request.hmod, module)) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  if (request.name.data() == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  const CUresult result = get(&address, &bytes, module, request.name.data());
  if (result != CUDA_SUCCESS) return result;
  describe_variable(context, address, bytes, request.hmod, reply);
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::ModuleGetTexRef::Request& request,
                 calls::ModuleGetTexRef::Reply& reply) {
  CUtexref reference{};
  const CUresult result = get_reference(context, context.driver().cuModuleGetTexRef, request.hmod,
                                        request.name, reference);
  if (result != CUDA_SUCCESS) return result;
  reply.pTexRef = context.mint(call::HandleKind::texture_reference, reference, request.hmod);
  return reply.pTexRef != 0 ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult execute(CallContext& context, const calls::ModuleGetSurfRef::Request& request,
                 calls::ModuleGetSurfRef::Reply& reply) {
  CUsurfref reference{};
  const CUresult result = get_reference(context, context.driver().cuModuleGetSurfRef, request.hmod,
                                        request.name, reference);
  if (result != CUDA_SUCCESS) return result;
  reply.pSurfRef = context.mint(call::HandleKind::surface_reference, reference, request.hmod);
  return reply.pSurfRef != 0 ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

}  // namespace vgpu::host
