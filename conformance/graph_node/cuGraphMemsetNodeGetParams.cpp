#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphMemsetNodeGetParams {

CONFORMANCE_SUITE(cuGraphMemsetNodeGetParams, Context);
CONFORMANCE_SUITE(cuGraphMemsetNodeGetParams_fresh, Uninitialised);

CUDA_MEMSET_NODE_PARAMS params_of(CUgraphNode node) {
  const auto [first, second] =
      expect_writes<CUDA_MEMSET_NODE_PARAMS>([&](CUDA_MEMSET_NODE_PARAMS* params) {
        return driver().cuGraphMemsetNodeGetParams(node, params);
      });
  EXPECT_EQ(first.dst, second.dst);
  return second;
}

TEST_F(cuGraphMemsetNodeGetParams, ReturnsWhatTheNodeWasMadeOf) {
  const DeviceBuffer<unsigned char> buffer(4096);
  const Graph graph;
  CUDA_MEMSET_NODE_PARAMS params{};
  params.dst = buffer;
  params.pitch = 256;
  params.value = random_value<unsigned short>();
  params.elementSize = 2;
  params.width = 100;
  params.height = 7;
  CUgraphNode node = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphAddMemsetNode(&node, graph, nullptr, 0, &params, context));
  const CUDA_MEMSET_NODE_PARAMS found = params_of(node);
  EXPECT_EQ(found.dst, params.dst);
  EXPECT_EQ(found.pitch, params.pitch);
  EXPECT_EQ(found.value, params.value);
  EXPECT_EQ(found.elementSize, params.elementSize);
  EXPECT_EQ(found.width, params.width);
  EXPECT_EQ(found.height, params.height);
}

TEST_F(cuGraphMemsetNodeGetParams, ReturnsWhatACapturedMemsetWas) {
  const DeviceBuffer<unsigned short> buffer(1000);
  const auto value = random_value<unsigned short>();
  const Stream stream;
  Capture capture(stream);
  ASSERT_CUDA_OK(driver().cuMemsetD16Async(buffer.at(1), value, 900, stream));
  const Graph graph = capture.end();
  const CUDA_MEMSET_NODE_PARAMS found = params_of(only_node(graph));
  EXPECT_EQ(found.dst, buffer.at(1));
  EXPECT_EQ(found.value, value);
  EXPECT_EQ(found.elementSize, 2U);
  EXPECT_EQ(found.width, 900U);
  EXPECT_EQ(found.height, 1U);
}

TEST_F(cuGraphMemsetNodeGetParams, ReturnsWhatWasSetLast) {
  const DeviceBuffer<unsigned> buffer(100);
  const DeviceBuffer<unsigned> other(50);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const CUDA_MEMSET_NODE_PARAMS changed = memset_node(other, 2);
  ASSERT_CUDA_OK(driver().cuGraphMemsetNodeSetParams(node, &changed));
  const CUDA_MEMSET_NODE_PARAMS found = params_of(node);
  EXPECT_EQ(found.dst, other.address());
  EXPECT_EQ(found.value, 2U);
  EXPECT_EQ(found.width, 50U);
}

TEST_F(cuGraphMemsetNodeGetParams, KnowsNothingOfChangedExecutables) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  const CUDA_MEMSET_NODE_PARAMS changed = memset_node(buffer, 2);
  ASSERT_CUDA_OK(driver().cuGraphExecMemsetNodeSetParams(exec, node, &changed, context));
  EXPECT_EQ(params_of(node).value, 1U);
}

TEST_F(cuGraphMemsetNodeGetParams, RefusesNodesOfOtherTypes) {
  const Graph graph;
  const CUgraphNode node = add_empty(graph);
  expect_leaves<CUDA_MEMSET_NODE_PARAMS>(CUDA_ERROR_INVALID_VALUE,
                                         [&](CUDA_MEMSET_NODE_PARAMS* params) {
                                           return driver().cuGraphMemsetNodeGetParams(node, params);
                                         });
}

TEST_F(cuGraphMemsetNodeGetParams, RefusesNull) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphMemsetNodeGetParams(node, nullptr));
  expect_leaves<CUDA_MEMSET_NODE_PARAMS>(
      CUDA_ERROR_INVALID_VALUE, [](CUDA_MEMSET_NODE_PARAMS* params) {
        return driver().cuGraphMemsetNodeGetParams(nullptr, params);
      });
}

// Undocumented.
TEST_F(cuGraphMemsetNodeGetParams, IsSafeDuringCapture) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  CUDA_MEMSET_NODE_PARAMS found{};
  expect_safe_in_capture([&] { return driver().cuGraphMemsetNodeGetParams(node, &found); });
}

// Undocumented.
TEST_F(cuGraphMemsetNodeGetParams, NeedsNoCurrentContext) {
  const DeviceBuffer<unsigned> buffer(100);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  CUDA_MEMSET_NODE_PARAMS found{};
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphMemsetNodeGetParams(node, &found));
}

TEST_F(cuGraphMemsetNodeGetParams_fresh, BeforeInit) {
  CUDA_MEMSET_NODE_PARAMS params{};
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuGraphMemsetNodeGetParams(garbage_handle<CUgraphNode>(), &params));
}

}  // namespace vgpu::conformance::test_cuGraphMemsetNodeGetParams
