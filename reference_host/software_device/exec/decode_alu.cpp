#include "reference_host/software_device/exec/decode.hpp"

namespace vgpu::softdevice::exec {

using ptx::is_float;
using ptx::size_of;

/// Decodes d, a, b, c for handlers whose operands all have the type of the instruction.
void Decoder::emit_alu(AluRequest request, std::size_t sources) {
  const bool directed = request.rounding != Rounding::nearest;
  Op& op = emit(directed ? select_rounded(request) : select_alu(request));
  op.d = destination_code(operand(0), request.type);
  if (sources > 0) op.a = source_code(operand(1), request.type);
  if (sources > 1) op.b = source_code(operand(2), request.type);
  if (sources > 2) op.c = source_code(operand(3), request.type);
  if (operand_count() != sources + 1) fail("has the wrong number of operands");
}

void Decoder::integer_or_float() {
  AluRequest request;
  bool directed = false;
  bool integral = false;
  request.rounding = take_rounding(directed, integral);
  request.flush = take(".ftz");
  request.saturate = take(".sat");
  const bool relu = take(".relu");
  const bool carry_out = take(".cc");
  request.type = take_type();
  const std::string_view opcode = in_->opcode;
  std::size_t sources = 2;
  if (opcode == "add") {
    request.op = carry_out ? Alu::add_cc : Alu::add;
  } else if (opcode == "sub") {
    request.op = carry_out ? Alu::sub_cc : Alu::sub;
  } else if (opcode == "rem") {
    request.op = Alu::rem;
  } else {
    request.op = opcode == "fma" ? (relu ? Alu::fma_relu : Alu::fma) : Alu::sad;
    sources = 3;
  }
  if (opcode == "fma" && !is_float(request.type)) fail("is not supported");
  emit_alu(request, sources);
  if (request.op == Alu::fma_relu && !failed()) decoded_.ops.back().aux = 1;
}

void Decoder::one_source() {
  AluRequest request;
  request.flush = take(".ftz");
  const bool shift_amount = take(".shiftamt");
  request.type = take_type();
  const std::string_view opcode = in_->opcode;
  if (opcode == "popc" || opcode == "clz" || opcode == "bfind") {
    request.op = opcode == "popc"  ? Alu::popc
                 : opcode == "clz" ? Alu::clz
                 : shift_amount    ? Alu::bfind_shift
                                   : Alu::bfind;
    Op& op = emit(select_alu(request));
    op.d = destination_code(operand(0), Type::u32);
    op.a = source_code(operand(1), request.type);
    return;
  }
  request.op = opcode == "abs"    ? Alu::abs
               : opcode == "neg"  ? Alu::neg
               : opcode == "cnot" ? Alu::cnot
                                  : Alu::brev;
  emit_alu(request, 1);
}

void Decoder::multiply() {
  AluRequest request;
  bool directed = false;
  bool integral = false;
  request.rounding = take_rounding(directed, integral);
  request.flush = take(".ftz");
  request.saturate = take(".sat");
  const bool low = take(".lo");
  const bool high = take(".hi");
  const bool wide = take(".wide");
  const bool carry_out = take(".cc");
  request.type = take_type();
  const bool add = in_->opcode == "mad";
  if (is_float(request.type)) {
    request.op = add ? Alu::fma : Alu::mul_lo;
    emit_alu(request, add ? 3 : 2);
    return;
  }
  if (!low && !high && !wide) fail("needs .lo, .hi or .wide");
  if (carry_out) {
    request.op = high ? Alu::mad_hi_cc : Alu::mad_lo_cc;
    emit_alu(request, 3);
    return;
  }
  if (!wide) {
    request.op = add ? (high ? Alu::mad_hi : Alu::mad_lo) : (high ? Alu::mul_hi : Alu::mul_lo);
    emit_alu(request, add ? 3 : 2);
    return;
  }
  request.op = add ? Alu::mad_wide : Alu::mul_wide;
  Op& op = emit(select_alu(request));
  const Type result = size_of(request.type) == 2 ? Type::u32 : Type::u64;
  op.d = destination_code(operand(0), result);
  op.a = source_code(operand(1), request.type);
  op.b = source_code(operand(2), request.type);
  if (add) op.c = source_code(operand(3), result);
}

void Decoder::multiply24() {
  AluRequest request;
  const bool high = take(".hi");
  take(".lo");
  request.saturate = take(".sat");
  request.type = take_type();
  const bool add = in_->opcode == "mad24";
  if (request.saturate && (!add || !high || request.type != Type::s32)) fail("is not supported");
  request.op =
      add ? (high ? Alu::mad24_hi : Alu::mad24_lo) : (high ? Alu::mul24_hi : Alu::mul24_lo);
  if (size_of(request.type) != 4) fail("is not supported");
  emit_alu(request, add ? 3 : 2);
}

void Decoder::divide() {
  AluRequest request;
  bool directed = false;
  bool integral = false;
  request.op = Alu::div;
  request.rounding = take_rounding(directed, integral);
  take(".approx");
  take(".full");
  request.flush = take(".ftz");
  request.type = take_type();
  emit_alu(request, 2);
}

void Decoder::approximate() {
  static const std::unordered_map<std::string_view, Alu> operations = {
      {"rcp", Alu::rcp}, {"sqrt", Alu::sqrt}, {"rsqrt", Alu::rsqrt}, {"ex2", Alu::ex2},
      {"lg2", Alu::lg2}, {"sin", Alu::sin},   {"cos", Alu::cos},     {"tanh", Alu::tanh}};
  AluRequest request;
  bool directed = false;
  bool integral = false;
  request.op = operations.at(in_->opcode);
  request.rounding = take_rounding(directed, integral);
  take(".approx");
  request.flush = take(".ftz");
  request.type = take_type();
  if (!is_float(request.type)) fail("is not supported");
  emit_alu(request, 1);
}

void Decoder::min_max() {
  AluRequest request;
  request.flush = take(".ftz");
  const bool nan = take(".NaN");
  const bool relu = take(".relu");
  request.type = take_type();
  const bool minimum = in_->opcode == "min";
  if (take(".xorsign")) {
    if (!take(".abs")) fail("needs .xorsign.abs");
    request.op = nan ? (minimum ? Alu::min_nan_xorsign : Alu::max_nan_xorsign)
                     : (minimum ? Alu::min_xorsign : Alu::max_xorsign);
  } else if (relu) {
    request.op = minimum ? Alu::min_relu : Alu::max_relu;
    if (nan || request.flush || is_float(request.type)) fail("is not supported");
  } else {
    request.op = nan ? (minimum ? Alu::min_nan : Alu::max_nan) : (minimum ? Alu::min : Alu::max);
  }
  emit_alu(request, 2);
}

void Decoder::shift() {
  AluRequest request;
  request.type = take_type();
  request.op = in_->opcode == "shl" ? Alu::shl : Alu::shr;
  Op& op = emit(select_alu(request));
  op.d = destination_code(operand(0), request.type);
  op.a = source_code(operand(1), request.type);
  op.b = source_code(operand(2), Type::u32);
}

void Decoder::funnel_shift() {
  AluRequest request;
  const bool left = take(".l");
  const bool right = take(".r");
  const bool wrap = take(".wrap");
  take(".clamp");
  request.type = take_type();
  if (left == right || size_of(request.type) != 4) fail("is not supported");
  request.op = left ? (wrap ? Alu::shf_l_wrap : Alu::shf_l_clamp)
                    : (wrap ? Alu::shf_r_wrap : Alu::shf_r_clamp);
  emit_alu(request, 3);
}

void Decoder::carry() {
  AluRequest request;
  const bool high = take(".hi");
  take(".lo");
  const bool carry_out = take(".cc");
  request.type = take_type();
  if (in_->opcode == "addc") request.op = carry_out ? Alu::addc_cc : Alu::addc;
  if (in_->opcode == "subc") request.op = carry_out ? Alu::subc_cc : Alu::subc;
  if (in_->opcode == "madc")
    request.op = high ? (carry_out ? Alu::madc_hi_cc : Alu::madc_hi)
                      : (carry_out ? Alu::madc_lo_cc : Alu::madc_lo);
  emit_alu(request, in_->opcode == "madc" ? 3 : 2);
}

void Decoder::logic() {
  AluRequest request;
  request.type = take_type();
  const std::string_view opcode = in_->opcode;
  const std::size_t sources = opcode == "not" ? 1 : 2;
  if (request.type != Type::pred) {
    request.op = opcode == "and"   ? Alu::and_
                 : opcode == "or"  ? Alu::or_
                 : opcode == "xor" ? Alu::xor_
                                   : Alu::not_;
    if (is_float(request.type)) fail("is not supported");
    emit_alu(request, sources);
    return;
  }
  request.op = opcode == "and"   ? Alu::pred_and
               : opcode == "or"  ? Alu::pred_or
               : opcode == "xor" ? Alu::pred_xor
                                 : Alu::pred_not;
  Op& op = emit(select_alu(request));
  bool a_negated = false;
  bool b_negated = false;
  op.d = predicate_destination(operand(0));
  op.a = predicate_source(operand(1), a_negated);
  op.b = sources == 2 ? predicate_source(operand(2), b_negated) : op.a;
  if (op.d == no_guard || a_negated || b_negated) fail("cannot have this operand");
}

void Decoder::bit_field() {
  AluRequest request;
  request.type = take_type();
  const bool insert = in_->opcode == "bfi";
  if (size_of(request.type) < 4 || is_float(request.type)) fail("is not supported");
  request.op = insert ? Alu::bfi : Alu::bfe;
  Op& op = emit(select_alu(request));
  op.d = destination_code(operand(0), request.type);
  op.a = source_code(operand(1), request.type);
  op.b = source_code(operand(2), insert ? request.type : Type::u32);
  op.c = source_code(operand(3), Type::u32);
  if (insert) op.aux = source_code(operand(4), Type::u32);
}

void Decoder::bit_mask() {
  AluRequest request;
  const bool wrap = take(".wrap");
  take(".clamp");
  request.type = take_type();
  request.op = in_->opcode == "bmsk" ? (wrap ? Alu::bmsk_wrap : Alu::bmsk_clamp)
                                     : (wrap ? Alu::szext_wrap : Alu::szext_clamp);
  if (size_of(request.type) != 4) fail("is not supported");
  emit_alu(request, 2);
}

void Decoder::logic3() {
  AluRequest request;
  request.op = Alu::lop3;
  std::uint32_t combine = 0;
  if (take(".and")) combine = static_cast<std::uint32_t>(Combine::and_);
  if (take(".or")) combine = static_cast<std::uint32_t>(Combine::or_);
  if (take(".xor")) combine = static_cast<std::uint32_t>(Combine::xor_);
  request.type = take_type();
  if (size_of(request.type) != 4) fail("is not supported");
  if ((combine != 0) != (in_->second_destination.kind == Operand::Kind::reg))
    fail("needs a predicate and how to combine it");
  Op& op = emit(select_alu(request));
  op.d = operand(0).kind == Operand::Kind::underscore && combine != 0
             ? no_guard
             : destination_code(operand(0), request.type);
  op.a = source_code(operand(1), request.type);
  op.b = source_code(operand(2), request.type);
  op.c = source_code(operand(3), request.type);
  if (operand(4).kind != Operand::Kind::integer || operand_count() != (combine != 0 ? 6u : 5u))
    fail("needs a constant table");
  op.aux = (static_cast<std::uint32_t>(operand(4).value) & 0xff) | combine << 8;
  if (combine == 0) return;
  // The result is compared with zero: predicate `immediate`, combined with that at `extra`.
  op.immediate = predicate_destination(in_->second_destination);
  op.extra = predicate_source(operand(5), op.invert_c);
}

void Decoder::permute_bytes() {
  static constexpr std::string_view modes[] = {".f4e", ".b4e", ".rc8", ".ecl", ".ecr", ".rc16"};
  std::uint32_t mode = 0;
  AluRequest request;
  request.op = Alu::prmt;
  request.type = take_type();
  for (std::uint32_t i = 0; i < 6; ++i)
    if (take(modes[i])) mode = i + 1;
  emit_alu(request, 3);
  decoded_.ops.back().aux = mode;
}

void Decoder::select() {
  AluRequest request;
  request.op = Alu::selp;
  request.type = take_type();
  Op& op = emit(select_alu(request));
  op.d = destination_code(operand(0), request.type);
  op.a = source_code(operand(1), request.type);
  op.b = source_code(operand(2), request.type);
  op.c = predicate_source(operand(3), op.invert_c);
}

void Decoder::select_sign() {
  AluRequest request;
  request.flush = take(".ftz");
  request.type = take_type();
  const Type selector = take_type();
  request.op = selector == Type::f32 ? Alu::slct_f32 : Alu::slct_s32;
  Op& op = emit(select_alu(request));
  op.d = destination_code(operand(0), request.type);
  op.a = source_code(operand(1), request.type);
  op.b = source_code(operand(2), request.type);
  op.c = source_code(operand(3), selector);
}

namespace {

struct ComparisonName {
  std::string_view name;
  Compare compare;
};
constexpr ComparisonName comparison_names[] = {
    {".eq", Compare::eq},   {".ne", Compare::ne},   {".lt", Compare::lt},   {".le", Compare::le},
    {".gt", Compare::gt},   {".ge", Compare::ge},   {".lo", Compare::lt},   {".ls", Compare::le},
    {".hi", Compare::gt},   {".hs", Compare::ge},   {".equ", Compare::equ}, {".neu", Compare::neu},
    {".ltu", Compare::ltu}, {".leu", Compare::leu}, {".gtu", Compare::gtu}, {".geu", Compare::geu},
    {".num", Compare::num}, {".nan", Compare::nan}};

}  // namespace

Compare Decoder::take_comparison() {
  for (const ComparisonName& entry : comparison_names)
    if (take(entry.name)) return entry.compare;
  fail("has no comparison");
  return Compare::eq;
}

void Decoder::set_predicate() {
  AluRequest request;
  request.op = Alu::setp;
  request.compare = take_comparison();
  auto combine = Combine::none;
  if (take(".and")) combine = Combine::and_;
  if (take(".or")) combine = Combine::or_;
  if (take(".xor")) combine = Combine::xor_;
  request.flush = take(".ftz");
  request.type = take_type();
  Op& op = emit(select_alu(request));
  op.d = predicate_destination(operand(0));
  op.a = source_code(operand(1), request.type);
  op.b = source_code(operand(2), request.type);
  op.aux = static_cast<std::uint32_t>(combine) | (request.flush ? 8u : 0u);
  if (combine != Combine::none) op.c = predicate_source(operand(3), op.invert_c);
  if (in_->second_destination.kind == Operand::Kind::reg) {
    op.aux |= 4;
    op.immediate = predicate_destination(in_->second_destination);
  }
}

void Decoder::set_value() {
  AluRequest request;
  request.op = Alu::set;
  request.compare = take_comparison();
  auto combine = Combine::none;
  if (take(".and")) combine = Combine::and_;
  if (take(".or")) combine = Combine::or_;
  if (take(".xor")) combine = Combine::xor_;
  request.flush = take(".ftz");
  request.second_type = take_type();
  request.type = take_type();
  const std::size_t width = size_of(request.second_type);
  const bool pair = request.type == Type::f16x2 || request.type == Type::bf16x2;
  if ((width != 4 && width != 2) || (pair && width != 4)) fail("is not supported");
  Op& op = emit(select_alu(request));
  op.d = destination_code(operand(0), request.second_type);
  op.a = source_code(operand(1), request.type);
  op.b = source_code(operand(2), request.type);
  op.aux = static_cast<std::uint32_t>(combine) | (request.flush ? 8u : 0u);
  switch (request.second_type) {
    case Type::f32:
      op.immediate = 0x3f800000u;
      break;
    case Type::f16:
    case Type::f16x2:
      op.immediate = 0x3c00u;
      break;
    case Type::bf16:
    case Type::bf16x2:
      op.immediate = 0x3f80u;
      break;
    default:
      op.immediate = UINT32_MAX;
      break;
  }
  if (width == 2) op.immediate = (op.immediate & 0xffffu) | std::uint64_t{1} << 32;
  if (combine != Combine::none) op.c = predicate_source(operand(3), op.invert_c);
}

void Decoder::test_property() {
  static constexpr std::string_view properties[] = {".finite",     ".infinite", ".number",
                                                    ".notanumber", ".normal",   ".subnormal"};
  AluRequest request;
  request.op = Alu::testp;
  std::uint32_t property = 6;
  for (std::uint32_t i = 0; i < 6; ++i)
    if (take(properties[i])) property = i;
  request.type = take_type();
  if (property == 6 || (request.type != Type::f32 && request.type != Type::f64))
    fail("is not supported");
  Op& op = emit(select_alu(request));
  op.d = predicate_destination(operand(0));
  op.a = source_code(operand(1), request.type);
  op.aux = property;
}

void Decoder::dot_product() {
  AluRequest request;
  const bool high = take(".hi");
  take(".lo");
  request.op = in_->opcode == "dp4a" ? Alu::dp4a : high ? Alu::dp2a_hi : Alu::dp2a_lo;
  request.type = take_type();
  request.second_type = take_type();
  emit_alu(request, 3);
}

void Decoder::find_nth_set() {
  take_type();
  Op& op = emit(select_alu({Alu::fns, Type::b32}));
  op.d = destination_code(operand(0), Type::b32);
  op.a = source_code(operand(1), Type::b32);
  op.b = source_code(operand(2), Type::u32);
  op.c = source_code(operand(3), Type::s32);
}

void Decoder::copy_sign() {
  AluRequest request;
  request.op = Alu::copysign;
  request.type = take_type();
  emit_alu(request, 2);
}

}  // namespace vgpu::softdevice::exec
