#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuOccupancyAvailableDynamicSMemPerBlock {

CONFORMANCE_SUITE(cuOccupancyAvailableDynamicSMemPerBlock, Context);
CONFORMANCE_SUITE(cuOccupancyAvailableDynamicSMemPerBlock_fresh, Uninitialised);

CUresult ask(std::size_t* bytes, CUfunction function, int blocks, int block_size) {
  return driver().cuOccupancyAvailableDynamicSMemPerBlock(bytes, function, blocks, block_size);
}

std::size_t available(CUfunction function, int blocks, int block_size) {
  std::size_t bytes = 0;
  check(ask(&bytes, function, blocks, block_size), "cuOccupancyAvailableDynamicSMemPerBlock");
  return bytes;
}

int active_blocks(CUfunction function, int block_size, std::size_t dynamic_shared) {
  int number = -1;
  check(driver().cuOccupancyMaxActiveBlocksPerMultiprocessor(&number, function, block_size,
                                                             dynamic_shared),
        "cuOccupancyMaxActiveBlocksPerMultiprocessor");
  return number;
}

TEST_F(cuOccupancyAvailableDynamicSMemPerBlock, WritesTheSameEachTime) {
  const Module module;
  const Kernel kernel = module.kernel("fill");
  const auto [first, second] =
      expect_writes<std::size_t>([&](std::size_t* bytes) { return ask(bytes, kernel, 2, 128); });
  EXPECT_EQ(first, second);
}

// A multiprocessor's shared memory divided by the blocks, but no more than a block may have. What
// the driver reserves in each block is not taken off.
TEST_F(cuOccupancyAvailableDynamicSMemPerBlock, IsWhatSoManyBlocksCanHave) {
  const Module module;
  const auto attribute = [](CUdevice_attribute id) {
    return static_cast<std::size_t>(device_attribute(id));
  };
  const std::size_t reserved = attribute(CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK);
  const std::size_t all = attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR);
  const std::size_t most = attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK);
  for (const auto& [name, fixed] : {std::pair{"empty", 0U}, {"static_shared", 1024U}}) {
    const Kernel kernel = module.kernel(name);
    for (const int blocks : {1, 2, 4, 8, 16}) {
      SCOPED_TRACE(std::string(name) + ", " + std::to_string(blocks) + " blocks");
      const std::size_t bytes = available(kernel, blocks, 64);
      EXPECT_GT(bytes, 0U);
      EXPECT_LE(bytes, most - fixed);
      EXPECT_GE(active_blocks(kernel, 64, bytes - reserved), blocks);
      if (reserved > 0 && bytes < most - fixed) {
        EXPECT_GT((bytes + fixed + reserved) * static_cast<std::size_t>(blocks), all);
      }
      if (bytes + 2048 < most) {
        EXPECT_LT(active_blocks(kernel, 64, bytes + 1024), blocks);
      }
    }
  }
}

TEST_F(cuOccupancyAvailableDynamicSMemPerBlock, MoreBlocksHaveLess) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  std::size_t before = SIZE_MAX;
  for (int blocks = 1; blocks <= 16; ++blocks) {
    const std::size_t bytes = available(kernel, blocks, 32);
    EXPECT_LE(bytes, before) << blocks << " blocks";
    before = bytes;
  }
}

TEST_F(cuOccupancyAvailableDynamicSMemPerBlock, StaticSharedMemoryIsTakenOff) {
  const Module module;
  EXPECT_EQ(available(module.kernel("empty"), 4, 64),
            available(module.kernel("static_shared"), 4, 64) + 1024);
}

// Undocumented.
TEST_F(cuOccupancyAvailableDynamicSMemPerBlock, RefusesMoreBlocksThanFitAtAll) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  const int most = device_attribute(CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR);
  expect_leaves<std::size_t>(CUDA_ERROR_INVALID_VALUE,
                             [&](std::size_t* bytes) { return ask(bytes, kernel, most + 1, 32); });
}

TEST_F(cuOccupancyAvailableDynamicSMemPerBlock, RefusesNoBlocksAndNoThreads) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  for (const auto& [blocks, size] : {std::pair{0, 32}, {-1, 32}, {1, 0}, {1, -1}}) {
    SCOPED_TRACE(std::to_string(blocks) + " blocks of " + std::to_string(size));
    expect_leaves<std::size_t>(CUDA_ERROR_INVALID_VALUE,
                               [&, blocks = blocks, size = size](std::size_t* bytes) {
                                 return ask(bytes, kernel, blocks, size);
                               });
  }
}

TEST_F(cuOccupancyAvailableDynamicSMemPerBlock, RefusesANullFunction) {
  expect_leaves<std::size_t>(CUDA_ERROR_INVALID_HANDLE, [](std::size_t* bytes) {
    return ask(bytes, nullptr, 1, 32);  // Undocumented.
  });
}

TEST_F(cuOccupancyAvailableDynamicSMemPerBlock, NeedsACurrentContext) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  const NoContext none;
  expect_leaves<std::size_t>(CUDA_ERROR_INVALID_CONTEXT,
                             [&](std::size_t* bytes) { return ask(bytes, kernel, 1, 32); });
}

TEST_F(cuOccupancyAvailableDynamicSMemPerBlock, IsSafeDuringCapture) {
  const Module module;
  const Kernel kernel = module.kernel("empty");
  expect_safe_in_capture([&] {
    std::size_t bytes = 0;
    return ask(&bytes, kernel, 1, 32);
  });
}

TEST_F(cuOccupancyAvailableDynamicSMemPerBlock_fresh, BeforeInit) {
  expect_leaves<std::size_t>(CUDA_ERROR_NOT_INITIALIZED, [](std::size_t* bytes) {
    return ask(bytes, garbage_handle<CUfunction>(), 1, 32);
  });
}

}  // namespace vgpu::conformance::test_cuOccupancyAvailableDynamicSMemPerBlock
