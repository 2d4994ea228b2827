#include "wire/guest_program.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "fixture/driver.hpp"

namespace vgpu::conformance::wire {

namespace {

/// More than one frame on any transport.
constexpr std::size_t size = 300'001;

void say(const char* call, CUresult result) {
  fmt::print("{} {}\n", call, static_cast<int>(result));
  std::fflush(stdout);
}

void compare(const char* what, const std::vector<std::byte>& one,
             const std::vector<std::byte>& other) {
  fmt::print("{} {}\n", what, one == other ? "equal" : "different");
  std::fflush(stdout);
}

std::vector<std::byte> pattern() {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 251);
  return bytes;
}

}  // namespace

int run_guest_program(const std::string& path) {
  if (const std::string failure = open_driver(path); !failure.empty()) {
    fmt::print(stderr, "{}\n", failure);
    return 1;
  }
  const auto& cuda = driver();
  say("cuInit", cuda.cuInit(0));
  int count = -1;
  say("cuDeviceGetCount", cuda.cuDeviceGetCount(&count));
  char name[256] = "";
  say("cuDeviceGetName", cuda.cuDeviceGetName(name, sizeof name, 0));
  CUcontext context = nullptr;
  say("cuDevicePrimaryCtxRetain", cuda.cuDevicePrimaryCtxRetain(&context, 0));
  say("cuCtxSetCurrent", cuda.cuCtxSetCurrent(context));
  CUdeviceptr first = 0;
  CUdeviceptr second = 0;
  say("cuMemAlloc", cuda.cuMemAlloc_v2(&first, size));
  say("cuMemAlloc", cuda.cuMemAlloc_v2(&second, size));
  const std::vector<std::byte> sent = pattern();
  say("cuMemcpyHtoD", cuda.cuMemcpyHtoD_v2(first, sent.data(), size));
  say("cuMemcpyDtoDAsync", cuda.cuMemcpyDtoDAsync_v2(second, first, size, nullptr));
  say("cuCtxSynchronize", cuda.cuCtxSynchronize());
  std::vector<std::byte> received(size);
  say("cuMemcpyDtoH", cuda.cuMemcpyDtoH_v2(received.data(), second, size));
  compare("copy", received, sent);
  std::thread([&] {
    std::vector<std::byte> again(size);
    say("cuCtxSetCurrent", cuda.cuCtxSetCurrent(context));
    say("cuMemcpyDtoH", cuda.cuMemcpyDtoH_v2(again.data(), first, size));
    compare("copy of the other thread", again, sent);
  }).join();
  say("cuMemFree", cuda.cuMemFree_v2(first));
  say("cuMemFree", cuda.cuMemFree_v2(second));
  say("cuDevicePrimaryCtxRelease", cuda.cuDevicePrimaryCtxRelease_v2(0));
  fmt::print("end\n");
  return 0;
}

}  // namespace vgpu::conformance::wire
