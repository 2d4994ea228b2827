#pragma once

/// \file
/// One texture fetch, by the formulas of the CUDA programming guide ("Texture Fetching").

#include <array>
#include <cstdint>

#include "reference_host/software_device/exec/texel.hpp"

namespace vgpu::softdevice::exec {

/// What a texture instruction asks for.
struct Fetch {
  unsigned dimensions = 2;  ///< 1, 2 or 3; 2 for a cube
  bool layered = false;
  bool cube = false;
  bool integer = false;       ///< coordinates are texel indices
  bool gather = false;        ///< the four texels that would be filtered, one channel each
  unsigned channel = 0;       ///< of a gather
  std::array<float, 3> at{};  ///< coordinates
  std::array<std::int32_t, 3> index{};  ///< instead, where `integer`
  std::uint32_t layer = 0;
  float level = 0;                       ///< of the mipmap, before bias and clamp
  std::array<std::int32_t, 3> offset{};  ///< in texels
};

Texel sample(const Texture& texture, const Fetch& fetch);

/// The level of detail for derivatives of the coordinates along two directions.
float level_of(const Texture& texture, const Fetch& fetch, const std::array<float, 3>& dx,
               const std::array<float, 3>& dy);

}  // namespace vgpu::softdevice::exec
