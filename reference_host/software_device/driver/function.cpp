#include <algorithm>

#include "driver.hpp"
#include "module.hpp"

namespace vgpu::softdevice {
namespace {

int shared_optin(const Function& function) {
  const auto context = function.module->context();
  return multiprocessor_limits(context == nullptr ? default_capability
                                                  : context->device().compute_capability())
      .shared_optin;
}

}  // namespace

CUresult resolve_function(CUfunction handle, const std::shared_ptr<Context>& context,
                          std::shared_ptr<Function>& function) {
  function = driver().functions.find(handle);
  if (function != nullptr) return CUDA_SUCCESS;
  const auto kernel = driver().kernels.find(reinterpret_cast<CUkernel>(handle));
  if (kernel == nullptr || context == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (const CUresult result = kernel_function(*kernel, context, function); result != CUDA_SUCCESS) {
    return result;
  }
  // What was set on the kernel holds for the function unless that was set itself.
  const std::lock_guard lock(kernel->mutex);
  const int device = context->device().ordinal();
  const auto shared = kernel->attributes.find(
      {device, static_cast<int>(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES)});
  if (shared != kernel->attributes.end() && function->max_dynamic_shared < 0) {
    function->max_dynamic_shared = shared->second;
  }
  return CUDA_SUCCESS;
}

CUresult function_attribute(const Function& function, CUfunction_attribute attribute, int& value) {
  const KernelTraits& traits = function.kernel->traits();
  switch (attribute) {
    case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
      value = traits.max_threads_per_block;
      break;
    case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
      value = static_cast<int>(traits.static_shared_bytes);
      break;
    case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES:
      value = static_cast<int>(traits.constant_bytes);
      break;
    case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
      value = static_cast<int>(traits.local_bytes);
      break;
    case CU_FUNC_ATTRIBUTE_NUM_REGS:
      value = traits.registers;
      break;
    case CU_FUNC_ATTRIBUTE_PTX_VERSION:
      value = traits.ptx_version;
      break;
    case CU_FUNC_ATTRIBUTE_BINARY_VERSION:
      value = traits.binary_version;
      break;
    case CU_FUNC_ATTRIBUTE_CACHE_MODE_CA:
    case CU_FUNC_ATTRIBUTE_CLUSTER_SIZE_MUST_BE_SET:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
    case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
    case CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
      value = 0;
      break;
    case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES: {
      const int set = function.max_dynamic_shared;
      value = set >= 0 ? set : std::max(0, 49152 - static_cast<int>(traits.static_shared_bytes));
      break;
    }
    case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
      value = function.carveout;
      break;
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

CUresult set_function_attribute(Function& function, CUfunction_attribute attribute, int value) {
  switch (attribute) {
    case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES: {
      const int room =
          shared_optin(function) - static_cast<int>(function.kernel->traits().static_shared_bytes);
      if (value < 0 || value > room) return CUDA_ERROR_INVALID_VALUE;
      function.max_dynamic_shared = value;
      return CUDA_SUCCESS;
    }
    case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
      if (value < -1 || value > 100) return CUDA_ERROR_INVALID_VALUE;
      function.carveout = value;
      return CUDA_SUCCESS;
    case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
    case CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
      log_line("clusters are not supported by the software device");
      return CUDA_ERROR_NOT_SUPPORTED;
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
}

}  // namespace vgpu::softdevice

using namespace vgpu::softdevice;

namespace {

template <class Body>
CUresult with_function(CUfunction handle, Body&& body) noexcept {
  return entry([&]() -> CUresult {
    std::shared_ptr<Function> function;
    if (const CUresult result = resolve_function(handle, current_context(), function);
        result != CUDA_SUCCESS) {
      return result;
    }
    return body(function);
  });
}

template <class Body>
CUresult with_kernel(CUkernel handle, Body&& body) noexcept {
  return entry([&]() -> CUresult {
    const auto kernel = driver().kernels.find(handle);
    if (kernel == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    return body(*kernel);
  });
}

/// Some questions say so of a null function, the others that it is no valid handle.
CUresult refuse_null_function() noexcept {
  return entry([]() -> CUresult { return CUDA_ERROR_INVALID_VALUE; });
}

/// A function that stands for the kernel: of the device's primary context when none is current.
CUresult function_on(LibraryKernel& kernel, Device& device, std::shared_ptr<Function>& function) {
  auto context = current_context();
  if (context == nullptr || !context->is_active() || &context->device() != &device) {
    context = device.primary();
  }
  return kernel_function(kernel, context, function);
}

CUresult parameter_info(const Kernel& kernel, std::size_t index, std::size_t* offset,
                        std::size_t* size) {
  const auto parameters = kernel.parameters();
  if (offset == nullptr || index >= parameters.size()) return CUDA_ERROR_INVALID_VALUE;
  *offset = parameters[index].offset;
  if (size != nullptr) *size = parameters[index].size;
  return CUDA_SUCCESS;
}

bool valid_cache_config(CUfunc_cache config) {
  return config >= CU_FUNC_CACHE_PREFER_NONE && config <= CU_FUNC_CACHE_PREFER_EQUAL;
}

}  // namespace

extern "C" {

CUresult cuFuncGetAttribute(int* value, CUfunction_attribute attribute, CUfunction handle) {
  return entry([&]() -> CUresult {
    if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
    // Unlike a launch, this takes no kernel in a function's place.
    const auto function = driver().functions.find(handle);
    if (function == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    return function_attribute(*function, attribute, *value);
  });
}

CUresult cuFuncSetAttribute(CUfunction handle, CUfunction_attribute attribute, int value) {
  return with_function(handle, [&](const std::shared_ptr<Function>& function) {
    return set_function_attribute(*function, attribute, value);
  });
}

CUresult cuFuncSetCacheConfig(CUfunction handle, CUfunc_cache config) {
  return with_function(handle, [&](const std::shared_ptr<Function>& function) {
    if (!valid_cache_config(config)) return CUDA_ERROR_INVALID_VALUE;
    function->cache_config = config;
    return CUDA_SUCCESS;
  });
}

CUresult cuFuncSetSharedMemConfig(CUfunction handle, CUsharedconfig config) {
  return with_function(handle, [&](const std::shared_ptr<Function>&) {
    return config < 0 || config > CU_SHARED_MEM_CONFIG_EIGHT_BYTE_BANK_SIZE
               ? CUDA_ERROR_INVALID_VALUE
               : CUDA_SUCCESS;
  });
}

CUresult cuFuncGetModule(CUmodule* module, CUfunction handle) {
  if (handle == nullptr) return refuse_null_function();
  return with_function(handle, [&](const std::shared_ptr<Function>& function) {
    if (module == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *module = function->module->handle;
    return CUDA_SUCCESS;
  });
}

CUresult cuFuncGetName(const char** name, CUfunction handle) {
  if (handle == nullptr) return refuse_null_function();
  return with_function(handle, [&](const std::shared_ptr<Function>& function) {
    if (name == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *name = function->name.c_str();
    return CUDA_SUCCESS;
  });
}

CUresult cuFuncGetParamInfo(CUfunction handle, size_t index, size_t* offset, size_t* size) {
  if (handle == nullptr) return refuse_null_function();
  return with_function(handle, [&](const std::shared_ptr<Function>& function) {
    return parameter_info(*function->kernel, index, offset, size);
  });
}

CUresult cuFuncIsLoaded(CUfunctionLoadingState* state, CUfunction handle) {
  return with_function(handle, [&](const std::shared_ptr<Function>&) {
    if (state == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *state = CU_FUNCTION_LOADING_STATE_LOADED;
    return CUDA_SUCCESS;
  });
}

CUresult cuFuncLoad(CUfunction handle) {
  return with_function(handle, [](const std::shared_ptr<Function>&) { return CUDA_SUCCESS; });
}

CUresult cuKernelGetFunction(CUfunction* out, CUkernel handle) {
  return with_kernel(handle, [&](LibraryKernel&) -> CUresult {
    if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    std::shared_ptr<Function> function;
    const CUresult result =
        resolve_function(reinterpret_cast<CUfunction>(handle), context, function);
    if (result == CUDA_SUCCESS) *out = function->handle;
    return result;
  });
}

CUresult cuKernelGetName(const char** name, CUkernel handle) {
  if (handle == nullptr) return refuse_null_function();
  return with_kernel(handle, [&](LibraryKernel& kernel) {
    if (name == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *name = kernel.name.c_str();
    return CUDA_SUCCESS;
  });
}

CUresult cuKernelGetAttribute(int* value, CUfunction_attribute attribute, CUkernel handle,
                              CUdevice dev) {
  return with_kernel(handle, [&](LibraryKernel& kernel) -> CUresult {
    if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
    Device* const device = find_device(dev);
    if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    std::shared_ptr<Function> function;
    if (const CUresult result = function_on(kernel, *device, function); result != CUDA_SUCCESS) {
      return result;
    }
    if (const CUresult result = function_attribute(*function, attribute, *value);
        result != CUDA_SUCCESS) {
      return result;
    }
    const std::lock_guard lock(kernel.mutex);
    const auto set = kernel.attributes.find({dev, static_cast<int>(attribute)});
    if (set != kernel.attributes.end()) *value = set->second;
    return CUDA_SUCCESS;
  });
}

CUresult cuKernelSetAttribute(CUfunction_attribute attribute, int value, CUkernel handle,
                              CUdevice dev) {
  return with_kernel(handle, [&](LibraryKernel& kernel) -> CUresult {
    Device* const device = find_device(dev);
    if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    std::shared_ptr<Function> function;
    if (const CUresult result = function_on(kernel, *device, function); result != CUDA_SUCCESS) {
      return result;
    }
    if (const CUresult result = set_function_attribute(*function, attribute, value);
        result != CUDA_SUCCESS) {
      return result;
    }
    const std::lock_guard lock(kernel.mutex);
    kernel.attributes[{dev, static_cast<int>(attribute)}] = value;
    return CUDA_SUCCESS;
  });
}

CUresult cuKernelSetCacheConfig(CUkernel handle, CUfunc_cache config, CUdevice dev) {
  return with_kernel(handle, [&](LibraryKernel& kernel) {
    if (find_device(dev) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    if (!valid_cache_config(config)) return CUDA_ERROR_INVALID_VALUE;
    kernel.cache_config = config;
    return CUDA_SUCCESS;
  });
}

CUresult cuKernelGetParamInfo(CUkernel handle, size_t index, size_t* offset, size_t* size) {
  if (handle == nullptr) return refuse_null_function();
  return with_kernel(handle, [&](LibraryKernel& kernel) -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    std::shared_ptr<Function> function;
    if (const CUresult result = kernel_function(kernel, context, function);
        result != CUDA_SUCCESS) {
      return result;
    }
    return parameter_info(*function->kernel, index, offset, size);
  });
}

}  // extern "C"
