#include "run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "installation.hpp"
#include "private_host.hpp"
#include "process.hpp"

namespace vgpu::tool {

namespace {

int complain(int status, const std::string& text) {
  fmt::print(stderr, "vgpu run: {}\n", text);
  return status;
}

}  // namespace

int run(const RunOptions& options) {
  Environment environment;
  const auto program = find_program(options.program.front(), environment);
  if (!program) return complain(program.error().code == ENOENT ? 127 : 126, program.message());
  const auto installation = find_installation();
  if (!installation) return complain(125, installation.message());

  std::string url = options.host.empty() ? environment.get("VGPU_HOST") : options.host;
  if (url.empty()) {
    const auto host = start_private_host(*installation, options.driver);
    if (!host) return complain(125, host.message());
    url = host->url;
  }
  environment.set("VGPU_HOST", url);
  environment.prepend_path("LD_LIBRARY_PATH", installation->guest_folder.string());

  // To be the program, rather than its parent, is to pass on every signal and its exit status.
  const std::vector<char*> argv = argument_pointers(options.program);
  const std::vector<char*> envp = environment.pointers();
  ::execve(program->c_str(), argv.data(), envp.data());
  if (errno == ENOEXEC) {  // a script without #!, which shells run all the same
    std::vector<char*> script = argv;
    std::string shell = "/bin/sh";
    std::string path = program->string();
    script.front() = path.data();
    script.insert(script.begin(), shell.data());
    ::execve(shell.c_str(), script.data(), envp.data());
  }
  return complain(126, fmt::format("cannot start {}: {}", program->string(), std::strerror(errno)));
}

}  // namespace vgpu::tool
