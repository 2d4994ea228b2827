#include "reference_host/software_device/exec/video_ops.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "reference_host/software_device/exec/alu.hpp"
#include "reference_host/software_device/exec/warp.hpp"

namespace vgpu::softdevice::exec {

namespace {

VideoFields fields_of(const Warp& warp, const Op& op) {
  VideoFields fields;
  std::memcpy(static_cast<void*>(&fields), warp.frame->function->extra.data() + op.extra,
              sizeof fields);
  return fields;
}

std::int64_t extended(std::uint64_t value, unsigned bits, bool is_signed) {
  const unsigned unused = 64 - bits;
  const std::uint64_t high = value << unused;
  return is_signed ? static_cast<std::int64_t>(high) >> unused
                   : static_cast<std::int64_t>(high >> unused);
}

std::int64_t clamped(std::int64_t value, unsigned bits, bool is_signed) {
  const std::int64_t one = 1;
  return is_signed ? std::clamp(value, -(one << (bits - 1)), (one << (bits - 1)) - 1)
                   : std::clamp<std::int64_t>(value, 0, (one << bits) - 1);
}

bool compares(std::int64_t a, std::int64_t b, std::uint8_t compare) {
  switch (static_cast<Compare>(compare)) {
    case Compare::eq:
      return a == b;
    case Compare::ne:
      return a != b;
    case Compare::lt:
      return a < b;
    case Compare::le:
      return a <= b;
    case Compare::gt:
      return a > b;
    default:
      return a >= b;
  }
}

std::int64_t primary(const VideoFields& f, std::int64_t a, std::int64_t b) {
  switch (f.operation) {
    case Video::add:
      return a + b;
    case Video::sub:
      return a - b;
    case Video::absdiff:
      return a < b ? b - a : a - b;
    case Video::min:
      return std::min(a, b);
    case Video::max:
      return std::max(a, b);
    case Video::avrg:
      return (a + b + (a + b >= 0 ? 1 : 0)) >> 1;
    case Video::set:
      return compares(a, b, f.compare) ? 1 : 0;
    default: {
      const auto count = static_cast<unsigned>(f.wrap ? b & 31 : std::min<std::int64_t>(b, 32));
      return f.operation == Video::shl ? a << count : a >> count;
    }
  }
}

/// vmad. The addend is signed whatever the factors are; without a shift a sum below zero saturates
/// to zero, with one it counts as a large number.
std::uint32_t multiply_add(const VideoFields& f, std::int64_t a, std::int64_t b, std::uint32_t c) {
  __extension__ using Wide = __int128;
  const bool is_signed = f.a_signed || f.b_signed || f.negate_product || f.negate_c;
  Wide sum = Wide{a} * b;
  if (f.negate_product) sum = -sum;
  const auto addend = static_cast<std::int32_t>(c);
  sum += f.negate_c ? -Wide{addend} : Wide{addend};
  sum += f.plus_one ? 1 : 0;
  if (f.saturate && !is_signed && f.shift != 0) sum = static_cast<std::uint64_t>(sum);
  sum >>= f.shift;
  if (f.saturate) {
    const Wide low = is_signed ? INT32_MIN : 0;
    const Wide high = is_signed ? Wide{INT32_MAX} : Wide{UINT32_MAX};
    sum = sum < low ? low : sum > high ? high : sum;
  }
  return static_cast<std::uint32_t>(sum);
}

unsigned selected_bits(unsigned select) {
  return select == 4 ? 32 : select < 4 ? 8 : 16;
}
unsigned selected_shift(unsigned select) {
  return select == 4 ? 0 : select < 4 ? 8 * select : 16 * (select - 8);
}
std::int64_t selected(std::uint32_t word, unsigned select, bool is_signed) {
  return extended(word >> selected_shift(select), selected_bits(select), is_signed);
}

bool shifts(const VideoFields& f) {
  return f.operation == Video::shl || f.operation == Video::shr;
}

/// .sat on the whole word. Shifts are done in 34 bits; an unsigned result of the others is only
/// kept from going below zero.
std::int64_t saturated(const VideoFields& f, std::int64_t value) {
  if (!f.saturate) return value;
  if (shifts(f))
    return clamped(extended(static_cast<std::uint64_t>(value), 34, true), 32, f.d_signed);
  return f.d_signed ? clamped(value, 32, true) : std::max<std::int64_t>(value, 0);
}

/// The result goes into a part of c. The upper half gets the result's own upper half.
std::uint32_t merged(const VideoFields& f, std::int64_t value, std::uint32_t c) {
  const unsigned bits = selected_bits(f.d_select);
  const unsigned shift = selected_shift(f.d_select);
  const std::uint32_t ones = (1u << bits) - 1;
  std::uint32_t word = static_cast<std::uint32_t>(shifts(f) ? saturated(f, value) : value);
  if (f.saturate && !shifts(f)) word = std::min(word, f.d_signed ? ones >> 1 : ones);
  const std::uint32_t field = ones << shift;
  return (c & ~field) | ((bits == 16 ? word : word << shift) & field);
}

/// The smaller or the larger of result and c. An unsigned result is compared in 64 bits, in which a
/// negative one is large.
std::uint32_t chosen(const VideoFields& f, std::int64_t value, std::uint32_t c) {
  const bool lower = f.secondary == Secondary::min;
  if (f.d_signed) {
    const std::int64_t other = static_cast<std::int32_t>(c);
    return static_cast<std::uint32_t>(lower ? std::min(value, other) : std::max(value, other));
  }
  if (f.saturate) value = extended(static_cast<std::uint64_t>(value), 32, true);
  const auto wide = static_cast<std::uint64_t>(value);
  const std::uint64_t other = c;
  return static_cast<std::uint32_t>(lower ? std::min(wide, other) : std::max(wide, other));
}

std::uint32_t second_step(const VideoFields& f, std::int64_t value, std::uint32_t c) {
  if (f.secondary == Secondary::merge && selected_bits(f.d_select) != 32)
    return merged(f, value, c);
  value = saturated(f, value);
  switch (f.secondary) {
    case Secondary::add:
      return static_cast<std::uint32_t>(value) + c;
    case Secondary::min:
    case Secondary::max:
      return chosen(f, value, c);
    default:
      return static_cast<std::uint32_t>(value);
  }
}

template <class F>
void each_word(Warp& warp, const Op& op, std::uint32_t mask, F body) {
  const std::uint32_t* a = source<std::uint32_t>(warp, op.a);
  const std::uint32_t* b = source<std::uint32_t>(warp, op.b);
  const std::uint32_t* c = source<std::uint32_t>(warp, op.c);
  std::uint32_t* d = destination<std::uint32_t>(warp, op.d);
  for (; mask != 0; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    d[lane] = body(a[lane], b[lane], c[lane]);
  }
}

}  // namespace

void video_scalar(Warp& warp, const Op& op, std::uint32_t mask) {
  const VideoFields f = fields_of(warp, op);
  each_word(warp, op, mask, [&](std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    const std::int64_t x = selected(a, f.a_select, f.a_signed);
    const std::int64_t y = selected(b, f.b_select, f.b_signed);
    if (f.operation == Video::mad) return multiply_add(f, x, y, c);
    return second_step(f, primary(f, x, y), c);
  });
}

void video_simd(Warp& warp, const Op& op, std::uint32_t mask) {
  const VideoFields f = fields_of(warp, op);
  const unsigned bits = 32 / f.parts;
  each_word(warp, op, mask, [&](std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    const std::uint64_t both = std::uint64_t{b} << 32 | a;
    const std::uint32_t ones = (1u << bits) - 1;
    std::uint32_t result = c;
    for (unsigned part = 0; part < f.parts; ++part) {
      if ((f.d_select >> part & 1) == 0) continue;
      const unsigned from_a = f.a_select >> (4 * part) & 15;
      const unsigned from_b = f.b_select >> (4 * part) & 15;
      std::int64_t value = primary(f, extended(both >> (bits * from_a), bits, f.a_signed),
                                   extended(both >> (bits * from_b), bits, f.b_signed));
      if (f.saturate) value = clamped(value, bits, f.d_signed);
      if (f.secondary == Secondary::add) {
        result += static_cast<std::uint32_t>(value);
      } else {
        const unsigned shift = bits * part;
        result = (result & ~(ones << shift)) | (static_cast<std::uint32_t>(value) & ones) << shift;
      }
    }
    return result;
  });
}

}  // namespace vgpu::softdevice::exec
