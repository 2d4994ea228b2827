#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "captured_output.hpp"
#include "greeting.hpp"
#include "logging.hpp"
#include "options.hpp"
#include "vgpu/support/unique_fd.hpp"
#include "vgpu/transport/handshake.hpp"
#include "vgpu/transport/listen.hpp"
#include "worker_link.hpp"

extern char** environ;

namespace vgpu::host {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds hello_time{5};        // for a connection to send its Hello
constexpr std::chrono::seconds worker_time{60};      // for a worker to become ready
constexpr std::chrono::seconds retry_time{5};        // between attempts to start failing workers
constexpr std::chrono::milliseconds end_time{1000};  // for workers to end at shutdown
constexpr std::size_t most_connections = 1024;       // that are still in the handshake

std::uint64_t random_word() {
  std::uint64_t word = 0;
  while (word == 0) {
    if (::getrandom(&word, sizeof word, 0) != sizeof word) word = 0;
  }
  return word;
}

std::string describe_end(int status) {
  if (WIFEXITED(status)) return "exit code " + std::to_string(WEXITSTATUS(status));
  if (WIFSIGNALED(status)) {
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    return std::string("signal SIG") + (name == nullptr ? "?" : name);
  }
  return "status " + std::to_string(status);
}

/// A connection whose Hello is not complete, or that waits for a worker.
struct Connection {
  transport::HandshakeSocket socket;
  bool local = false;  ///< over a unix socket
  Clock::time_point deadline;
  bool complete = false;
  transport::HandshakeFrame frame;
};

struct Worker {
  enum class State { starting, idle, serving };
  pid_t process = 0;
  support::UniqueFd link;
  support::UniqueFd error_output;  ///< its stderr, a file in memory
  State state = State::starting;
  std::uint64_t session = 0;
  std::uint64_t session_key = 0;
  std::uint32_t guest = 0;  ///< process id, as the guest says
};

class Supervisor {
 public:
  explicit Supervisor(const Options& options) : options_(options) {}

  int run() {
    if (!open_listeners() || !catch_signals()) return 1;
    keep_warm();
    while (!stopping_) {
      wait_and_handle();
      tell_failure();
      expire();
      match();
      keep_warm();
    }
    end_workers();
    return exit_code_;
  }

 private:
  bool open_listeners() {
    for (const transport::Url& url : options_.listen) {
      auto listener = transport::Listener::open(url);
      if (!listener) {
        spdlog::error("{}", listener.message());
        return false;
      }
      listeners_.push_back(std::move(*listener));
    }
    return true;
  }

  bool catch_signals() {
    sigset_t wanted;
    ::sigemptyset(&wanted);
    for (const int number : {SIGTERM, SIGINT, SIGCHLD}) ::sigaddset(&wanted, number);
    ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    signals_.reset(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_) spdlog::error("cannot watch for signals: {}", std::strerror(errno));
    return static_cast<bool>(signals_);
  }

  void wait_and_handle() {
    std::vector<pollfd> watched{{signals_.get(), POLLIN, 0}};
    const bool accepting = connections_.size() < most_connections;
    for (const auto& listener : listeners_) {
      watched.push_back({accepting ? listener.fd() : -1, POLLIN, 0});
    }
    std::vector<Worker*> linked;
    for (Worker& worker : workers_) {
      linked.push_back(&worker);
      watched.push_back({worker.link.get(), POLLIN, 0});
    }
    std::vector<std::list<Connection>::iterator> waiting;
    for (auto at = connections_.begin(); at != connections_.end(); ++at) {
      waiting.push_back(at);
      // What follows a complete Hello is the worker's to read; only the guest's end matters.
      watched.push_back(
          {at->socket.fd(), static_cast<short>(at->complete ? POLLRDHUP : POLLIN), 0});
    }
    if (::poll(watched.data(), watched.size(), timeout()) < 0) {
      if (errno == EINTR) return;
      spdlog::error("poll failed: {}", std::strerror(errno));
      stopping_ = true;
      exit_code_ = 1;
      return;
    }
    std::size_t at = 1 + listeners_.size();
    for (Worker* worker : linked) {
      if (watched[at++].revents != 0) hear(*worker);
    }
    for (const auto& connection : waiting) {
      if (watched[at++].revents != 0) advance(connection);
    }
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      if (watched[1 + i].revents != 0) accept(listeners_[i]);
    }
    if (watched[0].revents != 0) take_signals();
  }

  int timeout() const {
    Clock::time_point next = Clock::time_point::max();
    for (const Connection& connection : connections_) next = std::min(next, connection.deadline);
    if (retry_at_ > Clock::now()) next = std::min(next, retry_at_);
    if (next == Clock::time_point::max()) return -1;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(next - Clock::now()).count() + 1;
    return static_cast<int>(std::clamp<long>(left, 0, 60'000));
  }

  void take_signals() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGCHLD) continue;
      spdlog::info("ends on {}", info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
      stopping_ = true;
    }
    reap();
  }

  void reap() {
    for (auto worker = workers_.begin(); worker != workers_.end();) {
      int status = 0;
      if (::waitpid(worker->process, &status, WNOHANG) != worker->process) {
        ++worker;
        continue;
      }
      const bool in_order = WIFEXITED(status) && WEXITSTATUS(status) == 0;
      if (!in_order) tell_last_words(*worker);
      switch (worker->state) {
        case Worker::State::starting:
          // It may have said why before it ended.
          hear(*worker);
          if (worker->state == Worker::State::starting && !worker->session) {
            start_failed("a worker ended while it started (" + describe_end(status) + ")");
          }
          break;
        case Worker::State::idle:
          spdlog::warn("an idle worker ended ({})", describe_end(status));
          break;
        case Worker::State::serving:
          if (in_order) {
            spdlog::debug("the worker of process {} has ended", worker->guest);
          } else {
            spdlog::error("the worker of process {} died ({}); other guests are not affected",
                          worker->guest, describe_end(status));
          }
          break;
      }
      worker = workers_.erase(worker);
    }
  }

  /// What a worker that died had printed and nobody has read: an abort's message, a sanitizer's
  /// report.
  static void tell_last_words(const Worker& worker) {
    constexpr off_t most = 64 << 10;
    // The position is the worker's: its descriptor and ours are one open file.
    const off_t end = worker.error_output ? ::lseek(worker.error_output.get(), 0, SEEK_CUR) : 0;
    if (end <= 0) return;
    std::string text(static_cast<std::size_t>(std::min(end, most)), '\0');
    const ssize_t bytes = ::pread(worker.error_output.get(), text.data(), text.size(),
                                  end - static_cast<off_t>(text.size()));
    text.resize(bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
    // What was taken reads as zeros.
    std::erase(text, '\0');
    if (!text.empty()) spdlog::error("worker {} had printed:\n{}", worker.process, text);
  }

  /// Takes what a worker says. A link that ended shows as SIGCHLD soon; it is not watched further.
  void hear(Worker& worker) {
    while (worker.link) {
      auto received = receive_worker_message(worker.link.get());
      if (!received) {
        worker.link.reset();
        return;
      }
      if (!received->has_value()) return;
      const ReceivedWorkerMessage& heard = **received;
      if (worker.state != Worker::State::starting) continue;
      if (heard.message.word == WorkerWord::ready) {
        worker.state = Worker::State::idle;
        worker_ready(heard);
      } else if (heard.message.word == WorkerWord::failed) {
        worker.session = 1;  // reap() knows that the reason was given
        start_failed(std::string(heard.text()));
      }
    }
  }

  void worker_ready(const ReceivedWorkerMessage& heard) {
    retry_at_ = {};
    if (announced_) return;
    announced_ = true;
    // Workers to come take what this one found, without searching again.
    driver_ = heard.text();
    spdlog::info("backend {}, CUDA {}, {} device(s)", driver_,
                 cuda_version_text(static_cast<std::uint32_t>(heard.message.driver_version)),
                 heard.message.device_count);
    announce();
  }

  void announce() {
    for (const auto& listener : listeners_) spdlog::info("listens at {}", listener.url().text());
    if (options_.ready_fd < 0) return;
    for (const auto& listener : listeners_) {
      const std::string line = "ready " + listener.url().text() + "\n";
      if (::write(options_.ready_fd, line.data(), line.size()) !=
          static_cast<ssize_t>(line.size())) {
        spdlog::warn("cannot write to the descriptor of --ready-fd");
      }
    }
  }

  void start_failed(const std::string& reason) {
    spdlog::error("{}", reason);
    failure_ = reason;
    retry_at_ = Clock::now() + retry_time;
    if (!announced_) {
      stopping_ = true;
      exit_code_ = 1;
    }
  }

  /// Who waits for a worker hears why there is none.
  void tell_failure() {
    if (failure_.empty()) return;
    for (Connection& connection : connections_) {
      if (connection.complete) refuse(connection.socket, "the host has no worker: " + failure_);
    }
    connections_.remove_if([](const Connection& connection) { return connection.complete; });
    failure_.clear();
  }

  void accept(transport::Listener& listener) {
    while (connections_.size() < most_connections) {
      auto connection = listener.accept();
      if (!connection) {
        spdlog::warn("{}", connection.message());
        return;
      }
      if (!*connection) return;
      connections_.push_back({transport::HandshakeSocket(std::move(*connection)),
                              listener.url().scheme != transport::Url::Scheme::tcp,
                              Clock::now() + hello_time,
                              false,
                              {}});
    }
  }

  void advance(std::list<Connection>::iterator connection) {
    if (connection->complete) {
      connections_.erase(connection);  // the guest gave up
      return;
    }
    auto complete = connection->socket.try_receive();
    if (!complete) {
      spdlog::debug("a connection ended in the handshake: {}", complete.message());
      connections_.erase(connection);
      return;
    }
    if (!*complete) return;
    connection->frame = connection->socket.take();
    connection->complete = true;
    connection->deadline = Clock::now() + worker_time;
    if (!greet(*connection)) connections_.erase(connection);
  }

  /// Examines a Hello. False: the connection is done with, refused or handed over.
  bool greet(Connection& connection) {
    auto hello = read_hello(connection.frame.body());
    if (!hello) {
      spdlog::warn("refused a connection: {}", hello.message());
      refuse(connection.socket, hello.message());
      return false;
    }
    if (!options_.token.empty() &&
        !same_secret(hello->token, std::as_bytes(std::span(options_.token)))) {
      spdlog::warn("refused process {}: its token is wrong", hello->process_id);
      refuse(connection.socket,
             "this host wants a token, and the guest's is missing or wrong; set VGPU_TOKEN");
      return false;
    }
    if (hello->session == 0) return true;
    for (Worker& worker : workers_) {
      if (worker.state != Worker::State::serving || worker.session != hello->session) continue;
      if (worker.session_key != hello->session_key) break;
      hand_over(connection, worker);
      return false;
    }
    refuse(connection.socket, "the session has ended: its worker is gone");
    return false;
  }

  void hand_over(Connection& connection, Worker& worker) {
    WorkerMessage message;
    message.word = WorkerWord::serve;
    message.session = worker.session;
    message.session_key = worker.session_key;
    std::vector<int> descriptors{connection.socket.fd()};
    for (std::size_t i = 0; i < connection.frame.descriptor_count; ++i) {
      descriptors.push_back(connection.frame.descriptors[i].get());
    }
    if (!worker.link ||
        !send_worker_message(worker.link.get(), message, connection.frame.body(), descriptors)) {
      refuse(connection.socket, "the worker of the session does not answer");
    }
  }

  /// Gives every new session an idle worker, as long as there is one.
  void match() {
    for (auto connection = connections_.begin(); connection != connections_.end();) {
      const auto idle = std::find_if(workers_.begin(), workers_.end(), [](const Worker& worker) {
        return worker.state == Worker::State::idle && worker.link;
      });
      if (idle == workers_.end()) return;
      if (!connection->complete) {
        ++connection;
        continue;
      }
      idle->state = Worker::State::serving;
      idle->session = random_word();
      idle->session_key = random_word();
      auto hello = read_hello(connection->frame.body());
      if (hello) idle->guest = hello->process_id;
      hand_over(*connection, *idle);
      connection = connections_.erase(connection);
    }
  }

  void expire() {
    const Clock::time_point now = Clock::now();
    for (auto connection = connections_.begin(); connection != connections_.end();) {
      if (now < connection->deadline) {
        ++connection;
        continue;
      }
      refuse(connection->socket, connection->complete ? "no worker became ready in time"
                                                      : "the Hello did not come in time");
      connection = connections_.erase(connection);
    }
  }

  /// Starts workers until `workers` are warm and everybody who waits will get one.
  void keep_warm() {
    if (stopping_ || Clock::now() < retry_at_) return;
    const auto spare = static_cast<std::size_t>(
        std::count_if(workers_.begin(), workers_.end(),
                      [](const Worker& worker) { return worker.state != Worker::State::serving; }));
    const auto waiting = static_cast<std::size_t>(
        std::count_if(connections_.begin(), connections_.end(),
                      [](const Connection& connection) { return connection.complete; }));
    // One worker at least looks for the backend before guests are told that the host is ready.
    std::size_t wanted = std::max<std::size_t>(options_.workers, waiting);
    if (!announced_) wanted = std::max<std::size_t>(wanted, 1);
    for (std::size_t have = spare; have < wanted; ++have) {
      if (workers_.size() >= options_.most_workers) return;
      if (!start_worker()) return;
    }
  }

  bool start_worker() {
    int pair[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
      start_failed(std::string("cannot make a socket pair: ") + std::strerror(errno));
      return false;
    }
    support::UniqueFd ours(pair[0]);
    const support::UniqueFd theirs(pair[1]);
    constexpr int above_fixed = 16;  // the numbers that mean something in a worker
    // What the backend prints is the guest's; the worker's own words go where the host's do.
    auto output = CapturedStream::make_file("vgpu-worker-stdout");
    auto error_output = CapturedStream::make_file("vgpu-worker-stderr");
    if (!output || !error_output) {
      start_failed("cannot start a worker: " +
                   std::string(!output ? output.message() : error_output.message()));
      return false;
    }
    support::UniqueFd log(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, above_fixed));
    if (!log) {
      // A host may be started without a stderr; then nobody reads its log.
      const support::UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
      log.reset(::fcntl(nowhere.get(), F_DUPFD_CLOEXEC, above_fixed));
    }
    constexpr int link_in_worker = 3;
    constexpr int log_in_worker = 4;
    std::vector<std::string> arguments{"vgpu-host",
                                       "--worker-fd",
                                       std::to_string(link_in_worker),
                                       "--supervisor",
                                       std::to_string(::getpid()),
                                       "--log-level",
                                       options_.log_level,
                                       "--log-fd",
                                       std::to_string(log_in_worker)};
    const std::string& driver = options_.driver.empty() ? driver_ : options_.driver;
    if (!driver.empty()) {
      arguments.emplace_back("--driver");
      arguments.push_back(driver);
    }
    for (const std::string& limit : options_.limits) {
      arguments.emplace_back("--limit");
      arguments.push_back(limit);
    }
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    const support::UniqueFd link(::fcntl(theirs.get(), F_DUPFD_CLOEXEC, above_fixed));
    ::posix_spawn_file_actions_adddup2(&actions, link.get(), link_in_worker);
    ::posix_spawn_file_actions_adddup2(&actions, log.get(), log_in_worker);
    ::posix_spawn_file_actions_adddup2(&actions, output->get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, error_output->get(), STDERR_FILENO);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    pid_t process = 0;
    const int problem =
        ::posix_spawn(&process, "/proc/self/exe", &actions, &attributes, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (problem != 0) {
      start_failed(std::string("cannot start a worker: ") + std::strerror(problem));
      return false;
    }
    Worker worker;
    worker.process = process;
    worker.link = std::move(ours);
    worker.error_output = std::move(*error_output);
    workers_.push_back(std::move(worker));
    return true;
  }

  /// Ends the listeners first, so that their socket files are gone, then all workers.
  void end_workers() {
    listeners_.clear();
    for (Connection& connection : connections_) refuse(connection.socket, "the host ends");
    connections_.clear();
    for (Worker& worker : workers_) {
      worker.link.reset();
      ::kill(worker.process, SIGTERM);
    }
    const Clock::time_point deadline = Clock::now() + end_time;
    while (!workers_.empty() && Clock::now() < deadline) {
      pollfd watched{signals_.get(), POLLIN, 0};
      ::poll(&watched, 1, 50);
      signalfd_siginfo info{};
      while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
      }
      workers_.remove_if([](const Worker& worker) {
        return ::waitpid(worker.process, nullptr, WNOHANG) == worker.process;
      });
    }
    for (const Worker& worker : workers_) {
      spdlog::warn("worker {} had to be killed", worker.process);
      ::kill(worker.process, SIGKILL);
      ::waitpid(worker.process, nullptr, 0);
    }
    workers_.clear();
  }

  const Options& options_;
  std::vector<transport::Listener> listeners_;
  support::UniqueFd signals_;
  std::list<Connection> connections_;
  std::list<Worker> workers_;
  std::string driver_;   ///< the backend that the first worker found
  std::string failure_;  ///< why a worker did not start; until the guests that wait are told
  Clock::time_point retry_at_{};
  bool announced_ = false;
  bool stopping_ = false;
  int exit_code_ = 0;
};

}  // namespace

int run_supervisor(const Options& options) {
  if (options.ready_fd >= 0) ::fcntl(options.ready_fd, F_SETFD, FD_CLOEXEC);
  return Supervisor(options).run();
}

}  // namespace vgpu::host
