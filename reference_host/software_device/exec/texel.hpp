#pragma once

/// \file
/// Texels and what they mean.

#include <array>
#include <cstdint>
#include <cstring>

#include "reference_host/software_device/image.hpp"

namespace vgpu::softdevice::exec {

/// Four channels as registers get them: binary32 images or integers.
using Texel = std::array<std::uint32_t, 4>;

inline float as_float(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
inline std::uint32_t as_bits(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

float half_bits_to_float(std::uint16_t half);
/// To the nearest, ties to even.
std::uint16_t float_to_half_bits(float value);

/// Whether reads of this format give numbers in binary32.
bool reads_floats(const Texture& texture, CUarray_format format);

/// The texel at `at`, as the texture's read mode wants it. Channels that the format lacks are zero,
/// the last one is one.
Texel read_texel(const Texture& texture, const Image& image, const std::byte* at);

}  // namespace vgpu::softdevice::exec
