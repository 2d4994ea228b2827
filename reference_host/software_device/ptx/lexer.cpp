#include "reference_host/software_device/ptx/lexer.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

namespace vgpu::softdevice::ptx {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

}  // namespace

void Lexer::skip_blanks() {
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (c == '\n') {
      ++line_;
      ++position_;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
      ++position_;
    } else if ((c == '/' && text_.substr(position_, 2) == "//") ||
               (c == '#' && (position_ == 0 || text_[position_ - 1] == '\n'))) {
      position_ = std::min(text_.find('\n', position_), text_.size());
    } else if (c == '/' && text_.substr(position_, 2) == "/*") {
      const std::size_t end = std::min(text_.find("*/", position_ + 2), text_.size());
      for (; position_ < end; ++position_) line_ += text_[position_] == '\n';
      position_ = std::min(position_ + 2, text_.size());
    } else {
      return;
    }
  }
}

void Lexer::lex_number() {
  const std::size_t begin = position_;
  const auto at = [&](std::size_t i) { return i < text_.size() ? text_[i] : '\0'; };
  const char marker = at(begin) == '0' ? at(begin + 1) : '\0';
  if (marker == 'f' || marker == 'F' || marker == 'd' || marker == 'D') {
    token_.single = marker == 'f' || marker == 'F';
    const std::size_t digits = token_.single ? 8 : 16;
    token_.kind = TokenKind::float_bits;
    position_ += 2;
    for (std::size_t i = 0; i < digits; ++i, ++position_) {
      const int digit = digit_value(at(position_));
      if (digit > 15) {
        token_.kind = TokenKind::invalid;
        break;
      }
      token_.bits = token_.bits << 4 | static_cast<unsigned>(digit);
    }
    token_.text = text_.substr(begin, position_ - begin);
    return;
  }
  int base = 10;
  if (marker == 'x' || marker == 'X') {
    base = 16;
    position_ += 2;
  } else if (marker == 'b' || marker == 'B') {
    base = 2;
    position_ += 2;
  } else if (is_digit(marker)) {
    base = 8;
    position_ += 1;
  }
  const std::size_t first = position_;
  while (digit_value(at(position_)) < base) {
    token_.bits = token_.bits * static_cast<unsigned>(base) +
                  static_cast<unsigned>(digit_value(at(position_)));
    ++position_;
  }
  token_.kind = TokenKind::integer;
  const bool fraction = at(position_) == '.' && is_digit(at(position_ + 1));
  const bool exponent = at(position_) == 'e' || at(position_) == 'E';
  if (base != 16 && base != 2 && (fraction || exponent || at(position_) == '.')) {
    if (at(position_) == '.') ++position_;
    while (is_digit(at(position_))) ++position_;
    if (at(position_) == 'e' || at(position_) == 'E') {
      ++position_;
      if (at(position_) == '+' || at(position_) == '-') ++position_;
      while (is_digit(at(position_))) ++position_;
    }
    const std::string literal(text_.substr(begin, position_ - begin));
    const double value = std::strtod(literal.c_str(), nullptr);
    std::memcpy(&token_.bits, &value, sizeof value);
    token_.kind = TokenKind::float_bits;
  } else if (position_ == first && base != 8) {
    token_.kind = TokenKind::invalid;
  } else if (at(position_) == 'U') {
    ++position_;
  }
  token_.text = text_.substr(begin, position_ - begin);
}

void Lexer::advance() {
  skip_blanks();
  token_ = Token{};
  token_.line = line_;
  token_offset_ = position_;
  if (position_ >= text_.size()) return;
  const std::size_t begin = position_;
  const char c = text_[begin];
  if (is_digit(c)) {
    lex_number();
    return;
  }
  if (c == '.' && begin + 1 < text_.size() && is_word(text_[begin + 1])) {
    ++position_;
    while (position_ < text_.size()) {
      if (is_word(text_[position_])) {
        ++position_;
      } else if (text_.substr(position_, 2) == "::") {
        position_ += 2;
      } else {
        break;
      }
    }
    token_.kind = TokenKind::directive;
  } else if (is_word(c) || c == '%') {
    ++position_;
    while (position_ < text_.size() && is_word(text_[position_])) ++position_;
    token_.kind = TokenKind::identifier;
  } else if (c == '"') {
    const std::size_t end = std::min(text_.find('"', begin + 1), text_.size());
    token_.kind = TokenKind::string;
    token_.text = text_.substr(begin + 1, end - begin - 1);
    position_ = std::min(end + 1, text_.size());
    return;
  } else {
    static constexpr std::string_view known = "{}()[],;:+-!=<>@|*/&^~?";
    token_.kind =
        known.find(c) == std::string_view::npos ? TokenKind::invalid : TokenKind::punctuation;
    ++position_;
  }
  token_.text = text_.substr(begin, position_ - begin);
}

bool Lexer::skip_braces() {
  int depth = 1;  // the current token is the opening brace, position_ is behind it
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (c == '\n') {
      ++line_;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}') {
      if (--depth == 0) {
        ++position_;
        advance();
        return true;
      }
    } else if (c == '/' || c == '"') {
      if (c == '"') {
        position_ = std::min(text_.find('"', position_ + 1), text_.size() - 1);
      } else {
        const std::size_t before = position_;
        skip_blanks();
        if (position_ != before) continue;
      }
    }
    ++position_;
  }
  advance();
  return false;
}

}  // namespace vgpu::softdevice::ptx
