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

/// vmad, with the intermediate result as wide as it gets: the product of two 33-bit numbers.
std::uint32_t multiply_add(const VideoFields& f, std::int64_t a, std::int64_t b, std::uint32_t c) {
  __extension__ using Wide = __int128;
  const bool is_signed = f.a_signed || f.b_signed || f.negate_product || f.negate_c;
  Wide product = Wide{a} * b;
  if (f.negate_product) product = -product;
  Wide addend = is_signed ? Wide{static_cast<std::int32_t>(c)} : Wide{c};
  if (f.negate_c) addend = -addend;
  Wide sum = product + addend + (f.plus_one ? 1 : 0);
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

std::uint32_t second_step(const VideoFields& f, std::int64_t value, std::uint32_t c) {
  const std::int64_t wide_c = extended(c, 32, f.d_signed);
  const std::int64_t result = extended(static_cast<std::uint64_t>(value), 32, f.d_signed);
  switch (f.secondary) {
    case Secondary::add:
      return static_cast<std::uint32_t>(value + wide_c);
    case Secondary::min:
      return static_cast<std::uint32_t>(std::min(result, wide_c));
    case Secondary::max:
      return static_cast<std::uint32_t>(std::max(result, wide_c));
    case Secondary::merge: {
      const unsigned bits = selected_bits(f.d_select);
      if (bits == 32) return static_cast<std::uint32_t>(value);
      const std::uint32_t field = ((1u << bits) - 1) << selected_shift(f.d_select);
      return (c & ~field) |
             (static_cast<std::uint32_t>(value) << selected_shift(f.d_select) & field);
    }
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
    std::int64_t value = primary(f, x, y);
    if (f.saturate)
      value = clamped(value, f.secondary == Secondary::merge ? selected_bits(f.d_select) : 32,
                      f.d_signed);
    return second_step(f, value, c);
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
