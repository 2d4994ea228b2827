#pragma once

/// \file
/// What the parser makes of PTX: declarations, and function bodies as flat instruction lists with
/// every register and label resolved.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace vgpu::softdevice::ptx {

enum class Type : std::uint8_t {
  none,
  pred,
  b8,
  b16,
  b32,
  b64,
  b128,
  u8,
  u16,
  u32,
  u64,
  s8,
  s16,
  s32,
  s64,
  u16x2,
  s16x2,
  f16,
  bf16,
  f32,
  f64,
  f16x2,
  bf16x2,
};

/// Bytes of one value; 0 for none and pred.
constexpr std::size_t size_of(Type type) {
  switch (type) {
    case Type::none:
    case Type::pred:
      return 0;
    case Type::b8:
    case Type::u8:
    case Type::s8:
      return 1;
    case Type::b16:
    case Type::u16:
    case Type::s16:
    case Type::f16:
    case Type::bf16:
      return 2;
    case Type::b64:
    case Type::u64:
    case Type::s64:
    case Type::f64:
      return 8;
    case Type::b128:
      return 16;
    default:
      return 4;
  }
}
constexpr bool is_signed(Type type) {
  return type == Type::s8 || type == Type::s16 || type == Type::s32 || type == Type::s64;
}
constexpr bool is_float(Type type) {
  return type >= Type::f16;
}

/// The type called `name` (with its dot, ".u32"); Type::none when it is not a type.
Type type_named(std::string_view name);

enum class Space : std::uint8_t { generic, global, constant, shared, local, param };

/// One element of an initialiser: a number, or the address of a symbol.
struct InitialValue {
  std::uint64_t bits = 0;   ///< the number, or what is added to the address
  std::string_view symbol;  ///< empty for a number
  bool generic = false;
  std::uint64_t mask = 0;  ///< for `0xff00(symbol)`: the bits of the address to store
};

/// Variables that are no numbers: what textures and surfaces are bound to.
enum class Opaque : std::uint8_t { none, texture, sampler, surface };

struct Variable {
  std::string_view name;
  Space space = Space::global;
  Type type = Type::none;
  Opaque opaque = Opaque::none;  ///< then `type` is the 64-bit handle's
  bool is_extern = false;
  bool managed = false;  ///< .attribute(.managed): host and device share it
  bool unsized = false;  ///< `name[]`: dynamic shared memory
  std::size_t size = 0;
  std::size_t alignment = 1;
  std::vector<InitialValue> initial;
  std::uint32_t line = 0;
  /// Where it lies once laid out: a device address for global and const, an offset into the
  /// kernel's shared block, the frame's local block or parameter block otherwise.
  std::uint64_t address = 0;
};

struct Operand {
  enum class Kind : std::uint8_t {
    none,
    reg,
    integer,
    float_bits,
    symbol,
    address,
    vector,
    label,
    special,
    name,
    underscore,
  };
  Kind kind = Kind::none;
  bool negated = false;                ///< `!p`
  bool minus = false;                  ///< `-r`, in vmad
  bool single = false;                 ///< float_bits: a binary32 image
  bool has_register = false;           ///< address: `reg` is the base
  std::uint32_t reg = 0;               ///< register number in the function
  std::uint32_t label = 0;             ///< label number in the function
  std::int64_t value = 0;              ///< number, float image, or offset of a symbol or address
  const Variable* variable = nullptr;  ///< symbol, address: a variable of the function
  std::string_view name;               ///< symbol, address, name, special: as written
  std::string_view selector;           ///< reg: `.h0`, `.b3210`, ... of video instructions
  std::vector<Operand> elements;  ///< vector and parameter lists; address: what follows a comma
};

struct Instruction {
  std::uint32_t line = 0;
  std::string_view opcode;                  ///< without modifiers
  std::vector<std::string_view> modifiers;  ///< with their dots
  bool guarded = false;
  bool guard_negated = false;
  std::uint32_t guard = 0;  ///< register
  std::vector<Operand> operands;
  /// For `d|p` destinations (setp, shfl): the part behind the bar.
  Operand second_destination;
};

struct Function {
  std::string_view name;
  bool is_entry = false;
  std::uint32_t line = 0;
  std::deque<Variable> variables;  ///< stable: operands point to them
  std::vector<Variable*> parameters;
  std::vector<Variable*> results;
  std::vector<Type> registers;
  std::vector<Instruction> instructions;
  std::vector<std::uint32_t> label_targets;  ///< label number -> index of an instruction
  std::vector<std::vector<std::uint32_t>> branch_lists;  ///< .branchtargets: label numbers
  int max_threads = 0;                                   ///< .maxntid, .reqntid; 0: not said
};

/// Where a function stands in the text; its body is parsed when it is needed.
struct FunctionExtent {
  std::string_view name;
  bool is_entry = false;
  bool has_body = false;
  bool is_weak = false;
  bool is_visible = false;
  std::size_t begin = 0;  ///< offset of the `.entry` or `.func`
  std::size_t end = 0;
  std::uint32_t line = 0;
};

/// A parsed module without its function bodies.
struct Unit {
  std::string text;
  int version = 0;  ///< .version * 10
  int target = 0;   ///< .target sm_NN
  std::deque<Variable> variables;
  std::vector<FunctionExtent> functions;
};

/// 'text', for messages.
std::string quoted(std::string_view text);

struct SyntaxError {
  std::uint32_t line = 0;
  std::string message;
};

/// Scans `unit.text`: directives and variables, and the extents of functions.
/// \return false with `error` filled in.
bool scan_unit(Unit& unit, SyntaxError& error);

/// Parses the function at `extent`.
bool parse_function(const Unit& unit, const FunctionExtent& extent, Function& function,
                    SyntaxError& error);

}  // namespace vgpu::softdevice::ptx
