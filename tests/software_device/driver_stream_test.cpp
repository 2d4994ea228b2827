#include <sys/mman.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "driver_library.hpp"

using namespace vgpu::softdevice_test;

class Stream : public WithContext {
 protected:
  std::vector<unsigned> read(CUdeviceptr address, std::size_t count) {
    std::vector<unsigned> words(count);
    EXPECT_EQ(call("cuMemcpyDtoH_v2", static_cast<void*>(words.data()), address, count * 4),
              CUDA_SUCCESS);
    return words;
  }
};

TEST_F(Stream, LaunchAddsToEveryWord) {
  const CUdeviceptr words = allocate(1000 * 4);
  ASSERT_EQ(call("cuMemsetD32_v2", words, 5U, std::size_t{1000}), CUDA_SUCCESS);
  ASSERT_EQ(launch_add(kernel("add"), words, 1000, 37, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(read(words, 1000), std::vector<unsigned>(1000, 42));
}

TEST_F(Stream, BadLaunchesAreRefusedAtOnce) {
  const CUfunction add = kernel("add");
  CUdeviceptr words = allocate(256);
  unsigned n = 1;
  void* parameters[] = {&words, &n, &n};
  const auto launch = [&](CUfunction f, unsigned gx, unsigned gy, unsigned bx, unsigned shared) {
    return call("cuLaunchKernel", f, gx, gy, 1U, bx, 1U, 1U, shared, CUstream{nullptr},
                static_cast<void**>(parameters), static_cast<void**>(nullptr));
  };
  EXPECT_EQ(launch(nullptr, 1, 1, 1, 0), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(launch(reinterpret_cast<CUfunction>(0x1234), 1, 1, 1, 0), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(launch(add, 0, 1, 1, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(launch(add, 1, 70000, 1, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(launch(add, 1, 1, 2000, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(launch(add, 1, 1, 1, 1U << 20), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(Stream, AFaultStays) {
  const CUfunction fault = kernel("fault");
  ASSERT_EQ(call("cuLaunchKernel", fault, 1U, 1U, 1U, 1U, 1U, 1U, 0U, CUstream{nullptr},
                 static_cast<void**>(nullptr), static_cast<void**>(nullptr)),
            CUDA_SUCCESS);
  EXPECT_EQ(call("cuCtxSynchronize"), CUDA_ERROR_ILLEGAL_ADDRESS);
  CUdeviceptr address = 0;
  EXPECT_EQ(call("cuMemAlloc_v2", &address, std::size_t{16}), CUDA_ERROR_ILLEGAL_ADDRESS);
  ASSERT_EQ(call("cuDevicePrimaryCtxReset_v2", 0), CUDA_SUCCESS);
  EXPECT_EQ(call("cuDevicePrimaryCtxRetain", &context_, 0), CUDA_ERROR_ILLEGAL_ADDRESS);
}

TEST_F(Stream, WaitValueHoldsTheStreamBackUntilTheHostWrites) {
  void* pinned = nullptr;
  ASSERT_EQ(call("cuMemHostAlloc", &pinned, std::size_t{4096}, 0U), CUDA_SUCCESS);
  auto* const words = static_cast<unsigned*>(pinned);
  const auto address = reinterpret_cast<CUdeviceptr>(pinned);
  const CUstream s = stream();
  CUevent event = nullptr;
  ASSERT_EQ(call("cuEventCreate", &event, 0U), CUDA_SUCCESS);
  ASSERT_EQ(
      call("cuStreamWaitValue32_v2", s, address, cuuint32_t{7}, unsigned{CU_STREAM_WAIT_VALUE_EQ}),
      CUDA_SUCCESS);
  ASSERT_EQ(call("cuMemsetD32Async", address + 64, 9U, std::size_t{1}, s), CUDA_SUCCESS);
  ASSERT_EQ(call("cuEventRecord", event, s), CUDA_SUCCESS);
  EXPECT_EQ(call("cuEventQuery", event), CUDA_ERROR_NOT_READY);
  EXPECT_EQ(call("cuStreamQuery", s), CUDA_ERROR_NOT_READY);
  EXPECT_EQ(words[16], 0U);
  std::atomic_ref<unsigned>(words[0]).store(7);
  EXPECT_EQ(call("cuEventSynchronize", event), CUDA_SUCCESS);
  EXPECT_EQ(words[16], 9U);
  EXPECT_EQ(call("cuStreamQuery", s), CUDA_SUCCESS);
}

TEST_F(Stream, EventsOrderStreams) {
  void* pinned = nullptr;
  ASSERT_EQ(call("cuMemHostAlloc", &pinned, std::size_t{4096}, 0U), CUDA_SUCCESS);
  auto* const words = static_cast<unsigned*>(pinned);
  const auto gate = reinterpret_cast<CUdeviceptr>(pinned);
  const CUstream first = stream();
  const CUstream second = stream();
  CUevent event = nullptr;
  ASSERT_EQ(call("cuEventCreate", &event, 0U), CUDA_SUCCESS);
  ASSERT_EQ(call("cuStreamWaitValue32_v2", first, gate, cuuint32_t{1}, 1U), CUDA_SUCCESS);
  ASSERT_EQ(call("cuMemsetD32Async", gate + 64, 1U, std::size_t{1}, first), CUDA_SUCCESS);
  ASSERT_EQ(call("cuEventRecord", event, first), CUDA_SUCCESS);
  ASSERT_EQ(call("cuStreamWaitEvent", second, event, 0U), CUDA_SUCCESS);
  ASSERT_EQ(call("cuMemcpyAsync", gate + 128, gate + 64, std::size_t{4}, second), CUDA_SUCCESS);
  EXPECT_EQ(call("cuStreamQuery", second), CUDA_ERROR_NOT_READY);
  std::atomic_ref<unsigned>(words[0]).store(1);
  EXPECT_EQ(call("cuStreamSynchronize", second), CUDA_SUCCESS);
  EXPECT_EQ(words[32], 1U);
}

TEST_F(Stream, TheLegacyStreamWaitsForBlockingStreamsOnly) {
  void* pinned = nullptr;
  ASSERT_EQ(call("cuMemHostAlloc", &pinned, std::size_t{4096}, 0U), CUDA_SUCCESS);
  auto* const words = static_cast<unsigned*>(pinned);
  const auto gate = reinterpret_cast<CUdeviceptr>(pinned);
  const CUstream free_stream = stream(CU_STREAM_NON_BLOCKING);
  ASSERT_EQ(call("cuStreamWaitValue32_v2", free_stream, gate, cuuint32_t{1}, 1U), CUDA_SUCCESS);
  // Does not wait for the stream that is held back, or this would never return.
  ASSERT_EQ(call("cuMemsetD32_v2", gate + 64, 1U, std::size_t{1}), CUDA_SUCCESS);
  const CUstream blocking = stream(CU_STREAM_DEFAULT);
  ASSERT_EQ(call("cuStreamWaitValue32_v2", blocking, gate, cuuint32_t{1}, 1U), CUDA_SUCCESS);
  ASSERT_EQ(call("cuMemsetD32Async", gate + 128, 1U, std::size_t{1}, CUstream{nullptr}),
            CUDA_SUCCESS);
  EXPECT_EQ(call("cuStreamQuery", CUstream{nullptr}), CUDA_ERROR_NOT_READY);
  EXPECT_EQ(words[32], 0U);
  std::atomic_ref<unsigned>(words[0]).store(1);
  EXPECT_EQ(call("cuStreamSynchronize", CUstream{nullptr}), CUDA_SUCCESS);
  EXPECT_EQ(words[32], 1U);
  EXPECT_EQ(call("cuStreamSynchronize", free_stream), CUDA_SUCCESS);
}

TEST_F(Stream, HostFunctionsRunInOrderAndMayNotCallCuda) {
  struct State {
    unsigned* word;
    unsigned seen;
    CUresult inner;
  };
  void* pinned = nullptr;
  ASSERT_EQ(call("cuMemHostAlloc", &pinned, std::size_t{64}, 0U), CUDA_SUCCESS);
  State state{static_cast<unsigned*>(pinned), 0, CUDA_SUCCESS};
  const CUstream s = stream();
  const CUhostFn function = [](void* data) {
    auto* const here = static_cast<State*>(data);
    here->seen = *here->word;
    CUdeviceptr address = 0;
    here->inner = call("cuMemAlloc_v2", &address, std::size_t{16});
  };
  ASSERT_EQ(call("cuMemsetD32Async", reinterpret_cast<CUdeviceptr>(pinned), 3U, std::size_t{1}, s),
            CUDA_SUCCESS);
  ASSERT_EQ(call("cuLaunchHostFunc", s, function, static_cast<void*>(&state)), CUDA_SUCCESS);
  ASSERT_EQ(call("cuStreamSynchronize", s), CUDA_SUCCESS);
  EXPECT_EQ(state.seen, 3U);
  EXPECT_NE(state.inner, CUDA_SUCCESS);
}

TEST_F(Stream, StaleHandlesAreFoundOut) {
  const CUstream s = stream();
  ASSERT_EQ(call("cuStreamDestroy_v2", s), CUDA_SUCCESS);
  EXPECT_EQ(call("cuStreamSynchronize", s), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(call("cuStreamDestroy_v2", s), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(call("cuEventQuery", reinterpret_cast<CUevent>(s)), CUDA_ERROR_INVALID_HANDLE);
}

TEST_F(Stream, MemoryCallsAnswerAsTheVendorsDriver) {
  CUdeviceptr address = 0;
  EXPECT_EQ(call("cuMemAlloc_v2", &address, std::size_t{0}), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(call("cuMemAlloc_v2", &address, std::size_t{1} << 50), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(call("cuMemFree_v2", CUdeviceptr{0}), CUDA_SUCCESS);
  EXPECT_EQ(call("cuMemFree_v2", CUdeviceptr{0x1234}), CUDA_ERROR_INVALID_VALUE);
  unsigned word = 0;
  EXPECT_EQ(call("cuMemcpyDtoH_v2", static_cast<void*>(&word), CUdeviceptr{0x1234}, std::size_t{4}),
            CUDA_ERROR_INVALID_VALUE);
  const CUdeviceptr small = allocate(16);
  EXPECT_EQ(call("cuMemsetD8_v2", small, static_cast<unsigned char>(1), std::size_t{17}),
            CUDA_ERROR_INVALID_VALUE);
  CUmodule module = nullptr;
  EXPECT_EQ(call("cuModuleLoadData", &module, static_cast<const void*>("garbage")),
            CUDA_ERROR_INVALID_IMAGE);
}

TEST_F(Stream, RegisteredMemoryHasTheSameAddressOnTheDevice) {
  void* const pages =
      mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  ASSERT_EQ(call("cuMemHostRegister_v2", pages, std::size_t{8192}, 0U), CUDA_SUCCESS);
  EXPECT_EQ(call("cuMemHostRegister_v2", pages, std::size_t{4096}, 0U),
            CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
  CUdeviceptr device = 0;
  ASSERT_EQ(call("cuMemHostGetDevicePointer_v2", &device, pages, 0U), CUDA_SUCCESS);
  EXPECT_EQ(device, reinterpret_cast<CUdeviceptr>(pages));
  ASSERT_EQ(launch_add(kernel("add"), device, 64, 3, nullptr), CUDA_SUCCESS);
  ASSERT_EQ(call("cuCtxSynchronize"), CUDA_SUCCESS);
  EXPECT_EQ(static_cast<unsigned*>(pages)[63], 3U);
  EXPECT_EQ(call("cuMemHostUnregister", pages), CUDA_SUCCESS);
  EXPECT_EQ(call("cuMemHostUnregister", pages), CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
  munmap(pages, 8192);
}

TEST_F(Stream, ARecordAndAWaitAtTheSameTimeDoNotHoldEachOtherUp) {
  CUstream streams[2] = {};
  CUevent events[2] = {};
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(call("cuStreamCreate", &streams[i], 1U), CUDA_SUCCESS);
    ASSERT_EQ(call("cuEventCreate", &events[i], 2U), CUDA_SUCCESS);
  }
  constexpr int rounds = 20000;
  std::thread recorder([&] {
    call("cuCtxSetCurrent", context_);
    for (int i = 0; i < rounds; ++i) call("cuEventRecord", events[0], streams[0]);
  });
  for (int i = 0; i < rounds; ++i) {
    call("cuStreamWaitEvent", streams[1], events[0], 0U);
    call("cuEventRecord", events[1], streams[1]);
    call("cuStreamWaitEvent", streams[0], events[1], 0U);
  }
  recorder.join();
  EXPECT_EQ(call("cuStreamSynchronize", streams[0]), CUDA_SUCCESS);
  EXPECT_EQ(call("cuStreamSynchronize", streams[1]), CUDA_SUCCESS);
}

class LateStream : public Stream {
 protected:
  static constexpr std::chrono::microseconds lateness{2000};
  void SetUp() override {
    ASSERT_EQ(::setenv("VGPU_SOFT_LATE", std::to_string(lateness.count()).c_str(), 1), 0);
    Stream::SetUp();
  }
};

TEST_F(LateStream, OperationsBeginLateAndInOrder) {
  constexpr unsigned count = 50;
  const CUstream s = stream();
  const CUdeviceptr word = allocate(4);
  const CUfunction add = kernel("add");
  ASSERT_EQ(call("cuMemsetD32_v2", word, 0U, std::size_t{1}), CUDA_SUCCESS);
  ASSERT_EQ(call("cuCtxSynchronize"), CUDA_SUCCESS);
  const auto begin = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < count; ++i) ASSERT_EQ(launch_add(add, word, 1, 1, s), CUDA_SUCCESS);
  ASSERT_EQ(call("cuStreamSynchronize", s), CUDA_SUCCESS);
  // Half the longest each on average; a sum of fifty does not come near a quarter by chance.
  EXPECT_GT(std::chrono::steady_clock::now() - begin, count * lateness / 4);
  EXPECT_EQ(read(word, 1), std::vector<unsigned>{count});
}
