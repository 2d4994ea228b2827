#include "runner/private_host.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>
#include <vector>

#include "vgpu/support/unique_fd.hpp"

namespace vgpu::conformance {

namespace fs = std::filesystem;
using support::system_error;
using support::UniqueFd;

namespace {

/// The host's "ready URL" line, or what there was of it before it ended.
std::string read_line(int fd) {
  std::string line;
  for (char byte = 0;;) {
    const ssize_t got = ::read(fd, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || byte == '\n') return line;
    line += byte;
  }
}

}  // namespace

support::Result<Parts> find_parts(fs::path prefix) {
  std::error_code failed;
  if (prefix.empty()) {
    const fs::path program = fs::read_symlink("/proc/self/exe", failed);
    if (failed) return system_error("cannot read /proc/self/exe", failed.value());
    prefix = program.parent_path().parent_path();
  }
  prefix = fs::absolute(prefix, failed);
  Parts parts{prefix / VGPU_GUEST_LIBRARY, prefix / VGPU_HOST_PROGRAM,
              prefix / VGPU_SOFTWARE_DEVICE};
  for (const fs::path* part : {&parts.guest, &parts.host, &parts.software_device}) {
    if (!fs::exists(*part, failed)) {
      return support::Error{part->string() +
                            " is missing: no complete installation of vgpu is there; name one with "
                            "--prefix, or a library to test with --driver"};
    }
  }
  return parts;
}

support::Result<PrivateHost> PrivateHost::start(const fs::path& program,
                                                const std::string& transport,
                                                const fs::path& backend,
                                                const std::vector<std::string>& more) {
  PrivateHost host;
  std::string folder = "/tmp/vgpu-conformance-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return system_error("cannot make " + folder, errno);
  host.folder_ = folder;
  const std::string listen =
      transport == "tcp" ? "tcp://127.0.0.1:0" : transport + "://" + folder + "/host";

  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot make a pipe", errno);
  const UniqueFd ready_read(ends[0]);
  UniqueFd ready_write(ends[1]);
  std::vector<std::string> arguments = {
      program.string(), "--listen",       listen,
      "--driver",       backend.string(), "--log-level",
      "error",          "--ready-fd",     std::to_string(ready_write.get())};
  if (const char* level = std::getenv("VGPU_CONFORMANCE_HOST_LOG")) arguments[6] = level;
  arguments.insert(arguments.end(), more.begin(), more.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  const pid_t parent = ::getpid();
  host.process_ = ::fork();
  if (host.process_ < 0) return system_error("cannot fork", errno);
  if (host.process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);
    ::setpgid(0, 0);
    ::unsetenv("VGPU_HOST");
    ::dup2(::open("/dev/null", O_RDWR), STDIN_FILENO);
    ::fcntl(ready_write.get(), F_SETFD, 0);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ready_write.reset();
  const std::string line = read_line(ready_read.get());
  constexpr std::string_view ready = "ready ";
  if (!line.starts_with(ready)) {
    return support::Error{program.string() + " on " + backend.string() +
                          " ended before it was ready; its own message says why"};
  }
  host.url_ = line.substr(ready.size());
  return host;
}

PrivateHost::PrivateHost(PrivateHost&& other) noexcept
    : process_(std::exchange(other.process_, -1)),
      url_(std::move(other.url_)),
      folder_(std::exchange(other.folder_, {})) {}

PrivateHost::~PrivateHost() {
  if (process_ > 0) {
    ::kill(process_, SIGTERM);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

}  // namespace vgpu::conformance
