#pragma once

#include <cuda.h>

#include <atomic>

/// What the generated entry points of functions that this device does not serve return: one line in
/// the log per function, then CUDA_ERROR_NOT_SUPPORTED (CUDA_ERROR_NOT_INITIALIZED before cuInit).
extern "C" CUresult vgpu_softdevice_unsupported(const char* name,
                                                std::atomic_flag* logged) noexcept;
