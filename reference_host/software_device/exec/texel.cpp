#include "reference_host/software_device/exec/texel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vgpu::softdevice::exec {

float half_bits_to_float(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half & 0x8000U} << 16;
  const std::uint32_t exponent = half >> 10 & 31U;
  const std::uint32_t fraction = half & 0x3ffU;
  if (exponent == 31) return as_float(sign | 0x7f800000U | fraction << 13);
  if (exponent != 0) return as_float(sign | (exponent + 112) << 23 | fraction << 13);
  const float value = static_cast<float>(fraction) * 0x1p-24F;
  return sign != 0 ? -value : value;
}

std::uint16_t float_to_half_bits(float value) {
  const std::uint32_t bits = as_bits(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000U);
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return static_cast<std::uint16_t>(sign | 0x7fffU);
  if (magnitude >= 0x477ff000U) return static_cast<std::uint16_t>(sign | 0x7c00U);
  if (magnitude < 0x38800000U) {
    // Subnormal: adding one half of the largest unit rounds at the right bit.
    const std::uint32_t rounded = as_bits(as_float(magnitude) + 0.5F) - as_bits(0.5F);
    return static_cast<std::uint16_t>(sign | rounded);
  }
  const std::uint32_t odd = magnitude >> 13 & 1U;
  return static_cast<std::uint16_t>(sign | (magnitude - 0x38000000U + 0xfffU + odd) >> 13);
}

bool reads_floats(const Texture& texture, CUarray_format format) {
  if (format == CU_AD_FORMAT_FLOAT || format == CU_AD_FORMAT_HALF) return true;
  return !texture.read_as_integer && channel_bytes(format) < 4;
}

namespace {

template <class T>
T read(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// The curve of IEC 61966-2-1.
float srgb_to_linear(float value) {
  return value <= 0.04045F ? value / 12.92F : std::pow((value + 0.055F) / 1.055F, 2.4F);
}

template <class T>
std::uint32_t integer_channel(const std::byte* at, bool promote) {
  const T value = read<T>(at);
  if (!promote) return static_cast<std::uint32_t>(static_cast<std::int32_t>(value));
  constexpr auto largest = static_cast<float>(std::numeric_limits<T>::max());
  return as_bits(std::max(static_cast<float>(value) / largest, -1.0F));
}

}  // namespace

Texel read_texel(const Texture& texture, const Image& image, const std::byte* at) {
  const bool promote = !texture.read_as_integer;
  Texel texel{};
  texel[3] = reads_floats(texture, image.format) ? as_bits(1.0F) : 1;
  const std::size_t step = channel_bytes(image.format);
  for (unsigned channel = 0; channel < image.channels; ++channel, at += step) {
    std::uint32_t& out = texel[channel];
    switch (image.format) {
      case CU_AD_FORMAT_UNSIGNED_INT8:
        out = integer_channel<std::uint8_t>(at, promote);
        if (promote && texture.srgb && channel < 3) out = as_bits(srgb_to_linear(as_float(out)));
        break;
      case CU_AD_FORMAT_SIGNED_INT8:
        out = integer_channel<std::int8_t>(at, promote);
        break;
      case CU_AD_FORMAT_UNSIGNED_INT16:
        out = integer_channel<std::uint16_t>(at, promote);
        break;
      case CU_AD_FORMAT_SIGNED_INT16:
        out = integer_channel<std::int16_t>(at, promote);
        break;
      case CU_AD_FORMAT_HALF:
        out = as_bits(half_bits_to_float(read<std::uint16_t>(at)));
        break;
      default:
        out = read<std::uint32_t>(at);
        break;
    }
  }
  return texel;
}

}  // namespace vgpu::softdevice::exec
