#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphExecGetFlags {

CONFORMANCE_SUITE(cuGraphExecGetFlags, Context);
CONFORMANCE_SUITE(cuGraphExecGetFlags_fresh, Uninitialised);

// That of the priorities is not returned.
TEST_F(cuGraphExecGetFlags, ReturnsTheFlagsOfTheInstantiation) {
  constexpr cuuint64_t priority = CUDA_GRAPH_INSTANTIATE_FLAG_USE_NODE_PRIORITY;
  const Graph graph;
  add_empty(graph);
  for (const cuuint64_t flags :
       {cuuint64_t{0}, cuuint64_t{CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH}, priority,
        cuuint64_t{CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH | priority}}) {
    const Executable exec(graph, flags);
    const auto [first, second] = expect_writes<cuuint64_t>(
        [&](cuuint64_t* found) { return driver().cuGraphExecGetFlags(exec, found); });
    EXPECT_EQ(first, flags & ~priority);
    EXPECT_EQ(second, first);
  }
}

// "CUDA_GRAPH_INSTANTIATE_FLAG_UPLOAD will not be returned".
TEST_F(cuGraphExecGetFlags, DoesNotTellAboutAnUpload) {
  const Graph graph;
  add_empty(graph);
  const Stream stream;
  CUDA_GRAPH_INSTANTIATE_PARAMS params{};
  params.flags =
      CUDA_GRAPH_INSTANTIATE_FLAG_UPLOAD | CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH;
  params.hUploadStream = stream;
  CUgraphExec handle = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphInstantiateWithParams(&handle, graph, &params));
  const Executable exec(handle);
  cuuint64_t found = 77;
  EXPECT_CUDA_OK(driver().cuGraphExecGetFlags(exec, &found));
  EXPECT_EQ(found, 0U + CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH);
}

TEST_F(cuGraphExecGetFlags, RefusesNull) {
  const Graph graph;
  add_empty(graph);
  const Executable exec(graph);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphExecGetFlags(exec, nullptr));
  expect_leaves<cuuint64_t>(CUDA_ERROR_INVALID_VALUE, [](cuuint64_t* found) {
    return driver().cuGraphExecGetFlags(nullptr, found);
  });
}

TEST_F(cuGraphExecGetFlags, RefusesADestroyedExecutable) {
  const CUgraphExec stale = stale_executable();
  expect_leaves<cuuint64_t>(CUDA_ERROR_INVALID_VALUE, [&](cuuint64_t* found) {
    return driver().cuGraphExecGetFlags(stale, found);
  });
}

TEST_F(cuGraphExecGetFlags, IsSafeDuringCapture) {
  const Graph graph;
  add_empty(graph);
  const Executable exec(graph);
  expect_safe_in_capture([&] {
    cuuint64_t found = 0;
    return driver().cuGraphExecGetFlags(exec, &found);
  });
}

// Undocumented.
TEST_F(cuGraphExecGetFlags, NeedsNoCurrentContext) {
  const Graph graph;
  add_empty(graph);
  const Executable exec(graph);
  const NoContext none;
  cuuint64_t found = 0;
  EXPECT_CUDA_OK(driver().cuGraphExecGetFlags(exec, &found));
}

TEST_F(cuGraphExecGetFlags_fresh, BeforeInit) {
  expect_leaves<cuuint64_t>(CUDA_ERROR_NOT_INITIALIZED, [](cuuint64_t* found) {
    return driver().cuGraphExecGetFlags(garbage_handle<CUgraphExec>(), found);
  });
}

}  // namespace vgpu::conformance::test_cuGraphExecGetFlags
