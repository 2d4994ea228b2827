#include <memory>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemHostUnregister {

CONFORMANCE_SUITE(cuMemHostUnregister, Context);
CONFORMANCE_SUITE(cuMemHostUnregister_fresh, Uninitialised);

/// Ordinary memory, which is registered and not unregistered again.
struct Memory {
  alignas(4096) unsigned words[4096] = {};
};

std::unique_ptr<Memory> registered() {
  auto memory = std::make_unique<Memory>();
  check(driver().cuMemHostRegister_v2(memory->words, sizeof *memory, 0), "cuMemHostRegister_v2");
  return memory;
}

bool known(const void* memory) {
  unsigned type = 0;
  return driver().cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
                                        reinterpret_cast<CUdeviceptr>(memory)) == CUDA_SUCCESS;
}

TEST_F(cuMemHostUnregister, TheDriverForgetsTheMemory) {
  const auto memory = registered();
  EXPECT_TRUE(known(memory.get()));
  EXPECT_CUDA_OK(driver().cuMemHostUnregister(memory.get()));
  EXPECT_FALSE(known(memory.get()));
}

TEST_F(cuMemHostUnregister, TheMemoryStaysWithWhatTheDeviceWrote) {
  const auto memory = registered();
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemHostGetDevicePointer_v2(&address, memory.get(), 0));
  const auto value = random_value<unsigned>();
  const Module module;
  const Stream stream;
  module.kernel("fill").launch({32}, {128}, 0, stream, address, 4000U, value);
  stream.synchronize();
  EXPECT_CUDA_OK(driver().cuMemHostUnregister(memory.get()));
  EXPECT_EQ(std::count(memory->words, memory->words + 4000, value), 4000);
  memory->words[0] = ~value;
  EXPECT_EQ(memory->words[0], ~value);
}

// What the kernel writes has to be there even if nobody synchronised before.
TEST_F(cuMemHostUnregister, WaitsForTheWorkThatWasQueuedBefore) {
  const auto memory = registered();
  expect_waits_for_other_streams([&] { return driver().cuMemHostUnregister(memory.get()); });
}

TEST_F(cuMemHostUnregister, TheMemoryMayBeRegisteredAgain) {
  const auto memory = registered();
  for (int i = 0; i < 5; ++i) {
    EXPECT_CUDA_OK(driver().cuMemHostUnregister(memory.get()));
    EXPECT_CUDA_OK(driver().cuMemHostRegister_v2(memory.get(), sizeof *memory, 0));
  }
  EXPECT_CUDA_OK(driver().cuMemHostUnregister(memory.get()));
}

TEST_F(cuMemHostUnregister, RefusesASecondTime) {
  const auto memory = registered();
  EXPECT_CUDA_OK(driver().cuMemHostUnregister(memory.get()));
  EXPECT_CUDA(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, driver().cuMemHostUnregister(memory.get()));
}

TEST_F(cuMemHostUnregister, RefusesMemoryThatWasNeverRegistered) {
  const auto memory = std::make_unique<Memory>();
  EXPECT_CUDA(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, driver().cuMemHostUnregister(memory.get()));
}

// "The base address must be the same one."
TEST_F(cuMemHostUnregister, RefusesAnAddressInsideTheRange) {
  const auto memory = registered();
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemHostUnregister(memory->words + 1024));
  EXPECT_TRUE(known(memory.get()));
  EXPECT_CUDA_OK(driver().cuMemHostUnregister(memory.get()));
}

// Undocumented.
TEST_F(cuMemHostUnregister, RefusesNull) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemHostUnregister(nullptr));
}

// Undocumented: which of its two errors it is.
TEST_F(cuMemHostUnregister, RefusesPinnedMemory) {
  const PinnedMemory pinned(4096);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemHostUnregister(pinned.host()));
  EXPECT_TRUE(known(pinned.host()));
}

// Undocumented: the address is enough.
TEST_F(cuMemHostUnregister, NeedsNoCurrentContext) {
  const auto memory = registered();
  {
    const NoContext none;
    EXPECT_CUDA_OK(driver().cuMemHostUnregister(memory.get()));
  }
  EXPECT_FALSE(known(memory.get()));
}

TEST_F(cuMemHostUnregister, IsUnsafeDuringCapture) {
  std::vector<std::unique_ptr<Memory>> left;
  expect_unsafe_in_capture(
      [&] {
        const CUresult result = driver().cuMemHostUnregister(left.back().get());
        if (result == CUDA_SUCCESS) left.pop_back();
        return result;
      },
      [&] { left.push_back(registered()); });
  EXPECT_EQ(left.size(), 3U) << "a refused call unregisters nothing";
  for (const auto& memory : left) EXPECT_CUDA_OK(driver().cuMemHostUnregister(memory.get()));
}

TEST_F(cuMemHostUnregister_fresh, BeforeInit) {
  int ordinary = 0;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuMemHostUnregister(&ordinary));
}

}  // namespace vgpu::conformance::test_cuMemHostUnregister
