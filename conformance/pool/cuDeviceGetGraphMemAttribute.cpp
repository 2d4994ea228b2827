#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuDeviceGetGraphMemAttribute {

CONFORMANCE_SUITE(cuDeviceGetGraphMemAttribute, PoolContext);
CONFORMANCE_SUITE(cuDeviceGetGraphMemAttribute_fresh, Uninitialised);

cuuint64_t get(CUgraphMem_attribute attribute) {
  cuuint64_t value = 0;
  check(driver().cuDeviceGetGraphMemAttribute(0, attribute, &value),
        "cuDeviceGetGraphMemAttribute");
  return value;
}

/// A graph that allocates, and was run once without freeing.
class HeldMemory {
 public:
  HeldMemory() : graph_(capture()) { graph_.run(); }
  ~HeldMemory() { release(); }
  HeldMemory(const HeldMemory&) = delete;
  HeldMemory& operator=(const HeldMemory&) = delete;

  /// Frees the memory and waits for that.
  void release() {
    if (address_ == 0) return;
    const Stream stream;
    EXPECT_CUDA_OK(driver().cuMemFreeAsync(std::exchange(address_, 0), stream));
    stream.synchronize();
  }

  static constexpr std::size_t bytes = 64 * mebibyte;

 private:
  CUgraph capture() {
    const Stream stream;
    Capture capture(stream);
    check(driver().cuMemAllocAsync(&address_, bytes, stream), "cuMemAllocAsync");
    return capture.end().release();
  }

  CUdeviceptr address_ = 0;
  Graph graph_;
};

constexpr std::array all{CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT, CU_GRAPH_MEM_ATTR_USED_MEM_HIGH,
                         CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT,
                         CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH};

TEST_F(cuDeviceGetGraphMemAttribute, WritesWholeValues) {
  for (const auto attribute : all) {
    const auto [first, second] = expect_writes<cuuint64_t>([&](cuuint64_t* value) {
      return driver().cuDeviceGetGraphMemAttribute(0, attribute, value);
    });
    EXPECT_EQ(first, second) << attribute;
  }
}

TEST_F(cuDeviceGetGraphMemAttribute, CountsWhatARunGraphHolds) {
  const cuuint64_t before = get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT);
  HeldMemory held;
  EXPECT_GE(get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT), before + HeldMemory::bytes);
  EXPECT_GE(get(CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT), get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT));
  EXPECT_GE(get(CU_GRAPH_MEM_ATTR_USED_MEM_HIGH), get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT));
  EXPECT_GE(get(CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH), get(CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT));
  // The driver goes on counting the memory as used for a time.
  held.release();
  EXPECT_LE(get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT), before + HeldMemory::bytes);
  EXPECT_GE(get(CU_GRAPH_MEM_ATTR_USED_MEM_HIGH), before + HeldMemory::bytes);
}

TEST_F(cuDeviceGetGraphMemAttribute, DoesNotCountMemoryOfPools) {
  const cuuint64_t before = get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT);
  const Pool pool;
  const Stream stream;
  const CUdeviceptr address = allocate_ordered(8 * mebibyte, pool, stream);
  EXPECT_EQ(get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT), before);
  free_ordered(address, stream);
}

TEST_F(cuDeviceGetGraphMemAttribute, NeedsNoCurrentContext) {
  const NoContext none;
  for (const auto attribute : all) {
    cuuint64_t value = 0;
    EXPECT_CUDA_OK(driver().cuDeviceGetGraphMemAttribute(0, attribute, &value));
  }
}

TEST_F(cuDeviceGetGraphMemAttribute, RefusesUnknownAttributes) {
  for (const int attribute : {4, 77, -1}) {
    expect_leaves<cuuint64_t>(CUDA_ERROR_INVALID_VALUE, [&](cuuint64_t* value) {
      return driver().cuDeviceGetGraphMemAttribute(0, static_cast<CUgraphMem_attribute>(attribute),
                                                   value);
    });
  }
}

TEST_F(cuDeviceGetGraphMemAttribute, RefusesDevicesThatDoNotExist) {
  for (const int device : {device_count(), -1, 9999}) {
    expect_leaves<cuuint64_t>(CUDA_ERROR_INVALID_DEVICE, [&](cuuint64_t* value) {
      return driver().cuDeviceGetGraphMemAttribute(device, CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT,
                                                   value);
    });
  }
}

TEST_F(cuDeviceGetGraphMemAttribute, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDeviceGetGraphMemAttribute(
                                            0, CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT, nullptr));
}

TEST_F(cuDeviceGetGraphMemAttribute, IsAllowedDuringCapture) {
  expect_safe_in_capture([] {
    cuuint64_t value = 0;
    return driver().cuDeviceGetGraphMemAttribute(0, CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT, &value);
  });
}

TEST_F(cuDeviceGetGraphMemAttribute_fresh, BeforeInit) {
  expect_leaves<cuuint64_t>(CUDA_ERROR_NOT_INITIALIZED, [](cuuint64_t* value) {
    return driver().cuDeviceGetGraphMemAttribute(0, CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT, value);
  });
}

}  // namespace vgpu::conformance::test_cuDeviceGetGraphMemAttribute
