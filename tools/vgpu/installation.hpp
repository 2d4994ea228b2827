#pragma once

#include <filesystem>

#include "vgpu/support/result.hpp"

namespace vgpu::tool {

/// Where the parts of this vgpu lie, found from the running executable. All paths are absolute.
struct Installation {
  std::filesystem::path executable;
  std::filesystem::path guest_folder;     ///< holds libcuda.so.1 and goes into LD_LIBRARY_PATH
  std::filesystem::path guest_library;    ///< guest_folder / libcuda.so.1
  std::filesystem::path host;             ///< vgpu-host
  std::filesystem::path software_device;  ///< CUDA-driver-shaped library for machines without GPU
};

/// Fails, with a sentence, when a part is not where `cmake --install` puts it.
support::Result<Installation> find_installation();

}  // namespace vgpu::tool
