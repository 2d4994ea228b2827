#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphMemsetNodeSetParams {

CONFORMANCE_SUITE(cuGraphMemsetNodeSetParams, Context);
CONFORMANCE_SUITE(cuGraphMemsetNodeSetParams_fresh, Uninitialised);

TEST_F(cuGraphMemsetNodeSetParams, ChangesTheNextExecutables) {
  const DeviceBuffer<unsigned> old(std::vector<unsigned>(100, 1));
  const DeviceBuffer<unsigned> buffer(50);
  const auto value = random_value<unsigned>();
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, old, ~value);
  CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, value);
  EXPECT_CUDA_OK(driver().cuGraphMemsetNodeSetParams(node, &params));
  params = {};
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
  EXPECT_EQ(old.read(), all(old, 1));
}

TEST_F(cuGraphMemsetNodeSetParams, ChangesShapeAndElementSize) {
  std::vector<unsigned char> expected(1024, 9);
  const DeviceBuffer<unsigned char> buffer(expected);
  const DeviceBuffer<unsigned> words(10);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, words, 1);
  CUDA_MEMSET_NODE_PARAMS params{};
  params.dst = buffer;
  params.pitch = 256;
  params.value = 0x5c;
  params.elementSize = 1;
  params.width = 33;
  params.height = 4;
  EXPECT_CUDA_OK(driver().cuGraphMemsetNodeSetParams(node, &params));
  graph.run();
  for (std::size_t row = 0; row < 4; ++row) {
    std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(256 * row), 33, 0x5c);
  }
  EXPECT_EQ(buffer.read(), expected);
}

TEST_F(cuGraphMemsetNodeSetParams, ChangesCapturedNodes) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Stream stream;
  Capture capture(stream);
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(buffer, ~value, 100, stream));
  const Graph graph = capture.end();
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, value);
  EXPECT_CUDA_OK(driver().cuGraphMemsetNodeSetParams(only_node(graph), &params));
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphMemsetNodeSetParams, LeavesExecutablesAndEdgesAlone) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Graph graph;
  const CUgraphNode before = add_empty(graph);
  const CUgraphNode node = add_memset(graph, {before}, buffer, value);
  const Executable exec(graph);
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, ~value);
  EXPECT_CUDA_OK(driver().cuGraphMemsetNodeSetParams(node, &params));
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
  EXPECT_EQ(edges_of(graph), (Edges{{before, node}}));
}

TEST_F(cuGraphMemsetNodeSetParams, ARefusalLeavesTheNodeAsItWas) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, value);
  CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, ~value);
  params.elementSize = 3;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphMemsetNodeSetParams(node, &params));
  params = memset_node(buffer, ~value);
  params.dst = garbage_address;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphMemsetNodeSetParams(node, &params));
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphMemsetNodeSetParams, RefusesNodesOfOtherTypes) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 1);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphMemsetNodeSetParams(add_empty(graph), &params));
}

TEST_F(cuGraphMemsetNodeSetParams, RefusesNull) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 1);
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphMemsetNodeSetParams(node, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphMemsetNodeSetParams(nullptr, &params));
}

TEST_F(cuGraphMemsetNodeSetParams, IsSafeDuringCapture) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 1);
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  expect_safe_in_capture([&] { return driver().cuGraphMemsetNodeSetParams(node, &params); });
}

// Undocumented.
TEST_F(cuGraphMemsetNodeSetParams, NeedsNoCurrentContext) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 1);
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphMemsetNodeSetParams(node, &params));
}

TEST_F(cuGraphMemsetNodeSetParams_fresh, BeforeInit) {
  const CUDA_MEMSET_NODE_PARAMS params{};
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE, driver().cuGraphMemsetNodeSetParams(
                                                           garbage_handle<CUgraphNode>(), &params));
}

}  // namespace vgpu::conformance::test_cuGraphMemsetNodeSetParams
