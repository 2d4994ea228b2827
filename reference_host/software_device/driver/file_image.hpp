#pragma once

#include <cuda.h>

#include <cstddef>
#include <vector>

namespace vgpu::softdevice {

/// Reads a file of code, followed by zero bytes.
CUresult read_image_file(const char* path, std::vector<std::byte>& image);

}  // namespace vgpu::softdevice
