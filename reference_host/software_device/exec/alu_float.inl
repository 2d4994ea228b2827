// Floating-point instructions that round to nearest. Included inside VGPU_ISA.

template <bool flush, class T>
T flushed_any(T value) {
  if constexpr (std::is_same_v<T, float>) return flushed<flush>(value);
  return value;
}

template <bool flush, bool saturate, class T>
T finished(T value) {
  value = flushed_any<flush>(value);
  if constexpr (saturate) return saturated(value);
  return canonical(value);
}

/// A NaN operand comes out of a double-precision instruction as it is, made quiet; of several, the
/// last.
inline double propagated(double result, double a, double b, double c) {
  if (result == result) return result;
  if (c != c) return c + c;
  if (b != b) return b + b;
  return a != a ? a + a : result;
}

/// The result of a product, with `scaled` the same 2^32 times as large, so that it is rounded as if
/// there were no subnormals: what is subnormal before it is rounded counts as such.
template <bool flush>
float flushed_product(float result, float scaled) {
  if constexpr (!flush) return result;
  return std::fabs(scaled) < 0x1p-94f ? as_float(as_bits(result) & 0x80000000u) : result;
}

template <bool flush, bool saturate>
struct FloatOps {
  struct Add {
    template <class T>
    static T run(T a, T b) {
      return finished<flush, saturate>(flushed_any<flush>(a) + flushed_any<flush>(b));
    }
  };
  struct Sub {
    template <class T>
    static T run(T a, T b) {
      return finished<flush, saturate>(flushed_any<flush>(a) - flushed_any<flush>(b));
    }
  };
  struct Mul {
    static float run(float a, float b) {
      a = flushed<flush>(a);
      b = flushed<flush>(b);
      return finished<flush, saturate>(flushed_product<flush>(a * b, a * 0x1p32f * b));
    }
    static double run(double a, double b) { return finished<flush, saturate>(a * b); }
  };
  struct Div {
    template <class T>
    static T run(T a, T b) {
      return finished<flush, saturate>(flushed_any<flush>(a) / flushed_any<flush>(b));
    }
  };
  struct Fma {
    static float run(float a, float b, float c) {
      a = flushed<flush>(a);
      b = flushed<flush>(b);
      c = flushed<flush>(c);
      const float scaled = flush ? __builtin_fmaf(a * 0x1p32f, b, c * 0x1p32f) : 0.0f;
      return finished<flush, saturate>(flushed_product<flush>(__builtin_fmaf(a, b, c), scaled));
    }
    static double run(double a, double b, double c) {
      return propagated(__builtin_fma(a, b, c), a, b, c);
    }
  };
};

template <bool flush>
struct FloatMinMax {
  /// The operand that is a number wins over a NaN; -0 is less than +0.
  struct Min {
    template <class T>
    static T run(T a, T b) {
      a = flushed_any<flush>(a);
      b = flushed_any<flush>(b);
      if (a != a) return canonical(b);
      if (b != b) return a;
      if (a == b) return std::signbit(a) ? a : b;
      return a < b ? a : b;
    }
  };
  struct Max {
    template <class T>
    static T run(T a, T b) {
      a = flushed_any<flush>(a);
      b = flushed_any<flush>(b);
      if (a != a) return canonical(b);
      if (b != b) return a;
      if (a == b) return std::signbit(a) ? b : a;
      return a > b ? a : b;
    }
  };
  struct MinNan {
    template <class T>
    static T run(T a, T b) {
      return a != a || b != b ? as_float(0x7fffffffu) : Min::run(a, b);
    }
  };
  struct MaxNan {
    template <class T>
    static T run(T a, T b) {
      return a != a || b != b ? as_float(0x7fffffffu) : Max::run(a, b);
    }
  };
};

/// .xorsign.abs: of the magnitudes, with the product's sign.
template <class F>
struct XorSign {
  static float run(float a, float b) {
    const float r = F::run(std::fabs(a), std::fabs(b));
    if (r != r) return r;
    return as_float(as_bits(r) | ((as_bits(a) ^ as_bits(b)) & 0x80000000u));
  }
};

template <bool flush>
struct FloatUnary {
  /// Of a NaN: what any other instruction makes of it.
  struct Abs {
    static float run(float a) { return canonical(std::fabs(flushed<flush>(a))); }
    static double run(double a) { return a != a ? a + a : std::fabs(a); }
  };
  struct Neg {
    static float run(float a) { return canonical(-flushed<flush>(a)); }
    static double run(double a) { return a != a ? a + a : -a; }
  };
  struct Sqrt {
    template <class T>
    static T run(T a) {
      return finished<flush, false>(std::sqrt(flushed_any<flush>(a)));
    }
  };
  struct Rcp {
    template <class T>
    static T run(T a) {
      return finished<flush, false>(T{1} / flushed_any<flush>(a));
    }
  };
  struct Rsqrt {
    static float run(float a) {
      return finished<flush, false>(
          static_cast<float>(1.0 / std::sqrt(static_cast<double>(flushed<flush>(a)))));
    }
    static double run(double a) { return 1.0 / std::sqrt(a); }
  };
  struct Ex2 {
    static float run(float a) { return finished<flush, false>(::exp2f(flushed<flush>(a))); }
  };
  struct Lg2 {
    static float run(float a) { return finished<flush, false>(::log2f(flushed<flush>(a))); }
  };
  struct Sin {
    static float run(float a) { return finished<flush, false>(::sinf(flushed<flush>(a))); }
  };
  struct Cos {
    static float run(float a) { return finished<flush, false>(::cosf(flushed<flush>(a))); }
  };
  struct Tanh {
    static float run(float a) { return finished<flush, false>(::tanhf(flushed<flush>(a))); }
  };
};

/// rcp.approx.ftz.f64 and rsqrt: of the high word alone, into the high word alone.
template <bool root>
struct Gross {
  static double high_word(double a) {
    const std::uint64_t bits = as_bits(a) & 0xffffffff00000000u;
    const bool subnormal = (bits & 0x7ff0000000000000u) == 0;
    return as_double(subnormal ? bits & 0x8000000000000000u : bits);
  }
  static double run(double a) {
    if (a != a) return as_double(0x7fffffff00000000u);
    const double x = high_word(a);
    const double r = 1.0 / (root ? std::sqrt(x) : x);
    return r != r ? as_double(0x7fffffff00000000u) : high_word(r);
  }
};

struct Copysign {  // PTX: the sign of a, the magnitude of b
  static float run(float a, float b) { return std::copysign(b, a); }
  static double run(double a, double b) { return std::copysign(b, a); }
};

// 16-bit formats, computed in single precision. Two of them share a 32-bit register (x2).
struct Half {
  static constexpr std::uint16_t infinity = 0x7c00;
  static float load(std::uint16_t v) { return half_to_float(v); }
  static std::uint16_t store(float v) { return float_to_half(v); }
  /// The largest finite number instead of an infinity.
  static std::uint16_t finite(std::uint16_t v) { return (v & 0x7fff) == 0x7c00 ? v - 1 : v; }
};
struct Bfloat {
  static constexpr std::uint16_t infinity = 0x7f80;
  static float load(std::uint16_t v) { return bfloat_to_float(v); }
  static std::uint16_t store(float v) { return float_to_bfloat(v); }
  static std::uint16_t finite(std::uint16_t v) { return (v & 0x7fff) == 0x7f80 ? v - 1 : v; }
};

template <class Format, bool flush>
std::uint16_t store_half(float value) {
  const std::uint16_t result = Format::store(value);
  // Subnormal before it is rounded: four times as large, it keeps all its bits.
  if (flush && (Format::store(4 * value) & 0x7fff) < 0x0c00) return result & 0x8000;
  return result;
}

/// F takes and gives floats; `sources` of them are used.
template <class F, class Format, int sources, bool pair, bool flush, bool saturate>
void half_operation(Warp& warp, const Op& op, std::uint32_t mask) {
  constexpr int count = pair ? 2 * warp_size : warp_size;
  const std::uint16_t* a = source<std::uint16_t>(warp, op.a);
  const std::uint16_t* b = sources > 1 ? source<std::uint16_t>(warp, op.b) : a;
  const std::uint16_t* c = sources > 2 ? source<std::uint16_t>(warp, op.c) : a;
  std::uint16_t* d = destination<std::uint16_t>(warp, op.d);
  for (int i = 0; i < count; ++i) {
    if (!has_lane(mask, pair ? i / 2 : i)) continue;
    const auto in = [](std::uint16_t v) {
      if (flush && (v & 0x7c00) == 0) v &= 0x8000;
      return Format::load(v);
    };
    float r;
    if constexpr (sources == 1) r = F::run(in(a[i]));
    if constexpr (sources == 2) r = F::run(in(a[i]), in(b[i]));
    if constexpr (sources == 3) {
      r = to_odd(sum_to_odd(static_cast<double>(in(a[i])) * in(b[i]), in(c[i])));
      if (op.aux != 0 && r <= 0.0f) r = 0.0f;  // .relu
    }
    if (saturate) r = saturated(r);
    d[i] = store_half<Format, flush>(r);
  }
}

template <class Format, bool pair, bool clear, bool flush>
void half_sign(Warp& warp, const Op& op, std::uint32_t mask) {
  constexpr int count = pair ? 2 * warp_size : warp_size;
  const std::uint16_t* a = source<std::uint16_t>(warp, op.a);
  std::uint16_t* d = destination<std::uint16_t>(warp, op.d);
  for (int i = 0; i < count; ++i)
    if (has_lane(mask, pair ? i / 2 : i)) {
      const std::uint16_t bits = flush && (a[i] & 0x7c00) == 0 ? a[i] & 0x8000 : a[i];
      const bool nan = (bits & 0x7fff) > Format::infinity;
      d[i] = nan || clear ? (nan ? 0x7fff : bits & 0x7fff) : bits ^ 0x8000;
    }
}

template <class Format, bool pair, bool flush, bool saturate>
Handler select_half(Alu op) {
  using Ops = FloatOps<false, false>;
  using One = FloatUnary<false>;
  using MinMax = FloatMinMax<false>;
  switch (op) {
    case Alu::add:
      return half_operation<typename Ops::Add, Format, 2, pair, flush, saturate>;
    case Alu::sub:
      return half_operation<typename Ops::Sub, Format, 2, pair, flush, saturate>;
    case Alu::mul_lo:
      return half_operation<typename Ops::Mul, Format, 2, pair, flush, saturate>;
    case Alu::fma:
    case Alu::mad_lo:
    case Alu::fma_relu:
      return half_operation<void, Format, 3, pair, flush, saturate>;
    case Alu::min:
      return half_operation<typename MinMax::Min, Format, 2, pair, flush, false>;
    case Alu::min_xorsign:
      return half_operation<XorSign<typename MinMax::Min>, Format, 2, pair, flush, false>;
    case Alu::max:
      return half_operation<typename MinMax::Max, Format, 2, pair, flush, false>;
    case Alu::max_xorsign:
      return half_operation<XorSign<typename MinMax::Max>, Format, 2, pair, flush, false>;
    case Alu::min_nan:
      return half_operation<typename MinMax::MinNan, Format, 2, pair, flush, false>;
    case Alu::min_nan_xorsign:
      return half_operation<XorSign<typename MinMax::MinNan>, Format, 2, pair, flush, false>;
    case Alu::max_nan:
      return half_operation<typename MinMax::MaxNan, Format, 2, pair, flush, false>;
    case Alu::max_nan_xorsign:
      return half_operation<XorSign<typename MinMax::MaxNan>, Format, 2, pair, flush, false>;
    case Alu::ex2:
      return half_operation<typename One::Ex2, Format, 1, pair, flush, false>;
    case Alu::tanh:
      return half_operation<typename One::Tanh, Format, 1, pair, flush, false>;
    case Alu::abs:
      return half_sign<Format, pair, true, flush>;
    case Alu::neg:
      return half_sign<Format, pair, false, flush>;
    default:
      return nullptr;
  }
}

template <class Format, bool pair>
Handler select_half(const AluRequest& request) {
  if (request.saturate)
    return request.flush ? select_half<Format, pair, true, true>(request.op)
                         : select_half<Format, pair, false, true>(request.op);
  return request.flush ? select_half<Format, pair, true, false>(request.op)
                       : select_half<Format, pair, false, false>(request.op);
}

template <class T, bool flush, bool saturate>
Handler select_float_arithmetic(Alu op) {
  using Ops = FloatOps<flush, saturate>;
  switch (op) {
    case Alu::add:
      return binary_same<typename Ops::Add, T>;
    case Alu::sub:
      return binary_same<typename Ops::Sub, T>;
    case Alu::mul_lo:
      return binary_same<typename Ops::Mul, T>;
    case Alu::div:
      return binary_same<typename Ops::Div, T>;
    case Alu::fma:
    case Alu::mad_lo:
      return ternary_same<typename Ops::Fma, T>;
    default:
      return nullptr;
  }
}

template <class T, bool flush>
Handler select_float_other(Alu op) {
  using One = FloatUnary<flush>;
  using MinMax = FloatMinMax<flush>;
  switch (op) {
    case Alu::min:
      return binary_same<typename MinMax::Min, T>;
    case Alu::max:
      return binary_same<typename MinMax::Max, T>;
    case Alu::abs:
      return unary_same<typename One::Abs, T>;
    case Alu::neg:
      return unary_same<typename One::Neg, T>;
    case Alu::sqrt:
      return unary_same<typename One::Sqrt, T>;
    case Alu::rcp:
      return unary_same<typename One::Rcp, T>;
    case Alu::rsqrt:
      return unary_same<typename One::Rsqrt, T>;
    case Alu::copysign:
      return binary_same<Copysign, T>;
    default:
      break;
  }
  if constexpr (std::is_same_v<T, float>) {
    switch (op) {
      case Alu::min_nan:
        return binary_same<typename MinMax::MinNan, T>;
      case Alu::max_nan:
        return binary_same<typename MinMax::MaxNan, T>;
      case Alu::min_xorsign:
        return binary_same<XorSign<typename MinMax::Min>, T>;
      case Alu::max_xorsign:
        return binary_same<XorSign<typename MinMax::Max>, T>;
      case Alu::min_nan_xorsign:
        return binary_same<XorSign<typename MinMax::MinNan>, T>;
      case Alu::max_nan_xorsign:
        return binary_same<XorSign<typename MinMax::MaxNan>, T>;
      case Alu::ex2:
        return unary_same<typename One::Ex2, T>;
      case Alu::lg2:
        return unary_same<typename One::Lg2, T>;
      case Alu::sin:
        return unary_same<typename One::Sin, T>;
      case Alu::cos:
        return unary_same<typename One::Cos, T>;
      case Alu::tanh:
        return unary_same<typename One::Tanh, T>;
      default:
        break;
    }
  }
  return nullptr;
}

inline Handler select_float(const AluRequest& request) {
  const Alu op = request.op;
  switch (request.type) {
    case Type::f16:
      return select_half<Half, false>(request);
    case Type::f16x2:
      return select_half<Half, true>(request);
    case Type::bf16:
      return select_half<Bfloat, false>(request);
    case Type::bf16x2:
      return select_half<Bfloat, true>(request);
    case Type::f64: {
      if (request.flush && op == Alu::rcp) return unary_same<Gross<false>, double>;
      if (request.flush && op == Alu::rsqrt) return unary_same<Gross<true>, double>;
      const Handler handler = select_float_arithmetic<double, false, false>(op);
      return handler != nullptr ? handler : select_float_other<double, false>(op);
    }
    default:
      break;
  }
  Handler handler = nullptr;
  if (request.flush)
    handler = request.saturate ? select_float_arithmetic<float, true, true>(op)
                               : select_float_arithmetic<float, true, false>(op);
  else
    handler = request.saturate ? select_float_arithmetic<float, false, true>(op)
                               : select_float_arithmetic<float, false, false>(op);
  if (handler != nullptr) return handler;
  return request.flush ? select_float_other<float, true>(op) : select_float_other<float, false>(op);
}
