/// \file
/// Arithmetic with directed rounding. Compiled with -frounding-math; the mode is set around the
/// lanes of one instruction.

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "reference_host/software_device/exec/alu.hpp"
#include "reference_host/software_device/exec/half_bits.hpp"
#include "reference_host/software_device/exec/matrix.hpp"
#include "reference_host/software_device/exec/warp.hpp"

namespace vgpu::softdevice::exec {

namespace {

using ptx::Type;

constexpr int mode_of(Rounding rounding) {
  return rounding == Rounding::zero   ? FE_TOWARDZERO
         : rounding == Rounding::down ? FE_DOWNWARD
         : rounding == Rounding::up   ? FE_UPWARD
                                      : FE_TONEAREST;
}

class ModeScope {
 public:
  explicit ModeScope(Rounding rounding) { std::fesetround(mode_of(rounding)); }
  ~ModeScope() { std::fesetround(FE_TONEAREST); }
  ModeScope(const ModeScope&) = delete;
  ModeScope& operator=(const ModeScope&) = delete;
};

/// Keeps the compiler from computing at translation time or moving the value over a mode change.
template <class T>
T opaque(T value) {
  volatile T kept = value;
  return kept;
}

float flushed(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value) : value;
}
double flushed(double value) {
  return value;
}

template <class T>
T finished(T value, bool flush, bool saturate) {
  if (flush) value = flushed(value);
  if (saturate) return value > T{0} ? (value < T{1} ? value : T{1}) : T{0};
  if constexpr (std::is_same_v<T, float>) {
    if (value != value) {
      const std::uint32_t bits = 0x7fffffff;
      std::memcpy(&value, &bits, sizeof value);
    }
  }
  return value;
}

/// A converted value: a NaN stays the one it was.
float kept(float value, bool flush) {
  return flush ? flushed(value) : value;
}

/// Of several NaN operands, the last comes out.
double propagated(double result, double a, double b, double c) {
  if (result == result) return result;
  if (c != c) return c + c;
  if (b != b) return b + b;
  return a != a ? a + a : result;
}
float propagated(float result, float, float, float) {
  return result;
}

template <class T, Alu operation, Rounding rounding, bool flush, bool saturate>
void arithmetic(Warp& warp, const Op& op, std::uint32_t mask) {
  constexpr int sources = operation == Alu::fma                             ? 3
                          : operation == Alu::sqrt || operation == Alu::rcp ? 1
                                                                            : 2;
  const T* a = source<T>(warp, op.a);
  const T* b = sources > 1 ? source<T>(warp, op.b) : a;
  const T* c = sources > 2 ? source<T>(warp, op.c) : a;
  T r[warp_size];
  {
    const ModeScope scope(rounding);
    for (int i = 0; i < warp_size; ++i) {
      if ((mask >> i & 1) == 0) continue;
      const T x = opaque(flush ? flushed(a[i]) : a[i]);
      const T y = opaque(flush ? flushed(b[i]) : b[i]);
      T value{};
      if constexpr (operation == Alu::add) value = x + y;
      if constexpr (operation == Alu::sub) value = x - y;
      if constexpr (operation == Alu::mul_lo) value = x * y;
      if constexpr (operation == Alu::div) value = x / y;
      if constexpr (operation == Alu::rcp) value = opaque(T{1}) / x;
      if constexpr (operation == Alu::sqrt) value = std::sqrt(x);
      if constexpr (operation == Alu::fma) {
        const T z = opaque(flush ? flushed(c[i]) : c[i]);
        value = propagated(std::fma(x, y, z), x, y, z);
      }
      r[i] = opaque(value);
    }
  }
  T* d = destination<T>(warp, op.d);
  for (int i = 0; i < warp_size; ++i)
    if (mask >> i & 1) d[i] = finished(r[i], flush, saturate);
}

template <class T, Alu operation, Rounding rounding>
Handler by_flags(const AluRequest& r) {
  if constexpr (std::is_same_v<T, float>) {
    if (r.flush && r.saturate) return arithmetic<T, operation, rounding, true, true>;
    if (r.flush) return arithmetic<T, operation, rounding, true, false>;
    if (r.saturate) return arithmetic<T, operation, rounding, false, true>;
  }
  return arithmetic<T, operation, rounding, false, false>;
}

template <class T, Alu operation>
Handler by_mode(const AluRequest& r) {
  switch (r.rounding) {
    case Rounding::zero:
      return by_flags<T, operation, Rounding::zero>(r);
    case Rounding::down:
      return by_flags<T, operation, Rounding::down>(r);
    case Rounding::up:
      return by_flags<T, operation, Rounding::up>(r);
    default:
      return nullptr;
  }
}

template <class T>
Handler by_operation(const AluRequest& r) {
  switch (r.op) {
    case Alu::add:
      return by_mode<T, Alu::add>(r);
    case Alu::sub:
      return by_mode<T, Alu::sub>(r);
    case Alu::mul_lo:
      return by_mode<T, Alu::mul_lo>(r);
    case Alu::div:
      return by_mode<T, Alu::div>(r);
    case Alu::rcp:
      return by_mode<T, Alu::rcp>(r);
    case Alu::sqrt:
      return by_mode<T, Alu::sqrt>(r);
    case Alu::fma:
    case Alu::mad_lo:
      return by_mode<T, Alu::fma>(r);
    default:
      return nullptr;
  }
}

/// A source of any type as a long double, which holds all of them exactly.
long double exact_value(const Warp& warp, const Op& op, const ConvertRequest& r, int lane) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, source<std::byte>(warp, op.a) + lane * r.from_width,
              static_cast<std::size_t>(r.from_width));
  switch (r.from) {
    case Type::f64: {
      double value;
      std::memcpy(&value, &bits, sizeof value);
      return value;
    }
    case Type::f32: {
      float value;
      std::memcpy(&value, &bits, sizeof value);
      return r.flush && r.to != Type::f16 ? flushed(value) : value;
    }
    case Type::f16:
      return half_value(static_cast<std::uint16_t>(bits));
    case Type::bf16:
      return bfloat_value(static_cast<std::uint16_t>(bits));
    case Type::u8:
      return static_cast<std::uint8_t>(bits);
    case Type::s8:
      return static_cast<std::int8_t>(bits);
    case Type::u16:
      return static_cast<std::uint16_t>(bits);
    case Type::s16:
      return static_cast<std::int16_t>(bits);
    case Type::u32:
      return static_cast<std::uint32_t>(bits);
    case Type::s32:
      return static_cast<std::int32_t>(bits);
    case Type::u64:
      return bits;
    default:
      return static_cast<std::int64_t>(bits);
  }
}

/// Rounds to a format with `digits` significant bits and the given smallest quantum and largest
/// value, in the current mode.
long double rounded_to(long double value, int digits, int least_exponent, long double largest) {
  if (value == 0 || !std::isfinite(value)) return value;
  const int exponent = std::max(std::ilogb(value) - (digits - 1), least_exponent);
  const long double result = std::ldexp(std::nearbyint(std::ldexp(value, -exponent)), exponent);
  if (std::fabs(result) <= largest) return result;
  const bool to_infinity = std::fegetround() == FE_TONEAREST ||
                           (std::fegetround() == FE_UPWARD && result > 0) ||
                           (std::fegetround() == FE_DOWNWARD && result < 0);
  return std::copysign(to_infinity ? static_cast<long double>(HUGE_VALF) : largest, result);
}

/// The 16-bit image of a value that the format holds.
std::uint16_t image_of(long double value, bool bfloat) {
  const float single = static_cast<float>(value);
  std::uint32_t bits;
  std::memcpy(&bits, &single, sizeof bits);
  if (single != single) return 0x7fff;
  if (bfloat) return static_cast<std::uint16_t>(bits >> 16);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  if (std::isinf(single)) return sign | 0x7c00u;
  const float magnitude = std::fabs(single);
  if (magnitude < 0x1p-14f)
    return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(magnitude * 0x1p24f));
  return static_cast<std::uint16_t>(sign | (((bits & 0x7fffffffu) - 0x38000000u) >> 13));
}

std::uint16_t narrowed(long double value, bool bfloat, const ConvertRequest& r) {
  const long double largest = bfloat ? 0x1.fep127L : 65504.0L;
  if (r.finite && value == value && std::fabs(value) > largest)
    value = std::copysign(largest, value);
  const ModeScope scope(r.rounding);
  return image_of(bfloat ? rounded_to(opaque(value), 8, -133, largest)
                         : rounded_to(opaque(value), 11, -24, largest),
                  bfloat);
}

void convert_pair_rounded(Warp& warp, const Op& op, std::uint32_t mask) {
  const ConvertRequest r = unpack(op.aux);
  const float* a = source<float>(warp, op.a);
  const float* b = source<float>(warp, op.b);
  std::uint32_t* d = destination<std::uint32_t>(warp, op.d);
  for (int i = 0; i < warp_size; ++i) {
    if ((mask >> i & 1) == 0) continue;
    const bool bfloat = r.to == Type::bf16x2;
    const auto half = [&](float value) -> std::uint32_t {
      return narrowed(r.relu && value <= 0 ? 0.0f : value, bfloat, r);
    };
    d[i] = half(a[i]) << 16 | half(b[i]);
  }
}

void convert_rounded(Warp& warp, const Op& op, std::uint32_t mask) {
  const ConvertRequest r = unpack(op.aux);
  for (int i = 0; i < warp_size; ++i) {
    if ((mask >> i & 1) == 0) continue;
    long double value = exact_value(warp, op, r, i);
    if (r.saturate) value = value > 0 ? (value < 1 ? value : 1) : 0;
    if (r.relu && value <= 0) value = 0;
    if (r.to == Type::f64 || r.to == Type::f32) {
      const ModeScope scope(r.rounding);
      if (r.to == Type::f64)
        destination<double>(warp, op.d)[i] = opaque(static_cast<double>(opaque(value)));
      else
        destination<float>(warp, op.d)[i] =
            kept(opaque(static_cast<float>(opaque(value))), r.flush);
      continue;
    }
    const std::uint16_t bits = narrowed(value, r.to == Type::bf16, r);
    if (r.to_width == 4)
      destination<std::uint32_t>(warp, op.d)[i] = bits;
    else
      destination<std::uint16_t>(warp, op.d)[i] = bits;
  }
}

}  // namespace

void multiply_rounded(const double* a, const double* b, double* acc, const MatrixShape& shape,
                      unsigned rounding) {
  const ModeScope scope(static_cast<Rounding>(rounding));
  for (unsigned row = 0; row < shape.m; ++row)
    for (unsigned i = 0; i < shape.k; ++i)
      for (unsigned column = 0; column < shape.n; ++column) {
        double& sum = acc[row * shape.n + column];
        sum = opaque(
            std::fma(opaque(a[row * shape.k + i]), opaque(b[i * shape.n + column]), opaque(sum)));
      }
}

Handler select_rounded(const AluRequest& request) {
  if (request.type == Type::f32) return by_operation<float>(request);
  if (request.type == Type::f64) return by_operation<double>(request);
  return nullptr;
}

Handler select_rounded_convert(const ConvertRequest&) {
  return convert_rounded;
}

Handler select_rounded_convert_pair(const ConvertRequest&) {
  return convert_pair_rounded;
}

}  // namespace vgpu::softdevice::exec
