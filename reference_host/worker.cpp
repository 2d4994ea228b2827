#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>
#include <vgpu/call/cuda_types.hpp>
#include <vgpu/host_dispatch.hpp>

#include "captured_output.hpp"
#include "greeting.hpp"
#include "limits.hpp"
#include "logging.hpp"
#include "options.hpp"
#include "vgpu/host/backend.hpp"
#include "vgpu/host/channel_server.hpp"
#include "vgpu/host/session.hpp"
#include "worker_link.hpp"

namespace vgpu::host {
namespace {

using transport::Url;

constexpr std::uint32_t spin_microseconds = 30;
constexpr std::chrono::milliseconds drain_time{200};

/// Where the software device lies: beside the program's folder.
std::string software_device_path() {
  std::error_code problem;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", problem);
  if (problem) return "libvgpu-softdevice.so";
  return (program.parent_path().parent_path() / "lib" / "libvgpu-softdevice.so").string();
}

support::Result<Backend> open_initialised(const std::string& path) {
  auto backend = Backend::open(path);
  if (!backend) return backend;
  if (auto initialised = backend->initialise(); !initialised) return initialised.error();
  return backend;
}

support::Result<Backend> choose_backend(const std::string& driver) {
  if (!driver.empty()) return open_initialised(driver);
  auto vendor = open_initialised("libcuda.so.1");
  if (vendor) return vendor;
  spdlog::debug("no vendor driver: {}", vendor.message());
  auto software = open_initialised(software_device_path());
  if (software) return software;
  return support::Error{"there is no usable backend: " + vendor.message() + "; " +
                        software.message()};
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

bool is_one(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && std::string_view(value) == "1";
}

/// The budgets that the command line gives. For a test that has to see what goes wrong where calls
/// of several threads are not ordered, two variables make no call wait for another.
SessionLimits session_limits(const std::vector<std::string>& given) {
  SessionLimits limits;
  for (const std::string& limit : given) static_cast<void>(apply_limit(limits, limit).ok());
  if (is_one("VGPU_TEST_HOOKS") && is_one("VGPU_TEST_NO_TICKET_ORDER")) {
    limits.order = {.holder_grace = {}, .missing_grace = {}, .spins = 0};
  }
  return limits;
}

/// One guest process's executor.
class Worker {
 public:
  Worker(Backend backend, const WorkerOptions& options)
      : backend_(std::move(backend)),
        link_(options.link_fd),
        limits_(session_limits(options.limits)) {
    if (options.log_fd < 0) return;
    if (auto opened = output_.open(); !opened) {
      spdlog::warn("what kernels print is lost: {}", opened.message());
      return;
    }
    keeps_output_ = true;
  }

  /// Retains the primary context of device 0, which is most of what a guest would wait for. The
  /// guest's own count is kept apart (calls/primary_context.cpp).
  void warm_up() {
    const DriverTable& driver = backend_.table();
    if (driver.cuDevicePrimaryCtxRetain == nullptr) return;
    CUcontext context = nullptr;
    const CUresult result = driver.cuDevicePrimaryCtxRetain(&context, 0);
    if (result != CUDA_SUCCESS) {
      spdlog::warn("cannot warm up the primary context: {}", backend_.describe(result));
      return;
    }
    warm_context_ = context;
  }

  bool report_ready() {
    WorkerMessage message;
    message.word = WorkerWord::ready;
    message.driver_version = backend_.driver_version();
    message.device_count = backend_.device_count();
    return send_worker_message(link_, message, std::as_bytes(std::span(backend_.path())));
  }

  /// Serves the guest that the supervisor hands over, until its last channel is gone.
  int run() {
    while (true) {
      std::vector<pollfd> watched{{link_, static_cast<short>(link_ >= 0 ? POLLIN : 0), 0}};
      for (const Connection& connection : connections_) {
        watched.push_back({connection.socket.get(), POLLRDHUP, 0});
      }
      const int looks_after_output = session_ != nullptr && keeps_output_ ? 1000 : -1;
      const int ready = ::poll(watched.data(), watched.size(), looks_after_output);
      if (ready == 0) {
        output_.bound();
        continue;
      }
      if (ready < 0) {
        if (errno == EINTR) continue;
        spdlog::error("poll failed: {}", std::strerror(errno));
        return 1;
      }
      for (std::size_t i = watched.size(); i-- > 1;) {
        if (watched[i].revents != 0) {
          connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i - 1));
        }
      }
      if (watched[0].revents != 0 && !take_message()) return 0;
      if (addressed_ && connections_.empty()) {
        if (session_ != nullptr) end_session();
        return 0;
      }
    }
  }

 private:
  struct Connection {
    support::UniqueFd socket;  ///< a duplicate, to see the guest's end whatever the thread does
  };

  /// False: the supervisor is gone.
  bool take_message() {
    auto received = receive_worker_message(link_);
    if (!received) return false;
    if (!received->has_value()) return true;
    ReceivedWorkerMessage& message = **received;
    if (message.message.word != WorkerWord::serve || message.descriptors.empty()) return true;
    addressed_ = true;
    transport::HandshakeSocket socket(std::move(message.descriptors[0]));
    auto hello = read_hello(message.rest());
    if (!hello) {
      refuse(socket, hello.message());
      return true;
    }
    support::UniqueFd ring;
    if (message.descriptors.size() > 1) ring = std::move(message.descriptors[1]);
    accept(std::move(socket), *hello, std::move(ring), message.message);
    return true;
  }

  void accept(transport::HandshakeSocket socket, const Hello& hello, support::UniqueFd ring,
              const WorkerMessage& message) {
    transport::ChannelOptions options;
    options.spin = std::chrono::microseconds(spin_microseconds);
    std::size_t frame_cap = options.frame_cap;
    const bool shared = static_cast<bool>(ring);
    if (shared) {
      // Examined before the guest is told yes; the mapping itself follows the handshake.
      auto checked = transport::map_ring_memory(ring.get());
      auto layout = checked ? transport::RingMemoryLayout::of(checked->size())
                            : support::Result<transport::RingMemoryLayout>(checked.error());
      if (!layout) return refuse(socket, layout.message());
      frame_cap = layout->frame_cap;
    } else if (hello.ring_bytes != 0) {
      return refuse(socket, "the Hello announces ring memory, but none came with it");
    }
    if (connections_.size() >= limits_.channels) {
      return refuse(socket, "this guest process has as many channels as it may");
    }
    const bool first = session_ == nullptr;
    if (first) begin_session(hello, message);

    HelloReply reply = blank_reply();
    const std::string name = host_name();
    reply.accepted = 1;
    reply.session = message.session;
    reply.session_key = message.session_key;
    reply.features = hello.features & features(socket.fd(), shared);
    if (first) {
      session_->set_carries_descriptors((reply.features & guest::feature::descriptors) != 0);
    }
    reply.cuda_version = static_cast<std::uint32_t>(backend_.driver_version());
    reply.frame_cap = static_cast<std::uint32_t>(frame_cap);
    reply.window_begin = session_->window() ? session_->window().begin() : 0;
    reply.window_bytes = session_->window() ? session_->window().size() : 0;
    reply.spin_microseconds = spin_microseconds;
    reply.device_count = static_cast<std::uint32_t>(backend_.device_count());
    reply.message_budget = limits_.message_bytes;
    reply.host_name = name;
    reply.backend = backend_.path();
    auto watched = support::duplicate(socket.fd());
    if (!watched) return refuse(socket, watched.message());
    if (auto sent = send_reply(socket, reply); !sent) {
      spdlog::info("a connection of process {} ended in the handshake: {}", hello.process_id,
                   sent.message());
      // The watched duplicate shows the end of a guest that never got its first channel.
      connections_.push_back({std::move(*watched)});
      return;
    }
    auto channel =
        transport::make_channel(socket.release(), std::move(ring), transport::Role::host, options);
    connections_.push_back({std::move(*watched)});
    if (!channel) {
      spdlog::warn("no channel for process {}: {}", hello.process_id, channel.message());
      ::shutdown(connections_.back().socket.get(), SHUT_RDWR);
      return;
    }
    start(std::shared_ptr<transport::Channel>(std::move(*channel)), hello.role);
  }

  std::uint64_t features(int socket, bool shared) const noexcept {
    const std::uint64_t output = keeps_output_ ? guest::feature::output : 0;
    if (shared) {
      std::uint64_t bits = guest::feature::descriptors | guest::feature::staging | output;
      if (session_->window()) bits |= guest::feature::shared_host_memory;
      return bits;
    }
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    const bool local = ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) == 0 &&
                       address.ss_family == AF_UNIX;
    return output | (local ? guest::feature::descriptors : 0);
  }

  void begin_session(const Hello& hello, const WorkerMessage& message) {
    SessionIdentity identity{message.session, hello.process_id, printable(hello.program)};
    spdlog::info("serves process {} ({})", identity.guest_process, identity.program);
    tell_rest_of_output();  // of the time before this guest
    session_ =
        std::make_unique<Session>(backend_.table(), std::move(identity), limits_, log_sink());
    if (keeps_output_ && (hello.features & guest::feature::output) != 0) {
      session_->set_output(&output_);
    }
    if (warm_context_ != nullptr) {
      session_->primary_contexts().with(0, [this](PrimaryContexts::State& state) {
        state.warm = true;
        state.context = warm_context_;
      });
    }
    if (hello.window_bytes == 0) return;
    if (hello.window_bytes > limits_.window_bytes) {
      spdlog::warn("the guest's address window is larger than {} bytes: there will be none",
                   limits_.window_bytes);
      return;
    }
    auto window = memory::AddressWindow::reserve_at(hello.window_begin, hello.window_bytes);
    if (window) {
      session_->window() = std::move(*window);
    } else {
      spdlog::warn("the guest's address window is not free here: {}", window.message());
    }
  }

  void start(std::shared_ptr<transport::Channel> channel, std::uint16_t role) {
    if (role == static_cast<std::uint16_t>(guest::ChannelRole::callbacks)) {
      if (!session_->callbacks().attach(channel)) {
        spdlog::warn("a second callback channel was closed");
        channel->close();
      }
      return;
    }
    serving_.fetch_add(1, std::memory_order_relaxed);
    std::thread([this, channel = std::move(channel)] {
      ChannelServer server(*session_, *channel, find_host_call);
      const ChannelEnd end = server.run();
      spdlog::debug("a channel ended ({})", end == ChannelEnd::goodbye  ? "goodbye"
                                            : end == ChannelEnd::closed ? "closed"
                                                                        : "failed");
      serving_.fetch_sub(1, std::memory_order_release);
    }).detach();
  }

  /// What the guest had published still runs, for a moment; then the process ends and takes
  /// everything with it, also threads that a hung kernel keeps in the driver.
  void end_session() {
    session_->callbacks().close();
    const auto deadline = std::chrono::steady_clock::now() + drain_time;
    while (serving_.load(std::memory_order_acquire) != 0 &&
           std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    tell_rest_of_output();
    const SessionCounters& counters = session_->counters();
    spdlog::info("process {} has ended: {} calls, {} of them posted, {} failed",
                 session_->identity().guest_process, counters.calls.load(), counters.posted.load(),
                 counters.failed.load());
  }

  /// What a guest did not come to hear of its device, or cannot.
  void tell_rest_of_output() {
    constexpr std::size_t most = std::size_t{64} << 10;
    if (!keeps_output_) return;
    const std::string text = output_.take(most).standard_error;
    if (!text.empty()) spdlog::info("the backend had printed:\n{}", text);
  }

  Backend backend_;
  int link_;
  CapturedOutput output_;
  bool keeps_output_ = false;
  CUcontext warm_context_ = nullptr;
  const SessionLimits limits_;
  std::unique_ptr<Session> session_;
  std::vector<Connection> connections_;
  bool addressed_ =
      false;  ///< a guest was handed over; when it has no connection, the end has come
  std::atomic<int> serving_{0};
};

}  // namespace

int run_worker(const WorkerOptions& options) {
  ::prctl(PR_SET_NAME, "vgpu-worker");
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (options.supervisor != 0 && ::getppid() != options.supervisor) return 1;
  // Ctrl-C reaches the whole process group; the supervisor decides what it means.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  auto backend = choose_backend(options.driver);
  if (!backend) {
    WorkerMessage message;
    message.word = WorkerWord::failed;
    send_worker_message(options.link_fd, message, std::as_bytes(std::span(backend.message())));
    return 1;
  }
  // Threads of this worker may outlive run(): it is never destroyed.
  auto& worker = *new Worker(std::move(*backend), options);
  worker.warm_up();
  if (!worker.report_ready()) return 1;
  // Exit handlers of a driver can take long or hang; the kernel cleans up faster.
  ::_exit(worker.run());
}

}  // namespace vgpu::host
