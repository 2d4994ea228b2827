#include <cstring>

#include "reference_host/software_device/exec/decode.hpp"
#include "reference_host/software_device/exec/video_ops.hpp"

namespace vgpu::softdevice::exec {

namespace {

/// ".b2" or ".h1": one part of a word, as VideoFields has it; false when it is something else.
bool scalar_selector(std::string_view text, unsigned& select) {
  if (text.empty()) return true;
  if (text.size() != 3 || text[2] < '0' || text[2] > '3') return false;
  const auto number = static_cast<unsigned>(text[2] - '0');
  if (text[1] == 'h' && number > 1) return false;
  select = text[1] == 'h' ? 8 + number : number;
  return text[1] == 'h' || text[1] == 'b';
}

/// ".h10", ".b7654": a source for each part of the word, the highest first.
bool simd_selector(std::string_view text, unsigned parts, unsigned& select) {
  if (text.empty()) return true;
  if (text.size() != 2 + parts || text[1] != (parts == 2 ? 'h' : 'b')) return false;
  select = 0;
  for (unsigned part = 0; part < parts; ++part) {
    const char digit = text[1 + parts - part];
    if (digit < '0' || digit >= static_cast<char>('0' + 2 * parts)) return false;
    select |= static_cast<unsigned>(digit - '0') << (4 * part);
  }
  return true;
}

/// ".b20": the parts that are written.
bool simd_mask(std::string_view text, unsigned parts, unsigned& mask) {
  if (text.empty()) return true;
  if (text.size() < 3 || text.size() > 2 + parts || text[1] != (parts == 2 ? 'h' : 'b'))
    return false;
  mask = 0;
  for (const char digit : text.substr(2)) {
    if (digit < '0' || digit >= static_cast<char>('0' + parts)) return false;
    mask |= 1u << (digit - '0');
  }
  return true;
}

struct Name {
  std::string_view name;
  Video operation;
};
constexpr Name names[] = {{"vadd", Video::add}, {"vsub", Video::sub}, {"vabsdiff", Video::absdiff},
                          {"vmin", Video::min}, {"vmax", Video::max}, {"vavrg", Video::avrg},
                          {"vset", Video::set}, {"vshl", Video::shl}, {"vshr", Video::shr},
                          {"vmad", Video::mad}};

}  // namespace

/// A source register of a video instruction, without what was written around it.
std::uint32_t Decoder::video_source(const Operand& operand) {
  Operand plain = operand;
  plain.selector = {};
  plain.minus = false;
  return source_code(plain, Type::b32);
}

void Decoder::video() {
  VideoFields f;
  std::string_view opcode = in_->opcode;
  const char last = opcode.back();
  f.parts = last == '2' ? 2 : last == '4' ? 4 : 1;
  if (f.parts != 1) opcode.remove_suffix(1);
  for (const Name& entry : names)
    if (entry.name == opcode) f.operation = entry.operation;
  f.saturate = take(".sat");
  f.wrap = take(".wrap");
  take(".clamp");
  f.plus_one = take(".po");
  if (take(".shr7")) f.shift = 7;
  if (take(".shr15")) f.shift = 15;
  if (f.operation == Video::set) {
    f.compare = static_cast<std::uint8_t>(take_comparison());
  } else {
    f.d_signed = ptx::is_signed(take_type());
  }
  f.a_signed = ptx::is_signed(take_type());
  f.b_signed = ptx::is_signed(take_type());
  if (f.operation == Video::set) f.d_signed = f.a_signed;
  if (take(".add")) f.secondary = Secondary::add;
  if (take(".min")) f.secondary = Secondary::min;
  if (take(".max")) f.secondary = Secondary::max;
  Operand to = operand(0);
  const Operand& a = operand(1);
  const Operand& b = operand(2);
  const bool has_c = operand_count() == 4;
  bool understood = has_c || (operand_count() == 3 && f.parts == 1);
  if (f.parts == 1) {
    understood &= scalar_selector(a.selector, f.a_select) &&
                  scalar_selector(b.selector, f.b_select) &&
                  scalar_selector(to.selector, f.d_select);
    if (f.operation == Video::mad) {
      f.negate_product = a.minus != b.minus;
      f.negate_c = has_c && operand(3).minus;
      understood &= has_c && to.selector.empty() && f.secondary == Secondary::none;
    } else {
      understood &= !a.minus && !b.minus && (!has_c || !operand(3).minus);
      if (f.secondary == Secondary::none && has_c) f.secondary = Secondary::merge;
      understood &= has_c == (f.secondary != Secondary::none);
    }
  } else {
    f.a_select = f.parts == 2 ? 0x10 : 0x3210;
    f.b_select = f.parts == 2 ? 0x32 : 0x7654;
    f.d_select = (1u << f.parts) - 1;
    understood &= simd_selector(a.selector, f.parts, f.a_select) &&
                  simd_selector(b.selector, f.parts, f.b_select) &&
                  simd_mask(to.selector, f.parts, f.d_select) && !a.minus && !b.minus;
  }
  if (!understood) {
    fail("is not supported in this form");
    return;
  }
  Op& op = emit(f.parts == 1 ? video_scalar : video_simd);
  to.selector = {};
  op.d = destination_code(to, Type::b32);
  op.a = video_source(a);
  op.b = video_source(b);
  op.c = has_c ? video_source(operand(3)) : constants_.code(4, 0);
  op.extra = static_cast<std::uint32_t>(decoded_.extra.size());
  decoded_.extra.resize(op.extra + video_words);
  std::memcpy(decoded_.extra.data() + op.extra, &f, sizeof f);
}

void Decoder::absolute_differences() {
  // The form that compilers make has a handler of its own.
  bool plain = operand_count() == 4;
  for (const Operand& one : in_->operands) plain &= one.selector.empty();
  const auto& words = in_->modifiers;
  if (!plain || words.size() != 4 || words[1] != words[2] || words[3] != ".add") return video();
  AluRequest request;
  request.op = Alu::vabsdiff4;
  take_type();
  request.type = take_type();
  take_type();
  take(".add");
  emit_alu(request, 3);
}

}  // namespace vgpu::softdevice::exec
