// Unlike cuda.h, this header does not make what it declares visible.
#pragma GCC visibility push(default)
#include <cudaProfiler.h>
#pragma GCC visibility pop

#include "driver.hpp"

using namespace vgpu::softdevice;

namespace {

/// There is nothing to collect: starting and stopping has no effect.
CUresult profiler_switch() {
  return entry([]() -> CUresult {
    return current_context() == nullptr ? CUDA_ERROR_INVALID_CONTEXT : CUDA_SUCCESS;
  });
}

}  // namespace

extern "C" {

CUresult cuProfilerStart(void) {
  return profiler_switch();
}
CUresult cuProfilerStop(void) {
  return profiler_switch();
}

}  // extern "C"
