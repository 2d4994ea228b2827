#include "process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

namespace vgpu::tool {

using support::system_error;
using support::UniqueFd;

namespace {

using Clock = std::chrono::steady_clock;

bool names(const std::string& entry, std::string_view name) {
  return entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name);
}

Ending ending_of(int status) {
  Ending ending;
  if (WIFEXITED(status)) ending.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ending.signal = WTERMSIG(status);
  return ending;
}

Ending wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return ending_of(status);
}

/// Reads what is there. False at the end of the stream.
bool drain(int fd, std::string& into) {
  char buffer[16384];
  const ssize_t got = ::read(fd, buffer, sizeof buffer);
  if (got > 0) into.append(buffer, static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

support::Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot make a pipe", errno);
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

Environment::Environment() {
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    entries_.emplace_back(*entry);
  }
}

void Environment::set(std::string_view name, std::string_view value) {
  unset(name);
  entries_.push_back(std::string(name) + "=" + std::string(value));
}

void Environment::unset(std::string_view name) {
  std::erase_if(entries_, [&](const std::string& entry) { return names(entry, name); });
}

std::string Environment::get(std::string_view name) const {
  for (const std::string& entry : entries_) {
    if (names(entry, name)) return entry.substr(name.size() + 1);
  }
  return {};
}

void Environment::prepend_path(std::string_view name, std::string_view folder) {
  const std::string rest = get(name);
  set(name, rest.empty() ? std::string(folder) : std::string(folder) + ":" + rest);
}

std::vector<char*> Environment::pointers() {
  std::vector<char*> result;
  result.reserve(entries_.size() + 1);
  for (std::string& entry : entries_) result.push_back(entry.data());
  result.push_back(nullptr);
  return result;
}

std::string Ending::in_words() const {
  if (timed_out) return "did not end in time and was ended by vgpu";
  if (signal != 0) {
    return "was ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
  }
  return "ended with exit status " + std::to_string(exit_status);
}

std::vector<char*> argument_pointers(const std::vector<std::string>& arguments) {
  std::vector<char*> result;
  result.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) {
    result.push_back(const_cast<char*>(argument.c_str()));
  }
  result.push_back(nullptr);
  return result;
}

support::Result<UniqueFd> open_process(pid_t process) {
  const long fd = ::syscall(SYS_pidfd_open, process, 0);
  if (fd < 0) return system_error("pidfd_open failed", errno);
  return UniqueFd(static_cast<int>(fd));
}

support::Result<Captured> run_captured(std::vector<std::string> arguments, Environment environment,
                                       std::string_view report_option,
                                       std::chrono::milliseconds timeout) {
  auto report = make_pipe();
  if (!report) return report.error();
  auto errors = make_pipe();
  if (!errors) return errors.error();
  if (!report_option.empty()) {
    arguments.emplace_back(report_option);
    arguments.push_back(std::to_string(report->write_end.get()));
  }
  const std::vector<char*> argv = argument_pointers(arguments);
  const std::vector<char*> envp = environment.pointers();

  const pid_t child = ::fork();
  if (child < 0) return system_error("cannot fork", errno);
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(null, STDIN_FILENO);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(errors->write_end.get(), STDERR_FILENO);
    if (!report_option.empty()) ::fcntl(report->write_end.get(), F_SETFD, 0);
    ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  report->write_end.reset();
  errors->write_end.reset();

  Captured captured;
  const Clock::time_point deadline = Clock::now() + timeout;
  pollfd streams[] = {{report->read_end.get(), POLLIN, 0}, {errors->read_end.get(), POLLIN, 0}};
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const int ready = ::poll(streams, 2, static_cast<int>(std::max<long>(left, 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      captured.ending.timed_out = true;
      ::kill(child, SIGKILL);
      break;
    }
    if (streams[0].revents != 0 && !drain(streams[0].fd, captured.report)) streams[0].fd = -1;
    if (streams[1].revents != 0 && !drain(streams[1].fd, captured.errors)) streams[1].fd = -1;
  }
  const bool timed_out = captured.ending.timed_out;
  captured.ending = wait_for(child);
  captured.ending.timed_out = timed_out;
  return captured;
}

support::Result<Ending> run_foreground(const std::vector<std::string>& arguments,
                                       Environment environment) {
  auto program = find_program(arguments.front(), environment);
  if (!program) return program.error();
  const std::vector<char*> argv = argument_pointers(arguments);
  const std::vector<char*> envp = environment.pointers();
  const pid_t child = ::fork();
  if (child < 0) return system_error("cannot fork", errno);
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execve(program->c_str(), argv.data(), envp.data());
    const int reason = errno;
    const std::string line =
        "vgpu: cannot start " + program->string() + ": " + std::strerror(reason) + "\n";
    if (::write(STDERR_FILENO, line.data(), line.size()) < 0) ::_exit(125);
    ::_exit(126);
  }
  // The terminal sends its signals to the program too; we want to outlive it and report.
  struct sigaction ignore {};
  struct sigaction old_interrupt {};
  struct sigaction old_quit {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGINT, &ignore, &old_interrupt);
  ::sigaction(SIGQUIT, &ignore, &old_quit);
  const Ending ending = wait_for(child);
  ::sigaction(SIGINT, &old_interrupt, nullptr);
  ::sigaction(SIGQUIT, &old_quit, nullptr);
  return ending;
}

support::Result<std::filesystem::path> find_program(const std::string& name,
                                                    const Environment& environment) {
  namespace fs = std::filesystem;
  if (name.find('/') != std::string::npos) {
    if (::access(name.c_str(), X_OK) == 0) return fs::path(name);
    return system_error("cannot run " + name, errno);
  }
  std::string path = environment.get("PATH");
  if (path.empty()) path = "/usr/local/bin:/usr/bin:/bin";
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    fs::path folder = path.substr(begin, end - begin);
    if (folder.empty()) folder = ".";
    const fs::path candidate = folder / name;
    std::error_code ignored;
    if (fs::is_regular_file(candidate, ignored) && ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
    begin = end + 1;
  }
  return support::Error{"there is no program " + name + " in PATH", ENOENT};
}

}  // namespace vgpu::tool
