#pragma once

/// \file
/// The video instructions: arithmetic on selected bytes and halves of words.

#include "reference_host/software_device/exec/program.hpp"

namespace vgpu::softdevice::exec {

enum class Video : std::uint8_t { add, sub, absdiff, min, max, avrg, set, shl, shr, mad };
enum class Secondary : std::uint8_t { none, add, min, max, merge };

/// The fields of a video instruction, in DecodedFunction::extra at Op::extra, one word each.
/// Sources are operands a, b, c.
struct VideoFields {
  Video operation = Video::add;
  unsigned parts = 1;  ///< 1, 2 or 4 lanes in a word
  bool d_signed = false;
  bool a_signed = false;
  bool b_signed = false;
  bool saturate = false;
  bool wrap = false;  ///< shifts
  std::uint8_t compare = 0;
  Secondary secondary = Secondary::none;
  /// Scalar: 4 for the whole word, 0-3 a byte, 8-9 a half. SIMD: which byte or half of {b, a} each
  /// lane takes, four bits per lane.
  unsigned a_select = 4;
  unsigned b_select = 4;
  unsigned d_select = 4;  ///< SIMD: the lanes that are written, one bit each
  bool negate_product = false;
  bool negate_c = false;
  bool plus_one = false;
  unsigned shift = 0;  ///< vmad: .shr7, .shr15
};
constexpr std::size_t video_words = (sizeof(VideoFields) + 3) / 4;

void video_scalar(Warp& warp, const Op& op, std::uint32_t mask);
void video_simd(Warp& warp, const Op& op, std::uint32_t mask);

}  // namespace vgpu::softdevice::exec
