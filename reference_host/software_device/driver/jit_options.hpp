#pragma once

#include <cuda.h>

#include <string>

namespace vgpu::softdevice {

/// Fills the log buffers among the just-in-time options and writes their used sizes back.
void write_jit_log(unsigned count, const CUjit_option* options, void** values,
                   const std::string& message);

}  // namespace vgpu::softdevice
