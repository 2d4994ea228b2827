// cvt. Frequent pairs of types have handlers of their own; the rest goes through 64-bit values.
// Included inside VGPU_ISA.

template <class To>
struct Cast {
  template <class From>
  static To run(From a) {
    return static_cast<To>(a);
  }
};

template <class Register, class T>
void widen_from(const Warp& warp, std::uint32_t code, std::int64_t* out) {
  const Register* a = source<Register>(warp, code);
  for (int i = 0; i < warp_size; ++i) out[i] = static_cast<std::int64_t>(static_cast<T>(a[i]));
}

template <class T>
void widen(const Warp& warp, std::uint32_t code, int width, std::int64_t* out) {
  if (width == 2) return widen_from<std::uint16_t, T>(warp, code, out);
  if (width == 4) return widen_from<std::uint32_t, T>(warp, code, out);
  return widen_from<std::uint64_t, T>(warp, code, out);
}

inline void load_integers(const Warp& warp, std::uint32_t code, Type type, int width,
                          std::int64_t* out) {
  switch (type) {
    case Type::u8:
    case Type::b8:
      return widen<std::uint8_t>(warp, code, width, out);
    case Type::s8:
      return widen<std::int8_t>(warp, code, width, out);
    case Type::u16:
    case Type::b16:
      return widen<std::uint16_t>(warp, code, width, out);
    case Type::s16:
      return widen<std::int16_t>(warp, code, width, out);
    case Type::u32:
    case Type::b32:
      return widen<std::uint32_t>(warp, code, width, out);
    case Type::s32:
      return widen<std::int32_t>(warp, code, width, out);
    default:
      return widen<std::uint64_t>(warp, code, width, out);
  }
}

/// Truncates to the type, extends to the register.
inline void store_integers(Warp& warp, const Op& op, std::uint32_t mask, Type type, int width,
                           std::int64_t* values) {
  const int unused = 64 - 8 * static_cast<int>(ptx::size_of(type));
  for (int i = 0; i < warp_size; ++i) {
    const std::uint64_t high = static_cast<std::uint64_t>(values[i]) << unused;
    values[i] = ptx::is_signed(type) ? static_cast<std::int64_t>(high) >> unused
                                     : static_cast<std::int64_t>(high >> unused);
  }
  if (width == 8) return put(warp, op.d, values, mask);
  if (width == 4) {
    std::int32_t r[warp_size];
    for (int i = 0; i < warp_size; ++i) r[i] = static_cast<std::int32_t>(values[i]);
    return put(warp, op.d, r, mask);
  }
  std::int16_t r[warp_size];
  for (int i = 0; i < warp_size; ++i) r[i] = static_cast<std::int16_t>(values[i]);
  put(warp, op.d, r, mask);
}

struct IntegerRange {
  std::int64_t low;
  std::uint64_t high;
};
inline IntegerRange limits(Type type) {
  if (type == Type::s64) return {INT64_MIN, INT64_MAX};
  const int bits = 8 * static_cast<int>(ptx::size_of(type));
  if (ptx::is_signed(type))
    return {-(std::int64_t{1} << (bits - 1)), (std::uint64_t{1} << (bits - 1)) - 1};
  return {0, bits == 64 ? UINT64_MAX : (std::uint64_t{1} << bits) - 1};
}
inline void convert_integers(Warp& warp, const Op& op, std::uint32_t mask) {
  const ConvertRequest request = unpack(op.aux);
  std::int64_t values[warp_size];
  load_integers(warp, op.a, request.from, request.from_width, values);
  if (request.saturate) {
    const IntegerRange range = limits(request.to);
    for (std::int64_t& value : values) {
      if (!ptx::is_signed(request.from)) {
        if (static_cast<std::uint64_t>(value) > range.high)
          value = static_cast<std::int64_t>(range.high);
      } else if (value < range.low) {
        value = range.low;
      } else if (value > 0 && static_cast<std::uint64_t>(value) > range.high) {
        value = static_cast<std::int64_t>(range.high);
      }
    }
  }
  store_integers(warp, op, mask, request.to, request.to_width, values);
}

/// Any format into double, exactly.
inline void load_floats(const Warp& warp, const Op& op, const ConvertRequest& request,
                        double* out) {
  switch (request.from) {
    case Type::f64: {
      const double* a = source<double>(warp, op.a);
      for (int i = 0; i < warp_size; ++i) out[i] = a[i];
      return;
    }
    case Type::f32: {
      const float* a = source<float>(warp, op.a);
      // A half holds what no subnormal single comes near: nothing is flushed on the way to one.
      const bool flush = request.flush && request.to != Type::f16;
      for (int i = 0; i < warp_size; ++i) out[i] = flush ? canonical(flushed<true>(a[i])) : a[i];
      return;
    }
    default:
      for (int i = 0; i < warp_size; ++i) {
        const std::uint16_t a =
            request.from_width == 4
                ? static_cast<std::uint16_t>(source<std::uint32_t>(warp, op.a)[i])
                : source<std::uint16_t>(warp, op.a)[i];
        out[i] = request.from == Type::bf16 ? bfloat_to_float(a) : half_to_float(a);
      }
  }
}

inline double to_integral(double value, Rounding rounding) {
  switch (rounding) {
    case Rounding::nearest:
      return std::nearbyint(value);
    case Rounding::zero:
      return std::trunc(value);
    case Rounding::down:
      return std::floor(value);
    case Rounding::up:
      return std::ceil(value);
  }
  return value;
}

inline void convert_floats(Warp& warp, const Op& op, std::uint32_t mask) {
  const ConvertRequest request = unpack(op.aux);
  double values[warp_size];
  load_floats(warp, op, request, values);
  for (double& value : values) {
    if (request.integral) value = to_integral(value, request.rounding);
    if (request.saturate) value = saturated(value);
    if (request.relu && value <= 0.0) value = 0.0;
  }
  if (request.to == Type::f64) return put(warp, op.d, values, mask);
  if (request.to == Type::f32) {
    float r[warp_size];
    for (int i = 0; i < warp_size; ++i) {
      r[i] = static_cast<float>(values[i]);
      if (request.integral || ptx::size_of(request.from) == 2) r[i] = canonical(r[i]);
      if (request.flush) r[i] = flushed<true>(r[i]);
    }
    return put(warp, op.d, r, mask);
  }
  std::uint16_t r[warp_size];
  for (int i = 0; i < warp_size; ++i) {
    const float odd = to_odd(values[i]);
    r[i] = request.to == Type::bf16 ? float_to_bfloat(odd) : float_to_half(odd);
    if (request.finite) r[i] = request.to == Type::bf16 ? Bfloat::finite(r[i]) : Half::finite(r[i]);
  }
  if (request.to_width == 2) return put(warp, op.d, r, mask);
  std::uint32_t wide[warp_size];
  for (int i = 0; i < warp_size; ++i) wide[i] = r[i];
  put(warp, op.d, wide, mask);
}

/// Out of range goes to the nearest end; NaN to zero, or to the highest bit alone where 64-bit
/// types take part.
inline void convert_to_integers(Warp& warp, const Op& op, std::uint32_t mask) {
  const ConvertRequest request = unpack(op.aux);
  double values[warp_size];
  std::int64_t results[warp_size];
  load_floats(warp, op, request, values);
  const IntegerRange range = limits(request.to);
  const double low = static_cast<double>(range.low);
  const double high = static_cast<double>(range.high);
  const bool wide = request.from == Type::f64 || ptx::size_of(request.to) == 8;
  const auto not_a_number =
      wide ? static_cast<std::int64_t>(std::uint64_t{1} << (8 * ptx::size_of(request.to) - 1)) : 0;
  for (int i = 0; i < warp_size; ++i) {
    const double value = to_integral(values[i], request.rounding);
    if (value != value)
      results[i] = not_a_number;
    else if (value <= low)
      results[i] = range.low;
    else if (value >= high)
      results[i] = static_cast<std::int64_t>(range.high);
    else if (value >= 0x1p63)
      results[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(value));
    else
      results[i] = static_cast<std::int64_t>(value);
  }
  store_integers(warp, op, mask, request.to, request.to_width, results);
}

inline void convert_from_integers(Warp& warp, const Op& op, std::uint32_t mask) {
  const ConvertRequest request = unpack(op.aux);
  std::int64_t values[warp_size];
  load_integers(warp, op.a, request.from, request.from_width, values);
  const bool is_unsigned = !ptx::is_signed(request.from);
  if (request.to == Type::f64) {
    double r[warp_size];
    for (int i = 0; i < warp_size; ++i) {
      r[i] = is_unsigned ? static_cast<double>(static_cast<std::uint64_t>(values[i]))
                         : static_cast<double>(values[i]);
      if (request.saturate) r[i] = saturated(r[i]);
    }
    return put(warp, op.d, r, mask);
  }
  float r[warp_size];
  for (int i = 0; i < warp_size; ++i) {
    if (request.to == Type::f32)
      r[i] = is_unsigned ? static_cast<float>(static_cast<std::uint64_t>(values[i]))
                         : static_cast<float>(values[i]);
    else
      r[i] = to_odd(is_unsigned ? static_cast<double>(static_cast<std::uint64_t>(values[i]))
                                : static_cast<double>(values[i]));
    if (request.saturate) r[i] = saturated(r[i]);
  }
  if (request.to == Type::f32) return put(warp, op.d, r, mask);
  std::uint16_t halves[warp_size];
  for (int i = 0; i < warp_size; ++i)
    halves[i] = request.to == Type::bf16 ? float_to_bfloat(r[i]) : float_to_half(r[i]);
  put(warp, op.d, halves, mask);
}

struct FloatToInt {
  template <class T, Rounding rounding>
  struct Of {
    static T run(float a) {
      const double value = to_integral(static_cast<double>(a), rounding);
      constexpr double low = static_cast<double>(std::numeric_limits<T>::min());
      constexpr double high = static_cast<double>(std::numeric_limits<T>::max());
      const double clamped = value > low ? (value < high ? value : high) : low;
      return value != value ? T{0} : static_cast<T>(static_cast<std::int64_t>(clamped));
    }
  };
};

template <bool flush>
struct Narrow {
  static float run(double a) { return flushed<flush>(static_cast<float>(a)); }
};
struct HalfToFloat {
  static float run(std::uint16_t a) { return canonical(half_to_float(a)); }
};
struct FloatToHalf {
  static std::uint16_t run(float a) { return float_to_half(a); }
};
struct BfloatToFloat {
  static float run(std::uint16_t a) { return bfloat_to_float(a); }
};
struct FloatToBfloat {
  static std::uint16_t run(float a) { return float_to_bfloat(a); }
};

template <class To>
Handler cast_from(Type from) {
  switch (from) {
    case Type::u16:
      return unary<Cast<To>, To, std::uint16_t>;
    case Type::s16:
      return unary<Cast<To>, To, std::int16_t>;
    case Type::u32:
      return unary<Cast<To>, To, std::uint32_t>;
    case Type::s32:
      return unary<Cast<To>, To, std::int32_t>;
    case Type::u64:
      return unary<Cast<To>, To, std::uint64_t>;
    case Type::s64:
      return unary<Cast<To>, To, std::int64_t>;
    default:
      return nullptr;
  }
}

inline Handler select_cast(Type to, Type from) {
  switch (to) {
    case Type::u16:
    case Type::s16:
      return cast_from<std::uint16_t>(from);
    case Type::u32:
    case Type::s32:
      return cast_from<std::uint32_t>(from);
    case Type::u64:
    case Type::s64:
      return cast_from<std::uint64_t>(from);
    case Type::f32:
      return cast_from<float>(from);
    case Type::f64:
      return cast_from<double>(from);
    default:
      return nullptr;
  }
}

inline Handler select_convert_impl(const ConvertRequest& r) {
  const bool to_float = ptx::is_float(r.to);
  const bool from_float = ptx::is_float(r.from);
  const bool exact_widths = r.to_width == static_cast<int>(ptx::size_of(r.to)) &&
                            r.from_width == static_cast<int>(ptx::size_of(r.from));
  const bool simple = exact_widths && !r.saturate && !r.relu && !r.finite;
  if (!from_float) {
    const Handler handler = simple ? select_cast(r.to, r.from) : nullptr;
    if (handler != nullptr) return handler;
    return to_float ? convert_from_integers : convert_integers;
  }
  if (!to_float) {
    if (exact_widths && r.from == Type::f32 && !r.flush) {
      if (r.to == Type::s32 && r.rounding == Rounding::zero)
        return unary<FloatToInt::Of<std::int32_t, Rounding::zero>, std::int32_t, float>;
      if (r.to == Type::u32 && r.rounding == Rounding::zero)
        return unary<FloatToInt::Of<std::uint32_t, Rounding::zero>, std::uint32_t, float>;
      if (r.to == Type::s32 && r.rounding == Rounding::nearest)
        return unary<FloatToInt::Of<std::int32_t, Rounding::nearest>, std::int32_t, float>;
    }
    return convert_to_integers;
  }
  if (simple && !r.integral) {
    if (r.to == Type::f64 && r.from == Type::f32 && !r.flush)
      return unary<Cast<double>, double, float>;
    if (r.to == Type::f32 && r.from == Type::f64)
      return r.flush ? unary<Narrow<true>, float, double> : unary<Narrow<false>, float, double>;
    if (r.to == Type::f32 && r.from == Type::f16) return unary<HalfToFloat, float, std::uint16_t>;
    if (r.to == Type::f32 && r.from == Type::bf16 && !r.flush)
      return unary<BfloatToFloat, float, std::uint16_t>;
    if (r.to == Type::f16 && r.from == Type::f32) return unary<FloatToHalf, std::uint16_t, float>;
    if (r.to == Type::bf16 && r.from == Type::f32 && !r.flush)
      return unary<FloatToBfloat, std::uint16_t, float>;
  }
  return convert_floats;
}

/// Two singles into the halves of a word; relu and satfinite are in `aux`.
template <class Format>
void convert_pair(Warp& warp, const Op& op, std::uint32_t mask) {
  const ConvertRequest request = unpack(op.aux);
  const float* a = source<float>(warp, op.a);
  const float* b = source<float>(warp, op.b);
  std::uint16_t* d = destination<std::uint16_t>(warp, op.d);
  const auto narrowed = [&](float value) {
    if (request.relu && value <= 0.0f) value = 0.0f;
    const std::uint16_t bits = Format::store(value);
    return request.finite ? Format::finite(bits) : bits;
  };
  for (int i = 0; i < warp_size; ++i) {
    if (!has_lane(mask, i)) continue;
    const std::uint16_t high_bits = narrowed(a[i]);
    d[2 * i] = narrowed(b[i]);
    d[2 * i + 1] = high_bits;
  }
}
