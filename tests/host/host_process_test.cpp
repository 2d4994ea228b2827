/// vgpu-host as its user sees it: a program with workers, guests and signals.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <vgpu/calls/profiler.hpp>
#include <vgpu/calls/session.hpp>

#include "test_guest.hpp"
#include "vgpu/memory/address_window.hpp"

extern char** environ;

namespace {

using namespace std::chrono_literals;
using namespace vgpu::host_test;
using Clock = std::chrono::steady_clock;

/// Looks until `condition` holds, at most `limit`.
bool within(std::chrono::milliseconds limit, const std::function<bool()>& condition) {
  const auto deadline = Clock::now() + limit;
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

bool process_exists(std::uint32_t process) {
  return ::kill(static_cast<pid_t>(process), 0) == 0;
}

/// A running vgpu-host with the mock driver.
class Host {
 public:
  explicit Host(std::vector<std::string> urls, std::vector<std::string> more = {},
                const std::string& driver = VGPU_MOCK_DRIVER) {
    int ready[2];
    EXPECT_EQ(::pipe2(ready, O_CLOEXEC), 0);
    ready_ = ready[0];
    log_ = std::filesystem::temp_directory_path() /
           ("vgpu-host-log-" + std::to_string(::getpid()) + "-" + std::to_string(count_++));
    std::vector<std::string> arguments{VGPU_HOST_PROGRAM, "--ready-fd", "9", "--log-level",
                                       "debug"};
    if (!driver.empty()) {
      arguments.emplace_back("--driver");
      arguments.push_back(driver);
    }
    for (const std::string& url : urls) {
      arguments.emplace_back("--listen");
      arguments.push_back(url);
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ready[1], 9);
    ::posix_spawn_file_actions_addopen(&actions, 2, log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                       0600);
    EXPECT_EQ(::posix_spawn(&process_, VGPU_HOST_PROGRAM, &actions, nullptr, argv.data(), environ),
              0);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ready[1]);
    std::string text;
    char buffer[512];
    while (static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) < urls.size()) {
      pollfd waiting{ready_, POLLIN, 0};
      if (::poll(&waiting, 1, 20'000) <= 0) break;
      const ssize_t bytes = ::read(ready_, buffer, sizeof buffer);
      if (bytes <= 0) break;
      text.append(buffer, static_cast<std::size_t>(bytes));
    }
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      if (text.compare(at, 6, "ready ") == 0)
        this->urls.push_back(text.substr(at + 6, end - at - 6));
      at = end + 1;
    }
  }
  ~Host() {
    if (process_ != 0) end(SIGKILL);
    ::close(ready_);
    if (testing::Test::HasFailure()) std::fputs(log().c_str(), stderr);
    std::filesystem::remove(log_);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// Sends `signal`, waits, and returns the wait status.
  int end(int signal) {
    ::kill(process_, signal);
    return wait();
  }
  int wait() {
    int status = -1;
    ::waitpid(std::exchange(process_, 0), &status, 0);
    return status;
  }
  std::string log() const {
    std::ifstream file(log_);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  pid_t process() const { return process_; }

  std::vector<std::string> urls;  ///< of the ready lines

 private:
  static inline int count_ = 0;
  pid_t process_ = 0;
  int ready_ = -1;
  std::filesystem::path log_;
};

std::string socket_path(const char* name) {
  return (std::filesystem::temp_directory_path() /
          ("vgpu-" + std::to_string(::getpid()) + "-" + name))
      .string();
}

bool ping(Guest& guest, std::uint64_t ticket) {
  vgpu::calls::Ping::Reply reply;
  if (guest.channel == nullptr) return false;
  const Answer answer = call<vgpu::calls::Ping>(*guest.channel, ticket, {.token = ticket}, reply);
  return answer.arrived && answer.status == 0 && reply.token == ticket;
}

TEST(HostProcess, ServesEveryTransportAndSaysWhereItListens) {
  Host host({"shm://" + socket_path("a"), "unix://" + socket_path("b"), "tcp://127.0.0.1:0"});
  ASSERT_EQ(host.urls.size(), 3U);
  EXPECT_EQ(host.urls[0], "shm://" + socket_path("a"));
  EXPECT_NE(host.urls[2], "tcp://127.0.0.1:0");
  for (const std::string& url : host.urls) {
    Guest guest = connect(url);
    ASSERT_TRUE(guest.accepted) << url << ": " << guest.reason;
    EXPECT_EQ(guest.device_count, 1U);
    EXPECT_TRUE(ping(guest, 1)) << url;
    vgpu::calls::DeviceSnapshot::Reply device;
    const Answer answer =
        call<vgpu::calls::DeviceSnapshot>(*guest.channel, 2, {.ordinal = 0}, device);
    ASSERT_TRUE(answer.arrived);
    EXPECT_EQ(answer.status, 0);
    EXPECT_EQ(device.name, "Mock device");
    ASSERT_GT(device.attributes.size(), 75U);
    EXPECT_EQ(device.attributes[75], 750);
  }
}

TEST(HostProcess, SharesTheGuestsAddressWindow) {
  Host host({"shm://" + socket_path("a")});
  ASSERT_EQ(host.urls.size(), 1U);
  vgpu::guest::Hello hello;
  hello.window_begin = vgpu::memory::window_candidates.front();
  hello.window_bytes = std::uint64_t{1} << 32;
  Guest guest = connect(host.urls[0], hello);
  ASSERT_TRUE(guest.accepted) << guest.reason;
  EXPECT_EQ(guest.window_begin, hello.window_begin);
  EXPECT_NE(guest.features & vgpu::guest::feature::shared_host_memory, 0U);
}

TEST(HostProcess, RefusesAnotherProtocolVersionInASentence) {
  Host host({"unix://" + socket_path("a")});
  ASSERT_EQ(host.urls.size(), 1U);
  vgpu::guest::Hello hello;
  hello.protocol_version = 77;
  const Guest guest = connect(host.urls[0], hello);
  EXPECT_FALSE(guest.accepted);
  EXPECT_NE(guest.reason.find("speaks version 1"), std::string::npos) << guest.reason;
  EXPECT_NE(guest.reason.find("speaks version 77"), std::string::npos) << guest.reason;
}

TEST(HostProcess, ChannelsOfASessionShareAWorkerAndNeedItsKey) {
  Host host({"shm://" + socket_path("a")});
  ASSERT_EQ(host.urls.size(), 1U);
  Guest first = connect(host.urls[0]);
  ASSERT_TRUE(first.accepted) << first.reason;
  vgpu::guest::Hello join;
  join.session = first.session;
  join.session_key = first.key;
  Guest second = connect(host.urls[0], join);
  ASSERT_TRUE(second.accepted) << second.reason;
  EXPECT_EQ(second.worker, first.worker);
  EXPECT_TRUE(ping(second, 1));
  EXPECT_TRUE(ping(first, 2));
  join.session_key ^= 1;
  EXPECT_FALSE(connect(host.urls[0], join).accepted);
  Guest other = connect(host.urls[0]);
  ASSERT_TRUE(other.accepted) << other.reason;
  EXPECT_NE(other.worker, first.worker);
  // The session lives until its last channel is gone.
  first.channel.reset();
  EXPECT_TRUE(ping(second, 3));
}

TEST(HostProcess, AWorkersDeathTouchesOnlyItsGuest) {
  Host host({"shm://" + socket_path("a")});
  ASSERT_EQ(host.urls.size(), 1U);
  for (const int signal : {SIGSEGV, SIGKILL}) {
    Guest victim = connect(host.urls[0]);
    Guest other = connect(host.urls[0]);
    ASSERT_TRUE(victim.accepted && other.accepted) << victim.reason << other.reason;
    ASSERT_TRUE(ping(victim, 1) && ping(other, 1));
    ::kill(static_cast<pid_t>(victim.worker), signal);
    vgpu::transport::ReceivedFrame frame;
    const auto begin = Clock::now();
    EXPECT_EQ(victim.channel->receive(frame, 10s), vgpu::transport::ReceiveStatus::closed);
    EXPECT_LT(Clock::now() - begin, 1s);
    EXPECT_TRUE(ping(other, 2));
    Guest later = connect(host.urls[0]);
    EXPECT_TRUE(later.accepted) << later.reason;
    EXPECT_TRUE(ping(later, 1));
  }
  EXPECT_NE(host.log().find("SIGSEGV"), std::string::npos);
}

TEST(HostProcess, TheWorkerOfADeadGuestIsGoneWithinASecond) {
  for (const std::string scheme : {"shm://", "unix://"}) {
    Host host({scheme + socket_path("a")});
    ASSERT_EQ(host.urls.size(), 1U);
    int report[2];
    ASSERT_EQ(::pipe(report), 0);
    const pid_t guest_process = ::fork();
    if (guest_process == 0) {
      Guest guest = connect(host.urls[0]);
      const bool good = ping(guest, 1);
      const std::uint32_t worker = good ? guest.worker : 0;
      static_cast<void>(!::write(report[1], &worker, sizeof worker));
      ::pause();
      ::_exit(0);
    }
    std::uint32_t worker = 0;
    ASSERT_EQ(::read(report[0], &worker, sizeof worker), ssize_t{sizeof worker});
    ASSERT_NE(worker, 0U);
    ASSERT_TRUE(process_exists(worker));
    ::kill(guest_process, SIGKILL);
    ::waitpid(guest_process, nullptr, 0);
    EXPECT_TRUE(within(1000ms, [worker] { return !process_exists(worker); })) << scheme;
    ::close(report[0]);
    ::close(report[1]);
  }
}

TEST(HostProcess, WhatTheBackendPrintsIsTheGuests) {
  Host host({"unix://" + socket_path("a")});
  ASSERT_EQ(host.urls.size(), 1U);
  Guest guest = connect(host.urls[0]);
  ASSERT_TRUE(guest.accepted) << guest.reason;
  EXPECT_NE(guest.features & vgpu::guest::feature::output, 0U);
  vgpu::calls::ProfilerStart::Reply reply;
  const Answer answer = call<vgpu::calls::ProfilerStart>(*guest.channel, 1, {}, reply);
  ASSERT_TRUE(answer.arrived);
  EXPECT_NE(answer.flags & vgpu::wire::frame_flag::output, 0);
  vgpu::calls::OutputTake::Reply text;
  const Answer taken = call<vgpu::calls::OutputTake>(*guest.channel, 2, {}, text);
  ASSERT_TRUE(taken.arrived);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(text.standardOutput.data()),
                        text.standardOutput.size()),
            "text of a kernel\n");
  EXPECT_TRUE(text.standardError.empty());
  EXPECT_EQ(text.more, 0U);
}

TEST(HostProcess, AWorkersLastWordsAreInTheLog) {
  Host host({"unix://" + socket_path("a")});
  ASSERT_EQ(host.urls.size(), 1U);
  Guest guest = connect(host.urls[0]);
  ASSERT_TRUE(guest.accepted) << guest.reason;
  vgpu::calls::ProfilerStop::Reply reply;
  EXPECT_FALSE(call<vgpu::calls::ProfilerStop>(*guest.channel, 1, {}, reply).arrived);
  EXPECT_TRUE(within(10s, [&host] {
    return host.log().find("the mock driver gives up") != std::string::npos;
  })) << host.log();
}

TEST(HostProcess, EndsCleanlyOnSigterm) {
  const std::string path = socket_path("a");
  Host host({"unix://" + path});
  ASSERT_EQ(host.urls.size(), 1U);
  Guest guest = connect(host.urls[0]);
  ASSERT_TRUE(guest.accepted) << guest.reason;
  EXPECT_TRUE(std::filesystem::exists(path));
  const auto begin = Clock::now();
  const int status = host.end(SIGTERM);
  EXPECT_LT(Clock::now() - begin, 2s);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_FALSE(process_exists(guest.worker));
}

TEST(HostProcess, LeavesALivingHostsSocketAloneAndReplacesADeadOnes) {
  const std::string path = socket_path("a");
  Host first({"unix://" + path});
  ASSERT_EQ(first.urls.size(), 1U);
  {
    Host second({"unix://" + path});
    EXPECT_TRUE(second.urls.empty());
    EXPECT_EQ(WEXITSTATUS(second.wait()), 1);
    EXPECT_NE(second.log().find("another process listens there"), std::string::npos);
  }
  EXPECT_TRUE(connect(first.urls[0]).accepted);
  first.end(SIGKILL);
  EXPECT_TRUE(std::filesystem::exists(path));
  Host third({"unix://" + path});
  ASSERT_EQ(third.urls.size(), 1U);
  EXPECT_TRUE(connect(third.urls[0]).accepted);
  third.end(SIGTERM);
}

TEST(HostProcess, WorkersDieWithTheirSupervisor) {
  Host host({"unix://" + socket_path("a")});
  ASSERT_EQ(host.urls.size(), 1U);
  Guest guest = connect(host.urls[0]);
  ASSERT_TRUE(guest.accepted) << guest.reason;
  host.end(SIGKILL);
  EXPECT_TRUE(within(1000ms, [&] {
    const std::string path = "/proc/" + std::to_string(guest.worker) + "/stat";
    std::ifstream file(path);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    // Nobody may reap it where the test has no init process: a zombie holds nothing.
    return text.empty() || text.find(") Z ") != std::string::npos;
  }));
  std::filesystem::remove(socket_path("a"));
}

TEST(HostProcess, SaysWhyItHasNoBackend) {
  {
    Host host({"unix://" + socket_path("a")}, {}, "/nonexistent/libcuda.so.1");
    EXPECT_TRUE(host.urls.empty());
    EXPECT_EQ(WEXITSTATUS(host.wait()), 1);
    EXPECT_NE(host.log().find("cannot load the backend library /nonexistent/libcuda.so.1"),
              std::string::npos);
  }
  ::setenv("VGPU_MOCK_INIT", "100", 1);
  Host host({"unix://" + socket_path("a")});
  ::unsetenv("VGPU_MOCK_INIT");
  EXPECT_TRUE(host.urls.empty());
  EXPECT_EQ(WEXITSTATUS(host.wait()), 1);
  EXPECT_NE(host.log().find("100 (CUDA_ERROR_NO_DEVICE)"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(socket_path("a")));
}

TEST(HostProcess, AStalledHandshakeHoldsUpNobody) {
  Host host({"unix://" + socket_path("a")});
  ASSERT_EQ(host.urls.size(), 1U);
  auto url = vgpu::transport::parse_url(host.urls[0]);
  ASSERT_TRUE(url);
  std::vector<vgpu::support::UniqueFd> stalled;
  for (int i = 0; i < 20; ++i) {
    auto socket = vgpu::transport::dial(*url, 10s);
    ASSERT_TRUE(socket);
    ASSERT_EQ(::send(socket->get(), "\1", 1, MSG_NOSIGNAL), 1);
    stalled.push_back(std::move(*socket));
  }
  Guest guest = connect(host.urls[0]);
  EXPECT_TRUE(guest.accepted) << guest.reason;
  EXPECT_TRUE(ping(guest, 1));
}

TEST(HostProcess, WantsTheTokenItWasGiven) {
  const std::string file = socket_path("token");
  std::ofstream(file) << "open sesame\n";
  Host host({"tcp://127.0.0.1:0"}, {"--token-file", file});
  std::filesystem::remove(file);
  ASSERT_EQ(host.urls.size(), 1U);
  EXPECT_FALSE(connect(host.urls[0]).accepted);
  const auto token = [](std::string_view text) { return std::as_bytes(std::span(text)); };
  vgpu::guest::Hello hello;
  hello.token = token("open barley");
  const Guest refused = connect(host.urls[0], hello);
  EXPECT_FALSE(refused.accepted);
  EXPECT_NE(refused.reason.find("VGPU_TOKEN"), std::string::npos);
  hello.token = token("open sesame");
  EXPECT_TRUE(connect(host.urls[0], hello).accepted);
}

TEST(HostProcess, LogsNoLinesThatAGuestMadeUp) {
  Host host({"unix://" + socket_path("a")});
  ASSERT_EQ(host.urls.size(), 1U);
  vgpu::guest::Hello hello;
  hello.program = "honest\n[vgpu-host] [error] forged\x1b[2J";
  Guest guest = connect(host.urls[0], hello);
  ASSERT_TRUE(ping(guest, 1)) << guest.reason;
  EXPECT_NE(host.log().find("honest?"), std::string::npos);
  EXPECT_EQ(host.log().find("\n[vgpu-host] [error] forged"), std::string::npos);
}

TEST(HostProcess, BoundsAGuestAsItWasTold) {
  Host host({"unix://" + socket_path("a")}, {"--limit", "channels=2"});
  ASSERT_EQ(host.urls.size(), 1U);
  const Guest first = connect(host.urls[0]);
  ASSERT_TRUE(first.accepted) << first.reason;
  vgpu::guest::Hello join;
  join.session = first.session;
  join.session_key = first.key;
  const Guest second = connect(host.urls[0], join);
  EXPECT_TRUE(second.accepted) << second.reason;
  const Guest third = connect(host.urls[0], join);
  EXPECT_FALSE(third.accepted);
  EXPECT_NE(third.reason.find("channels"), std::string::npos) << third.reason;

  Host wrong({"unix://" + socket_path("b")}, {"--limit", "patience=2"});
  EXPECT_TRUE(wrong.urls.empty());
  EXPECT_NE(wrong.wait(), 0);
  EXPECT_NE(wrong.log().find("patience"), std::string::npos);
}

TEST(HostProcess, ManyGuestsComeAndGoWithoutALeak) {
  Host host({"shm://" + socket_path("a")});
  ASSERT_EQ(host.urls.size(), 1U);
  const auto descriptors = [&host] {
    const auto folder = "/proc/" + std::to_string(host.process()) + "/fd";
    return std::distance(std::filesystem::directory_iterator(folder), {});
  };
  std::vector<std::uint32_t> workers;
  const auto before = descriptors();
  for (int i = 0; i < 40; ++i) {
    Guest guest = connect(host.urls[0]);
    ASSERT_TRUE(guest.accepted) << guest.reason;
    ASSERT_TRUE(ping(guest, 1));
    workers.push_back(guest.worker);
  }
  EXPECT_TRUE(within(3000ms, [&] {
    for (const std::uint32_t worker : workers) {
      if (process_exists(worker)) return false;
    }
    return descriptors() <= before;
  }));
}

}  // namespace
