#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphExecDestroy {

CONFORMANCE_SUITE(cuGraphExecDestroy, Context);
CONFORMANCE_SUITE(cuGraphExecDestroy_fresh, Uninitialised);

TEST_F(cuGraphExecDestroy, LaunchesInFlightGoOn) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, 0));
  const Module module;
  HostNode host;
  const Graph graph;
  add_host(graph, {add_kernel(graph, {}, module.kernel("add"), buffer, {1})}, host);
  Executable exec(graph);
  const Stream stream;
  Blocker blocker(stream);
  exec.launch(stream);
  exec.launch(stream);
  EXPECT_CUDA_OK(driver().cuGraphExecDestroy(exec.release()));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream)) << "it waits for nothing";
  blocker.finish();
  EXPECT_EQ(buffer.read(), all(buffer, 2));
  EXPECT_EQ(host.calls(), 2);
}

TEST_F(cuGraphExecDestroy, LeavesTheGraphAndOtherExecutables) {
  HostNode host;
  const Graph graph;
  add_host(graph, {}, host);
  Executable exec(graph);
  const Executable sibling(graph);
  exec.destroy();
  sibling.run();
  graph.run();
  EXPECT_EQ(host.calls(), 2);
}

TEST_F(cuGraphExecDestroy, AfterTheGraph) {
  Graph graph;
  add_empty(graph);
  Executable exec(graph);
  ASSERT_CUDA_OK(driver().cuGraphDestroy(graph.release()));
  EXPECT_CUDA_OK(driver().cuGraphExecDestroy(exec.release()));
}

TEST_F(cuGraphExecDestroy, ManyInARow) {
  const Graph graph;
  add_empty(graph);
  for (int i = 0; i < 300; ++i) {
    Executable exec(graph);
    EXPECT_CUDA_OK(driver().cuGraphExecDestroy(exec.release()));
  }
}

TEST_F(cuGraphExecDestroy, RefusesNull) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphExecDestroy(nullptr));
}

TEST_F(cuGraphExecDestroy, RefusesADestroyedExecutable) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphExecDestroy(stale_executable()));
}

TEST_F(cuGraphExecDestroy, IsUnsafeDuringCapture) {
  const Graph graph;
  add_empty(graph);
  CUgraphExec exec = nullptr;
  std::vector<CUgraphExec> left;
  expect_unsafe_in_capture(
      [&] {
        const CUresult result = driver().cuGraphExecDestroy(exec);
        if (result != CUDA_SUCCESS) left.push_back(exec);
        return result;
      },
      [&] { exec = Executable(graph).release(); });
  for (const CUgraphExec one : left) EXPECT_CUDA_OK(driver().cuGraphExecDestroy(one));
}

// Undocumented.
TEST_F(cuGraphExecDestroy, NeedsNoCurrentContext) {
  const Graph graph;
  add_empty(graph);
  Executable exec(graph);
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphExecDestroy(exec.release()));
}

TEST_F(cuGraphExecDestroy_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuGraphExecDestroy(garbage_handle<CUgraphExec>()));
}

}  // namespace vgpu::conformance::test_cuGraphExecDestroy
