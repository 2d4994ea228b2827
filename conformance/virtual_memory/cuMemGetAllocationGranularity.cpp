#include "virtual_memory/mappings.hpp"

namespace vgpu::conformance::test_cuMemGetAllocationGranularity {

CONFORMANCE_SUITE(cuMemGetAllocationGranularity, VirtualMemoryContext);
CONFORMANCE_SUITE(cuMemGetAllocationGranularity_fresh, Uninitialised);

using Option = CUmemAllocationGranularity_flags;

void expect_refusal(CUresult expected, const CUmemAllocationProp* properties,
                    Option option = CU_MEM_ALLOC_GRANULARITY_MINIMUM) {
  expect_leaves<std::size_t>(expected, [&](std::size_t* bytes) {
    return driver().cuMemGetAllocationGranularity(bytes, properties, option);
  });
}

TEST_F(cuMemGetAllocationGranularity, WritesPowersOfTwo) {
  const CUmemAllocationProp properties = allocation_properties();
  std::size_t least = 1;
  for (const Option option :
       {CU_MEM_ALLOC_GRANULARITY_MINIMUM, CU_MEM_ALLOC_GRANULARITY_RECOMMENDED}) {
    const auto [first, second] = expect_writes<std::size_t>([&](std::size_t* bytes) {
      return driver().cuMemGetAllocationGranularity(bytes, &properties, option);
    });
    EXPECT_EQ(first, second);
    EXPECT_GE(first, 4096U);
    EXPECT_EQ(first & (first - 1), 0U) << first;
    EXPECT_EQ(first % least, 0U) << "what is recommended is no multiple of the least";
    least = first;
  }
}

TEST_F(cuMemGetAllocationGranularity, IsWhatCuMemCreateTakes) {
  const CUmemAllocationProp properties = allocation_properties();
  const Physical physical(granularity());
  CUmemGenericAllocationHandle handle = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemCreate(&handle, granularity() / 2, &properties, 0));
}

TEST_F(cuMemGetAllocationGranularity, NeedsNoCurrentContext) {
  const NoContext none;
  EXPECT_NE(granularity(), 0U);
}

TEST_F(cuMemGetAllocationGranularity, RefusesUnknownOptions) {
  const CUmemAllocationProp properties = allocation_properties();
  for (const int option : {2, 77, -1}) {
    expect_refusal(CUDA_ERROR_INVALID_VALUE, &properties, static_cast<Option>(option));
  }
}

// The driver has one answer for all that could be asked for.
TEST_F(cuMemGetAllocationGranularity, LooksAtNeitherTypeNorLocation) {
  const auto expect_success = [](const CUmemAllocationProp& properties) {
    std::size_t bytes = 0;
    EXPECT_CUDA_OK(driver().cuMemGetAllocationGranularity(&bytes, &properties,
                                                          CU_MEM_ALLOC_GRANULARITY_MINIMUM));
  };
  for (const int unknown : {0, 77}) {
    CUmemAllocationProp properties = allocation_properties();
    properties.type = static_cast<CUmemAllocationType>(unknown);
    expect_success(properties);
    properties = allocation_properties();
    properties.location.type = static_cast<CUmemLocationType>(unknown);
    expect_success(properties);
  }
  for (const int id : {device_count(), -1, 9999}) {
    CUmemAllocationProp properties = allocation_properties();
    properties.location.id = id;
    expect_success(properties);
  }
}

TEST_F(cuMemGetAllocationGranularity, RefusesNullArguments) {
  const CUmemAllocationProp properties = allocation_properties();
  expect_refusal(CUDA_ERROR_INVALID_VALUE, nullptr);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemGetAllocationGranularity(nullptr, &properties,
                                                     CU_MEM_ALLOC_GRANULARITY_MINIMUM));
}

TEST_F(cuMemGetAllocationGranularity, IsAllowedDuringCapture) {
  const CUmemAllocationProp properties = allocation_properties();
  expect_safe_in_capture([&] {
    std::size_t bytes = 0;
    return driver().cuMemGetAllocationGranularity(&bytes, &properties,
                                                  CU_MEM_ALLOC_GRANULARITY_MINIMUM);
  });
}

TEST_F(cuMemGetAllocationGranularity_fresh, BeforeInit) {
  const CUmemAllocationProp properties = allocation_properties();
  expect_refusal(CUDA_ERROR_NOT_INITIALIZED, &properties);
}

}  // namespace vgpu::conformance::test_cuMemGetAllocationGranularity
