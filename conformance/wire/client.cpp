#include "wire/client.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <vgpu/calls/context.hpp>
#include <vgpu/calls/copy.hpp>
#include <vgpu/calls/memory.hpp>
#include <vgpu/calls/primary_context.hpp>
#include <vgpu/calls/session.hpp>

#include "fixture/memory.hpp"
#include "vgpu/transport/connect.hpp"
#include "vgpu/transport/handshake.hpp"
#include "vgpu/transport/shared_memory.hpp"

namespace vgpu::conformance::wire {

namespace {

constexpr std::uint32_t most_messages = 1 << 20;

std::span<const std::byte> token_bytes() {
  return std::as_bytes(std::span(target().token));
}

}  // namespace

Welcome read_welcome(const Frame& frame) {
  if (frame.header.operation != transport::handshake_operation) {
    throw PeerError(fmt::format("the answer to the Hello is operation {}, not {}",
                                frame.header.operation, transport::handshake_operation));
  }
  if (frame.header.flags != frame_flag::reply) {
    throw PeerError(fmt::format("the HelloReply has flags {:#x}, not {:#x}", frame.header.flags,
                                frame_flag::reply));
  }
  guest::HelloReply reply;
  std::span<const std::byte> rest;
  if (!call::decode(frame.body(), frame.header.data_words, reply, rest)) {
    throw PeerError("the HelloReply is malformed");
  }
  Welcome welcome;
  welcome.header = frame.header;
  welcome.accepted = reply.accepted == 1;
  welcome.protocol_version = reply.protocol_version;
  welcome.session = reply.session;
  welcome.session_key = reply.session_key;
  welcome.features = reply.features;
  welcome.cuda_version = reply.cuda_version;
  welcome.frame_cap = reply.frame_cap;
  welcome.window_begin = reply.window_begin;
  welcome.window_bytes = reply.window_bytes;
  welcome.device_count = reply.device_count;
  welcome.message_budget = reply.message_budget;
  welcome.reason = reply.reason;
  welcome.host_name = reply.host_name;
  welcome.backend = reply.backend;
  return welcome;
}

guest::Hello ordinary_hello() {
  static const std::vector<std::uint64_t> hashes = [] {
    std::vector<std::uint64_t> list;
    for (const call::SchemaFile& file : call::schema_files) list.push_back(file.hash);
    return list;
  }();
  guest::Hello hello;
  hello.protocol_version = guest::protocol_version;
  hello.process_id = static_cast<std::uint32_t>(::getpid());
  hello.features = guest::feature::descriptors | guest::feature::staging;
  hello.cuda_version = 13000;
  hello.schema_hashes = hashes;
  hello.program = "vgpu-conformance wire";
  hello.token = token_bytes();
  return hello;
}

Dialled::Dialled()
    : socket_([] {
        auto dialled = transport::dial(target().url, patience());
        if (!dialled) throw NoPeer(dialled.message());
        return std::move(*dialled);
      }()) {}

void Dialled::send(guest::Hello hello) {
  if (target().is_shm() && !ring) {
    auto made = transport::create_ring_memory(ring_bytes);
    if (!made) throw PeerError(made.message());
    ring = std::move(*made);
    hello.ring_bytes = ring_bytes;
  }
  if (!send_body(bytes_of(encoded(hello)), ring.get())) {
    throw PeerError("the host did not take a Hello");
  }
}

bool Dialled::send_body(std::span<const std::byte> body, int descriptor) {
  FrameHeader header;
  header.operation = transport::handshake_operation;
  return socket_.send(header, body, descriptor);
}

Welcome Dialled::receive() {
  Frame frame;
  switch (socket_.receive(frame, 3 * patience())) {
    case Arrival::frame:
      return read_welcome(frame);
    case Arrival::ended:
      throw PeerError("the host closed the connection instead of answering the Hello");
    case Arrival::nothing:
      break;
  }
  throw PeerError("the host did not answer the Hello in time");
}

std::unique_ptr<Link> Dialled::channel(const Welcome& welcome) {
  if (!ring) {
    auto link = std::make_unique<SocketLink>(socket_.release());
    link->begin_channel(welcome.frame_cap);
    return link;
  }
  auto memory = transport::map_ring_memory(ring.get());
  if (!memory) throw PeerError(memory.message());
  return std::make_unique<RingLink>(socket_.release(), std::move(*memory), transport::Role::guest);
}

// --- Channels ---

void Channel::send(std::uint16_t operation, std::uint64_t ticket, std::span<const std::byte> body,
                   std::size_t data_words, std::uint8_t flags) {
  FrameHeader header;
  header.operation = operation;
  header.ticket = ticket;
  header.data_words = static_cast<std::uint8_t>(data_words);
  do {
    const auto part = body.first(std::min(body.size(), link_->cap()));
    body = body.subspan(part.size());
    header.flags = body.empty() ? flags : static_cast<std::uint8_t>(flags | frame_flag::more);
    if (!link_->send(header, part)) throw PeerError("the host did not take a request");
  } while (!body.empty());
}

Answer Channel::receive(std::uint16_t operation, std::uint64_t ticket) {
  Answer answer;
  for (bool more = true; more;) {
    Frame frame;
    const Arrival arrival = link_->receive(frame, patience());
    if (arrival == Arrival::ended) throw PeerError("the host ended the channel");
    if (arrival == Arrival::nothing) throw PeerError("the host did not answer in time");
    const FrameHeader& header = frame.header;
    if ((header.flags & frame_flag::reply) == 0) {
      throw PeerError("the host sent a frame without the reply flag");
    }
    if (header.ticket != ticket || header.operation != operation) {
      throw PeerError(
          fmt::format("the host answered operation {}, ticket {}; due was {}, ticket {}",
                      header.operation, header.ticket, operation, ticket));
    }
    if ((header.flags & frame_flag::output) != 0 &&
        (session_->welcome.features & guest::feature::output) == 0) {
      throw PeerError("the host announces output, and the feature is not in force");
    }
    if (header.length > link_->cap()) throw PeerError("a frame is above the cap");
    if (answer.frames == most_messages) throw PeerError("an answer does not end");
    more = (header.flags & frame_flag::more) != 0;
    if (more && header.length == 0) throw PeerError("a frame of an answer carries nothing");
    if (answer.frames++ == 0) answer.header = header;
    const std::size_t before = answer.bytes;
    answer.bytes += header.length;
    answer.words.resize((answer.bytes + 7) / 8);
    if (header.length != 0) {
      std::memcpy(reinterpret_cast<std::byte*>(answer.words.data()) + before, frame.body().data(),
                  header.length);
    }
  }
  if (std::size_t{answer.header.data_words} * 8 > answer.bytes) {
    throw PeerError("the data section of an answer is longer than the answer");
  }
  return answer;
}

Answer Channel::ask(std::uint16_t operation, std::span<const std::byte> body,
                    std::size_t data_words) {
  const std::uint64_t ticket = take_ticket();
  send(operation, ticket, body, data_words);
  return receive(operation, ticket);
}

void Channel::ping() {
  calls::Ping::Reply reply;
  const std::uint64_t token = session_->next_ticket * 0x9e3779b97f4a7c15U;
  const Answer answer = ask<calls::Ping>({.token = token}, reply);
  if (answer.status() != status::success || reply.token != token) {
    throw PeerError("the host did not answer a ping as it should");
  }
}

Channel open_session() {
  Dialled dialled;
  dialled.send(ordinary_hello());
  auto session = std::make_shared<SessionState>();
  session->welcome = dialled.receive();
  if (!session->welcome.accepted) {
    throw PeerError("the host refused a session: " + session->welcome.reason);
  }
  return {session, dialled.channel(session->welcome)};
}

Channel join_session(std::shared_ptr<SessionState> session) {
  Dialled dialled;
  guest::Hello hello = ordinary_hello();
  hello.session = session->welcome.session;
  hello.session_key = session->welcome.session_key;
  dialled.send(hello);
  const Welcome welcome = dialled.receive();
  if (!welcome.accepted) {
    throw PeerError("the host refused a further channel of a session: " + welcome.reason);
  }
  return {std::move(session), dialled.channel(welcome)};
}

void expect_host_serves() {
  open_session().ping();
}

// --- Devices ---

void need_served(std::int32_t result, std::string_view what) {
  static std::set<std::string_view> served;
  if (result == status::success) served.insert(what);
  if (result == status::not_supported && !served.contains(what)) {
    throw NotClaimed(fmt::format("the host answers {} with CUDA_ERROR_NOT_SUPPORTED", what));
  }
  if (result != status::success) {
    throw PeerError(fmt::format("{} returned {}", what, result));
  }
}

DeviceSession::DeviceSession() : channel_(open_session()) {
  if (channel_.session().welcome.device_count == 0) throw NotClaimed("the host has no device");
  context_ = fresh_id(call::HandleKind::context);
  need_served(channel_.ask<calls::DevicePrimaryCtxRetain>({.pctx = context_, .dev = 0}),
              "cuDevicePrimaryCtxRetain");
  need_served(channel_.ask<calls::ContextBind>({.context = context_}), "ContextBind");
}

Channel DeviceSession::join() {
  Channel joined = join_session(channel_.shared());
  need_served(joined.ask<calls::ContextBind>({.context = context_}), "ContextBind");
  return joined;
}

std::uint64_t DeviceSession::fresh_id(call::HandleKind kind) {
  return call::HandleId::make(kind, channel_.session().next_handle++, 0).value;
}

std::uint64_t DeviceSession::allocate(std::uint64_t bytes) {
  calls::MemAlloc::Reply reply;
  need_served(channel_.ask<calls::MemAlloc>({.bytesize = bytes}, reply).status(), "cuMemAlloc");
  if (reply.dptr == 0) throw PeerError("cuMemAlloc succeeded with address 0");
  return reply.dptr;
}

void DeviceSession::write(std::uint64_t address, std::span<const std::byte> bytes) {
  calls::MemcpyHtoD::Request request;
  request.dstDevice = address;
  request.byteCount = bytes.size();
  need_served(channel_.ask<calls::MemcpyHtoD>(request, bytes), "cuMemcpyHtoD");
}

std::vector<std::byte> DeviceSession::read(std::uint64_t address, std::uint64_t bytes) {
  calls::MemcpyDtoH::Request request;
  request.srcDevice = address;
  request.byteCount = bytes;
  calls::MemcpyDtoH::Reply reply;
  const Answer answer = channel_.ask<calls::MemcpyDtoH>(request, reply);
  need_served(answer.status(), "cuMemcpyDtoH");
  const auto trailing = answer.trailing();
  if (trailing.size() != bytes || reply.trailingBytes != bytes) {
    throw PeerError(fmt::format("cuMemcpyDtoH of {} bytes brought {} and says {}", bytes,
                                trailing.size(), reply.trailingBytes));
  }
  return {trailing.begin(), trailing.end()};
}

std::vector<std::byte> random_bytes(std::size_t count) {
  std::vector<std::byte> bytes((count + 7) / 8 * 8);
  for (std::size_t at = 0; at < bytes.size(); at += 8) {
    const std::uint64_t word = random_engine()();
    std::memcpy(bytes.data() + at, &word, 8);
  }
  bytes.resize(count);
  return bytes;
}

}  // namespace vgpu::conformance::wire
