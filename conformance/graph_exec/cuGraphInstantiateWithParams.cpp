#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphInstantiateWithParams {

CONFORMANCE_SUITE(cuGraphInstantiateWithParams, Context);
CONFORMANCE_SUITE(cuGraphInstantiateWithParams_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuGraphInstantiateWithParams,
                    driver().cuGraphInstantiateWithParams_ptsz};
}

/// Parameters with outputs that no call leaves behind.
CUDA_GRAPH_INSTANTIATE_PARAMS params_with(cuuint64_t flags, CUstream upload = nullptr) {
  CUDA_GRAPH_INSTANTIATE_PARAMS params{};
  params.flags = flags;
  params.hUploadStream = upload;
  params.hErrNode_out = garbage_handle<CUgraphNode>();
  params.result_out = static_cast<CUgraphInstantiateResult>(77);
  return params;
}

TEST_F(cuGraphInstantiateWithParams, ReportsSuccess) {
  HostNode host;
  const Graph graph;
  add_host(graph, {}, host);
  int launches = 0;
  for (const auto form : forms()) {
    CUDA_GRAPH_INSTANTIATE_PARAMS params = params_with(0);
    const auto [first, second] =
        expect_writes<CUgraphExec>([&](CUgraphExec* exec) { return form(exec, graph, &params); });
    EXPECT_EQ(params.result_out, CUDA_GRAPH_INSTANTIATE_SUCCESS);
    EXPECT_EQ(params.hErrNode_out, nullptr);
    EXPECT_EQ(params.flags, 0U);
    const Executable a(first);
    const Executable b(second);
    a.run();
    b.run();
    EXPECT_EQ(host.calls(), launches += 2);
  }
}

TEST_F(cuGraphInstantiateWithParams, UploadsInTheStreamItNames) {
  HostNode host;
  const Graph graph;
  add_host(graph, {}, host);
  const Stream stream;
  for (const auto form : forms()) {
    CUDA_GRAPH_INSTANTIATE_PARAMS params = params_with(CUDA_GRAPH_INSTANTIATE_FLAG_UPLOAD, stream);
    CUgraphExec handle = nullptr;
    ASSERT_CUDA_OK(form(&handle, graph, &params));
    const Executable exec(handle);
    EXPECT_EQ(params.result_out, CUDA_GRAPH_INSTANTIATE_SUCCESS);
    EXPECT_EQ(params.hUploadStream, stream.get());
    stream.synchronize();
    EXPECT_EQ(host.calls(), 0) << "an upload runs nothing";
  }
}

TEST_F(cuGraphInstantiateWithParams, ReportsAnUnknownFlag) {
  const Graph graph;
  add_empty(graph);
  for (const auto form : forms()) {
    CUDA_GRAPH_INSTANTIATE_PARAMS params = params_with(1U << 20);
    expect_leaves<CUgraphExec>(CUDA_ERROR_INVALID_VALUE,
                               [&](CUgraphExec* exec) { return form(exec, graph, &params); });
    EXPECT_EQ(params.result_out, CUDA_GRAPH_INSTANTIATE_ERROR);
    EXPECT_EQ(params.hErrNode_out, nullptr);
  }
}

TEST_F(cuGraphInstantiateWithParams, ReportsACycle) {
  const Graph graph;
  const CUgraphNode a = add_empty(graph);
  const CUgraphNode b = add_empty(graph, {a});
  if (driver().cuGraphAddDependencies(graph, &b, &a, 1) != CUDA_SUCCESS) return;  // refused there
  for (const auto form : forms()) {
    CUDA_GRAPH_INSTANTIATE_PARAMS params = params_with(0);
    expect_leaves<CUgraphExec>(CUDA_ERROR_INVALID_VALUE,
                               [&](CUgraphExec* exec) { return form(exec, graph, &params); });
    EXPECT_EQ(params.result_out, CUDA_GRAPH_INSTANTIATE_INVALID_STRUCTURE);
    EXPECT_TRUE(params.hErrNode_out == a || params.hErrNode_out == b);
  }
}

TEST_F(cuGraphInstantiateWithParams, RefusesNull) {
  const Graph graph;
  for (const auto form : forms()) {
    CUDA_GRAPH_INSTANTIATE_PARAMS params = params_with(0);
    CUgraphExec exec = nullptr;
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, graph, &params));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(&exec, nullptr, &params));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(&exec, graph, nullptr));
    EXPECT_EQ(exec, nullptr);
  }
}

TEST_F(cuGraphInstantiateWithParams, RefusesADestroyedGraph) {
  const CUgraph stale = stale_graph();
  CUDA_GRAPH_INSTANTIATE_PARAMS params = params_with(0);
  CUgraphExec exec = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, forms()[0](&exec, stale, &params));
}

// Undocumented.
TEST_F(cuGraphInstantiateWithParams, IsUnsafeDuringCapture) {
  const Graph graph;
  add_empty(graph);
  for (const auto form : forms()) {
    expect_unsafe_in_capture([&] {
      CUDA_GRAPH_INSTANTIATE_PARAMS params = params_with(0);
      CUgraphExec exec = nullptr;
      const CUresult result = form(&exec, graph, &params);
      if (result == CUDA_SUCCESS) {
        EXPECT_CUDA_OK(driver().cuGraphExecDestroy(exec));
      }
      return result;
    });
  }
}

// Undocumented.
TEST_F(cuGraphInstantiateWithParams, NeedsACurrentContext) {
  const Graph graph;
  add_empty(graph);
  const NoContext none;
  for (const auto form : forms()) {
    CUDA_GRAPH_INSTANTIATE_PARAMS params = params_with(0);
    CUgraphExec exec = nullptr;
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(&exec, graph, &params));
  }
}

TEST_F(cuGraphInstantiateWithParams_fresh, BeforeInit) {
  for (const auto form : forms()) {
    CUDA_GRAPH_INSTANTIATE_PARAMS params = params_with(0);
    CUgraphExec exec = nullptr;
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(&exec, garbage_handle<CUgraph>(), &params));
  }
}

}  // namespace vgpu::conformance::test_cuGraphInstantiateWithParams
