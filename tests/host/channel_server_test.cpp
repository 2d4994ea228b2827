#include "vgpu/host/channel_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <vgpu/calls/context.hpp>
#include <vgpu/calls/session.hpp>
#include <vgpu/driver_table.hpp>

#include "test_guest.hpp"
#include "vgpu/transport/in_process.hpp"

namespace {

using namespace vgpu;
using namespace vgpu::host;
using host_test::Answer;

// What the served calls did, seen by the tests. One test runs at a time.
std::vector<std::uint64_t> started;
std::atomic<std::size_t> started_count{0};
std::atomic<CUresult> bind_result{CUDA_SUCCESS};

CUresult ping(CallContext& context, const calls::Ping::Request& request,
              calls::Ping::Reply& reply) {
  reply.token = request.token + context.trailing().size();
  const std::span<std::byte> echo = context.scratch<std::byte>(context.trailing().size());
  if (!echo.empty()) std::memcpy(echo.data(), context.trailing().data(), echo.size());
  context.set_trailing_reply(echo);
  return CUDA_SUCCESS;
}

CUresult context_bind(CallContext& context, const calls::ContextBind::Request&,
                      calls::ContextBind::Reply&) {
  started.at(started_count.fetch_add(1, std::memory_order_relaxed)) = context.ticket();
  return bind_result;
}

CUresult synchronize(CallContext&, const calls::CtxSynchronize::Request& request,
                     calls::CtxSynchronize::Reply&) {
  if (request.ctx == 1) throw std::bad_alloc();
  if (request.ctx == 2) throw std::runtime_error("on purpose");
  return CUDA_SUCCESS;
}

CUresult goodbye(CallContext& context, const calls::Goodbye::Request&, calls::Goodbye::Reply&) {
  context.channel_state().goodbye = true;
  return CUDA_SUCCESS;
}

HostCall find(call::Operation operation) noexcept {
  switch (operation) {
    case call::Operation::ping:
      return &call::serve<calls::Ping, CallContext, &ping>;
    case call::Operation::context_bind:
      return &call::serve<calls::ContextBind, CallContext, &context_bind>;
    case call::Operation::ctx_synchronize:
      return &call::serve<calls::CtxSynchronize, CallContext, &synchronize>;
    case call::Operation::goodbye:
      return &call::serve<calls::Goodbye, CallContext, &goodbye>;
    default:
      return nullptr;
  }
}

constexpr auto ping_operation = static_cast<std::uint16_t>(call::Operation::ping);

/// A session whose channels are served by threads of this process.
class ChannelServerTest : public testing::Test {
 protected:
  ChannelServerTest() {
    started.assign(100'000, 0);
    started_count = 0;
    bind_result = CUDA_SUCCESS;
  }
  ~ChannelServerTest() override {
    for (auto& channel : guests_) channel->close();
    servers_.clear();
  }

  transport::Channel& open() {
    auto pair = transport::in_process_pair();
    EXPECT_TRUE(pair);
    guests_.push_back(std::move(pair->guest));
    servers_.emplace_back([this, channel = std::move(pair->host)] {
      ChannelServer server(session_, *channel, &find);
      last_end_ = server.run();
    });
    return *guests_.back();
  }

  bool alive(transport::Channel& channel, std::uint64_t ticket) {
    calls::Ping::Reply reply;
    const Answer answer = host_test::call<calls::Ping>(channel, ticket, {.token = 5}, reply);
    return answer.arrived && answer.status == CUDA_SUCCESS && reply.token == 5;
  }

  DriverTable driver_;
  // With patience that no test reaches by being descheduled.
  Session session_{driver_,
                   {},
                   {.message_bytes = 4 << 20,
                    .order = {.holder_grace = std::chrono::seconds(60),
                              .missing_grace = std::chrono::seconds(60)}}};
  std::atomic<ChannelEnd> last_end_{ChannelEnd::failed};
  std::vector<std::unique_ptr<transport::Channel>> guests_;
  std::vector<std::jthread> servers_;
};

TEST_F(ChannelServerTest, AnswersWithTrailingBytesAboveTheFrameCap) {
  transport::Channel& channel = open();
  std::vector<std::byte> body(8 + 3 * channel.frame_cap() + 5, std::byte{42});
  const std::uint64_t token = 1000;
  std::memcpy(body.data(), &token, 8);
  ASSERT_TRUE(host_test::send_raw(channel, ping_operation, 1, body, 1));
  const Answer answer = host_test::receive_answer(channel, 1);
  ASSERT_TRUE(answer.arrived);
  EXPECT_EQ(answer.status, CUDA_SUCCESS);
  ASSERT_EQ(answer.bytes, body.size());
  EXPECT_EQ(answer.words[0], 1000 + body.size() - 8);
  EXPECT_TRUE(std::equal(body.begin() + 8, body.end(), answer.body().begin() + 8));
}

/// Text that a test says is there.
class PretendedOutput final : public OutputSource {
 public:
  bool waiting() noexcept override { return is_waiting; }
  KernelOutput take(std::size_t) override { return {}; }

  std::atomic<bool> is_waiting{false};
};

TEST_F(ChannelServerTest, RepliesToDriverCallsSayThatTextWaits) {
  PretendedOutput output;
  session_.set_output(&output);
  transport::Channel& channel = open();
  const auto told = [&](std::uint64_t ticket) {
    calls::CtxSynchronize::Reply reply;
    const Answer answer = host_test::call<calls::CtxSynchronize>(channel, ticket, {}, reply);
    EXPECT_TRUE(answer.arrived);
    return (answer.flags & wire::frame_flag::output) != 0;
  };
  EXPECT_FALSE(told(1));
  output.is_waiting = true;
  EXPECT_TRUE(told(2));
  calls::Ping::Reply reply;
  EXPECT_EQ(host_test::call<calls::Ping>(channel, 3, {}, reply).flags & wire::frame_flag::output, 0)
      << "the protocol's own calls show nothing";
  output.is_waiting = false;
  EXPECT_FALSE(told(4));
}

TEST_F(ChannelServerTest, UnknownOperationsAreAnsweredAndTheSessionStays) {
  transport::Channel& channel = open();
  std::uint64_t ticket = 0;
  for (const int operation : {0, 15, 9999, 65535}) {
    ++ticket;
    ASSERT_TRUE(host_test::send_raw(channel, static_cast<std::uint16_t>(operation), ticket, {}, 0));
    const Answer answer = host_test::receive_answer(channel, ticket);
    ASSERT_TRUE(answer.arrived) << operation;
    EXPECT_EQ(answer.status, CUDA_ERROR_NOT_SUPPORTED) << operation;
    EXPECT_EQ(answer.bytes, 0U);
  }
  EXPECT_EQ(session_.counters().unknown.load(), 4U);
  EXPECT_TRUE(alive(channel, ticket + 1));
}

TEST_F(ChannelServerTest, MalformedRequestsAreAnsweredAndTheSessionStays) {
  transport::Channel& channel = open();
  const std::array<std::byte, 8> word{};
  // Claims 200 words, brings one.
  ASSERT_TRUE(host_test::send_raw(channel, ping_operation, 1, word, 200));
  Answer answer = host_test::receive_answer(channel, 1);
  ASSERT_TRUE(answer.arrived);
  EXPECT_EQ(answer.status, CUDA_ERROR_INVALID_VALUE);
  // A reply, from the side that asks.
  ASSERT_TRUE(host_test::send_raw(channel, ping_operation, 2, word, 1, wire::frame_flag::reply));
  answer = host_test::receive_answer(channel, 2);
  ASSERT_TRUE(answer.arrived);
  EXPECT_EQ(answer.status, CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(session_.counters().malformed.load(), 2U);
  EXPECT_TRUE(alive(channel, 3));
}

TEST_F(ChannelServerTest, MessagesOverTheBudgetAreAnsweredAndTheSessionStays) {
  transport::Channel& channel = open();
  const std::vector<std::byte> body(5 << 20);
  ASSERT_TRUE(host_test::send_raw(channel, ping_operation, 1, body, 1));
  const Answer answer = host_test::receive_answer(channel, 1);
  ASSERT_TRUE(answer.arrived);
  EXPECT_EQ(answer.status, CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_TRUE(alive(channel, 2));
}

TEST_F(ChannelServerTest, ExceptionsBecomeErrors) {
  transport::Channel& channel = open();
  calls::CtxSynchronize::Reply reply;
  EXPECT_EQ(host_test::call<calls::CtxSynchronize>(channel, 1, {.ctx = 1}, reply).status,
            CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(host_test::call<calls::CtxSynchronize>(channel, 2, {.ctx = 2}, reply).status,
            CUDA_ERROR_UNKNOWN);
  EXPECT_TRUE(alive(channel, 3));
}

TEST_F(ChannelServerTest, PostedFailureIsReturnedOnceByTheNextCallThatSynchronises) {
  transport::Channel& channel = open();
  bind_result = CUDA_ERROR_LAUNCH_FAILED;
  ASSERT_TRUE(host_test::post<calls::ContextBind>(channel, 1, {.context = 1}));
  EXPECT_TRUE(alive(channel, 2)) << "the protocol's own calls do not take it";
  calls::CtxSynchronize::Reply reply;
  EXPECT_EQ(host_test::call<calls::CtxSynchronize>(channel, 3, {.ctx = 2}, reply).status,
            CUDA_ERROR_UNKNOWN)
      << "a call that fails itself says its own error";
  EXPECT_EQ(host_test::call<calls::CtxSynchronize>(channel, 4, {}, reply).status,
            CUDA_ERROR_LAUNCH_FAILED);
  EXPECT_EQ(host_test::call<calls::CtxSynchronize>(channel, 5, {}, reply).status, CUDA_SUCCESS);
  EXPECT_EQ(session_.counters().posted.load(), 1U);
}

TEST_F(ChannelServerTest, GoodbyeIsAnsweredAndEndsTheChannel) {
  transport::Channel& channel = open();
  calls::Goodbye::Reply reply;
  EXPECT_EQ(host_test::call<calls::Goodbye>(channel, 1, {}, reply).status, CUDA_SUCCESS);
  transport::ReceivedFrame frame;
  EXPECT_EQ(channel.receive(frame, std::chrono::seconds(10)), transport::ReceiveStatus::closed);
  servers_.clear();
  EXPECT_EQ(last_end_.load(), ChannelEnd::goodbye);
}

TEST_F(ChannelServerTest, CallsOfManyChannelsStartInTicketOrder) {
  constexpr int channels = 4;
  constexpr int calls_per_channel = 2000;
  std::atomic<std::uint64_t> tickets{0};
  {
    std::vector<std::jthread> guests;
    for (int i = 0; i < channels; ++i) {
      transport::Channel& channel = open();
      guests.emplace_back([&channel, &tickets] {
        for (int call = 0; call < calls_per_channel; ++call) {
          const std::uint64_t ticket = tickets.fetch_add(1) + 1;
          ASSERT_TRUE(host_test::post<calls::ContextBind>(channel, ticket, {}));
        }
      });
    }
  }
  std::uint64_t ticket = tickets;
  for (auto& channel : guests_) EXPECT_TRUE(alive(*channel, ++ticket));
  ASSERT_EQ(started_count.load(), std::size_t{channels * calls_per_channel});
  const auto end = started.begin() + channels * calls_per_channel;
  EXPECT_TRUE(std::is_sorted(started.begin(), end));
}

TEST_F(ChannelServerTest, CallbacksRunInTheGuestWhileTheHostWaits) {
  auto pair = transport::in_process_pair();
  ASSERT_TRUE(pair);
  std::jthread guest([channel = std::move(pair->guest)] {
    for (int i = 0; i < 2; ++i) {
      transport::ReceivedFrame frame;
      ASSERT_EQ(channel->receive(frame, std::chrono::seconds(10)), transport::ReceiveStatus::frame);
      calls::CallbackRun::Request request;
      std::span<const std::byte> trailing;
      ASSERT_TRUE(call::decode(frame.body, frame.header.data_words, request, trailing));
      EXPECT_EQ(request.function, 0x1234U);
      EXPECT_EQ(request.userData, 0x5678U);
      EXPECT_EQ(request.status, -3);
      EXPECT_EQ(request.kind, 1U);
      transport::FrameHeader header = frame.header;
      header.flags = wire::frame_flag::reply;
      header.length = 0;
      header.data_words = 0;
      ASSERT_NE(channel->reserve(0), nullptr);
      ASSERT_TRUE(channel->publish(header));
    }
  });
  ASSERT_TRUE(session_.callbacks().attach(std::move(pair->host)));
  const CallbackCall call{
      .function = 0x1234, .user_data = 0x5678, .stream = 1, .status = -3, .kind = 1};
  EXPECT_TRUE(session_.callbacks().run(call));
  EXPECT_TRUE(session_.callbacks().run(call));
  guest.join();
  EXPECT_FALSE(session_.callbacks().run(call)) << "the guest has closed its channel";
}

TEST_F(ChannelServerTest, CallbacksFailWhenTheGuestEnds) {
  auto pair = transport::in_process_pair();
  ASSERT_TRUE(pair);
  ASSERT_TRUE(session_.callbacks().attach(std::move(pair->host)));
  std::jthread host([this] { EXPECT_FALSE(session_.callbacks().run({})); });
  transport::ReceivedFrame frame;
  ASSERT_EQ(pair->guest->receive(frame, std::chrono::seconds(10)), transport::ReceiveStatus::frame);
  session_.abort();
}

}  // namespace
