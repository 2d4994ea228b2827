#include "vgpu/guest/core.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>
#include <vgpu/calls/memory.hpp>

#include "fake_host.hpp"
#include "vgpu/guest/initialise.hpp"

namespace vgpu::guest {
namespace {

using testing_support::FakeHost;
using testing_support::SeenRequest;

constexpr auto ping_operation = static_cast<std::uint16_t>(call::Operation::ping);
constexpr auto bind_operation = static_cast<std::uint16_t>(call::Operation::context_bind);

FakeHost::Answer words(std::initializer_list<std::uint64_t> values, std::int32_t status = 0) {
  FakeHost::Answer answer;
  answer.status = status;
  answer.data_words = static_cast<std::uint8_t>(values.size());
  answer.body.resize(values.size() * 8);
  std::memcpy(answer.body.data(), std::data(values), answer.body.size());
  return answer;
}

/// One initialised process for all tests here.
class Core : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    EXPECT_EQ(enter(call::ContextNeed::none), CUDA_ERROR_NOT_INITIALIZED);
    EXPECT_EQ(enter(call::ContextNeed::current), CUDA_ERROR_NOT_INITIALIZED);
    EXPECT_EQ(enter(call::ContextNeed::anytime), CUDA_SUCCESS);
    EXPECT_EQ(device_count(), 0);
    host = new FakeHost;
    host->device_count = 2;
    std::thread([] {
      EXPECT_EQ(initialise_with({"test://", "the test"}, host->dialer(), 0), CUDA_SUCCESS);
    }).join();
    ASSERT_EQ(initialise_with({"test://", "the test"}, host->dialer(), 0), CUDA_SUCCESS);
    EXPECT_EQ(host->hellos(), 1U) << "a second cuInit does nothing";
  }
  static void TearDownTestSuite() { delete host; }

  /// The host notices the end of a thread's channel a little later: waits for `expected` open
  /// channels, but not for ever. \return how many are open then.
  static std::size_t open_channels_at_last(std::size_t expected) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    std::size_t open = 0;
    while ((open = host->hellos() - host->closed_channels()) != expected &&
           std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    return open;
  }

  static FakeHost* host;
};
FakeHost* Core::host = nullptr;

TEST_F(Core, TheSessionOutlivesTheThreadThatOpenedIt) {
  std::thread([] {
    ReplyOf<calls::Ping> reply;
    EXPECT_EQ(call<calls::Ping>({}, reply), CUDA_SUCCESS);
  }).join();
  EXPECT_EQ(open_channels_at_last(1), 1U);
  EXPECT_EQ(host->hellos(), 2U);
  EXPECT_EQ(host->closed_channels(), 1U) << "only the second thread's";
}

TEST_F(Core, WhatKernelsPrintedIsWrittenBeforeTheCallReturns) {
  constexpr auto take = static_cast<std::uint16_t>(call::Operation::output_take);
  int asked = 0;
  host->handle(take, [&asked](const SeenRequest&) {
    const std::string output = "kernel " + std::to_string(++asked) + "\n";
    calls::OutputTake::Reply reply;
    reply.standardOutput = std::as_bytes(std::span(output));
    reply.standardError = std::as_bytes(std::span(output).first(6));
    reply.more = asked == 1 ? 1 : 0;
    FakeHost::Answer answer;
    answer.body.resize(call::encoded_size(reply));
    call::encode(reply, answer.body.data());
    return answer;
  });
  host->handle(ping_operation, [](const SeenRequest&) {
    FakeHost::Answer answer = words({7});
    answer.flags = wire::frame_flag::output;
    return answer;
  });
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  std::fputs("before\n", stdout);
  ReplyOf<calls::Ping> reply;
  EXPECT_EQ(call<calls::Ping>({}, reply), CUDA_SUCCESS);
  std::fputs("after\n", stdout);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "before\nkernel 1\nkernel 2\nafter\n");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "kernelkernel");
  EXPECT_EQ(reply.value.token, 7U);
  host->handle(ping_operation, nullptr);
  EXPECT_EQ(call<calls::Ping>({}, reply), CUDA_SUCCESS);
  EXPECT_EQ(asked, 2);
}

TEST_F(Core, KnowsItsDevices) {
  EXPECT_EQ(device_count(), 2);
  ASSERT_NE(find_device(1), nullptr);
  EXPECT_EQ(find_device(2), nullptr);
  EXPECT_EQ(find_device(-1), nullptr);
  EXPECT_EQ(find_device(0)->name, "Fake Device");
  int value = -5;
  EXPECT_EQ(find_device(0)->attribute(16, &value), CUDA_SUCCESS);
  EXPECT_EQ(value, 16);
  EXPECT_EQ(find_device(0)->attribute(148, &value), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(find_device(0)->attribute(100'000, &value), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(value, 16);
  EXPECT_EQ(find_device(0)->attribute(88, &value), CUDA_SUCCESS);
  EXPECT_EQ(value, 0) << "pageable memory of the guest is out of the device's reach";
}

TEST_F(Core, ACallBringsTheHostsAnswerBack) {
  host->handle(ping_operation, [](const SeenRequest& request) {
    std::uint64_t token = 0;
    std::memcpy(&token, request.body.data(), sizeof token);
    return words({token + 1});
  });
  ReplyOf<calls::Ping> reply;
  EXPECT_EQ(call<calls::Ping>({.token = 41}, reply), CUDA_SUCCESS);
  EXPECT_EQ(reply.value.token, 42U);
}

TEST_F(Core, AFailingCallReturnsTheHostsError) {
  host->handle(ping_operation, [](const SeenRequest&) {
    FakeHost::Answer answer;
    answer.status = CUDA_ERROR_OUT_OF_MEMORY;
    return answer;
  });
  ReplyOf<calls::Ping> reply;
  EXPECT_EQ(call<calls::Ping>({.token = 41}, reply), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(reply.value.token, 0U);
}

TEST_F(Core, TrailingBytesOfAnySizeGoBothWays) {
  host->handle(ping_operation, [](const SeenRequest& request) {
    FakeHost::Answer answer;
    answer.data_words = 1;
    answer.body = request.body;
    std::reverse(answer.body.begin() + 8, answer.body.end());
    return answer;
  });
  for (const std::size_t size : {0U, 1U, 100U, 5'000U, 3'000'000U}) {
    std::vector<std::byte> sent(size);
    for (std::size_t i = 0; i < size; ++i) sent[i] = static_cast<std::byte>(i * 7 + i / 251);
    std::vector<std::byte> expected(sent.rbegin(), sent.rend());
    ReplyOf<calls::Ping> reply;
    ASSERT_EQ(call<calls::Ping>({.token = size}, reply, sent), CUDA_SUCCESS);
    EXPECT_EQ(reply.value.token, size);
    ASSERT_EQ(reply.trailing.size(), size);
    EXPECT_TRUE(std::equal(reply.trailing.begin(), reply.trailing.end(), expected.begin()));
  }
}

TEST_F(Core, CallIntoWritesTrailingBytesToTheirPlace) {
  std::vector<std::byte> payload(2'000'000);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::byte>(i * 13);
  host->handle(ping_operation, [&](const SeenRequest&) {
    FakeHost::Answer answer = words({9});
    answer.body.insert(answer.body.end(), payload.begin(), payload.end());
    return answer;
  });
  std::vector<std::byte> destination(payload.size() + 10);
  std::size_t received = 0;
  ReplyOf<calls::Ping> reply;
  ASSERT_EQ(call_into<calls::Ping>({}, reply, destination, received), CUDA_SUCCESS);
  EXPECT_EQ(reply.value.token, 9U);
  ASSERT_EQ(received, payload.size());
  destination.resize(received);
  EXPECT_EQ(destination, payload);
}

TEST_F(Core, PostsDoNotWaitExceptDuringCapture) {
  std::atomic<int> served{0};
  host->handle(ping_operation, [&](const SeenRequest&) {
    ++served;
    return words({1}, CUDA_ERROR_INVALID_VALUE);
  });
  EXPECT_EQ(post<calls::Ping>({.token = 1}), CUDA_SUCCESS);
  capture_began();
  EXPECT_EQ(post<calls::Ping>({.token = 2}), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(served, 2) << "frames of one thread are served in order";
  capture_ended();
  EXPECT_FALSE(capture_active());
  EXPECT_EQ(post<calls::Ping>({.token = 3}), CUDA_SUCCESS);
  ReplyOf<calls::Ping> reply;
  static_cast<void>(call<calls::Ping>({}, reply));
}

TEST_F(Core, AnOrdinaryStreamNeedsNoCurrentContextAndADefaultOneDoes) {
  auto* const ordinary = reinterpret_cast<CUstream>(std::uintptr_t{0x1234});
  EXPECT_TRUE(is_default(nullptr) && is_default(CU_STREAM_LEGACY));
  EXPECT_TRUE(is_default(CU_STREAM_PER_THREAD) && !is_default(ordinary));
  std::thread([&] {
    for (const CUstream stream : {CUstream{}, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD}) {
      EXPECT_EQ(enter_for(stream), CUDA_ERROR_INVALID_CONTEXT);
    }
    EXPECT_EQ(enter_for(ordinary), CUDA_SUCCESS);
    contexts()->set_current(this_thread().contexts, contexts()->primary(0)->handle());
    EXPECT_EQ(enter_for(CU_STREAM_PER_THREAD), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    EXPECT_EQ(enter_for(ordinary), CUDA_SUCCESS);
    detail::in_host_function = true;
    contexts()->set_current(this_thread().contexts, nullptr);
    EXPECT_EQ(enter_for(ordinary), CUDA_ERROR_NOT_PERMITTED);
  }).join();
}

TEST_F(Core, AContextIsBoundOnceForManyCalls) {
  host->handle(ping_operation, nullptr);
  std::thread([] {
    EXPECT_EQ(enter(call::ContextNeed::current), CUDA_ERROR_INVALID_CONTEXT);
    ThreadContexts& thread = this_thread().contexts;
    CUcontext context = contexts()->primary(0)->handle();
    contexts()->set_current(thread, context);
    EXPECT_EQ(enter(call::ContextNeed::current), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    const std::size_t before = host->count(bind_operation);
    ASSERT_EQ(contexts()->retain(0, &context), CUDA_SUCCESS);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(enter(call::ContextNeed::current), CUDA_SUCCESS);
    ReplyOf<calls::Ping> reply;
    ASSERT_EQ(call<calls::Ping>({}, reply), CUDA_SUCCESS);
    EXPECT_EQ(host->count(bind_operation), before + 1);

    contexts()->release(0);
    EXPECT_EQ(enter(call::ContextNeed::current), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    ASSERT_EQ(contexts()->retain(0, &context), CUDA_SUCCESS);
    ASSERT_EQ(enter(call::ContextNeed::current), CUDA_SUCCESS);
    ASSERT_EQ(call<calls::Ping>({}, reply), CUDA_SUCCESS);
    EXPECT_EQ(host->count(bind_operation), before + 2) << "a new life is bound anew";
    contexts()->release(0);
  }).join();
}

TEST_F(Core, LocalQuestionsSendNothing) {
  const std::uint64_t before = session()->requests_sent();
  for (int i = 0; i < 1000; ++i) {
    static_cast<void>(enter(call::ContextNeed::none));
    static_cast<void>(current_context());
    unsigned flags = 0;
    int active = 0;
    contexts()->get_state(0, &flags, &active);
    static_cast<void>(find_device(0)->attribute(16, &active));
  }
  EXPECT_EQ(session()->requests_sent(), before);
}

TEST_F(Core, EveryThreadHasAChannelThatEndsWithIt) {
  ReplyOf<calls::Ping> own;
  ASSERT_EQ(call<calls::Ping>({}, own), CUDA_SUCCESS);
  constexpr std::size_t others = 2;  // the session's and this thread's
  ASSERT_EQ(open_channels_at_last(others), others) << "those of the tests before have ended";
  const std::size_t hellos = host->hellos();
  constexpr std::size_t threads = 4;
  std::vector<std::thread> workers;
  std::vector<std::uint64_t> values(threads);
  host->handle(ping_operation, [](const SeenRequest& request) {
    std::uint64_t token = 0;
    std::memcpy(&token, request.body.data(), sizeof token);
    return words({token});
  });
  for (std::size_t t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 200; ++i) {
        ReplyOf<calls::Ping> reply;
        if (post<calls::Ping>({.token = 0}) != CUDA_SUCCESS) return;
        if (call<calls::Ping>({.token = t * 1000 + i}, reply) != CUDA_SUCCESS) return;
        if (reply.value.token == t * 1000 + i) ++values[t];
      }
    });
  }
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(values, std::vector<std::uint64_t>(threads, 200));
  EXPECT_EQ(host->hellos(), hellos + threads);
  EXPECT_EQ(open_channels_at_last(others), others);
}

TEST_F(Core, TicketsAreUniqueAndGrowWithinAThread) {
  std::map<std::thread::id, std::uint64_t> last;
  std::set<std::uint64_t> all;
  for (const SeenRequest& request : host->seen()) {
    EXPECT_TRUE(all.insert(request.ticket).second) << request.ticket;
    EXPECT_GT(request.ticket, last[request.thread]);
    last[request.thread] = request.ticket;
  }
  EXPECT_EQ(all.size(), session()->requests_sent());
}

TEST_F(Core, HandlesBelongToTheProcess) {
  EXPECT_TRUE(handle_valid(call::HandleKind::stream, 0));
  EXPECT_TRUE(handle_valid(call::HandleKind::stream, 2));
  EXPECT_FALSE(handle_valid(call::HandleKind::event, 0));
  int object = 0;
  const std::uint64_t id = mint_handle(call::HandleKind::event, &object);
  EXPECT_TRUE(handle_valid(call::HandleKind::event, id));
  EXPECT_EQ(handle_object<int>(call::HandleKind::event, id), &object);
  EXPECT_TRUE(retire_handle(id));
  EXPECT_FALSE(handle_valid(call::HandleKind::event, id));
}

TEST_F(Core, PerThreadScopeNests) {
  EXPECT_EQ(default_stream(), nullptr);
  {
    const PerThreadScope outer;
    EXPECT_EQ(default_stream(), CU_STREAM_PER_THREAD);
    { const PerThreadScope inner; }
    EXPECT_EQ(default_stream(), CU_STREAM_PER_THREAD);
  }
  EXPECT_EQ(default_stream(), nullptr);
}

TEST_F(Core, AForkedChildHasNoDriverAndLeavesTheParentsAlone) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    int wrong = 0;
    wrong += enter(call::ContextNeed::none) != CUDA_ERROR_NOT_INITIALIZED;
    wrong += enter(call::ContextNeed::current) != CUDA_ERROR_NOT_INITIALIZED;
    wrong += initialise() != CUDA_ERROR_NOT_INITIALIZED;
    wrong += device_count() != 0;
    detail::end_thread(detail::thread_state);  // as pthread_exit would
    ::_exit(wrong);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ReplyOf<calls::Ping> reply;
  EXPECT_EQ(call<calls::Ping>({.token = 5}, reply), CUDA_SUCCESS);
  EXPECT_EQ(reply.value.token, 5U);
}

}  // namespace
}  // namespace vgpu::guest
