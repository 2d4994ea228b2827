#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphNodeGetDependentNodes {

CONFORMANCE_SUITE(cuGraphNodeGetDependentNodes, Context);
CONFORMANCE_SUITE(cuGraphNodeGetDependentNodes_fresh, Uninitialised);

/// All ways to ask, with the edge data (if asked for) checked to be the default.
std::vector<std::function<CUresult(CUgraphNode*, std::size_t*)>> forms(CUgraphNode node) {
  return {[=](CUgraphNode* nodes, std::size_t* count) {
            return driver().cuGraphNodeGetDependentNodes(node, nodes, count);
          },
          [=](CUgraphNode* nodes, std::size_t* count) {
            return driver().cuGraphNodeGetDependentNodes_v2(node, nodes, nullptr, count);
          },
          [=](CUgraphNode* nodes, std::size_t* count) {
            if (nodes == nullptr)
              return driver().cuGraphNodeGetDependentNodes_v2(node, nullptr, nullptr, count);
            std::vector<CUgraphEdgeData> data(*count + 1);
            std::memset(static_cast<void*>(data.data()), 0x5a, data.size() * sizeof data[0]);
            const CUgraphEdgeData unwritten = data.back();
            const CUresult result =
                driver().cuGraphNodeGetDependentNodes_v2(node, nodes, data.data(), count);
            EXPECT_TRUE(same_edge(data.back(), unwritten)) << "written behind the room";
            if (result == CUDA_SUCCESS) {
              for (std::size_t i = 0; i < *count; ++i) {
                EXPECT_TRUE(same_edge(data[i], {})) << "edge " << i;
              }
            }
            return result;
          }};
}

TEST_F(cuGraphNodeGetDependentNodes, ListsWhatWaitsForTheNode) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  const CUgraphNode c = add_empty(graph, {a, b});
  const CUgraphNode d = add_empty(graph, {a});
  expect_lists_nodes({b, c, d}, forms(a));
  expect_lists_nodes({c}, forms(b));
  expect_lists_nodes({}, forms(d));
}

TEST_F(cuGraphNodeGetDependentNodes, FollowsChanges) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  const CUgraphNode c = add_empty(graph);
  ASSERT_CUDA_OK(driver().cuGraphAddDependencies(graph, &a, &c, 1));
  expect_lists_nodes({b, c}, forms(a));
  ASSERT_CUDA_OK(driver().cuGraphRemoveDependencies(graph, &a, &b, 1));
  expect_lists_nodes({c}, forms(a));
  ASSERT_CUDA_OK(driver().cuGraphDestroyNode(c));
  expect_lists_nodes({}, forms(a));
}

TEST_F(cuGraphNodeGetDependentNodes, ListsTheBranchesOfACapture) {
  const DeviceBuffer<unsigned> buffer(8);
  const Event forked;
  const Event joined;
  const Stream stream;
  const Stream branch;
  Capture capture(stream);
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(buffer, 1, 2, stream));
  forked.record(stream);
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(branch, forked, 0));
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(buffer.at(2), 2, 2, stream));
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(buffer.at(4), 3, 2, branch));
  joined.record(branch);
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(stream, joined, 0));
  const Graph graph = capture.end();
  const Nodes roots = roots_of(graph);
  ASSERT_EQ(roots.size(), 1U);
  Nodes others = nodes_of(graph);
  others.erase(std::find(others.begin(), others.end(), roots[0]));
  ASSERT_EQ(others.size(), 2U);
  expect_lists_nodes(others, forms(roots[0]));
}

TEST_F(cuGraphNodeGetDependentNodes, TellsTheDataOfAnEdge) {
  REQUIRE_COMPUTE_CAPABILITY(9, 0);
  const Module module;
  const ProgrammaticPair pair(module.kernel("empty"));
  CUgraphNode found = nullptr;
  CUgraphEdgeData data{};
  std::size_t count = 1;
  ASSERT_CUDA_OK(driver().cuGraphNodeGetDependentNodes_v2(pair.from, &found, &data, &count));
  EXPECT_EQ(found, pair.to);
  EXPECT_TRUE(same_edge(data, programmatic_edge()));
  EXPECT_CUDA(CUDA_ERROR_LOSSY_QUERY,
              driver().cuGraphNodeGetDependentNodes_v2(pair.from, &found, nullptr, &count));
  EXPECT_CUDA(CUDA_ERROR_LOSSY_QUERY,
              driver().cuGraphNodeGetDependentNodes(pair.from, &found, &count));
}

TEST_F(cuGraphNodeGetDependentNodes, RefusesEdgeDataWithoutNodes) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  add_empty(graph, {a});
  CUgraphEdgeData data{};
  std::size_t count = 1;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphNodeGetDependentNodes_v2(a, nullptr, &data, &count));
}

TEST_F(cuGraphNodeGetDependentNodes, RefusesNull) {
  const Graph graph;
  for (const auto& ask : forms(add_empty(graph))) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, ask(nullptr, nullptr));
  }
  for (const auto& ask : forms(nullptr)) {
    expect_leaves<std::size_t>(CUDA_ERROR_INVALID_VALUE,
                               [&](std::size_t* count) { return ask(nullptr, count); });
  }
}

TEST_F(cuGraphNodeGetDependentNodes, IsSafeDuringCapture) {
  const Graph graph;
  const CUgraphNode node = add_empty(graph);
  for (const auto& ask : forms(node)) {
    expect_safe_in_capture([&] {
      std::size_t count = 0;
      return ask(nullptr, &count);
    });
  }
}

// Undocumented.
TEST_F(cuGraphNodeGetDependentNodes, NeedsNoCurrentContext) {
  const Graph graph;
  const CUgraphNode node = add_empty(graph);
  const NoContext none;
  for (const auto& ask : forms(node)) {
    std::size_t count = 0;
    EXPECT_CUDA_OK(ask(nullptr, &count));
  }
}

TEST_F(cuGraphNodeGetDependentNodes_fresh, BeforeInit) {
  for (const auto& ask : forms(garbage_handle<CUgraphNode>())) {
    expect_leaves<std::size_t>(CUDA_ERROR_NOT_INITIALIZED,
                               [&](std::size_t* count) { return ask(nullptr, count); });
  }
}

}  // namespace vgpu::conformance::test_cuGraphNodeGetDependentNodes
