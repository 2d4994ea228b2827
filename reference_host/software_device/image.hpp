#pragma once

/// \file
/// The part of the engine's seam that concerns textures and surfaces: what the driver objects tell
/// the engine of arrays, and the table by which kernels find them.

#include <cuda.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

namespace vgpu::softdevice {

/// Texels in device memory, row by row. Extents are in texels and at least 1; `depth` counts the
/// slices of a volume, the layers of a layered array, or the faces of all its cubes.
struct Image {
  std::uintptr_t data = 0;
  CUarray_format format = CU_AD_FORMAT_UNSIGNED_INT8;
  unsigned channels = 1;
  std::size_t width = 1;
  std::size_t height = 1;
  std::size_t depth = 1;
  std::size_t row_pitch = 0;    ///< bytes
  std::size_t slice_pitch = 0;  ///< bytes

  std::size_t texel_bytes() const noexcept;
};

/// Bytes of one channel; 0 for a format that is not one of the eight with a separate channel count.
std::size_t channel_bytes(CUarray_format format) noexcept;

inline std::size_t Image::texel_bytes() const noexcept {
  return channel_bytes(format) * channels;
}

/// What a texture object or a bound texture reference is to a kernel. Immutable.
struct Texture {
  std::vector<Image> levels;   ///< of the mipmap, the largest first; never empty
  bool linear_memory = false;  ///< zeros outside, and by coordinates (H200)
  std::array<CUaddress_mode, 3> address{CU_TR_ADDRESS_MODE_CLAMP, CU_TR_ADDRESS_MODE_CLAMP,
                                        CU_TR_ADDRESS_MODE_CLAMP};
  CUfilter_mode filter = CU_TR_FILTER_MODE_POINT;
  CUfilter_mode mipmap_filter = CU_TR_FILTER_MODE_POINT;
  bool normalized_coordinates = false;
  bool read_as_integer = false;  ///< else 8- and 16-bit integers become [0, 1] or [-1, 1]
  bool srgb = false;
  bool seamless = false;  ///< filtering crosses the edges of a cube
  float level_bias = 0;
  float min_level = 0;
  float max_level = 0;
  std::array<float, 4> border{};
  std::shared_ptr<const void> storage;  ///< keeps the texels' memory; null for linear memory
};

/// What a surface object or a bound surface reference is to a kernel. Immutable.
struct Surface {
  Image image;
  std::shared_ptr<const void> storage;
};

/// From the 64-bit values that kernels hold to textures and surfaces. Thread-safe.
class ImageTable {
 public:
  /// Enters `texture` under `handle`, in the place of what was there; null takes it out.
  void set(std::uint64_t handle, std::shared_ptr<const Texture> texture);
  void set(std::uint64_t handle, std::shared_ptr<const Surface> surface);
  /// Null when there is none.
  std::shared_ptr<const Texture> texture(std::uint64_t handle) const;
  std::shared_ptr<const Surface> surface(std::uint64_t handle) const;

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::uint64_t, std::shared_ptr<const Texture>> textures_;
  std::unordered_map<std::uint64_t, std::shared_ptr<const Surface>> surfaces_;
};

/// Those of the process. Never destroyed: kernels may run while main ends.
ImageTable& images();

}  // namespace vgpu::softdevice
