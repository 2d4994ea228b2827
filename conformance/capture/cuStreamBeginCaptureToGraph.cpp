#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamBeginCaptureToGraph {

CONFORMANCE_SUITE(cuStreamBeginCaptureToGraph, Context);
CONFORMANCE_SUITE(cuStreamBeginCaptureToGraph_fresh, Uninitialised);

constexpr auto global = CU_STREAM_CAPTURE_MODE_GLOBAL;

auto forms() {
  return std::array{driver().cuStreamBeginCaptureToGraph,
                    driver().cuStreamBeginCaptureToGraph_ptsz};
}

/// Ends the capture; the graph that it returns is the caller's own.
CUgraph end(CUstream stream) {
  CUgraph graph = nullptr;
  check(driver().cuStreamEndCapture(stream, &graph), "cuStreamEndCapture");
  return graph;
}

CUgraphNode add_empty_node(CUgraph graph) {
  CUgraphNode node = nullptr;
  check(driver().cuGraphAddEmptyNode(&node, graph, nullptr, 0), "cuGraphAddEmptyNode");
  return node;
}

std::vector<CUgraphNode> dependencies_of(CUgraphNode node) {
  std::size_t count = 0;
  check(driver().cuGraphNodeGetDependencies(node, nullptr, &count), "cuGraphNodeGetDependencies");
  std::vector<CUgraphNode> nodes(count);
  if (count > 0) {
    check(driver().cuGraphNodeGetDependencies(node, nodes.data(), &count),
          "cuGraphNodeGetDependencies");
  }
  return nodes;
}

TEST_F(cuStreamBeginCaptureToGraph, AddsTheWorkToTheGraph) {
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  for (const auto form : forms()) {
    const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{1});
    const Graph graph;
    const Stream stream;
    ASSERT_CUDA_OK(form(stream, graph, nullptr, nullptr, 0, global));
    scale_add.over(buffer, stream, 3U, 1U);
    EXPECT_EQ(end(stream), graph.get()) << "the graph is the caller's";
    EXPECT_EQ(graph.node_types(), std::vector<CUgraphNodeType>{CU_GRAPH_NODE_TYPE_KERNEL});
    EXPECT_EQ(buffer.read()[0], 1U);
    graph.run();
    EXPECT_EQ(buffer.read()[0], 4U);
  }
}

TEST_F(cuStreamBeginCaptureToGraph, TheFirstNodeDependsOnThoseNamed) {
  const Module module;
  const Graph graph;
  std::array<CUgraphNode, 3> nodes{add_empty_node(graph), add_empty_node(graph),
                                   add_empty_node(graph)};
  const Stream stream;
  ASSERT_CUDA_OK(
      driver().cuStreamBeginCaptureToGraph(stream, graph, nodes.data(), nullptr, 2, global));
  module.kernel("empty").launch({}, {}, 0, stream);
  CUstreamCaptureStatus status{};
  const CUgraphNode* last = nullptr;
  std::size_t count = 0;
  ASSERT_CUDA_OK(
      driver().cuStreamGetCaptureInfo_v2(stream, &status, nullptr, nullptr, &last, &count));
  ASSERT_EQ(count, 1U);
  auto found = dependencies_of(*last);
  end(stream);
  std::sort(found.begin(), found.end());
  std::sort(nodes.begin(), nodes.begin() + 2);
  EXPECT_EQ(found, std::vector<CUgraphNode>(nodes.begin(), nodes.begin() + 2));
}

TEST_F(cuStreamBeginCaptureToGraph, SeveralCapturesMayFillOneGraph) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{1});
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Graph graph;
  const Stream stream;
  CUgraphNode last = nullptr;
  unsigned expected = 1;
  for (unsigned i = 1; i <= 3; ++i) {
    ASSERT_CUDA_OK(driver().cuStreamBeginCaptureToGraph(stream, graph, &last, nullptr,
                                                        last == nullptr ? 0 : 1, global));
    scale_add.over(buffer, stream, 2 * i + 1, i);
    expected = expected * (2 * i + 1) + i;
    CUstreamCaptureStatus status{};
    const CUgraphNode* nodes = nullptr;
    std::size_t count = 0;
    ASSERT_CUDA_OK(
        driver().cuStreamGetCaptureInfo_v2(stream, &status, nullptr, nullptr, &nodes, &count));
    ASSERT_EQ(count, 1U);
    last = *nodes;
    EXPECT_EQ(end(stream), graph.get());
  }
  EXPECT_EQ(graph.node_types().size(), 3U);
  graph.run();
  EXPECT_EQ(buffer.read()[0], expected);
}

// As an executable of what is recorded until then.
TEST_F(cuStreamBeginCaptureToGraph, TheGraphMayBeInstantiatedMeanwhile) {
  const Graph graph;
  const Stream stream;
  ASSERT_CUDA_OK(driver().cuStreamBeginCaptureToGraph(stream, graph, nullptr, nullptr, 0,
                                                      CU_STREAM_CAPTURE_MODE_RELAXED));
  CUgraphExec exec = nullptr;
  EXPECT_CUDA_OK(driver().cuGraphInstantiateWithFlags(&exec, graph, 0));
  EXPECT_CUDA_OK(driver().cuGraphExecDestroy(exec));
  end(stream);
  EXPECT_CUDA_OK(driver().cuGraphInstantiateWithFlags(&exec, graph, 0));
  EXPECT_CUDA_OK(driver().cuGraphExecDestroy(exec));
}

// And its graph is gone with it.
TEST_F(cuStreamBeginCaptureToGraph, AnInvalidCaptureReturnsNoGraph) {
  Graph graph;
  add_empty_node(graph);
  const Stream stream;
  ASSERT_CUDA_OK(driver().cuStreamBeginCaptureToGraph(stream, graph, nullptr, nullptr, 0, global));
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, driver().cuStreamSynchronize(stream));
  CUgraph returned = graph;
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED,
              driver().cuStreamEndCapture(stream, &returned));
  EXPECT_EQ(returned, nullptr);
  size_t count = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphGetNodes(graph.release(), nullptr, &count));
}

TEST_F(cuStreamBeginCaptureToGraph, HonoursTheMode) {
  const Graph graph;
  const Stream stream;
  const DeviceMemory memory(16);
  for (const auto mode : {CU_STREAM_CAPTURE_MODE_THREAD_LOCAL, CU_STREAM_CAPTURE_MODE_RELAXED}) {
    ASSERT_CUDA_OK(driver().cuStreamBeginCaptureToGraph(stream, graph, nullptr, nullptr, 0, mode));
    EXPECT_CUDA_OK(on_other_thread(context, [] {
      CUdeviceptr address = 0;
      const CUresult result = driver().cuMemAlloc_v2(&address, 16);
      if (result == CUDA_SUCCESS) driver().cuMemFree_v2(address);
      return result;
    }));
    EXPECT_EQ(end(stream), graph.get());
  }
}

TEST_F(cuStreamBeginCaptureToGraph, RefusesAStreamThatCapturesAlready) {
  const Graph graph;
  const Stream stream;
  const Capture capture(stream);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_ILLEGAL_STATE, form(stream, graph, nullptr, nullptr, 0, global));
  }
}

TEST_F(cuStreamBeginCaptureToGraph, RefusesTheLegacyStream) {
  const Graph graph;
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
              driver().cuStreamBeginCaptureToGraph(nullptr, graph, nullptr, nullptr, 0, global));
}

TEST_F(cuStreamBeginCaptureToGraph, RefusesWrongArguments) {
  const Graph graph;
  const Graph other;
  CUgraphNode foreign = add_empty_node(other);
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, nullptr, nullptr, nullptr, 0, global));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, graph, nullptr, nullptr, 1, global));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, graph, &foreign, nullptr, 1, global));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                form(stream, graph, nullptr, nullptr, 0, static_cast<CUstreamCaptureMode>(3)));
  }
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream)) << "the stream is not capturing";
}

TEST_F(cuStreamBeginCaptureToGraph, PtszDefaultStreamIsTheThreadsOwn) {
  const Graph graph;
  ASSERT_CUDA_OK(
      driver().cuStreamBeginCaptureToGraph_ptsz(nullptr, graph, nullptr, nullptr, 0, global));
  EXPECT_EQ(end(CU_STREAM_PER_THREAD), graph.get());
}

// Undocumented.
TEST_F(cuStreamBeginCaptureToGraph, NeedsACurrentContextForADefaultStream) {
  const Graph graph;
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
                form(CU_STREAM_PER_THREAD, graph, nullptr, nullptr, 0, global));
  }
}

TEST_F(cuStreamBeginCaptureToGraph_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                               form(nullptr, nullptr, nullptr, nullptr, 0, global));
  }
}

}  // namespace vgpu::conformance::test_cuStreamBeginCaptureToGraph
