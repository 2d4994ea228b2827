#pragma once

/// \file
/// Conversions to and from the formats that only cvt knows: fp8, tf32, packed integers.

#include "reference_host/software_device/exec/program.hpp"

namespace vgpu::softdevice::exec {

/// An 8-bit floating-point format.
enum class Float8 : std::uint32_t { e4m3, e5m2 };

/// The fields of a conversion, in Op::aux.
struct FormatRequest {
  Float8 format = Float8::e4m3;
  bool relu = false;
  bool saturate = false;       ///< to the largest finite number
  std::uint32_t rounding = 0;  ///< tf32: 0 nearest even, 1 nearest away, 2 towards zero
  std::uint32_t bits = 0;      ///< packed integers: of one part
  bool is_signed = false;

  constexpr std::uint32_t pack() const {
    return static_cast<std::uint32_t>(format) | std::uint32_t{relu} << 1 |
           std::uint32_t{saturate} << 2 | rounding << 3 | bits << 5 |
           std::uint32_t{is_signed} << 10;
  }
  static constexpr FormatRequest unpack(std::uint32_t word) {
    FormatRequest request;
    request.format = static_cast<Float8>(word & 1);
    request.relu = word >> 1 & 1;
    request.saturate = word >> 2 & 1;
    request.rounding = word >> 3 & 3;
    request.bits = word >> 5 & 31;
    request.is_signed = word >> 10 & 1;
    return request;
  }
};

/// d (b16) = the f32 a in the high byte, b in the low one.
void float8_from_singles(Warp& warp, const Op& op, std::uint32_t mask);
/// d (b16) = both halves of the f16x2 a.
void float8_from_halves(Warp& warp, const Op& op, std::uint32_t mask);
/// d (f16x2) = both bytes of the b16 a.
void halves_from_float8(Warp& warp, const Op& op, std::uint32_t mask);
/// d (b32) = the f32 a with ten bits of fraction.
void tf32_from_single(Warp& warp, const Op& op, std::uint32_t mask);
/// d = the integers a and b, clamped, below c.
void pack_integers(Warp& warp, const Op& op, std::uint32_t mask);

}  // namespace vgpu::softdevice::exec
