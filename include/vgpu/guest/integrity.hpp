#pragma once

/// \file
/// The answer to a CUDA runtime's integrity check (private table d4082055, slot 1).

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "vgpu/guest/md2.hpp"

namespace vgpu::guest {

/// A device as the digest covers it: what cuDeviceGetUuid and the PCI attributes 50, 33, 34 report.
struct IntegrityDevice {
  std::array<std::uint8_t, 16> uuid;
  std::int32_t pci_domain;
  std::int32_t pci_bus;
  std::int32_t pci_device;
};
static_assert(sizeof(IntegrityDevice) == 28);

/// Everything else the digest covers, in its order.
struct IntegrityQuestion {
  std::uint32_t driver_version;
  std::uint32_t version;  ///< the runtime's, plus 0, 1 or 2
  std::uint32_t process_id;
  std::uint32_t thread_id;        ///< pthread_self() of the caller, truncated
  std::uint64_t cudart_table;     ///< address of the served table 6bd5fb6c
  std::uint64_t integrity_table;  ///< address of the served table d4082055
  std::uint64_t check_function;   ///< what stands in its slot 1
  std::uint64_t unix_seconds;
};
static_assert(sizeof(IntegrityQuestion) == 48);

using IntegrityAnswer = std::array<std::uint64_t, 2>;

/// The 16 bytes the runtime expects. Devices in ordinal order.
inline IntegrityAnswer integrity_answer(const IntegrityQuestion& question,
                                        std::span<const IntegrityDevice> devices) noexcept {
  constexpr std::uint64_t fixed_second = 0x8ED383AA1F4CD1E8;
  switch (question.version % 10) {
    case 0:
      return {0x3341181C03CB675C, fixed_second};
    case 1:
      return {0x1841181C03CB675C, fixed_second};
    default:
      break;
  }
  constexpr HmacMd2::Key key = {0x14, 0x6A, 0xDD, 0xAE, 0x53, 0xA9, 0xA7, 0x52,
                                0xAA, 0x08, 0x41, 0x36, 0x0B, 0xF5, 0x5A, 0x9F};
  HmacMd2 mac(key);
  mac.update(std::bit_cast<std::array<std::uint8_t, sizeof question>>(question));
  for (const IntegrityDevice& device : devices) {
    mac.update(std::bit_cast<std::array<std::uint8_t, sizeof device>>(device));
  }
  const Md2Digest digest = mac.finish();
  IntegrityAnswer answer;
  std::memcpy(answer.data(), digest.data(), digest.size());
  return answer;
}

}  // namespace vgpu::guest
