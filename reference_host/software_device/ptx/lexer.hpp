#pragma once

#include <cstdint>
#include <string_view>

namespace vgpu::softdevice::ptx {

enum class TokenKind : std::uint8_t {
  end,
  identifier,  ///< names, opcodes, registers (with their leading %)
  directive,   ///< a dot and a word: directives, opcode modifiers, components
  integer,
  float_bits,   ///< 0f... (single) or 0d... / decimal (double); `bits` holds the IEEE image
  string,       ///< without the quotes
  punctuation,  ///< one character, in `text`
  invalid,      ///< a character or number that PTX does not know
};

struct Token {
  TokenKind kind = TokenKind::end;
  bool single = false;  ///< float_bits: the image is a binary32
  std::uint32_t line = 0;
  std::string_view text;
  std::uint64_t bits = 0;

  bool is(char punctuation) const {
    return kind == TokenKind::punctuation && text.front() == punctuation;
  }
  bool is_directive(std::string_view name) const {
    return kind == TokenKind::directive && text == name;
  }
};

/// Splits PTX text into tokens, one at a time; comments and line markers are skipped. The text must
/// outlive the tokens.
class Lexer {
 public:
  explicit Lexer(std::string_view text, std::uint32_t first_line = 1)
      : text_(text), line_(first_line) {
    advance();
  }

  const Token& peek() const { return token_; }
  Token next() {
    Token result = token_;
    advance();
    return result;
  }
  /// Where the token that `peek` shows begins in the text.
  std::size_t token_offset() const { return token_offset_; }

  /// With a `{` as the current token: skips to behind the matching `}` without making tokens.
  /// False when it is missing.
  bool skip_braces();

 private:
  void advance();
  void skip_blanks();
  void lex_number();

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t token_offset_ = 0;
  std::uint32_t line_ = 1;
  Token token_;
};

}  // namespace vgpu::softdevice::ptx
