#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphExecUpdate {

CONFORMANCE_SUITE(cuGraphExecUpdate, Context);
CONFORMANCE_SUITE(cuGraphExecUpdate_fresh, Uninitialised);

struct Outcome {
  CUgraphExecUpdateResult result;
  CUgraphNode node;
};

/// Both exported forms. Their outputs are pre-set to what no call leaves behind.
using Update = std::function<CUresult(CUgraphExec, CUgraph, Outcome&)>;
std::vector<Update> forms() {
  return {[](CUgraphExec exec, CUgraph graph, Outcome& out) {
            CUgraphExecUpdateResultInfo info{static_cast<CUgraphExecUpdateResult>(77),
                                             garbage_handle<CUgraphNode>(),
                                             garbage_handle<CUgraphNode>()};
            const CUresult result = driver().cuGraphExecUpdate_v2(exec, graph, &info);
            out = {info.result, info.errorNode};
            return result;
          },
          [](CUgraphExec exec, CUgraph graph, Outcome& out) {
            out = {static_cast<CUgraphExecUpdateResult>(77), garbage_handle<CUgraphNode>()};
            return driver().cuGraphExecUpdate(exec, graph, &out.node, &out.result);
          }};
}

void expect_update(CUgraphExec exec, CUgraph graph) {
  for (const Update& update : forms()) {
    Outcome out{};
    EXPECT_CUDA_OK(update(exec, graph, out));
    EXPECT_EQ(out.result, CU_GRAPH_EXEC_UPDATE_SUCCESS);
    EXPECT_EQ(out.node, nullptr);
  }
}

void expect_refusal(CUgraphExec exec, CUgraph graph, CUgraphExecUpdateResult why,
                    const Nodes& named) {
  for (const Update& update : forms()) {
    Outcome out{};
    EXPECT_CUDA(CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE, update(exec, graph, out));
    EXPECT_EQ(out.result, why);
    EXPECT_NE(std::find(named.begin(), named.end(), out.node), named.end())
        << "it names another node";
  }
}

TEST_F(cuGraphExecUpdate, TakesTheParametersOfAGraphOfTheSameShape) {
  const DeviceBuffer<unsigned> first(100);
  const DeviceBuffer<unsigned> second(100);
  const Module module;
  HostNode old_host;
  HostNode new_host;
  const auto build = [&](CUgraph graph, const DeviceBuffer<unsigned>& buffer, unsigned value,
                         const char* kernel, HostNode& host) {
    const CUgraphNode set = add_memset(graph, {}, buffer, value);
    add_host(graph, {add_kernel(graph, {set}, module.kernel(kernel), buffer, {3, 1})}, host);
  };
  const Graph graph;
  build(graph, first, 1, "scale_add", old_host);
  const Graph other;
  build(other, second, 7, "scale_add", new_host);
  const Executable exec(graph);
  exec.run();
  EXPECT_EQ(first.read(), all(first, 4));
  ASSERT_CUDA_OK(driver().cuMemsetD32_v2(first, 0, 100));
  expect_update(exec, other);
  exec.run();
  EXPECT_EQ(first.read(), all(first, 0));
  EXPECT_EQ(second.read(), all(second, 22));
  EXPECT_EQ(old_host.calls(), 1);
  EXPECT_EQ(new_host.calls(), 1);
}

TEST_F(cuGraphExecUpdate, TakesACaptureOfTheSameCalls) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Stream stream;
  const auto record = [&](unsigned value) {
    Capture capture(stream);
    module.kernel("fill").over(buffer, stream, value);
    module.kernel("scale_add").over(buffer, stream, 3U, value);
    return capture.end();
  };
  const Graph graph = record(1);
  const Executable exec(graph);
  for (const unsigned value : {2U, 3U, 4U}) {
    const Graph again = record(value);
    expect_update(exec, again);
    exec.launch(stream);
    stream.synchronize();
    EXPECT_EQ(buffer.read(), all(buffer, value * 4));
  }
}

TEST_F(cuGraphExecUpdate, LaunchesInFlightKeepWhatTheyHad) {
  const DeviceBuffer<unsigned> first(100);
  const DeviceBuffer<unsigned> second(100);
  const Graph graph;
  add_memset(graph, {}, first, 1);
  Graph other;
  add_memset(other, {}, second, 2);
  const Executable exec(graph);
  exec.run();
  ASSERT_CUDA_OK(driver().cuMemsetD32_v2(first, 0, 100));
  const Stream stream;
  Blocker blocker(stream);
  exec.launch(stream);
  expect_update(exec, other);
  EXPECT_CUDA_OK(driver().cuGraphDestroy(other.release())) << "it is not needed any longer";
  exec.launch(stream);
  blocker.finish();
  EXPECT_EQ(first.read(), all(first, 1));
  EXPECT_EQ(second.read(), all(second, 2));
}

TEST_F(cuGraphExecUpdate, TakesTheParametersOfChildGraphs) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph old_child;
  add_memset(old_child, {}, buffer, 1);
  const Graph new_child;
  add_memset(new_child, {}, buffer, 2);
  const Graph graph;
  add_child(graph, {}, old_child);
  const Graph other;
  add_child(other, {}, new_child);
  const Executable exec(graph);
  expect_update(exec, other);
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, 2));
}

TEST_F(cuGraphExecUpdate, TheNodesOfTheFirstGraphStillNameTheSteps) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Graph other;
  add_memset(other, {}, buffer, 2);
  const Executable exec(graph);
  expect_update(exec, other);
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 3);
  EXPECT_CUDA_OK(driver().cuGraphExecMemsetNodeSetParams(exec, node, &params, context));
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, 3));
}

TEST_F(cuGraphExecUpdate, RefusesAnotherNumberOfNodes) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  const Graph other;
  add_empty(other, {add_memset(other, {}, buffer, 2)});
  for (const Update& update : forms()) {
    Outcome out{};
    EXPECT_CUDA(CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE, update(exec, other, out));
    EXPECT_TRUE(out.result == CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED ||
                out.result == CU_GRAPH_EXEC_UPDATE_ERROR_NOT_SUPPORTED)
        << "undocumented: the second; it is " << out.result;
    EXPECT_EQ(out.node, nullptr);
  }
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, 1)) << "nothing was taken over";
  EXPECT_EQ(only_node(graph), node);
}

TEST_F(cuGraphExecUpdate, RefusesOtherEdges) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  add_memset(graph, {add_memset(graph, {}, buffer, 1)}, buffer, 2);
  const Executable exec(graph);
  const Graph other;
  const CUgraphNode a = add_memset(other, {}, buffer, 3);
  const CUgraphNode b = add_memset(other, {}, buffer, 4);
  expect_refusal(exec, other, CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED, {a, b});
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, 2));
}

TEST_F(cuGraphExecUpdate, RefusesANodeOfAnotherType) {
  const DeviceBuffer<unsigned> buffer(100);
  HostNode host;
  const Graph graph;
  add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  const Graph other;
  const CUgraphNode node = add_host(other, {}, host);
  expect_refusal(exec, other, CU_GRAPH_EXEC_UPDATE_ERROR_NODE_TYPE_CHANGED, {node});
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, 1));
  EXPECT_EQ(host.calls(), 0);
}

TEST_F(cuGraphExecUpdate, RefusesNull) {
  const Graph graph;
  add_empty(graph);
  const Executable exec(graph);
  for (const Update& update : forms()) {
    Outcome out{};
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, update(nullptr, graph, out));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, update(exec, nullptr, out));
  }
  EXPECT_CUDA_OK(driver().cuGraphExecUpdate_v2(exec, graph, nullptr)) << "the result is optional";
}

TEST_F(cuGraphExecUpdate, RefusesDestroyedHandles) {
  const Graph graph;
  add_empty(graph);
  const Executable exec(graph);
  Outcome out{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, forms()[0](stale_executable(), graph, out));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, forms()[0](exec, stale_graph(), out));
}

// Undocumented.
TEST_F(cuGraphExecUpdate, IsSafeDuringCapture) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  for (const Update& update : forms()) {
    expect_safe_in_capture([&] {
      Outcome out{};
      return update(exec, graph, out);
    });
  }
}

// Undocumented.
TEST_F(cuGraphExecUpdate, NeedsNoCurrentContext) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  const NoContext none;
  expect_update(exec, graph);
}

TEST_F(cuGraphExecUpdate_fresh, BeforeInit) {
  for (const Update& update : forms()) {
    Outcome out{};
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
                update(garbage_handle<CUgraphExec>(), garbage_handle<CUgraph>(), out));
  }
}

}  // namespace vgpu::conformance::test_cuGraphExecUpdate
