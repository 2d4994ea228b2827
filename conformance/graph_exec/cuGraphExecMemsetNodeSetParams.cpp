#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphExecMemsetNodeSetParams {

CONFORMANCE_SUITE(cuGraphExecMemsetNodeSetParams, Context);
CONFORMANCE_SUITE(cuGraphExecMemsetNodeSetParams_fresh, Uninitialised);

CUresult set(CUgraphExec exec, CUgraphNode node, const CUDA_MEMSET_NODE_PARAMS& params) {
  return driver().cuGraphExecMemsetNodeSetParams(exec, node, &params, current_context());
}

TEST_F(cuGraphExecMemsetNodeSetParams, ChangesTheNextLaunches) {
  const DeviceBuffer<unsigned> old(std::vector<unsigned>(100, 1));
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, old, ~value);
  const Executable exec(graph);
  CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, value);
  EXPECT_CUDA_OK(set(exec, node, params));
  params = {};
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
  EXPECT_EQ(old.read(), all(old, 1));
}

TEST_F(cuGraphExecMemsetNodeSetParams, LaunchesInFlightKeepWhatTheyHad) {
  const DeviceBuffer<unsigned> first(100);
  const DeviceBuffer<unsigned> second(100);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, first, 1);
  const Executable exec(graph);
  exec.run();
  ASSERT_CUDA_OK(driver().cuMemsetD32_v2(first, 0, 100));
  const Stream stream;
  Blocker blocker(stream);
  exec.launch(stream);
  EXPECT_CUDA_OK(set(exec, node, memset_node(second, 2)));
  exec.launch(stream);
  blocker.finish();
  EXPECT_EQ(first.read(), all(first, 1));
  EXPECT_EQ(second.read(), all(second, 2));
}

TEST_F(cuGraphExecMemsetNodeSetParams, ChangesOneExecutableAndNotTheGraph) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  const Executable sibling(graph);
  EXPECT_CUDA_OK(set(exec, node, memset_node(buffer, 2)));
  sibling.run();
  EXPECT_EQ(buffer.read(), all(buffer, 1));
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, 2));
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, 1));
}

TEST_F(cuGraphExecMemsetNodeSetParams, ARefusalLeavesTheExecutableAsItWas) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 2);
  params.elementSize = 3;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, node, params));
  params = memset_node(buffer, 2);
  params.dst = garbage_address;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, node, params));
  params = memset_node(buffer, 2);
  params.width = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, node, params))
      << "zero sized operations are not supported";
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, 1));
}

// "For 1d memsets, changes in height are explicitly rejected"; "for 2d memsets, all dimension
// changes are rejected".
TEST_F(cuGraphExecMemsetNodeSetParams, RefusesOtherDimensions) {
  const DeviceBuffer<unsigned> buffer(400);
  const Graph graph;
  CUDA_MEMSET_NODE_PARAMS flat = memset_node(buffer, 1);
  flat.width = 100;
  CUDA_MEMSET_NODE_PARAMS rows = flat;
  rows.pitch = 400;
  rows.height = 4;
  rows.width = 50;
  CUgraphNode a = nullptr;
  CUgraphNode b = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphAddMemsetNode(&a, graph, nullptr, 0, &flat, context));
  ASSERT_CUDA_OK(driver().cuGraphAddMemsetNode(&b, graph, &a, 1, &rows, context));
  const Executable exec(graph);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, a, rows));
  CUDA_MEMSET_NODE_PARAMS narrower = rows;
  narrower.width = 40;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, b, narrower));
  CUDA_MEMSET_NODE_PARAMS lower = rows;
  lower.height = 3;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, b, lower));
  CUDA_MEMSET_NODE_PARAMS other = rows;
  other.value = 9;
  EXPECT_CUDA_OK(set(exec, b, other));
}

TEST_F(cuGraphExecMemsetNodeSetParams, RefusesOtherNodes) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUgraphNode empty = add_empty(graph);
  add_memset(graph, {empty}, buffer, 1);
  const Executable exec(graph);
  const CUgraphNode later = add_memset(graph, {}, buffer, 1);
  const Graph other;
  const CUgraphNode stranger = add_memset(other, {}, buffer, 1);
  for (const CUgraphNode node : {empty, later, stranger}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, node, memset_node(buffer, 2)));
  }
}

TEST_F(cuGraphExecMemsetNodeSetParams, RefusesNull) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 2);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(nullptr, node, params));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, nullptr, params));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphExecMemsetNodeSetParams(exec, node, nullptr, context));
}

// Undocumented.
TEST_F(cuGraphExecMemsetNodeSetParams, IsSafeDuringCapture) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  expect_safe_in_capture([&] { return set(exec, node, memset_node(buffer, 2)); });
}

// Undocumented.
TEST_F(cuGraphExecMemsetNodeSetParams, NeedsNoCurrentContext) {
  const DeviceBuffer<unsigned> buffer(100);
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 2);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphExecMemsetNodeSetParams(exec, node, &params, context));
}

TEST_F(cuGraphExecMemsetNodeSetParams_fresh, BeforeInit) {
  const CUDA_MEMSET_NODE_PARAMS params{};
  EXPECT_REFUSED_BEFORE_INIT(
      CUDA_ERROR_INVALID_VALUE,
      driver().cuGraphExecMemsetNodeSetParams(garbage_handle<CUgraphExec>(),
                                              garbage_handle<CUgraphNode>(), &params, nullptr));
}

}  // namespace vgpu::conformance::test_cuGraphExecMemsetNodeSetParams
