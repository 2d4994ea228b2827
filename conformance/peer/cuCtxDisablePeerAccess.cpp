#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxDisablePeerAccess {

CONFORMANCE_SUITE(cuCtxDisablePeerAccess, OwnContext);
CONFORMANCE_SUITE(cuCtxDisablePeerAccess_fresh, Uninitialised);

CUresult disable(CUcontext peer) {
  return driver().cuCtxDisablePeerAccess(peer);
}

// Enabling is directional and per pair of contexts.
TEST_F(cuCtxDisablePeerAccess, UndoesWhatWasEnabledAndOnlyThat) {
  REQUIRE_DEVICES(2);
  CUcontext peer = nullptr;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRetain(&peer, 1));
  EXPECT_CUDA(CUDA_ERROR_PEER_ACCESS_NOT_ENABLED, disable(peer));
  int can = 0;
  ASSERT_CUDA_OK(driver().cuDeviceCanAccessPeer(&can, 0, 1));
  if (can != 0) {
    ASSERT_CUDA_OK(driver().cuCtxEnablePeerAccess(peer, 0));
    {
      const Current current(peer);
      EXPECT_CUDA(CUDA_ERROR_PEER_ACCESS_NOT_ENABLED, disable(context));
    }
    EXPECT_CUDA_OK(disable(peer));
    EXPECT_CUDA(CUDA_ERROR_PEER_ACCESS_NOT_ENABLED, disable(peer));
    EXPECT_CUDA_OK(driver().cuCtxEnablePeerAccess(peer, 0));
    EXPECT_CUDA_OK(disable(peer));
  }
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(1));
}

TEST_F(cuCtxDisablePeerAccess, RefusesWhatWasNotEnabled) {
  const ExtraContext extra;
  EXPECT_CUDA(CUDA_ERROR_PEER_ACCESS_NOT_ENABLED, disable(extra));
}

TEST_F(cuCtxDisablePeerAccess, RefusesTheCurrentContext) {
  EXPECT_CUDA(CUDA_ERROR_PEER_ACCESS_NOT_ENABLED, disable(context));  // Undocumented.
}

TEST_F(cuCtxDisablePeerAccess, RefusesNull) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, disable(nullptr));
}

TEST_F(cuCtxDisablePeerAccess, RefusesADestroyedContext) {
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, of_stale_context(disable(stale_context())));
}

TEST_F(cuCtxDisablePeerAccess, NeedsACurrentContext) {
  const ExtraContext extra;
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, disable(extra));
}

// Undocumented.
TEST_F(cuCtxDisablePeerAccess, LeavesACaptureAlone) {
  const ExtraContext extra;
  expect_refused_in_capture(CUDA_ERROR_PEER_ACCESS_NOT_ENABLED, [&] { return disable(extra); });
}

TEST_F(cuCtxDisablePeerAccess_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, disable(garbage_handle<CUcontext>()));
}

}  // namespace vgpu::conformance::test_cuCtxDisablePeerAccess
