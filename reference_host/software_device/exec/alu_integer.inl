// Integer and logic instructions, one lane at a time. Included inside VGPU_ISA.

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
/// .relu: negative results become zero.
template <class F>
struct Relu {
  template <class T>
  static T run(T a, T b) {
    const T r = F::run(a, b);
    return r < 0 ? T{0} : r;
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
struct Mad24HighSaturated {
  static std::int32_t run(std::int32_t a, std::int32_t b, std::int32_t c) {
    return SaturatingAdd::run(Mul24<true>::run(a, b), c);
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
    constexpr std::uint32_t width = bits_of<T>;
    if (width == 32) {  // 64-bit fields take all bits of both
      position &= 0xff;
      length &= 0xff;
    }
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
/// The position of the n-th bit set in a from b on: upwards for positive n, downwards for negative.
struct FindNth {
  static std::uint32_t run(std::uint32_t a, std::uint32_t b, std::int32_t n) {
    if (b > 31) return UINT32_MAX;
    if (n == 0) return (a >> b) & 1 ? b : UINT32_MAX;
    std::int64_t left = n > 0 ? std::int64_t{n} : -std::int64_t{n};
    for (int at = static_cast<int>(b); at >= 0 && at<32; at += n> 0 ? 1 : -1)
      if (((a >> at) & 1) != 0 && --left == 0) return static_cast<std::uint32_t>(at);
    return UINT32_MAX;
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
