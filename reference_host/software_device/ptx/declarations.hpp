#pragma once

#include "reference_host/software_device/ptx/lexer.hpp"
#include "reference_host/software_device/ptx/syntax.hpp"

namespace vgpu::softdevice::ptx {

/// Reads pieces that modules and functions share. The first error sticks; callers test `failed`.
class DeclarationReader {
 public:
  DeclarationReader(std::string_view text, std::uint32_t line) : lexer(text, line) {}

  /// Remembers the first error, at the current token. Always false, for `return fail(...)`.
  bool fail(std::string message);
  bool failed() const { return !error.message.empty(); }
  bool expect(char punctuation);
  bool accept(char punctuation);

  /// Behind `.global`, `.param` ...: alignment, type, name, dimensions and initialiser, without the
  /// terminator. False for an error, and for objects without storage (texref), whose type stays
  /// none.
  bool read_variable(Variable& variable);
  /// Skips everything up to the `;` inclusive.
  void skip_statement();

  Lexer lexer;
  SyntaxError error;

 private:
  bool read_initial_values(Variable& variable);
  bool read_initial_value(Variable& variable);
};

/// The space that a directive (".global") names; false when it is none.
bool space_named(std::string_view name, Space& space);

}  // namespace vgpu::softdevice::ptx
