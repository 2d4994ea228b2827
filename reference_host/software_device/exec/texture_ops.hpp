#pragma once

/// \file
/// Handlers of texture and surface instructions. `a` is the operand code of the 64-bit handle; the
/// other operand codes stand in DecodedFunction::extra at Op::extra, no_guard where there is none.

#include "reference_host/software_device/exec/program.hpp"

namespace vgpu::softdevice::exec {

/// Places of the operand codes of a fetch.
enum TextureOperand : std::uint32_t {
  texture_d = 0,  ///< four destinations
  texture_layer = 4,
  texture_at = 5,       ///< three coordinates
  texture_level = 8,    ///< level of detail
  texture_dx = 9,       ///< three derivatives
  texture_dy = 12,      ///< three derivatives
  texture_offset = 15,  ///< three offsets
  texture_operands = 18,
};

/// Four results of 32 bits, four of binary16, or two with two of binary16 each.
enum class TextureResults : std::uint32_t { words, halves, packed_halves };

/// The kind of a fetch; packed into Op::aux.
struct TextureForm {
  unsigned dimensions = 2;
  bool layered = false;
  bool cube = false;
  bool integer = false;
  bool gather = false;
  unsigned channel = 0;
  TextureResults results = TextureResults::words;

  constexpr std::uint32_t pack() const {
    return dimensions | std::uint32_t{layered} << 2 | std::uint32_t{cube} << 3 |
           std::uint32_t{integer} << 4 | std::uint32_t{gather} << 5 | channel << 6 |
           static_cast<std::uint32_t>(results) << 8;
  }
  static constexpr TextureForm unpack(std::uint32_t bits) {
    return {bits & 3U,
            (bits >> 2 & 1U) != 0,
            (bits >> 3 & 1U) != 0,
            (bits >> 4 & 1U) != 0,
            (bits >> 5 & 1U) != 0,
            bits >> 6 & 3U,
            static_cast<TextureResults>(bits >> 8 & 3U)};
  }
};

/// tex and tld4. `c`: predicate that becomes true (the texels are resident), or no_guard.
void op_texture(Warp& warp, const Op& op, std::uint32_t mask);

enum class ImageQuery : std::uint32_t {
  width,
  height,
  depth,
  channel_data_type,
  channel_order,
  normalized_coords,
  force_unnormalized_coords,
  filter_mode,
  addr_mode_0,
  addr_mode_1,
  addr_mode_2,
  array_size,
  num_mipmap_levels,
  num_samples,
  memory_layout,
};
/// txq and suq: `d` = what `aux` (ImageQuery) names; `extra` 1 for a surface; `b`: level or
/// no_guard.
void op_image_query(Warp& warp, const Op& op, std::uint32_t mask);

/// istypep: predicate `d` = whether `a` is a texture (`aux` 0) or a surface (1).
void op_is_image(Warp& warp, const Op& op, std::uint32_t mask);

/// Places of the operand codes of a surface instruction.
enum SurfaceOperand : std::uint32_t {
  surface_value = 0,  ///< four values
  surface_at = 4,     ///< x, y and z; of layered surfaces the layer is the last one used
  surface_operands = 7,
};

enum class SurfaceKind : std::uint32_t { load, store, reduce };
enum class SurfaceEdge : std::uint32_t { trap, clamp, zero };
enum class SurfaceReduction : std::uint32_t { add, min, max, and_, or_ };

/// A surface instruction; packed into Op::aux. Unformatted ones move bytes and count x in bytes;
/// formatted ones (`.p`) move channels and count x in texels.
struct SurfaceForm {
  unsigned dimensions = 2;  ///< without layers
  bool layered = false;
  SurfaceEdge edge = SurfaceEdge::trap;
  bool formatted = false;
  unsigned count = 1;          ///< values
  unsigned element_log2 = 2;   ///< bytes of one in memory
  unsigned register_log2 = 2;  ///< bytes of its register
  SurfaceReduction reduction = SurfaceReduction::add;
  bool is_signed = false;  ///< unformatted reductions

  constexpr std::uint32_t pack() const {
    return dimensions | std::uint32_t{layered} << 2 | static_cast<std::uint32_t>(edge) << 3 |
           std::uint32_t{formatted} << 5 | count << 6 | element_log2 << 9 | register_log2 << 11 |
           static_cast<std::uint32_t>(reduction) << 13 | std::uint32_t{is_signed} << 16;
  }
  static constexpr SurfaceForm unpack(std::uint32_t bits) {
    return {bits & 3U,
            (bits >> 2 & 1U) != 0,
            static_cast<SurfaceEdge>(bits >> 3 & 3U),
            (bits >> 5 & 1U) != 0,
            bits >> 6 & 7U,
            bits >> 9 & 3U,
            bits >> 11 & 3U,
            static_cast<SurfaceReduction>(bits >> 13 & 7U),
            (bits >> 16 & 1U) != 0};
  }
};

void op_surface_load(Warp& warp, const Op& op, std::uint32_t mask);
void op_surface_store(Warp& warp, const Op& op, std::uint32_t mask);
void op_surface_reduce(Warp& warp, const Op& op, std::uint32_t mask);

}  // namespace vgpu::softdevice::exec
