/// \file
/// Fuzz target: PTX from text to decoded programs. Nothing is run.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "reference_host/software_device/exec/module.hpp"

using namespace vgpu::softdevice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Small, so that a large variable is refused instead of mapped.
  static DeviceMemory memory(std::size_t{16} << 20);
  LoadError load_error;
  exec::ModuleImpl module(memory, 86);
  if (!module.load({std::string(data, data + size)}, load_error)) return 0;
  for (std::size_t i = 0; i < module.functions().size(); ++i) {
    if (!module.functions()[i].extent->is_entry) continue;
    std::string error;
    CUresult result = CUDA_SUCCESS;
    // The rest of the kernel is decoded behind what cannot be.
    std::vector<std::string> refused;
    exec::build_kernel(module, static_cast<int>(i), error, result, &refused);
  }
  return 0;
}
