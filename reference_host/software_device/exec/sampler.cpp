#include "reference_host/software_device/exec/sampler.hpp"

#include <algorithm>
#include <cmath>

#include "reference_host/software_device/exec/half_bits.hpp"

namespace vgpu::softdevice::exec {
namespace {

/// Filter weights have eight bits of fraction, and one is exactly representable.
constexpr float weight_unit = 256.0F;
constexpr std::int64_t outside = -1;

/// The texel that an index means under an address mode; `outside` for the border.
std::int64_t resolve(std::int64_t index, std::int64_t count, CUaddress_mode mode) {
  if (index >= 0 && index < count) return index;
  switch (mode) {
    case CU_TR_ADDRESS_MODE_WRAP: {
      const std::int64_t rest = index % count;
      return rest < 0 ? rest + count : rest;
    }
    case CU_TR_ADDRESS_MODE_MIRROR: {
      std::int64_t rest = index % (2 * count);
      if (rest < 0) rest += 2 * count;
      return rest < count ? rest : 2 * count - 1 - rest;
    }
    case CU_TR_ADDRESS_MODE_BORDER:
      return outside;
    default:
      return index < 0 ? 0 : count - 1;
  }
}

/// The two texels of one axis that a fetch lies between, and the weight of the second one. Indices
/// are not resolved yet.
struct Axis {
  std::int64_t first = 0;
  float weight = 0;  ///< 0 for a point: then only `first` counts
};

/// A coordinate in units of texels, near enough to the image to be an index.
float in_texels(float coordinate, std::size_t count, CUaddress_mode mode, bool normalized) {
  if (std::isnan(coordinate)) return 0;
  const auto extent = static_cast<float>(count);
  if (normalized) {
    if (mode == CU_TR_ADDRESS_MODE_WRAP) {
      coordinate -= std::floor(coordinate);
    } else if (mode == CU_TR_ADDRESS_MODE_MIRROR) {
      coordinate -= 2 * std::floor(coordinate / 2);
    }
    coordinate *= extent;
  }
  return std::clamp(coordinate, -0x1p24F, 0x1p30F);
}

Axis point(float texels) {
  return {static_cast<std::int64_t>(std::floor(texels)), 0};
}

Axis between(float texels) {
  const auto fixed = static_cast<std::int64_t>(
      std::floor((static_cast<double>(texels) - 0.5) * weight_unit + 0.5));
  return {fixed >> 8, static_cast<float>(fixed & 255) / weight_unit};
}

/// Which face of a cube a direction meets, and where, in [0, 1].
struct CubePlace {
  unsigned face = 0;
  float s = 0;
  float t = 0;
};

CubePlace on_cube(float x, float y, float z) {
  const float ax = std::fabs(x);
  const float ay = std::fabs(y);
  const float az = std::fabs(z);
  unsigned face = 0;
  float s = 0;
  float t = 0;
  float major = 0;
  // Of equal ones the last is taken (H200).
  if (az >= ax && az >= ay) {
    face = std::signbit(z) ? 5 : 4;
    s = std::signbit(z) ? -x : x;
    t = -y;
    major = az;
  } else if (ay >= ax) {
    face = std::signbit(y) ? 3 : 2;
    s = x;
    t = std::signbit(y) ? -z : z;
    major = ay;
  } else {
    face = std::signbit(x) ? 1 : 0;
    s = std::signbit(x) ? z : -z;
    t = -y;
    major = ax;
  }
  if (!(major > 0)) return {face, 0.5F, 0.5F};
  return {face, (s / major + 1) / 2, (t / major + 1) / 2};
}

/// The direction through (s, t) of a face, which may lie beyond its edge.
CubePlace across_edge(unsigned face, float s, float t) {
  const float sc = 2 * s - 1;
  const float tc = 2 * t - 1;
  switch (face) {
    case 0:
      return on_cube(1, -tc, -sc);
    case 1:
      return on_cube(-1, -tc, sc);
    case 2:
      return on_cube(sc, 1, tc);
    case 3:
      return on_cube(sc, -1, -tc);
    case 4:
      return on_cube(sc, -tc, 1);
    default:
      return on_cube(-sc, -tc, -1);
  }
}

/// Fetches from one level of the mipmap.
class Level {
 public:
  Level(const Texture& texture, const Image& image, const Fetch& fetch)
      : texture_(texture), image_(image), fetch_(fetch) {}

  Texel sample() {
    if (texture_.linear_memory && !fetch_.integer) return {};
    extents_ = {static_cast<std::int64_t>(image_.width), static_cast<std::int64_t>(image_.height),
                static_cast<std::int64_t>(image_.depth)};
    place_slice();
    const bool floats = reads_floats(texture_, image_.format);
    const bool filtered =
        fetch_.gather || (texture_.filter == CU_TR_FILTER_MODE_LINEAR && floats && !fetch_.integer);
    for (unsigned i = 0; i < fetch_.dimensions; ++i) {
      if (fetch_.integer) {
        axes_[i] = {fetch_.index[i], 0};
      } else {
        const bool normalized = fetch_.cube || texture_.normalized_coordinates;
        const float texels =
            in_texels(at_[i], static_cast<std::size_t>(extents_[i]), mode(i), normalized);
        axes_[i] = filtered ? between(texels) : point(texels);
      }
      axes_[i].first += fetch_.offset[i];
    }
    if (fetch_.gather) return gather();
    if (fetch_.integer && !texture_.linear_memory && !holds_index()) return {};
    return filtered ? filter() : texel({0, 0, 0});
  }

 private:
  /// Wrapping and mirroring are for normalised coordinates.
  CUaddress_mode mode(unsigned axis) const {
    const CUaddress_mode wanted = texture_.address[axis];
    if (fetch_.cube && wanted != CU_TR_ADDRESS_MODE_BORDER) return CU_TR_ADDRESS_MODE_CLAMP;
    const bool periodic = wanted == CU_TR_ADDRESS_MODE_WRAP || wanted == CU_TR_ADDRESS_MODE_MIRROR;
    const bool normalized = texture_.normalized_coordinates && !fetch_.integer;
    return periodic && !normalized ? CU_TR_ADDRESS_MODE_CLAMP : wanted;
  }

  /// Whether an array answers for an index. Address modes do not apply to indices, and an array of
  /// one dimension reads as zero everywhere (H200).
  bool holds_index() const {
    if (fetch_.dimensions == 1 && !fetch_.layered) return false;
    if (fetch_.layered && fetch_.layer >= extents_[2]) return false;
    for (unsigned i = 0; i < fetch_.dimensions; ++i) {
      if (axes_[i].first < 0 || axes_[i].first >= extents_[i]) return false;
    }
    return true;
  }

  void place_slice() {
    at_ = fetch_.at;
    const std::int64_t layers =
        fetch_.cube ? std::max<std::int64_t>(extents_[2] / 6, 1) : extents_[2];
    const std::int64_t layer =
        fetch_.layered ? std::min<std::int64_t>(fetch_.layer, layers - 1) : 0;
    slice_ = layer;
    if (!fetch_.cube) return;
    const CubePlace place = on_cube(at_[0], at_[1], at_[2]);
    face_ = place.face;
    first_face_ = layer * 6;
    slice_ = first_face_ + face_;
    at_ = {place.s, place.t, 0};
  }

  /// The texel at the corner of the footprint that `corner` names (0 or 1 for each axis).
  Texel texel(const std::array<unsigned, 3>& corner) const {
    std::array<std::int64_t, 3> index{0, 0, slice_};
    bool inside = true;
    for (unsigned i = 0; i < fetch_.dimensions; ++i) {
      const std::int64_t wanted = axes_[i].first + corner[i];
      if (texture_.linear_memory) {
        if (wanted < 0 || wanted >= extents_[i]) return {};
        index[i] = wanted;
        continue;
      }
      index[i] = resolve(wanted, extents_[i], mode(i));
      inside = inside && index[i] != outside;
    }
    if (fetch_.cube && texture_.seamless) cross_edge(corner, index);
    if (!inside) return border();
    const std::size_t slice =
        std::min<std::size_t>(static_cast<std::size_t>(index[2]), image_.depth - 1);
    const auto* at = reinterpret_cast<const std::byte*>(
        image_.data + slice * image_.slice_pitch +
        static_cast<std::size_t>(index[1]) * image_.row_pitch +
        static_cast<std::size_t>(index[0]) * image_.texel_bytes());
    return read_texel(texture_, image_, at);
  }

  void cross_edge(const std::array<unsigned, 3>& corner, std::array<std::int64_t, 3>& index) const {
    const std::int64_t x = axes_[0].first + corner[0];
    const std::int64_t y = axes_[1].first + corner[1];
    if (x >= 0 && x < extents_[0] && y >= 0 && y < extents_[1]) return;
    const auto width = static_cast<float>(extents_[0]);
    const auto height = static_cast<float>(extents_[1]);
    const CubePlace place = across_edge(face_, (static_cast<float>(x) + 0.5F) / width,
                                        (static_cast<float>(y) + 0.5F) / height);
    index[0] =
        std::clamp<std::int64_t>(static_cast<std::int64_t>(place.s * width), 0, extents_[0] - 1);
    index[1] =
        std::clamp<std::int64_t>(static_cast<std::int64_t>(place.t * height), 0, extents_[1] - 1);
    index[2] = first_face_ + place.face;
  }

  /// For integers the colour's bits are the values.
  Texel border() const {
    const std::array<float, 4>& colour = texture_.border;
    return {single_bits(colour[0]), single_bits(colour[1]), single_bits(colour[2]),
            single_bits(colour[3])};
  }

  Texel filter() const {
    std::array<float, 4> sum{};
    const unsigned corners = 1U << fetch_.dimensions;
    for (unsigned bits = 0; bits < corners; ++bits) {
      const std::array<unsigned, 3> corner{bits & 1, bits >> 1 & 1, bits >> 2 & 1};
      float weight = 1;
      for (unsigned i = 0; i < fetch_.dimensions; ++i) {
        weight *= corner[i] != 0 ? axes_[i].weight : 1 - axes_[i].weight;
      }
      if (weight == 0) continue;
      const Texel value = texel(corner);
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += weight * single_value(value[i]);
    }
    // An image of one dimension is one row of two, filtered at its edge (H200): half is border.
    if (fetch_.dimensions == 1 && !fetch_.layered &&
        texture_.address[1] == CU_TR_ADDRESS_MODE_BORDER) {
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = (sum[i] + texture_.border[i]) / 2;
    }
    return {single_bits(sum[0]), single_bits(sum[1]), single_bits(sum[2]), single_bits(sum[3])};
  }

  /// Counter-clockwise, beginning at the lower left.
  Texel gather() const {
    const unsigned channel = fetch_.channel;
    return {texel({0, 1, 0})[channel], texel({1, 1, 0})[channel], texel({1, 0, 0})[channel],
            texel({0, 0, 0})[channel]};
  }

  const Texture& texture_;
  const Image& image_;
  const Fetch& fetch_;
  std::array<std::int64_t, 3> extents_{};
  std::array<float, 3> at_{};
  std::array<Axis, 3> axes_{};
  std::int64_t slice_ = 0;
  std::int64_t first_face_ = 0;
  unsigned face_ = 0;
};

}  // namespace

Texel sample(const Texture& texture, const Fetch& fetch) {
  const std::size_t count = texture.levels.size();
  if (count == 1) return Level(texture, texture.levels.front(), fetch).sample();
  float level = fetch.level + texture.level_bias;
  if (!(level > texture.min_level)) level = texture.min_level;
  if (level > texture.max_level) level = texture.max_level;
  level = std::clamp(level, 0.0F, static_cast<float>(count - 1));
  if (texture.mipmap_filter != CU_TR_FILTER_MODE_LINEAR ||
      !reads_floats(texture, texture.levels.front().format)) {
    return Level(texture, texture.levels[static_cast<std::size_t>(std::floor(level + 0.5F))], fetch)
        .sample();
  }
  const auto fixed = static_cast<std::size_t>(std::floor(level * weight_unit + 0.5F));
  const float weight = static_cast<float>(fixed & 255U) / weight_unit;
  Texel low = Level(texture, texture.levels[fixed >> 8], fetch).sample();
  if (weight == 0) return low;
  const Texel high = Level(texture, texture.levels[(fixed >> 8) + 1], fetch).sample();
  for (std::size_t i = 0; i < low.size(); ++i) {
    low[i] = single_bits((1 - weight) * single_value(low[i]) + weight * single_value(high[i]));
  }
  return low;
}

float level_of(const Texture& texture, const Fetch& fetch, const std::array<float, 3>& dx,
               const std::array<float, 3>& dy) {
  const Image& image = texture.levels.front();
  const std::array<std::size_t, 3> extents{image.width, image.height, image.depth};
  float longest = 0;
  for (const std::array<float, 3>& derivative : {dx, dy}) {
    float square = 0;
    for (unsigned i = 0; i < fetch.dimensions; ++i) {
      const float scale = texture.normalized_coordinates ? static_cast<float>(extents[i]) : 1.0F;
      square += derivative[i] * scale * derivative[i] * scale;
    }
    longest = std::max(longest, square);
  }
  return longest > 0 ? 0.5F * std::log2(longest) : -0x1p10F;
}

}  // namespace vgpu::softdevice::exec
