#include <vgpu/guest/memory_registry.hpp>
#include <vgpu/guest_written.hpp>

#include "code.hpp"

namespace vgpu::guest {
namespace {

std::unique_ptr<CodeObject> new_module() {
  auto module = std::make_unique<CodeObject>();
  module->context = current_context()->id;
  return module;
}

/// Sends a load request whose `module` field names the new handle, and hands the handle out.
template <class Call, class Send>
CUresult load_module(CUmodule* out, Send&& send) {
  const std::uint64_t id = mint_owning(call::HandleKind::module, new_module());
  if (id == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  typename Call::Request request;
  request.module = id;
  const CUresult result = send(request);
  if (result != CUDA_SUCCESS) {
    end_code(call::HandleKind::module, id);
    return result;
  }
  *out = call::from_wire<CUmodule>(id);
  return CUDA_SUCCESS;
}

CUresult load_plain(CUmodule* module, const void* image) {
  std::vector<std::byte> storage;
  const auto bytes = gather_image(image, storage);
  if (bytes.empty()) return CUDA_ERROR_INVALID_IMAGE;
  return load_module<calls::ModuleLoadData>(module, [&](calls::ModuleLoadData::Request& request) {
    request.image = bytes;
    ReplyOf<calls::ModuleLoadData> reply;
    return call<calls::ModuleLoadData>(request, reply);
  });
}

}  // namespace

namespace written {

CUresult cuModuleLoad(CUmodule* module, const char* fname) {
  std::vector<std::byte> bytes;
  if (const CUresult result = read_file(fname, bytes); result != CUDA_SUCCESS) return result;
  return load_module<calls::ModuleLoad>(module, [&](calls::ModuleLoad::Request& request) {
    request.fname = fname;
    request.image = bytes;
    ReplyOf<calls::ModuleLoad> reply;
    return call<calls::ModuleLoad>(request, reply);
  });
}

CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  return load_plain(module, image);
}

CUresult cuModuleLoadFatBinary(CUmodule* module, const void* fatCubin) {
  return load_plain(module, fatCubin);
}

CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned int numOptions,
                            CUjit_option* options, void** optionValues) {
  JitOptions jit;
  if (!jit.read(numOptions, options, optionValues)) {
    log(LogLevel::warn, "cuModuleLoadDataEx: JIT option ", jit.unsupported,
        " holds pointers and is not carried");
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  std::vector<std::byte> storage;
  const auto bytes = gather_image(image, storage);
  if (bytes.empty()) return CUDA_ERROR_INVALID_IMAGE;
  return load_module<calls::ModuleLoadDataEx>(
      module, [&](calls::ModuleLoadDataEx::Request& request) {
        request.image = bytes;
        request.numOptions = numOptions;
        request.options = jit.options;
        request.optionValues = jit.values;
        ReplyOf<calls::ModuleLoadDataEx> reply;
        CUresult result = call<calls::ModuleLoadDataEx>(request, reply);
        // Logs come back with a failed load too: the call itself then succeeds on the wire.
        jit.write(optionValues, reply.value.optionValues, reply.value.infoLog,
                  reply.value.errorLog);
        if (result == CUDA_SUCCESS) result = static_cast<CUresult>(reply.value.loadResult);
        return result;
      });
}

CUresult cuModuleUnload(CUmodule hmod) {
  const auto id = call::to_wire<std::uint64_t>(hmod);
  const CodeObject* module = find_module(id);
  if (module == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (module->library != 0) return CUDA_ERROR_NOT_PERMITTED;
  ReplyOf<calls::ModuleUnload> reply;
  const CUresult result = call<calls::ModuleUnload>({.hmod = id}, reply);
  if (result == CUDA_SUCCESS) end_code(call::HandleKind::module, id);
  return result;
}

CUresult cuModuleGetLoadingMode(CUmoduleLoadingMode* mode) {
  *mode = eager_loading() ? CU_MODULE_EAGER_LOADING : CU_MODULE_LAZY_LOADING;
  return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction* hfunc, CUmodule hmod, const char* name) {
  const auto id = call::to_wire<std::uint64_t>(hmod);
  CodeObject* module = find_module(id);
  if (module == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (module->library != 0 && module->context == current_context()->id) {
    // A kernel of the library, which has one function in this context.
    CUkernel kernel = nullptr;
    const CUresult result =
        written::cuLibraryGetKernel(&kernel, call::from_wire<CUlibrary>(module->library), name);
    return result == CUDA_SUCCESS ? written::cuKernelGetFunction(hfunc, kernel) : result;
  }
  const std::lock_guard lock(module->mutex);
  if (const auto known = module->callables.find(name); known != module->callables.end()) {
    *hfunc = call::from_wire<CUfunction>(known->second);
    return CUDA_SUCCESS;
  }
  auto callable = std::make_unique<Callable>();
  callable->owner = id;
  callable->context = module->context;
  callable->name = name;
  Callable* function = callable.get();
  const std::uint64_t function_id = mint_owning(call::HandleKind::function, std::move(callable));
  if (function_id == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  ReplyOf<calls::ModuleGetFunction> reply;
  const CUresult result =
      call<calls::ModuleGetFunction>({.hfunc = function_id, .hmod = id, .name = name}, reply);
  if (result != CUDA_SUCCESS) {
    retire_owning<Callable>(call::HandleKind::function, function_id);
    return result;
  }
  function->set_layout(reply.value.parameterOffsets, reply.value.parameterSizes);
  module->callables.emplace(name, function_id);
  *hfunc = call::from_wire<CUfunction>(function_id);
  return CUDA_SUCCESS;
}

CUresult cuModuleGetGlobal_v2(CUdeviceptr* dptr, size_t* bytes, CUmodule hmod, const char* name) {
  const auto id = call::to_wire<std::uint64_t>(hmod);
  CodeObject* module = find_module(id);
  if (module == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (dptr == nullptr && bytes == nullptr) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::ModuleGetGlobal> reply;
  const CUresult result = call<calls::ModuleGetGlobal>({.hmod = id, .name = name}, reply);
  if (result != CUDA_SUCCESS) return result;
  return take_variable(*module, reply, dptr, bytes);
}

CUresult cuModuleGetGlobal(CUdeviceptr_v1* dptr, unsigned int* bytes, CUmodule hmod,
                           const char* name) {
  if (name == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUdeviceptr address = 0;
  size_t size = 0;
  if (const CUresult result = written::cuModuleGetGlobal_v2(&address, &size, hmod, name);
      result != CUDA_SUCCESS)
    return result;
  if (address > UINT32_MAX || size > UINT32_MAX) return CUDA_ERROR_NOT_SUPPORTED;
  if (dptr != nullptr) *dptr = static_cast<CUdeviceptr_v1>(address);
  if (bytes != nullptr) *bytes = static_cast<unsigned int>(size);
  return CUDA_SUCCESS;
}

}  // namespace written
}  // namespace vgpu::guest
