#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuPointerSetAttribute {

CONFORMANCE_SUITE(cuPointerSetAttribute, Context);
CONFORMANCE_SUITE(cuPointerSetAttribute_fresh, Uninitialised);

CUresult set(unsigned value, CUdeviceptr address,
             CUpointer_attribute attribute = CU_POINTER_ATTRIBUTE_SYNC_MEMOPS) {
  return driver().cuPointerSetAttribute(&value, attribute, address);
}

bool is_set(CUdeviceptr address) {
  unsigned long long value = 0;
  check(driver().cuPointerGetAttribute(&value, CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, address),
        "cuPointerGetAttribute");
  return value != 0;
}

TEST_F(cuPointerSetAttribute, IsReadBack) {
  const DeviceMemory memory(4096);
  EXPECT_FALSE(is_set(memory));
  EXPECT_CUDA_OK(set(1, memory));
  EXPECT_TRUE(is_set(memory));
  EXPECT_CUDA_OK(set(0, memory));
  EXPECT_FALSE(is_set(memory));
}

TEST_F(cuPointerSetAttribute, HoldsForTheWholeAllocationAndNoOther) {
  const DeviceMemory before(4096);
  const DeviceMemory memory(4096);
  const DeviceMemory after(4096);
  EXPECT_CUDA_OK(set(1, memory + 2000));
  EXPECT_TRUE(is_set(memory));
  EXPECT_TRUE(is_set(memory + 4095));
  EXPECT_FALSE(is_set(before));
  EXPECT_FALSE(is_set(after));
}

TEST_F(cuPointerSetAttribute, DiesWithTheAllocation) {
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAlloc_v2(&address, 4096));
  EXPECT_CUDA_OK(set(1, address));
  ASSERT_CUDA_OK(driver().cuMemFree_v2(address));
  // Most likely the same address again.
  const DeviceMemory memory(4096);
  EXPECT_FALSE(is_set(memory));
}

// What is otherwise "asynchronous with respect to the host".
TEST_F(cuPointerSetAttribute, MakesASynchronousMemsetSynchronous) {
  const DeviceBuffer<unsigned char> buffer(std::vector<unsigned char>(1000, 1));
  EXPECT_CUDA_OK(set(1, buffer));
  expect_waits_for_other_streams([&] { return driver().cuMemsetD8_v2(buffer, 2, 1000); });
  EXPECT_EQ(buffer.read(), std::vector<unsigned char>(1000, 2));
  EXPECT_CUDA_OK(set(0, buffer));
  expect_legacy_default_stream(
      [&] { return driver().cuMemsetD8_v2(buffer, 3, 1000); },
      [&] { return buffer.read() == std::vector<unsigned char>(1000, 3); });
}

TEST_F(cuPointerSetAttribute, ReadsAllOfTheValue) {
  const DeviceMemory memory(4096);
  EXPECT_CUDA_OK(set(1, memory));
  const std::array<unsigned, 2> value{0, 1};
  EXPECT_CUDA_OK(
      driver().cuPointerSetAttribute(value.data(), CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, memory));
  EXPECT_FALSE(is_set(memory));
}

TEST_F(cuPointerSetAttribute, RefusesOtherAttributes) {
  const DeviceMemory memory(4096);
  for (const int attribute :
       {int{CU_POINTER_ATTRIBUTE_CONTEXT}, int{CU_POINTER_ATTRIBUTE_MEMORY_TYPE},
        int{CU_POINTER_ATTRIBUTE_BUFFER_ID}, int{CU_POINTER_ATTRIBUTE_IS_MANAGED}, 0, -1, 1000}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                set(1, memory, static_cast<CUpointer_attribute>(attribute)))
        << "attribute " << attribute;
  }
  EXPECT_FALSE(is_set(memory));
}

TEST_F(cuPointerSetAttribute, RefusesANullValue) {
  const DeviceMemory memory(4096);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuPointerSetAttribute(nullptr, CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, memory));
}

TEST_F(cuPointerSetAttribute, RefusesAddressesThatTheDriverDoesNotKnow) {
  const int ordinary = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(1, 0));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(1, garbage_address));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(1, stale_address()));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(1, reinterpret_cast<CUdeviceptr>(&ordinary)));
}

// Undocumented.
TEST_F(cuPointerSetAttribute, NeedsNoCurrentContext) {
  const DeviceMemory memory(4096);
  {
    const NoContext none;
    EXPECT_CUDA_OK(set(1, memory));
  }
  EXPECT_TRUE(is_set(memory));
}

TEST_F(cuPointerSetAttribute, IsUnsafeDuringCapture) {
  const DeviceMemory memory(4096);
  expect_unsafe_in_capture([&] { return set(1, memory); });
}

TEST_F(cuPointerSetAttribute_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, set(1, garbage_address));
}

}  // namespace vgpu::conformance::test_cuPointerSetAttribute
