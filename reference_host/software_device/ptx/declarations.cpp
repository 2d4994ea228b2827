#include "reference_host/software_device/ptx/declarations.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>

namespace vgpu::softdevice::ptx {

std::string quoted(std::string_view text) {
  std::string result(1, '\'');
  result.append(text);
  result.push_back('\'');
  return result;
}

Type type_named(std::string_view name) {
  static const std::unordered_map<std::string_view, Type> types = {
      {".pred", Type::pred},   {".b8", Type::b8},         {".b16", Type::b16},
      {".b32", Type::b32},     {".b64", Type::b64},       {".b128", Type::b128},
      {".u8", Type::u8},       {".u16", Type::u16},       {".u32", Type::u32},
      {".u64", Type::u64},     {".s8", Type::s8},         {".s16", Type::s16},
      {".s32", Type::s32},     {".s64", Type::s64},       {".f16", Type::f16},
      {".bf16", Type::bf16},   {".f32", Type::f32},       {".f64", Type::f64},
      {".f16x2", Type::f16x2}, {".bf16x2", Type::bf16x2}, {".u16x2", Type::u16x2},
      {".s16x2", Type::s16x2}};
  const auto it = types.find(name);
  return it == types.end() ? Type::none : it->second;
}

bool space_named(std::string_view name, Space& space) {
  static const std::unordered_map<std::string_view, Space> spaces = {
      {".global", Space::global},      {".const", Space::constant},   {".shared", Space::shared},
      {".shared::cta", Space::shared}, {".local", Space::local},      {".param", Space::param},
      {".param::entry", Space::param}, {".param::func", Space::param}};
  const auto it = spaces.find(name);
  if (it == spaces.end()) return false;
  space = it->second;
  return true;
}

bool DeclarationReader::fail(std::string message) {
  if (!failed()) {
    error.line = lexer.peek().line;
    error.message = std::move(message);
  }
  return false;
}

bool DeclarationReader::expect(char punctuation) {
  if (accept(punctuation)) return true;
  const Token& token = lexer.peek();
  const std::string found =
      token.kind == TokenKind::end ? "the end of the text" : quoted(token.text);
  return fail(std::string("expected '") + punctuation + "' but found " + found);
}

bool DeclarationReader::accept(char punctuation) {
  if (!lexer.peek().is(punctuation)) return false;
  lexer.next();
  return true;
}

void DeclarationReader::skip_statement() {
  while (lexer.peek().kind != TokenKind::end && !lexer.peek().is(';')) lexer.next();
  accept(';');
}

bool DeclarationReader::read_variable(Variable& variable) {
  variable.line = lexer.peek().line;
  std::size_t vector_length = 1;
  bool explicit_alignment = false;
  while (lexer.peek().kind == TokenKind::directive) {
    const Token token = lexer.next();
    if (token.text == ".align") {
      const Token value = lexer.next();
      if (value.kind != TokenKind::integer || value.bits == 0 || value.bits > 65536 ||
          (value.bits & (value.bits - 1)) != 0)
        return fail("an alignment must be a power of two");
      variable.alignment = value.bits;
      explicit_alignment = true;
    } else if (token.text == ".v2" || token.text == ".v4") {
      vector_length = token.text == ".v2" ? 2 : 4;
    } else if (token.text == ".texref") {
      variable.opaque = Opaque::texture;
    } else if (token.text == ".samplerref") {
      variable.opaque = Opaque::sampler;
    } else if (token.text == ".surfref") {
      variable.opaque = Opaque::surface;
    } else if (token.text == ".ptr") {
      // ".ptr .global .align 16": says something of what a pointer parameter points to.
      Space ignored;
      if (space_named(lexer.peek().text, ignored)) lexer.next();
      if (lexer.peek().is_directive(".align")) {
        lexer.next();
        lexer.next();
      }
    } else if (token.text == ".attribute") {
      if (!expect('(')) return false;
      while (lexer.peek().kind != TokenKind::end && !accept(')'))
        variable.managed |= lexer.next().is_directive(".managed");
    } else {
      variable.type = type_named(token.text);
      if (variable.type == Type::none)
        return fail("unknown type or attribute " + std::string(token.text));
    }
  }
  const Token name = lexer.next();
  if (name.kind != TokenKind::identifier) return fail("expected the name of a variable");
  variable.name = name.text;
  if (variable.opaque != Opaque::none) {
    variable.type = Type::b64;
    variable.size = variable.alignment = size_of(Type::b64);
    // Initial attributes of a sampler: whoever binds a texture sets them.
    if (accept('='))
      while (lexer.peek().kind != TokenKind::end && !lexer.peek().is(';')) lexer.next();
    return true;
  }
  if (size_of(variable.type) == 0) return fail("a variable needs a type with a size");
  std::size_t size = size_of(variable.type) * vector_length;
  if (!explicit_alignment) variable.alignment = size;
  while (accept('[')) {
    if (accept(']')) {
      variable.unsized = true;
      continue;
    }
    const Token length = lexer.next();
    if (length.kind != TokenKind::integer || length.bits > (std::size_t{1} << 40) ||
        size > (std::size_t{1} << 40) / std::max<std::size_t>(length.bits, 1))
      return fail("bad array length");
    size *= length.bits;
    if (!expect(']')) return false;
  }
  variable.size = variable.unsized ? 0 : size;
  if (accept('=')) {
    if (!read_initial_values(variable)) return false;
    const std::size_t bytes = variable.initial.size() * size_of(variable.type);
    if (variable.unsized) {
      variable.unsized = false;
      variable.size = bytes;
    } else if (bytes > variable.size) {
      return fail("more initial values than elements");
    }
  }
  return true;
}

bool DeclarationReader::read_initial_values(Variable& variable) {
  if (!lexer.peek().is('{')) return read_initial_value(variable);
  lexer.next();
  while (!accept('}')) {
    if (!read_initial_values(variable)) return false;
    if (!accept(',') && !lexer.peek().is('}')) return expect('}');
  }
  return true;
}

bool DeclarationReader::read_initial_value(Variable& variable) {
  InitialValue value;
  const bool negative = accept('-');
  Token token = lexer.next();
  if (token.kind == TokenKind::integer || token.kind == TokenKind::float_bits) {
    value.bits = token.bits;
    if (token.kind == TokenKind::float_bits) {
      if (variable.type == Type::f32 && !token.single) {
        double wide;
        std::memcpy(&wide, &token.bits, sizeof wide);
        const float narrow = static_cast<float>(wide);
        std::uint32_t image;
        std::memcpy(&image, &narrow, sizeof image);
        value.bits = image;
      }
      if (negative) value.bits ^= std::uint64_t{1} << (variable.type == Type::f32 ? 31 : 63);
    } else if (accept('(')) {
      value.mask = token.bits;
      token = lexer.next();
      value.bits = 0;
      value.symbol = token.text;
      if (token.kind != TokenKind::identifier || !expect(')')) return fail("expected a symbol");
    } else if (negative) {
      value.bits = 0 - value.bits;
    }
  } else if (token.kind == TokenKind::identifier) {
    value.symbol = token.text;
    if (token.text == "generic" && accept('(')) {
      value.generic = true;
      const Token symbol = lexer.next();
      if (symbol.kind != TokenKind::identifier) return fail("expected a symbol in generic()");
      value.symbol = symbol.text;
      if (!expect(')')) return false;
    }
    const bool minus = lexer.peek().is('-');
    if (accept('+') || (minus && accept('-'))) {
      const Token offset = lexer.next();
      if (offset.kind != TokenKind::integer) return fail("expected an offset");
      value.bits = minus ? 0 - offset.bits : offset.bits;
    }
  } else {
    return fail(quoted(token.text) + " cannot stand in an initialiser");
  }
  variable.initial.push_back(value);
  return true;
}

namespace {

/// Reads `.entry name (...) ... {` or `;` from the current token on.
bool scan_function(DeclarationReader& reader, FunctionExtent extent, Unit& unit) {
  Lexer& lexer = reader.lexer;
  extent.begin = lexer.token_offset();
  extent.line = lexer.peek().line;
  extent.is_entry = lexer.next().text == ".entry";
  if (reader.accept('(')) {
    while (lexer.peek().kind != TokenKind::end && !reader.accept(')')) lexer.next();
  }
  const Token name = lexer.next();
  if (name.kind != TokenKind::identifier) return reader.fail("expected the name of a function");
  extent.name = name.text;
  while (!lexer.peek().is(';') && !lexer.peek().is('{')) {
    if (lexer.peek().kind == TokenKind::end)
      return reader.fail("the text ends inside " + std::string(name.text));
    lexer.next();
  }
  extent.has_body = lexer.peek().is('{');
  if (extent.has_body) {
    if (!lexer.skip_braces())
      return reader.fail("the body of " + std::string(name.text) + " has no end");
    extent.end = lexer.token_offset();
  } else {
    lexer.next();
    extent.end = lexer.token_offset();
  }
  unit.functions.push_back(extent);
  return true;
}

}  // namespace

bool scan_unit(Unit& unit, SyntaxError& error) {
  DeclarationReader reader(unit.text, 1);
  Lexer& lexer = reader.lexer;
  bool is_extern = false;
  FunctionExtent linkage;
  while (lexer.peek().kind != TokenKind::end && !reader.failed()) {
    const Token token = lexer.peek();
    Space space;
    if (token.kind != TokenKind::directive) {
      reader.fail(quoted(token.text) + " cannot stand at module level");
    } else if (token.text == ".version") {
      lexer.next();
      const Token number = lexer.next();  // "9.0"
      int major = 0;
      int minor = 0;
      if (std::sscanf(std::string(number.text).c_str(), "%d.%d", &major, &minor) != 2)
        reader.fail("bad .version");
      unit.version = major * 10 + minor;
    } else if (token.text == ".target") {
      lexer.next();
      do {
        const std::string name(lexer.next().text);
        int number = 0;
        if (std::sscanf(name.c_str(), "sm_%d", &number) == 1) unit.target = number;
      } while (reader.accept(','));
    } else if (token.text == ".address_size") {
      lexer.next();
      if (lexer.next().bits != 64) reader.fail("only .address_size 64 is supported");
    } else if (token.text == ".extern" || token.text == ".visible" || token.text == ".weak" ||
               token.text == ".common") {
      is_extern |= token.text == ".extern";
      linkage.is_weak |= token.text == ".weak" || token.text == ".common";
      linkage.is_visible |= token.text == ".visible";
      lexer.next();
      continue;
    } else if (token.text == ".entry" || token.text == ".func") {
      scan_function(reader, linkage, unit);
    } else if (space_named(token.text, space)) {
      lexer.next();
      Variable variable;
      variable.space = space;
      variable.is_extern = is_extern;
      if (reader.read_variable(variable)) {
        unit.variables.push_back(std::move(variable));
        reader.expect(';');
      } else if (!reader.failed()) {
        reader.skip_statement();
      }
    } else if (token.text == ".file") {
      const std::uint32_t line = token.line;
      while (lexer.peek().kind != TokenKind::end && lexer.peek().line == line) lexer.next();
    } else if (token.text == ".section") {
      lexer.next();
      lexer.next();
      if (!lexer.peek().is('{') || !lexer.skip_braces()) reader.fail("bad .section");
    } else if (token.text == ".pragma" || token.text == ".alias") {
      reader.skip_statement();
    } else {
      reader.fail("unknown directive " + std::string(token.text));
    }
    is_extern = false;
    linkage = FunctionExtent{};
  }
  error = reader.error;
  return !reader.failed();
}

}  // namespace vgpu::softdevice::ptx
