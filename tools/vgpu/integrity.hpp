#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace vgpu::tool {

/// What the CUDA runtime checks a driver's answer against, computed here from public knowledge and
/// apart from the guest library, so that the one is a check of the other.
struct IntegrityInput {
  std::uint32_t driver_version;
  std::uint32_t version;  ///< the argument of the check: runtime version + 0, 1, 2
  std::uint32_t process;
  std::uint32_t thread;
  std::uint64_t runtime_table;
  std::uint64_t integrity_table;
  std::uint64_t function;
  std::uint64_t unix_seconds;
};
static_assert(sizeof(IntegrityInput) == 48);

struct IntegrityDevice {
  std::array<std::uint8_t, 16> uuid;
  std::int32_t pci_domain;
  std::int32_t pci_bus;
  std::int32_t pci_device;
};
static_assert(sizeof(IntegrityDevice) == 28);

using Digest = std::array<std::uint8_t, 16>;

/// The answer that the runtime expects for this input.
Digest expected_integrity(const IntegrityInput& input, std::span<const IntegrityDevice> devices);

/// RFC 1319.
Digest md2(std::span<const std::uint8_t> message);

}  // namespace vgpu::tool
