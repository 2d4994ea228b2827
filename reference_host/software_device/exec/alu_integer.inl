// Integer and logic instructions. Included inside VGPU_ISA.

template <class T>
using Unsigned = std::make_unsigned_t<T>;
template <class T>
constexpr int bits_of = 8 * sizeof(T);

struct Move {
  template <class T>
  static T run(T a) {
    return a;
  }
};
struct Not {
  template <class T>
  static T run(T a) {
    return static_cast<T>(~a);
  }
};
struct Cnot {
  template <class T>
  static T run(T a) {
    return a == 0 ? 1 : 0;
  }
};
struct IntegerNegate {
  template <class T>
  static T run(T a) {
    return static_cast<T>(0 - static_cast<Unsigned<T>>(a));
  }
};
struct IntegerAbs {
  template <class T>
  static T run(T a) {
    return a < 0 ? IntegerNegate::run(a) : a;
  }
};
struct Brev {
  template <class T>
  static T run(T a) {
    T result = 0;
    for (int i = 0; i < bits_of<T>; ++i) result |= ((a >> i) & 1) << (bits_of<T> - 1 - i);
    return result;
  }
};
struct Popc {
  template <class T>
  static std::uint32_t run(T a) {
    return static_cast<std::uint32_t>(std::popcount(a));
  }
};
struct Clz {
  template <class T>
  static std::uint32_t run(T a) {
    return static_cast<std::uint32_t>(std::countl_zero(a));
  }
};
/// The position of the highest bit that differs from the sign; all ones when there is none.
template <bool as_shift>
struct Bfind {
  template <class T>
  static std::uint32_t run(T a) {
    Unsigned<T> magnitude = static_cast<Unsigned<T>>(a);
    if (a < 0) magnitude = static_cast<Unsigned<T>>(~a);
    const int zeros = std::countl_zero(magnitude);
    if (magnitude == 0) return UINT32_MAX;
    return static_cast<std::uint32_t>(as_shift ? zeros : bits_of<T> - 1 - zeros);
  }
};

struct IntegerAdd {
  template <class T>
  static T run(T a, T b) {
    return static_cast<T>(static_cast<Unsigned<T>>(a) + static_cast<Unsigned<T>>(b));
  }
};
struct IntegerSub {
  template <class T>
  static T run(T a, T b) {
    return static_cast<T>(static_cast<Unsigned<T>>(a) - static_cast<Unsigned<T>>(b));
  }
};
struct SaturatingAdd {
  static std::int32_t run(std::int32_t a, std::int32_t b) {
    const std::int64_t sum = std::int64_t{a} + b;
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(sum, INT32_MIN, INT32_MAX));
  }
};
struct SaturatingSub {
  static std::int32_t run(std::int32_t a, std::int32_t b) {
    const std::int64_t sum = std::int64_t{a} - b;
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(sum, INT32_MIN, INT32_MAX));
  }
};
struct MulLow {
  template <class T>
  static T run(T a, T b) {
    using W = std::conditional_t<sizeof(T) == 2, std::uint32_t, Unsigned<T>>;
    return static_cast<T>(static_cast<W>(a) * static_cast<W>(b));
  }
};
struct MulHigh {
  template <class T>
  static T run(T a, T b) {
    return static_cast<T>((static_cast<Wide<T>>(a) * static_cast<Wide<T>>(b)) >> bits_of<T>);
  }
};
struct MulWide {
  template <class T>
  static Wide<T> run(T a, T b) {
    return static_cast<Wide<T>>(a) * static_cast<Wide<T>>(b);
  }
};
template <bool high>
struct Mul24 {
  template <class T>
  static T run(T a, T b) {
    const std::int64_t x =
        std::is_signed_v<T>
            ? std::int64_t{static_cast<std::int32_t>(static_cast<std::uint32_t>(a) << 8) >> 8}
            : std::int64_t{a & 0xffffff};
    const std::int64_t y =
        std::is_signed_v<T>
            ? std::int64_t{static_cast<std::int32_t>(static_cast<std::uint32_t>(b) << 8) >> 8}
            : std::int64_t{b & 0xffffff};
    return static_cast<T>((x * y) >> (high ? 16 : 0));
  }
};
struct IntegerDiv {
  template <class T>
  static T run(T a, T b) {
    if (b == 0) return static_cast<T>(-1);
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return IntegerNegate::run(a);
    return static_cast<T>(a / b);
  }
};
struct IntegerRem {
  template <class T>
  static T run(T a, T b) {
    if (b == 0) return a;
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return 0;
    return static_cast<T>(a % b);
  }
};
struct IntegerMin {
  template <class T>
  static T run(T a, T b) {
    return a < b ? a : b;
  }
};
struct IntegerMax {
  template <class T>
  static T run(T a, T b) {
    return a > b ? a : b;
  }
};
struct And {
  template <class T>
  static T run(T a, T b) {
    return a & b;
  }
};
struct Or {
  template <class T>
  static T run(T a, T b) {
    return a | b;
  }
};
struct Xor {
  template <class T>
  static T run(T a, T b) {
    return a ^ b;
  }
};
struct ShiftLeft {
  template <class T>
  static T run(T a, std::uint32_t b) {
    return b >= bits_of<T> ? T{0} : static_cast<T>(a << (b & (bits_of<T> - 1)));
  }
};
struct ShiftRight {
  template <class T>
  static T run(T a, std::uint32_t b) {
    const std::uint32_t count = b >= bits_of<T> ? bits_of<T> - 1 : b;
    if constexpr (std::is_signed_v<T>) return static_cast<T>(a >> count);
    return b >= bits_of<T> ? T{0} : static_cast<T>(a >> count);
  }
};
template <bool clamp>
struct Bmsk {
  static std::uint32_t run(std::uint32_t a, std::uint32_t b) {
    if (!clamp) {
      a &= 31;
      b &= 31;
    }
    const std::uint64_t ones = b >= 32 ? UINT32_MAX : (std::uint64_t{1} << b) - 1;
    return a >= 32 ? 0 : static_cast<std::uint32_t>(ones << a);
  }
};
template <bool clamp>
struct Szext {
  template <class T>
  static T run(T a, std::uint32_t b) {
    if (!clamp) b &= 31;
    if (b >= 32) return a;
    if (b == 0) return 0;
    return static_cast<T>(static_cast<std::uint32_t>(a) << (32 - b)) >> (32 - b);
  }
};

struct MadLow {
  template <class T>
  static T run(T a, T b, T c) {
    return IntegerAdd::run(MulLow::run(a, b), c);
  }
};
struct MadHigh {
  template <class T>
  static T run(T a, T b, T c) {
    return IntegerAdd::run(MulHigh::run(a, b), c);
  }
};
struct MadHighSaturated {
  static std::int32_t run(std::int32_t a, std::int32_t b, std::int32_t c) {
    return SaturatingAdd::run(MulHigh::run(a, b), c);
  }
};
struct MadWide {
  template <class T>
  static Wide<T> run(T a, T b, Wide<T> c) {
    return IntegerAdd::run(MulWide::run(a, b), c);
  }
};
template <bool high>
struct Mad24 {
  template <class T>
  static T run(T a, T b, T c) {
    return IntegerAdd::run(Mul24<high>::run(a, b), c);
  }
};
struct Sad {
  template <class T>
  static T run(T a, T b, T c) {
    return IntegerAdd::run(c, a < b ? IntegerSub::run(b, a) : IntegerSub::run(a, b));
  }
};
struct Bfe {
  template <class T>
  static T run(T a, std::uint32_t position, std::uint32_t length) {
    position &= 0xff;
    length &= 0xff;
    constexpr std::uint32_t width = bits_of<T>;
    if (length == 0) return 0;
    const std::uint32_t start = position < width ? position : width - 1;
    Unsigned<T> value = position < width ? static_cast<Unsigned<T>>(a) >> position : 0;
    const std::uint32_t available = position < width ? width - position : 0;
    const std::uint32_t taken = length < available ? length : available;
    if (taken < width) value &= static_cast<Unsigned<T>>((Unsigned<T>{1} << taken) - 1);
    if constexpr (std::is_signed_v<T>) {
      const std::uint32_t last = length - 1 < width - 1 - start ? start + length - 1 : width - 1;
      if ((a >> last) & 1) {
        if (taken < width) value |= static_cast<Unsigned<T>>(~Unsigned<T>{0} << taken);
      }
    }
    return static_cast<T>(value);
  }
};
struct ShiftFunnel {
  template <bool right, bool wrap>
  struct Of {
    static std::uint32_t run(std::uint32_t low, std::uint32_t high, std::uint32_t count) {
      const std::uint32_t n = wrap ? count & 31 : (count < 32 ? count : 32);
      const std::uint64_t both = static_cast<std::uint64_t>(high) << 32 | low;
      return static_cast<std::uint32_t>(right ? both >> n : (both << n) >> 32);
    }
  };
};
struct Vabsdiff4 {
  template <class T>
  static T run(T a, T b, T c) {
    std::uint32_t sum = static_cast<std::uint32_t>(c);
    for (int i = 0; i < 32; i += 8) {
      using Byte = std::conditional_t<std::is_signed_v<T>, std::int8_t, std::uint8_t>;
      const int x = static_cast<Byte>(static_cast<std::uint32_t>(a) >> i);
      const int y = static_cast<Byte>(static_cast<std::uint32_t>(b) >> i);
      sum += static_cast<std::uint32_t>(x < y ? y - x : x - y);
    }
    return static_cast<T>(sum);
  }
};
template <class A, class B>
struct Dp4a {
  static std::uint32_t run(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    for (int i = 0; i < 32; i += 8)
      c += static_cast<std::uint32_t>(int{static_cast<A>(a >> i)} * int{static_cast<B>(b >> i)});
    return c;
  }
};
template <class A, class B, bool high>
struct Dp2a {  // A: 16-bit halves of a, B: two bytes of b
  static std::uint32_t run(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    for (int i = 0; i < 2; ++i)
      c += static_cast<std::uint32_t>(int{static_cast<A>(a >> (16 * i))} *
                                      int{static_cast<B>(b >> (8 * i + (high ? 16 : 0)))});
    return c;
  }
};

/// bfi has four sources; the length is in `aux` as an operand code.
template <class T>
void bit_field_insert(Warp& warp, const Op& op, std::uint32_t mask) {
  const T* a = source<T>(warp, op.a);
  const T* b = source<T>(warp, op.b);
  const std::uint32_t* positions = source<std::uint32_t>(warp, op.c);
  const std::uint32_t* lengths = source<std::uint32_t>(warp, op.aux);
  T r[warp_size];
  for (int i = 0; i < warp_size; ++i) {
    const std::uint32_t position = positions[i] & 0xff;
    const std::uint32_t length = lengths[i] & 0xff;
    r[i] = b[i];
    if (length == 0 || position >= bits_of<T>) continue;
    const T ones =
        length >= bits_of<T> ? static_cast<T>(~T{0}) : static_cast<T>((T{1} << length) - 1);
    const T field = static_cast<T>(ones << position);
    r[i] = static_cast<T>((b[i] & ~field) | ((a[i] << position) & field));
  }
  put(warp, op.d, r, mask);
}

/// Any logic function of three words; the table is in `aux`.
inline void lop3(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint32_t* a = source<std::uint32_t>(warp, op.a);
  const std::uint32_t* b = source<std::uint32_t>(warp, op.b);
  const std::uint32_t* c = source<std::uint32_t>(warp, op.c);
  std::uint32_t r[warp_size] = {};
  for (std::uint32_t term = 0; term < 8; ++term) {
    if (((op.aux >> term) & 1) == 0) continue;
    const std::uint32_t x = term & 4 ? 0 : UINT32_MAX;
    const std::uint32_t y = term & 2 ? 0 : UINT32_MAX;
    const std::uint32_t z = term & 1 ? 0 : UINT32_MAX;
    for (int i = 0; i < warp_size; ++i) r[i] |= (a[i] ^ x) & (b[i] ^ y) & (c[i] ^ z);
  }
  put(warp, op.d, r, mask);
}

/// Byte permutation; `aux`: 0 by selector, else 1 f4e, 2 b4e, 3 rc8, 4 ecl, 5 ecr, 6 rc16.
inline void permute(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint32_t* a = source<std::uint32_t>(warp, op.a);
  const std::uint32_t* b = source<std::uint32_t>(warp, op.b);
  const std::uint32_t* c = source<std::uint32_t>(warp, op.c);
  static constexpr std::uint16_t modes[6][4] = {
      {0x3210, 0x4321, 0x5432, 0x6543}, {0x5670, 0x6701, 0x7012, 0x0123},
      {0x0000, 0x1111, 0x2222, 0x3333}, {0x3210, 0x3211, 0x3222, 0x3333},
      {0x0000, 0x1110, 0x2210, 0x3210}, {0x1010, 0x3232, 0x1010, 0x3232}};
  std::uint32_t r[warp_size];
  for (int i = 0; i < warp_size; ++i) {
    const std::uint64_t both = static_cast<std::uint64_t>(b[i]) << 32 | a[i];
    const std::uint32_t selector = op.aux == 0 ? c[i] : modes[op.aux - 1][c[i] & 3];
    std::uint32_t result = 0;
    for (int byte = 0; byte < 4; ++byte) {
      const std::uint32_t which = selector >> (4 * byte);
      std::uint32_t value = static_cast<std::uint32_t>(both >> (8 * (which & 7))) & 0xff;
      if (which & 8) value = value & 0x80 ? 0xff : 0;
      result |= value << (8 * byte);
    }
    r[i] = result;
  }
  put(warp, op.d, r, mask);
}

/// Selection by predicate `c`.
template <class T>
void select_value(Warp& warp, const Op& op, std::uint32_t mask) {
  const T* a = source<T>(warp, op.a);
  const T* b = source<T>(warp, op.b);
  T* d = destination<T>(warp, op.d);
  std::uint32_t chosen = *source<std::uint32_t>(warp, op.c);
  if (op.invert_c) chosen = ~chosen;
  if (mask == all_lanes) {
    VGPU_LANES for (int i = 0; i < warp_size; ++i) d[i] = has_lane(chosen, i) ? a[i] : b[i];
  } else {
    VGPU_LANES for (int i = 0; i < warp_size; ++i) {
      const T value = has_lane(chosen, i) ? a[i] : b[i];
      d[i] = has_lane(mask, i) ? value : d[i];
    }
  }
}
struct SlctInteger {
  template <class T>
  static T run(T a, T b, std::int32_t c) {
    return c >= 0 ? a : b;
  }
};
template <bool flush>
struct SlctFloat {
  template <class T>
  static T run(T a, T b, float c) {
    return flushed<flush>(c) >= 0.0f ? a : b;
  }
};

/// Additions with the carry flag. Subtraction adds the complement, its borrow is the inverse carry.
template <class T, bool subtract, bool use_carry, bool set_carry>
void carry_add(Warp& warp, const Op& op, std::uint32_t mask) {
  const T* a = source<T>(warp, op.a);
  const T* b = source<T>(warp, op.b);
  T r[warp_size];
  std::uint32_t carry = 0;
  for (int i = 0; i < warp_size; ++i) {
    const T in = use_carry ? (warp.carry >> i) & 1 : 0;
    if (subtract) {
      const T first = a[i] - b[i];
      r[i] = first - in;
      carry |= static_cast<std::uint32_t>((a[i] < b[i]) | (first < in)) << i;
    } else {
      const T first = a[i] + b[i];
      r[i] = first + in;
      carry |= static_cast<std::uint32_t>((first < a[i]) | (r[i] < first)) << i;
    }
  }
  if (set_carry) warp.carry = (warp.carry & ~mask) | (carry & mask);
  put(warp, op.d, r, mask);
}

template <class T, bool high, bool use_carry, bool set_carry>
void carry_mad(Warp& warp, const Op& op, std::uint32_t mask) {
  const T* a = source<T>(warp, op.a);
  const T* b = source<T>(warp, op.b);
  const T* c = source<T>(warp, op.c);
  T r[warp_size];
  std::uint32_t carry = 0;
  for (int i = 0; i < warp_size; ++i) {
    const T product = high ? MulHigh::run(a[i], b[i]) : MulLow::run(a[i], b[i]);
    const T in = use_carry ? (warp.carry >> i) & 1 : 0;
    const auto first = static_cast<Unsigned<T>>(static_cast<Unsigned<T>>(product) +
                                                static_cast<Unsigned<T>>(c[i]));
    const auto sum = static_cast<Unsigned<T>>(first + static_cast<Unsigned<T>>(in));
    carry |= static_cast<std::uint32_t>((first < static_cast<Unsigned<T>>(product)) | (sum < first))
             << i;
    r[i] = static_cast<T>(sum);
  }
  if (set_carry) warp.carry = (warp.carry & ~mask) | (carry & mask);
  put(warp, op.d, r, mask);
}

/// Predicate logic: the operands are masks.
template <Alu operation>
void predicate_logic(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint32_t a = *source<std::uint32_t>(warp, op.a);
  const std::uint32_t b = *source<std::uint32_t>(warp, op.b);
  std::uint32_t& d = predicate(warp, op.d);
  std::uint32_t r = a;
  if constexpr (operation == Alu::pred_not) r = ~a;
  if constexpr (operation == Alu::pred_and) r = a & b;
  if constexpr (operation == Alu::pred_or) r = a | b;
  if constexpr (operation == Alu::pred_xor) r = a ^ b;
  d = (d & ~mask) | (r & mask);
}

template <class F>
Handler integers(Type type) {
  switch (type) {
    case Type::u16:
    case Type::b16:
      return binary_same<F, std::uint16_t>;
    case Type::s16:
      return binary_same<F, std::int16_t>;
    case Type::u32:
    case Type::b32:
      return binary_same<F, std::uint32_t>;
    case Type::s32:
      return binary_same<F, std::int32_t>;
    case Type::u64:
    case Type::b64:
      return binary_same<F, std::uint64_t>;
    case Type::s64:
      return binary_same<F, std::int64_t>;
    default:
      return nullptr;
  }
}

/// For operations whose result does not depend on the sign.
template <class F>
Handler words(Type type) {
  switch (ptx::size_of(type)) {
    case 2:
      return binary_same<F, std::uint16_t>;
    case 4:
      return binary_same<F, std::uint32_t>;
    case 8:
      return binary_same<F, std::uint64_t>;
    default:
      return nullptr;
  }
}

template <class F>
Handler unary_words(Type type) {
  switch (ptx::size_of(type)) {
    case 2:
      return unary_same<F, std::uint16_t>;
    case 4:
      return unary_same<F, std::uint32_t>;
    case 8:
      return unary_same<F, std::uint64_t>;
    default:
      return nullptr;
  }
}

template <class F>
Handler shifts(Type type) {
  switch (type) {
    case Type::u16:
    case Type::b16:
      return binary<F, std::uint16_t, std::uint16_t, std::uint32_t>;
    case Type::s16:
      return binary<F, std::int16_t, std::int16_t, std::uint32_t>;
    case Type::u32:
    case Type::b32:
      return binary<F, std::uint32_t, std::uint32_t, std::uint32_t>;
    case Type::s32:
      return binary<F, std::int32_t, std::int32_t, std::uint32_t>;
    case Type::u64:
    case Type::b64:
      return binary<F, std::uint64_t, std::uint64_t, std::uint32_t>;
    case Type::s64:
      return binary<F, std::int64_t, std::int64_t, std::uint32_t>;
    default:
      return nullptr;
  }
}

template <class F>
Handler integers3(Type type) {
  switch (type) {
    case Type::u16:
      return ternary_same<F, std::uint16_t>;
    case Type::s16:
      return ternary_same<F, std::int16_t>;
    case Type::u32:
      return ternary_same<F, std::uint32_t>;
    case Type::s32:
      return ternary_same<F, std::int32_t>;
    case Type::u64:
      return ternary_same<F, std::uint64_t>;
    case Type::s64:
      return ternary_same<F, std::int64_t>;
    default:
      return nullptr;
  }
}

template <class F>
Handler fields(Type type) {
  switch (type) {
    case Type::u32:
      return ternary<F, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;
    case Type::s32:
      return ternary<F, std::int32_t, std::int32_t, std::uint32_t, std::uint32_t>;
    case Type::u64:
      return ternary<F, std::uint64_t, std::uint64_t, std::uint32_t, std::uint32_t>;
    case Type::s64:
      return ternary<F, std::int64_t, std::int64_t, std::uint32_t, std::uint32_t>;
    default:
      return nullptr;
  }
}

template <class F>
Handler counts(Type type) {
  switch (type) {
    case Type::u32:
    case Type::b32:
      return unary<F, std::uint32_t, std::uint32_t>;
    case Type::u64:
    case Type::b64:
      return unary<F, std::uint32_t, std::uint64_t>;
    default:
      return nullptr;
  }
}

template <class F>
Handler signed_counts(Type type) {
  if (type == Type::s32) return unary<F, std::uint32_t, std::int32_t>;
  if (type == Type::s64) return unary<F, std::uint32_t, std::int64_t>;
  return counts<F>(type);
}

template <bool subtract, bool use, bool set>
Handler carries(Type type) {
  return ptx::size_of(type) == 4   ? carry_add<std::uint32_t, subtract, use, set>
         : ptx::size_of(type) == 8 ? carry_add<std::uint64_t, subtract, use, set>
                                   : nullptr;
}

template <bool high, bool use, bool set>
Handler carry_mads(Type type) {
  switch (type) {
    case Type::u32:
      return carry_mad<std::uint32_t, high, use, set>;
    case Type::s32:
      return carry_mad<std::int32_t, high, use, set>;
    case Type::u64:
      return carry_mad<std::uint64_t, high, use, set>;
    case Type::s64:
      return carry_mad<std::int64_t, high, use, set>;
    default:
      return nullptr;
  }
}

template <class A>
Handler dot_products(const AluRequest& request) {
  using ByteA = std::conditional_t<std::is_signed_v<A>, std::int8_t, std::uint8_t>;
  const bool b_signed = request.second_type == Type::s32;
  using std::uint32_t;
  switch (request.op) {
    case Alu::dp4a:
      return b_signed ? ternary_same<Dp4a<ByteA, std::int8_t>, uint32_t>
                      : ternary_same<Dp4a<ByteA, std::uint8_t>, uint32_t>;
    case Alu::dp2a_lo:
      return b_signed ? ternary_same<Dp2a<A, std::int8_t, false>, uint32_t>
                      : ternary_same<Dp2a<A, std::uint8_t, false>, uint32_t>;
    default:
      return b_signed ? ternary_same<Dp2a<A, std::int8_t, true>, uint32_t>
                      : ternary_same<Dp2a<A, std::uint8_t, true>, uint32_t>;
  }
}

inline Handler select_integer(const AluRequest& request) {
  const Type type = request.type;
  using u16 = std::uint16_t;
  using u32 = std::uint32_t;
  using s32 = std::int32_t;
  using u64 = std::uint64_t;
  switch (request.op) {
    case Alu::mov:
      return unary_words<Move>(type);
    case Alu::not_:
      return unary_words<Not>(type);
    case Alu::cnot:
      return unary_words<Cnot>(type);
    case Alu::neg:
      return unary_words<IntegerNegate>(type);
    case Alu::abs:
      return type == Type::s16   ? unary_same<IntegerAbs, std::int16_t>
             : type == Type::s32 ? unary_same<IntegerAbs, s32>
             : type == Type::s64 ? unary_same<IntegerAbs, std::int64_t>
                                 : nullptr;
    case Alu::brev:
      return ptx::size_of(type) == 8 ? unary_same<Brev, u64> : unary_same<Brev, u32>;
    case Alu::popc:
      return counts<Popc>(type);
    case Alu::clz:
      return counts<Clz>(type);
    case Alu::bfind:
      return signed_counts<Bfind<false>>(type);
    case Alu::bfind_shift:
      return signed_counts<Bfind<true>>(type);
    case Alu::add:
      if (request.saturate) return type == Type::s32 ? binary_same<SaturatingAdd, s32> : nullptr;
      return words<IntegerAdd>(type);
    case Alu::sub:
      if (request.saturate) return type == Type::s32 ? binary_same<SaturatingSub, s32> : nullptr;
      return words<IntegerSub>(type);
    case Alu::mul_lo:
      return words<MulLow>(type);
    case Alu::mul_hi:
      return integers<MulHigh>(type);
    case Alu::mul_wide:
      switch (type) {
        case Type::u16:
          return binary<MulWide, u32, u16, u16>;
        case Type::s16:
          return binary<MulWide, s32, std::int16_t, std::int16_t>;
        case Type::u32:
          return binary<MulWide, u64, u32, u32>;
        case Type::s32:
          return binary<MulWide, std::int64_t, s32, s32>;
        default:
          return nullptr;
      }
    case Alu::mul24_lo:
      return type == Type::s32 ? binary_same<Mul24<false>, s32> : binary_same<Mul24<false>, u32>;
    case Alu::mul24_hi:
      return type == Type::s32 ? binary_same<Mul24<true>, s32> : binary_same<Mul24<true>, u32>;
    case Alu::mad24_lo:
      return type == Type::s32 ? ternary_same<Mad24<false>, s32> : ternary_same<Mad24<false>, u32>;
    case Alu::mad24_hi:
      return type == Type::s32 ? ternary_same<Mad24<true>, s32> : ternary_same<Mad24<true>, u32>;
    case Alu::div:
      return integers<IntegerDiv>(type);
    case Alu::rem:
      return integers<IntegerRem>(type);
    case Alu::min:
      return integers<IntegerMin>(type);
    case Alu::max:
      return integers<IntegerMax>(type);
    case Alu::and_:
      return words<And>(type);
    case Alu::or_:
      return words<Or>(type);
    case Alu::xor_:
      return words<Xor>(type);
    case Alu::shl:
      return shifts<ShiftLeft>(type);
    case Alu::shr:
      return shifts<ShiftRight>(type);
    case Alu::bmsk_clamp:
      return binary_same<Bmsk<true>, u32>;
    case Alu::bmsk_wrap:
      return binary_same<Bmsk<false>, u32>;
    case Alu::szext_clamp:
      return type == Type::s32 ? binary<Szext<true>, s32, s32, u32>
                               : binary<Szext<true>, u32, u32, u32>;
    case Alu::szext_wrap:
      return type == Type::s32 ? binary<Szext<false>, s32, s32, u32>
                               : binary<Szext<false>, u32, u32, u32>;
    case Alu::add_cc:
      return carries<false, false, true>(type);
    case Alu::addc:
      return carries<false, true, false>(type);
    case Alu::addc_cc:
      return carries<false, true, true>(type);
    case Alu::sub_cc:
      return carries<true, false, true>(type);
    case Alu::subc:
      return carries<true, true, false>(type);
    case Alu::subc_cc:
      return carries<true, true, true>(type);
    case Alu::mad_lo:
      return integers3<MadLow>(type);
    case Alu::mad_hi:
      if (request.saturate)
        return type == Type::s32 ? ternary_same<MadHighSaturated, s32> : nullptr;
      return integers3<MadHigh>(type);
    case Alu::mad_wide:
      switch (type) {
        case Type::u16:
          return ternary<MadWide, u32, u16, u16, u32>;
        case Type::s16:
          return ternary<MadWide, s32, std::int16_t, std::int16_t, s32>;
        case Type::u32:
          return ternary<MadWide, u64, u32, u32, u64>;
        case Type::s32:
          return ternary<MadWide, std::int64_t, s32, s32, std::int64_t>;
        default:
          return nullptr;
      }
    case Alu::mad_lo_cc:
      return carry_mads<false, false, true>(type);
    case Alu::madc_lo:
      return carry_mads<false, true, false>(type);
    case Alu::madc_lo_cc:
      return carry_mads<false, true, true>(type);
    case Alu::mad_hi_cc:
      return carry_mads<true, false, true>(type);
    case Alu::madc_hi:
      return carry_mads<true, true, false>(type);
    case Alu::madc_hi_cc:
      return carry_mads<true, true, true>(type);
    case Alu::sad:
      return integers3<Sad>(type);
    case Alu::bfe:
      return fields<Bfe>(type);
    case Alu::bfi:
      return ptx::size_of(type) == 8 ? bit_field_insert<u64> : bit_field_insert<u32>;
    case Alu::lop3:
      return lop3;
    case Alu::prmt:
      return permute;
    case Alu::selp:
      return ptx::size_of(type) == 2   ? select_value<u16>
             : ptx::size_of(type) == 4 ? select_value<u32>
                                       : select_value<u64>;
    case Alu::slct_s32:
      return ptx::size_of(type) == 2   ? ternary<SlctInteger, u16, u16, u16, s32>
             : ptx::size_of(type) == 4 ? ternary<SlctInteger, u32, u32, u32, s32>
                                       : ternary<SlctInteger, u64, u64, u64, s32>;
    case Alu::slct_f32:
      if (request.flush)
        return ptx::size_of(type) == 4 ? ternary<SlctFloat<true>, u32, u32, u32, float>
                                       : ternary<SlctFloat<true>, u64, u64, u64, float>;
      return ptx::size_of(type) == 4 ? ternary<SlctFloat<false>, u32, u32, u32, float>
                                     : ternary<SlctFloat<false>, u64, u64, u64, float>;
    case Alu::shf_l_clamp:
      return ternary_same<ShiftFunnel::Of<false, false>, u32>;
    case Alu::shf_l_wrap:
      return ternary_same<ShiftFunnel::Of<false, true>, u32>;
    case Alu::shf_r_clamp:
      return ternary_same<ShiftFunnel::Of<true, false>, u32>;
    case Alu::shf_r_wrap:
      return ternary_same<ShiftFunnel::Of<true, true>, u32>;
    case Alu::vabsdiff4:
      return type == Type::s32 ? ternary_same<Vabsdiff4, s32> : ternary_same<Vabsdiff4, u32>;
    case Alu::dp4a:
    case Alu::dp2a_lo:
    case Alu::dp2a_hi:
      return type == Type::s32 ? dot_products<std::int16_t>(request)
                               : dot_products<std::uint16_t>(request);
    case Alu::pred_mov:
      return predicate_logic<Alu::pred_mov>;
    case Alu::pred_not:
      return predicate_logic<Alu::pred_not>;
    case Alu::pred_and:
      return predicate_logic<Alu::pred_and>;
    case Alu::pred_or:
      return predicate_logic<Alu::pred_or>;
    case Alu::pred_xor:
      return predicate_logic<Alu::pred_xor>;
    default:
      return nullptr;
  }
}
