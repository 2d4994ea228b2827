// Kernels on the software device, on one thread and on two, beside the same work as a loop of g++
// -O3 -mavx2 on one thread. A device of its own process for each number of threads, which it takes
// from its environment once.
#include <benchmark/benchmark.h>
#include <cuda.h>
#include <dlfcn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "native_loops.hpp"
#include "peer.hpp"

namespace vgpu::bench {
/// PTX of kernels/software_device.cu, made by nvcc.
extern const char software_device_ptx[];
}  // namespace vgpu::bench

namespace {

namespace fs = std::filesystem;
using namespace vgpu::bench;
using native::Body;
using vgpu::support::UniqueFd;

constexpr int vector_length = 4 << 20;
constexpr int matrix_side = 512;
constexpr int bodies = 4096;
constexpr int picture_side = 1024;
constexpr int most_steps = 256;

enum Kernel : int { vector_add, matrix_product, n_body, mandelbrot, reduce, kernel_count };
constexpr std::array<const char*, kernel_count> kernel_names{"vector_add", "matrix_product",
                                                             "n_body", "mandelbrot", "reduce"};

/// Inputs of every kernel, and what the native loops make of them.
struct Work {
  std::vector<float> a = numbers(vector_length, 1);
  std::vector<float> b = numbers(vector_length, 2);
  std::vector<float> c = std::vector<float>(vector_length);
  std::vector<Body> sky = std::vector<Body>(bodies);
  std::vector<Body> accelerations = std::vector<Body>(bodies);
  std::vector<int> steps = std::vector<int>(std::size_t{picture_side} * picture_side);
  float sum = 0;

  Work() {
    const std::vector<float> places = numbers(bodies * 4, 3);
    std::memcpy(static_cast<void*>(sky.data()), places.data(), places.size() * sizeof(float));
  }

  void run(int kernel) {
    switch (kernel) {
      case vector_add:
        native::vector_add(a.data(), b.data(), c.data(), vector_length);
        break;
      case matrix_product:
        native::matrix_product(a.data(), b.data(), c.data(), matrix_side);
        break;
      case n_body:
        native::n_body(sky.data(), accelerations.data(), bodies);
        break;
      case mandelbrot:
        native::mandelbrot(steps.data(), picture_side, most_steps);
        break;
      default:
        sum = native::reduce(a.data(), vector_length);
    }
  }

 private:
  /// In [0, 1), multiples of 2^-8.
  static std::vector<float> numbers(int count, std::uint32_t seed) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) {
      seed = seed * 1664525U + 1013904223U;
      value = static_cast<float>(seed >> 24) / 256;
    }
    return values;
  }
};

/// The software device in this process, with the inputs on it.
class Device {
 public:
  explicit Device(const fs::path& library) {
    library_ = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library_ == nullptr) throw std::runtime_error(::dlerror());
    find("cuMemcpyDtoH_v2", copy_out_);
    find("cuMemsetD32_v2", fill_);
    find("cuLaunchKernel", launch_);
    find("cuCtxSynchronize", synchronize_);
    find("cuMemAlloc_v2", allocate_);
    find("cuMemcpyHtoD_v2", copy_in_);
    need_success(function<decltype(cuInit)>("cuInit")(0));
    CUcontext context = nullptr;
    need_success(
        function<decltype(cuDevicePrimaryCtxRetain)>("cuDevicePrimaryCtxRetain")(&context, 0));
    need_success(function<decltype(cuCtxSetCurrent)>("cuCtxSetCurrent")(context));
    CUmodule module = nullptr;
    need_success(
        function<decltype(cuModuleLoadData)>("cuModuleLoadData")(&module, software_device_ptx));
    for (int i = 0; i < kernel_count; ++i) {
      need_success(function<decltype(cuModuleGetFunction)>("cuModuleGetFunction")(
          &functions_[static_cast<std::size_t>(i)], module,
          kernel_names[static_cast<std::size_t>(i)]));
    }
    a_ = upload(work_.a);
    b_ = upload(work_.b);
    c_ = upload(work_.c);
    sky_ = upload(work_.sky);
    accelerations_ = upload(work_.accelerations);
    steps_ = upload(work_.steps);
  }

  /// Seconds from the launch to the end of the kernel.
  double run(int kernel) {
    need_success(fill_(c_, 0, 1));
    need_success(synchronize_());
    const auto begin = std::chrono::steady_clock::now();
    switch (kernel) {
      case vector_add:
        launch(kernel, {vector_length / 256}, {256}, a_, b_, c_, vector_length);
        break;
      case matrix_product:
        launch(kernel, {matrix_side / 16, matrix_side / 16}, {16, 16}, a_, b_, c_, matrix_side);
        break;
      case n_body:
        launch(kernel, {bodies / 256}, {256}, sky_, accelerations_, bodies);
        break;
      case mandelbrot:
        launch(kernel, {picture_side / 32, picture_side / 8}, {32, 8}, steps_, picture_side,
               most_steps);
        break;
      default:
        launch(kernel, {64}, {256}, a_, c_, vector_length);
    }
    need_success(synchronize_());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  /// Whether the kernel that ran last computed what the loops do.
  bool right(int kernel) {
    work_.run(kernel);
    switch (kernel) {
      case mandelbrot: {
        // The kernel multiplies and adds in one rounding, so that a few points leave later.
        const std::vector<int> steps = download<int>(steps_, work_.steps.size());
        std::size_t different = 0;
        for (std::size_t i = 0; i < steps.size(); ++i) different += steps[i] != work_.steps[i];
        return different * 20 < steps.size();
      }
      case n_body:
        return close(download<float>(accelerations_, bodies * 4),
                     reinterpret_cast<const float*>(work_.accelerations.data()));
      case reduce: {
        double sum = 0;
        for (const float value : work_.a) sum += value;
        return std::abs(download<float>(c_, 1)[0] / sum - 1) < 1e-4;
      }
      case matrix_product:
        return close(download<float>(c_, std::size_t{matrix_side} * matrix_side), work_.c.data());
      default:
        return close(download<float>(c_, vector_length), work_.c.data());
    }
  }

 private:
  struct Extent {
    unsigned x = 1;
    unsigned y = 1;
  };

  static bool close(const std::vector<float>& values, const float* expected) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::abs(values[i] - expected[i]) > 1e-3F * (1 + std::abs(expected[i]))) return false;
    }
    return true;
  }

  template <class... Arguments>
  void launch(int kernel, Extent grid, Extent block, Arguments... arguments) {
    void* parameters[] = {&arguments...};
    need_success(launch_(functions_[static_cast<std::size_t>(kernel)], grid.x, grid.y, 1, block.x,
                         block.y, 1, 0, nullptr, parameters, nullptr));
  }

  template <class T>
  CUdeviceptr upload(const std::vector<T>& values) {
    CUdeviceptr address = 0;
    need_success(allocate_(&address, values.size() * sizeof(T)));
    need_success(copy_in_(address, values.data(), values.size() * sizeof(T)));
    return address;
  }
  template <class T>
  std::vector<T> download(CUdeviceptr address, std::size_t count) {
    std::vector<T> values(count);
    need_success(copy_out_(values.data(), address, count * sizeof(T)));
    return values;
  }

  template <class Pointer>
  void find(const char* name, Pointer& into) {
    into = reinterpret_cast<Pointer>(::dlsym(library_, name));
    if (into == nullptr) throw std::runtime_error(std::string("the device lacks ") + name);
  }
  template <class Signature>
  Signature* function(const char* name) {
    Signature* found = nullptr;
    find(name, found);
    return found;
  }
  static void need_success(CUresult result) {
    if (result != CUDA_SUCCESS) {
      throw std::runtime_error("the software device returned " + std::to_string(result));
    }
  }

  Work work_;
  void* library_ = nullptr;  // stays loaded until the process ends
  decltype(&cuMemcpyDtoH) copy_out_ = nullptr;
  decltype(&cuMemcpyHtoD) copy_in_ = nullptr;
  decltype(&cuMemAlloc) allocate_ = nullptr;
  decltype(&cuMemsetD32) fill_ = nullptr;
  decltype(&cuLaunchKernel) launch_ = nullptr;
  decltype(&cuCtxSynchronize) synchronize_ = nullptr;
  std::array<CUfunction, kernel_count> functions_{};
  CUdeviceptr a_ = 0;
  CUdeviceptr b_ = 0;
  CUdeviceptr c_ = 0;
  CUdeviceptr sky_ = 0;
  CUdeviceptr accelerations_ = 0;
  CUdeviceptr steps_ = 0;
};

fs::path device_library;

/// A process with a software device of `threads` worker threads.
class DeviceProcess {
 public:
  explicit DeviceProcess(int threads) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
      throw std::runtime_error("no socket pair");
    }
    socket_.reset(ends[0]);
    UniqueFd other(ends[1]);
    process_ = ::fork();
    if (process_ < 0) throw std::runtime_error("cannot fork");
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      socket_.reset();
      ::setenv("VGPU_SOFTWARE_DEVICE_THREADS", std::to_string(threads).c_str(), 1);
      serve(other.get());
      ::_exit(0);
    }
  }
  DeviceProcess(const DeviceProcess&) = delete;
  DeviceProcess& operator=(const DeviceProcess&) = delete;
  ~DeviceProcess() {
    socket_.reset();
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }

  /// Seconds that the kernel took; negative when it failed or its results are wrong.
  double run(int kernel) {
    double seconds = -1;
    if (::send(socket_.get(), &kernel, sizeof kernel, MSG_NOSIGNAL) != sizeof kernel ||
        ::recv(socket_.get(), &seconds, sizeof seconds, 0) != sizeof seconds) {
      return -1;
    }
    return seconds;
  }

 private:
  static void serve(int socket) {
    use_all_processors();
    std::array<bool, kernel_count> checked{};
    std::unique_ptr<Device> device;
    int kernel = 0;
    while (::recv(socket, &kernel, sizeof kernel, 0) == sizeof kernel) {
      double seconds = -1;
      try {
        if (device == nullptr) device = std::make_unique<Device>(device_library);
        seconds = device->run(kernel);
        bool& right = checked.at(static_cast<std::size_t>(kernel));
        if (!right) right = device->right(kernel);
        if (!right) throw std::runtime_error("the results are wrong");
      } catch (const std::exception& error) {
        std::fprintf(stderr, "vgpu-bench: %s: %s\n",
                     kernel_names.at(static_cast<std::size_t>(kernel)), error.what());
        seconds = -1;
      }
      if (::send(socket, &seconds, sizeof seconds, MSG_NOSIGNAL) != sizeof seconds) return;
    }
  }

  UniqueFd socket_;
  pid_t process_ = -1;
};

void on_device(benchmark::State& state, int kernel, int threads) {
  static std::array<std::unique_ptr<DeviceProcess>, 3> processes;
  std::unique_ptr<DeviceProcess>& process = processes.at(static_cast<std::size_t>(threads));
  if (process == nullptr) process = std::make_unique<DeviceProcess>(threads);
  if (process->run(kernel) < 0) {  // decodes it, and has it checked
    state.SkipWithError("the kernel failed or its results are wrong");
    return;
  }
  for (auto _ : state) {
    const double seconds = process->run(kernel);
    if (seconds < 0) {
      state.SkipWithError("the kernel failed");
      return;
    }
    state.SetIterationTime(seconds);
  }
}

void as_loop(benchmark::State& state, int kernel) {
  static Work work;
  for (auto _ : state) {
    work.run(kernel);
    benchmark::DoNotOptimize(work);
    benchmark::ClobberMemory();
  }
}

}  // namespace

void vgpu::bench::register_software_device(const fs::path& library) {
  device_library = library;
  constexpr int repetitions = 3;
  for (int kernel = 0; kernel < kernel_count; ++kernel) {
    const std::string name = kernel_names.at(static_cast<std::size_t>(kernel));
    for (const int threads : {1, 2}) {
      benchmark::RegisterBenchmark(
          ("software_device/" + name + "/" + std::to_string(threads)).c_str(),
          [=](benchmark::State& state) { on_device(state, kernel, threads); })
          ->UseManualTime()
          ->Iterations(1)
          ->Repetitions(repetitions);
    }
    benchmark::RegisterBenchmark(("native/" + name).c_str(),
                                 [=](benchmark::State& state) { as_loop(state, kernel); })
        ->UseRealTime()
        ->Iterations(1)
        ->Repetitions(repetitions);
  }
}
