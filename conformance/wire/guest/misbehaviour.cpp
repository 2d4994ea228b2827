/// A host that breaks the protocol in the middle of a session. The guest may lose the session; it
/// neither crashes nor hangs, and takes nothing wrong for an answer.

#include <fmt/format.h>

#include <cstring>
#include <vgpu/operations.hpp>

#include "wire/guest/guest_run.hpp"

namespace vgpu::conformance::wire {
namespace {

using call::Operation;
using Answer = std::function<bool(Link&, const Request&, Reply&)>;

/// Runs the guest on a host that answers `operation` the first time as `answer` does.
GuestRun run_with(Operation operation, const Answer& answer) {
  auto done = std::make_shared<bool>(false);
  Deviation deviation;
  deviation.answer = [=](Link& link, const Request& request, Reply& reply) {
    if (*done || Operation{request.header.operation} != operation) return false;
    *done = true;
    return answer(link, request, reply);
  };
  return GuestRun(std::move(deviation));
}

/// The session is lost with it: our guest's call returns an error, as does every later one.
void expect_lost(Operation operation, const char* call, const char* what, const Answer& answer) {
  if (testing::Test::HasFailure()) return;  // a guest that hangs does so each time
  SCOPED_TRACE(what);
  const GuestRun run = run_with(operation, answer);
  expect_survives(run);
  if (!target().own_program) return;
  EXPECT_FALSE(run.guest.said(std::string(call) + " 0")) << run.guest.output();
  EXPECT_FALSE(run.guest.said("cuMemFree 0")) << run.guest.output();
}

/// Deviations that break the stream of frames: at the first request, and at a later one.
void expect_lost_anywhere(const char* what, const Answer& answer) {
  expect_lost(Operation::device_snapshot, "cuInit", what, answer);
  expect_lost(Operation::ctx_synchronize, "cuCtxSynchronize", what, answer);
}

WIRE_TEST(WireGuestMisbehaviour, AnswersThatNobodyAskedFor) {
  expect_lost_anywhere("another ticket", [](Link& link, const Request&, Reply& reply) {
    ++reply.header.ticket;
    link.send(reply.header, reply.body);
    return true;
  });
  expect_lost_anywhere("another operation", [](Link& link, const Request&, Reply& reply) {
    reply.header.operation = static_cast<std::uint16_t>(Operation::ctx_get_limit);
    link.send(reply.header, reply.body);
    return true;
  });
  expect_lost_anywhere("no reply flag", [](Link& link, const Request&, Reply& reply) {
    reply.header.flags = 0;
    link.send(reply.header, reply.body);
    return true;
  });
  expect_lost_anywhere("one more before it", [](Link& link, const Request&, Reply& reply) {
    FrameHeader header = reply.header;
    header.ticket = 12345678;
    link.send(header, {});
    return false;
  });
}

WIRE_TEST(WireGuestMisbehaviour, FramesThatAreNone) {
  expect_lost_anywhere("a length above the cap", [](Link& link, const Request&, Reply& reply) {
    reply.header.sequence = link.sent_sequence() + 1;
    reply.header.length = 0xfffffff0;
    link.send_as_is(reply.header, reply.body);
    return true;
  });
  expect_lost_anywhere("padding in the wrong place", [](Link& link, const Request&, Reply& reply) {
    reply.header.sequence = link.sent_sequence() + 1;
    reply.header.flags = frame_flag::padding;
    link.send_as_is(reply.header, reply.body);
    return true;
  });
  expect_lost_anywhere("a descriptor that is not there",
                       [](Link& link, const Request&, Reply& reply) {
                         reply.header.flags |= frame_flag::descriptor;
                         reply.header.sequence = link.sent_sequence() + 1;
                         reply.header.length = static_cast<std::uint32_t>(reply.body.size());
                         link.send_as_is(reply.header, reply.body);
                         return true;
                       });
  expect_lost_anywhere("the frames of two answers", [](Link& link, const Request&, Reply& reply) {
    FrameHeader header = reply.header;
    header.flags |= frame_flag::more;
    const std::uint64_t word = 0;
    link.send(header, std::as_bytes(std::span(&word, 1)));
    reply.header.ticket += 1;
    return false;
  });
}

WIRE_TEST(WireGuestMisbehaviour, SequenceNumbersThatAreWrong) {
  need_socket();  // over a ring such a frame was not published
  for (const std::uint32_t wrong : {0U, 1000U, 0xffffffffU}) {
    expect_lost_anywhere("out of sequence", [=](Link& link, const Request&, Reply& reply) {
      reply.header.sequence = wrong;
      reply.header.length = static_cast<std::uint32_t>(reply.body.size());
      link.send_as_is(reply.header, reply.body);
      return true;
    });
  }
}

WIRE_TEST(WireGuestMisbehaviour, AnswersThatAreMalformed) {
  expect_lost(Operation::device_snapshot, "cuInit", "a message that is cut off",
              [](Link&, const Request&, Reply& reply) {
                reply.body.resize(reply.body.size() / 2 / 8 * 8);
                return false;
              });
  expect_lost(Operation::device_snapshot, "cuInit", "nothing",
              [](Link&, const Request&, Reply& reply) {
                reply.body.clear();
                return false;
              });
  expect_lost(Operation::device_snapshot, "cuInit", "an attribute list outside of the message",
              [](Link&, const Request&, Reply& reply) {
                // The last pointer: root, two data words, five pointers before it.
                const std::uint64_t far = 1 | std::uint64_t{0x1ffffff} << 2 |
                                          std::uint64_t{4} << 32 | std::uint64_t{0x1fffffff} << 35;
                std::memcpy(reply.body.data() + 8 * (1 + 2 + 5), &far, 8);
                return false;
              });
  expect_lost(Operation::mem_alloc, "cuMemAlloc", "a data section longer than the body",
              [](Link&, const Request&, Reply& reply) {
                reply.header.data_words = 200;
                return false;
              });
}

WIRE_TEST(WireGuestMisbehaviour, MoreBytesThanWereAskedFor) {
  expect_lost(Operation::memcpy_dto_h, "cuMemcpyDtoH", "one more",
              [](Link&, const Request&, Reply& reply) {
                reply.body.push_back(std::byte{1});
                return false;
              });
  expect_lost(Operation::memcpy_dto_h, "cuMemcpyDtoH", "many more",
              [](Link&, const Request&, Reply& reply) {
                reply.body.resize(reply.body.size() + (std::size_t{4} << 20));
                return false;
              });
}

WIRE_TEST(WireGuestMisbehaviour, FewerBytesThanWereAskedForAreNoSuccess) {
  const GuestRun run = run_with(Operation::memcpy_dto_h, [](Link&, const Request&, Reply& reply) {
    reply.body.resize(reply.body.size() - 8);
    return false;
  });
  expect_survives(run);
  if (!target().own_program) return;
  EXPECT_TRUE(run.guest.said("copy different")) << run.guest.output();
  EXPECT_EQ(run.guest.output().find("cuMemcpyDtoH 0\ncopy different"), std::string::npos)
      << "it says success\n"
      << run.guest.output();
}

WIRE_TEST(WireGuestMisbehaviour, TheEndOfTheHostAfterEveryRequest) {
  // Our own program makes about 14 requests on two channels.
  for (int after = 0; after < 16 && !testing::Test::HasFailure(); after += 2) {
    SCOPED_TRACE(after);
    auto left = std::make_shared<int>(after);
    Deviation deviation;
    deviation.answer = [=](Link& link, const Request&, Reply&) {
      if ((*left)-- > 0) return false;
      link.drop();
      return true;
    };
    expect_survives(GuestRun(std::move(deviation)));
  }
}

WIRE_TEST(WireGuestMisbehaviour, TheEndOfTheHostInsideOfAnAnswer) {
  need_socket();
  for (const std::size_t cut : {1U, 8U, 23U, 24U, 25U, 40U, 1000U}) {
    expect_lost_anywhere("cut off", [=](Link& link, const Request&, Reply& reply) {
      reply.header.sequence = link.sent_sequence() + 1;
      reply.header.length = static_cast<std::uint32_t>(reply.body.size());
      const auto bytes = frame_bytes(reply.header, reply.body);
      auto& socket = dynamic_cast<SocketLink&>(link);
      // A frame that ends earlier is cut before its own end.
      socket.send_bytes(std::span(bytes).first(std::min(cut, bytes.size() - 1)));
      socket.drop();
      return true;
    });
  }
}

}  // namespace
}  // namespace vgpu::conformance::wire
