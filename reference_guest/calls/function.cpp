#include <cstring>
#include <vgpu/guest_written.hpp>

#include "code.hpp"

namespace vgpu::guest {

CUresult read_extra(void** extra, std::span<const std::byte>& block) {
  const std::byte* buffer = nullptr;
  std::size_t size = 0;
  for (; *extra != CU_LAUNCH_PARAM_END; extra += 2) {
    if (*extra == CU_LAUNCH_PARAM_BUFFER_POINTER) {
      buffer = static_cast<const std::byte*>(extra[1]);
    } else if (*extra == CU_LAUNCH_PARAM_BUFFER_SIZE) {
      std::memcpy(&size, extra[1], sizeof size);
    } else {
      return CUDA_ERROR_INVALID_VALUE;
    }
  }
  constexpr std::size_t largest_block = 32764;
  if (size > largest_block || (buffer == nullptr && size != 0)) return CUDA_ERROR_INVALID_VALUE;
  block = {buffer, size};
  return CUDA_SUCCESS;
}

CUresult ensure_layout(Callable& callable) {
  if (callable.layout_known.load(std::memory_order_acquire)) return CUDA_SUCCESS;
  const std::lock_guard lock(callable.mutex);
  if (callable.layout_known.load(std::memory_order_relaxed)) return CUDA_SUCCESS;
  ReplyOf<calls::CallableLayout> reply;
  const CUresult result = call<calls::CallableLayout>({.callable = callable.id}, reply);
  if (result == CUDA_SUCCESS)
    callable.set_layout(reply.value.parameterOffsets, reply.value.parameterSizes);
  return result;
}

CUresult parameter_info(Callable* callable, std::size_t index, std::size_t* offset,
                        std::size_t* size) {
  if (callable == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (const CUresult result = ensure_layout(*callable); result != CUDA_SUCCESS) return result;
  if (index >= callable->parameters.size()) return CUDA_ERROR_INVALID_VALUE;
  *offset = callable->parameters[index].offset;
  if (size != nullptr) *size = callable->parameters[index].size;
  return CUDA_SUCCESS;
}

namespace written {

CUresult cuFuncGetModule(CUmodule* hmod, CUfunction hfunc) {
  const Callable* callable = find_callable(call::to_wire<std::uint64_t>(hfunc));
  if (callable == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (find_module(callable->owner) != nullptr) {
    *hmod = call::from_wire<CUmodule>(callable->owner);
    return CUDA_SUCCESS;
  }
  // A function of a library belongs to the library's module in the function's context.
  CodeObject* library = find_library(callable->owner);
  if (library == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  {
    const std::lock_guard lock(library->mutex);
    if (const auto known = library->modules.find(callable->context);
        known != library->modules.end()) {
      *hmod = call::from_wire<CUmodule>(known->second);
      return CUDA_SUCCESS;
    }
  }
  const Context* current = current_context();
  if (current == nullptr || current->id != callable->context) return CUDA_ERROR_INVALID_CONTEXT;
  return written::cuLibraryGetModule(hmod, call::from_wire<CUlibrary>(callable->owner));
}

CUresult cuFuncGetName(const char** name, CUfunction hfunc) {
  const Callable* callable = find_callable(call::to_wire<std::uint64_t>(hfunc));
  if (callable == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  *name = callable->name.c_str();
  return CUDA_SUCCESS;
}

CUresult cuFuncGetParamInfo(CUfunction func, size_t paramIndex, size_t* paramOffset,
                            size_t* paramSize) {
  return parameter_info(find_callable(call::to_wire<std::uint64_t>(func)), paramIndex, paramOffset,
                        paramSize);
}

CUresult cuFuncSetAttribute(CUfunction hfunc, CUfunction_attribute attrib, int value) {
  const auto id = call::to_wire<std::uint64_t>(hfunc);
  Callable* callable = find_callable(id);
  if (callable == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  // A kernel stands for its function in the current context; a function needs none.
  if (callable->context == 0) {
    if (const CUresult entered = enter(call::ContextNeed::current); entered != CUDA_SUCCESS) {
      return entered;
    }
  }
  ReplyOf<calls::FuncSetAttribute> reply;
  const CUresult result = call<calls::FuncSetAttribute>(
      {.hfunc = id, .attrib = static_cast<std::uint32_t>(attrib), .value = value}, reply);
  callable->limits_known.store(false, std::memory_order_release);
  return result;
}

}  // namespace written
}  // namespace vgpu::guest
