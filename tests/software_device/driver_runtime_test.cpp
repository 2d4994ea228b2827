/// What kernels do beside computing: printing, allocating, failing, never ending.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "tests/software_device/driver_library.hpp"

namespace vgpu::softdevice_test {
namespace {

/// Everything that goes to one of the process's streams while the object lives.
class Captured {
 public:
  explicit Captured(std::FILE* stream) : stream_(stream), file_(std::tmpfile()) {
    std::fflush(stream_);
    kept_ = ::dup(::fileno(stream_));
    ::dup2(::fileno(file_), ::fileno(stream_));
  }
  ~Captured() {
    std::fflush(stream_);
    ::dup2(kept_, ::fileno(stream_));
    ::close(kept_);
    std::fclose(file_);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  std::string text() const {
    std::fflush(stream_);
    std::string all;
    char buffer[4096];
    off_t at = 0;
    for (ssize_t bytes; (bytes = ::pread(::fileno(file_), buffer, sizeof buffer, at)) > 0;
         at += bytes) {
      all.append(buffer, static_cast<std::size_t>(bytes));
    }
    return all;
  }

 private:
  std::FILE* stream_;
  std::FILE* file_;
  int kept_ = -1;
};

std::string lines(int first, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += "line " + std::to_string(first + i) + "\n";
  return all;
}

class DeviceRuntime : public WithContext {
 protected:
  void SetUp() override {
    WithContext::SetUp();
    std::ifstream file(std::string(VGPU_ENGINE_KERNEL_DIR) + "/runtime.ptx");
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    ASSERT_EQ(call("cuModuleLoadData", &module_, static_cast<const void*>(text.c_str())),
              CUDA_SUCCESS);
  }

  template <class... T>
  CUresult launch(const char* name, unsigned threads, T... arguments) {
    CUfunction function = nullptr;
    EXPECT_EQ(call("cuModuleGetFunction", &function, module_, name), CUDA_SUCCESS);
    void* parameters[] = {&arguments..., nullptr};
    return call("cuLaunchKernel", function, 1U, 1U, 1U, threads, 1U, 1U, 0U, CUstream{},
                static_cast<void**>(parameters), static_cast<void**>(nullptr));
  }
  CUresult synchronise() { return call("cuCtxSynchronize"); }
  void wait_without_synchronising() {
    while (call("cuStreamQuery", CUstream{}) == CUDA_ERROR_NOT_READY) std::this_thread::yield();
  }

  CUmodule module_ = nullptr;
};

TEST_F(DeviceRuntime, TextIsShownWhereCudaSaysSo) {
  const Captured output(stdout);
  std::string expected;
  ASSERT_EQ(launch("say", 1, 0, 1), CUDA_SUCCESS);
  wait_without_synchronising();
  EXPECT_EQ(output.text(), "");
  expected += lines(0, 1);
  // A launch shows what the launches before it printed.
  ASSERT_EQ(launch("say", 1, 1, 1), CUDA_SUCCESS);
  EXPECT_EQ(output.text(), expected);
  expected += lines(1, 1);
  EXPECT_EQ(synchronise(), CUDA_SUCCESS);
  EXPECT_EQ(output.text(), expected);

  CUdeviceptr memory = allocate(4);
  const auto shows = [&](const char* what, auto&& does) {
    const int number = static_cast<int>(std::count(expected.begin(), expected.end(), '\n'));
    ASSERT_EQ(launch("say", 1, number, 1), CUDA_SUCCESS);
    expected += lines(number, 1);
    does();
    EXPECT_EQ(output.text(), expected) << what;
  };
  shows("stream", [] { EXPECT_EQ(call("cuStreamSynchronize", CUstream{}), CUDA_SUCCESS); });
  shows("event", [] {
    CUevent event = nullptr;
    EXPECT_EQ(call("cuEventCreate", &event, 0U), CUDA_SUCCESS);
    EXPECT_EQ(call("cuEventRecord", event, CUstream{}), CUDA_SUCCESS);
    EXPECT_EQ(call("cuEventSynchronize", event), CUDA_SUCCESS);
  });
  shows("copy", [&] {
    int word = 0;
    EXPECT_EQ(call("cuMemcpyDtoH_v2", static_cast<void*>(&word), memory, sizeof word),
              CUDA_SUCCESS);
  });
  shows("unload", [&] {
    CUmodule other = nullptr;
    wait_without_synchronising();
    EXPECT_EQ(call("cuModuleLoadData", &other, static_cast<const void*>(kernels_ptx)),
              CUDA_SUCCESS);
    EXPECT_EQ(call("cuModuleUnload", other), CUDA_SUCCESS);
  });
  shows("callback", [&] {
    std::string seen;
    struct Look {
      const Captured* output;
      std::string* seen;
    } look{&output, &seen};
    EXPECT_EQ(call("cuLaunchHostFunc", CUstream{}, static_cast<CUhostFn>([](void* data) {
                     const auto* at = static_cast<const Look*>(data);
                     *at->seen = at->output->text();
                   }),
                   static_cast<void*>(&look)),
              CUDA_SUCCESS);
    wait_without_synchronising();
    EXPECT_EQ(seen, expected);
  });
  shows("reset", [] { EXPECT_EQ(call("cuDevicePrimaryCtxReset_v2", 0), CUDA_SUCCESS); });
}

TEST_F(DeviceRuntime, AFullPrintBufferLosesItsOldest) {
  const Captured output(stdout);
  constexpr std::size_t room = 4096;
  ASSERT_EQ(call("cuCtxSetLimit", CU_LIMIT_PRINTF_FIFO_SIZE, room), CUDA_SUCCESS);
  ASSERT_EQ(launch("say", 1, 0, 10'000), CUDA_SUCCESS);
  EXPECT_EQ(synchronise(), CUDA_SUCCESS);
  const std::string text = output.text();
  const int kept = static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  EXPECT_GT(kept, 50);
  EXPECT_LE(text.size(), room);
  EXPECT_EQ(text, lines(10'000 - kept, kept));
  // The size is fixed once a kernel has printed.
  EXPECT_EQ(call("cuCtxSetLimit", CU_LIMIT_PRINTF_FIFO_SIZE, room * 2), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(DeviceRuntime, AFailedAssertionIsToldAndSticks) {
  const Captured errors(stderr);
  ASSERT_EQ(launch("check", 40, 38), CUDA_SUCCESS);
  EXPECT_EQ(synchronise(), CUDA_ERROR_ASSERT);
  const std::string text = errors.text();
  for (const char* thread : {"thread: [38,0,0]", "thread: [39,0,0]"}) {
    EXPECT_NE(text.find(thread), std::string::npos) << text;
  }
  EXPECT_NE(text.find("runtime.cu:12: void check(int): block: [0,0,0], "), std::string::npos)
      << text;
  EXPECT_NE(text.find("< limit` failed.\n"), std::string::npos) << text;
  CUdeviceptr memory = 0;
  EXPECT_EQ(call("cuMemAlloc_v2", &memory, std::size_t{4}), CUDA_ERROR_ASSERT);
}

TEST_F(DeviceRuntime, TheHeapHasItsLimitAndKeepsItsBlocks) {
  constexpr std::size_t limit = 1 << 20;
  ASSERT_EQ(call("cuCtxSetLimit", CU_LIMIT_MALLOC_HEAP_SIZE, limit), CUDA_SUCCESS);
  const CUdeviceptr got = allocate(8);
  const auto take = [&](std::size_t bytes) {
    EXPECT_EQ(launch("take", 1, bytes, got), CUDA_SUCCESS);
    CUdeviceptr block = 0;
    EXPECT_EQ(call("cuMemcpyDtoH_v2", static_cast<void*>(&block), got, sizeof block), CUDA_SUCCESS);
    return block;
  };
  EXPECT_EQ(take(0), 0U);
  const CUdeviceptr most = take(limit - 4096);
  EXPECT_NE(most, 0U);
  EXPECT_EQ(most % 16, 0U);
  EXPECT_EQ(take(8192), 0U);
  const CUdeviceptr rest = take(4096);
  EXPECT_NE(rest, 0U);
  EXPECT_EQ(launch("give_back", 1, most), CUDA_SUCCESS);
  EXPECT_EQ(launch("give_back", 1, rest), CUDA_SUCCESS);
  EXPECT_EQ(take(limit), most);  // the pieces became one again
  EXPECT_EQ(call("cuCtxSetLimit", CU_LIMIT_MALLOC_HEAP_SIZE, limit * 2), CUDA_ERROR_INVALID_VALUE);
  // The heap is no memory of the host's calls, and nothing else is of the heap.
  EXPECT_EQ(call("cuMemFree_v2", most), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(launch("give_back", 1, got), CUDA_SUCCESS);
  EXPECT_EQ(synchronise(), CUDA_ERROR_ILLEGAL_ADDRESS);
}

TEST_F(DeviceRuntime, ManagedVariablesAreOneThingSeenFromBothSides) {
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  ASSERT_EQ(call("cuModuleGetGlobal_v2", &address, &bytes, module_, "managed_value"), CUDA_SUCCESS);
  ASSERT_EQ(bytes, sizeof(int));
  auto* const value = reinterpret_cast<volatile int*>(address);
  EXPECT_EQ(*value, 17);
  *value = 100;
  ASSERT_EQ(launch("add_managed", 1, 5), CUDA_SUCCESS);
  EXPECT_EQ(synchronise(), CUDA_SUCCESS);
  EXPECT_EQ(*value, 105);
  unsigned managed = 0;
  EXPECT_EQ(call("cuPointerGetAttribute", static_cast<void*>(&managed),
                 CU_POINTER_ATTRIBUTE_IS_MANAGED, address),
            CUDA_SUCCESS);
  EXPECT_EQ(managed, 1U);
  EXPECT_EQ(call("cuMemFree_v2", address), CUDA_ERROR_INVALID_VALUE);
  // Its memory is a file that another process can map.
  CUdeviceptr begin = 0;
  std::size_t size = 0;
  int file = -1;
  ASSERT_EQ(call("cuMemGetAddressRange_v2", &begin, &size, address), CUDA_SUCCESS);
  ASSERT_EQ(call("cuMemGetHandleForAddressRange", static_cast<void*>(&file), begin, size,
                 CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD, 0ULL),
            CUDA_SUCCESS);
  int seen = 0;
  EXPECT_EQ(::pread(file, &seen, sizeof seen, static_cast<off_t>(address - begin)),
            static_cast<ssize_t>(sizeof seen));
  EXPECT_EQ(seen, 105);
  ::close(file);
}

TEST_F(DeviceRuntime, AKernelThatWritesConstantMemoryFails) {
  const Captured errors(stderr);
  ASSERT_EQ(launch("write_constant", 1), CUDA_SUCCESS);
  EXPECT_EQ(synchronise(), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_NE(errors.text().find("kernel write_constant, block (0,0,0), thread (0,0,0), PTX line "),
            std::string::npos)
      << errors.text();
}

// The test runs with VGPU_SOFT_TIMEOUT=2.
TEST_F(DeviceRuntime, AKernelThatDoesNotEndIsStopped) {
  const Captured errors(stderr);
  const CUdeviceptr word = allocate(4);
  ASSERT_EQ(launch("wait_for", 32, word), CUDA_SUCCESS);
  EXPECT_EQ(synchronise(), CUDA_ERROR_LAUNCH_TIMEOUT);
  EXPECT_NE(errors.text().find("ran for longer than 2 seconds"), std::string::npos)
      << errors.text();
  CUdeviceptr memory = 0;
  EXPECT_EQ(call("cuMemAlloc_v2", &memory, std::size_t{4}), CUDA_ERROR_LAUNCH_TIMEOUT);
}

}  // namespace
}  // namespace vgpu::softdevice_test
