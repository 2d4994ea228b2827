// Each transport beside what the machine can do at best over the same medium, measured in one run:
//   publish/shm         against raw_ping_pong            (at most half)
//   null_call/shm       against raw_ping_pong            (at most twice)
//   null_call/unix, tcp against raw_echo/unix, tcp       (at most 1.3 times)
// raw_echo_spinning is the stricter control for sockets: both sides poll instead of blocking.
// The peer is another process, on another core; for in_process it is a thread.
#include <benchmark/benchmark.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

#include "vgpu/support/mapping.hpp"
#include "vgpu/transport/connect.hpp"
#include "vgpu/transport/handshake.hpp"
#include "vgpu/transport/in_process.hpp"
#include "vgpu/transport/listen.hpp"

namespace {

using namespace std::chrono_literals;
using vgpu::support::Mapping;
using vgpu::support::UniqueFd;
using namespace vgpu::transport;

template <class T>
T need(vgpu::support::Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.message());
  return std::move(*result);
}

/// Puts the calling thread on the n-th processor that this program may use.
void pin(std::size_t n) {
  static const std::vector<int> allowed = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    ::sched_getaffinity(0, sizeof(set), &set);
    std::vector<int> cpus;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    }
    return cpus;
  }();
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(allowed[n % allowed.size()], &one);
  ::sched_setaffinity(0, sizeof(one), &one);
}

/// Runs `life` in another process until the benchmark is over.
class Peer {
 public:
  template <class Life>
  explicit Peer(Life life) {
    pin(0);
    child_ = ::fork();
    if (child_ < 0) throw std::runtime_error("cannot fork");
    if (child_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    pin(1);
    life();
    ::_exit(0);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

 private:
  pid_t child_ = -1;
};

void raw_ping_pong(benchmark::State& state) {
  struct Lines {
    alignas(128) std::atomic<std::uint64_t> ping;
    alignas(128) std::atomic<std::uint64_t> pong;
  };
  Mapping memory = need(Mapping::map(-1, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS));
  auto* lines = new (memory.data()) Lines;
  Peer peer([lines] {
    for (std::uint64_t i = 1;; ++i) {
      while (lines->ping.load(std::memory_order_acquire) != i) vgpu::support::cpu_pause();
      lines->pong.store(i, std::memory_order_release);
    }
  });
  std::uint64_t i = 0;
  for (auto _ : state) {
    lines->ping.store(++i, std::memory_order_release);
    while (lines->pong.load(std::memory_order_acquire) != i) vgpu::support::cpu_pause();
  }
}

enum class Medium { in_process, shm, unix_socket, tcp };

struct Sockets {
  UniqueFd guest;
  UniqueFd host;
};

Sockets sockets_of(Medium medium) {
  Sockets sockets;
  if (medium == Medium::tcp) {
    Listener listener = need(Listener::open(need(parse_url("tcp://127.0.0.1:0"))));
    sockets.guest = need(dial(listener.url(), 10s));
    socket_io::wait_for(listener.fd(), POLLIN, 10s);
    sockets.host = need(listener.accept());
    return sockets;
  }
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::runtime_error("no socket pair");
  }
  sockets.guest.reset(ends[0]);
  sockets.host.reset(ends[1]);
  return sockets;
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
  for (auto _ : state) {
    if (!send(sockets.guest.get()) || !receive(sockets.guest.get())) {
      state.SkipWithError("the connection broke");
      break;
    }
  }
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

void call_repeatedly(benchmark::State& state, Channel& channel) {
  std::uint64_t ticket = 0;
  for (auto _ : state) {
    if (!call(channel, ++ticket)) {
      state.SkipWithError("the channel broke");
      break;
    }
  }
}

void null_call(benchmark::State& state, Medium medium) {
  ChannelOptions options;
  options.spin = 100us;
  if (medium == Medium::in_process) {
    InProcessPair pair = need(in_process_pair(options));
    pin(0);
    std::thread host([&channel = *pair.host] {
      pin(1);
      echo_frames(channel);
    });
    call_repeatedly(state, *pair.guest);
    pair.guest->close();
    host.join();
    return;
  }
  Sockets sockets = sockets_of(medium);
  UniqueFd guest_memory;
  UniqueFd host_memory;
  if (medium == Medium::shm) {
    guest_memory = need(create_ring_memory());
    host_memory = need(vgpu::support::duplicate(guest_memory.get()));
  }
  Peer peer([&] {
    echo_frames(
        *need(make_channel(std::move(sockets.host), std::move(host_memory), Role::host, options)));
  });
  std::unique_ptr<Channel> channel =
      need(make_channel(std::move(sockets.guest), std::move(guest_memory), Role::guest, options));
  call_repeatedly(state, *channel);
}

/// What an asynchronous call costs its caller, `body` bytes of parameters included, while the host
/// takes the frames out as fast as it can.
void publish(benchmark::State& state, Medium medium) {
  auto body_bytes = static_cast<std::size_t>(state.range(0));
  Sockets sockets = sockets_of(medium);
  UniqueFd guest_memory;
  UniqueFd host_memory;
  if (medium == Medium::shm) {
    guest_memory = need(create_ring_memory());
    host_memory = need(vgpu::support::duplicate(guest_memory.get()));
  }
  Peer peer([&] {
    auto channel = need(make_channel(std::move(sockets.host), std::move(host_memory), Role::host));
    ReceivedFrame frame;
    while (channel->receive(frame, forever) == ReceiveStatus::frame) {
    }
  });
  std::unique_ptr<Channel> channel =
      need(make_channel(std::move(sockets.guest), std::move(guest_memory), Role::guest));
  FrameHeader header;
  header.operation = 3;
  header.flags = vgpu::wire::frame_flag::no_reply;
  header.length = static_cast<std::uint32_t>(body_bytes);
  for (auto _ : state) {
    std::byte* body = channel->reserve(body_bytes);
    if (body == nullptr) {
      state.SkipWithError("the channel broke");
      break;
    }
    std::memset(body, 1, body_bytes);
    ++header.ticket;
    channel->publish(header);
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(raw_ping_pong)->UseRealTime();
BENCHMARK_CAPTURE(publish, shm, Medium::shm)->Arg(40)->Arg(104)->UseRealTime();
BENCHMARK_CAPTURE(null_call, in_process, Medium::in_process)->UseRealTime();
BENCHMARK_CAPTURE(null_call, shm, Medium::shm)->UseRealTime();
BENCHMARK_CAPTURE(raw_echo, unix, Medium::unix_socket, 0)->UseRealTime();
BENCHMARK_CAPTURE(raw_echo_spinning, unix, Medium::unix_socket, MSG_DONTWAIT)->UseRealTime();
BENCHMARK_CAPTURE(null_call, unix, Medium::unix_socket)->UseRealTime();
BENCHMARK_CAPTURE(raw_echo, tcp, Medium::tcp, 0)->UseRealTime();
BENCHMARK_CAPTURE(raw_echo_spinning, tcp, Medium::tcp, MSG_DONTWAIT)->UseRealTime();
BENCHMARK_CAPTURE(null_call, tcp, Medium::tcp)->UseRealTime();

}  // namespace
