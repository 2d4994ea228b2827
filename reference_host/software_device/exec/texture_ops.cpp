#include "reference_host/software_device/exec/texture_ops.hpp"

#include <algorithm>
#include <bit>
#include <memory>
#include <string>

#include "reference_host/software_device/exec/half_bits.hpp"
#include "reference_host/software_device/exec/sampler.hpp"
#include "reference_host/software_device/exec/warp.hpp"

namespace vgpu::softdevice::exec {
namespace {

/// The textures of the lanes, which nearly always use one and the same.
class LaneTextures {
 public:
  LaneTextures(Warp& warp, const Op& op)
      : warp_(warp), op_(op), handles_(source<std::uint64_t>(warp, op.a)) {}

  /// Null with a fault raised when the lane's handle is no texture.
  const Texture* operator[](int lane) {
    if (texture_ == nullptr || handles_[lane] != handle_) {
      handle_ = handles_[lane];
      texture_ = images().texture(handle_);
      if (texture_ == nullptr) {
        raise_fault(warp_, op_, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
                    "there is no texture " + std::to_string(handle_));
      } else if (!is_there(*texture_)) {
        raise_fault(warp_, op_, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
                    "the memory under texture " + std::to_string(handle_) + " was freed");
        texture_.reset();
      }
    }
    return texture_.get();
  }

 private:
  /// Arrays live as long as their textures; linear memory is the program's to free.
  bool is_there(const Texture& texture) const {
    if (texture.storage != nullptr) return true;
    const Image& image = texture.levels.front();
    const std::size_t bytes =
        (image.height - 1) * image.row_pitch + image.width * image.texel_bytes();
    return warp_.block->grid->memory->find(image.data, bytes).size != 0;
  }

  Warp& warp_;
  const Op& op_;
  const std::uint64_t* handles_;
  std::uint64_t handle_ = 0;
  std::shared_ptr<const Texture> texture_;
};

std::array<float, 3> floats_at(const Warp& warp, const std::uint32_t* codes, int lane) {
  std::array<float, 3> values{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (codes[i] != no_guard) values[i] = source<float>(warp, codes[i])[lane];
  }
  return values;
}

std::array<std::int32_t, 3> integers_at(const Warp& warp, const std::uint32_t* codes, int lane) {
  std::array<std::int32_t, 3> values{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (codes[i] != no_guard) values[i] = source<std::int32_t>(warp, codes[i])[lane];
  }
  return values;
}

/// Writes destination `number` of all lanes.
void write_results(Warp& warp, const TextureForm& form, std::uint32_t code, std::size_t number,
                   std::uint32_t mask, const std::array<Texel, warp_size>& results) {
  const auto half = [&](int lane, std::size_t channel) {
    return half_bits(single_value(results[static_cast<std::size_t>(lane)][channel]));
  };
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    switch (form.results) {
      case TextureResults::words:
        destination<std::uint32_t>(warp, code)[lane] =
            results[static_cast<std::size_t>(lane)][number];
        break;
      case TextureResults::halves:
        destination<std::uint16_t>(warp, code)[lane] = half(lane, number);
        break;
      case TextureResults::packed_halves:
        destination<std::uint32_t>(warp, code)[lane] =
            half(lane, 2 * number) | std::uint32_t{half(lane, 2 * number + 1)} << 16;
        break;
    }
  }
}

}  // namespace

void op_texture(Warp& warp, const Op& op, std::uint32_t mask) {
  const TextureForm form = TextureForm::unpack(op.aux);
  const std::uint32_t* codes = warp.frame->function->extra.data() + op.extra;
  LaneTextures textures(warp, op);
  Fetch fetch;
  fetch.dimensions = form.dimensions;
  fetch.layered = form.layered;
  fetch.cube = form.cube;
  fetch.integer = form.integer;
  fetch.gather = form.gather;
  fetch.channel = form.channel;
  // Destinations may be sources too: all lanes read before any is written.
  std::array<Texel, warp_size> results;
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    const Texture* texture = textures[lane];
    if (texture == nullptr) return;
    if (form.layered) fetch.layer = source<std::uint32_t>(warp, codes[texture_layer])[lane];
    if (form.integer) {
      fetch.index = integers_at(warp, codes + texture_at, lane);
    } else {
      fetch.at = floats_at(warp, codes + texture_at, lane);
    }
    fetch.offset = integers_at(warp, codes + texture_offset, lane);
    fetch.level = 0;
    if (const std::uint32_t level = codes[texture_level]; level != no_guard) {
      fetch.level = form.integer ? static_cast<float>(source<std::int32_t>(warp, level)[lane])
                                 : source<float>(warp, level)[lane];
    } else if (codes[texture_dx] != no_guard) {
      fetch.level = level_of(*texture, fetch, floats_at(warp, codes + texture_dx, lane),
                             floats_at(warp, codes + texture_dy, lane));
    }
    results[static_cast<std::size_t>(lane)] = sample(*texture, fetch);
  }
  for (std::size_t channel = 0; channel < 4; ++channel) {
    if (codes[channel] != no_guard)
      write_results(warp, form, codes[channel], channel, mask, results);
  }
  if (op.c != no_guard) predicate(warp, op.c) |= mask;
}

namespace {

/// The numbers that OpenCL gives to channel types and orders, which PTX uses.
std::uint32_t channel_data_type(const Texture* texture, CUarray_format format) {
  const bool promoted = texture != nullptr && !texture->read_as_integer;
  switch (format) {
    case CU_AD_FORMAT_SIGNED_INT8:
      return promoted ? 0x10d0 : 0x10d7;
    case CU_AD_FORMAT_SIGNED_INT16:
      return promoted ? 0x10d1 : 0x10d8;
    case CU_AD_FORMAT_UNSIGNED_INT8:
      return promoted ? 0x10d2 : 0x10da;
    case CU_AD_FORMAT_UNSIGNED_INT16:
      return promoted ? 0x10d3 : 0x10db;
    case CU_AD_FORMAT_SIGNED_INT32:
      return 0x10d9;
    case CU_AD_FORMAT_UNSIGNED_INT32:
      return 0x10dc;
    case CU_AD_FORMAT_HALF:
      return 0x10dd;
    default:
      return 0x10de;
  }
}

std::uint32_t channel_order(unsigned channels) {
  return channels == 1 ? 0x10b0 : channels == 2 ? 0x10b2 : 0x10b5;
}

/// Address modes as PTX counts them: wrap, mirror, clamp_ogl, clamp_to_edge, clamp_to_border.
std::uint32_t address_mode(CUaddress_mode mode) {
  switch (mode) {
    case CU_TR_ADDRESS_MODE_WRAP:
      return 0;
    case CU_TR_ADDRESS_MODE_MIRROR:
      return 1;
    case CU_TR_ADDRESS_MODE_BORDER:
      return 4;
    default:
      return 3;
  }
}

std::uint32_t answer(ImageQuery query, const Texture* texture, const Image& image,
                     std::size_t levels) {
  switch (query) {
    case ImageQuery::width:
      return static_cast<std::uint32_t>(image.width);
    case ImageQuery::height:
      return static_cast<std::uint32_t>(image.height);
    case ImageQuery::depth:
    case ImageQuery::array_size:
      return static_cast<std::uint32_t>(image.depth);
    case ImageQuery::channel_data_type:
      return channel_data_type(texture, image.format);
    case ImageQuery::channel_order:
      return channel_order(image.channels);
    case ImageQuery::normalized_coords:
      return texture != nullptr && texture->normalized_coordinates ? 1 : 0;
    case ImageQuery::force_unnormalized_coords:
      return texture != nullptr && texture->normalized_coordinates ? 0 : 1;
    case ImageQuery::filter_mode:
      return texture != nullptr && texture->filter == CU_TR_FILTER_MODE_LINEAR ? 1 : 0;
    case ImageQuery::addr_mode_0:
    case ImageQuery::addr_mode_1:
    case ImageQuery::addr_mode_2:
      return texture == nullptr
                 ? 0
                 : address_mode(
                       texture->address[static_cast<std::size_t>(query) -
                                        static_cast<std::size_t>(ImageQuery::addr_mode_0)]);
    case ImageQuery::num_mipmap_levels:
      return static_cast<std::uint32_t>(levels);
    case ImageQuery::num_samples:
      return 1;
    case ImageQuery::memory_layout:
      return 0;
  }
  return 0;
}

}  // namespace

void op_image_query(Warp& warp, const Op& op, std::uint32_t mask) {
  const auto query = static_cast<ImageQuery>(op.aux);
  const std::uint64_t* handles = source<std::uint64_t>(warp, op.a);
  std::array<std::uint32_t, warp_size> results{};
  LaneTextures textures(warp, op);
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    std::uint32_t& result = results[static_cast<std::size_t>(lane)];
    if (op.extra != 0) {
      const std::shared_ptr<const Surface> surface = images().surface(handles[lane]);
      if (surface == nullptr) {
        raise_fault(warp, op, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
                    "there is no surface " + std::to_string(handles[lane]));
        return;
      }
      result = answer(query, nullptr, surface->image, 1);
      continue;
    }
    const Texture* texture = textures[lane];
    if (texture == nullptr) return;
    const std::size_t last = texture->levels.size() - 1;
    const std::size_t level =
        op.b == no_guard ? 0 : std::min<std::size_t>(source<std::uint32_t>(warp, op.b)[lane], last);
    result = answer(query, texture, texture->levels[level], texture->levels.size());
  }
  auto* d = destination<std::uint32_t>(warp, op.d);
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    d[lane] = results[static_cast<std::size_t>(lane)];
  }
}

void op_is_image(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint64_t* handles = source<std::uint64_t>(warp, op.a);
  std::uint32_t result = 0;
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    const bool holds = op.aux == 0 ? images().texture(handles[lane]) != nullptr
                                   : images().surface(handles[lane]) != nullptr;
    result |= static_cast<std::uint32_t>(holds) << lane;
  }
  if (op.d == no_guard) return;
  std::uint32_t& d = predicate(warp, op.d);
  d = (d & ~mask) | result;
}

}  // namespace vgpu::softdevice::exec
