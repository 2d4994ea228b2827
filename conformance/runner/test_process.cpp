#include "runner/test_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace vgpu::conformance {

using support::system_error;
using support::UniqueFd;

namespace {

/// As much of a process's own words as a failure shows.
constexpr std::size_t most_output = 8192;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

support::Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot make a pipe", errno);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void drain(int fd, std::string& into) {
  char bytes[4096];
  for (;;) {
    const ssize_t got = ::read(fd, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    into.append(bytes, static_cast<std::size_t>(got));
  }
}

}  // namespace

support::Result<TestProcess> TestProcess::start(const std::vector<std::string>& arguments,
                                                const std::vector<std::string>& environment) {
  auto report = make_pipe();
  if (!report) return report.error();
  auto output = make_pipe();
  if (!output) return output.error();

  std::vector<std::string> words = {"vgpu-conformance", "child", "--report-fd",
                                    std::to_string(report->write.get())};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  // The first of two variables of one name counts.
  std::vector<std::string> variables = environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  std::vector<char*> envp;
  for (std::string& variable : variables) envp.push_back(variable.data());
  envp.push_back(nullptr);

  const pid_t parent = ::getpid();
  TestProcess process;
  process.process_ = ::fork();
  if (process.process_ < 0) return system_error("cannot fork", errno);
  if (process.process_ == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(126);
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    ::dup2(output->write.get(), STDOUT_FILENO);
    ::dup2(output->write.get(), STDERR_FILENO);
    ::fcntl(report->write.get(), F_SETFD, 0);
    ::execve("/proc/self/exe", argv.data(), envp.data());
    ::_exit(126);
  }
  ::setpgid(process.process_, process.process_);
  process.exit_.reset(static_cast<int>(::syscall(SYS_pidfd_open, process.process_, 0)));
  if (!process.exit_) return system_error("cannot watch a process", errno);
  process.report_ = std::move(report->read);
  process.output_ = std::move(output->read);
  return process;
}

TestProcess::TestProcess(TestProcess&& other) noexcept
    : last_sign(other.last_sign),
      process_(std::exchange(other.process_, -1)),
      report_(std::move(other.report_)),
      output_(std::move(other.output_)),
      exit_(std::move(other.exit_)),
      pending_(std::move(other.pending_)),
      printed_(std::move(other.printed_)) {}

TestProcess& TestProcess::operator=(TestProcess&& other) noexcept {
  if (this == &other) return *this;
  if (process_ > 0) kill(), wait();
  last_sign = other.last_sign;
  process_ = std::exchange(other.process_, -1);
  report_ = std::move(other.report_);
  output_ = std::move(other.output_);
  exit_ = std::move(other.exit_);
  pending_ = std::move(other.pending_);
  printed_ = std::move(other.printed_);
  return *this;
}

TestProcess::~TestProcess() {
  if (process_ <= 0) return;
  kill();
  wait();
}

std::vector<std::string> TestProcess::read_lines() {
  drain(output_.get(), printed_);
  if (printed_.size() > most_output) printed_.erase(0, printed_.size() - most_output);
  drain(report_.get(), pending_);
  std::vector<std::string> lines;
  for (std::size_t end = 0; (end = pending_.find('\n')) != std::string::npos;) {
    lines.push_back(pending_.substr(0, end));
    pending_.erase(0, end + 1);
  }
  if (!lines.empty()) last_sign = Clock::now();
  return lines;
}

std::string TestProcess::wait() {
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  // What a test left running would hold the device.
  ::kill(-process_, SIGKILL);
  process_ = -1;
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    return std::string("was killed by SIG") + ::sigabbrev_np(number) + " (" + ::strsignal(number) +
           ")";
  }
  const int code = WEXITSTATUS(status);
  return code <= 1 ? std::string() : "ended with exit code " + std::to_string(code);
}

void TestProcess::kill() noexcept {
  ::kill(-process_, SIGKILL);
}

}  // namespace vgpu::conformance
