#include <algorithm>
#include <cstdlib>
#include <string>
#include <unordered_map>

#include "reference_host/software_device/ptx/declarations.hpp"

namespace vgpu::softdevice::ptx {

namespace {

/// Names of one `{ }`: registers, variables, labels.
struct Scope {
  struct RegisterRange {
    std::uint32_t first;
    std::uint32_t count;
  };
  std::unordered_map<std::string_view, std::uint32_t> registers;
  std::unordered_map<std::string_view, RegisterRange> ranges;  // by prefix: %r<100>
  std::unordered_map<std::string_view, Variable*> variables;
  std::unordered_map<std::string_view, std::uint32_t> labels;
  std::unordered_map<std::string_view, std::uint32_t> branch_lists;
  /// Label operands used in this scope whose label is not known yet.
  std::vector<std::pair<std::string_view, std::uint32_t>> pending;
};

class FunctionParser : DeclarationReader {
 public:
  FunctionParser(std::string_view text, std::uint32_t line, Function& function)
      : DeclarationReader(text, line), function_(function) {
    scopes_.emplace_back();
  }

  bool parse() {
    function_.line = lexer.peek().line;
    function_.is_entry = lexer.next().text == ".entry";
    if (lexer.peek().is('(') && !parameter_list(function_.results, true)) return false;
    function_.name = lexer.next().text;
    if (lexer.peek().is('(') && !parameter_list(function_.parameters, false)) return false;
    while (lexer.peek().kind == TokenKind::directive) performance_directive();
    if (!expect('{')) return false;
    for (const RegisterParameter& parameter : register_parameters_)
      if (!parameter.is_result) move_parameter(parameter, Instruction{});
    while (!failed() && !scopes_.empty()) statement();
    if (failed()) return false;
    store_results(Instruction{});  // falling off the end returns
    for (const std::uint32_t target : function_.label_targets)
      if (target == unresolved) return fail("a branch leads to a label that does not exist");
    return true;
  }

  const SyntaxError& reason() const { return error; }

 private:
  static constexpr std::uint32_t unresolved = UINT32_MAX;

  bool parameter_list(std::vector<Variable*>& list, bool results) {
    if (!expect('(')) return false;
    while (!accept(')')) {
      Space space = Space::param;
      const Token token = lexer.next();
      const bool in_register = token.text == ".reg" && !function_.is_entry;
      if (!in_register && !space_named(token.text, space)) return fail("expected .param");
      Variable variable;
      variable.space = Space::param;
      if (!read_variable(variable) || variable.opaque != Opaque::none)
        return fail("unsupported parameter type");
      list.push_back(declare(std::move(variable)));
      if (in_register) {
        // A parameter that the body knows as a register.
        const auto number = static_cast<std::uint32_t>(function_.registers.size());
        function_.registers.push_back(list.back()->type);
        scopes_.back().registers[list.back()->name] = number;
        register_parameters_.push_back({list.back(), number, results});
      }
      if (!accept(',') && !lexer.peek().is(')')) return expect(')');
    }
    return true;
  }

  struct RegisterParameter {
    Variable* variable;
    std::uint32_t reg;
    bool is_result;
  };

  static std::string_view bits_named(std::size_t size) {
    return size == 8 ? ".b64" : size == 4 ? ".b32" : ".b16";
  }

  /// Between a parameter and what stands for it: into the register, or from `value`. `like` has the
  /// line and the guard.
  void transfer(const Variable* variable, const Operand& value, bool load,
                const Instruction& like) {
    Instruction made;
    made.line = like.line;
    made.guarded = like.guarded;
    made.guard_negated = like.guard_negated;
    made.guard = like.guard;
    made.opcode = load ? "ld" : "st";
    made.modifiers = {".param", bits_named(variable->size)};
    Operand address;
    address.kind = Operand::Kind::address;
    address.name = variable->name;
    address.variable = variable;
    made.operands =
        load ? std::vector<Operand>{value, address} : std::vector<Operand>{address, value};
    function_.instructions.push_back(std::move(made));
  }

  void move_parameter(const RegisterParameter& parameter, const Instruction& like) {
    Operand reg;
    reg.kind = Operand::Kind::reg;
    reg.reg = parameter.reg;
    reg.name = parameter.variable->name;
    transfer(parameter.variable, reg, !parameter.is_result, like);
  }

  /// Before a function returns: the results that the body keeps in registers.
  void store_results(const Instruction& like) {
    for (const RegisterParameter& parameter : register_parameters_)
      if (parameter.is_result) move_parameter(parameter, like);
  }

  /// Gives a value that a call names directly a place among the parameters.
  const Variable* place_value(Operand& value) {
    Variable variable;
    variable.space = Space::param;
    variable.name = "(value)";
    variable.type = value.kind == Operand::Kind::reg ? function_.registers[value.reg] : Type::b32;
    if (value.kind == Operand::Kind::float_bits && !value.single) variable.type = Type::b64;
    if (size_of(variable.type) == 0) {
      fail("a predicate cannot be passed");
      variable.type = Type::b32;
    }
    variable.size = variable.alignment = size_of(variable.type);
    function_.variables.push_back(variable);
    value.kind = Operand::Kind::symbol;
    value.variable = &function_.variables.back();
    return value.variable;
  }

  /// Calls may name registers and numbers where parameters stand: they are stored before and loaded
  /// after.
  void finish_call(Instruction call) {
    const auto is_value = [](const Operand& operand) {
      return operand.kind == Operand::Kind::reg || operand.kind == Operand::Kind::integer ||
             operand.kind == Operand::Kind::float_bits;
    };
    const bool has_results =
        !call.operands.empty() && call.operands[0].kind == Operand::Kind::vector;
    std::vector<std::pair<const Variable*, Operand>> loads;
    for (std::size_t i = 0; i < call.operands.size(); ++i) {
      for (Operand& element : call.operands[i].elements) {
        if (!is_value(element)) continue;
        const Operand value = element;
        const Variable* const place = place_value(element);
        if (i == 0 && has_results)
          loads.emplace_back(place, value);
        else
          transfer(place, value, false, call);
      }
    }
    Instruction like;
    like.line = call.line;
    like.guarded = call.guarded;
    like.guard_negated = call.guard_negated;
    like.guard = call.guard;
    function_.instructions.push_back(std::move(call));
    for (const auto& [place, value] : loads) transfer(place, value, true, like);
  }

  Variable* declare(Variable variable) {
    function_.variables.push_back(std::move(variable));
    Variable* stored = &function_.variables.back();
    scopes_.back().variables[stored->name] = stored;
    return stored;
  }

  void performance_directive() {
    const Token token = lexer.next();
    if (token.text == ".pragma") {
      skip_statement();
      return;
    }
    std::uint64_t product = 1;
    while (lexer.peek().kind == TokenKind::integer) {
      product *= std::max<std::uint64_t>(lexer.next().bits, 1);
      if (!accept(',')) break;
    }
    if (token.text == ".maxntid" || token.text == ".reqntid")
      function_.max_threads = static_cast<int>(std::min<std::uint64_t>(product, 1024));
  }

  void statement() {
    const Token token = lexer.peek();
    if (token.kind == TokenKind::end) {
      fail("the body ends too early");
    } else if (token.is('{')) {
      lexer.next();
      scopes_.emplace_back();
    } else if (token.is('}')) {
      lexer.next();
      close_scope();
    } else if (token.is(';')) {
      lexer.next();
    } else if (token.kind == TokenKind::directive) {
      body_directive();
    } else if (token.is('@')) {
      instruction();
    } else if (token.kind == TokenKind::identifier) {
      instruction_or_label();
    } else {
      fail(quoted(token.text) + " cannot begin a statement");
    }
  }

  void close_scope() {
    Scope closing = std::move(scopes_.back());
    scopes_.pop_back();
    for (const auto& [name, label] : closing.pending) {
      const auto it = closing.labels.find(name);
      if (it != closing.labels.end()) {
        function_.label_targets[label] = it->second;
      } else if (!scopes_.empty()) {
        scopes_.back().pending.emplace_back(name, label);
      } else {
        fail("there is no label " + std::string(name));
      }
    }
  }

  void body_directive() {
    const Token token = lexer.next();
    Space space;
    if (token.text == ".reg") {
      register_declaration();
    } else if (space_named(token.text, space)) {
      Variable variable;
      variable.space = space;
      if (read_variable(variable)) {
        if (variable.opaque != Opaque::none) {
          fail("textures and surfaces are declared outside of functions");
          return;
        }
        declare(std::move(variable));
      }
      expect(';');
    } else if (token.text == ".loc" || token.text == ".file") {
      while (lexer.peek().kind != TokenKind::end && lexer.peek().line == token.line) lexer.next();
    } else if (token.text == ".pragma") {
      skip_statement();
    } else {
      fail("unknown directive " + std::string(token.text));
    }
  }

  void register_declaration() {
    const Token type_token = lexer.next();
    const Type type = type_named(type_token.text);
    if (type == Type::none) {
      fail("unsupported register type " + std::string(type_token.text));
      return;
    }
    do {
      const Token name = lexer.next();
      if (name.kind != TokenKind::identifier) {
        fail("expected a register name");
        return;
      }
      const auto first = static_cast<std::uint32_t>(function_.registers.size());
      if (accept('<')) {
        const Token count = lexer.next();
        if (count.kind != TokenKind::integer || count.bits > 1'000'000 || !expect('>')) {
          fail("bad register count");
          return;
        }
        function_.registers.resize(first + count.bits, type);
        scopes_.back().ranges[name.text] = {first, static_cast<std::uint32_t>(count.bits)};
      } else {
        function_.registers.push_back(type);
        scopes_.back().registers[name.text] = first;
      }
    } while (accept(','));
    expect(';');
  }

  bool find_register(std::string_view name, std::uint32_t& number) const {
    std::size_t digits = name.size();
    while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9') --digits;
    std::uint64_t index = 0;
    for (std::size_t i = digits; i < name.size() && i < digits + 8; ++i)
      index = index * 10 + static_cast<unsigned>(name[i] - '0');
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      const auto single = scope->registers.find(name);
      if (single != scope->registers.end()) {
        number = single->second;
        return true;
      }
      if (digits == name.size()) continue;
      const auto range = scope->ranges.find(name.substr(0, digits));
      if (range != scope->ranges.end() && index < range->second.count) {
        number = range->second.first + static_cast<std::uint32_t>(index);
        return true;
      }
    }
    return false;
  }

  const Variable* find_variable(std::string_view name) const {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      const auto it = scope->variables.find(name);
      if (it != scope->variables.end()) return it->second;
    }
    return nullptr;
  }

  void instruction_or_label() {
    const Token name = lexer.next();
    if (!lexer.peek().is(':')) {
      Instruction instruction;
      instruction.line = name.line;
      rest_of_instruction(std::move(instruction), name);
      return;
    }
    lexer.next();
    if (lexer.peek().is_directive(".branchtargets")) {
      branch_targets(name.text);
    } else if (lexer.peek().is_directive(".callprototype") ||
               lexer.peek().is_directive(".calltargets")) {
      skip_statement();
    } else {
      scopes_.back().labels[name.text] = static_cast<std::uint32_t>(function_.instructions.size());
    }
  }

  void branch_targets(std::string_view name) {
    lexer.next();
    std::vector<std::uint32_t> labels;
    do {
      labels.push_back(label_reference(lexer.next().text));
    } while (accept(','));
    expect(';');
    scopes_.back().branch_lists[name] = static_cast<std::uint32_t>(function_.branch_lists.size());
    function_.branch_lists.push_back(std::move(labels));
  }

  std::uint32_t label_reference(std::string_view name) {
    const auto number = static_cast<std::uint32_t>(function_.label_targets.size());
    function_.label_targets.push_back(unresolved);
    scopes_.back().pending.emplace_back(name, number);
    return number;
  }

  void instruction() {
    Instruction result;
    result.line = lexer.next().line;
    result.guarded = true;
    result.guard_negated = accept('!');
    const Token name = lexer.next();
    if (!find_register(name.text, result.guard)) {
      fail("unknown predicate " + std::string(name.text));
      return;
    }
    if (function_.registers[result.guard] != Type::pred) {
      fail(std::string(name.text) + " is not a predicate");
      return;
    }
    const Token opcode = lexer.next();
    rest_of_instruction(std::move(result), opcode);
  }

  void rest_of_instruction(Instruction result, const Token& opcode) {
    if (opcode.kind != TokenKind::identifier) {
      fail("expected an instruction");
      return;
    }
    result.opcode = opcode.text;
    while (lexer.peek().kind == TokenKind::directive) result.modifiers.push_back(lexer.next().text);
    const bool branch = result.opcode == "bra" || result.opcode == "brx";
    while (!failed() && !accept(';')) {
      Operand operand;
      if (!read_operand(operand, branch)) return;
      if (accept('|')) {
        if (!read_operand(result.second_destination, false)) return;
      }
      result.operands.push_back(std::move(operand));
      if (!accept(',') && !lexer.peek().is(';')) {
        expect(';');
        return;
      }
    }
    if (result.opcode == "ret") store_results(result);
    if (result.opcode == "call")
      finish_call(std::move(result));
    else
      function_.instructions.push_back(std::move(result));
  }

  bool read_offset(Operand& operand) {
    const bool minus = lexer.peek().is('-');
    if (accept('+') || (minus && accept('-'))) {
      const bool second_minus = accept('-');
      const Token offset = lexer.next();
      if (offset.kind != TokenKind::integer) return fail("expected an offset");
      operand.value = static_cast<std::int64_t>(offset.bits);
      if (minus != second_minus) operand.value = -operand.value;
    }
    return true;
  }

  bool read_list(Operand& operand, char close) {
    operand.kind = Operand::Kind::vector;
    while (!accept(close)) {
      Operand element;
      if (!read_operand(element, false)) return false;
      operand.elements.push_back(std::move(element));
      if (!accept(',') && !lexer.peek().is(close)) return expect(close);
    }
    return true;
  }

  bool read_address(Operand& operand) {
    const Token base = lexer.next();
    operand.kind = Operand::Kind::address;
    if (base.kind == TokenKind::integer) {
      operand.value = static_cast<std::int64_t>(base.bits);
      return expect(']');
    }
    if (base.kind != TokenKind::identifier) return fail("expected an address");
    operand.name = base.text;
    if (find_register(base.text, operand.reg)) {
      operand.has_register = true;
      operand.name = {};
    } else {
      operand.variable = find_variable(base.text);
    }
    if (!read_offset(operand)) return false;
    // A texture or surface: its sampler, where it has one of its own, and coordinates.
    while (accept(',')) {
      Operand element;
      if (!read_operand(element, false)) return false;
      operand.elements.push_back(std::move(element));
    }
    return expect(']');
  }

  bool read_operand(Operand& operand, bool branch) {
    if (accept('{')) return read_list(operand, '}');
    if (accept('(')) return read_list(operand, ')');
    if (accept('[')) return read_address(operand);
    operand.negated = accept('!');
    const bool negative = accept('-');
    const Token token = lexer.next();
    if (token.kind == TokenKind::integer) {
      operand.kind = Operand::Kind::integer;
      operand.value = static_cast<std::int64_t>(negative ? 0 - token.bits : token.bits);
      return true;
    }
    if (token.kind == TokenKind::float_bits) {
      operand.kind = Operand::Kind::float_bits;
      operand.single = token.single;
      const std::uint64_t sign = negative ? std::uint64_t{1} << (token.single ? 31 : 63) : 0;
      operand.value = static_cast<std::int64_t>(token.bits ^ sign);
      return true;
    }
    if (token.kind != TokenKind::identifier) return fail(quoted(token.text) + " is not an operand");
    if (token.text == "WARP_SZ") {
      operand.kind = Operand::Kind::integer;
      operand.value = negative ? -32 : 32;
      return true;
    }
    operand.name = token.text;
    operand.minus = negative;
    if (token.text == "_") {
      operand.kind = Operand::Kind::underscore;
      return true;
    }
    if (find_register(token.text, operand.reg)) {
      operand.kind = Operand::Kind::reg;
      if (lexer.peek().kind == TokenKind::directive) operand.selector = lexer.next().text;
      return true;
    }
    if (negative) return fail(quoted(token.text) + " cannot be negated");
    if (token.text.front() == '%') {
      operand.kind = Operand::Kind::special;
      if (lexer.peek().kind == TokenKind::directive && lexer.peek().text.size() == 2) {
        const Token component = lexer.next();
        operand.value = component.text[1];
      }
      return true;
    }
    operand.variable = find_variable(token.text);
    if (operand.variable != nullptr) {
      operand.kind = Operand::Kind::symbol;
      return read_offset(operand);
    }
    if (branch) {
      for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
        const auto it = scope->branch_lists.find(token.text);
        if (it == scope->branch_lists.end()) continue;
        operand.kind = Operand::Kind::name;
        operand.value = it->second;
        return true;
      }
      operand.kind = Operand::Kind::label;
      operand.label = label_reference(token.text);
      return true;
    }
    operand.kind = Operand::Kind::name;
    return read_offset(operand);
  }

  Function& function_;
  std::vector<Scope> scopes_;
  std::vector<RegisterParameter> register_parameters_;
};

}  // namespace

bool parse_function(const Unit& unit, const FunctionExtent& extent, Function& function,
                    SyntaxError& error) {
  FunctionParser parser(std::string_view(unit.text).substr(extent.begin, extent.end - extent.begin),
                        extent.line, function);
  const bool parsed = parser.parse();
  error = parser.reason();
  return parsed;
}

}  // namespace vgpu::softdevice::ptx
