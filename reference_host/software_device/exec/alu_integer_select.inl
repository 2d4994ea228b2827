// Selection of the handlers of integer and logic instructions. Included inside VGPU_ISA.

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

template <bool flush>
Handler slct_floats(Type type) {
  const std::size_t size = ptx::size_of(type);
  return size == 2 ? ternary<SlctFloat<flush>, std::uint16_t, std::uint16_t, std::uint16_t, float>
         : size == 4
             ? ternary<SlctFloat<flush>, std::uint32_t, std::uint32_t, std::uint32_t, float>
             : ternary<SlctFloat<flush>, std::uint64_t, std::uint64_t, std::uint64_t, float>;
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

inline Handler select_packed(Alu op, bool is_signed) {
  using u16 = std::uint16_t;
  using s16 = std::int16_t;
  switch (op) {
    case Alu::add:
      return packed_words<IntegerAdd, u16>;
    case Alu::min:
      return is_signed ? packed_words<IntegerMin, s16> : packed_words<IntegerMin, u16>;
    case Alu::max:
      return is_signed ? packed_words<IntegerMax, s16> : packed_words<IntegerMax, u16>;
    case Alu::min_relu:
      return is_signed ? packed_words<Relu<IntegerMin>, s16> : nullptr;
    case Alu::max_relu:
      return is_signed ? packed_words<Relu<IntegerMax>, s16> : nullptr;
    default:
      return nullptr;
  }
}

inline Handler select_integer(const AluRequest& request) {
  const Type type = request.type;
  if (type == Type::u16x2 || type == Type::s16x2)
    return request.saturate ? nullptr : select_packed(request.op, type == Type::s16x2);
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
      if (request.saturate) return ternary_same<Mad24HighSaturated, s32>;
      return type == Type::s32 ? ternary_same<Mad24<true>, s32> : ternary_same<Mad24<true>, u32>;
    case Alu::div:
      return integers<IntegerDiv>(type);
    case Alu::rem:
      return integers<IntegerRem>(type);
    case Alu::min:
      return integers<IntegerMin>(type);
    case Alu::max:
      return integers<IntegerMax>(type);
    case Alu::min_relu:
      return type == Type::s32 ? binary_same<Relu<IntegerMin>, s32> : nullptr;
    case Alu::max_relu:
      return type == Type::s32 ? binary_same<Relu<IntegerMax>, s32> : nullptr;
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
    case Alu::fns:
      return ternary<FindNth, u32, u32, u32, s32>;
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
      return request.flush ? slct_floats<true>(type) : slct_floats<false>(type);
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
