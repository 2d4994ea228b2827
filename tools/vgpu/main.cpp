/// vgpu: runs programs through our libcuda.so.1, explains what is wrong, says what is served.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "coverage.hpp"
#include "doctor.hpp"
#include "probe.hpp"
#include "run.hpp"

namespace {

int run_command_line(int argc, char** argv) {
  // What stands after the first "--" is the program's, untouched.
  char** const end = argv + argc;
  char** const separator =
      std::find_if(argv, end, [](const char* word) { return std::string(word) == "--"; });
  const std::vector<std::string> program(separator == end ? end : separator + 1, end);

  CLI::App app("Runs CUDA programs on a GPU that is elsewhere, or on none.", "vgpu");
  app.set_version_flag("--version", "vgpu " VGPU_VERSION);
  app.require_subcommand(1);

  vgpu::tool::RunOptions run_options;
  CLI::App* run =
      app.add_subcommand("run", "Run a program: vgpu run [OPTIONS] -- PROGRAM ARGUMENT...");
  run->add_option(
      "--host", run_options.host,
      "URL of the host (shm:///path, unix:///path, tcp://host:port); default: VGPU_HOST, "
      "else a private host on this machine");
  run->add_option("--driver", run_options.driver,
                  "Backend library of the private host; default: this machine's GPU driver if it "
                  "works, else the software device");

  vgpu::tool::DoctorOptions doctor_options;
  CLI::App* doctor = app.add_subcommand(
      "doctor", "Say what works and what does not: vgpu doctor [OPTIONS] [-- PROGRAM ARGUMENT...]");
  doctor->add_option("--host", doctor_options.host, "As for run");
  doctor->add_option("--driver", doctor_options.driver, "As for run");

  vgpu::tool::CoverageOptions coverage_options;
  CLI::App* coverage =
      app.add_subcommand("coverage", "Say which driver calls are served, per CUDA object");
  coverage->add_flag("--json", coverage_options.json, "For programs to read");
  coverage->add_flag("--names", coverage_options.names, "Also list what is not served yet");

  std::string probe_library;
  std::string probe_runtime;
  bool probe_brief = false;
  int probe_report = -1;
  CLI::App* probe = app.add_subcommand("probe", "")->group("");
  probe->add_option("--library", probe_library)->required();
  probe->add_option("--runtime", probe_runtime);
  probe->add_flag("--brief", probe_brief);
  probe->add_option("--report-fd", probe_report)->required();

  try {
    app.parse(static_cast<int>(separator - argv), argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 125;
  }
  if (run->parsed()) {
    if (program.empty()) {
      std::fputs("vgpu run: name the program after --, as in: vgpu run -- ./program argument\n",
                 stderr);
      return 125;
    }
    run_options.program = program;
    return vgpu::tool::run(run_options);
  }
  if (doctor->parsed()) {
    doctor_options.program = program;
    return vgpu::tool::doctor(doctor_options);
  }
  if (coverage->parsed()) return vgpu::tool::coverage(coverage_options);
  return vgpu::tool::run_probe(probe_library, probe_runtime, probe_brief, probe_report);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_command_line(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vgpu: %s\n", error.what());
    return 125;
  }
}
