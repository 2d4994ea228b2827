#include <functional>
#include <set>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamUpdateCaptureDependencies {

CONFORMANCE_SUITE(cuStreamUpdateCaptureDependencies, Context);
CONFORMANCE_SUITE(cuStreamUpdateCaptureDependencies_fresh, Uninitialised);

using Nodes = std::set<CUgraphNode>;
using Form = std::function<CUresult(CUstream, CUgraphNode*, std::size_t, unsigned)>;

/// The four exported forms, without edge data.
std::vector<Form> forms() {
  return {
      driver().cuStreamUpdateCaptureDependencies, driver().cuStreamUpdateCaptureDependencies_ptsz,
      [](CUstream stream, CUgraphNode* nodes, std::size_t count, unsigned flags) {
        return driver().cuStreamUpdateCaptureDependencies_v2(stream, nodes, nullptr, count, flags);
      },
      [](CUstream stream, CUgraphNode* nodes, std::size_t count, unsigned flags) {
        return driver().cuStreamUpdateCaptureDependencies_v2_ptsz(stream, nodes, nullptr, count,
                                                                  flags);
      }};
}

CUgraph graph_of(CUstream stream) {
  CUstreamCaptureStatus status{};
  CUgraph graph = nullptr;
  check(driver().cuStreamGetCaptureInfo_v2(stream, &status, nullptr, &graph, nullptr, nullptr),
        "cuStreamGetCaptureInfo_v2");
  return graph;
}

Nodes dependencies_of(CUstream stream) {
  CUstreamCaptureStatus status{};
  const CUgraphNode* nodes = nullptr;
  std::size_t count = 0;
  check(driver().cuStreamGetCaptureInfo_v2(stream, &status, nullptr, nullptr, &nodes, &count),
        "cuStreamGetCaptureInfo_v2");
  return Nodes(nodes, nodes + count);
}

/// A new node of the graph that is being captured, which nothing depends on.
CUgraphNode add_empty_node(CUgraph graph) {
  CUgraphNode node = nullptr;
  check(driver().cuGraphAddEmptyNode(&node, graph, nullptr, 0), "cuGraphAddEmptyNode");
  return node;
}

TEST_F(cuStreamUpdateCaptureDependencies, AddsOrReplaces) {
  for (const Form& form : forms()) {
    const Stream stream;
    Capture capture(stream);
    std::vector<CUgraphNode> nodes;
    for (int i = 0; i < 4; ++i) nodes.push_back(add_empty_node(graph_of(stream)));
    EXPECT_TRUE(dependencies_of(stream).empty());
    EXPECT_CUDA_OK(form(stream, &nodes[0], 1, CU_STREAM_ADD_CAPTURE_DEPENDENCIES));
    EXPECT_CUDA_OK(form(stream, &nodes[1], 1, CU_STREAM_ADD_CAPTURE_DEPENDENCIES));
    EXPECT_EQ(dependencies_of(stream), (Nodes{nodes[0], nodes[1]}));
    EXPECT_CUDA_OK(form(stream, &nodes[1], 2, CU_STREAM_SET_CAPTURE_DEPENDENCIES));
    EXPECT_EQ(dependencies_of(stream), (Nodes{nodes[1], nodes[2]}));
    EXPECT_CUDA_OK(form(stream, nullptr, 0, CU_STREAM_ADD_CAPTURE_DEPENDENCIES));
    EXPECT_EQ(dependencies_of(stream), (Nodes{nodes[1], nodes[2]}));
    EXPECT_CUDA_OK(form(stream, nullptr, 0, CU_STREAM_SET_CAPTURE_DEPENDENCIES));
    EXPECT_TRUE(dependencies_of(stream).empty());
    EXPECT_CUDA_OK(capture.try_end());
  }
}

TEST_F(cuStreamUpdateCaptureDependencies, TheNextNodeDependsOnThem) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  const Stream stream;
  Capture capture(stream);
  std::array<CUgraphNode, 2> nodes{add_empty_node(graph_of(stream)),
                                   add_empty_node(graph_of(stream))};
  empty.launch({}, {}, 0, stream);
  ASSERT_CUDA_OK(driver().cuStreamUpdateCaptureDependencies(stream, nodes.data(), nodes.size(),
                                                            CU_STREAM_SET_CAPTURE_DEPENDENCIES));
  empty.launch({}, {}, 0, stream);
  const Nodes last = dependencies_of(stream);
  ASSERT_EQ(last.size(), 1U);
  std::size_t count = 0;
  EXPECT_CUDA_OK(driver().cuGraphNodeGetDependencies(*last.begin(), nullptr, &count));
  ASSERT_EQ(count, 2U);
  std::vector<CUgraphNode> found(count);
  EXPECT_CUDA_OK(driver().cuGraphNodeGetDependencies(*last.begin(), found.data(), &count));
  EXPECT_EQ(Nodes(found.begin(), found.end()), Nodes(nodes.begin(), nodes.end()));
  EXPECT_CUDA_OK(capture.try_end());
}

// Two kernels that no longer depend on each other, and one that waits for both.
TEST_F(cuStreamUpdateCaptureDependencies, TheGraphRunsInTheOrderThatResults) {
  const DeviceBuffer<unsigned> left(std::vector<unsigned>{1});
  const DeviceBuffer<unsigned> right(std::vector<unsigned>{1});
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Stream stream;
  Capture capture(stream);
  scale_add.over(left, stream, 3U, 1U);
  CUgraphNode first = *dependencies_of(stream).begin();
  ASSERT_CUDA_OK(driver().cuStreamUpdateCaptureDependencies(stream, nullptr, 0,
                                                            CU_STREAM_SET_CAPTURE_DEPENDENCIES));
  scale_add.over(right, stream, 5U, 2U);
  ASSERT_CUDA_OK(driver().cuStreamUpdateCaptureDependencies(stream, &first, 1, 0));
  module.kernel("copy").launch({}, {}, 0, stream, left.address(), right.address(), 1U);
  const Graph graph = capture.end();
  std::size_t roots = 0;
  EXPECT_CUDA_OK(driver().cuGraphGetRootNodes(graph, nullptr, &roots));
  EXPECT_EQ(roots, 2U);
  graph.run();
  EXPECT_EQ(left.read()[0], 7U);
}

TEST_F(cuStreamUpdateCaptureDependencies, ANodeThatWasLeftOutNeedsNotBeJoined) {
  const Module module;
  const Stream stream;
  Capture capture(stream);
  module.kernel("empty").launch({}, {}, 0, stream);
  ASSERT_CUDA_OK(driver().cuStreamUpdateCaptureDependencies(stream, nullptr, 0,
                                                            CU_STREAM_SET_CAPTURE_DEPENDENCIES));
  const Graph graph = capture.end();
  EXPECT_EQ(graph.node_types().size(), 1U);
}

TEST_F(cuStreamUpdateCaptureDependencies, TakesEdgeDataThatSaysNothing) {
  const Stream stream;
  Capture capture(stream);
  CUgraphNode node = add_empty_node(graph_of(stream));
  const CUgraphEdgeData plain{};
  EXPECT_CUDA_OK(driver().cuStreamUpdateCaptureDependencies_v2(stream, &node, &plain, 1,
                                                               CU_STREAM_SET_CAPTURE_DEPENDENCIES));
  EXPECT_EQ(dependencies_of(stream), Nodes{node});
  EXPECT_CUDA_OK(capture.try_end());
}

TEST_F(cuStreamUpdateCaptureDependencies, RefusesAStreamThatDoesNotCapture) {
  const Stream stream;
  for (const Form& form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_ILLEGAL_STATE,
                form(stream, nullptr, 0, CU_STREAM_SET_CAPTURE_DEPENDENCIES));
  }
  const Stream other;
  const Capture capture(other);
  for (const Form& form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_ILLEGAL_STATE,
                form(stream, nullptr, 0, CU_STREAM_SET_CAPTURE_DEPENDENCIES))
        << "while another one does";
  }
}

TEST_F(cuStreamUpdateCaptureDependencies, RefusesUnknownFlags) {
  const Stream stream;
  Capture capture(stream);
  for (const Form& form : forms()) {
    for (const unsigned flags : {2U, 0x80000000U}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, nullptr, 0, flags)) << "flags " << flags;
    }
  }
}

TEST_F(cuStreamUpdateCaptureDependencies, RefusesACountWithoutNodes) {
  const Stream stream;
  Capture capture(stream);
  for (const Form& form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                form(stream, nullptr, 1, CU_STREAM_ADD_CAPTURE_DEPENDENCIES));
  }
}

TEST_F(cuStreamUpdateCaptureDependencies, RefusesANodeOfAnotherGraph) {
  const Graph other;
  CUgraphNode foreign = add_empty_node(other);
  const Stream stream;
  const Capture capture(stream);
  for (const Form& form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                form(stream, &foreign, 1, CU_STREAM_ADD_CAPTURE_DEPENDENCIES));
  }
}

TEST_F(cuStreamUpdateCaptureDependencies, PtszDefaultStreamIsTheThreadsOwn) {
  Capture capture(CU_STREAM_PER_THREAD);
  CUgraphNode one = add_empty_node(graph_of(CU_STREAM_PER_THREAD));
  CUgraphNode two = add_empty_node(graph_of(CU_STREAM_PER_THREAD));
  EXPECT_CUDA_OK(driver().cuStreamUpdateCaptureDependencies_ptsz(nullptr, &one, 1, 0));
  EXPECT_EQ(dependencies_of(CU_STREAM_PER_THREAD), Nodes{one});
  EXPECT_CUDA_OK(driver().cuStreamUpdateCaptureDependencies_v2_ptsz(nullptr, &two, nullptr, 1, 0));
  EXPECT_EQ(dependencies_of(CU_STREAM_PER_THREAD), (Nodes{one, two}));
  EXPECT_CUDA_OK(capture.try_end());
}

// Undocumented.
TEST_F(cuStreamUpdateCaptureDependencies, NeedsACurrentContextForADefaultStream) {
  const NoContext none;
  for (const Form& form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
                form(CU_STREAM_PER_THREAD, nullptr, 0, CU_STREAM_ADD_CAPTURE_DEPENDENCIES));
  }
}

// Undocumented.
TEST_F(cuStreamUpdateCaptureDependencies, NeedsNoCurrentContextForAStream) {
  const Stream stream;
  const Capture capture(stream, CU_STREAM_CAPTURE_MODE_RELAXED);
  on_other_thread([&] {
    for (const Form& form : forms()) {
      EXPECT_CUDA_OK(form(stream, nullptr, 0, CU_STREAM_ADD_CAPTURE_DEPENDENCIES));
    }
  });
}

TEST_F(cuStreamUpdateCaptureDependencies_fresh, BeforeInit) {
  for (const Form& form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr, nullptr, 0, 0));
  }
}

}  // namespace vgpu::conformance::test_cuStreamUpdateCaptureDependencies
