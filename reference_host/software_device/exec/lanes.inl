// Loops over the lanes of a warp, and element functions shared by the handlers. Included once per
// instruction set, inside VGPU_ISA; must not be seen by anything else.

using ptx::Type;

#if defined(__clang__)
#define VGPU_LANES _Pragma("clang loop vectorize(assume_safety)")
#else
#define VGPU_LANES _Pragma("GCC ivdep")
#endif

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

/// Holds every product of two T.
template <class T>
using Wide = std::conditional_t<
    sizeof(T) == 8, std::conditional_t<std::is_signed_v<T>, Int128, Uint128>,
    std::conditional_t<sizeof(T) == 4,
                       std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>,
                       std::conditional_t<std::is_signed_v<T>, std::int32_t, std::uint32_t>>>;

inline bool has_lane(std::uint32_t mask, int lane) {
  return (mask >> lane) & 1;
}

/// `values` of the lanes in `mask`, in bits, since the compiler vectorises no choice between loads.
template <class T>
void blend(T* d, const T* values, std::uint32_t mask) {
  using Bits = std::conditional_t<
      sizeof(T) == 8, std::uint64_t,
      std::conditional_t<sizeof(T) == 4, std::uint32_t,
                         std::conditional_t<sizeof(T) == 2, std::uint16_t, std::uint8_t>>>;
  VGPU_LANES for (int i = 0; i < warp_size; ++i) {
    const auto keep = static_cast<Bits>(Bits{0} - static_cast<Bits>(mask >> i & 1));
    const auto chosen = std::bit_cast<Bits>(values[i]) & keep;
    d[i] = std::bit_cast<T>(
        static_cast<Bits>(chosen | (std::bit_cast<Bits>(d[i]) & static_cast<Bits>(~keep))));
  }
}

/// Computes the lanes in `mask`: all of them, and keeps those.
template <class R, class Compute>
void compute_lanes(R* d, std::uint32_t mask, Compute compute) {
  R values[warp_size];
  VGPU_LANES for (int i = 0; i < warp_size; ++i) values[i] = compute(i);
  blend(d, values, mask);
}

template <class F, class R, class A>
void unary(Warp& warp, const Op& op, std::uint32_t mask) {
  const A* a = source<A>(warp, op.a);
  R* d = destination<R>(warp, op.d);
  if (mask == all_lanes) {
    VGPU_LANES for (int i = 0; i < warp_size; ++i) d[i] = F::run(a[i]);
  } else {
    compute_lanes(d, mask, [=](int i) { return F::run(a[i]); });
  }
}

template <class F, class R, class A, class B>
void binary(Warp& warp, const Op& op, std::uint32_t mask) {
  const A* a = source<A>(warp, op.a);
  const B* b = source<B>(warp, op.b);
  R* d = destination<R>(warp, op.d);
  if (mask == all_lanes) {
    VGPU_LANES for (int i = 0; i < warp_size; ++i) d[i] = F::run(a[i], b[i]);
  } else {
    compute_lanes(d, mask, [=](int i) { return F::run(a[i], b[i]); });
  }
}

template <class F, class R, class A, class B, class C>
void ternary(Warp& warp, const Op& op, std::uint32_t mask) {
  const A* a = source<A>(warp, op.a);
  const B* b = source<B>(warp, op.b);
  const C* c = source<C>(warp, op.c);
  R* d = destination<R>(warp, op.d);
  if (mask == all_lanes) {
    VGPU_LANES for (int i = 0; i < warp_size; ++i) d[i] = F::run(a[i], b[i], c[i]);
  } else {
    compute_lanes(d, mask, [=](int i) { return F::run(a[i], b[i], c[i]); });
  }
}

template <class F, class T>
constexpr Handler unary_same = unary<F, T, T>;
template <class F, class T>
constexpr Handler binary_same = binary<F, T, T, T>;
template <class F, class T>
constexpr Handler ternary_same = ternary<F, T, T, T, T>;

/// Copies `values` of the lanes in `mask` to the destination.
template <class T>
void put(Warp& warp, std::uint32_t code, const T* values, std::uint32_t mask) {
  T* d = destination<T>(warp, code);
  if (mask == all_lanes) {
    std::memcpy(d, values, sizeof(T) * warp_size);
  } else {
    blend(d, values, mask);
  }
}

/// A bit per lane out of all-ones or zero words.
inline std::uint32_t mask_of(const std::int32_t* words) {
#if defined(__AVX2__)
  std::uint32_t result = 0;
  for (int i = 0; i < 4; ++i) {
    const __m256 part = _mm256_loadu_ps(reinterpret_cast<const float*>(words + 8 * i));
    result |= static_cast<std::uint32_t>(_mm256_movemask_ps(part)) << (8 * i);
  }
  return result;
#else
  std::uint32_t result = 0;
  for (int i = 0; i < warp_size; ++i) result |= (static_cast<std::uint32_t>(words[i]) & 1u) << i;
  return result;
#endif
}

inline std::uint32_t mask_of(const std::int64_t* words) {
#if defined(__AVX2__)
  std::uint32_t result = 0;
  for (int i = 0; i < 8; ++i) {
    const __m256d part = _mm256_loadu_pd(reinterpret_cast<const double*>(words + 4 * i));
    result |= static_cast<std::uint32_t>(_mm256_movemask_pd(part)) << (4 * i);
  }
  return result;
#else
  std::uint32_t result = 0;
  for (int i = 0; i < warp_size; ++i) result |= static_cast<std::uint32_t>(words[i] & 1) << i;
  return result;
#endif
}

inline float as_float(std::uint32_t bits) {
  float f;
  std::memcpy(&f, &bits, 4);
  return f;
}
inline std::uint32_t as_bits(float f) {
  std::uint32_t bits;
  std::memcpy(&bits, &f, 4);
  return bits;
}
inline double as_double(std::uint64_t bits) {
  double f;
  std::memcpy(&f, &bits, 8);
  return f;
}
inline std::uint64_t as_bits(double f) {
  std::uint64_t bits;
  std::memcpy(&bits, &f, 8);
  return bits;
}

/// Subnormals become zeros of the same sign.
template <bool on>
inline float flushed(float value) {
  if constexpr (!on) return value;
  const std::uint32_t bits = as_bits(value);
  return (bits & 0x7f800000u) == 0 ? as_float(bits & 0x80000000u) : value;
}

/// A NaN result of single precision is always this one.
inline float canonical(float value) {
  return value != value ? as_float(0x7fffffffu) : value;
}
inline double canonical(double value) {
  return value;
}

inline float saturated(float value) {
  return value > 0.0f ? (value < 1.0f ? value : 1.0f) : 0.0f;
}
inline double saturated(double value) {
  return value > 0.0 ? (value < 1.0 ? value : 1.0) : 0.0;
}

inline float half_to_float(std::uint16_t half) {
#if defined(__F16C__)
  return _cvtsh_ss(half);
#else
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1fu;
  const std::uint32_t fraction = half & 0x3ffu;
  if (exponent == 31) return as_float(sign | 0x7f800000u | fraction << 13);
  if (exponent != 0) return as_float(sign | (exponent + 112) << 23 | fraction << 13);
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return as_float(sign | as_bits(magnitude));
#endif
}

inline std::uint16_t float_to_half(float value) {
  if (value != value) return 0x7fff;
#if defined(__F16C__)
  const __m128i halves = _mm_cvtps_ph(_mm_set_ss(value), _MM_FROUND_TO_NEAREST_INT);
  return static_cast<std::uint16_t>(_mm_cvtsi128_si32(halves));
#else
  const std::uint32_t bits = as_bits(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude >= 0x477ff000u) return sign | 0x7c00u;  // 65520 and above
  if (magnitude < 0x38800000u) {                        // subnormal: adding aligns the fraction
    const float shifted = as_float(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (as_bits(shifted) - 0x3f000000u));
  }
  const std::uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
#endif
}

inline float bfloat_to_float(std::uint16_t value) {
  return as_float(static_cast<std::uint32_t>(value) << 16);
}

inline std::uint16_t float_to_bfloat(float value) {
  const std::uint32_t bits = as_bits(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fff;
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

/// a + b with the last bit sticky: rounding the result once more, to fewer bits, is then correct.
inline double sum_to_odd(double a, double b) {
  const double sum = a + b;
  const double part = sum - a;
  const double error = (a - (sum - part)) + (b - part);
  if (error == 0.0 || !(error - error == 0.0)) return sum;
  const std::uint64_t bits = as_bits(sum);
  if (bits & 1u) return sum;
  return as_double((error > 0.0) == (sum > 0.0) ? bits + 1 : bits - 1);
}

/// Rounds to single with the last bit sticky, so that a second rounding to a half is correct.
inline float to_odd(double value) {
  const float nearest = static_cast<float>(value);
  if (static_cast<double>(nearest) == value || nearest != nearest) return nearest;
  std::uint32_t bits = as_bits(nearest);
  if (bits & 1u) return nearest;
  // The even neighbour was taken: step to the odd one on the other side of the value.
  const bool away = std::fabs(static_cast<double>(nearest)) < std::fabs(value);
  return as_float(away ? bits + 1 : bits - 1);
}
