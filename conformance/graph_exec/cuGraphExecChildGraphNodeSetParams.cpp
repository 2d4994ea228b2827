#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphExecChildGraphNodeSetParams {

CONFORMANCE_SUITE(cuGraphExecChildGraphNodeSetParams, Context);
CONFORMANCE_SUITE(cuGraphExecChildGraphNodeSetParams_fresh, Uninitialised);

/// A graph of one memset.
class SetGraph {
 public:
  SetGraph(const DeviceBuffer<unsigned>& buffer, unsigned value) {
    node = add_memset(graph, {}, buffer, value);
  }
  Graph graph;
  CUgraphNode node = nullptr;
};

TEST_F(cuGraphExecChildGraphNodeSetParams, ChangesTheNextLaunches) {
  const DeviceBuffer<unsigned> buffer(100);
  const SetGraph child(buffer, 1);
  const SetGraph changed(buffer, 2);
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child.graph);
  const Executable exec(graph);
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, 1));
  EXPECT_CUDA_OK(driver().cuGraphExecChildGraphNodeSetParams(exec, node, changed.graph));
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, 2));
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, 1)) << "the node itself is not modified";
}

TEST_F(cuGraphExecChildGraphNodeSetParams, LaunchesInFlightKeepWhatTheyHad) {
  const DeviceBuffer<unsigned> first(100);
  const DeviceBuffer<unsigned> second(100);
  const SetGraph child(first, 1);
  const SetGraph changed(second, 2);
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child.graph);
  const Executable exec(graph);
  exec.run();
  ASSERT_CUDA_OK(driver().cuMemsetD32_v2(first, 0, 100));
  const Stream stream;
  Blocker blocker(stream);
  exec.launch(stream);
  EXPECT_CUDA_OK(driver().cuGraphExecChildGraphNodeSetParams(exec, node, changed.graph));
  exec.launch(stream);
  blocker.finish();
  EXPECT_EQ(first.read(), all(first, 1));
  EXPECT_EQ(second.read(), all(second, 2));
}

TEST_F(cuGraphExecChildGraphNodeSetParams, ChangesTheNodeItNamesOnly) {
  const DeviceBuffer<unsigned> first(100);
  const DeviceBuffer<unsigned> second(100);
  const SetGraph a(first, 1);
  const SetGraph b(second, 2);
  const SetGraph changed(second, 3);
  const Graph graph;
  const CUgraphNode before = add_child(graph, {}, a.graph);
  const CUgraphNode node = add_child(graph, {before}, b.graph);
  const Executable exec(graph);
  EXPECT_CUDA_OK(driver().cuGraphExecChildGraphNodeSetParams(exec, node, changed.graph));
  exec.run();
  EXPECT_EQ(first.read(), all(first, 1));
  EXPECT_EQ(second.read(), all(second, 3));
}

TEST_F(cuGraphExecChildGraphNodeSetParams, ChangesGraphsInsideTheChild) {
  const DeviceBuffer<unsigned> buffer(100);
  const SetGraph child(buffer, 1);
  const SetGraph changed(buffer, 2);
  const Graph middle;
  add_child(middle, {}, child.graph);
  const Graph other;
  add_child(other, {}, changed.graph);
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, middle);
  const Executable exec(graph);
  EXPECT_CUDA_OK(driver().cuGraphExecChildGraphNodeSetParams(exec, node, other));
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, 2));
}

TEST_F(cuGraphExecChildGraphNodeSetParams, RefusesAnotherTopology) {
  const DeviceBuffer<unsigned> buffer(100);
  HostNode host;
  const SetGraph child(buffer, 1);
  const SetGraph longer(buffer, 2);
  add_host(longer.graph, {longer.node}, host);
  const Graph of_another_type;
  add_host(of_another_type, {}, host);
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child.graph);
  const Executable exec(graph);
  for (const CUgraph wrong : {longer.graph.get(), of_another_type.get()}) {
    const CUresult result = driver().cuGraphExecChildGraphNodeSetParams(exec, node, wrong);
    EXPECT_TRUE(result == CUDA_ERROR_INVALID_VALUE ||  // Undocumented: which.
                result == CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE)
        << result_text(result);
  }
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, 1));
  EXPECT_EQ(host.calls(), 0);
}

TEST_F(cuGraphExecChildGraphNodeSetParams, RefusesNodesOfOtherTypes) {
  const DeviceBuffer<unsigned> buffer(100);
  const SetGraph child(buffer, 1);
  const Executable exec(child.graph);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphExecChildGraphNodeSetParams(exec, child.node, child.graph));
}

TEST_F(cuGraphExecChildGraphNodeSetParams, RefusesNull) {
  const DeviceBuffer<unsigned> buffer(100);
  const SetGraph child(buffer, 1);
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child.graph);
  const Executable exec(graph);
  const auto set = driver().cuGraphExecChildGraphNodeSetParams;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(nullptr, node, child.graph));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, nullptr, child.graph));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, node, nullptr));
}

// Undocumented.
TEST_F(cuGraphExecChildGraphNodeSetParams, IsSafeDuringCapture) {
  const DeviceBuffer<unsigned> buffer(100);
  const SetGraph child(buffer, 1);
  const SetGraph changed(buffer, 2);
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child.graph);
  const Executable exec(graph);
  expect_safe_in_capture(
      [&] { return driver().cuGraphExecChildGraphNodeSetParams(exec, node, changed.graph); });
}

// Undocumented.
TEST_F(cuGraphExecChildGraphNodeSetParams, NeedsNoCurrentContext) {
  const DeviceBuffer<unsigned> buffer(100);
  const SetGraph child(buffer, 1);
  const SetGraph changed(buffer, 2);
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, child.graph);
  const Executable exec(graph);
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphExecChildGraphNodeSetParams(exec, node, changed.graph));
}

TEST_F(cuGraphExecChildGraphNodeSetParams_fresh, BeforeInit) {
  EXPECT_REFUSED_BEFORE_INIT(
      CUDA_ERROR_INVALID_VALUE,
      driver().cuGraphExecChildGraphNodeSetParams(
          garbage_handle<CUgraphExec>(), garbage_handle<CUgraphNode>(), garbage_handle<CUgraph>()));
}

}  // namespace vgpu::conformance::test_cuGraphExecChildGraphNodeSetParams
