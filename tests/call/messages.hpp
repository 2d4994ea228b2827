#pragma once

/// \file
/// Every message of the schema behind one interface, so that a test of them all is compiled once.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vgpu::test {

/// A number field by reference.
using Number =
    std::variant<std::int8_t*, std::int16_t*, std::int32_t*, std::int64_t*, std::uint8_t*,
                 std::uint16_t*, std::uint32_t*, std::uint64_t*, float*, double*>;

/// A pointer field's content.
struct Pointer {
  std::string_view name;
  bool is_text = false;
  bool is_data = false;
  std::size_t element_bytes = 1;
  bool is_signed = false;
  bool is_float = false;
  std::span<const std::byte> bytes;  ///< of text without its terminator
  bool null = true;
};

/// One message object.
class AnyMessage {
 public:
  virtual ~AnyMessage() = default;
  virtual std::vector<std::pair<std::string_view, Number>> numbers() = 0;
  virtual std::vector<Pointer> pointers() const = 0;
  /// Points the field at `bytes`, which outlive the message; text includes no terminator.
  /// nullopt-like null when `bytes.data()` is null.
  virtual void set_pointer(std::size_t index, std::span<const std::byte> bytes) = 0;
  /// Whole words; every byte written by the encoder.
  virtual std::vector<std::uint64_t> encode() const = 0;
  virtual bool decode(std::span<const std::byte> body, std::uint8_t data_words,
                      std::span<const std::byte>& trailing) = 0;
};

struct MessageType {
  const char* file = nullptr;
  const char* call = nullptr;
  const char* which = nullptr;
  bool data_only = false;
  std::uint16_t data_words = 0;
  /// What FrameHeader::data_words says.
  std::uint8_t header_words = 0;
  std::unique_ptr<AnyMessage> (*make)() = nullptr;

  std::string name() const { return std::string(file) + '.' + call + '.' + which; }
};

/// All of them.
const std::vector<MessageType>& message_types();

/// Fills every field with values of which every byte matters. The content lives in `storage`.
void fill(AnyMessage& message, std::mt19937_64& random,
          std::vector<std::unique_ptr<std::uint64_t[]>>& storage, bool null_every_second = false);

inline std::span<const std::byte> bytes_of(const std::vector<std::uint64_t>& words) {
  return std::as_bytes(std::span(words));
}

}  // namespace vgpu::test
