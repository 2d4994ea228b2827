#pragma once

/// \file
/// The frame that generated entry points put around every call: nothing is thrown into C, and the
/// call log sees every call.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>

#include "vgpu/call/convert.hpp"
#include "vgpu/call/cuda_types.hpp"
#include "vgpu/guest/call_log.hpp"
#include "vgpu/guest/core.hpp"
#include "vgpu/guest/log.hpp"

namespace vgpu::guest {

using call::copy_layout;
using call::from_wire;
using call::to_wire;

/// Where CUDA takes a function it takes a kernel too.
inline bool function_valid(std::uint64_t id) noexcept {
  return handle_valid(call::HandleKind::function, id) || handle_valid(call::HandleKind::kernel, id);
}

/// Address of the exported function that stands at this place in call::symbols; nullptr past its
/// end. Generated.
void* export_address(std::size_t symbol) noexcept;

namespace detail {

/// The result of a call that ended with the exception that is being handled.
[[gnu::cold, gnu::noinline]] inline CUresult result_of_exception(const char* symbol) noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  } catch (...) {
    log(LogLevel::error, symbol, " ended with an exception of the guest library");
    return CUDA_ERROR_UNKNOWN;
  }
}

}  // namespace detail

/// Runs `body`, which returns the call's CUresult. An exception becomes CUDA_ERROR_OUT_OF_MEMORY or
/// CUDA_ERROR_UNKNOWN. `arguments` are for the log.
template <class Body, class... T>
CUresult run_entry(const char* symbol, Body&& body, const Argument<T>&... arguments) noexcept {
  CUresult result;
  try {
    result = body();
  } catch (...) {
    result = detail::result_of_exception(symbol);
  }
  if (call_log_enabled()) [[unlikely]]
    log_call(symbol, result, arguments...);
  return result;
}

}  // namespace vgpu::guest
