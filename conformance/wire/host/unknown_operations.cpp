/// Operations that the host does not know, and requests that nobody expects.

#include <fmt/format.h>

#include <cstring>
#include <vgpu/calls/memory.hpp>
#include <vgpu/operations.hpp>

#include "wire/client.hpp"

namespace vgpu::conformance::wire {
namespace {

/// Numbers that the schema does not have, now or soon.
constexpr std::uint16_t unknown[] = {0, 15, 9999, 40000, 0xffff};

/// Operations that end the channel, or that only a host sends.
bool is_special(call::Operation operation) {
  return operation == call::Operation::goodbye;
}

WIRE_TEST(WireUnknownOperations, AreAnsweredWithNotSupported) {
  Channel channel = open_session();
  for (const std::uint16_t operation : unknown) {
    const Answer answer = channel.ask(operation, random_bytes(100), 3);
    EXPECT_EQ(answer.status(), status::not_supported) << operation;
    EXPECT_EQ(answer.bytes, 0U) << "there is nothing to say about it";
  }
  channel.ping();
}

WIRE_TEST(WireUnknownOperations, AreSkippedWhateverTheirSize) {
  Channel channel = open_session();
  const std::size_t cap = channel.link().cap();
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, cap - 1, cap, cap + 1, 3 * cap}) {
    EXPECT_EQ(channel.ask(40000, random_bytes(bytes), 0).status(), status::not_supported) << bytes;
  }
  channel.ping();
}

WIRE_TEST(WireUnknownOperations, ThatNobodyWaitsForAreNotAnswered) {
  Channel channel = open_session();
  for (const std::uint16_t operation : unknown) {
    channel.send(operation, channel.take_ticket(), random_bytes(64), 0, frame_flag::no_reply);
  }
  channel.ping();  // its answer is the next thing that comes
}

WIRE_TEST(WireUnknownOperations, DoNotEndASessionHoweverManyThereAre) {
  Channel channel = open_session();
  for (unsigned i = 0; i < 2000; ++i) {
    channel.send(static_cast<std::uint16_t>(41000 + i % 100), channel.take_ticket(), {}, 0,
                 frame_flag::no_reply);
  }
  channel.ping();
}

/// A body of `words` words that could be any request: numbers, or a message with that many fields.
void expect_answered(Channel& channel, const call::OperationInfo& info,
                     std::span<const std::byte> body, std::size_t data_words) {
  try {
    static_cast<void>(channel.ask(static_cast<std::uint16_t>(info.operation), body, data_words));
  } catch (const PeerError& error) {
    throw PeerError(fmt::format("{} ({} bytes, {} data words): {}", info.name, body.size(),
                                data_words, error.what()));
  }
}

WIRE_TEST(WireEveryOperation, IsAnsweredWhateverItCarries) {
  Channel channel = open_session();
  for (const call::OperationInfo& info : call::operations) {
    if (is_special(info.operation)) continue;
    expect_answered(channel, info, {}, 0);
    expect_answered(channel, info, random_bytes(5), 0);
    expect_answered(channel, info, random_bytes(256), 32);
    expect_answered(channel, info, std::vector<std::byte>(256), 32);
    // A root pointer to a struct that fills the message.
    auto message = random_bytes(264);
    const std::uint64_t root = std::uint64_t{8} << 32 | std::uint64_t{24} << 48;
    std::memcpy(message.data(), &root, 8);
    expect_answered(channel, info, message, 0);
    std::fill(message.begin() + 8, message.end(), std::byte{});
    expect_answered(channel, info, message, 0);
  }
  channel.ping();
}

WIRE_TEST(WireEveryOperation, SurvivesRandomFields) {
  DeviceSession session;
  for (const call::OperationInfo& info : call::operations) {
    if (is_special(info.operation)) continue;
    for (int round = 0; round < 3; ++round) {
      // Words as a request has them: handles, small numbers, addresses.
      std::vector<std::uint64_t> words(12);
      for (std::uint64_t& word : words) {
        const auto random = random_bytes(9);
        std::memcpy(&word, random.data(), 8);
        switch (std::to_integer<unsigned>(random[8]) % 5) {
          case 0:
            word &= 0xff;
            break;
          case 1:
            word = 0;
            break;
          case 2:
            word = session.context();
            break;
          case 3:
            word &= 0x7fff'ffff'f000U;
            break;
          default:
            break;
        }
      }
      expect_answered(session.channel(), info, std::as_bytes(std::span(words)), words.size());
    }
  }
}

}  // namespace
}  // namespace vgpu::conformance::wire
