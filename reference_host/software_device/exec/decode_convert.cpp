#include "reference_host/software_device/exec/control_ops.hpp"
#include "reference_host/software_device/exec/decode.hpp"
#include "reference_host/software_device/exec/formats.hpp"

namespace vgpu::softdevice::exec {

using ptx::is_float;
using ptx::size_of;

/// Conversions from and to formats that no other instruction knows; false when it is none.
bool Decoder::convert_format() {
  const auto has = [&](std::string_view name) {
    for (const std::string_view modifier : in_->modifiers)
      if (modifier == name) return true;
    return false;
  };
  FormatRequest request;
  if (has(".pack")) {
    pack_convert();
    return true;
  }
  if (has(".tf32")) {
    take(".tf32");
    request.rounding = take(".rna") ? 1 : take(".rz") ? 2 : 0;
    if (request.rounding == 0 && !take(".rn")) fail("needs a rounding mode");
    request.relu = take(".relu");
    request.saturate = take(".satfinite");
    if (!take(".f32")) fail("is not supported");
    Op& op = emit(tf32_from_single);
    op.d = destination_code(operand(0), Type::b32);
    op.a = source_code(operand(1), Type::f32);
    op.aux = request.pack();
    return true;
  }
  if (!has(".e4m3x2") && !has(".e5m2x2")) return false;
  request.format = take(".e4m3x2") ? Float8::e4m3 : Float8::e5m2;
  take(".e5m2x2");
  if (!take(".rn")) fail("needs a rounding mode");
  request.relu = take(".relu");
  const bool from_float8 = in_->modifiers.back() == ".e4m3x2" || in_->modifiers.back() == ".e5m2x2";
  if (from_float8) {
    if (!take(".f16x2")) fail("is not supported");
    Op& op = emit(halves_from_float8);
    op.d = destination_code(operand(0), Type::f16x2);
    op.a = source_code(operand(1), Type::b16);
    op.aux = request.pack();
    return true;
  }
  if (!take(".satfinite")) fail("needs .satfinite");
  const bool from_singles = take(".f32");
  if (!from_singles && !take(".f16x2")) fail("is not supported");
  Op& op = emit(from_singles ? float8_from_singles : float8_from_halves);
  op.d = destination_code(operand(0), Type::b16);
  op.a = source_code(operand(1), from_singles ? Type::f32 : Type::f16x2);
  if (from_singles) op.b = source_code(operand(2), Type::f32);
  op.aux = request.pack();
  return true;
}

void Decoder::pack_convert() {
  struct Name {
    std::string_view name;
    std::uint32_t bits;
    bool is_signed;
  };
  static constexpr Name names[] = {{".u16", 16, false}, {".s16", 16, true}, {".u8", 8, false},
                                   {".s8", 8, true},    {".u4", 4, false},  {".s4", 4, true},
                                   {".u2", 2, false},   {".s2", 2, true}};
  FormatRequest request;
  take(".pack");
  if (!take(".sat")) fail("needs .sat");
  for (const Name& entry : names) {
    if (request.bits != 0 || !take(entry.name)) continue;
    request.bits = entry.bits;
    request.is_signed = entry.is_signed;
  }
  if (request.bits == 0 || !take(".s32")) fail("is not supported");
  const bool appends = take(".b32");
  if (appends != (request.bits < 16)) fail("is not supported");
  Op& op = emit(pack_integers);
  op.d = destination_code(operand(0), Type::b32);
  op.a = source_code(operand(1), Type::s32);
  op.b = source_code(operand(2), Type::s32);
  op.c = appends ? source_code(operand(3), Type::b32) : constants_.code(4, 0);
  op.aux = request.pack();
}

void Decoder::convert() {
  if (convert_format()) return;
  ConvertRequest request;
  bool directed = false;
  request.rounding = take_rounding(directed, request.integral);
  request.flush = take(".ftz");
  request.saturate = take(".sat");
  request.relu = take(".relu");
  request.finite = take(".satfinite");
  request.to = take_type();
  request.from = take_type();
  if (request.to == Type::f16x2 || request.to == Type::bf16x2) {
    if (request.from != Type::f32 || operand_count() != 3) {
      fail("is not supported in this form");
      return;
    }
    if (directed && request.rounding != Rounding::zero) fail("is not supported");
    Op& op = emit(directed ? select_rounded_convert_pair(request) : select_convert_pair(request));
    op.aux = pack(request);
    op.d = destination_code(operand(0), request.to);
    op.a = source_code(operand(1), request.from);
    op.b = source_code(operand(2), request.from);
    return;
  }
  const auto width = [&](const Operand& value, Type type) {
    const int least = static_cast<int>(size_of(type));
    return value.kind == Operand::Kind::reg ? register_width(value.reg) : least < 2 ? 2 : least;
  };
  request.to_width = width(operand(0), request.to);
  request.from_width = width(operand(1), request.from);
  if (request.from == Type::f16x2 || request.from == Type::bf16x2) fail("is not supported");
  // Nothing to round: between integers, to a wider format, and into integers (always integral).
  const bool narrows = is_float(request.to) &&
                       (!is_float(request.from) || size_of(request.to) < size_of(request.from) ||
                        (request.to != request.from && size_of(request.to) == 2));
  const bool needs_mode = directed && narrows;
  Op& op = emit(needs_mode ? select_rounded_convert(request) : select_convert(request));
  const bool wide_source = !is_float(request.from) || size_of(request.from) == 2;
  const bool wide_destination = !is_float(request.to) || size_of(request.to) == 2;
  op.d = destination_code(operand(0), request.to, wide_destination);
  op.a = source_code(operand(1), request.from, wide_source);
  op.aux = pack(request);
}

bool Decoder::move_special() {
  const Operand& from = operand(1);
  if (from.kind != Operand::Kind::special) return false;
  const bool clock = from.name == "%clock" || from.name == "%clock64" || from.name == "%clock_hi";
  const bool timer = from.name == "%globaltimer" || from.name == "%globaltimer_lo" ||
                     from.name == "%globaltimer_hi";
  if (!clock && !timer) return false;
  const bool high = from.name.size() > 3 && from.name.substr(from.name.size() - 3) == "_hi";
  const bool wide = from.name == "%clock64" || from.name == "%globaltimer";
  Op& op = emit(op_clock);
  op.d = destination_code(operand(0), wide ? Type::u64 : Type::u32);
  op.aux = timer ? 1 : 0;
  op.extra = wide ? 2 : high ? 1 : 0;
  return true;
}

bool Decoder::move_vector() {
  const Operand& to = operand(0);
  const Operand& from = operand(1);
  const bool pack = from.kind == Operand::Kind::vector;
  if (!pack && to.kind != Operand::Kind::vector) return false;
  const Operand& whole = pack ? to : from;
  const Operand& parts = pack ? from : to;
  if (whole.kind == Operand::Kind::vector || parts.elements.empty()) {
    fail("has operands that do not fit");
    return true;
  }
  const Type type = in_->modifiers.empty() ? Type::b32 : ptx::type_named(in_->modifiers.back());
  const std::size_t part = size_of(type) / parts.elements.size();
  if (size_of(type) > 8 || part < 2 || part * parts.elements.size() != size_of(type)) {
    fail("is not supported in this form");
    return true;
  }
  const Type part_type = part == 2 ? Type::b16 : Type::b32;
  Op op;
  op.handler = pack ? op_pack : op_unpack;
  op.extra = static_cast<std::uint32_t>(decoded_.extra.size());
  op.aux = static_cast<std::uint32_t>(part) | static_cast<std::uint32_t>(size_of(type)) << 8;
  for (const Operand& element : parts.elements) {
    std::uint32_t code = no_guard;
    if (pack)
      code = source_code(element, part_type);
    else if (element.kind != Operand::Kind::underscore)
      code = destination_code(element, part_type);
    decoded_.extra.push_back(code);
  }
  if (pack)
    op.d = destination_code(whole, type);
  else
    op.a = source_code(whole, type);
  decoded_.ops.push_back(op);
  return true;
}

/// A register of 128 bits: the low halves of all lanes, then the high ones `wide_half` behind.
std::uint32_t Decoder::wide_register(const Operand& operand) {
  if (operand.kind != Operand::Kind::reg || register_width(operand.reg) != 16) {
    fail("needs a register of 128 bits");
    return 0;
  }
  return register_offsets_[operand.reg];
}

void Decoder::move_wide() {
  const auto halves = [&](const Operand& operand, bool is_destination, std::uint32_t* codes) {
    if (operand.kind != Operand::Kind::vector) {
      codes[0] = wide_register(operand);
      codes[1] = codes[0] + wide_half;
      return;
    }
    if (operand.elements.size() != 2) {
      fail("is not supported in this form");
      return;
    }
    for (std::size_t i = 0; i < 2; ++i) {
      const Operand& element = operand.elements[i];
      const bool ignored = is_destination && element.kind == Operand::Kind::underscore;
      codes[i] = ignored          ? no_guard
                 : is_destination ? destination_code(element, Type::b64)
                                  : source_code(element, Type::b64);
    }
  };
  std::uint32_t to[2] = {};
  std::uint32_t from[2] = {};
  halves(operand(0), true, to);
  halves(operand(1), false, from);
  for (std::size_t i = 0; !failed() && i < 2; ++i) {
    if (to[i] == no_guard) continue;
    Op& op = emit(select_alu({Alu::mov, Type::b64}));
    op.d = to[i];
    op.a = from[i];
  }
}

void Decoder::move() {
  const Type type = take_type();
  if (type == Type::b128) return move_wide();
  AluRequest request;
  request.type = type;
  if (type == Type::pred) {
    request.op = Alu::pred_mov;
    Op& op = emit(select_alu(request));
    bool negated = false;
    op.d = predicate_destination(operand(0));
    // No kernel is launched with clusters.
    const bool cluster = operand(1).name == "%is_explicit_cluster";
    op.a = op.b = cluster ? constants_.code(0, 0) : predicate_source(operand(1), negated);
    if (negated || op.d == no_guard) fail("cannot have this operand");
    return;
  }
  if (move_vector() || failed()) return;
  if (move_special() || failed()) return;
  const Operand& from = operand(1);
  if (from.kind == Operand::Kind::symbol || from.kind == Operand::Kind::name) {
    const ptx::Variable* variable = find_variable(from);
    if (variable != nullptr && variable->space == ptx::Space::local) {
      Op& op = emit(local_address);
      op.d = destination_code(operand(0), type);
      op.aux = static_cast<std::uint32_t>(size_of(type));
      op.immediate = variable->address + static_cast<std::uint64_t>(from.value);
      if (size_of(type) < 4) fail("is not supported in this form");
      return;
    }
  }
  if (from.kind == Operand::Kind::special && size_of(type) == 8) {
    // A 32-bit special register read as 64 bits.
    ConvertRequest widen;
    widen.to = Type::u64;
    widen.from = Type::u32;
    widen.to_width = 8;
    widen.from_width = 4;
    Op& op = emit(select_convert(widen));
    op.aux = pack(widen);
    op.d = destination_code(operand(0), type);
    op.a = source_code(from, Type::u32);
    return;
  }
  request.op = Alu::mov;
  emit_alu(request, 1);
}

void Decoder::convert_address() {
  const bool to = take(".to");
  ptx::Space space = ptx::Space::generic;
  std::uint64_t window = 0;
  if (take(".global") || take(".const")) space = ptx::Space::global;
  if (take(".shared") || take(".shared::cta")) window = shared_window;
  if (take(".local")) window = local_window;
  if (take(".param") || take(".param::entry")) window = param_window;
  const Type type = take_type();
  if (space == ptx::Space::generic && window == 0) fail("has no space that is supported");
  if (size_of(type) != 8) fail("is only supported with 64 bits");
  AluRequest request;
  request.type = Type::u64;
  request.op = window == 0 ? Alu::mov : to ? Alu::sub : Alu::add;
  // A local symbol as operand: its address first, then into the generic space.
  const Operand& from = operand(1);
  const bool is_symbol = from.kind == Operand::Kind::symbol || from.kind == Operand::Kind::name;
  const ptx::Variable* variable = is_symbol ? find_variable(from) : nullptr;
  if (variable != nullptr && variable->space == ptx::Space::local && !to) {
    Op& op = emit(local_address);
    op.d = destination_code(operand(0), type);
    op.aux = 8;
    op.immediate = variable->address + static_cast<std::uint64_t>(from.value) + local_window;
    return;
  }
  Op& op = emit(select_alu(request));
  op.d = destination_code(operand(0), type);
  op.a = source_code(from, type);
  if (window != 0) op.b = constants_.code(8, window);
}

void Decoder::test_space() {
  Place place = Place::generic;
  if (take(".global")) place = Place::global;
  if (take(".const")) place = Place::constant;
  if (take(".shared") || take(".shared::cta") || take(".shared::cluster")) place = Place::shared;
  if (take(".local")) place = Place::local;
  if (take(".param") || take(".param::entry")) place = Place::kernel_param;
  if (place == Place::generic) fail("has no space that is supported");
  Op& op = emit(is_space);
  op.d = predicate_destination(operand(0));
  op.a = source_code(operand(1), Type::u64);
  op.aux = static_cast<std::uint32_t>(place);
}

}  // namespace vgpu::softdevice::exec
