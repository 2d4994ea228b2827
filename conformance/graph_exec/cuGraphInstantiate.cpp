#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphInstantiate {

CONFORMANCE_SUITE(cuGraphInstantiate, Context);
CONFORMANCE_SUITE(cuGraphInstantiate_fresh, Uninitialised);

/// The two exported forms with five parameters. (cuda.h's cuGraphInstantiate of today is
/// cuGraphInstantiateWithFlags.)
auto forms() {
  return std::array{driver().cuGraphInstantiate, driver().cuGraphInstantiate_v2};
}

TEST_F(cuGraphInstantiate, MakesDistinctExecutables) {
  for (const auto form : forms()) {
    HostNode host;
    const Graph graph;
    add_host(graph, {}, host);
    const auto [first, second] = expect_writes<CUgraphExec>(
        [&](CUgraphExec* exec) { return form(exec, graph, nullptr, nullptr, 0); });
    ASSERT_NE(first, second);
    const Executable a(first);
    const Executable b(second);
    EXPECT_EQ(host.calls(), 0) << "nothing runs before a launch";
    a.run();
    b.run();
    EXPECT_EQ(host.calls(), 2);
  }
}

TEST_F(cuGraphInstantiate, TheExecutableIsTheGraphAsItWas) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  for (const auto form : forms()) {
    const Graph graph;
    const CUgraphNode node = add_memset(graph, {}, buffer, value);
    CUgraphExec handle = nullptr;
    ASSERT_CUDA_OK(form(&handle, graph, nullptr, nullptr, 0));
    const Executable exec(handle);
    const CUDA_MEMSET_NODE_PARAMS changed = memset_node(buffer, ~value);
    ASSERT_CUDA_OK(driver().cuGraphMemsetNodeSetParams(node, &changed));
    HostNode host;
    add_host(graph, {node}, host);
    exec.run();
    EXPECT_EQ(buffer.read(), all(buffer, value));
    EXPECT_EQ(host.calls(), 0);
  }
}

TEST_F(cuGraphInstantiate, WritesNoMoreThanTheLogsSize) {
  const Graph graph;
  add_empty(graph);
  for (const auto form : forms()) {
    std::array<char, 16> log;
    log.fill('x');
    CUgraphExec handle = nullptr;
    CUgraphNode error = nullptr;
    ASSERT_CUDA_OK(form(&handle, graph, &error, log.data(), 8));
    const Executable exec(handle);
    EXPECT_EQ(error, nullptr);
    EXPECT_EQ(std::string(log.data() + 8, 8), "xxxxxxxx");
  }
}

TEST_F(cuGraphInstantiate, RefusesACycle) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  if (driver().cuGraphAddDependencies(graph, &b, &a, 1) != CUDA_SUCCESS) return;  // refused there
  for (const auto form : forms()) {
    expect_leaves<CUgraphExec>(CUDA_ERROR_INVALID_VALUE, [&](CUgraphExec* exec) {
      return form(exec, graph, nullptr, nullptr, 0);
    });
  }
}

TEST_F(cuGraphInstantiate, RefusesNull) {
  const Graph graph;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, graph, nullptr, nullptr, 0));
    expect_leaves<CUgraphExec>(CUDA_ERROR_INVALID_VALUE, [&](CUgraphExec* exec) {
      return form(exec, nullptr, nullptr, nullptr, 0);
    });
  }
}

TEST_F(cuGraphInstantiate, RefusesADestroyedGraph) {
  const CUgraph stale = stale_graph();
  for (const auto form : forms()) {
    expect_leaves<CUgraphExec>(CUDA_ERROR_INVALID_VALUE, [&](CUgraphExec* exec) {
      return form(exec, stale, nullptr, nullptr, 0);
    });
  }
}

// Undocumented.
TEST_F(cuGraphInstantiate, IsUnsafeDuringCapture) {
  const Graph graph;
  add_empty(graph);
  for (const auto form : forms()) {
    expect_unsafe_in_capture([&] {
      CUgraphExec exec = nullptr;
      const CUresult result = form(&exec, graph, nullptr, nullptr, 0);
      if (result == CUDA_SUCCESS) {
        EXPECT_CUDA_OK(driver().cuGraphExecDestroy(exec));
      }
      return result;
    });
  }
}

// Undocumented.
TEST_F(cuGraphInstantiate, NeedsACurrentContext) {
  const Graph graph;
  add_empty(graph);
  const NoContext none;
  for (const auto form : forms()) {
    CUgraphExec exec = nullptr;
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(&exec, graph, nullptr, nullptr, 0));
  }
}

TEST_F(cuGraphInstantiate_fresh, BeforeInit) {
  for (const auto form : forms()) {
    expect_leaves<CUgraphExec>(CUDA_ERROR_NOT_INITIALIZED, [&](CUgraphExec* exec) {
      return form(exec, garbage_handle<CUgraph>(), nullptr, nullptr, 0);
    });
  }
}

}  // namespace vgpu::conformance::test_cuGraphInstantiate
