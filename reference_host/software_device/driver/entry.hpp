#pragma once

/// \file
/// What every exported function starts with: initialisation state, the exception barrier, the log.

#include <cuda.h>

#include <new>
#include <string_view>

namespace vgpu::softdevice {

/// True between a successful cuInit and the end of the process; false in a child made by fork.
bool is_initialised() noexcept;

/// Writes one line to stderr when VGPU_SOFT_LOG is set and not 0. Thread-safe.
void log_line(std::string_view text) noexcept;

/// Writes one line to stderr unless VGPU_SOFT_LOG is 0: why a kernel failed, or code cannot run
/// here. No call's result says that to somebody who did not write the program. Thread-safe.
void tell(std::string_view text) noexcept;

/// Runs `body` behind the C boundary, without asking whether cuInit was called.
template <class Body>
CUresult guarded(Body&& body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  } catch (...) {
    return CUDA_ERROR_UNKNOWN;
  }
}

/// Runs `body` behind the C boundary; CUDA_ERROR_NOT_INITIALIZED before cuInit.
template <class Body>
CUresult entry(Body&& body) noexcept {
  if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  return guarded(static_cast<Body&&>(body));
}

}  // namespace vgpu::softdevice
