/// Host memory that the device writes to by calls rather than by kernels. Where guest and host
/// cannot share it (all of it over unix and tcp, the ends of registered memory over shm) it is kept
/// alike by copying: neither what the program wrote before a call may be missing on the device, nor
/// what the call wrote in the program.

#include <cstddef>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "driver_program.hpp"

namespace {

using namespace vgpu::driver_test;

constexpr std::size_t page = 4096;
constexpr std::size_t pitch = 512;
constexpr std::size_t rows = 20;
constexpr std::size_t size = pitch * rows;
constexpr unsigned char written_by_program = 0xa5;

/// Host memory and its address on the device.
struct Memory {
  unsigned char* host = nullptr;
  CUdeviceptr device = 0;
  std::function<void()> free;
};

Memory pinned() {
  Memory memory;
  void* host = nullptr;
  EXPECT_EQ(cuMemHostAlloc(&host, size, CU_MEMHOSTALLOC_DEVICEMAP), CUDA_SUCCESS);
  EXPECT_EQ(cuMemHostGetDevicePointer(&memory.device, host, 0), CUDA_SUCCESS);
  memory.host = static_cast<unsigned char*>(host);
  memory.free = [host] { EXPECT_EQ(cuMemFreeHost(host), CUDA_SUCCESS); };
  return memory;
}

Memory managed() {
  Memory memory;
  EXPECT_EQ(cuMemAllocManaged(&memory.device, size, CU_MEM_ATTACH_GLOBAL), CUDA_SUCCESS);
  memory.host = reinterpret_cast<unsigned char*>(memory.device);
  memory.free = [device = memory.device] { EXPECT_EQ(cuMemFree(device), CUDA_SUCCESS); };
  return memory;
}

/// Begins and ends inside a page.
Memory registered() {
  Memory memory;
  void* pages = std::aligned_alloc(page, (size / page + 2) * page);
  memory.host = static_cast<unsigned char*>(pages) + 256;
  EXPECT_EQ(cuMemHostRegister(memory.host, size, CU_MEMHOSTREGISTER_DEVICEMAP), CUDA_SUCCESS);
  EXPECT_EQ(cuMemHostGetDevicePointer(&memory.device, memory.host, 0), CUDA_SUCCESS);
  memory.free = [host = memory.host, pages] {
    EXPECT_EQ(cuMemHostUnregister(host), CUDA_SUCCESS);
    std::free(pages);
  };
  return memory;
}

struct Fill {
  const char* name;
  std::size_t element;
  bool flat;
  bool blocking;
  /// Fills `width` elements in each of `rows` rows, or size / element of them.
  std::function<CUresult(CUdeviceptr, std::size_t width, CUstream)> run;
};

std::vector<Fill> fills() {
  return {
      {"cuMemsetD8", 1, true, true,
       [](CUdeviceptr at, std::size_t n, CUstream) { return cuMemsetD8(at, 0x11, n); }},
      {"cuMemsetD16", 2, true, true,
       [](CUdeviceptr at, std::size_t n, CUstream) { return cuMemsetD16(at, 0x1111, n); }},
      {"cuMemsetD32", 4, true, true,
       [](CUdeviceptr at, std::size_t n, CUstream) { return cuMemsetD32(at, 0x11111111, n); }},
      {"cuMemsetD2D8", 1, false, true,
       [](CUdeviceptr at, std::size_t width, CUstream) {
         return cuMemsetD2D8(at, pitch, 0x11, width, rows);
       }},
      {"cuMemsetD2D16", 2, false, true,
       [](CUdeviceptr at, std::size_t width, CUstream) {
         return cuMemsetD2D16(at, pitch, 0x1111, width, rows);
       }},
      {"cuMemsetD2D32", 4, false, true,
       [](CUdeviceptr at, std::size_t width, CUstream) {
         return cuMemsetD2D32(at, pitch, 0x11111111, width, rows);
       }},
      {"cuMemsetD8Async", 1, true, false,
       [](CUdeviceptr at, std::size_t n, CUstream stream) {
         return cuMemsetD8Async(at, 0x11, n, stream);
       }},
      {"cuMemsetD16Async", 2, true, false,
       [](CUdeviceptr at, std::size_t n, CUstream stream) {
         return cuMemsetD16Async(at, 0x1111, n, stream);
       }},
      {"cuMemsetD32Async", 4, true, false,
       [](CUdeviceptr at, std::size_t n, CUstream stream) {
         return cuMemsetD32Async(at, 0x11111111, n, stream);
       }},
      {"cuMemsetD2D8Async", 1, false, false,
       [](CUdeviceptr at, std::size_t width, CUstream stream) {
         return cuMemsetD2D8Async(at, pitch, 0x11, width, rows, stream);
       }},
      {"cuMemsetD2D16Async", 2, false, false,
       [](CUdeviceptr at, std::size_t width, CUstream stream) {
         return cuMemsetD2D16Async(at, pitch, 0x1111, width, rows, stream);
       }},
      {"cuMemsetD2D32Async", 4, false, false,
       [](CUdeviceptr at, std::size_t width, CUstream stream) {
         return cuMemsetD2D32Async(at, pitch, 0x11111111, width, rows, stream);
       }},
  };
}

/// Where a byte is not what the fill, or the program, put there; `size` when all are.
std::size_t first_wrong(const Memory& memory, std::size_t filled_of_pitch) {
  for (std::size_t i = 0; i < size; ++i) {
    const unsigned char expected = i % pitch < filled_of_pitch ? 0x11 : written_by_program;
    if (memory.host[i] != expected) return i;
  }
  return size;
}

void fill_all_ways(const Memory& memory) {
  CUstream stream = nullptr;
  ASSERT_EQ(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), CUDA_SUCCESS);
  for (const Fill& fill : fills()) {
    SCOPED_TRACE(fill.name);
    const std::size_t row = fill.flat ? pitch : pitch / 2;
    const std::size_t count = (fill.flat ? size : row) / fill.element;
    // The second time the device writes what both sides held when they last agreed.
    for (const char* time : {"first", "second"}) {
      SCOPED_TRACE(time);
      std::memset(memory.host, written_by_program, size);
      ASSERT_EQ(fill.run(memory.device, count, stream), CUDA_SUCCESS);
      // A blocking fill of host memory has happened when it returns.
      if (!fill.blocking) {
        ASSERT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
      }
      EXPECT_EQ(first_wrong(memory, row), size);
    }
  }
  EXPECT_EQ(cuStreamDestroy(stream), CUDA_SUCCESS);
}

TEST(MirroredMemory, FillsOfPinnedMemory) {
  const PrimaryContext context;
  const Memory memory = pinned();
  fill_all_ways(memory);
  memory.free();
}

TEST(MirroredMemory, FillsOfManagedMemory) {
  const PrimaryContext context;
  const Memory memory = managed();
  fill_all_ways(memory);
  memory.free();
}

TEST(MirroredMemory, FillsOfRegisteredMemory) {
  const PrimaryContext context;
  const Memory memory = registered();
  fill_all_ways(memory);
  memory.free();
}

TEST(MirroredMemory, StreamsWriteAndAwaitValues) {
  const PrimaryContext context;
  int possible = 0;
  ASSERT_EQ(cuDeviceGetAttribute(&possible, CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS, 0),
            CUDA_SUCCESS);
  if (possible == 0) GTEST_SKIP() << "the device has no stream memory operations";
  const Memory memory = pinned();
  auto* const words = reinterpret_cast<std::uint32_t*>(memory.host);
  CUstream stream = nullptr;
  ASSERT_EQ(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), CUDA_SUCCESS);
  for (int time = 0; time < 2; ++time) {
    words[0] = 5;
    words[1] = 6;
    ASSERT_EQ(cuStreamWaitValue32(stream, memory.device, 5, CU_STREAM_WAIT_VALUE_EQ), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamWriteValue32(stream, memory.device + 4, 7, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamWriteValue32(stream, memory.device, 0, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
    EXPECT_EQ(words[0], 0U);
    EXPECT_EQ(words[1], 7U);
  }
  EXPECT_EQ(cuStreamDestroy(stream), CUDA_SUCCESS);
  memory.free();
}

}  // namespace
