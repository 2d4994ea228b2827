#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphGetEdges {

CONFORMANCE_SUITE(cuGraphGetEdges, Context);
CONFORMANCE_SUITE(cuGraphGetEdges_fresh, Uninitialised);

/// All ways to ask, with the edge data (if asked for) checked to be the default.
using Ask = std::function<CUresult(CUgraph, CUgraphNode*, CUgraphNode*, std::size_t*)>;
std::vector<Ask> forms() {
  return {[](CUgraph graph, CUgraphNode* from, CUgraphNode* to, std::size_t* count) {
            return driver().cuGraphGetEdges(graph, from, to, count);
          },
          [](CUgraph graph, CUgraphNode* from, CUgraphNode* to, std::size_t* count) {
            return driver().cuGraphGetEdges_v2(graph, from, to, nullptr, count);
          },
          [](CUgraph graph, CUgraphNode* from, CUgraphNode* to, std::size_t* count) {
            if (from == nullptr) {
              return driver().cuGraphGetEdges_v2(graph, from, to, nullptr, count);
            }
            std::vector<CUgraphEdgeData> data(*count + 1);
            std::memset(static_cast<void*>(data.data()), 0x5a, data.size() * sizeof data[0]);
            const CUgraphEdgeData unwritten = data.back();
            const CUresult result =
                driver().cuGraphGetEdges_v2(graph, from, to, data.data(), count);
            EXPECT_TRUE(same_edge(data.back(), unwritten)) << "written behind the room";
            if (result == CUDA_SUCCESS) {
              for (std::size_t i = 0; i < *count; ++i) {
                EXPECT_TRUE(same_edge(data[i], {})) << "edge " << i;
              }
            }
            return result;
          }};
}

Edges pairs(const Nodes& from, const Nodes& to, std::size_t count) {
  Edges edges;
  for (std::size_t i = 0; i < count; ++i) edges.emplace_back(from[i], to[i]);
  std::sort(edges.begin(), edges.end());
  return edges;
}

TEST_F(cuGraphGetEdges, ListsFromAndToOfEachEdge) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  const CUgraphNode c = add_empty(graph, {a, b});
  const CUgraphNode d = add_empty(graph);
  Edges expected{{a, b}, {a, c}, {b, c}, {c, d}};
  std::sort(expected.begin(), expected.end());
  ASSERT_CUDA_OK(driver().cuGraphAddDependencies(graph, &c, &d, 1));
  for (const Ask& ask : forms()) {
    std::size_t count = 77;
    EXPECT_CUDA_OK(ask(graph, nullptr, nullptr, &count));
    EXPECT_EQ(count, 4U);
    Nodes from(4);
    Nodes to(4);
    EXPECT_CUDA_OK(ask(graph, from.data(), to.data(), &count));
    EXPECT_EQ(count, 4U);
    EXPECT_EQ(pairs(from, to, 4), expected);
  }
}

TEST_F(cuGraphGetEdges, MakesTheRestOfTheRoomNull) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  for (const Ask& ask : forms()) {
    const auto unwritten = garbage_handle<CUgraphNode>();
    Nodes from(4, unwritten);
    Nodes to(4, unwritten);
    std::size_t count = 3;
    EXPECT_CUDA_OK(ask(graph, from.data(), to.data(), &count));
    EXPECT_EQ(count, 1U);
    EXPECT_EQ(from, (Nodes{a, nullptr, nullptr, unwritten}));
    EXPECT_EQ(to, (Nodes{b, nullptr, nullptr, unwritten}));
  }
}

TEST_F(cuGraphGetEdges, FillsNoMoreThanTheRoom) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  const CUgraphNode c = add_empty(graph, {a, b});
  for (const Ask& ask : forms()) {
    const auto unwritten = garbage_handle<CUgraphNode>();
    Nodes from(3, unwritten);
    Nodes to(3, unwritten);
    std::size_t count = 2;
    EXPECT_CUDA_OK(ask(graph, from.data(), to.data(), &count));
    EXPECT_EQ(count, 2U);
    EXPECT_EQ(from.back(), unwritten);
    EXPECT_EQ(to.back(), unwritten);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto edge = std::pair(from[i], to[i]);
      EXPECT_TRUE(edge == std::pair(a, b) || edge == std::pair(a, c) || edge == std::pair(b, c));
    }
  }
}

TEST_F(cuGraphGetEdges, FindsNoneInAGraphWithoutEdges) {
  const Graph graph;
  add_empty(graph);
  add_empty(graph);
  for (const Ask& ask : forms()) {
    std::size_t count = 77;
    EXPECT_CUDA_OK(ask(graph, nullptr, nullptr, &count));
    EXPECT_EQ(count, 0U);
  }
}

TEST_F(cuGraphGetEdges, ListsCapturedForkAndJoin) {
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
  ASSERT_CUDA_OK(driver().cuMemsetD32Async(buffer.at(6), 4, 2, stream));
  const Graph graph = capture.end();
  ASSERT_EQ(nodes_of(graph).size(), 4U);
  const Nodes roots = roots_of(graph);
  ASSERT_EQ(roots.size(), 1U);
  const Nodes middle = dependents_of(roots[0]);
  ASSERT_EQ(middle.size(), 2U);
  const Nodes last = dependents_of(middle[0]);
  ASSERT_EQ(last.size(), 1U);
  Edges expected{
      {roots[0], middle[0]}, {roots[0], middle[1]}, {middle[0], last[0]}, {middle[1], last[0]}};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(edges_of(graph), expected);
}

TEST_F(cuGraphGetEdges, TellsTheDataOfAnEdge) {
  REQUIRE_COMPUTE_CAPABILITY(9, 0);
  const Module module;
  const ProgrammaticPair pair(module.kernel("empty"));
  CUgraphNode from = nullptr;
  CUgraphNode to = nullptr;
  CUgraphEdgeData data{};
  std::size_t count = 1;
  ASSERT_CUDA_OK(driver().cuGraphGetEdges_v2(pair.graph, &from, &to, &data, &count));
  EXPECT_EQ(from, pair.from);
  EXPECT_EQ(to, pair.to);
  EXPECT_TRUE(same_edge(data, programmatic_edge()));
  EXPECT_CUDA(CUDA_ERROR_LOSSY_QUERY,
              driver().cuGraphGetEdges_v2(pair.graph, &from, &to, nullptr, &count));
  EXPECT_CUDA(CUDA_ERROR_LOSSY_QUERY, driver().cuGraphGetEdges(pair.graph, &from, &to, &count));
}

TEST_F(cuGraphGetEdges, RefusesOneArrayWithoutTheOther) {
  const Graph graph;
  add_empty(graph, {add_empty(graph)});
  for (const Ask& ask : forms()) {
    CUgraphNode node = nullptr;
    std::size_t count = 1;
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, ask(graph, nullptr, &node, &count));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, ask(graph, &node, nullptr, &count));
  }
}

TEST_F(cuGraphGetEdges, RefusesEdgeDataWithoutNodes) {
  const Graph graph;
  add_empty(graph, {add_empty(graph)});
  CUgraphEdgeData data{};
  std::size_t count = 1;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphGetEdges_v2(graph, nullptr, nullptr, &data, &count));
}

TEST_F(cuGraphGetEdges, RefusesNull) {
  const Graph graph;
  for (const Ask& ask : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, ask(graph, nullptr, nullptr, nullptr));
    expect_leaves<std::size_t>(CUDA_ERROR_INVALID_VALUE, [&](std::size_t* count) {
      return ask(nullptr, nullptr, nullptr, count);
    });
  }
}

TEST_F(cuGraphGetEdges, RefusesADestroyedGraph) {
  const CUgraph stale = stale_graph();
  expect_leaves<std::size_t>(CUDA_ERROR_INVALID_VALUE, [&](std::size_t* count) {
    return driver().cuGraphGetEdges(stale, nullptr, nullptr, count);
  });
}

TEST_F(cuGraphGetEdges, IsSafeDuringCapture) {
  const Graph graph;
  expect_safe_in_capture([&] {
    std::size_t count = 0;
    return driver().cuGraphGetEdges_v2(graph, nullptr, nullptr, nullptr, &count);
  });
}

// Undocumented.
TEST_F(cuGraphGetEdges, NeedsNoCurrentContext) {
  const Graph graph;
  const NoContext none;
  std::size_t count = 0;
  EXPECT_CUDA_OK(driver().cuGraphGetEdges_v2(graph, nullptr, nullptr, nullptr, &count));
}

TEST_F(cuGraphGetEdges_fresh, BeforeInit) {
  for (const Ask& ask : forms()) {
    expect_leaves<std::size_t>(CUDA_ERROR_NOT_INITIALIZED, [&](std::size_t* count) {
      return ask(garbage_handle<CUgraph>(), nullptr, nullptr, count);
    });
  }
}

}  // namespace vgpu::conformance::test_cuGraphGetEdges
