#include <vgpu/guest/memory_registry.hpp>
#include <vgpu/guest_written.hpp>

#include "code.hpp"

namespace vgpu::guest {
namespace {

struct LoadArguments {
  CUlibrary* library;
  CUjit_option* jit_options;
  void** jit_values;
  unsigned jit_count;
  CUlibraryOption* options;
  void** option_values;
  unsigned option_count;
};

/// Sends the request, whose code is set already, with options and the new handle.
template <class Call>
CUresult load_library(const char* symbol, typename Call::Request& request,
                      const LoadArguments& arguments) {
  JitOptions jit;
  if (!jit.read(arguments.jit_count, arguments.jit_options, arguments.jit_values)) {
    log(LogLevel::warn, symbol, ": JIT option ", jit.unsupported,
        " holds pointers and is not carried");
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  std::vector<std::uint32_t> options;
  std::vector<std::uint64_t> values;
  for (unsigned i = 0; i < arguments.option_count; ++i) {
    // A table of host functions means nothing to a device elsewhere.
    if (arguments.options[i] == CU_LIBRARY_HOST_UNIVERSAL_FUNCTION_AND_DATA_TABLE) continue;
    options.push_back(static_cast<std::uint32_t>(arguments.options[i]));
    values.push_back(arguments.option_values == nullptr
                         ? 0
                         : call::to_wire<std::uint64_t>(arguments.option_values[i]));
  }
  request.jitOptions = jit.options;
  request.jitOptionsValues = jit.values;
  request.numJitOptions = arguments.jit_count;
  request.libraryOptions = options;
  request.libraryOptionValues = values;
  request.numLibraryOptions = static_cast<std::uint32_t>(options.size());

  const std::uint64_t id = mint_owning(call::HandleKind::library, std::make_unique<CodeObject>());
  if (id == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  request.library = id;
  ReplyOf<Call> reply;
  CUresult result = call<Call>(request, reply);
  jit.write(arguments.jit_values, reply.value.jitOptionsValues, reply.value.infoLog,
            reply.value.errorLog);
  if (result == CUDA_SUCCESS) result = static_cast<CUresult>(reply.value.loadResult);
  if (result != CUDA_SUCCESS) {
    end_code(call::HandleKind::library, id);
    return result;
  }
  *arguments.library = call::from_wire<CUlibrary>(id);
  return CUDA_SUCCESS;
}

/// The variable of a library in the calling thread's context.
template <class Call>
CUresult get_variable(CUdeviceptr* dptr, size_t* bytes, CUlibrary library, const char* name) {
  const auto id = call::to_wire<std::uint64_t>(library);
  CodeObject* code = find_library(id);
  if (code == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (dptr == nullptr && bytes == nullptr) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<Call> reply;
  const CUresult result = call<Call>({.library = id, .name = name}, reply);
  if (result != CUDA_SUCCESS) return result;
  return take_variable(*code, reply, dptr, bytes);
}

}  // namespace

namespace written {

CUresult cuLibraryLoadData(CUlibrary* library, const void* code, CUjit_option* jitOptions,
                           void** jitOptionsValues, unsigned int numJitOptions,
                           CUlibraryOption* libraryOptions, void** libraryOptionValues,
                           unsigned int numLibraryOptions) {
  std::vector<std::byte> storage;
  calls::LibraryLoadData::Request request;
  request.code = gather_image(code, storage);
  if (request.code.empty()) return CUDA_ERROR_INVALID_IMAGE;
  return load_library<calls::LibraryLoadData>(
      "cuLibraryLoadData", request,
      {library, jitOptions, jitOptionsValues, numJitOptions, libraryOptions, libraryOptionValues,
       numLibraryOptions});
}

CUresult cuLibraryLoadFromFile(CUlibrary* library, const char* fileName, CUjit_option* jitOptions,
                               void** jitOptionsValues, unsigned int numJitOptions,
                               CUlibraryOption* libraryOptions, void** libraryOptionValues,
                               unsigned int numLibraryOptions) {
  std::vector<std::byte> bytes;
  if (const CUresult result = read_file(fileName, bytes); result != CUDA_SUCCESS) return result;
  calls::LibraryLoadFromFile::Request request;
  request.fileName = fileName;
  request.code = bytes;
  return load_library<calls::LibraryLoadFromFile>(
      "cuLibraryLoadFromFile", request,
      {library, jitOptions, jitOptionsValues, numJitOptions, libraryOptions, libraryOptionValues,
       numLibraryOptions});
}

CUresult cuLibraryUnload(CUlibrary library) {
  const auto id = call::to_wire<std::uint64_t>(library);
  if (find_library(id) == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  ReplyOf<calls::LibraryUnload> reply;
  const CUresult result = call<calls::LibraryUnload>({.library = id}, reply);
  if (result == CUDA_SUCCESS) end_code(call::HandleKind::library, id);
  return result;
}

CUresult cuLibraryGetKernel(CUkernel* pKernel, CUlibrary library, const char* name) {
  const auto id = call::to_wire<std::uint64_t>(library);
  CodeObject* code = find_library(id);
  if (code == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  const std::lock_guard lock(code->mutex);
  if (const auto known = code->callables.find(name); known != code->callables.end()) {
    *pKernel = call::from_wire<CUkernel>(known->second);
    return CUDA_SUCCESS;
  }
  auto callable = std::make_unique<Callable>();
  callable->owner = id;
  callable->name = name;
  Callable* kernel = callable.get();
  const std::uint64_t kernel_id = mint_owning(call::HandleKind::kernel, std::move(callable));
  if (kernel_id == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  ReplyOf<calls::LibraryGetKernel> reply;
  const CUresult result =
      call<calls::LibraryGetKernel>({.pKernel = kernel_id, .library = id, .name = name}, reply);
  if (result != CUDA_SUCCESS) {
    retire_owning<Callable>(call::HandleKind::kernel, kernel_id);
    return result;
  }
  if (reply.value.layoutKnown != 0) {
    kernel->set_layout(reply.value.parameterOffsets, reply.value.parameterSizes);
  }
  code->callables.emplace(name, kernel_id);
  *pKernel = call::from_wire<CUkernel>(kernel_id);
  return CUDA_SUCCESS;
}

CUresult cuLibraryGetKernelCount(unsigned int* count, CUlibrary lib) {
  const auto id = call::to_wire<std::uint64_t>(lib);
  if (find_library(id) == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  ReplyOf<calls::LibraryGetKernelCount> reply;
  const CUresult result = call<calls::LibraryGetKernelCount>({.lib = id}, reply);
  if (result == CUDA_SUCCESS) *count = reply.value.count;
  return result;
}

CUresult cuLibraryEnumerateKernels(CUkernel* kernels, unsigned int numKernels, CUlibrary lib) {
  const auto id = call::to_wire<std::uint64_t>(lib);
  if (find_library(id) == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  // Names, so that a kernel that the program has already keeps the handle it has.
  ReplyOf<calls::LibraryEnumerateKernels> reply;
  CUresult result =
      call<calls::LibraryEnumerateKernels>({.numKernels = numKernels, .lib = id}, reply);
  if (result != CUDA_SUCCESS) return result;
  std::string_view names = reply.value.names;
  for (unsigned i = 0; i < numKernels && !names.empty(); ++i) {
    const std::string name(names.substr(0, names.find('\n')));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    if (result = written::cuLibraryGetKernel(&kernels[i], lib, name.c_str());
        result != CUDA_SUCCESS)
      return result;
  }
  return CUDA_SUCCESS;
}

CUresult cuLibraryGetModule(CUmodule* pMod, CUlibrary library) {
  const auto id = call::to_wire<std::uint64_t>(library);
  CodeObject* code = find_library(id);
  if (code == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  const std::uint64_t context = current_context()->id;
  const std::lock_guard lock(code->mutex);
  if (const auto known = code->modules.find(context); known != code->modules.end()) {
    *pMod = call::from_wire<CUmodule>(known->second);
    return CUDA_SUCCESS;
  }
  auto module = std::make_unique<CodeObject>();
  module->context = context;
  module->library = id;
  const std::uint64_t module_id = mint_owning(call::HandleKind::module, std::move(module));
  if (module_id == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  ReplyOf<calls::LibraryGetModule> reply;
  const CUresult result = call<calls::LibraryGetModule>({.pMod = module_id, .library = id}, reply);
  if (result != CUDA_SUCCESS) {
    end_code(call::HandleKind::module, module_id);
    return result;
  }
  code->modules.emplace(context, module_id);
  *pMod = call::from_wire<CUmodule>(module_id);
  return CUDA_SUCCESS;
}

CUresult cuLibraryGetGlobal(CUdeviceptr* dptr, size_t* bytes, CUlibrary library, const char* name) {
  return get_variable<calls::LibraryGetGlobal>(dptr, bytes, library, name);
}

CUresult cuLibraryGetManaged(CUdeviceptr* dptr, size_t* bytes, CUlibrary library,
                             const char* name) {
  return get_variable<calls::LibraryGetManaged>(dptr, bytes, library, name);
}

CUresult cuKernelGetFunction(CUfunction* pFunc, CUkernel kernel) {
  const auto id = call::to_wire<std::uint64_t>(kernel);
  Callable* source = handle_object<Callable>(call::HandleKind::kernel, id);
  if (source == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (const CUresult result = ensure_layout(*source); result != CUDA_SUCCESS) return result;
  const std::uint64_t context = current_context()->id;
  const std::lock_guard lock(source->mutex);
  if (const auto known = source->functions.find(context); known != source->functions.end()) {
    *pFunc = call::from_wire<CUfunction>(known->second);
    return CUDA_SUCCESS;
  }
  CodeObject* library = find_library(source->owner);
  if (library == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  auto callable = std::make_unique<Callable>();
  callable->owner = source->owner;
  callable->context = context;
  callable->name = source->name;
  callable->layout_known = true;
  callable->parameters = source->parameters;
  callable->parameter_bytes = source->parameter_bytes;
  const std::uint64_t function_id = mint_owning(call::HandleKind::function, std::move(callable));
  if (function_id == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  ReplyOf<calls::KernelGetFunction> reply;
  const CUresult result =
      call<calls::KernelGetFunction>({.pFunc = function_id, .kernel = id}, reply);
  if (result != CUDA_SUCCESS) {
    retire_owning<Callable>(call::HandleKind::function, function_id);
    return result;
  }
  {
    const std::lock_guard library_lock(library->mutex);
    library->functions.push_back(function_id);
  }
  source->functions.emplace(context, function_id);
  *pFunc = call::from_wire<CUfunction>(function_id);
  return CUDA_SUCCESS;
}

CUresult cuKernelGetLibrary(CUlibrary* pLib, CUkernel kernel) {
  const Callable* callable =
      handle_object<Callable>(call::HandleKind::kernel, call::to_wire<std::uint64_t>(kernel));
  if (callable == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  *pLib = call::from_wire<CUlibrary>(callable->owner);
  return CUDA_SUCCESS;
}

CUresult cuKernelGetName(const char** name, CUkernel hfunc) {
  const Callable* callable =
      handle_object<Callable>(call::HandleKind::kernel, call::to_wire<std::uint64_t>(hfunc));
  if (callable == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  *name = callable->name.c_str();
  return CUDA_SUCCESS;
}

CUresult cuKernelGetParamInfo(CUkernel kernel, size_t paramIndex, size_t* paramOffset,
                              size_t* paramSize) {
  return parameter_info(
      handle_object<Callable>(call::HandleKind::kernel, call::to_wire<std::uint64_t>(kernel)),
      paramIndex, paramOffset, paramSize);
}

CUresult cuKernelSetAttribute(CUfunction_attribute attrib, int val, CUkernel kernel, CUdevice dev) {
  const auto id = call::to_wire<std::uint64_t>(kernel);
  Callable* callable = handle_object<Callable>(call::HandleKind::kernel, id);
  if (callable == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  ReplyOf<calls::KernelSetAttribute> reply;
  const CUresult result = call<calls::KernelSetAttribute>(
      {.attrib = static_cast<std::uint32_t>(attrib), .val = val, .kernel = id, .dev = dev}, reply);
  callable->limits_known.store(false, std::memory_order_release);
  return result;
}

}  // namespace written
}  // namespace vgpu::guest
