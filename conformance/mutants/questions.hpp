#pragma once

/// \file
/// What several mutants ask the driver behind them.

#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

/// Whether this is the error of earlier work which stays with its context.
inline bool is_lasting(CUresult error) {
  return error == CUDA_ERROR_ILLEGAL_ADDRESS || error == CUDA_ERROR_LAUNCH_FAILED ||
         error == CUDA_ERROR_ILLEGAL_INSTRUCTION;
}

/// Whether `stream` is one that exists and captures nothing.
inline bool is_plain(CUstream stream) {
  CUstreamCaptureStatus status{};
  return real().cuStreamIsCapturing(stream, &status) == CUDA_SUCCESS &&
         status == CU_STREAM_CAPTURE_STATUS_NONE;
}

inline bool is_busy(CUstream stream) {
  return real().cuStreamQuery(stream) == CUDA_ERROR_NOT_READY;
}

}  // namespace vgpu::conformance::mutants
