#include "unsupported.hpp"

#include <string>

#include "entry.hpp"

using namespace vgpu::softdevice;

CUresult vgpu_softdevice_unsupported(const char* name, std::atomic_flag* logged) noexcept {
  return entry([&] {
    if (!logged->test_and_set()) log_line(std::string(name) + " is not supported");
    return CUDA_ERROR_NOT_SUPPORTED;
  });
}
