#include "peer.hpp"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <new>
#include <vector>

#include "slices.hpp"
#include "vgpu/transport/connect.hpp"
#include "vgpu/transport/handshake.hpp"
#include "vgpu/transport/listen.hpp"
#include "vgpu/transport/shared_memory.hpp"
#include "vgpu/transport/socket_io.hpp"

namespace vgpu::bench {
namespace {

using namespace std::chrono_literals;

/// The processors that this program may use, read before the first pin().
const std::vector<int>& processors() {
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
  return allowed;
}

}  // namespace

void pin(std::size_t n) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processors()[n % processors().size()], &one);
  ::sched_setaffinity(0, sizeof(one), &one);
}

void use_all_processors() {
  cpu_set_t all;
  CPU_ZERO(&all);
  for (const int cpu : processors()) CPU_SET(cpu, &all);
  ::sched_setaffinity(0, sizeof(all), &all);
}

void keep_off_first_processor() {
  cpu_set_t others;
  CPU_ZERO(&others);
  const std::vector<int>& cpus = processors();
  for (std::size_t i = cpus.size() > 1 ? 1 : 0; i < cpus.size(); ++i) CPU_SET(cpus[i], &others);
  ::sched_setaffinity(0, sizeof(others), &others);
}

bool Peer::fork_child() {
  pin(0);
  const pid_t parent = ::getpid();
  child_ = ::fork();
  if (child_ < 0) throw std::runtime_error("cannot fork");
  if (child_ != 0) return false;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) leave();
  pin(1);
  return true;
}

void Peer::leave() {
  ::_exit(0);
}

Peer::~Peer() {
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

PingPong::PingPong()
    : memory_(need(
          support::Mapping::map(-1, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS))),
      lines_(new (memory_.data()) Lines),
      peer_([lines = lines_] {
        for (std::uint64_t i = 1;; ++i) {
          while (lines->ping.load(std::memory_order_acquire) != i) support::cpu_pause();
          lines->pong.store(i, std::memory_order_release);
        }
      }) {}

double BesidePingPong::measure() {
  PingPong game;
  return quiet_time(slices / 2, round_trips, [&] { game.round_trip(); });
}

BesidePingPong::~BesidePingPong() {
  try {
    const double after = measure();
    if (std::max(before_, after) <= 1.5 * std::min(before_, after)) {
      state_.counters["raw_ping_pong"] = (before_ + after) / 2;
    }
  } catch (const std::exception& error) {
    state_.SkipWithError(error.what());
  }
}

Sockets sockets_of(Medium medium) {
  Sockets sockets;
  if (medium == Medium::tcp) {
    auto listener =
        need(transport::Listener::open(need(transport::parse_url("tcp://127.0.0.1:0"))));
    sockets.guest = need(transport::dial(listener.url(), 10s));
    transport::socket_io::wait_for(listener.fd(), POLLIN, 10s);
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

Drained::Drained()
    : memory_(need(
          support::Mapping::map(-1, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS))),
      count_(new (memory_.data()) std::atomic<std::uint64_t>(0)) {}

Link::Link(Medium medium, transport::ChannelOptions options)
    : options_(options), sockets_(sockets_of(medium)) {
  if (medium != Medium::shm) return;
  guest_memory_ = need(transport::create_ring_memory());
  host_memory_ = need(support::duplicate(guest_memory_.get()));
}

std::unique_ptr<transport::Channel> Link::guest() {
  return need(transport::make_channel(std::move(sockets_.guest), std::move(guest_memory_),
                                      transport::Role::guest, options_));
}

std::unique_ptr<transport::Channel> Link::host() {
  return need(transport::make_channel(std::move(sockets_.host), std::move(host_memory_),
                                      transport::Role::host, options_));
}

}  // namespace vgpu::bench
