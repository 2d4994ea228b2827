#include <gtest/gtest.h>

#include <cstring>
#include <vgpu/call/codec.hpp>
#include <vgpu/calls/event.hpp>
#include <vgpu/calls/module.hpp>

#include "messages.hpp"

namespace vgpu::test {
namespace {

/// Runs `check(type, message)` for every message type, with every field filled.
template <class Check>
void for_each_filled(std::uint64_t seed, Check&& check) {
  std::mt19937_64 random(seed);
  for (const MessageType& type : message_types()) {
    SCOPED_TRACE(type.name());
    std::vector<std::unique_ptr<std::uint64_t[]>> storage;
    const auto message = type.make();
    fill(*message, random, storage);
    check(type, *message, random);
  }
}

/// A heap block of exactly these bytes, so that a sanitizer sees a read of one byte more.
class ExactCopy {
 public:
  explicit ExactCopy(std::span<const std::byte> bytes)
      : bytes_(new std::byte[bytes.size()]), size_(bytes.size()) {
    if (!bytes.empty()) std::memcpy(bytes_.get(), bytes.data(), bytes.size());
  }
  std::span<const std::byte> span() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_;
};

bool decodes(const MessageType& type, std::span<const std::byte> body, AnyMessage& into) {
  std::span<const std::byte> trailing;
  return into.decode(body, type.header_words, trailing);
}

TEST(Codec, EncodingADecodedMessageGivesTheSameBytes) {
  for_each_filled(17, [](const MessageType& type, AnyMessage& message, std::mt19937_64& random) {
    for (const bool nulls : {false, true}) {
      std::vector<std::unique_ptr<std::uint64_t[]>> storage;
      fill(message, random, storage, nulls);
      const auto words = message.encode();
      const auto read = type.make();
      ASSERT_TRUE(decodes(type, bytes_of(words), *read));
      EXPECT_EQ(read->encode(), words);
    }
  });
}

TEST(Codec, EveryTruncationIsRejected) {
  for_each_filled(18, [](const MessageType& type, AnyMessage& message, std::mt19937_64&) {
    const auto words = message.encode();
    for (std::size_t size = 0; size < words.size() * 8; ++size) {
      const ExactCopy copy(bytes_of(words).first(size));
      EXPECT_FALSE(decodes(type, copy.span(), *type.make())) << "cut to " << size;
    }
  });
}

TEST(Codec, EveryOverwrittenWordIsSurvived) {
  for_each_filled(19, [](const MessageType& type, AnyMessage& message, std::mt19937_64& random) {
    const auto words = message.encode();
    for (std::size_t i = 0; i < words.size(); ++i) {
      for (const std::uint64_t value : {std::uint64_t{0}, ~std::uint64_t{0}, random(), random()}) {
        auto changed = words;
        changed[i] = value;
        const ExactCopy copy(bytes_of(changed));
        const auto read = type.make();
        if (!decodes(type, copy.span(), *read)) continue;
        // What was accepted is readable to its last byte.
        EXPECT_LE(read->encode().size(), 64 * 1024U);
      }
    }
  });
}

TEST(Codec, ChangingAnyFieldChangesTheBytes) {
  for_each_filled(21, [](const MessageType&, AnyMessage& message, std::mt19937_64&) {
    const auto words = message.encode();
    for (auto& [name, number] : message.numbers()) {
      std::visit(
          [](auto* field) {
            *field = static_cast<std::remove_reference_t<decltype(*field)>>(*field + 1);
          },
          number);
      EXPECT_NE(message.encode(), words) << name;
      std::visit(
          [](auto* field) {
            *field = static_cast<std::remove_reference_t<decltype(*field)>>(*field - 1);
          },
          number);
    }
    const auto pointers = message.pointers();
    for (std::size_t i = 0; i < pointers.size(); ++i) {
      message.set_pointer(i, {});
      EXPECT_NE(message.encode(), words) << pointers[i].name;
      message.set_pointer(i, pointers[i].bytes);
    }
  });
}

TEST(Codec, NullAndEmptyAreDifferent) {
  calls::ModuleGetFunction::Request request;
  const auto read = [&request] {
    std::vector<std::uint64_t> words(call::encoded_size(request) / 8);
    call::encode(request, reinterpret_cast<std::byte*>(words.data()));
    calls::ModuleGetFunction::Request back;
    std::span<const std::byte> trailing;
    EXPECT_TRUE(call::decode(bytes_of(words), 0, back, trailing));
    return std::pair(back.name.data() != nullptr, back.name.size());
  };
  request.name = "";
  EXPECT_EQ(read(), std::pair(true, std::size_t{0}));
  request.name = {};
  EXPECT_EQ(read(), std::pair(false, std::size_t{0}));
}

TEST(Codec, TextWithoutItsTerminatorIsRejected) {
  calls::ModuleGetFunction::Request request;
  request.name = "kernel1";
  std::vector<std::uint64_t> words(call::encoded_size(request) / 8);
  call::encode(request, reinterpret_cast<std::byte*>(words.data()));
  words.back() |= std::uint64_t{'x'} << 56;
  std::span<const std::byte> trailing;
  EXPECT_FALSE(call::decode(bytes_of(words), 0, request, trailing));
}

TEST(Codec, FieldsOfANewerPeerAreIgnoredAndOfAnOlderOneAreZero) {
  const std::vector<std::uint64_t> longer{1, 2, 3};
  calls::EventRecord::Request request;
  std::span<const std::byte> trailing;
  ASSERT_TRUE(call::decode(bytes_of(longer), 3, request, trailing));
  EXPECT_EQ(request.hEvent, 1U);
  EXPECT_EQ(request.hStream, 2U);
  EXPECT_TRUE(trailing.empty());
  ASSERT_TRUE(call::decode(bytes_of(longer), 1, request, trailing));
  EXPECT_EQ(request.hEvent, 1U);
  EXPECT_EQ(request.hStream, 0U);
  EXPECT_EQ(trailing.size(), 16U);
  ASSERT_TRUE(call::decode({}, 0, request, trailing));  // as an answer that only has a status
  EXPECT_EQ(request.hEvent, 0U);
}

TEST(Codec, MoreDataWordsThanBytesAreRejected) {
  const std::vector<std::uint64_t> words{1, 2};
  calls::EventRecord::Request request;
  std::span<const std::byte> trailing;
  EXPECT_FALSE(call::decode(bytes_of(words), 3, request, trailing));
}

}  // namespace
}  // namespace vgpu::test
