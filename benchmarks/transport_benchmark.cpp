// A null call and a publication over each transport, and what the machine can do at best over the
// same medium. raw_echo_spinning is the stricter control of the sockets: both sides poll instead of
// blocking. The peer is another process, on another processor; for in_process it is a thread.
#include <benchmark/benchmark.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>

#include "peer.hpp"
#include "slices.hpp"
#include "vgpu/transport/in_process.hpp"

namespace {

using namespace std::chrono_literals;
using namespace vgpu::bench;
using namespace vgpu::transport;

/// Round trips per slice through a socket.
constexpr int socket_round_trips = 4;

void raw_ping_pong(benchmark::State& state) {
  PingPong game;
  run_in_slices(state, round_trips, [&] {
    game.round_trip();
    return true;
  });
}

/// A small request and its answer, as a blocking or polling program would write them by hand.
void raw_echo(benchmark::State& state, Medium medium, int receive_flags) {
  Sockets sockets = sockets_of(medium);
  std::array<std::byte, 24> message{};
  auto receive = [receive_flags, &message](int fd) {
    ssize_t bytes = -1;
    do {
      bytes = ::recv(fd, message.data(), message.size(), receive_flags);
    } while (bytes < 0 && errno == EAGAIN);
    return bytes == static_cast<ssize_t>(message.size());
  };
  auto send = [&message](int fd) {
    return ::send(fd, message.data(), message.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(message.size());
  };
  Peer peer([&] {
    while (receive(sockets.host.get()) && send(sockets.host.get())) {
    }
  });
  run_in_slices(state, socket_round_trips,
                [&] { return send(sockets.guest.get()) && receive(sockets.guest.get()); });
}

void raw_echo_spinning(benchmark::State& state, Medium medium, int receive_flags) {
  raw_echo(state, medium, receive_flags);
}

void echo_frames(Channel& channel) {
  ReceivedFrame frame;
  while (channel.receive(frame, forever) == ReceiveStatus::frame) {
    std::byte* body = channel.reserve(frame.body.size());
    if (body == nullptr) return;
    if (!frame.body.empty()) std::memcpy(body, frame.body.data(), frame.body.size());
    if (!channel.publish(frame.header)) return;
  }
}

bool call(Channel& channel, std::uint64_t ticket) {
  FrameHeader header;
  header.operation = 2;
  header.ticket = ticket;
  ReceivedFrame reply;
  return channel.reserve(0) != nullptr && channel.publish(header) &&
         channel.receive(reply, forever) == ReceiveStatus::frame && reply.header.ticket == ticket;
}

void call_repeatedly(benchmark::State& state, int slice, Channel& channel) {
  std::uint64_t ticket = 0;
  run_in_slices(state, slice, [&] { return call(channel, ++ticket); });
}

void null_call(benchmark::State& state, Medium medium) {
  ChannelOptions options;
  options.spin = 100us;
  if (medium == Medium::in_process) {
    const BesidePingPong beside(state);
    InProcessPair pair = need(in_process_pair(options));
    pin(0);
    std::thread host([&channel = *pair.host] {
      pin(1);
      echo_frames(channel);
    });
    call_repeatedly(state, round_trips, *pair.guest);
    pair.guest->close();
    host.join();
    return;
  }
  std::optional<BesidePingPong> beside;
  if (medium == Medium::shm) beside.emplace(state);
  Link link(medium, options);
  Peer peer([&] { echo_frames(*link.host()); });
  call_repeatedly(state, medium == Medium::shm ? round_trips : socket_round_trips, *link.guest());
}

/// What a call that waits for no answer costs its caller, `body` bytes included, while the host
/// takes the frames out as fast as it can.
void publish(benchmark::State& state, Medium medium) {
  const BesidePingPong beside(state);
  auto body_bytes = static_cast<std::size_t>(state.range(0));
  Link link(medium);
  Drained drained;
  Peer peer([&] {
    auto channel = link.host();
    ReceivedFrame frame;
    while (channel->receive(frame, forever) == ReceiveStatus::frame) drained.add_one();
  });
  auto channel = link.guest();
  FrameHeader header;
  header.operation = 3;
  header.flags = vgpu::wire::frame_flag::no_reply;
  header.length = static_cast<std::uint32_t>(body_bytes);
  run_in_slices(
      state, publications,
      [&] {
        std::byte* body = channel->reserve(body_bytes);
        if (body == nullptr) return false;
        std::memset(body, 1, body_bytes);
        ++header.ticket;
        return channel->publish(header);
      },
      drained.count());
}

BENCHMARK(raw_ping_pong)->UseRealTime()->Iterations(slices* round_trips);
BENCHMARK_CAPTURE(publish, shm, Medium::shm)
    ->Arg(40)
    ->Arg(104)
    ->UseRealTime()
    ->Iterations(slices* publications);
BENCHMARK_CAPTURE(null_call, in_process, Medium::in_process)
    ->UseRealTime()
    ->Iterations(slices* round_trips);
BENCHMARK_CAPTURE(null_call, shm, Medium::shm)->UseRealTime()->Iterations(slices* round_trips);
BENCHMARK_CAPTURE(raw_echo, unix, Medium::unix_socket, 0)
    ->UseRealTime()
    ->Iterations(slices* socket_round_trips);
BENCHMARK_CAPTURE(raw_echo_spinning, unix, Medium::unix_socket, MSG_DONTWAIT)
    ->UseRealTime()
    ->Iterations(slices* socket_round_trips);
BENCHMARK_CAPTURE(null_call, unix, Medium::unix_socket)
    ->UseRealTime()
    ->Iterations(slices* socket_round_trips);
BENCHMARK_CAPTURE(raw_echo, tcp, Medium::tcp, 0)
    ->UseRealTime()
    ->Iterations(slices* socket_round_trips);
BENCHMARK_CAPTURE(raw_echo_spinning, tcp, Medium::tcp, MSG_DONTWAIT)
    ->UseRealTime()
    ->Iterations(slices* socket_round_trips);
BENCHMARK_CAPTURE(null_call, tcp, Medium::tcp)
    ->UseRealTime()
    ->Iterations(slices* socket_round_trips);

}  // namespace
