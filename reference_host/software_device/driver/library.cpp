#include <algorithm>
#include <cstring>

#include "capture.hpp"
#include "driver.hpp"
#include "file_image.hpp"
#include "jit_options.hpp"
#include "module.hpp"

namespace vgpu::softdevice {

CUresult Library::module_in(const std::shared_ptr<Context>& context,
                            std::shared_ptr<Module>& module) {
  const std::lock_guard lock(mutex);
  const auto found = modules.find(context->id());
  if (found != modules.end()) {
    module = found->second;
    return CUDA_SUCCESS;
  }
  // Loaded before the primary context was first retained, to look names up: still good.
  const auto early = modules.find(0);
  if (early != modules.end() && early->second->context() == context && context->is_active()) {
    module = early->second;
    modules.erase(early);
    modules.emplace(context->id(), module);
    return CUDA_SUCCESS;
  }
  std::string message;
  const CUresult result = Module::load(context, image, module, message);
  if (result != CUDA_SUCCESS) return result;
  module->library = weak_from_this();
  modules.emplace(context->id(), module);
  return CUDA_SUCCESS;
}

CUresult Library::any_module(std::shared_ptr<Module>& module) {
  const auto current = current_context();
  if (current != nullptr && current->is_active()) return module_in(current, module);
  {
    const std::lock_guard lock(mutex);
    if (!modules.empty()) {
      module = modules.begin()->second;
      return CUDA_SUCCESS;
    }
  }
  return module_in(driver().devices.front()->primary(), module);
}

CUresult Library::kernel(const char* name, CUkernel& out) {
  {
    const std::lock_guard lock(mutex);
    const auto found = kernels.find(name);
    if (found != kernels.end()) {
      out = found->second;
      return CUDA_SUCCESS;
    }
  }
  std::shared_ptr<Module> module;
  if (const CUresult result = any_module(module); result != CUDA_SUCCESS) return result;
  const auto names = module->code().kernel_names();
  if (std::find(names.begin(), names.end(), name) == names.end()) return CUDA_ERROR_NOT_FOUND;
  const std::lock_guard lock(mutex);
  const auto [place, added] = kernels.try_emplace(name, nullptr);
  if (added) {
    auto kernel = std::make_shared<LibraryKernel>();
    kernel->library = weak_from_this();
    kernel->name = name;
    kernel->handle = driver().kernels.add(kernel);
    place->second = kernel->handle;
  }
  out = place->second;
  return CUDA_SUCCESS;
}

CUresult kernel_function(LibraryKernel& kernel, const std::shared_ptr<Context>& context,
                         std::shared_ptr<Function>& function) {
  const auto library = kernel.library.lock();
  if (library == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  std::shared_ptr<Module> module;
  if (const CUresult result = library->module_in(context, module); result != CUDA_SUCCESS) {
    return result;
  }
  return module->function(kernel.name.c_str(), function);
}

}  // namespace vgpu::softdevice

using namespace vgpu::softdevice;

namespace {

constexpr std::uint32_t fatbin_wrapper_magic = 0x466243b1;

struct FatbinWrapper {
  std::uint32_t magic;
  std::uint32_t version;
  const void* data;
  void* fatbins;
};

/// Bytes behind a copy, for those who look at what follows a text.
constexpr std::size_t copy_padding = 64;

/// A wrapper that lists prelinked containers, with all that it points at behind it. Empty when a
/// container is none.
std::vector<std::byte> copy_of_prelinked(const FatbinWrapper& wrapper) {
  std::vector<const void*> containers{wrapper.data};
  const auto* list = static_cast<const void* const*>(wrapper.fatbins);
  for (; list != nullptr && *list != nullptr; ++list) containers.push_back(*list);
  const std::size_t list_bytes = containers.size() * sizeof(void*);
  std::size_t size = sizeof wrapper + list_bytes;
  for (const void* container : containers) {
    const std::size_t bytes = image_size(container);
    if (bytes == 0) return {};
    size += (bytes + 7) / 8 * 8;
  }
  std::vector<std::byte> copy(size + copy_padding);
  std::byte* at = copy.data() + sizeof wrapper + list_bytes;
  for (const void*& container : containers) {
    const std::size_t bytes = image_size(container);
    std::memcpy(at, container, bytes);
    container = at;
    at += (bytes + 7) / 8 * 8;
  }
  // The first is not listed, so there is room for the null that ends the list.
  std::byte* const listed = copy.data() + sizeof wrapper;
  std::memcpy(listed, containers.data() + 1, list_bytes - sizeof(void*));
  const FatbinWrapper own{wrapper.magic, wrapper.version, containers.front(), listed};
  std::memcpy(copy.data(), &own, sizeof own);
  return copy;
}

/// A copy of an image that stays whole when the caller's memory goes. Empty for what is no image.
std::vector<std::byte> copy_of(const void* code) {
  if (image_size(code) == 0) return {};
  FatbinWrapper wrapper{};
  std::memcpy(&wrapper.magic, code, sizeof wrapper.magic);
  if (wrapper.magic == fatbin_wrapper_magic) {
    std::memcpy(&wrapper, code, sizeof wrapper);
    if (wrapper.version != 1) return copy_of_prelinked(wrapper);
    code = wrapper.data;
  }
  const std::size_t size = image_size(code);
  if (size == 0) return {};
  std::vector<std::byte> copy(size + copy_padding);
  std::memcpy(copy.data(), code, size);
  return copy;
}

CUresult load(CUlibrary* out, const void* code, std::vector<std::byte> copy, bool preserved) {
  if (code != nullptr && !preserved) {
    copy = copy_of(code);
    if (copy.empty()) return CUDA_ERROR_INVALID_IMAGE;
    code = nullptr;
  }
  auto library = std::make_shared<Library>();
  library->copy = std::move(copy);
  library->image = code != nullptr ? code : library->copy.data();
  if (image_size(library->image) == 0) return CUDA_ERROR_INVALID_IMAGE;
  library->handle = driver().libraries.add(library);
  *out = library->handle;
  return CUDA_SUCCESS;
}

template <class Body>
CUresult with_library(CUlibrary handle, Body&& body) noexcept {
  return entry([&]() -> CUresult {
    const auto library = driver().libraries.find(handle);
    if (library == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    return body(library);
  });
}

CUresult get_variable(CUlibrary handle, CUdeviceptr* dptr, size_t* bytes, const char* name,
                      bool managed_only) {
  return with_library(handle, [&](const std::shared_ptr<Library>& library) -> CUresult {
    if (name == nullptr || (dptr == nullptr && bytes == nullptr)) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Module> module;
    if (managed_only) {
      // Managed variables are of no context: programs ask for them before they have one.
      if (const CUresult result = library->any_module(module); result != CUDA_SUCCESS) {
        return result;
      }
    } else {
      std::shared_ptr<Context> context;
      if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
      if (const CUresult result = library->module_in(context, module); result != CUDA_SUCCESS) {
        return result;
      }
    }
    const GlobalVariable* const variable = module->code().find_global(name);
    if (variable == nullptr) return missing_variable(module->code(), name);
    if (managed_only && !variable->managed) return CUDA_ERROR_NOT_FOUND;
    if (dptr != nullptr) *dptr = variable->address;
    if (bytes != nullptr) *bytes = variable->size;
    return CUDA_SUCCESS;
  });
}

}  // namespace

extern "C" {

CUresult cuLibraryLoadData(CUlibrary* library, const void* code, CUjit_option* jit_options,
                           void** jit_values, unsigned int jit_count,
                           CUlibraryOption* library_options, void** library_values,
                           unsigned int library_count) {
  return entry([&]() -> CUresult {
    if (library == nullptr || code == nullptr || (jit_count > 0 && jit_options == nullptr) ||
        (library_count > 0 && library_options == nullptr)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    bool preserved = false;
    for (unsigned i = 0; i < library_count; ++i) {
      if (library_options[i] >= CU_LIBRARY_NUM_OPTIONS) return CUDA_ERROR_INVALID_VALUE;
      if (library_options[i] == CU_LIBRARY_BINARY_IS_PRESERVED) {
        // Values are optional: an option without one is switched on.
        preserved = library_values == nullptr || library_values[i] != nullptr;
      }
    }
    const CUresult result = load(library, code, {}, preserved);
    write_jit_log(jit_count, jit_options, jit_values,
                  result == CUDA_SUCCESS ? std::string() : "not a fatbin, cubin or PTX text");
    return result;
  });
}

CUresult cuLibraryLoadFromFile(CUlibrary* library, const char* path, CUjit_option* jit_options,
                               void** jit_values, unsigned int jit_count,
                               CUlibraryOption* library_options, void** library_values,
                               unsigned int library_count) {
  return entry([&]() -> CUresult {
    if (library == nullptr || path == nullptr || (jit_count > 0 && jit_options == nullptr) ||
        (library_count > 0 && library_options == nullptr)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    static_cast<void>(library_values);
    std::vector<std::byte> image;
    if (const CUresult result = read_image_file(path, image); result != CUDA_SUCCESS) return result;
    const CUresult result = load(library, nullptr, std::move(image), false);
    write_jit_log(jit_count, jit_options, jit_values,
                  result == CUDA_SUCCESS ? std::string() : "not a fatbin, cubin or PTX text");
    return result;
  });
}

CUresult cuLibraryUnload(CUlibrary handle) {
  return with_library(handle, [&](const std::shared_ptr<Library>& library) {
    if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
    if (driver().libraries.remove(handle) == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    const std::lock_guard lock(library->mutex);
    for (const auto& [name, kernel] : library->kernels) driver().kernels.remove(kernel);
    for (const auto& [context, module] : library->modules) {
      driver().modules.remove(module->handle);
      module->retire();
    }
    library->kernels.clear();
    library->modules.clear();
    return CUDA_SUCCESS;
  });
}

CUresult cuLibraryGetKernel(CUkernel* kernel, CUlibrary handle, const char* name) {
  return with_library(handle, [&](const std::shared_ptr<Library>& library) {
    if (kernel == nullptr || name == nullptr) return CUDA_ERROR_INVALID_VALUE;
    CUkernel found = nullptr;
    const CUresult result = library->kernel(name, found);
    if (result == CUDA_SUCCESS) *kernel = found;
    return result;
  });
}

CUresult cuLibraryGetKernelCount(unsigned int* count, CUlibrary handle) {
  return with_library(handle, [&](const std::shared_ptr<Library>& library) -> CUresult {
    if (count == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Module> module;
    if (const CUresult result = library->any_module(module); result != CUDA_SUCCESS) return result;
    *count = static_cast<unsigned>(module->code().kernel_names().size());
    return CUDA_SUCCESS;
  });
}

CUresult cuLibraryEnumerateKernels(CUkernel* kernels, unsigned int count, CUlibrary handle) {
  return with_library(handle, [&](const std::shared_ptr<Library>& library) -> CUresult {
    if (kernels == nullptr && count > 0) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Module> module;
    if (const CUresult result = library->any_module(module); result != CUDA_SUCCESS) return result;
    unsigned filled = 0;
    for (const std::string& name : module->code().kernel_names()) {
      if (filled == count) break;
      if (const CUresult result = library->kernel(name.c_str(), kernels[filled]);
          result != CUDA_SUCCESS) {
        return result;
      }
      ++filled;
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuLibraryGetModule(CUmodule* out, CUlibrary handle) {
  return with_library(handle, [&](const std::shared_ptr<Library>& library) -> CUresult {
    if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    std::shared_ptr<Module> module;
    const CUresult result = library->module_in(context, module);
    if (result == CUDA_SUCCESS) *out = module->handle;
    return result;
  });
}

CUresult cuLibraryGetGlobal(CUdeviceptr* dptr, size_t* bytes, CUlibrary library, const char* name) {
  return get_variable(library, dptr, bytes, name, false);
}

CUresult cuLibraryGetManaged(CUdeviceptr* dptr, size_t* bytes, CUlibrary library,
                             const char* name) {
  return get_variable(library, dptr, bytes, name, true);
}

CUresult cuLibraryGetUnifiedFunction(void** function, CUlibrary handle, const char* name) {
  return with_library(handle, [&](const std::shared_ptr<Library>&) {
    if (function == nullptr || name == nullptr) return CUDA_ERROR_INVALID_VALUE;
    // Unified function pointers are not an ability of this device (attribute 129 is 0).
    return CUDA_ERROR_NOT_FOUND;
  });
}

CUresult cuKernelGetLibrary(CUlibrary* out, CUkernel handle) {
  return entry([&]() -> CUresult {
    if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const auto kernel = driver().kernels.find(handle);
    const auto library = kernel == nullptr ? nullptr : kernel->library.lock();
    if (library == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    *out = library->handle;
    return CUDA_SUCCESS;
  });
}

}  // extern "C"
