// vgpu-bench: every figure beside its control, measured in one run. Google Benchmark's flags apply;
// without them each benchmark runs many short repetitions, in random order, so that what disturbs
// the machine for a while disturbs a figure and its control alike.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>

#include "peer.hpp"
#include "report.hpp"

namespace {

using vgpu::bench::Comparison;

/// Of the time of one thread.
constexpr double two_threads = 1 / 1.7;

constexpr Comparison comparisons[] = {
    {"encode_launch/0", "memcpy_launch/0"},
    {"encode_launch/3", "memcpy_launch/3"},
    {"encode_launch/8", "memcpy_launch/8"},
    {"decode_launch/0", "memcpy_launch/0"},
    {"decode_launch/3", "memcpy_launch/3"},
    {"decode_launch/8", "memcpy_launch/8"},
    {"encode_launch/8", "raw_ping_pong"},
    {"decode_launch/8", "raw_ping_pong"},
    {"publish/shm/40", "raw_ping_pong", 0.5},
    {"publish/shm/104", "raw_ping_pong", 0.5},
    {"publish_launch/shm/0", "raw_ping_pong", 0.5},
    {"publish_launch/shm/3", "raw_ping_pong", 0.5},
    {"publish_launch/shm/8", "raw_ping_pong", 0.5},
    {"null_call/in_process", "raw_ping_pong"},
    {"null_call/shm", "raw_ping_pong", 2.0},
    {"null_call/unix", "raw_echo/unix", 1.3},
    {"null_call/unix", "raw_echo_spinning/unix"},
    {"null_call/tcp", "raw_echo/tcp", 1.3},
    {"null_call/tcp", "raw_echo_spinning/tcp"},
    {"cuLaunchKernel", "raw_ping_pong"},
    {"cuCtxGetCurrent", "raw_ping_pong"},
    {"cuStreamQuery", "raw_ping_pong"},
    {"cuEventQuery", "raw_ping_pong"},
    {"software_device/vector_add/1", "native/vector_add", 23},
    {"software_device/matrix_product/1", "native/matrix_product", 1.3},
    {"software_device/n_body/1", "native/n_body", 2.7},
    {"software_device/mandelbrot/1", "native/mandelbrot", 1.2},
    {"software_device/reduce/1", "native/reduce", 2.5},
    {"software_device/vector_add/2", "software_device/vector_add/1", two_threads},
    {"software_device/matrix_product/2", "software_device/matrix_product/1", two_threads},
    {"software_device/n_body/2", "software_device/n_body/1", two_threads},
    {"software_device/mandelbrot/2", "software_device/mandelbrot/1", two_threads},
    {"software_device/reduce/2", "software_device/reduce/1", two_threads},
};

constexpr const char* default_flags[] = {
    "--benchmark_repetitions=20",
    "--benchmark_enable_random_interleaving=true",
};

void print_help() {
  std::fputs(
      "vgpu-bench [--check] [--benchmark_... of Google Benchmark]\n"
      "  --check   exit with 1 when a ratio is above its bound\n"
      "Set before your own:",
      stdout);
  for (const char* flag : default_flags) std::printf(" %s", flag);
  std::fputs("\nOf Google Benchmark:\n", stdout);
  benchmark::PrintDefaultHelp();
}

int run(int argc, char** argv) {
  bool check = false;
  std::vector<char*> arguments{argv[0]};
  for (const char* flag : default_flags) arguments.push_back(const_cast<char*>(flag));
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--check") == 0) {
      check = true;
    } else {
      arguments.push_back(argv[i]);
    }
  }
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data(), print_help);
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  vgpu::bench::register_end_to_end();
  std::unique_ptr<benchmark::BenchmarkReporter> display(benchmark::CreateDefaultDisplayReporter());
  vgpu::bench::Report report(std::move(display));
  benchmark::RunSpecifiedBenchmarks(&report);
  benchmark::Shutdown();
  const int missed = report.print_ratios(report.on_console() ? std::cout : std::cerr, comparisons);
  if (report.failed()) return 1;
  if (check && missed != 0) {
    std::fprintf(stderr, "vgpu-bench: %d bound%s missed\n", missed,
                 missed == 1 ? " was" : "s were");
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vgpu-bench: %s\n", error.what());
    return 1;
  }
}
