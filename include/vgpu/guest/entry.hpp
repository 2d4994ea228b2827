#pragma once

/// \file
/// The frame that generated entry points put around every call: nothing is thrown into C, and the
/// call log sees every call.

#include <cstddef>
#include <iterator>
#include <new>

#include "vgpu/call/convert.hpp"
#include "vgpu/call/cuda_types.hpp"
#include "vgpu/guest/call_log.hpp"
#include "vgpu/guest/log.hpp"

namespace vgpu::guest {

using call::copy_layout;
using call::from_wire;
using call::to_wire;

/// Address of the exported function that stands at this place in call::symbols; nullptr past its
/// end. Generated.
void* export_address(std::size_t symbol) noexcept;

/// Runs `body`, which returns the call's CUresult. An exception becomes CUDA_ERROR_OUT_OF_MEMORY or
/// CUDA_ERROR_UNKNOWN. `arguments` are for the log.
template <class Body, class... T>
CUresult run_entry(const char* symbol, Body&& body, const Argument<T>&... arguments) noexcept {
  CUresult result = CUDA_ERROR_UNKNOWN;
  try {
    result = body();
  } catch (const std::bad_alloc&) {
    result = CUDA_ERROR_OUT_OF_MEMORY;
  } catch (...) {
    log(LogLevel::error, symbol, " ended with an exception of the guest library");
  }
  if (call_log_enabled()) [[unlikely]]
    log_call(symbol, result, arguments...);
  return result;
}

}  // namespace vgpu::guest
