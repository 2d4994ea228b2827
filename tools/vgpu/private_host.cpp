#include "private_host.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "library_search.hpp"
#include "probe.hpp"

namespace vgpu::tool {

namespace fs = std::filesystem;
using support::system_error;
using support::UniqueFd;

namespace {

/// The longest a host may take from SIGTERM to its end before it is killed.
constexpr int shutdown_milliseconds = 3000;

/// A socket's path has to fit into sockaddr_un.
constexpr std::size_t longest_directory = 80;

support::Result<fs::path> make_directory() {
  for (const char* name : {"XDG_RUNTIME_DIR", "TMPDIR", ""}) {
    const char* parent = *name == '\0' ? "/tmp" : std::getenv(name);
    if (parent == nullptr || *parent != '/') continue;
    std::string path = std::string(parent) + "/vgpu-XXXXXX";
    if (path.size() > longest_directory) continue;
    if (::mkdtemp(path.data()) != nullptr) return fs::path(path);
  }
  return system_error("cannot make a temporary directory in /tmp", errno);
}

/// A private host is as talkative as the guest (VGPU_LOG), but its news are for nobody.
std::string log_level(const Environment& environment) {
  std::string wanted = environment.get("VGPU_LOG");
  for (const char* level : {"error", "info", "debug", "trace"}) {
    if (wanted == level) return wanted;
  }
  return "warning";
}

/// In the host's process, between fork and exec.
[[noreturn]] void become_host(pid_t keeper, const std::vector<char*>& argv,
                              const std::vector<char*>& envp, int ready_fd) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != keeper) ::_exit(1);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::fcntl(ready_fd, F_SETFD, 0);
  ::execve(argv[0], argv.data(), envp.data());
  const std::string line =
      std::string("vgpu: cannot start ") + argv[0] + ": " + std::strerror(errno) + "\n";
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) ::_exit(126);
  ::_exit(127);
}

/// Runs detached from everything the user sees: starts the host, waits for the end of `owner` or of
/// the host, and cleans up.
[[noreturn]] void keep_host(int owner, const std::vector<char*>& argv,
                            const std::vector<char*>& envp, int ready_fd,
                            const fs::path& directory) {
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(null, STDIN_FILENO);
  ::dup2(null, STDOUT_FILENO);
  const pid_t keeper = ::getpid();
  const pid_t host = ::fork();
  if (host == 0) become_host(keeper, argv, envp, ready_fd);

  // What the caller of vgpu waits on (a pipe's end of file, a lock) must not wait for us.
  ::dup2(owner, 3);
  ::close_range(4, ~0U, 0);
  ::dup2(STDIN_FILENO, STDERR_FILENO);
  if (host > 0) {
    auto host_process = open_process(host);
    pollfd ends[] = {{3, POLLIN, 0}, {host_process ? host_process->get() : -1, POLLIN, 0}};
    while (::poll(ends, 2, -1) < 0 && errno == EINTR) {
    }
    if (ends[1].revents == 0) {
      ::kill(host, SIGTERM);
      while (::poll(&ends[1], 1, shutdown_milliseconds) < 0 && errno == EINTR) {
      }
      if (ends[1].revents == 0) ::kill(host, SIGKILL);
    }
    while (::waitpid(host, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  std::error_code ignored;
  fs::remove_all(directory, ignored);
  ::_exit(0);
}

}  // namespace

support::Result<fs::path> find_working_driver(const Installation& installation,
                                              const Environment& environment) {
  const LibrarySearch search(environment, nullptr);
  std::string reason = "no libcuda.so.1 of a GPU driver is installed";
  for (const LibrarySearch::Found& candidate : search.find_all("libcuda.so.1")) {
    const auto library = ElfFile::open(candidate.path);
    if (!library || identify_driver_library(*library) != DriverLibrary::vendor) continue;
    const Probe probe = probe_library(installation, candidate.path, environment, {});
    if (probe.init == 0 && !probe.devices.empty()) return candidate.path;
    reason = candidate.path.string() + " finds no device";
  }
  return support::Error{reason};
}

support::Result<PrivateHost> start_private_host(const Installation& installation,
                                                const fs::path& driver) {
  Environment environment;
  PrivateHost host{{}, driver};
  if (host.driver.empty()) {
    auto working = find_working_driver(installation, environment);
    host.driver = working ? *working : installation.software_device;
  }
  auto directory = make_directory();
  if (!directory) return directory.error();
  host.url = "shm://" + (*directory / "host").string();
  const auto give_up = [&](support::Error reason) {
    std::error_code ignored;
    fs::remove_all(*directory, ignored);
    return reason;
  };

  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) return give_up(system_error("cannot make a pipe", errno));
  UniqueFd ready_read(ready[0]);
  UniqueFd ready_write(ready[1]);
  auto self = open_process(::getpid());
  if (!self) return give_up(self.error());

  const std::vector<std::string> arguments = {installation.host.string(),
                                              "--listen",
                                              host.url,
                                              "--driver",
                                              host.driver.string(),
                                              "--log-level",
                                              log_level(environment),
                                              "--ready-fd",
                                              std::to_string(ready_write.get())};
  const std::vector<char*> argv = argument_pointers(arguments);
  // A host that became a client of a host, by the caller's settings, would wait for itself.
  environment.unset("VGPU_HOST");
  // The guest chooses from all devices; a host that had chosen already would have it choose twice.
  environment.unset("CUDA_VISIBLE_DEVICES");
  const std::vector<char*> envp = environment.pointers();

  // The keeper is nobody's child, so that the program never meets a child it did not start.
  const pid_t launcher = ::fork();
  if (launcher < 0) return give_up(system_error("cannot fork", errno));
  if (launcher == 0) {
    ::setsid();
    const pid_t keeper = ::fork();
    if (keeper == 0) {
      ready_read.reset();
      keep_host(self->get(), argv, envp, ready_write.get(), *directory);
    }
    ::_exit(keeper < 0 ? 1 : 0);
  }
  ready_write.reset();
  int status = 0;
  while (::waitpid(launcher, &status, 0) < 0 && errno == EINTR) {
  }
  char byte = 0;
  ssize_t got = 0;
  do {
    got = ::read(ready_read.get(), &byte, 1);
  } while (got < 0 && errno == EINTR);
  if (got != 1) {
    return give_up(support::Error{installation.host.string() + " on " + host.driver.string() +
                                  " ended before it was ready; its own message says why."});
  }
  return host;
}

}  // namespace vgpu::tool
