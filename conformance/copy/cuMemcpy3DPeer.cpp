#include "copy/peer_copy.hpp"
#include "fixture/arrays.hpp"

namespace vgpu::conformance::test_cuMemcpy3DPeer {

CONFORMANCE_SUITE(cuMemcpy3DPeer, Context);
CONFORMANCE_SUITE(cuMemcpy3DPeer_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuMemcpy3DPeer, driver().cuMemcpy3DPeer_ptds};
}

void finish() {
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
}

TEST_F(cuMemcpy3DPeer, CopiesWithinAContext) {
  for (const auto form : forms()) {
    for (const Kind from : {Kind::pageable, Kind::device}) {
      const Layout source_layout = Layout::random(peer_volume);
      const Layout target_layout = Layout::random(peer_volume);
      const Place source(from, source_layout.bytes(peer_volume));
      const Place target(Kind::device, target_layout.bytes(peer_volume));
      const CUDA_MEMCPY3D_PEER copy =
          peer_copy(context, source, source_layout, target, target_layout);
      EXPECT_CUDA_OK(form(&copy));
      finish();
      EXPECT_TRUE(target.read() == copied(source.before(), source_layout, target.before(),
                                          target_layout, peer_volume));
    }
  }
}

TEST_F(cuMemcpy3DPeer, CopiesFromAnotherContext) {
  const Foreign foreign;
  const DeviceMemory memory(256);
  const Bytes bytes = random_bytes(256);
  write_device(foreign.memory(), bytes.data(), bytes.size());
  for (const auto form : forms()) {
    CUDA_MEMCPY3D_PEER copy{};
    copy.srcMemoryType = copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
    copy.srcDevice = foreign.memory();
    copy.srcContext = foreign.context();
    copy.srcPitch = copy.dstPitch = 64;
    copy.srcHeight = copy.dstHeight = 2;
    copy.dstDevice = memory;
    copy.dstContext = context;
    copy.WidthInBytes = 64;
    copy.Height = 2;
    copy.Depth = 2;
    EXPECT_CUDA_OK(form(&copy));
    finish();
    Bytes now(256);
    read_device(now.data(), memory, now.size());
    EXPECT_EQ(now, bytes);
  }
}

TEST_F(cuMemcpy3DPeer, CopiesWindowsOfArrays) {
  for (const auto form : forms()) {
    const Array source(describe(16, 8, 4));
    const Array target(describe(16, 8, 4));
    CUDA_MEMCPY3D_PEER copy{};
    copy.srcMemoryType = copy.dstMemoryType = CU_MEMORYTYPE_ARRAY;
    copy.srcArray = source;
    copy.dstArray = target;
    copy.srcXInBytes = 8;
    copy.srcY = 1;
    copy.srcZ = 2;
    copy.dstXInBytes = 16;
    copy.dstY = 3;
    copy.WidthInBytes = 24;
    copy.Height = 4;
    copy.Depth = 2;
    EXPECT_CUDA_OK(form(&copy));
    finish();
    EXPECT_EQ(target.read(), copied(source.before(), {8, 1, 2, 64, 8}, target.before(),
                                    {16, 3, 0, 64, 8}, {24, 4, 2}));
  }
}

TEST_F(cuMemcpy3DPeer, CopiesNothingWhenAnExtentIsZero) {
  PeerCopy prepared(context);
  prepared.copy.Depth = 0;
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(&prepared.copy));
    finish();
    EXPECT_EQ(prepared.target.read(), prepared.target.before());
  }
}

// No parameters at all: the vendor's driver crashes.

TEST_F(cuMemcpy3DPeer, NeedsACurrentContext) {
  const CUDA_MEMCPY3D_PEER copy{};
  const NoContext none;
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(&copy));
}

// Undocumented.
TEST_F(cuMemcpy3DPeer, PtdsWaitsForNoOtherStream) {
  const PeerCopy prepared(context);
  expect_per_thread_default_stream([&] { return driver().cuMemcpy3DPeer_ptds(&prepared.copy); },
                                   [&] { return prepared.done(); });
}

// Undocumented.
TEST_F(cuMemcpy3DPeer, PtdsIsAllowedDuringCapture) {
  const PeerCopy prepared(context);
  expect_safe_in_capture([&] { return driver().cuMemcpy3DPeer_ptds(&prepared.copy); });
  finish();
  EXPECT_TRUE(prepared.done());
}

// Undocumented.
TEST_F(cuMemcpy3DPeer, OfTheLegacyStreamEndsACapture) {
  const PeerCopy prepared(context);
  expect_implicit_in_capture([&] { return driver().cuMemcpy3DPeer(&prepared.copy); });
}

TEST_F(cuMemcpy3DPeer_fresh, BeforeInit) {
  const CUDA_MEMCPY3D_PEER copy{};
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(&copy));
}

}  // namespace vgpu::conformance::test_cuMemcpy3DPeer
