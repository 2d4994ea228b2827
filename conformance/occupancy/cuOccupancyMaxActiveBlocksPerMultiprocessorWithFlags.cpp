#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags {

CONFORMANCE_SUITE(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, Context);
CONFORMANCE_SUITE(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags_fresh, Uninitialised);

CUresult ask(int* number, CUfunction function, int block_size, std::size_t dynamic_shared,
             unsigned flags) {
  return driver().cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(number, function, block_size,
                                                                       dynamic_shared, flags);
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, WithoutFlagsIsThePlainQuestion) {
  const Module module;
  for (const char* name : {"empty", "static_shared", "many_parameters"}) {
    const Kernel kernel = module.kernel(name);
    for (const int size : {1, 64, 480, 1024}) {
      for (const std::size_t bytes : {std::size_t{0}, std::size_t{3000}, std::size_t{40960}}) {
        int plain = -1;
        ASSERT_CUDA_OK(
            driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(&plain, kernel, size, bytes));
        const auto [first, second] = expect_writes<int>(
            [&](int* number) { return ask(number, kernel, size, bytes, CU_OCCUPANCY_DEFAULT); });
        EXPECT_EQ(first, plain) << name << ", " << size << " threads, " << bytes << " bytes";
        EXPECT_EQ(second, plain);
      }
    }
  }
}

// The flag matters on devices only where caching in L1 takes shared memory's place and fails.
TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, TheCachingFlagIsNeverMoreBlocks) {
  const Module module;
  const Kernel kernel = module.kernel("fill");
  for (const int size : {32, 256, 1024}) {
    int plain = -1;
    ASSERT_CUDA_OK(ask(&plain, kernel, size, 0, CU_OCCUPANCY_DEFAULT));
    const auto [first, second] = expect_writes<int>([&](int* number) {
      return ask(number, kernel, size, 0, CU_OCCUPANCY_DISABLE_CACHING_OVERRIDE);
    });
    EXPECT_LE(first, plain);
    EXPECT_EQ(first, second);
    EXPECT_GE(first, 1);
  }
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, RefusesUnknownFlags) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  for (const unsigned flags : {2U, 0x80000000U}) {
    expect_leaves<int>(CUDA_ERROR_INVALID_VALUE,
                       [&](int* number) { return ask(number, kernel, 32, 0, flags); });
  }
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, RefusesBlocksWithoutThreads) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  for (const int size : {0, -1}) {
    expect_leaves<int>(CUDA_ERROR_INVALID_VALUE,
                       [&](int* number) { return ask(number, kernel, size, 0, 0); });
  }
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, RefusesANullOutput) {
  const Module module;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, ask(nullptr, module.kernel("empty"), 32, 0, 0));
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, RefusesANullFunction) {
  expect_leaves<int>(CUDA_ERROR_INVALID_HANDLE,
                     [](int* number) { return ask(number, nullptr, 32, 0, 0); });  // Undocumented.
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, NeedsACurrentContext) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  const NoContext none;
  expect_leaves<int>(CUDA_ERROR_INVALID_CONTEXT,
                     [&](int* number) { return ask(number, kernel, 32, 0, 0); });
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, IsSafeDuringCapture) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  expect_safe_in_capture([&] {
    int number = 0;
    return ask(&number, kernel, 32, 0, 0);
  });
}

TEST_F(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags_fresh, BeforeInit) {
  expect_leaves<int>(CUDA_ERROR_NOT_INITIALIZED, [](int* number) {
    return ask(number, garbage_handle<CUfunction>(), 32, 0, 0);
  });
}

}  // namespace vgpu::conformance::test_cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags
