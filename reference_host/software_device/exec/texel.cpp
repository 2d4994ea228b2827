#include "reference_host/software_device/exec/texel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "reference_host/software_device/exec/half_bits.hpp"

namespace vgpu::softdevice::exec {

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
  return single_bits(std::max(static_cast<float>(value) / largest, -1.0F));
}

}  // namespace

Texel read_texel(const Texture& texture, const Image& image, const std::byte* at) {
  const bool promote = !texture.read_as_integer;
  Texel texel{};  // channels that the image does not have read as zero, the fourth too (H200)
  const std::size_t step = channel_bytes(image.format);
  for (unsigned channel = 0; channel < image.channels; ++channel, at += step) {
    std::uint32_t& out = texel[channel];
    switch (image.format) {
      case CU_AD_FORMAT_UNSIGNED_INT8:
        out = integer_channel<std::uint8_t>(at, promote);
        if (promote && texture.srgb && channel < 3)
          out = single_bits(srgb_to_linear(single_value(out)));
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
        out = single_bits(half_value(read<std::uint16_t>(at)));
        break;
      default:
        out = read<std::uint32_t>(at);
        break;
    }
  }
  return texel;
}

}  // namespace vgpu::softdevice::exec
