#pragma once

/// \file
/// Selection of the handlers of computing instructions. The handlers exist twice, for AVX2 with FMA
/// and for the baseline; `select_alu` takes what the processor has.

#include "reference_host/software_device/exec/program.hpp"

namespace vgpu::softdevice::exec {

enum class Alu : std::uint8_t {
  // one source
  mov,
  abs,
  neg,
  not_,
  cnot,
  brev,
  popc,
  clz,
  bfind,
  bfind_shift,
  rcp,
  sqrt,
  rsqrt,
  ex2,
  lg2,
  sin,
  cos,
  tanh,
  testp,
  // two sources
  add,
  sub,
  mul_lo,
  mul_hi,
  mul_wide,
  div,
  rem,
  min,
  max,
  min_nan,
  max_nan,
  min_xorsign,
  max_xorsign,
  min_nan_xorsign,
  max_nan_xorsign,
  min_relu,
  max_relu,
  and_,
  or_,
  xor_,
  shl,
  shr,
  mul24_lo,
  mul24_hi,
  copysign,
  bmsk_clamp,
  bmsk_wrap,
  szext_clamp,
  szext_wrap,
  add_cc,
  addc,
  addc_cc,
  sub_cc,
  subc,
  subc_cc,
  // three sources
  mad_lo,
  mad_hi,
  mad_wide,
  fma,
  fma_relu,
  sad,
  mad24_lo,
  mad24_hi,
  bfe,
  bfi,
  lop3,
  fns,
  prmt,
  selp,
  slct_s32,
  slct_f32,
  shf_l_clamp,
  shf_l_wrap,
  shf_r_clamp,
  shf_r_wrap,
  dp4a,
  dp2a_lo,
  dp2a_hi,
  vabsdiff4,
  mad_lo_cc,
  madc_lo,
  madc_lo_cc,
  mad_hi_cc,
  madc_hi,
  madc_hi_cc,
  // comparisons
  setp,
  set,
  // predicates
  pred_mov,
  pred_not,
  pred_and,
  pred_or,
  pred_xor,
};

enum class Compare : std::uint8_t {
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  equ,
  neu,
  ltu,
  leu,
  gtu,
  geu,
  num,
  nan,
};

/// How a set/setp combines the comparison with predicate `c`; in Op::aux.
enum class Combine : std::uint8_t { none, and_, or_, xor_ };

enum class Rounding : std::uint8_t { nearest, zero, down, up };

struct AluRequest {
  Alu op = Alu::mov;
  ptx::Type type = ptx::Type::none;
  ptx::Type second_type = ptx::Type::none;  ///< set: destination; dp4a: of b
  Compare compare = Compare::eq;
  Rounding rounding = Rounding::nearest;
  bool flush = false;     ///< .ftz
  bool saturate = false;  ///< .sat
};

/// nullptr when there is no such instruction.
Handler select_alu(const AluRequest& request);

/// A conversion. Widths are those of the registers, in bytes, which may exceed the types'.
struct ConvertRequest {
  ptx::Type to = ptx::Type::none;
  ptx::Type from = ptx::Type::none;
  int to_width = 0;
  int from_width = 0;
  Rounding rounding = Rounding::nearest;
  bool integral = false;  ///< .rni .rzi .rmi .rpi
  bool flush = false;
  bool saturate = false;
  bool relu = false;
  bool finite = false;  ///< .satfinite: too large becomes the largest finite number
};
Handler select_convert(const ConvertRequest& request);
/// The request in 32 bits, for Op::aux: what the general conversion handlers go by.
constexpr std::uint32_t pack(const ConvertRequest& r) {
  return static_cast<std::uint32_t>(r.to) | static_cast<std::uint32_t>(r.from) << 5 |
         static_cast<std::uint32_t>(r.to_width) << 10 |
         static_cast<std::uint32_t>(r.from_width) << 14 |
         static_cast<std::uint32_t>(r.rounding) << 18 | std::uint32_t{r.integral} << 20 |
         std::uint32_t{r.flush} << 21 | std::uint32_t{r.saturate} << 22 |
         std::uint32_t{r.relu} << 23 | std::uint32_t{r.finite} << 24;
}
constexpr ConvertRequest unpack(std::uint32_t bits) {
  ConvertRequest r;
  r.to = static_cast<ptx::Type>(bits & 31);
  r.from = static_cast<ptx::Type>(bits >> 5 & 31);
  r.to_width = static_cast<int>(bits >> 10 & 15);
  r.from_width = static_cast<int>(bits >> 14 & 15);
  r.rounding = static_cast<Rounding>(bits >> 18 & 3);
  r.integral = bits >> 20 & 1;
  r.flush = bits >> 21 & 1;
  r.saturate = bits >> 22 & 1;
  r.relu = bits >> 23 & 1;
  r.finite = bits >> 24 & 1;
  return r;
}
/// Two f32 (a: high half, b: low half) into f16x2 or bf16x2, to nearest.
Handler select_convert_pair(const ConvertRequest& request);

/// Arithmetic with a directed rounding mode; compiled apart because it changes the rounding mode.
Handler select_rounded(const AluRequest& request);
Handler select_rounded_convert(const ConvertRequest& request);
Handler select_rounded_convert_pair(const ConvertRequest& request);

namespace avx2 {
Handler select_alu(const AluRequest& request);
Handler select_convert(const ConvertRequest& request);
Handler select_convert_pair(const ConvertRequest& request);
}  // namespace avx2
namespace baseline {
Handler select_alu(const AluRequest& request);
Handler select_convert(const ConvertRequest& request);
Handler select_convert_pair(const ConvertRequest& request);
}  // namespace baseline

}  // namespace vgpu::softdevice::exec
