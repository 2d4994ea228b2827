#pragma once

/// \file
/// What never changes about a device, fetched once at cuInit.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace vgpu::guest {

/// One device of the session. Immutable after cuInit, so any thread may read it.
struct Device {
  std::string name;
  std::string pci_bus_id;  ///< "0000:41:00.0"
  std::array<std::byte, 16> uuid{};
  std::array<std::byte, 8> luid{};
  std::int32_t luid_result = 0;  ///< CUresult of cuDeviceGetLuid on the host
  std::uint32_t node_mask = 0;
  std::uint64_t total_memory = 0;
  /// Value and CUresult of cuDeviceGetAttribute per attribute, index = CUdevice_attribute.
  std::vector<std::int32_t> attributes;
  std::vector<std::int32_t> attribute_results;

  /// CUresult of cuDeviceGetAttribute; `value` is written on success only.
  int attribute(int number, int* value) const noexcept {
    constexpr int invalid_value = 1;
    if (number < 0 || static_cast<std::size_t>(number) >= attributes.size()) return invalid_value;
    const auto index = static_cast<std::size_t>(number);
    if (index < attribute_results.size() && attribute_results[index] != 0) {
      return attribute_results[index];
    }
    *value = attributes[index];
    return 0;
  }
};

}  // namespace vgpu::guest
