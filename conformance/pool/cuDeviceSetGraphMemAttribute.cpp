#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuDeviceSetGraphMemAttribute {

CONFORMANCE_SUITE(cuDeviceSetGraphMemAttribute, PoolContext);
CONFORMANCE_SUITE(cuDeviceSetGraphMemAttribute_fresh, Uninitialised);

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

CUresult set(CUgraphMem_attribute attribute, cuuint64_t value, CUdevice device = 0) {
  return driver().cuDeviceSetGraphMemAttribute(device, attribute, &value);
}

TEST_F(cuDeviceSetGraphMemAttribute, ResetsTheHighWatermarks) {
  HeldMemory().release();
  check(driver().cuDeviceGraphMemTrim(0), "cuDeviceGraphMemTrim");
  ASSERT_GE(get(CU_GRAPH_MEM_ATTR_USED_MEM_HIGH), HeldMemory::bytes);
  EXPECT_CUDA_OK(set(CU_GRAPH_MEM_ATTR_USED_MEM_HIGH, 0));
  EXPECT_EQ(get(CU_GRAPH_MEM_ATTR_USED_MEM_HIGH), get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT));
  ASSERT_GE(get(CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH), HeldMemory::bytes);
  EXPECT_CUDA_OK(set(CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH, 0));
  EXPECT_EQ(get(CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH), get(CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT));
}

// "High watermark can only be reset to zero."
TEST_F(cuDeviceSetGraphMemAttribute, RefusesOtherWatermarksThanZero) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(CU_GRAPH_MEM_ATTR_USED_MEM_HIGH, 1));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH, 1));
}

TEST_F(cuDeviceSetGraphMemAttribute, RefusesToSetWhatIsCounted) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT, 0));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT, 0));
}

TEST_F(cuDeviceSetGraphMemAttribute, RefusesUnknownAttributes) {
  for (const int attribute : {4, 77, -1}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(static_cast<CUgraphMem_attribute>(attribute), 0));
  }
}

TEST_F(cuDeviceSetGraphMemAttribute, RefusesDevicesThatDoNotExist) {
  for (const int device : {device_count(), -1, 9999}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE, set(CU_GRAPH_MEM_ATTR_USED_MEM_HIGH, 0, device));
  }
}

TEST_F(cuDeviceSetGraphMemAttribute, RefusesANullValue) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuDeviceSetGraphMemAttribute(0, CU_GRAPH_MEM_ATTR_USED_MEM_HIGH, nullptr));
}

TEST_F(cuDeviceSetGraphMemAttribute, NeedsNoCurrentContext) {
  const NoContext none;
  EXPECT_CUDA_OK(set(CU_GRAPH_MEM_ATTR_USED_MEM_HIGH, 0));
}

TEST_F(cuDeviceSetGraphMemAttribute, IsAllowedDuringCapture) {
  expect_safe_in_capture([] { return set(CU_GRAPH_MEM_ATTR_USED_MEM_HIGH, 0); });
}

TEST_F(cuDeviceSetGraphMemAttribute_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, set(CU_GRAPH_MEM_ATTR_USED_MEM_HIGH, 0));
}

}  // namespace vgpu::conformance::test_cuDeviceSetGraphMemAttribute
