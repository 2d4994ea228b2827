#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphNodeGetEnabled {

CONFORMANCE_SUITE(cuGraphNodeGetEnabled, Context);
CONFORMANCE_SUITE(cuGraphNodeGetEnabled_fresh, Uninitialised);

unsigned enabled(CUgraphExec exec, CUgraphNode node) {
  const auto [first, second] = expect_writes<unsigned>(
      [&](unsigned* found) { return driver().cuGraphNodeGetEnabled(exec, node, found); });
  EXPECT_EQ(first, second);
  return first;
}

TEST_F(cuGraphNodeGetEnabled, TellsWhatWasSet) {
  const DeviceBuffer<unsigned> buffer(10);
  const Module module;
  const Graph graph;
  const CUgraphNode a = add_memset(graph, {}, buffer, 1);
  const CUgraphNode b = add_kernel(graph, {a}, module.kernel("fill"), buffer, {1});
  const Executable exec(graph);
  EXPECT_EQ(enabled(exec, a), 1U);
  EXPECT_EQ(enabled(exec, b), 1U);
  ASSERT_CUDA_OK(driver().cuGraphNodeSetEnabled(exec, b, 0));
  EXPECT_EQ(enabled(exec, a), 1U);
  EXPECT_EQ(enabled(exec, b), 0U);
  ASSERT_CUDA_OK(driver().cuGraphNodeSetEnabled(exec, b, 0x100));
  EXPECT_EQ(enabled(exec, b), 1U) << "1, whatever was given to enable it";
}

TEST_F(cuGraphNodeGetEnabled, IsTheExecutablesOwn) {
  const DeviceBuffer<unsigned> buffer(10);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  const Executable sibling(graph);
  ASSERT_CUDA_OK(driver().cuGraphNodeSetEnabled(exec, node, 0));
  EXPECT_EQ(enabled(exec, node), 0U);
  EXPECT_EQ(enabled(sibling, node), 1U);
  EXPECT_EQ(enabled(Executable(graph), node), 1U);
}

TEST_F(cuGraphNodeGetEnabled, RefusesOtherNodes) {
  const DeviceBuffer<unsigned> buffer(10);
  const Graph graph;
  const CUgraphNode empty = add_empty(graph);
  const Executable exec(graph);
  const CUgraphNode later = add_memset(graph, {}, buffer, 1);
  for (const CUgraphNode node : {empty, later}) {
    expect_leaves<unsigned>(CUDA_ERROR_INVALID_VALUE, [&](unsigned* found) {
      return driver().cuGraphNodeGetEnabled(exec, node, found);
    });
  }
}

TEST_F(cuGraphNodeGetEnabled, RefusesNull) {
  const DeviceBuffer<unsigned> buffer(10);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  unsigned found = 77;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphNodeGetEnabled(nullptr, node, &found));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphNodeGetEnabled(exec, nullptr, &found));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphNodeGetEnabled(exec, node, nullptr));
  EXPECT_EQ(found, 77U);
}

// Undocumented.
TEST_F(cuGraphNodeGetEnabled, IsSafeDuringCapture) {
  const DeviceBuffer<unsigned> buffer(10);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  expect_safe_in_capture([&] {
    unsigned enabled = 0;
    return driver().cuGraphNodeGetEnabled(exec, node, &enabled);
  });
}

// Undocumented.
TEST_F(cuGraphNodeGetEnabled, NeedsNoCurrentContext) {
  const DeviceBuffer<unsigned> buffer(10);
  const Graph graph;
  const CUgraphNode node = add_memset(graph, {}, buffer, 1);
  const Executable exec(graph);
  const NoContext none;
  unsigned enabled = 0;
  EXPECT_CUDA_OK(driver().cuGraphNodeGetEnabled(exec, node, &enabled));
}

TEST_F(cuGraphNodeGetEnabled_fresh, BeforeInit) {
  unsigned found = 77;
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                             driver().cuGraphNodeGetEnabled(garbage_handle<CUgraphExec>(),
                                                            garbage_handle<CUgraphNode>(), &found));
  EXPECT_EQ(found, 77U);
}

}  // namespace vgpu::conformance::test_cuGraphNodeGetEnabled
