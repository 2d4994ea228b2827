#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphCreate {

CONFORMANCE_SUITE(cuGraphCreate, Context);
CONFORMANCE_SUITE(cuGraphCreate_fresh, Uninitialised);

CUresult create_and_destroy() {
  CUgraph graph = nullptr;
  const CUresult result = driver().cuGraphCreate(&graph, 0);
  if (result == CUDA_SUCCESS) driver().cuGraphDestroy(graph);
  return result;
}

TEST_F(cuGraphCreate, MakesDistinctEmptyGraphs) {
  const auto [first, second] =
      expect_writes<CUgraph>([](CUgraph* graph) { return driver().cuGraphCreate(graph, 0); });
  EXPECT_NE(first, second);
  EXPECT_TRUE(nodes_of(first).empty());
  EXPECT_TRUE(edges_of(first).empty());
  add_empty(first);
  EXPECT_EQ(nodes_of(first).size(), 1U);
  EXPECT_TRUE(nodes_of(second).empty());
  EXPECT_CUDA_OK(driver().cuGraphDestroy(first));
  EXPECT_CUDA_OK(driver().cuGraphDestroy(second));
}

TEST_F(cuGraphCreate, AnEmptyGraphRuns) {
  const Graph graph;
  graph.run();
}

TEST_F(cuGraphCreate, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphCreate(nullptr, 0));
}

TEST_F(cuGraphCreate, RefusesEveryFlag) {
  for (const unsigned flags : {1U, 2U, 0x80000000U, ~0U}) {
    expect_leaves<CUgraph>(CUDA_ERROR_INVALID_VALUE, [flags](CUgraph* graph) {
      return driver().cuGraphCreate(graph, flags);
    });
  }
}

TEST_F(cuGraphCreate, BelongsToNoThread) {
  CUgraph graph = nullptr;
  ASSERT_CUDA_OK(on_other_thread(context, [&graph] { return driver().cuGraphCreate(&graph, 0); }));
  add_empty(graph);
  EXPECT_EQ(nodes_of(graph).size(), 1U);
  EXPECT_CUDA_OK(driver().cuGraphDestroy(graph));
}

TEST_F(cuGraphCreate, NeedsNoContext) {
  const NoContext none;
  EXPECT_CUDA_OK(create_and_destroy());  // Undocumented.
}

TEST_F(cuGraphCreate, OutlivesTheContextThatWasCurrent) {
  CUgraph graph = nullptr;
  {
    const ExtraContext extra;
    const Current current(extra);
    ASSERT_CUDA_OK(driver().cuGraphCreate(&graph, 0));
  }
  add_empty(graph);
  EXPECT_EQ(nodes_of(graph).size(), 1U);
  EXPECT_CUDA_OK(driver().cuGraphDestroy(graph));
}

TEST_F(cuGraphCreate, IsSafeDuringCapture) {
  expect_safe_in_capture(create_and_destroy);
}

TEST_F(cuGraphCreate_fresh, BeforeInit) {
  expect_leaves<CUgraph>(CUDA_ERROR_NOT_INITIALIZED,
                         [](CUgraph* graph) { return driver().cuGraphCreate(graph, 0); });
}

}  // namespace vgpu::conformance::test_cuGraphCreate
