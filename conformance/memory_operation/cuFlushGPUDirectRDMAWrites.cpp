#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuFlushGPUDirectRDMAWrites {

CONFORMANCE_SUITE(cuFlushGPUDirectRDMAWrites, Context);
CONFORMANCE_SUITE(cuFlushGPUDirectRDMAWrites_fresh, Uninitialised);

CUresult flush(int target = CU_FLUSH_GPU_DIRECT_RDMA_WRITES_TARGET_CURRENT_CTX,
               int scope = CU_FLUSH_GPU_DIRECT_RDMA_WRITES_TO_OWNER) {
  return driver().cuFlushGPUDirectRDMAWrites(static_cast<CUflushGPUDirectRDMAWritesTarget>(target),
                                             static_cast<CUflushGPUDirectRDMAWritesScope>(scope));
}

/// Whether the host may flush on this device.
bool can_flush() {
  return (device_attribute(CU_DEVICE_ATTRIBUTE_GPU_DIRECT_RDMA_FLUSH_WRITES_OPTIONS) &
          CU_FLUSH_GPU_DIRECT_RDMA_WRITES_OPTION_HOST) != 0;
}

TEST_F(cuFlushGPUDirectRDMAWrites, WorksForBothScopesWhereTheDeviceSaysSo) {
  for (const int scope :
       {CU_FLUSH_GPU_DIRECT_RDMA_WRITES_TO_OWNER, CU_FLUSH_GPU_DIRECT_RDMA_WRITES_TO_ALL_DEVICES}) {
    EXPECT_CUDA(can_flush() ? CUDA_SUCCESS : CUDA_ERROR_NOT_SUPPORTED,
                flush(CU_FLUSH_GPU_DIRECT_RDMA_WRITES_TARGET_CURRENT_CTX, scope))
        << "scope " << scope;
  }
}

TEST_F(cuFlushGPUDirectRDMAWrites, WaitsForNoStream) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_GPU_DIRECT_RDMA_FLUSH_WRITES_OPTIONS);
  const Stream stream;
  const Blocker blocker(stream);
  EXPECT_CUDA_OK(flush());
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
}

TEST_F(cuFlushGPUDirectRDMAWrites, RefusesOtherTargets) {
  for (const int target : {1, 100, -1}) EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, flush(target));
}

TEST_F(cuFlushGPUDirectRDMAWrites, RefusesOtherScopes) {
  for (const int scope : {0, 101, 300, -1}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                flush(CU_FLUSH_GPU_DIRECT_RDMA_WRITES_TARGET_CURRENT_CTX, scope));
  }
}

TEST_F(cuFlushGPUDirectRDMAWrites, NeedsACurrentContext) {
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, flush());
}

// Undocumented.
TEST_F(cuFlushGPUDirectRDMAWrites, LeavesACaptureAlone) {
  expect_refused_in_capture(can_flush() ? CUDA_SUCCESS : CUDA_ERROR_NOT_SUPPORTED,
                            [] { return flush(); });
}

TEST_F(cuFlushGPUDirectRDMAWrites_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, flush());
}

}  // namespace vgpu::conformance::test_cuFlushGPUDirectRDMAWrites
