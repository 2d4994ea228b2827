#pragma once

/// \file
/// Texels and what they mean.

#include <array>
#include <cstdint>

#include "reference_host/software_device/image.hpp"

namespace vgpu::softdevice::exec {

/// Four channels as registers get them: binary32 images or integers.
using Texel = std::array<std::uint32_t, 4>;

/// Whether reads of this format give numbers in binary32.
bool reads_floats(const Texture& texture, CUarray_format format);

/// The texel at `at`, as the texture's read mode wants it. Channels that the format lacks are zero,
/// the last one is one.
Texel read_texel(const Texture& texture, const Image& image, const std::byte* at);

}  // namespace vgpu::softdevice::exec
