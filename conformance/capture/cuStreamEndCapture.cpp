#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamEndCapture {

CONFORMANCE_SUITE(cuStreamEndCapture, Context);
CONFORMANCE_SUITE(cuStreamEndCapture_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuStreamEndCapture, driver().cuStreamEndCapture_ptsz};
}

void begin(CUstream stream, CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_GLOBAL) {
  check(driver().cuStreamBeginCapture_v2(stream, mode), "cuStreamBeginCapture_v2");
}

TEST_F(cuStreamEndCapture, ReturnsAGraphOfItsOwnEachTime) {
  const Stream stream;
  for (const auto form : forms()) {
    CUgraph graphs[2]{};
    for (CUgraph& graph : graphs) {
      begin(stream);
      EXPECT_CUDA_OK(form(stream, &graph));
      EXPECT_NE(graph, nullptr);
    }
    EXPECT_NE(graphs[0], graphs[1]);
    for (const CUgraph graph : graphs) EXPECT_CUDA_OK(driver().cuGraphDestroy(graph));
  }
}

TEST_F(cuStreamEndCapture, TheGraphHoldsTheWorkInOrder) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(1000, 1));
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Stream stream;
  begin(stream);
  unsigned expected = 1;
  for (unsigned i = 0; i < 20; ++i) {
    scale_add.over(buffer, stream, 3U + 2 * i, i);
    expected = expected * (3 + 2 * i) + i;
  }
  CUgraph captured = nullptr;
  ASSERT_CUDA_OK(driver().cuStreamEndCapture(stream, &captured));
  const Graph graph(captured);
  EXPECT_EQ(graph.node_types().size(), 20U);
  graph.run();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(1000, expected));
}

TEST_F(cuStreamEndCapture, TheStreamIsOrdinaryAfterwards) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{0});
  const Stream stream;
  begin(stream);
  CUgraph graph = nullptr;
  ASSERT_CUDA_OK(driver().cuStreamEndCapture(stream, &graph));
  EXPECT_CUDA_OK(driver().cuMemsetD32Async(buffer, 3, 1, stream));
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream));
  EXPECT_EQ(buffer.read()[0], 3U);
  EXPECT_CUDA_OK(driver().cuGraphDestroy(graph));
}

TEST_F(cuStreamEndCapture, TheGraphOutlivesTheStream) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{0});
  CUgraph captured = nullptr;
  {
    const Stream stream;
    begin(stream);
    EXPECT_CUDA_OK(driver().cuMemsetD32Async(buffer, 3, 1, stream));
    ASSERT_CUDA_OK(driver().cuStreamEndCapture(stream, &captured));
  }
  const Graph graph(captured);
  graph.run();
  EXPECT_EQ(buffer.read()[0], 3U);
}

TEST_F(cuStreamEndCapture, WritesNullWhenTheCaptureIsInvalid) {
  const Stream stream;
  for (const auto form : forms()) {
    begin(stream);
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, driver().cuStreamSynchronize(stream));
    auto graph = garbage_handle<CUgraph>();
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, form(stream, &graph));
    EXPECT_EQ(graph, nullptr);
    EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream)) << "the capture is over nevertheless";
  }
}

TEST_F(cuStreamEndCapture, RefusesAStreamThatDoesNotCapture) {
  const Stream stream;
  for (const auto form : forms()) {
    CUgraph graph = nullptr;
    EXPECT_CUDA(CUDA_ERROR_ILLEGAL_STATE, form(stream, &graph));
    EXPECT_EQ(graph, nullptr);
  }
}

TEST_F(cuStreamEndCapture, RefusesToEndTwice) {
  const Stream stream;
  CUgraph graph = nullptr;
  CUgraph again = nullptr;
  begin(stream);
  ASSERT_CUDA_OK(driver().cuStreamEndCapture(stream, &graph));
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_STATE, driver().cuStreamEndCapture(stream, &again));
  EXPECT_CUDA_OK(driver().cuGraphDestroy(graph));
}

TEST_F(cuStreamEndCapture, MustBeTheThreadThatBeganUnlessRelaxed) {
  for (const auto mode : {CU_STREAM_CAPTURE_MODE_GLOBAL, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL}) {
    const Stream stream;
    Capture capture(stream, mode);
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD, on_other_thread(context, [&] {
                  CUgraph graph = nullptr;
                  return driver().cuStreamEndCapture(stream, &graph);
                }));
    capture.try_end();
    EXPECT_EQ(capture.status(), CU_STREAM_CAPTURE_STATUS_NONE);
  }
  const Stream stream;
  begin(stream, CU_STREAM_CAPTURE_MODE_RELAXED);
  on_other_thread(context, [&] {
    CUgraph graph = nullptr;
    EXPECT_CUDA_OK(driver().cuStreamEndCapture(stream, &graph));
    EXPECT_CUDA_OK(driver().cuGraphDestroy(graph));
  });
}

TEST_F(cuStreamEndCapture, MustBeTheStreamThatBegan) {
  const Event fork;
  const Stream origin;
  const Stream joined;
  Capture capture(origin);
  fork.record(origin);
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(joined, fork, 0));
  CUgraph graph = nullptr;
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, driver().cuStreamEndCapture(joined, &graph));
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
}

TEST_F(cuStreamEndCapture, RefusesForkedWorkThatWasNotJoined) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{0});
  const Event fork;
  const Stream origin;
  const Stream joined;
  Capture capture(origin);
  fork.record(origin);
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(joined, fork, 0));
  EXPECT_CUDA_OK(driver().cuMemsetD32Async(buffer, 3, 1, joined));
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, capture.try_end());
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(joined)) << "no stream captures any more";
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(origin));
}

TEST_F(cuStreamEndCapture, ANullOutputThrowsTheGraphAway) {
  for (const auto form : forms()) {
    const Stream stream;
    Capture capture(stream);
    EXPECT_CUDA_OK(form(stream, nullptr));
    EXPECT_EQ(capture.status(), CU_STREAM_CAPTURE_STATUS_NONE);
    EXPECT_CUDA(CUDA_ERROR_ILLEGAL_STATE, capture.try_end());
  }
}

TEST_F(cuStreamEndCapture, PtszDefaultStreamIsTheThreadsOwn) {
  begin(CU_STREAM_PER_THREAD);
  CUgraph graph = nullptr;
  EXPECT_CUDA_OK(driver().cuStreamEndCapture_ptsz(nullptr, &graph));
  EXPECT_CUDA_OK(driver().cuGraphDestroy(graph));
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_PER_THREAD));
}

TEST_F(cuStreamEndCapture, NeedsACurrentContextForADefaultStream) {
  const NoContext none;
  CUgraph graph = nullptr;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(CU_STREAM_PER_THREAD, &graph));
  }
}

TEST_F(cuStreamEndCapture_fresh, BeforeInit) {
  for (const auto form : forms()) {
    CUgraph graph = nullptr;
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr, &graph));
  }
}

}  // namespace vgpu::conformance::test_cuStreamEndCapture
