#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphUpload {

CONFORMANCE_SUITE(cuGraphUpload, Context);
CONFORMANCE_SUITE(cuGraphUpload_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuGraphUpload, driver().cuGraphUpload_ptsz};
}

TEST_F(cuGraphUpload, RunsNothing) {
  HostNode host;
  const Graph graph;
  add_host(graph, {}, host);
  const Executable exec(graph);
  for (const auto form : forms()) {
    const Stream stream;
    EXPECT_CUDA_OK(form(exec, stream));
    stream.synchronize();
  }
  EXPECT_EQ(host.calls(), 0);
  exec.run();
  EXPECT_EQ(host.calls(), 1);
}

TEST_F(cuGraphUpload, ReturnsBeforeTheStreamGetsThere) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuGraphUpload(exec, stream));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  blocker.finish();
}

TEST_F(cuGraphUpload, ChangesMadeAfterItCount) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuGraphUpload(exec, stream));
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 2);
  ASSERT_CUDA_OK(driver().cuGraphExecMemsetNodeSetParams(exec, node, &params, context));
  exec.launch(stream);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), all(buffer, 2));
}

TEST_F(cuGraphUpload, RefusesNull) {
  const Stream stream;
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, stream));
}

TEST_F(cuGraphUpload, RefusesADestroyedExecutable) {
  const Stream stream;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphUpload(stale_executable(), stream));
}

TEST_F(cuGraphUpload, NeedsACurrentContext) {
  const Graph graph;
  add_empty(graph);
  const Executable exec(graph);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(exec, nullptr));
  }
}

// Undocumented.
TEST_F(cuGraphUpload, CannotBeCaptured) {
  const Graph graph;
  add_empty(graph);
  const Executable exec(graph);
  for (const auto form : forms()) {
    const Stream stream;
    Capture capture(stream);
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, form(exec, stream));
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
  }
}

// Undocumented.
TEST_F(cuGraphUpload, IntoTheLegacyStreamEndsACapture) {
  const Graph graph;
  add_empty(graph);
  const Executable exec(graph);
  expect_implicit_in_capture([&] { return driver().cuGraphUpload(exec, nullptr); });
}

TEST_F(cuGraphUpload_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_handle<CUgraphExec>(), nullptr));
  }
}

}  // namespace vgpu::conformance::test_cuGraphUpload
