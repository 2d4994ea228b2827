// Integer and logic instructions that are not one function per lane. Included inside VGPU_ISA.

/// bfi has four sources; the length is in `aux` as an operand code.
template <class T>
void bit_field_insert(Warp& warp, const Op& op, std::uint32_t mask) {
  const T* a = source<T>(warp, op.a);
  const T* b = source<T>(warp, op.b);
  const std::uint32_t* positions = source<std::uint32_t>(warp, op.c);
  const std::uint32_t* lengths = source<std::uint32_t>(warp, op.aux);
  T r[warp_size];
  for (int i = 0; i < warp_size; ++i) {
    constexpr std::uint32_t taken = bits_of<T> == 32 ? 0xff : UINT32_MAX;
    const std::uint32_t position = positions[i] & taken;
    const std::uint32_t length = lengths[i] & taken;
    r[i] = b[i];
    if (length == 0 || position >= bits_of<T>) continue;
    const T ones =
        length >= bits_of<T> ? static_cast<T>(~T{0}) : static_cast<T>((T{1} << length) - 1);
    const T field = static_cast<T>(ones << position);
    r[i] = static_cast<T>((b[i] & ~field) | ((a[i] << position) & field));
  }
  put(warp, op.d, r, mask);
}

/// Any logic function of three words; the table is in `aux`, above it how the predicate that says
/// whether the result is not zero is combined.
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
  if (op.d != no_guard) put(warp, op.d, r, mask);
  if (op.aux >> 8 == 0) return;
  std::uint32_t result = 0;
  for (int i = 0; i < warp_size; ++i) result |= static_cast<std::uint32_t>(r[i] != 0) << i;
  std::uint32_t other = *source<std::uint32_t>(warp, op.extra);
  if (op.invert_c) other = ~other;
  const auto combine = static_cast<Combine>(op.aux >> 8);
  result = combine == Combine::and_  ? result & other
           : combine == Combine::or_ ? result | other
                                     : result ^ other;
  if (op.immediate == no_guard) return;
  std::uint32_t& p = predicate(warp, static_cast<std::uint32_t>(op.immediate));
  p = (p & ~mask) | (result & mask);
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
    compute_lanes(d, mask, [=](int i) { return has_lane(chosen, i) ? a[i] : b[i]; });
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

/// Additions with the carry flag. Subtraction adds the complement and leaves the carry of that, which is
/// the inverse of its borrow: what compilers make of wide divisions reads it by addc.
template <class T, bool subtract, bool use_carry, bool set_carry>
void carry_add(Warp& warp, const Op& op, std::uint32_t mask) {
  const T* a = source<T>(warp, op.a);
  const T* b = source<T>(warp, op.b);
  T r[warp_size];
  std::uint32_t carry = 0;
  for (int i = 0; i < warp_size; ++i) {
    const T flag = (warp.carry >> i) & 1;
    if (subtract) {
      const T borrow = use_carry ? 1 - flag : 0;
      const T first = a[i] - b[i];
      r[i] = first - borrow;
      carry |= static_cast<std::uint32_t>((a[i] >= b[i]) & (first >= borrow)) << i;
    } else {
      const T in = use_carry ? flag : 0;
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

/// Two 16-bit integers in each word.
template <class F, class T>
void packed_words(Warp& warp, const Op& op, std::uint32_t mask) {
  const T* a = source<T>(warp, op.a);
  const T* b = source<T>(warp, op.b);
  T* d = destination<T>(warp, op.d);
  for (int i = 0; i < 2 * warp_size; ++i)
    if (has_lane(mask, i / 2)) d[i] = F::run(a[i], b[i]);
}
