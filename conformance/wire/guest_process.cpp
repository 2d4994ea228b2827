#include "wire/guest_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "wire/target.hpp"

namespace vgpu::conformance::wire {

namespace {

std::string& guest_url() {
  static std::string url;
  return url;
}

}  // namespace

void set_guest_url(std::string url) {
  guest_url() = std::move(url);
}

GuestProcess::GuestProcess() {
  if (target().program.empty()) return;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  printed_.reset(ends[0]);
  const support::UniqueFd writing(ends[1]);
  std::vector<std::string> words = target().program;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string& url = guest_url();
  const pid_t parent = ::getpid();
  process_ = ::fork();
  if (process_ < 0) throw std::runtime_error(std::string("cannot fork: ") + std::strerror(errno));
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(126);
    ::setenv("VGPU_HOST", url.c_str(), 1);
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    ::dup2(writing.get(), STDOUT_FILENO);
    ::dup2(writing.get(), STDERR_FILENO);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
}

GuestProcess::~GuestProcess() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string GuestProcess::wait(std::chrono::milliseconds timeout) {
  if (process_ <= 0) return {};
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd watched{printed_.get(), POLLIN, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(std::max<long>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return "it does not end; it printed:\n" + output_;
    char bytes[4096];
    const ssize_t got = ::read(printed_.get(), bytes, sizeof bytes);
    if (got <= 0) break;
    output_.append(bytes, static_cast<std::size_t>(got));
  }
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  if (WIFSIGNALED(status)) {
    return std::string("it was killed by SIG") + ::sigabbrev_np(WTERMSIG(status)) +
           "; it printed:\n" + output_;
  }
  exit_code_ = WEXITSTATUS(status);
  return exit_code_ == 127 ? "it cannot be started" : "";
}

bool GuestProcess::said(const std::string& line) const {
  return ("\n" + output_).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace vgpu::conformance::wire
