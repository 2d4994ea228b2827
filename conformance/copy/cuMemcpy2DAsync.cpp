#include "copy/places.hpp"

namespace vgpu::conformance::test_cuMemcpy2DAsync {

CONFORMANCE_SUITE(cuMemcpy2DAsync, Context);
CONFORMANCE_SUITE(cuMemcpy2DAsync_fresh, Uninitialised);

using Copy = CUDA_MEMCPY2D;
using OldCopy = CUDA_MEMCPY2D_v1;

auto forms() {
  return std::array{driver().cuMemcpy2DAsync_v2, driver().cuMemcpy2DAsync_v2_ptsz};
}

/// A copy of some rows between two fresh places that is right but for what a test changes in
/// `copy`.
struct Prepared {
  explicit Prepared(Kind from = Kind::pinned, Kind to = Kind::device)
      : source(from, layout.bytes(volume)), target(to, layout.bytes(volume)) {}

  /// What the target has to hold afterwards.
  [[nodiscard]] Bytes expected() const {
    return copied(source.before(), layout, target.before(), layout, volume);
  }
  [[nodiscard]] bool done() const { return target.read() == expected(); }

  static constexpr Volume volume{33, 7, 1};

  Layout layout = Layout::random(volume);
  Place source;
  Place target;
  Copy copy = shaped<Copy>(source, layout, target, layout, volume);
};

TEST_F(cuMemcpy2DAsync, CopiesBetweenAllKindsOfMemory) {
  const Stream stream;
  for (const auto form : forms()) {
    for (const Kind from : all_kinds()) {
      for (const Kind to : all_kinds()) {
        for (const Volume volume : {Volume{1, 1}, {33, 7}, {4096, 1}, {1, 100}}) {
          for (const bool unified : {false, true}) {
            expect_shaped_copy<Copy>(
                from, to, volume, unified, [&](const Copy& copy) { return form(&copy, stream); },
                [&] { stream.synchronize(); });
          }
        }
      }
    }
  }
}

TEST_F(cuMemcpy2DAsync, CopiesMebibytes) {
  const Stream stream;
  for (const auto& [from, to] :
       {std::pair{Kind::pageable, Kind::device}, std::pair{Kind::device, Kind::pageable},
        std::pair{Kind::pinned, Kind::device}}) {
    for (const Volume volume : {Volume{1'000'001, 5}, {5'000'001, 2}, {7, 20'000}}) {
      expect_shaped_copy<Copy>(
          from, to, volume, false,
          [&](const Copy& copy) { return driver().cuMemcpy2DAsync_v2(&copy, stream); },
          [&] { stream.synchronize(); });
    }
  }
}

TEST_F(cuMemcpy2DAsync, CopiesNothingWhenAnExtentIsZero) {
  const Stream stream;
  for (const auto form : forms()) {
    const Prepared prepared;
    Copy narrow = prepared.copy;
    narrow.WidthInBytes = 0;
    EXPECT_CUDA_OK(form(&narrow, stream));
    Copy flat = prepared.copy;
    flat.Height = 0;
    EXPECT_CUDA_OK(form(&flat, stream));
    stream.synchronize();
    EXPECT_EQ(prepared.target.read(), prepared.target.before());
  }
}

TEST_F(cuMemcpy2DAsync, ReturnsBeforeTheStreamGetsThere) {
  for (const auto form : forms()) {
    for (const auto& [from, to] :
         {std::pair{Kind::pinned, Kind::device}, std::pair{Kind::device, Kind::pinned},
          std::pair{Kind::device, Kind::device}}) {
      SCOPED_TRACE(std::string(name_of(from)) + " to " + name_of(to));
      const Prepared prepared(from, to);
      Copy copy = prepared.copy;
      const Stream stream;
      Blocker blocker(stream);
      EXPECT_CUDA_OK(form(&copy, stream));
      copy = {};  // the parameters are not needed any more
      EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
      EXPECT_EQ(prepared.target.read(), prepared.target.before());
      blocker.finish();
      EXPECT_EQ(prepared.target.read(), prepared.expected());
    }
  }
}

TEST_F(cuMemcpy2DAsync, HasReadPageableMemoryWhenItReturns) {
  const Stream stream;
  for (const auto form : forms()) {
    const Prepared prepared(Kind::pageable);
    EXPECT_CUDA_OK(form(&prepared.copy, stream));
    std::memset(prepared.source.host(), 0, prepared.source.bytes());
    stream.synchronize();
    EXPECT_EQ(prepared.target.read(), prepared.expected());
  }
}

TEST_F(cuMemcpy2DAsync, ToPageableMemoryItReturnsWhenTheCopyIsDone) {
  const Prepared prepared(Kind::device, Kind::pageable);
  expect_waits_for_other_streams(
      [&] { return driver().cuMemcpy2DAsync_v2(&prepared.copy, nullptr); });
  EXPECT_EQ(prepared.target.read(), prepared.expected());
}

TEST_F(cuMemcpy2DAsync, KeepsTheOrderOfItsStream) {
  const Prepared first;
  const Place third(Kind::pinned, first.target.bytes());
  const Copy onward =
      shaped<Copy>(first.target, first.layout, third, first.layout, Prepared::volume);
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuMemcpy2DAsync_v2(&first.copy, stream));
  EXPECT_CUDA_OK(driver().cuMemcpy2DAsync_v2(&onward, stream));
  blocker.finish();
  EXPECT_EQ(third.read(), copied(first.source.before(), first.layout, third.before(), first.layout,
                                 Prepared::volume));
}

TEST_F(cuMemcpy2DAsync, DefaultStreamIsTheLegacyOne) {
  const Prepared prepared;
  expect_legacy_default_stream([&] { return driver().cuMemcpy2DAsync_v2(&prepared.copy, nullptr); },
                               [&] { return prepared.done(); });
}

TEST_F(cuMemcpy2DAsync, PtszDefaultStreamIsTheThreadsOwn) {
  const Prepared prepared;
  expect_per_thread_default_stream(
      [&] { return driver().cuMemcpy2DAsync_v2_ptsz(&prepared.copy, nullptr); },
      [&] { return prepared.done(); });
}

TEST_F(cuMemcpy2DAsync, RefusesPitchesBelowTheWidth) {
  const Prepared prepared;
  for (const auto form : forms()) {
    Copy copy = prepared.copy;
    copy.srcPitch = copy.WidthInBytes - 1;
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(&copy, nullptr));
    copy = prepared.copy;
    copy.dstPitch = copy.WidthInBytes - 1;
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(&copy, nullptr));
  }
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
  EXPECT_EQ(prepared.target.read(), prepared.target.before());
}

// "If specified, srcPitch must be greater than or equal to WidthInBytes + srcXInBytes, and dstPitch
// must be greater than or equal to WidthInBytes + dstXInBytes."
TEST_F(cuMemcpy2DAsync, RefusesPitchesBelowTheWidthAndTheOffset) {
  const Prepared prepared;
  Copy copy = prepared.copy;
  copy.srcXInBytes = copy.srcPitch - copy.WidthInBytes + 1;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpy2DAsync_v2(&copy, nullptr));
  copy = prepared.copy;
  copy.dstXInBytes = copy.dstPitch - copy.WidthInBytes + 1;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpy2DAsync_v2(&copy, nullptr));
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
  EXPECT_EQ(prepared.target.read(), prepared.target.before());
}

// The documentation has an error for it; the driver looks at the bytes that are copied alone.
TEST_F(cuMemcpy2DAsync, TakesPitchesAboveTheDevicesLimit) {
  const Prepared prepared;
  const auto limit = static_cast<std::size_t>(device_attribute(CU_DEVICE_ATTRIBUTE_MAX_PITCH));
  Copy copy = prepared.copy;
  copy.Height = 1;
  copy.srcY = copy.dstY = 0;
  copy.dstPitch = limit + 1;
  EXPECT_CUDA_OK(driver().cuMemcpy2DAsync_v2(&copy, nullptr));
  copy.dstPitch = prepared.copy.dstPitch;
  copy.srcPitch = limit + 1;
  EXPECT_CUDA_OK(driver().cuMemcpy2DAsync_v2(&copy, nullptr));
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
}

TEST_F(cuMemcpy2DAsync, RefusesUnknownMemoryTypes) {
  const Prepared prepared;
  for (const int type : {0, 5, -1}) {
    Copy copy = prepared.copy;
    copy.srcMemoryType = static_cast<CUmemorytype>(type);
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpy2DAsync_v2(&copy, nullptr));
    copy = prepared.copy;
    copy.dstMemoryType = static_cast<CUmemorytype>(type);
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpy2DAsync_v2(&copy, nullptr));
  }
}

TEST_F(cuMemcpy2DAsync, RefusesBadAddresses) {
  const Prepared prepared;
  const CUdeviceptr stale = stale_address();
  for (const auto form : forms()) {
    for (const CUdeviceptr address : {CUdeviceptr{0}, garbage_address, stale}) {
      Copy copy = prepared.copy;
      copy.dstDevice = address;
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(&copy, nullptr));
    }
  }
}

TEST_F(cuMemcpy2DAsync, RefusesANullHostAddress) {
  const Prepared prepared;
  Copy copy = prepared.copy;
  copy.srcHost = nullptr;
  copy.srcXInBytes = copy.srcY = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpy2DAsync_v2(&copy, nullptr));
}

TEST_F(cuMemcpy2DAsync, RefusesRowsBeyondTheAllocation) {
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
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemcpy2DAsync_v2(&copy, nullptr));
}

TEST_F(cuMemcpy2DAsync, RefusesNullParameters) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, nullptr));
  }
}

// Only launches are refused in a stream of another context.
TEST_F(cuMemcpy2DAsync, TakesAStreamOfAnotherContext) {
  const Prepared prepared;
  const Foreign foreign;
  EXPECT_CUDA_OK(driver().cuMemcpy2DAsync_v2(&prepared.copy, foreign.stream()));
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
  EXPECT_EQ(prepared.target.read(), prepared.expected());
}

TEST_F(cuMemcpy2DAsync, NeedsACurrentContext) {
  const Prepared prepared;
  const Place source(Kind::pageable, 64);
  const Place target(Kind::pageable, 64);
  const auto old = shaped<OldCopy>(source, {0, 0, 0, 64, 1}, target, {0, 0, 0, 64, 1}, {64, 1, 1});
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(&prepared.copy, nullptr));
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpy2DAsync(&old, nullptr));
}

TEST_F(cuMemcpy2DAsync, IsRecordedDuringCapture) {
  for (const auto& [from, to] :
       {std::pair{Kind::pinned, Kind::device}, std::pair{Kind::device, Kind::pinned},
        std::pair{Kind::device, Kind::device}}) {
    SCOPED_TRACE(std::string(name_of(from)) + " to " + name_of(to));
    const Prepared prepared(from, to);
    const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_MEMCPY, [&](CUstream stream) {
      return driver().cuMemcpy2DAsync_v2(&prepared.copy, stream);
    });
    EXPECT_EQ(prepared.target.read(), prepared.target.before());
    graph.run();
    EXPECT_EQ(prepared.target.read(), prepared.expected());
  }
}

TEST_F(cuMemcpy2DAsync, IntoTheLegacyStreamEndsACapture) {
  const Prepared prepared;
  expect_implicit_in_capture([&] { return driver().cuMemcpy2DAsync_v2(&prepared.copy, nullptr); });
}

// The form of CUDA 2 takes a context of that time alone and looks at nothing before.
TEST_F(cuMemcpy2DAsync, OldFormRefusesContextsOfToday) {
  const Place source(Kind::pageable, 64);
  const Place target(Kind::pageable, 64);
  const auto copy = shaped<OldCopy>(source, {0, 0, 0, 64, 1}, target, {0, 0, 0, 64, 1}, {64, 1, 1});
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpy2DAsync(&copy, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemcpy2DAsync(nullptr, nullptr));
  EXPECT_EQ(target.read(), target.before());
}

// Undocumented.
TEST_F(cuMemcpy2DAsync, NeedsNoCurrentContextForAStream) {
  const Prepared prepared;
  const Stream stream;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuMemcpy2DAsync_v2(&prepared.copy, stream)); });
  stream.synchronize();
  EXPECT_EQ(prepared.target.read(), prepared.expected());
}

TEST_F(cuMemcpy2DAsync_fresh, BeforeInit) {
  const Copy copy{};
  const OldCopy old{};
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(&copy, nullptr));
  }
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuMemcpy2DAsync(&old, nullptr));
}

}  // namespace vgpu::conformance::test_cuMemcpy2DAsync
