#include <functional>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamBeginCapture {

CONFORMANCE_SUITE(cuStreamBeginCapture, Context);
CONFORMANCE_SUITE(cuStreamBeginCapture_fresh, Uninitialised);

constexpr std::array modes{CU_STREAM_CAPTURE_MODE_GLOBAL, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL,
                           CU_STREAM_CAPTURE_MODE_RELAXED};

auto old_forms() {
  return std::array{driver().cuStreamBeginCapture, driver().cuStreamBeginCapture_ptsz};
}
auto new_forms() {
  return std::array{driver().cuStreamBeginCapture_v2, driver().cuStreamBeginCapture_v2_ptsz};
}

/// Ends the capture of `stream` and throws its graph away.
CUresult end(CUstream stream) {
  CUgraph graph = nullptr;
  const CUresult result = driver().cuStreamEndCapture(stream, &graph);
  if (result == CUDA_SUCCESS) check(driver().cuGraphDestroy(graph), "cuGraphDestroy");
  return result;
}

CUresult allocate() {
  CUdeviceptr address = 0;
  const CUresult result = driver().cuMemAlloc_v2(&address, 16);
  if (result == CUDA_SUCCESS) driver().cuMemFree_v2(address);
  return result;
}

TEST_F(cuStreamBeginCapture, WorkIsRecordedAndNotRun) {
  const Module module;
  const Kernel fill = module.kernel("fill");
  for (const auto form : new_forms()) {
    for (const auto mode : modes) {
      const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{0});
      const Stream stream;
      ASSERT_CUDA_OK(form(stream, mode));
      fill.over(buffer, stream, 1U);
      CUgraph captured = nullptr;
      ASSERT_CUDA_OK(driver().cuStreamEndCapture(stream, &captured));
      const Graph graph(captured);
      EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream));
      EXPECT_EQ(buffer.read()[0], 0U);
      EXPECT_EQ(graph.node_types(), std::vector<CUgraphNodeType>{CU_GRAPH_NODE_TYPE_KERNEL});
      graph.run();
      EXPECT_EQ(buffer.read()[0], 1U);
    }
  }
}

TEST_F(cuStreamBeginCapture, TheFormWithoutAModeDoesNotConcernOtherThreads) {
  for (const auto form : old_forms()) {
    const Stream stream;
    ASSERT_CUDA_OK(form(stream));
    EXPECT_CUDA_OK(on_other_thread(context, allocate));
    EXPECT_CUDA_OK(end(stream));
  }
}

TEST_F(cuStreamBeginCapture, WorkThatIsStillPendingGoesOn) {
  const Stream stream;
  const Event before;
  Blocker blocker(stream);
  before.record(stream);
  Capture capture(stream, CU_STREAM_CAPTURE_MODE_RELAXED);
  EXPECT_EQ(capture.status(), CU_STREAM_CAPTURE_STATUS_ACTIVE);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(before));
  EXPECT_TRUE(capture.end().node_types().empty());
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuEventQuery(before));
}

TEST_F(cuStreamBeginCapture, GlobalForbidsUnsafeCallsToAllThreads) {
  const Stream stream;
  for (const bool other_thread : {false, true}) {
    Capture capture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL);
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
                other_thread ? on_other_thread(context, allocate) : allocate());
    EXPECT_EQ(capture.status(), CU_STREAM_CAPTURE_STATUS_INVALIDATED);
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
    EXPECT_CUDA_OK(allocate());
  }
}

TEST_F(cuStreamBeginCapture, ThreadLocalForbidsUnsafeCallsToItsThreadOnly) {
  const Stream stream;
  Capture capture(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  EXPECT_CUDA_OK(on_other_thread(context, allocate));
  EXPECT_EQ(capture.status(), CU_STREAM_CAPTURE_STATUS_ACTIVE);
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, allocate());
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
}

TEST_F(cuStreamBeginCapture, RelaxedForbidsNothing) {
  const Stream stream;
  Capture capture(stream, CU_STREAM_CAPTURE_MODE_RELAXED);
  EXPECT_CUDA_OK(allocate());
  EXPECT_CUDA_OK(on_other_thread(context, allocate));
  EXPECT_CUDA_OK(capture.try_end());
}

TEST_F(cuStreamBeginCapture, SeveralStreamsMayCaptureApart) {
  const Stream first;
  const Stream second;
  Capture first_capture(first);
  Capture second_capture(second, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  EXPECT_CUDA_OK(first_capture.try_end());
  EXPECT_EQ(second_capture.status(), CU_STREAM_CAPTURE_STATUS_ACTIVE);
  EXPECT_CUDA_OK(second_capture.try_end());
}

TEST_F(cuStreamBeginCapture, AStreamCanCaptureAgainAndAgain) {
  const Stream stream;
  for (int i = 0; i < 3; ++i) {
    Capture capture(stream);
    EXPECT_CUDA_OK(capture.try_end());
  }
}

TEST_F(cuStreamBeginCapture, RefusesAStreamThatCapturesAlready) {
  const Stream stream;
  Capture capture(stream);
  for (const auto form : new_forms()) {
    EXPECT_CUDA(CUDA_ERROR_ILLEGAL_STATE, form(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  }
}

TEST_F(cuStreamBeginCapture, RefusesTheLegacyStream) {
  for (const auto form : new_forms()) {
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
                form(CU_STREAM_LEGACY, CU_STREAM_CAPTURE_MODE_GLOBAL));
  }
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
              driver().cuStreamBeginCapture_v2(nullptr, CU_STREAM_CAPTURE_MODE_GLOBAL));
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, driver().cuStreamBeginCapture(nullptr));
  EXPECT_CUDA_OK(allocate()) << "nothing is capturing";
}

TEST_F(cuStreamBeginCapture, PtszDefaultStreamIsTheThreadsOwn) {
  ASSERT_CUDA_OK(
      driver().cuStreamBeginCapture_v2_ptsz(nullptr, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  CUstreamCaptureStatus status{};
  EXPECT_CUDA_OK(driver().cuStreamIsCapturing(CU_STREAM_PER_THREAD, &status));
  EXPECT_EQ(status, CU_STREAM_CAPTURE_STATUS_ACTIVE);
  EXPECT_CUDA_OK(end(CU_STREAM_PER_THREAD));
  ASSERT_CUDA_OK(driver().cuStreamBeginCapture_ptsz(nullptr));
  EXPECT_CUDA_OK(end(CU_STREAM_PER_THREAD));
}

TEST_F(cuStreamBeginCapture, RefusesAnUnknownMode) {
  const Stream stream;
  for (const auto form : new_forms()) {
    for (const int mode : {3, 1000}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, static_cast<CUstreamCaptureMode>(mode)));
    }
  }
  CUstreamCaptureStatus status{};
  EXPECT_CUDA_OK(driver().cuStreamIsCapturing(stream, &status));
  EXPECT_EQ(status, CU_STREAM_CAPTURE_STATUS_NONE);
}

TEST_F(cuStreamBeginCapture, NeedsACurrentContextForADefaultStream) {
  const NoContext none;
  for (const auto form : new_forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
                form(CU_STREAM_PER_THREAD, CU_STREAM_CAPTURE_MODE_GLOBAL));
  }
}

// Undocumented.
TEST_F(cuStreamBeginCapture, NeedsNoCurrentContextForAStream) {
  const Stream stream;
  CUgraph graph = nullptr;
  on_other_thread([&] {
    EXPECT_CUDA_OK(driver().cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
    EXPECT_CUDA_OK(driver().cuStreamEndCapture(stream, &graph));
  });
  EXPECT_CUDA_OK(driver().cuGraphDestroy(graph));
}

TEST_F(cuStreamBeginCapture_fresh, BeforeInit) {
  for (const auto form : old_forms()) EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr));
  for (const auto form : new_forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr, CU_STREAM_CAPTURE_MODE_GLOBAL));
  }
}

}  // namespace vgpu::conformance::test_cuStreamBeginCapture
