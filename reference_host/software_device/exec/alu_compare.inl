// set, setp and testp. Included inside VGPU_ISA.

template <Compare compare>
struct Compared {
  template <class T>
  static bool run(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      const bool unordered = a != a || b != b;
      switch (compare) {
        case Compare::eq:
          return a == b;
        case Compare::ne:
          return !unordered && a != b;
        case Compare::lt:
          return a < b;
        case Compare::le:
          return a <= b;
        case Compare::gt:
          return a > b;
        case Compare::ge:
          return a >= b;
        case Compare::equ:
          return unordered || a == b;
        case Compare::neu:
          return !(a == b);
        case Compare::ltu:
          return !(a >= b);
        case Compare::leu:
          return !(a > b);
        case Compare::gtu:
          return !(a <= b);
        case Compare::geu:
          return !(a < b);
        case Compare::num:
          return !unordered;
        case Compare::nan:
          return unordered;
      }
    } else {
      switch (compare) {
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
    return false;
  }
};

template <class F, class T, bool flush>
std::uint32_t compared(const T* a, const T* b) {
  using Word = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;
  alignas(32) Word words[warp_size];
  VGPU_LANES for (int i = 0; i < warp_size; ++i) {
    if constexpr (std::is_same_v<T, float>)
      words[i] = F::run(flushed<flush>(a[i]), flushed<flush>(b[i])) ? -1 : 0;
    else
      words[i] = F::run(a[i], b[i]) ? -1 : 0;
  }
  return mask_of(words);
}

inline std::uint32_t combined(std::uint32_t result, const Warp& warp, const Op& op) {
  const auto combine = static_cast<Combine>(op.aux & 3);
  if (combine == Combine::none) return result;
  std::uint32_t other = *source<std::uint32_t>(warp, op.c);
  if (op.invert_c) other = ~other;
  if (combine == Combine::and_) return result & other;
  if (combine == Combine::or_) return result | other;
  return result ^ other;
}

/// `aux`: bits 0-1 Combine; bit 2: a second predicate at offset `immediate` gets the complement of
/// the comparison, combined the same way.
inline void store_predicates(Warp& warp, const Op& op, std::uint32_t mask, std::uint32_t result) {
  const std::uint32_t first = combined(result, warp, op);
  const std::uint32_t second = combined(~result, warp, op);
  if (op.d != no_guard) {
    std::uint32_t& d = predicate(warp, op.d);
    d = (d & ~mask) | (first & mask);
  }
  if (op.aux & 4) {
    std::uint32_t& q = predicate(warp, static_cast<std::uint32_t>(op.immediate));
    q = (q & ~mask) | (second & mask);
  }
}

/// What a set instruction writes: predicates, or the low bits of `immediate` where the comparison
/// holds, with bit 32 for a 16-bit register.
enum class SetAs { predicate, value };
constexpr std::uint64_t narrow_value = std::uint64_t{1} << 32;
/// setp and set: 16-bit operands are flushed; in `aux`.
constexpr std::uint32_t flush_halves = 8;

template <SetAs as>
void store_compared(Warp& warp, const Op& op, std::uint32_t mask, std::uint32_t result) {
  if constexpr (as == SetAs::predicate) {
    store_predicates(warp, op, mask, result);
  } else {
    const std::uint32_t bits = combined(result, warp, op);
    const auto fill = [&]<class T>(T yes) {
      T values[warp_size];
      for (int i = 0; i < warp_size; ++i) values[i] = has_lane(bits, i) ? yes : T{0};
      put(warp, op.d, values, mask);
    };
    if (op.immediate & narrow_value)
      fill(static_cast<std::uint16_t>(op.immediate));
    else
      fill(static_cast<std::uint32_t>(op.immediate));
  }
}

template <SetAs as, class F, class T, bool flush>
void compare_lanes(Warp& warp, const Op& op, std::uint32_t mask) {
  store_compared<as>(warp, op, mask,
                     compared<F, T, flush>(source<T>(warp, op.a), source<T>(warp, op.b)));
}

template <class Format>
float compared_half(const Op& op, std::uint16_t bits) {
  if ((op.aux & flush_halves) && (bits & 0x7c00) == 0) bits &= 0x8000;
  return Format::load(bits);
}

template <SetAs as, class F, class Format>
void compare_halves(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint16_t* a = source<std::uint16_t>(warp, op.a);
  const std::uint16_t* b = source<std::uint16_t>(warp, op.b);
  std::uint32_t result = 0;
  for (int i = 0; i < warp_size; ++i)
    result |= static_cast<std::uint32_t>(
                  F::run(compared_half<Format>(op, a[i]), compared_half<Format>(op, b[i])))
              << i;
  store_compared<as>(warp, op, mask, result);
}

/// Two comparisons per lane, each combined with the predicate.
template <class F, class Format>
void compare_pairs(const Warp& warp, const Op& op, std::uint32_t& low, std::uint32_t& high) {
  const std::uint16_t* a = source<std::uint16_t>(warp, op.a);
  const std::uint16_t* b = source<std::uint16_t>(warp, op.b);
  const auto compared = [&](int i) {
    return static_cast<std::uint32_t>(
        F::run(compared_half<Format>(op, a[i]), compared_half<Format>(op, b[i])));
  };
  for (int i = 0; i < warp_size; ++i) {
    low |= compared(2 * i) << i;
    high |= compared(2 * i + 1) << i;
  }
  low = combined(low, warp, op);
  high = combined(high, warp, op);
}

/// The first predicate belongs to the low halves.
template <class F, class Format>
void compare_half_pairs(Warp& warp, const Op& op, std::uint32_t mask) {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  compare_pairs<F, Format>(warp, op, low, high);
  if (op.d != no_guard) {
    std::uint32_t& d = predicate(warp, op.d);
    d = (d & ~mask) | (low & mask);
  }
  if (op.aux & 4) {
    std::uint32_t& q = predicate(warp, static_cast<std::uint32_t>(op.immediate));
    q = (q & ~mask) | (high & mask);
  }
}

/// set with f16x2 and bf16x2 operands: the low half of `immediate` in each half.
template <class F, class Format>
void set_half_pairs(Warp& warp, const Op& op, std::uint32_t mask) {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  compare_pairs<F, Format>(warp, op, low, high);
  std::uint16_t* d = destination<std::uint16_t>(warp, op.d);
  const auto yes = static_cast<std::uint16_t>(op.immediate);
  for (int i = 0; i < warp_size; ++i) {
    if (!has_lane(mask, i)) continue;
    d[2 * i] = has_lane(low, i) ? yes : 0;
    d[2 * i + 1] = has_lane(high, i) ? yes : 0;
  }
}

template <SetAs as, Compare compare>
Handler compare_as(const AluRequest& request) {
  using F = Compared<compare>;
  constexpr bool for_integers = compare <= Compare::ge;
  switch (request.type) {
    case Type::f32:
      return request.flush ? compare_lanes<as, F, float, true> : compare_lanes<as, F, float, false>;
    case Type::f64:
      return compare_lanes<as, F, double, false>;
    case Type::f16:
      return compare_halves<as, F, Half>;
    case Type::bf16:
      return compare_halves<as, F, Bfloat>;
    case Type::f16x2:
      if constexpr (as == SetAs::predicate) return compare_half_pairs<F, Half>;
      return set_half_pairs<F, Half>;
    case Type::bf16x2:
      if constexpr (as == SetAs::predicate) return compare_half_pairs<F, Bfloat>;
      return set_half_pairs<F, Bfloat>;
    default:
      break;
  }
  if constexpr (for_integers) {
    switch (request.type) {
      case Type::u16:
      case Type::b16:
        return compare_lanes<as, F, std::uint16_t, false>;
      case Type::s16:
        return compare_lanes<as, F, std::int16_t, false>;
      case Type::u32:
      case Type::b32:
        return compare_lanes<as, F, std::uint32_t, false>;
      case Type::s32:
        return compare_lanes<as, F, std::int32_t, false>;
      case Type::u64:
      case Type::b64:
        return compare_lanes<as, F, std::uint64_t, false>;
      case Type::s64:
        return compare_lanes<as, F, std::int64_t, false>;
      default:
        break;
    }
  }
  return nullptr;
}

template <SetAs as>
Handler compares(const AluRequest& request) {
  switch (request.compare) {
    case Compare::eq:
      return compare_as<as, Compare::eq>(request);
    case Compare::ne:
      return compare_as<as, Compare::ne>(request);
    case Compare::lt:
      return compare_as<as, Compare::lt>(request);
    case Compare::le:
      return compare_as<as, Compare::le>(request);
    case Compare::gt:
      return compare_as<as, Compare::gt>(request);
    case Compare::ge:
      return compare_as<as, Compare::ge>(request);
    case Compare::equ:
      return compare_as<as, Compare::equ>(request);
    case Compare::neu:
      return compare_as<as, Compare::neu>(request);
    case Compare::ltu:
      return compare_as<as, Compare::ltu>(request);
    case Compare::leu:
      return compare_as<as, Compare::leu>(request);
    case Compare::gtu:
      return compare_as<as, Compare::gtu>(request);
    case Compare::geu:
      return compare_as<as, Compare::geu>(request);
    case Compare::num:
      return compare_as<as, Compare::num>(request);
    case Compare::nan:
      return compare_as<as, Compare::nan>(request);
  }
  return nullptr;
}

/// testp: `aux` is 0 finite, 1 infinite, 2 number, 3 notanumber, 4 normal, 5 subnormal.
template <class T>
void test_property(Warp& warp, const Op& op, std::uint32_t mask) {
  const T* a = source<T>(warp, op.a);
  std::uint32_t result = 0;
  for (int i = 0; i < warp_size; ++i) {
    const int kind = std::fpclassify(a[i]);
    bool holds = false;
    switch (op.aux) {
      case 0:
        holds = kind != FP_NAN && kind != FP_INFINITE;
        break;
      case 1:
        holds = kind == FP_INFINITE;
        break;
      case 2:
        holds = kind != FP_NAN;
        break;
      case 3:
        holds = kind == FP_NAN;
        break;
      case 4:
        holds = kind == FP_NORMAL || kind == FP_ZERO;
        break;
      default:
        holds = kind == FP_SUBNORMAL;
        break;
    }
    result |= static_cast<std::uint32_t>(holds) << i;
  }
  std::uint32_t& d = predicate(warp, op.d);
  d = (d & ~mask) | (result & mask);
}
