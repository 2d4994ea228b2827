// Driver calls as a program sees them: through libcuda.so.1, shared memory and a vgpu-host of our
// own that executes on the software device.
#include <benchmark/benchmark.h>
#include <cuda.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "peer.hpp"
#include "slices.hpp"

namespace {

namespace fs = std::filesystem;
using namespace vgpu::bench;
using vgpu::support::UniqueFd;

struct Installation {
  fs::path host;
  fs::path guest;
  fs::path device;
};

/// A vgpu-host that ends with this program, on the processors that the benchmark leaves free.
class PrivateHost {
 public:
  explicit PrivateHost(const Installation& installation) {
    std::string pattern = (fs::temp_directory_path() / "vgpu-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = pattern;
    url_ = "shm://" + (directory_ / "host").string();
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    UniqueFd ready(ends[0]);
    UniqueFd ready_write(ends[1]);
    pin(0);
    const std::string program = installation.host.string();
    const std::string device = installation.device.string();
    const std::string descriptor = std::to_string(ready_write.get());
    const char* arguments[] = {program.c_str(),    "--listen",    url_.c_str(), "--driver",
                               device.c_str(),     "--log-level", "warning",    "--ready-fd",
                               descriptor.c_str(), nullptr};
    process_ = ::fork();
    if (process_ < 0) throw std::runtime_error("cannot fork");
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      keep_off_first_processor();
      ::fcntl(ready_write.get(), F_SETFD, 0);
      ::execv(program.c_str(), const_cast<char* const*>(arguments));
      ::_exit(127);
    }
    ready_write.reset();
    constexpr int limit_ms = 30'000;
    pollfd waiting{ready.get(), POLLIN, 0};
    char byte = 0;
    if (::poll(&waiting, 1, limit_ms) != 1 || ::read(ready.get(), &byte, 1) != 1) {
      end();
      throw std::runtime_error(program + " did not become ready");
    }
  }
  PrivateHost(const PrivateHost&) = delete;
  PrivateHost& operator=(const PrivateHost&) = delete;
  ~PrivateHost() { end(); }

  const std::string& url() const noexcept { return url_; }

 private:
  void end() noexcept {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }

  fs::path directory_;
  std::string url_;
  pid_t process_ = -1;
};

/// The guest's driver functions, an empty kernel, a stream and an event that is done.
class Program {
 public:
  explicit Program(const Installation& installation) : host_(installation) {
    ::setenv("VGPU_HOST", host_.url().c_str(), 1);
    library_ = ::dlopen(installation.guest.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library_ == nullptr) throw std::runtime_error(::dlerror());
    find("cuCtxGetCurrent", get_current);
    find("cuLaunchKernel", launch);
    find("cuStreamQuery", stream_query);
    find("cuStreamSynchronize", stream_synchronize);
    find("cuEventQuery", event_query);
    need_success("cuInit", function<decltype(cuInit)>("cuInit")(0));
    CUdevice device = 0;
    need_success("cuDeviceGet", function<decltype(cuDeviceGet)>("cuDeviceGet")(&device, 0));
    CUcontext context = nullptr;
    need_success("cuDevicePrimaryCtxRetain", function<decltype(cuDevicePrimaryCtxRetain)>(
                                                 "cuDevicePrimaryCtxRetain")(&context, device));
    need_success("cuCtxSetCurrent",
                 function<decltype(cuCtxSetCurrent)>("cuCtxSetCurrent")(context));
    CUmodule module = nullptr;
    need_success("cuModuleLoadData",
                 function<decltype(cuModuleLoadData)>("cuModuleLoadData")(&module, ptx));
    need_success("cuModuleGetFunction", function<decltype(cuModuleGetFunction)>(
                                            "cuModuleGetFunction")(&kernel, module, "empty"));
    need_success("cuStreamCreate", function<decltype(cuStreamCreate)>("cuStreamCreate")(
                                       &stream, CU_STREAM_NON_BLOCKING));
    need_success("cuEventCreate", function<decltype(cuEventCreate)>("cuEventCreate")(
                                      &event, CU_EVENT_DISABLE_TIMING));
    need_success("cuEventRecord",
                 function<decltype(cuEventRecord)>("cuEventRecord")(event, stream));
    need_success("cuStreamSynchronize", stream_synchronize(stream));
  }

  decltype(&cuCtxGetCurrent) get_current = nullptr;
  decltype(&cuLaunchKernel) launch = nullptr;
  decltype(&cuStreamQuery) stream_query = nullptr;
  decltype(&cuStreamSynchronize) stream_synchronize = nullptr;
  decltype(&cuEventQuery) event_query = nullptr;
  CUfunction kernel = nullptr;
  CUstream stream = nullptr;
  CUevent event = nullptr;

 private:
  static constexpr const char* ptx =
      ".version 6.4\n.target sm_75\n.address_size 64\n"
      ".visible .entry empty(.param .u64 a, .param .u64 b, .param .u32 n)\n{\n  ret;\n}\n";

  template <class Pointer>
  void find(const char* name, Pointer& into) {
    into = reinterpret_cast<Pointer>(::dlsym(library_, name));
    if (into == nullptr) throw std::runtime_error(std::string("the guest library lacks ") + name);
  }
  template <class Signature>
  Signature* function(const char* name) {
    Signature* found = nullptr;
    find(name, found);
    return found;
  }
  static void need_success(const char* name, CUresult result) {
    if (result == CUDA_SUCCESS) return;
    throw std::runtime_error(std::string(name) + " returned " + std::to_string(result));
  }

  PrivateHost host_;
  void* library_ = nullptr;  // stays loaded: the guest library is not made to go
};

const Installation* installation = nullptr;

/// The program, started by the first benchmark that wants it; nullptr, with `state` told why, when
/// it cannot be.
Program* program(benchmark::State& state) {
  static std::string problem;
  static const std::unique_ptr<Program> started = []() -> std::unique_ptr<Program> {
    try {
      return std::make_unique<Program>(*installation);
    } catch (const std::exception& error) {
      problem = error.what();
      return nullptr;
    }
  }();
  if (started == nullptr) state.SkipWithError(problem.c_str());
  pin(0);
  return started.get();
}

constexpr int calls_per_slice = 64;

template <class Call>
void repeat(benchmark::State& state, Call call) {
  Program* cuda = program(state);
  if (cuda == nullptr) return;
  run_in_slices(state, calls_per_slice, [&] { return call(*cuda) == CUDA_SUCCESS; });
}

constexpr int launches_per_batch = 64;

/// Launches are timed in batches that fit into the ring; the device catches up untimed. Otherwise
/// this would measure how fast the software device runs kernels.
void launch_batches(benchmark::State& state) {
  Program* cuda = program(state);
  if (cuda == nullptr) return;
  using Clock = std::chrono::steady_clock;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::uint32_t n = 0;
  void* parameters[] = {&a, &b, &n};
  std::vector<double> times;
  while (state.KeepRunningBatch(launches_per_batch)) {
    const Clock::time_point begin = Clock::now();
    CUresult result = CUDA_SUCCESS;
    for (int i = 0; i < launches_per_batch && result == CUDA_SUCCESS; ++i) {
      result = cuda->launch(cuda->kernel, 1, 1, 1, 32, 1, 1, 0, cuda->stream, parameters, nullptr);
    }
    const std::chrono::duration<double> passed = Clock::now() - begin;
    if (result != CUDA_SUCCESS || cuda->stream_synchronize(cuda->stream) != CUDA_SUCCESS) {
      state.SkipWithError("a launch failed");
      break;
    }
    state.SetIterationTime(passed.count());
    times.push_back(passed.count() * 1e9 / launches_per_batch);
  }
  if (!times.empty()) state.counters[quiet_counter] = quantile(std::move(times), 0.5);
}

}  // namespace

void vgpu::bench::register_end_to_end() {
  std::error_code ignored;
  const fs::path bin = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  const fs::path lib = bin.parent_path() / "lib";
  static const Installation found{bin / "vgpu-host", lib / "libcuda.so.1",
                                  lib / "libvgpu-softdevice.so"};
  if (fs::exists(found.device, ignored)) register_software_device(found.device);
  for (const fs::path& file : {found.host, found.guest, found.device}) {
    if (fs::exists(file, ignored)) continue;
    std::fprintf(stderr,
                 "vgpu-bench: %s is not there: the calls through libcuda.so.1 are left out\n",
                 file.c_str());
    return;
  }
  installation = &found;
  // Few batches: each launch has to be executed too.
  benchmark::RegisterBenchmark("cuLaunchKernel", launch_batches)
      ->UseManualTime()
      ->Iterations(20 * launches_per_batch);
  benchmark::RegisterBenchmark("cuCtxGetCurrent",
                               [](benchmark::State& state) {
                                 repeat(state, [](Program& cuda) {
                                   CUcontext context = nullptr;
                                   const CUresult result = cuda.get_current(&context);
                                   benchmark::DoNotOptimize(context);
                                   return result;
                                 });
                               })
      ->UseRealTime()
      ->Iterations(slices * calls_per_slice);
  benchmark::RegisterBenchmark(
      "cuStreamQuery",
      [](benchmark::State& state) {
        repeat(state, [](Program& cuda) { return cuda.stream_query(cuda.stream); });
      })
      ->UseRealTime()
      ->Iterations(slices * calls_per_slice);
  benchmark::RegisterBenchmark("cuEventQuery",
                               [](benchmark::State& state) {
                                 repeat(state,
                                        [](Program& cuda) { return cuda.event_query(cuda.event); });
                               })
      ->UseRealTime()
      ->Iterations(slices * calls_per_slice);
}
