#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxEnablePeerAccess {

CONFORMANCE_SUITE(cuCtxEnablePeerAccess, OwnContext);
CONFORMANCE_SUITE(cuCtxEnablePeerAccess_fresh, Uninitialised);

/// Device 1's primary context while this lives.
class Peer {
 public:
  Peer() { check(driver().cuDevicePrimaryCtxRetain(&context_, 1), "cuDevicePrimaryCtxRetain(1)"); }
  ~Peer() { driver().cuDevicePrimaryCtxRelease_v2(1); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  operator CUcontext() const noexcept { return context_; }

 private:
  CUcontext context_ = nullptr;
};

bool peers_can_access() {
  int can = 0;
  check(driver().cuDeviceCanAccessPeer(&can, 0, 1), "cuDeviceCanAccessPeer");
  return can != 0;
}

CUresult enable(CUcontext peer) {
  return driver().cuCtxEnablePeerAccess(peer, 0);
}

// A context's own memory and that of a peer, seen by one kernel.
TEST_F(cuCtxEnablePeerAccess, LetsKernelsUseThePeersMemory) {
  REQUIRE_DEVICES(2);
  const Peer peer;
  if (!peers_can_access()) {
    EXPECT_CUDA(CUDA_ERROR_PEER_ACCESS_UNSUPPORTED, enable(peer));
    return;
  }
  const auto data = random_vector<unsigned>(1000);
  CUdeviceptr remote = 0;
  {
    const Current current(peer);
    ASSERT_CUDA_OK(driver().cuMemAlloc_v2(&remote, data.size() * sizeof(unsigned)));
    write_device(remote, data.data(), data.size() * sizeof(unsigned));
  }
  ASSERT_CUDA_OK(enable(peer));
  EXPECT_CUDA(CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED, enable(peer));
  {
    const DeviceBuffer<unsigned> local(data.size());
    const Module module;
    const Stream stream;
    module.kernel("copy").launch({8}, {128}, 0, stream, local.address(), remote,
                                 static_cast<unsigned>(data.size()));
    stream.synchronize();
    EXPECT_EQ(local.read(), data);
  }
  EXPECT_CUDA_OK(driver().cuCtxDisablePeerAccess(peer));
  const Current current(peer);
  EXPECT_CUDA_OK(driver().cuMemFree_v2(remote));
}

// Documented is CUDA_ERROR_INVALID_CONTEXT; a device is no peer of itself.
TEST_F(cuCtxEnablePeerAccess, RefusesTheCurrentContext) {
  EXPECT_CUDA(CUDA_ERROR_PEER_ACCESS_UNSUPPORTED, enable(context));
}

// A device is no peer of itself: cuDeviceCanAccessPeer says 0.
TEST_F(cuCtxEnablePeerAccess, RefusesAnotherContextOfTheDevice) {
  const ExtraContext extra;
  EXPECT_CUDA(CUDA_ERROR_PEER_ACCESS_UNSUPPORTED, enable(extra));  // Undocumented.
}

TEST_F(cuCtxEnablePeerAccess, RefusesNull) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, enable(nullptr));
}

TEST_F(cuCtxEnablePeerAccess, RefusesADestroyedContext) {
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, of_stale_context(enable(stale_context())));
}

TEST_F(cuCtxEnablePeerAccess, RefusesFlags) {
  const ExtraContext extra;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuCtxEnablePeerAccess(extra, 1));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuCtxEnablePeerAccess(extra, 0x80000000U));
}

TEST_F(cuCtxEnablePeerAccess, NeedsACurrentContext) {
  const ExtraContext extra;
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, enable(extra));
}

// Undocumented.
TEST_F(cuCtxEnablePeerAccess, LeavesACaptureAlone) {
  const ExtraContext extra;
  expect_refused_in_capture(CUDA_ERROR_PEER_ACCESS_UNSUPPORTED, [&] { return enable(extra); });
}

TEST_F(cuCtxEnablePeerAccess_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, enable(garbage_handle<CUcontext>()));
}

}  // namespace vgpu::conformance::test_cuCtxEnablePeerAccess
