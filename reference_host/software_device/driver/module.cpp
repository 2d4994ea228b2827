#include "module.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "capture.hpp"
#include "driver.hpp"
#include "file_image.hpp"
#include "image_objects.hpp"
#include "jit_options.hpp"

namespace vgpu::softdevice {

Module::Module(const std::shared_ptr<Context>& context, std::unique_ptr<LoadedModule> code)
    : context_(context), code_(std::move(code)) {
  const DeviceMemory::Range managed = code_->managed_memory();
  if (managed.size == 0) return;
  auto allocation = std::make_shared<Allocation>();
  allocation->base = managed.begin;
  allocation->size = managed.size;
  allocation->kind = AllocationKind::managed;
  allocation->flags = CU_MEM_ATTACH_GLOBAL;
  allocation->device = &context->device();
  allocation->context = context;
  allocation->buffer_id = driver().next_buffer_id.fetch_add(1);
  allocation->of_module = true;
  driver().allocations.add(std::move(allocation));
}

Module::~Module() {
  if (const DeviceMemory::Range managed = code_->managed_memory(); managed.size != 0) {
    driver().allocations.take(managed.begin, [](const Allocation&) { return true; });
  }
}

CUresult Module::load(const std::shared_ptr<Context>& context, const void* image,
                      std::shared_ptr<Module>& module, std::string& message) {
  context->output.show();
  LoadError error;
  auto code =
      load_module(image, context->device().compute_capability(), context->device().memory(), error);
  if (code == nullptr) {
    message = std::move(error.message);
    // Users of the runtime see nothing but a number, and can do something about it.
    if (error.result == CUDA_ERROR_NO_BINARY_FOR_GPU) {
      tell("module not loaded: " + message);
    } else {
      log_line("module not loaded: " + message);
    }
    return error.result == CUDA_SUCCESS ? CUDA_ERROR_INVALID_IMAGE : error.result;
  }
  // Bodies are read when they are first used, for a large module has megabytes of them; where they
  // are few and short, broken ones are found now.
  constexpr std::size_t few_kernels = 32;
  constexpr std::size_t short_text = std::size_t{256} << 10;
  const auto names = code->kernel_names();
  if (names.size() <= few_kernels && code->text_bytes() <= short_text) {
    for (const std::string& name : names) {
      CUresult result = CUDA_SUCCESS;
      if (code->find_kernel(name, message, result) == nullptr && result == CUDA_ERROR_INVALID_PTX) {
        log_line("module not loaded: " + message);
        return result;
      }
    }
    message.clear();
  }
  module = std::make_shared<Module>(context, std::move(code));
  module->handle = driver().modules.add(module);
  return CUDA_SUCCESS;
}

CUresult Module::function(const char* name, std::shared_ptr<Function>& function) {
  const std::lock_guard lock(mutex_);
  const auto found = functions_.find(name);
  if (found != functions_.end()) {
    function = driver().functions.find(found->second);
    return function == nullptr ? CUDA_ERROR_INVALID_HANDLE : CUDA_SUCCESS;
  }
  std::string error;
  CUresult result = CUDA_ERROR_NOT_FOUND;
  const Kernel* const kernel = code_->find_kernel(name, error, result);
  if (kernel == nullptr) {
    if (!error.empty()) log_line("kernel " + std::string(name) + ": " + error);
    return result == CUDA_SUCCESS || error.empty() ? CUDA_ERROR_NOT_FOUND : result;
  }
  function = std::make_shared<Function>();
  function->module = shared_from_this();
  function->kernel = kernel;
  function->name = name;
  function->handle = driver().functions.add(function);
  functions_.emplace(name, function->handle);
  return CUDA_SUCCESS;
}

void Module::retire() {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, function] : functions_) driver().functions.remove(function);
  functions_.clear();
  std::vector<CUtexref> textures;
  for (const auto& [name, reference] : texture_references_) textures.push_back(reference);
  std::vector<CUsurfref> surfaces;
  for (const auto& [name, reference] : surface_references_) surfaces.push_back(reference);
  end_references(textures, surfaces);
  texture_references_.clear();
  surface_references_.clear();
}

CUresult read_image_file(const char* path, std::vector<std::byte>& image) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return CUDA_ERROR_FILE_NOT_FOUND;
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) return CUDA_ERROR_OPERATING_SYSTEM;
  // PTX text ends with a zero byte in memory, and a binary that lies about its size reads zeros.
  image.assign(bytes.size() + 64, std::byte{0});
  std::memcpy(image.data(), bytes.data(), bytes.size());
  return CUDA_SUCCESS;
}

CUresult missing_variable(const LoadedModule& code, const std::string& name) {
  const auto kernels = code.kernel_names();
  const bool is_kernel = std::find(kernels.begin(), kernels.end(), name) != kernels.end();
  return name.empty() || is_kernel ? CUDA_ERROR_INVALID_VALUE : CUDA_ERROR_NOT_FOUND;
}

void write_jit_log(unsigned count, const CUjit_option* options, void** values,
                   const std::string& message) {
  if (options == nullptr || values == nullptr) return;
  for (const bool error : {true, false}) {
    const CUjit_option buffer_option = error ? CU_JIT_ERROR_LOG_BUFFER : CU_JIT_INFO_LOG_BUFFER;
    const CUjit_option size_option =
        error ? CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES : CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES;
    char* buffer = nullptr;
    void** size = nullptr;
    for (unsigned i = 0; i < count; ++i) {
      if (options[i] == buffer_option) buffer = static_cast<char*>(values[i]);
      if (options[i] == size_option) size = &values[i];
    }
    if (size == nullptr) continue;
    // The size goes in by value and comes back as the number of bytes written.
    const std::size_t room = reinterpret_cast<std::uintptr_t>(*size) & 0xffffffffU;
    const std::string text = error ? message : std::string();
    std::size_t written = 0;
    if (buffer != nullptr && room > 0) {
      written = std::min(room - 1, text.size());
      std::memcpy(buffer, text.data(), written);
      buffer[written] = '\0';
      if (written > 0) ++written;
    }
    *size = reinterpret_cast<void*>(written);
  }
}

}  // namespace vgpu::softdevice

using namespace vgpu::softdevice;

namespace {

CUresult load(CUmodule* out, const void* image, unsigned count, CUjit_option* options,
              void** values) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    if (out == nullptr || image == nullptr || (count > 0 && options == nullptr) ||
        std::any_of(options, options + count,
                    [](CUjit_option option) { return option >= CU_JIT_NUM_OPTIONS; })) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    std::shared_ptr<Module> module;
    std::string message;
    const CUresult result = Module::load(context, image, module, message);
    write_jit_log(count, options, values, message);
    if (result == CUDA_SUCCESS) *out = module->handle;
    return result;
  });
}

template <class Body>
CUresult with_module(CUmodule handle, Body&& body) noexcept {
  return entry([&]() -> CUresult {
    const auto module = driver().modules.find(handle);
    if (module == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    const auto context = module->context();
    if (context == nullptr) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
    if (context->report() != CUDA_SUCCESS) return context->sticky();
    return body(*module);
  });
}

}  // namespace

extern "C" {

CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  return load(module, image, 0, nullptr, nullptr);
}

CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned int count,
                            CUjit_option* options, void** values) {
  return load(module, image, count, options, values);
}

CUresult cuModuleLoadFatBinary(CUmodule* module, const void* image) {
  return load(module, image, 0, nullptr, nullptr);
}

CUresult cuModuleLoad(CUmodule* module, const char* path) {
  return entry([&]() -> CUresult {
    if (module == nullptr || path == nullptr || *path == '\0') return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    std::vector<std::byte> image;
    if (const CUresult result = read_image_file(path, image); result != CUDA_SUCCESS) return result;
    return load(module, image.data(), 0, nullptr, nullptr);
  });
}

CUresult cuModuleUnload(CUmodule handle) {
  return with_module(handle, [&](Module& module) {
    if (module.library.lock() != nullptr) return CUDA_ERROR_NOT_PERMITTED;
    if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
    const auto removed = driver().modules.remove(handle);
    if (removed != nullptr) removed->retire();
    if (const auto context = module.context()) context->output.show();
    return CUDA_SUCCESS;
  });
}

CUresult cuModuleGetLoadingMode(CUmoduleLoadingMode* mode) {
  return entry([&]() -> CUresult {
    if (mode == nullptr) return CUDA_ERROR_INVALID_VALUE;
    // What the environment says first counts; it makes no other difference here.
    static const bool eager = [] {
      const char* chosen = std::getenv("CUDA_MODULE_LOADING");
      return chosen != nullptr && std::string_view(chosen) == "EAGER";
    }();
    *mode = eager ? CU_MODULE_EAGER_LOADING : CU_MODULE_LAZY_LOADING;
    return CUDA_SUCCESS;
  });
}

CUresult cuModuleGetFunction(CUfunction* out, CUmodule handle, const char* name) {
  return with_module(handle, [&](Module& module) {
    if (out == nullptr || name == nullptr || *name == '\0') return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Function> function;
    const CUresult result = module.function(name, function);
    if (result == CUDA_SUCCESS) *out = function->handle;
    return result;
  });
}

CUresult cuModuleGetFunctionCount(unsigned int* count, CUmodule handle) {
  return with_module(handle, [&](Module& module) {
    if (count == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *count = static_cast<unsigned>(module.code().kernel_names().size());
    return CUDA_SUCCESS;
  });
}

CUresult cuModuleEnumerateFunctions(CUfunction* functions, unsigned int count, CUmodule handle) {
  return with_module(handle, [&](Module& module) -> CUresult {
    if (functions == nullptr && count > 0) return CUDA_ERROR_INVALID_VALUE;
    unsigned filled = 0;
    for (const std::string& name : module.code().kernel_names()) {
      if (filled == count) break;
      std::shared_ptr<Function> function;
      const CUresult result = module.function(name.c_str(), function);
      if (result != CUDA_SUCCESS) return result;
      functions[filled++] = function->handle;
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuModuleGetGlobal_v2(CUdeviceptr* dptr, size_t* bytes, CUmodule handle, const char* name) {
  return with_module(handle, [&](Module& module) {
    if (name == nullptr || (dptr == nullptr && bytes == nullptr)) return CUDA_ERROR_INVALID_VALUE;
    const GlobalVariable* const variable = module.code().find_global(name);
    if (variable == nullptr) return missing_variable(module.code(), name);
    if (dptr != nullptr) *dptr = variable->address;
    if (bytes != nullptr) *bytes = variable->size;
    return CUDA_SUCCESS;
  });
}

CUresult cuModuleGetGlobal(CUdeviceptr_v1* dptr, unsigned int* bytes, CUmodule handle,
                           const char* name) {
  CUdeviceptr address = 0;
  size_t size = 0;
  const CUresult result = cuModuleGetGlobal_v2(&address, &size, handle, name);
  if (result != CUDA_SUCCESS) return result;
  // Addresses of this ABI have 32 bits; none of the device's memory lies there.
  if (dptr != nullptr && address > 0xffffffffU) return CUDA_ERROR_NOT_SUPPORTED;
  if (dptr != nullptr) *dptr = static_cast<CUdeviceptr_v1>(address);
  if (bytes != nullptr) *bytes = static_cast<unsigned>(std::min<size_t>(size, 0xffffffffU));
  return CUDA_SUCCESS;
}

}  // extern "C"
