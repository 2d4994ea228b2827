#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuOccupancyMaxActiveBlocksPerMultiprocessor {

CONFORMANCE_SUITE(cuOccupancyMaxActiveBlocksPerMultiprocessor, Context);
CONFORMANCE_SUITE(cuOccupancyMaxActiveBlocksPerMultiprocessor_fresh, Uninitialised);

int blocks(CUfunction function, int block_size, std::size_t dynamic_shared = 0) {
  int number = -77;
  check(driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(&number, function, block_size,
                                                             dynamic_shared),
        "cuOccupancyMaxActiveBlocksPerMultiprocessor");
  return number;
}

/// What the limits of threads and blocks allow.
int by_threads(int block_size) {
  const int whole_warps = (block_size + 31) / 32 * 32;
  return std::min(
      device_attribute(CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR),
      device_attribute(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR) / whole_warps);
}

/// What shared memory allows; `bytes` in all of a block, a multiple of 256.
int by_shared(int bytes) {
  return device_attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR) /
         (bytes + device_attribute(CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK));
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessor, WritesTheSameEachTime) {
  const Module module;
  const Kernel kernel = module.kernel("fill");
  const auto [first, second] = expect_writes<int>([&](int* number) {
    return driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(number, kernel, 128, 0);
  });
  EXPECT_EQ(first, second);
  EXPECT_GE(first, 1);
}

// A kernel without registers and memory to speak of: only threads and blocks count.
TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessor, IsLimitedByThreadsAndBlocks) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  for (const int size : {1, 32, 33, 64, 96, 128, 256, 500, 512, 768, 1024}) {
    EXPECT_EQ(blocks(empty, size), by_threads(size)) << size << " threads";
  }
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessor, IsLimitedByDynamicSharedMemory) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  for (const int bytes : {4096, 8192, 16384, 24576, 32768, 49152}) {
    EXPECT_EQ(blocks(empty, 32, static_cast<std::size_t>(bytes)),
              std::min(by_threads(32), by_shared(bytes)))
        << bytes << " bytes";
  }
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessor, CountsStaticSharedMemoryToo) {
  const Module module;
  const Kernel kernel = module.kernel("static_shared");  // 1 KiB
  EXPECT_EQ(blocks(kernel, 32, 15360), std::min(by_threads(32), by_shared(16384)));
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessor, IsZeroWhenNotOneBlockFits) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  const int most = device_attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
  EXPECT_EQ(blocks(empty, 32, static_cast<std::size_t>(most) + 1), 0);  // Undocumented.
  EXPECT_EQ(blocks(empty, 1025), 0);                                    // Undocumented.
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessor, UsesWhatWasOptedInto) {
  const int most = device_attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
  const Module module;
  const Kernel empty = module.kernel("empty");
  ASSERT_CUDA_OK(
      driver().cuFuncSetAttribute(empty, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, most));
  EXPECT_EQ(blocks(empty, 32, static_cast<std::size_t>(most)), by_shared(most));
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessor, MoreSharedMemoryIsNeverMoreBlocks) {
  const Module module;
  const Kernel kernel = module.kernel("many_parameters");
  int before = INT32_MAX;
  for (std::size_t bytes = 0; bytes <= 49152; bytes += 1536) {
    const int now = blocks(kernel, 64, bytes);
    EXPECT_LE(now, before) << bytes << " bytes";
    EXPECT_GE(now, 1);
    before = now;
  }
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessor, RefusesBlocksWithoutThreads) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  for (const int size : {0, -1}) {
    expect_leaves<int>(CUDA_ERROR_INVALID_VALUE, [&](int* number) {
      return driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(number, kernel, size, 0);
    });
  }
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessor, RefusesANullOutput) {
  const Module module;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(
                                            nullptr, module.kernel("empty"), 32, 0));
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessor, RefusesANullFunction) {
  expect_leaves<int>(CUDA_ERROR_INVALID_HANDLE, [](int* number) {
    return driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(number, nullptr, 32,
                                                                0);  // Undocumented.
  });
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessor, NeedsACurrentContext) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  const NoContext none;
  expect_leaves<int>(CUDA_ERROR_INVALID_CONTEXT, [&](int* number) {
    return driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(number, kernel, 32, 0);
  });
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessor, TakesAKernelHandle) {
  CUlibrary library = nullptr;
  ASSERT_CUDA_OK(driver().cuLibraryLoadData(&library, ptx("basic").data(), nullptr, nullptr, 0,
                                            nullptr, nullptr, 0));
  CUkernel kernel = nullptr;
  ASSERT_CUDA_OK(driver().cuLibraryGetKernel(&kernel, library, "empty"));
  EXPECT_EQ(blocks(reinterpret_cast<CUfunction>(kernel), 1024), by_threads(1024));
  EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessor, IsSafeDuringCapture) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  expect_safe_in_capture([&] {
    int number = 0;
    return driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(&number, kernel, 32, 0);
  });
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessor_fresh, BeforeInit) {
  expect_leaves<int>(CUDA_ERROR_NOT_INITIALIZED, [](int* number) {
    return driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(
        number, garbage_handle<CUfunction>(), 32, 0);
  });
}

}  // namespace vgpu::conformance::test_cuOccupancyMaxActiveBlocksPerMultiprocessor
