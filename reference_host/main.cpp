/// vgpu-host: owns the GPU (or the software device) and executes the calls of guests.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "limits.hpp"
#include "logging.hpp"
#include "options.hpp"

namespace {

std::string read_token(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw CLI::ValidationError("--token-file", "cannot read " + path);
  std::string token((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  if (token.empty()) throw CLI::ValidationError("--token-file", path + " is empty");
  return token;
}

int run(int argc, char** argv) {
  vgpu::host::Options options;
  vgpu::host::WorkerOptions worker;
  std::vector<std::string> urls;
  std::string token_file;

  CLI::App app("Executes the CUDA calls of vgpu guests on this machine's device.", "vgpu-host");
  app.set_version_flag("--version", std::string("vgpu-host ") + vgpu::host::version_text);
  auto* listen = app.add_option("--listen", urls,
                                "where guests connect: shm:///path, unix:///path, tcp://host:port");
  app.add_option("--driver", options.driver,
                 "backend library; default: the vendor's libcuda.so.1, else the software device");
  app.add_option("--workers", options.workers, "worker processes kept warm for new guests")
      ->capture_default_str()
      ->check(CLI::Range(0U, 64U));
  app.add_option("--max-workers", options.most_workers, "worker processes altogether")
      ->capture_default_str()
      ->check(CLI::Range(1U, 4096U));
  app.add_option(
      "--limit", options.limits,
      "budget of each guest, name=number (repeatable): " + std::string(vgpu::host::limit_names));
  app.add_option("--token-file", token_file,
                 "file with the token that a guest has to present (its VGPU_TOKEN)");
  app.add_option("--log-level", options.log_level, "what goes to stderr")
      ->capture_default_str()
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "critical", "off"}));
  app.add_option("--ready-fd", options.ready_fd,
                 "descriptor that gets a line \"ready URL\" per listener, once guests are served");
  app.add_option("--worker-fd", worker.link_fd)->group("");
  app.add_option("--supervisor", worker.supervisor)->group("");
  app.add_option("--log-fd", worker.log_fd)->group("");
  try {
    app.parse(argc, argv);
    for (const std::string& limit : options.limits) {
      vgpu::host::SessionLimits checked;
      auto applied = vgpu::host::apply_limit(checked, limit);
      if (!applied) throw CLI::ValidationError("--limit", applied.message());
    }
    if (worker.link_fd >= 0) {
      worker.driver = options.driver;
      worker.limits = options.limits;
      worker.log_level = options.log_level;
      vgpu::host::set_up_logging("vgpu-worker", worker.log_level, worker.log_fd);
      return vgpu::host::run_worker(worker);
    }
    if (urls.empty()) throw CLI::RequiredError(listen->get_name());
    for (const std::string& text : urls) {
      auto url = vgpu::transport::parse_url(text);
      if (!url) throw CLI::ValidationError("--listen", url.message());
      options.listen.push_back(std::move(*url));
    }
    if (!token_file.empty()) options.token = read_token(token_file);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  vgpu::host::set_up_logging("vgpu-host", options.log_level);
  return vgpu::host::run_supervisor(options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vgpu-host: %s\n", error.what());
    return 1;
  }
}
