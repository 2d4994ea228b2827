#pragma once

/// \file
/// 16-bit floating-point formats by integer arithmetic, for code that is compiled once for every
/// processor. Rounding is to nearest even; a NaN becomes the canonical one.

#include <cstdint>
#include <cstring>

namespace vgpu::softdevice::exec {

inline std::uint32_t single_bits(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
inline float single_value(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline float half_value(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = bits >> 10 & 0x1fu;
  const std::uint32_t fraction = bits & 0x3ffu;
  if (exponent == 31) return single_value(sign | 0x7f800000u | fraction << 13);
  if (exponent != 0) return single_value(sign | (exponent + 112) << 23 | fraction << 13);
  return single_value(sign | single_bits(static_cast<float>(fraction) * 0x1p-24f));
}

inline std::uint16_t half_bits(float value) {
  const std::uint32_t bits = single_bits(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return 0x7fff;
  if (magnitude >= 0x477ff000u) return sign | 0x7c00u;  // 65520 and above
  if (magnitude < 0x38800000u) {                        // subnormal: adding aligns the fraction
    const float shifted = single_value(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (single_bits(shifted) - 0x3f000000u));
  }
  const std::uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

inline float bfloat_value(std::uint16_t bits) {
  return single_value(static_cast<std::uint32_t>(bits) << 16);
}

inline std::uint16_t bfloat_bits(float value) {
  const std::uint32_t bits = single_bits(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fff;
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

}  // namespace vgpu::softdevice::exec
