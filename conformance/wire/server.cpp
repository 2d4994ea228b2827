#include "wire/server.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>
#include <vgpu/calls/copy.hpp>
#include <vgpu/calls/memory.hpp>
#include <vgpu/calls/session.hpp>

#include "vgpu/transport/handshake.hpp"
#include "vgpu/transport/shared_memory.hpp"
#include "wire/guest_process.hpp"

namespace vgpu::conformance::wire {

namespace {

using call::Operation;

constexpr std::uint32_t socket_cap = 256 << 10;
constexpr std::uint64_t memory_bytes = 64 << 20;
constexpr std::size_t most_requests = 10'000;
constexpr std::int32_t invalid_value = 1;
constexpr std::int32_t not_supported = 801;

template <class Message>
std::vector<std::byte> message_bytes(const Message& message) {
  const Words words = encoded(message);
  const auto bytes = bytes_of(words);
  return {bytes.begin(), bytes.end()};
}

transport::Listener listen_at_target() {
  auto listener = transport::Listener::open(target().url);
  if (!listener) throw PeerError(listener.message());
  set_guest_url(listener->url().text());
  return std::move(*listener);
}

Greeting read_greeting(Frame frame) {
  Greeting greeting;
  greeting.header = frame.header;
  greeting.ring = std::move(frame.descriptor);
  guest::Hello hello;
  std::span<const std::byte> rest;
  if (!call::decode(frame.body(), frame.header.data_words, hello, rest)) return greeting;
  greeting.well_formed = true;
  greeting.protocol_version = hello.protocol_version;
  greeting.role = hello.role;
  greeting.process_id = hello.process_id;
  greeting.session = hello.session;
  greeting.session_key = hello.session_key;
  greeting.features = hello.features;
  greeting.cuda_version = hello.cuda_version;
  greeting.ring_bytes = hello.ring_bytes;
  greeting.schema_hashes = hello.schema_hashes.size();
  greeting.program = hello.program;
  const auto* token = reinterpret_cast<const char*>(hello.token.data());
  greeting.token.assign(token, hello.token.size());
  return greeting;
}

std::vector<std::byte> describe_device() {
  constexpr std::size_t attributes = 148;
  std::vector<std::int32_t> values(attributes, 1);
  std::vector<std::int32_t> results(attributes, 0);
  results[0] = invalid_value;
  values[75] = 7;
  values[76] = 5;
  const std::vector<std::byte> uuid(16, std::byte{0x42});
  calls::DeviceSnapshot::Reply reply;
  reply.totalMem = memory_bytes;
  reply.luidResult = not_supported;
  reply.name = "The wire suite's memory";
  reply.pciBusId = "0000:00:00.0";
  reply.uuid = uuid;
  reply.attributes = values;
  reply.attributeResults = results;
  return message_bytes(reply);
}

}  // namespace

Server::Server(Deviation deviation)
    : deviation_(std::move(deviation)),
      listener_(listen_at_target()),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  acceptor_ = std::thread([this] { accept(); });
}

Server::~Server() {
  stopping_ = true;
  const std::uint64_t one = 1;
  static_cast<void>(!::write(stop_.get(), &one, sizeof one));
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
}

void Server::accept() {
  while (!stopping_) {
    pollfd watched[2] = {{listener_.fd(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    if (::poll(watched, 2, -1) < 0 || watched[1].revents != 0) continue;
    auto connection = listener_.accept();
    if (!connection || !*connection) continue;
    const std::lock_guard lock(mutex_);
    came_ = true;
    ++open_;
    threads_.emplace_back([this, socket = std::move(*connection)]() mutable {
      try {
        serve(std::move(socket));
      } catch (const std::exception& error) {
        complain(error.what());
      }
      const std::lock_guard ended(mutex_);
      --open_;
      changed_.notify_all();
    });
  }
}

bool Server::wait_for_end(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return came_ && open_ == 0; });
}

std::vector<std::string> Server::violations() {
  const std::lock_guard lock(mutex_);
  return violations_;
}

void Server::complain(const std::string& what) {
  const std::lock_guard lock(mutex_);
  violations_.push_back(what);
}

void Server::serve(UniqueFd socket) {
  const std::unique_ptr<Link> link = greet(std::move(socket));
  if (link != nullptr) serve_channel(*link);
}

std::unique_ptr<Link> Server::greet(UniqueFd connection) {
  SocketLink socket(std::move(connection));
  Frame frame;
  // A probe that only connects says nothing, which is allowed.
  if (socket.receive(frame, patience()) != Arrival::frame) return nullptr;
  Greeting greeting = read_greeting(std::move(frame));
  UniqueFd ring = std::move(greeting.ring);
  guest::HelloReply reply;
  reply.protocol_version = guest::protocol_version;
  reply.accepted = 1;
  reply.process_id = static_cast<std::uint32_t>(::getpid());
  reply.session = session_id;
  reply.session_key = session_key;
  reply.cuda_version = 13000;
  reply.frame_cap = socket_cap;
  reply.spin_microseconds = 30;
  reply.device_count = 1;
  reply.message_budget = std::uint64_t{64} << 20;
  reply.host_name = "wire-suite";
  reply.backend = "conformance/wire";
  support::Mapping memory;
  if (ring) {
    auto mapped = transport::map_ring_memory(ring.get());
    if (!mapped) throw PeerError("the guest's ring memory: " + mapped.message());
    memory = std::move(*mapped);
    reply.frame_cap =
        static_cast<std::uint32_t>(transport::RingMemoryLayout::of(memory.size())->frame_cap);
  }
  Words words;
  {
    const std::lock_guard lock(mutex_);
    greeting.ring = std::move(ring);
    greetings_.push_back(std::move(greeting));
    if (deviation_.welcome) deviation_.welcome(reply);
    words = encoded(reply);
    if (deviation_.greet && deviation_.greet(socket, bytes_of(words))) return nullptr;
  }
  FrameHeader header;
  header.operation = transport::handshake_operation;
  header.flags = frame_flag::reply;
  if (!socket.send(header, bytes_of(words))) return nullptr;
  if (reply.accepted != 1) {
    // A guest that has understood ends the connection as well.
    if (socket.receive(frame, patience()) == Arrival::frame) {
      complain("the guest goes on after a refusal");
    }
    return nullptr;
  }
  if (memory) {
    return std::make_unique<RingLink>(socket.release(), std::move(memory), transport::Role::host);
  }
  auto link = std::make_unique<SocketLink>(socket.release());
  link->begin_channel(reply.frame_cap);
  return link;
}

bool Server::receive(Link& link, Request& request) {
  request = {};
  bool first = true;
  for (bool more = true; more;) {
    Frame frame;
    Arrival arrival = Arrival::nothing;
    while (arrival == Arrival::nothing) {
      if (stopping_) return false;
      arrival = link.receive(frame, std::chrono::milliseconds(50));
    }
    if (arrival == Arrival::ended) return false;
    const FrameHeader& header = frame.header;
    more = (header.flags & frame_flag::more) != 0;
    if (std::exchange(first, false)) {
      request.header = header;
      request.descriptor = static_cast<bool>(frame.descriptor);
    } else if (header.operation != request.header.operation ||
               header.ticket != request.header.ticket) {
      throw PeerError("the frames of two messages are interleaved");
    } else {
      ++request.frames;
    }
    if (header.length > link.cap()) throw PeerError("a frame is above the cap");
    if (more && header.length == 0) throw PeerError("a frame with more to come carries nothing");
    const std::size_t before = request.bytes;
    request.bytes += header.length;
    request.words.resize((request.bytes + 7) / 8);
    if (header.length != 0) {
      std::memcpy(reinterpret_cast<std::byte*>(request.words.data()) + before, frame.body().data(),
                  header.length);
    }
  }
  return true;
}

void Server::check(const Request& request) {
  const FrameHeader& header = request.header;
  const call::OperationInfo* info = call::find_operation(Operation{header.operation});
  const auto wrong = [&](const std::string& what) {
    violations_.push_back(
        fmt::format("{} (ticket {}): {}",
                    info == nullptr ? std::to_string(header.operation) : std::string(info->name),
                    header.ticket, what));
  };
  if (info == nullptr) return wrong("the schema has no such operation");
  if (info->call_class == call::CallClass::local) wrong("a local call has no message");
  if ((header.flags & frame_flag::reply) != 0) wrong("a request has the reply flag");
  const bool may_post = info->call_class == call::CallClass::stream ||
                        info->call_class == call::CallClass::create ||
                        info->call_class == call::CallClass::callback;
  if ((header.flags & frame_flag::no_reply) != 0 && !may_post) {
    wrong("nobody waits for a call of a class that is waited for");
  }
  if (header.status != 0) wrong("a request has a status");
  if (std::size_t{header.data_words} * 8 > request.bytes)
    wrong("the body is shorter than its data");
  if (header.ticket != 0 && !tickets_.insert(header.ticket).second)
    wrong("the ticket is used twice");
}

void Server::serve_channel(Link& link) {
  Request request;
  while (receive(link, request)) {
    Reply reply;
    {
      const std::lock_guard lock(mutex_);
      check(request);
      reply = execute(request);
      if (requests_.size() < most_requests) requests_.push_back(request);
      if ((request.header.flags & frame_flag::no_reply) != 0) continue;
      if (deviation_.answer && deviation_.answer(link, request, reply)) continue;
    }
    send(link, reply);
    if (Operation{request.header.operation} == Operation::goodbye) return;
  }
}

void Server::send(Link& link, const Reply& reply) {
  std::span<const std::byte> rest = reply.body;
  do {
    const auto part = rest.first(std::min(rest.size(), link.cap()));
    rest = rest.subspan(part.size());
    FrameHeader header = reply.header;
    if (!rest.empty()) header.flags |= frame_flag::more;
    if (!link.send(header, part)) return;
  } while (!rest.empty());
}

std::byte* Server::memory(std::uint64_t address, std::uint64_t bytes) {
  auto block = blocks_.upper_bound(address);
  if (block == blocks_.begin()) return nullptr;
  --block;
  const std::uint64_t offset = address - block->first;
  if (offset > block->second.size() || bytes > block->second.size() - offset) return nullptr;
  return block->second.data() + offset;
}

Reply Server::execute(const Request& request) {
  Reply reply;
  reply.header.operation = request.header.operation;
  reply.header.flags = frame_flag::reply;
  reply.header.ticket = request.header.ticket;
  std::span<const std::byte> trailing;
  const auto decoded = [&](auto& fields) {
    if (call::decode(request.body(), request.header.data_words, fields, trailing)) return true;
    violations_.push_back(
        fmt::format("the request of operation {} is malformed", request.header.operation));
    reply.header.status = invalid_value;
    return false;
  };
  const auto answer = [&](const auto& fields) {
    reply.body = message_bytes(fields);
    reply.header.data_words = call::header_data_words<std::remove_cvref_t<decltype(fields)>>;
  };
  switch (Operation{request.header.operation}) {
    case Operation::ping: {
      calls::Ping::Request fields;
      if (decoded(fields)) answer(calls::Ping::Reply{.token = fields.token});
      break;
    }
    case Operation::device_snapshot:
      reply.body = describe_device();
      break;
    case Operation::context_bind:
    case Operation::device_primary_ctx_retain:
    case Operation::device_primary_ctx_release:
    case Operation::ctx_create:
    case Operation::ctx_destroy:
    case Operation::ctx_synchronize:
    case Operation::goodbye:
      break;
    case Operation::mem_get_info:
      answer(calls::MemGetInfo::Reply{.free = memory_bytes, .total = memory_bytes});
      break;
    case Operation::mem_alloc: {
      calls::MemAlloc::Request fields;
      if (!decoded(fields)) break;
      if (fields.bytesize == 0 || fields.bytesize > memory_bytes) {
        reply.header.status = 2;
        break;
      }
      blocks_[next_address_].resize(fields.bytesize);
      answer(calls::MemAlloc::Reply{.dptr = next_address_});
      next_address_ += memory_bytes;
      break;
    }
    case Operation::mem_free: {
      calls::MemFree::Request fields;
      if (decoded(fields) && blocks_.erase(fields.dptr) == 0) reply.header.status = invalid_value;
      break;
    }
    case Operation::memcpy_hto_d: {
      calls::MemcpyHtoD::Request fields;
      if (!decoded(fields)) break;
      std::byte* to = memory(fields.dstDevice, fields.byteCount);
      if (to == nullptr || fields.location != 0 || trailing.size() != fields.byteCount) {
        reply.header.status = invalid_value;
        break;
      }
      std::memcpy(to, trailing.data(), trailing.size());
      break;
    }
    case Operation::memcpy_dto_h: {
      calls::MemcpyDtoH::Request fields;
      if (!decoded(fields)) break;
      const std::byte* from = memory(fields.srcDevice, fields.byteCount);
      if (from == nullptr || fields.location != 0) {
        reply.header.status = invalid_value;
        break;
      }
      answer(calls::MemcpyDtoH::Reply{.trailingBytes = fields.byteCount});
      reply.body.insert(reply.body.end(), from, from + fields.byteCount);
      break;
    }
    case Operation::memcpy_dto_d_async: {
      calls::MemcpyDtoDAsync::Request fields;
      if (!decoded(fields)) break;
      std::byte* to = memory(fields.dstDevice, fields.byteCount);
      const std::byte* from = memory(fields.srcDevice, fields.byteCount);
      if (to == nullptr || from == nullptr) {
        reply.header.status = invalid_value;
        break;
      }
      std::memmove(to, from, fields.byteCount);
      break;
    }
    default:
      reply.header.status = not_supported;
  }
  return reply;
}

}  // namespace vgpu::conformance::wire
