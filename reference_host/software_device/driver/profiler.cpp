// Unlike cuda.h, this header does not make what it declares visible.
#pragma GCC visibility push(default)
#include <cudaProfiler.h>
#pragma GCC visibility pop

#include "capture.hpp"
#include "driver.hpp"

using namespace vgpu::softdevice;

namespace {

/// There is nothing to collect: starting and stopping has no effect, but is not allowed during a
/// capture.
CUresult profiler_switch() {
  return entry([]() -> CUresult {
    return current_context() == nullptr ? CUDA_ERROR_INVALID_CONTEXT : check_unsafe_call();
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
