#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <sstream>

#include "corpus.hpp"

namespace vgpu::ptx_corpus {

namespace {

struct Format {
  std::size_t bytes;
  int mantissa_bits;
  int exponent_bits;
};

Format format_of(Rule::Kind kind) {
  switch (kind) {
    case Rule::Kind::f16:
      return {2, 10, 5};
    case Rule::Kind::bf16:
      return {2, 7, 8};
    case Rule::Kind::f64:
      return {8, 52, 11};
    case Rule::Kind::bits:
    case Rule::Kind::low16:
    case Rule::Kind::f32:
      break;
  }
  return {4, 23, 8};
}

double decode(std::uint64_t bits, const Format& format) {
  const int total = format.mantissa_bits + format.exponent_bits;
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << format.mantissa_bits) - 1);
  const auto exponent = static_cast<int>((bits >> format.mantissa_bits) &
                                         ((std::uint64_t{1} << format.exponent_bits) - 1));
  const int bias = (1 << (format.exponent_bits - 1)) - 1;
  double value = 0;
  if (exponent == (1 << format.exponent_bits) - 1) {
    value = fraction != 0 ? std::numeric_limits<double>::quiet_NaN()
                          : std::numeric_limits<double>::infinity();
  } else if (exponent == 0) {
    value = std::ldexp(static_cast<double>(fraction), 1 - bias - format.mantissa_bits);
  } else {
    const std::uint64_t significand = fraction | (std::uint64_t{1} << format.mantissa_bits);
    value = std::ldexp(static_cast<double>(significand), exponent - bias - format.mantissa_bits);
  }
  return ((bits >> total) & 1) != 0 ? -value : value;
}

double last_place(double value, const Format& format) {
  const int smallest =
      2 - (1 << (format.exponent_bits - 1));  // exponent of the least normal number
  const int exponent = value == 0 || !std::isfinite(value) ? smallest : std::ilogb(value);
  return std::ldexp(1.0, std::max(exponent, smallest) - format.mantissa_bits);
}

bool close(double got, double wanted, const Rule& rule, const Format& format) {
  if (std::isnan(wanted)) return std::isnan(got);
  if (!std::isfinite(wanted) || !std::isfinite(got)) return got == wanted;
  if (rule.relative == 0 && rule.absolute == 0 && rule.ulps == 0)
    return got == wanted && std::signbit(got) == std::signbit(wanted);
  return std::fabs(got - wanted) <=
         rule.relative * std::fabs(wanted) + rule.absolute + rule.ulps * last_place(wanted, format);
}

std::uint64_t element(std::span<const std::byte> bytes, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + offset, size);
  return value;
}

std::optional<std::string> compare_bits(std::size_t begin, std::size_t end,
                                        std::span<const std::byte> wanted,
                                        std::span<const std::byte> got) {
  if (std::memcmp(wanted.data() + begin, got.data() + begin, end - begin) == 0) return std::nullopt;
  std::size_t different = 0;
  std::size_t first = end;
  for (std::size_t i = begin; i < end; i += 4) {
    const std::size_t size = std::min<std::size_t>(4, end - i);
    if (element(wanted, i, size) == element(got, i, size)) continue;
    first = std::min(first, i);
    ++different;
  }
  std::ostringstream text;
  const std::size_t shown = std::min<std::size_t>(8, end - first / 8 * 8);
  text << "at byte " << first / 8 * 8 << " 0x" << std::hex << element(got, first / 8 * 8, shown)
       << ", expected 0x" << element(wanted, first / 8 * 8, shown) << std::dec << " (" << different
       << " words differ)";
  return text.str();
}

}  // namespace

std::optional<std::string> difference(const Case& item, const Expectation& expected,
                                      std::span<const std::byte> output) {
  if (expected.only_hash) {
    const std::uint64_t hash = hash_bytes(output);
    if (expected.output.size() == sizeof hash &&
        std::memcmp(&hash, expected.output.data(), sizeof hash) == 0)
      return std::nullopt;
    return "the output's hash differs";
  }
  const std::span<const std::byte> wanted = expected.output;
  if (wanted.size() != output.size()) return "the output's size differs";
  if (item.rules.empty()) return compare_bits(0, output.size(), wanted, output);
  for (const Rule& rule : item.rules) {
    if (rule.kind == Rule::Kind::bits) {
      if (auto found = compare_bits(rule.offset, rule.offset + rule.count, wanted, output))
        return found;
      continue;
    }
    if (rule.kind == Rule::Kind::low16) {
      for (std::size_t i = 0; i < rule.count; ++i) {
        const std::size_t at = rule.offset + 4 * i;
        if (element(output, at, 2) != element(wanted, at, 2))
          return "the lower half of word " + std::to_string(i) + " differs";
      }
      continue;
    }
    const Format format = format_of(rule.kind);
    std::size_t different = 0;
    std::ostringstream text;
    text.precision(17);
    for (std::size_t i = 0; i < rule.count; ++i) {
      const std::size_t at = rule.offset + i * format.bytes;
      const double left = decode(element(output, at, format.bytes), format);
      const double right = decode(element(wanted, at, format.bytes), format);
      if (close(left, right, rule, format)) continue;
      if (different++ == 0) text << "element " << i << " is " << left << ", expected " << right;
    }
    if (different != 0) {
      text << " (" << different << " differ)";
      return text.str();
    }
  }
  return std::nullopt;
}

}  // namespace vgpu::ptx_corpus
