#include "pool/pools.hpp"

namespace vgpu::conformance::test_cuDeviceGraphMemTrim {

CONFORMANCE_SUITE(cuDeviceGraphMemTrim, PoolContext);
CONFORMANCE_SUITE(cuDeviceGraphMemTrim_fresh, Uninitialised);

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

TEST_F(cuDeviceGraphMemTrim, GivesUnusedMemoryBack) {
  HeldMemory().release();
  EXPECT_CUDA_OK(driver().cuDeviceGraphMemTrim(0));
  EXPECT_EQ(get(CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT), get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT));
}

TEST_F(cuDeviceGraphMemTrim, KeepsWhatAGraphHolds) {
  HeldMemory held;
  EXPECT_CUDA_OK(driver().cuDeviceGraphMemTrim(0));
  EXPECT_GE(get(CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT), HeldMemory::bytes);
}

TEST_F(cuDeviceGraphMemTrim, GraphsRunAfterwards) {
  const DeviceBuffer<unsigned> result(1000);
  const Module module;
  const Stream stream;
  Capture capture(stream);
  CUdeviceptr address = 0;
  check(driver().cuMemAllocAsync(&address, result.bytes(), stream), "cuMemAllocAsync");
  module.kernel("fill").launch({8}, {128}, 0, stream, address, 1000U, 9U);
  check(driver().cuMemcpyDtoDAsync_v2(result, address, result.bytes(), stream), "DtoD");
  free_ordered(address, stream);
  const Graph graph = capture.end();
  graph.run();
  EXPECT_CUDA_OK(driver().cuDeviceGraphMemTrim(0));
  module.kernel("fill").over(result, stream, 1U);
  stream.synchronize();
  graph.run();
  EXPECT_EQ(result.read(), std::vector<unsigned>(1000, 9));
}

TEST_F(cuDeviceGraphMemTrim, NeedsNoCurrentContext) {
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuDeviceGraphMemTrim(0));
}

TEST_F(cuDeviceGraphMemTrim, RefusesDevicesThatDoNotExist) {
  for (const int device : {device_count(), -1, 9999}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE, driver().cuDeviceGraphMemTrim(device));
  }
}

TEST_F(cuDeviceGraphMemTrim, IsAllowedDuringCapture) {
  expect_safe_in_capture([] { return driver().cuDeviceGraphMemTrim(0); });  // Undocumented.
}

TEST_F(cuDeviceGraphMemTrim_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuDeviceGraphMemTrim(0));
}

}  // namespace vgpu::conformance::test_cuDeviceGraphMemTrim
