#include "vgpu/transport/message.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "channel_pairs.hpp"

namespace vgpu::transport {
namespace {

using test::Kind;
using namespace std::chrono_literals;

constexpr auto soon = 20s;
constexpr std::size_t budget = std::size_t{8} << 20;

std::vector<std::byte> body_of(std::size_t bytes, unsigned seed) {
  std::vector<std::byte> body(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    body[i] = static_cast<std::byte>((i * 2654435761u + seed) >> 13);
  }
  return body;
}

FrameHeader header_of(std::uint64_t ticket) {
  FrameHeader header;
  header.operation = 50;
  header.status = -3;
  header.ticket = ticket;
  return header;
}

class Messages : public testing::TestWithParam<Kind> {
 protected:
  test::Pair pair_ = test::make_pair(GetParam());
};
INSTANTIATE_TEST_SUITE_P(All, Messages, testing::ValuesIn(test::all_kinds),
                         [](const auto& info) { return test::name_of(info.param); });

TEST_P(Messages, OfEverySizeArriveWhole) {
  std::size_t cap = pair_.guest->frame_cap();
  std::vector<std::size_t> sizes{0, 1, 40, 41, cap - 1, cap, cap + 1, 2 * cap, 2 * cap + 1, budget};
  std::thread sender([&] {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      std::vector<std::byte> body = body_of(sizes[i], static_cast<unsigned>(i));
      EXPECT_TRUE(send_message(*pair_.guest, header_of(i), body));
    }
  });
  MessageReceiver receiver(*pair_.host, budget);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    ReceivedMessage message;
    EXPECT_EQ(receiver.receive(message, soon), MessageStatus::message) << receiver.error();
    EXPECT_EQ(message.header.ticket, i);
    EXPECT_EQ(message.header.status, -3);
    EXPECT_EQ(message.header.flags & wire::frame_flag::more, 0);
    EXPECT_EQ(message.size, sizes[i]);
    std::vector<std::byte> expected = body_of(sizes[i], static_cast<unsigned>(i));
    EXPECT_TRUE(
        std::equal(message.body.begin(), message.body.end(), expected.begin(), expected.end()));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(message.body.data()) % 8, 0u);
  }
  sender.join();
}

TEST_P(Messages, OfManyPartsArriveWhole) {
  std::vector<std::byte> all = body_of(3 * pair_.guest->frame_cap() + 77, 1);
  std::vector<std::span<const std::byte>> parts;
  std::span<const std::byte> rest = all;
  for (std::size_t length = 0; !rest.empty(); length = (length * 3 + 1) % 70'001) {
    std::size_t taken = std::min(length, rest.size());
    parts.push_back(rest.first(taken));
    rest = rest.subspan(taken);
  }
  std::thread sender([&] { EXPECT_TRUE(send_message(*pair_.guest, header_of(1), parts)); });
  MessageReceiver receiver(*pair_.host, budget);
  ReceivedMessage message;
  EXPECT_EQ(receiver.receive(message, soon), MessageStatus::message);
  EXPECT_TRUE(std::equal(message.body.begin(), message.body.end(), all.begin(), all.end()));
  sender.join();
}

TEST_P(Messages, OverBudgetAreDroppedAndReportedAndTheNextArrives) {
  std::vector<std::byte> large = body_of(budget + 1, 1);
  std::vector<std::byte> small = body_of(100, 2);
  std::thread sender([&] {
    EXPECT_TRUE(send_message(*pair_.guest, header_of(1), large));
    EXPECT_TRUE(send_message(*pair_.guest, header_of(2), small));
  });
  MessageReceiver receiver(*pair_.host, budget);
  ReceivedMessage message;
  EXPECT_EQ(receiver.receive(message, soon), MessageStatus::over_budget);
  EXPECT_EQ(message.header.ticket, 1u);
  EXPECT_EQ(message.size, budget + 1);
  EXPECT_TRUE(message.body.empty());
  EXPECT_EQ(receiver.receive(message, soon), MessageStatus::message);
  EXPECT_EQ(message.header.ticket, 2u);
  EXPECT_TRUE(std::equal(message.body.begin(), message.body.end(), small.begin(), small.end()));
  sender.join();
}

TEST_P(Messages, SurviveATimeoutBetweenTheirFrames) {
  FrameHeader header = header_of(1);
  header.flags = wire::frame_flag::more;
  std::vector<std::byte> half = body_of(1000, 1);
  std::array<std::span<const std::byte>, 1> parts{half};
  ASSERT_TRUE(pair_.guest->send(header, parts));
  MessageReceiver receiver(*pair_.host, budget);
  ReceivedMessage message;
  EXPECT_EQ(receiver.receive(message, 20ms), MessageStatus::timeout);
  header.flags = 0;
  ASSERT_TRUE(pair_.guest->send(header, parts));
  EXPECT_EQ(receiver.receive(message, soon), MessageStatus::message);
  EXPECT_EQ(message.size, 2000u);
}

TEST_P(Messages, ThatAreInterleavedFail) {
  FrameHeader header = header_of(1);
  header.flags = wire::frame_flag::more;
  ASSERT_TRUE(pair_.guest->send(header, {}));
  ASSERT_TRUE(pair_.guest->send(header_of(2), {}));
  MessageReceiver receiver(*pair_.host, budget);
  ReceivedMessage message;
  EXPECT_EQ(receiver.receive(message, soon), MessageStatus::failed);
  EXPECT_NE(receiver.error().find("interleaved"), std::string_view::npos);
}

TEST_P(Messages, BringADescriptorWithTheirFirstFrame) {
  if (GetParam() == Kind::tcp) GTEST_SKIP() << "TCP carries no descriptors";
  std::vector<std::byte> body = body_of(2 * pair_.guest->frame_cap(), 1);
  std::thread sender([&] {
    EXPECT_TRUE(pair_.guest->attach_descriptor(0));
    EXPECT_TRUE(send_message(*pair_.guest, header_of(1), body));
    EXPECT_TRUE(send_message(*pair_.guest, header_of(2), std::span<const std::byte>()));
  });
  MessageReceiver receiver(*pair_.host, budget);
  ReceivedMessage message;
  EXPECT_EQ(receiver.receive(message, soon), MessageStatus::message);
  EXPECT_TRUE(message.descriptor);
  EXPECT_EQ(receiver.receive(message, soon), MessageStatus::message);
  EXPECT_FALSE(message.descriptor);
  sender.join();
}

}  // namespace
}  // namespace vgpu::transport
