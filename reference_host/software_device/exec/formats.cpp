#include "reference_host/software_device/exec/formats.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "reference_host/software_device/exec/half_bits.hpp"
#include "reference_host/software_device/exec/warp.hpp"

namespace vgpu::softdevice::exec {

namespace {

struct Layout {
  int fraction_bits;
  int bias;
  double largest;
  std::uint32_t largest_bits;
};
constexpr Layout layouts[] = {{3, 7, 448.0, 0x7e}, {2, 15, 57344.0, 0x7b}};
constexpr std::uint32_t float8_nan = 0x7f;

std::uint32_t float8_bits(float value, const FormatRequest& request) {
  const Layout& layout = layouts[static_cast<std::size_t>(request.format)];
  if (value != value) return float8_nan;
  if (request.relu && !(value > 0.0f)) return 0;
  const std::uint32_t sign = std::signbit(value) ? 0x80 : 0;
  const double magnitude = std::fabs(static_cast<double>(value));
  if (magnitude >= layout.largest) return sign | layout.largest_bits;
  if (magnitude == 0.0) return sign;
  const int least = 1 - layout.bias;
  const int exponent = std::max(std::ilogb(magnitude), least);
  // Subnormals count in the same steps as the smallest normal numbers: a carry in the fraction
  // moves into the exponent by itself.
  const auto steps = static_cast<std::uint32_t>(
      std::nearbyint(std::ldexp(magnitude, layout.fraction_bits - exponent)));
  const auto base = static_cast<std::uint32_t>(exponent - least) << layout.fraction_bits;
  return sign | (base + steps);
}

float float8_value(std::uint32_t bits, Float8 format) {
  if (format == Float8::e5m2) return half_value(static_cast<std::uint16_t>(bits << 8));
  const float sign = bits & 0x80 ? -1.0f : 1.0f;
  const std::uint32_t exponent = bits >> 3 & 15;
  const std::uint32_t fraction = bits & 7;
  if (exponent == 15 && fraction == 7) return NAN;
  if (exponent == 0) return sign * static_cast<float>(fraction) * 0x1p-9f;
  return sign * std::ldexp(static_cast<float>(8 + fraction), static_cast<int>(exponent) - 10);
}

template <class D, class F>
void each_lane(Warp& warp, const Op& op, std::uint32_t mask, F value) {
  D* d = destination<D>(warp, op.d);
  for (; mask != 0; mask &= mask - 1) {
    const auto lane = static_cast<std::size_t>(std::countr_zero(mask));
    d[lane] = static_cast<D>(value(lane));
  }
}

std::int64_t limited(std::int32_t value, const FormatRequest& request) {
  const std::int64_t one = 1;
  return request.is_signed ? std::clamp<std::int64_t>(value, -(one << (request.bits - 1)),
                                                      (one << (request.bits - 1)) - 1)
                           : std::clamp<std::int64_t>(value, 0, (one << request.bits) - 1);
}

}  // namespace

void float8_from_singles(Warp& warp, const Op& op, std::uint32_t mask) {
  const FormatRequest request = FormatRequest::unpack(op.aux);
  const float* a = source<float>(warp, op.a);
  const float* b = source<float>(warp, op.b);
  each_lane<std::uint16_t>(warp, op, mask, [&](std::size_t lane) {
    return float8_bits(a[lane], request) << 8 | float8_bits(b[lane], request);
  });
}

void float8_from_halves(Warp& warp, const Op& op, std::uint32_t mask) {
  const FormatRequest request = FormatRequest::unpack(op.aux);
  const std::uint32_t* a = source<std::uint32_t>(warp, op.a);
  each_lane<std::uint16_t>(warp, op, mask, [&](std::size_t lane) {
    const float low = half_value(static_cast<std::uint16_t>(a[lane]));
    const float high = half_value(static_cast<std::uint16_t>(a[lane] >> 16));
    return float8_bits(high, request) << 8 | float8_bits(low, request);
  });
}

void halves_from_float8(Warp& warp, const Op& op, std::uint32_t mask) {
  const FormatRequest request = FormatRequest::unpack(op.aux);
  const std::uint16_t* a = source<std::uint16_t>(warp, op.a);
  each_lane<std::uint32_t>(warp, op, mask, [&](std::size_t lane) {
    const auto half = [&](std::uint32_t bits) -> std::uint32_t {
      const float value = float8_value(bits, request.format);
      return half_bits(request.relu && value <= 0.0f ? 0.0f : value);
    };
    return half(a[lane] >> 8) << 16 | half(a[lane] & 0xff);
  });
}

void tf32_from_single(Warp& warp, const Op& op, std::uint32_t mask) {
  const FormatRequest request = FormatRequest::unpack(op.aux);
  const std::uint32_t* a = source<std::uint32_t>(warp, op.a);
  each_lane<std::uint32_t>(warp, op, mask, [&](std::size_t lane) -> std::uint32_t {
    const std::uint32_t bits = a[lane];
    const std::uint32_t magnitude = bits & 0x7fffffffu;
    const std::uint32_t sign = bits & 0x80000000u;
    if (magnitude > 0x7f800000u) return 0x7fffffffu;
    if (request.relu && sign != 0) return 0;
    constexpr std::uint32_t largest = 0x7f7fe000u;
    if (magnitude == 0x7f800000u) return sign | (request.saturate ? largest : magnitude);
    std::uint32_t rounded = magnitude;
    if (request.rounding == 0) rounded += 0xfffu + (magnitude >> 13 & 1u);
    if (request.rounding == 1) rounded += 0x1000u;
    rounded &= 0xffffe000u;
    return sign | (request.saturate ? std::min(rounded, largest) : rounded);
  });
}

void pack_integers(Warp& warp, const Op& op, std::uint32_t mask) {
  const FormatRequest request = FormatRequest::unpack(op.aux);
  const std::int32_t* a = source<std::int32_t>(warp, op.a);
  const std::int32_t* b = source<std::int32_t>(warp, op.b);
  const std::uint32_t* c = source<std::uint32_t>(warp, op.c);
  const std::uint32_t ones = request.bits == 16 ? 0xffffu : (1u << request.bits) - 1;
  each_lane<std::uint32_t>(warp, op, mask, [&](std::size_t lane) {
    const auto high = static_cast<std::uint32_t>(limited(a[lane], request)) & ones;
    const auto low = static_cast<std::uint32_t>(limited(b[lane], request)) & ones;
    const std::uint32_t above = request.bits == 16 ? 0 : c[lane] << (2 * request.bits);
    return above | high << request.bits | low;
  });
}

}  // namespace vgpu::softdevice::exec
