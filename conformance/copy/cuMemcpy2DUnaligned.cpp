#include "copy/places.hpp"

namespace vgpu::conformance::test_cuMemcpy2DUnaligned {

CONFORMANCE_SUITE(cuMemcpy2DUnaligned, Context);
CONFORMANCE_SUITE(cuMemcpy2DUnaligned_fresh, Uninitialised);

using Copy = CUDA_MEMCPY2D;
using OldCopy = CUDA_MEMCPY2D_v1;

auto forms() {
  return std::array{driver().cuMemcpy2DUnaligned_v2, driver().cuMemcpy2DUnaligned_v2_ptds};
}

void finish() {
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
}

/// A copy of some rows between two fresh places that is right but for what a test changes in
/// `copy`.
struct Prepared {
  Layout layout = Layout::random(volume);
  Place source{Kind::pageable, layout.bytes(volume)};
  Place target{Kind::device, layout.bytes(volume)};
  Copy copy = shaped<Copy>(source, layout, target, layout, volume);

  static constexpr Volume volume{33, 7, 1};
};

TEST_F(cuMemcpy2DUnaligned, CopiesBetweenAllKindsOfMemory) {
  for (const auto form : forms()) {
    for (const Kind from : all_kinds()) {
      for (const Kind to : all_kinds()) {
        for (const Volume volume : {Volume{1, 1}, {33, 7}, {4096, 1}, {1, 100}}) {
          for (const bool unified : {false, true}) {
            expect_shaped_copy<Copy>(
                from, to, volume, unified, [&](const Copy& copy) { return form(&copy); }, finish);
          }
        }
      }
    }
  }
}

TEST_F(cuMemcpy2DUnaligned, CopiesMebibytes) {
  for (const auto& [from, to] :
       {std::pair{Kind::pageable, Kind::device}, std::pair{Kind::device, Kind::pageable},
        std::pair{Kind::pinned, Kind::device}}) {
    for (const Volume volume : {Volume{1'000'001, 5}, {5'000'001, 2}, {7, 20'000}}) {
      expect_shaped_copy<Copy>(
          from, to, volume, false,
          [&](const Copy& copy) { return driver().cuMemcpy2DUnaligned_v2(&copy); }, finish);
    }
  }
}

TEST_F(cuMemcpy2DUnaligned, CopiesNothingWhenAnExtentIsZero) {
  for (const auto form : forms()) {
    const Prepared prepared;
    Copy narrow = prepared.copy;
    narrow.WidthInBytes = 0;
    EXPECT_CUDA_OK(form(&narrow));
    Copy flat = prepared.copy;
    flat.Height = 0;
    EXPECT_CUDA_OK(form(&flat));
    finish();
    EXPECT_EQ(prepared.target.read(), prepared.target.before());
  }
}

TEST_F(cuMemcpy2DUnaligned, APitchOfZeroMeansTheTightestOne) {
  const Place source(Kind::pageable, 7 * 30);
  const Place target(Kind::device, 7 * 30);
  const Layout tight{0, 0, 0, 30, 7};
  const Volume volume{30, 7, 1};
  Copy copy = shaped<Copy>(source, tight, target, tight, volume);
  copy.srcPitch = copy.dstPitch = 0;
  EXPECT_CUDA_OK(driver().cuMemcpy2DUnaligned_v2(&copy));
  finish();
  EXPECT_EQ(target.read(), source.before());
}

TEST_F(cuMemcpy2DUnaligned, HasReadPageableMemoryWhenItReturns) {
  for (const auto form : forms()) {
    const Prepared prepared;
    EXPECT_CUDA_OK(form(&prepared.copy));
    std::memset(prepared.source.host(), 0, prepared.source.bytes());
    finish();
    EXPECT_EQ(prepared.target.read(),
              copied(prepared.source.before(), prepared.layout, prepared.target.before(),
                     prepared.layout, Prepared::volume));
  }
}

TEST_F(cuMemcpy2DUnaligned, WaitsForOtherStreamsWhenAnEndIsPageable) {
  const Prepared prepared;
  expect_waits_for_other_streams([&] { return driver().cuMemcpy2DUnaligned_v2(&prepared.copy); });
  const Copy back = shaped<Copy>(prepared.target, prepared.layout, prepared.source, prepared.layout,
                                 Prepared::volume);
  expect_waits_for_other_streams([&] { return driver().cuMemcpy2DUnaligned_v2(&back); });
}

// "For transfers from device memory to device memory, no host-side synchronization is performed."
TEST_F(cuMemcpy2DUnaligned, WithinTheDeviceItReturnsBeforeTheLegacyStreamGetsThere) {
  const Prepared prepared;
  const Place other(Kind::device, prepared.target.bytes());
  const Copy copy =
      shaped<Copy>(prepared.target, prepared.layout, other, prepared.layout, Prepared::volume);
  const Bytes expected = copied(prepared.target.before(), prepared.layout, other.before(),
                                prepared.layout, Prepared::volume);
  expect_legacy_default_stream([&] { return driver().cuMemcpy2DUnaligned_v2(&copy); },
                               [&] { return other.read() == expected; });
}

TEST_F(cuMemcpy2DUnaligned, PtdsWaitsForNoOtherStream) {
  const Prepared prepared;
  expect_waits_for_no_other_stream(
      [&] { return driver().cuMemcpy2DUnaligned_v2_ptds(&prepared.copy); });
  EXPECT_EQ(prepared.target.read(),
            copied(prepared.source.before(), prepared.layout, prepared.target.before(),
                   prepared.layout, Prepared::volume));
}

TEST_F(cuMemcpy2DUnaligned, RefusesPitchesBelowTheWidth) {
  const Prepared prepared;
  for (const auto form : forms()) {
    Copy copy = prepared.copy;
    copy.srcPitch = copy.WidthInBytes - 1;
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(&copy));
    copy = prepared.copy;
    copy.dstPitch = copy.WidthInBytes - 1;
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(&copy));
  }
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
  EXPECT_EQ(prepared.target.read(), prepared.target.before());
}

// "If specified, srcPitch must be greater than or equal to WidthInBytes + srcXInBytes, and dstPitch
// must be greater than or equal to WidthInBytes + dstXInBytes."
TEST_F(cuMemcpy2DUnaligned, RefusesPitchesBelowTheWidthAndTheOffset) {
  const Prepared prepared;
  Copy copy = prepared.copy;
  copy.srcXInBytes = copy.srcPitch - copy.WidthInBytes + 1;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpy2DUnaligned_v2(&copy));
  copy = prepared.copy;
  copy.dstXInBytes = copy.dstPitch - copy.WidthInBytes + 1;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpy2DUnaligned_v2(&copy));
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
  EXPECT_EQ(prepared.target.read(), prepared.target.before());
}

// The documentation has an error for it; the driver looks at the bytes that are copied alone.
TEST_F(cuMemcpy2DUnaligned, TakesPitchesAboveTheDevicesLimit) {
  const Prepared prepared;
  const auto limit = static_cast<std::size_t>(device_attribute(CU_DEVICE_ATTRIBUTE_MAX_PITCH));
  Copy copy = prepared.copy;
  copy.Height = 1;
  copy.srcY = copy.dstY = 0;
  copy.dstPitch = limit + 1;
  EXPECT_CUDA_OK(driver().cuMemcpy2DUnaligned_v2(&copy));
  copy.dstPitch = prepared.copy.dstPitch;
  copy.srcPitch = limit + 1;
  EXPECT_CUDA_OK(driver().cuMemcpy2DUnaligned_v2(&copy));
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
}

TEST_F(cuMemcpy2DUnaligned, RefusesUnknownMemoryTypes) {
  const Prepared prepared;
  for (const int type : {0, 5, -1}) {
    Copy copy = prepared.copy;
    copy.srcMemoryType = static_cast<CUmemorytype>(type);
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpy2DUnaligned_v2(&copy));
    copy = prepared.copy;
    copy.dstMemoryType = static_cast<CUmemorytype>(type);
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpy2DUnaligned_v2(&copy));
  }
}

TEST_F(cuMemcpy2DUnaligned, RefusesBadAddresses) {
  const Prepared prepared;
  const CUdeviceptr stale = stale_address();
  for (const auto form : forms()) {
    for (const CUdeviceptr address : {CUdeviceptr{0}, garbage_address, stale}) {
      Copy copy = prepared.copy;
      copy.dstDevice = address;
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(&copy));
    }
  }
}

TEST_F(cuMemcpy2DUnaligned, RefusesANullHostAddress) {
  const Prepared prepared;
  Copy copy = prepared.copy;
  copy.srcHost = nullptr;
  copy.srcXInBytes = copy.srcY = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpy2DUnaligned_v2(&copy));
}

TEST_F(cuMemcpy2DUnaligned, RefusesRowsBeyondTheAllocation) {
  const DeviceMemory memory(std::size_t{4} << 20);
  const Place source(Kind::pinned, 1002);
  Copy copy{};
  copy.srcMemoryType = CU_MEMORYTYPE_HOST;
  copy.srcHost = source.host();
  copy.srcPitch = 1;
  copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.dstDevice = memory;
  copy.dstPitch = memory.bytes() / 1000;
  copy.WidthInBytes = 1;
  copy.Height = 1002;  // row 1000 has its place in the rounding, row 1001 has none
  copy.dstY = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpy2DUnaligned_v2(&copy));
}

TEST_F(cuMemcpy2DUnaligned, RefusesNullParameters) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr));
  }
}

TEST_F(cuMemcpy2DUnaligned, NeedsACurrentContext) {
  const Prepared prepared;
  const Place source(Kind::pageable, 64);
  const Place target(Kind::pageable, 64);
  const auto old = shaped<OldCopy>(source, {0, 0, 0, 64, 1}, target, {0, 0, 0, 64, 1}, {64, 1, 1});
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(&prepared.copy));
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpy2DUnaligned(&old));
}

// It is neither captured nor forbidden: the thread's own stream does the copy at once.
TEST_F(cuMemcpy2DUnaligned, PtdsIsAllowedDuringCapture) {
  const Prepared prepared;
  expect_safe_in_capture([&] { return driver().cuMemcpy2DUnaligned_v2_ptds(&prepared.copy); });
  EXPECT_EQ(prepared.target.read(),
            copied(prepared.source.before(), prepared.layout, prepared.target.before(),
                   prepared.layout, Prepared::volume));
}

TEST_F(cuMemcpy2DUnaligned, OfTheLegacyStreamEndsACapture) {
  const Prepared prepared;
  expect_implicit_in_capture([&] { return driver().cuMemcpy2DUnaligned_v2(&prepared.copy); });
}

// The form of CUDA 2 takes a context of that time alone and looks at nothing before.
TEST_F(cuMemcpy2DUnaligned, OldFormRefusesContextsOfToday) {
  const Place source(Kind::pageable, 64);
  const Place target(Kind::pageable, 64);
  const auto copy = shaped<OldCopy>(source, {0, 0, 0, 64, 1}, target, {0, 0, 0, 64, 1}, {64, 1, 1});
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpy2DUnaligned(&copy));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpy2DUnaligned(nullptr));
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpy2DUnaligned_fresh, BeforeInit) {
  const Copy copy{};
  const OldCopy old{};
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(&copy));
  }
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuMemcpy2DUnaligned(&old));
}

}  // namespace vgpu::conformance::test_cuMemcpy2DUnaligned
