#include <set>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamGetCaptureInfo {

CONFORMANCE_SUITE(cuStreamGetCaptureInfo, Context);
CONFORMANCE_SUITE(cuStreamGetCaptureInfo_fresh, Uninitialised);

/// What the newest form says, with its arrays copied.
struct Info {
  CUstreamCaptureStatus status{};
  cuuint64_t id = 0;
  CUgraph graph = nullptr;
  std::vector<CUgraphNode> dependencies;
  std::vector<CUgraphEdgeData> edges;
};

auto first_forms() {
  return std::array{driver().cuStreamGetCaptureInfo, driver().cuStreamGetCaptureInfo_ptsz};
}
auto second_forms() {
  return std::array{driver().cuStreamGetCaptureInfo_v2, driver().cuStreamGetCaptureInfo_v2_ptsz};
}
auto third_forms() {
  return std::array{driver().cuStreamGetCaptureInfo_v3, driver().cuStreamGetCaptureInfo_v3_ptsz};
}

Info info_of(CUstream stream) {
  Info info;
  const CUgraphNode* dependencies = nullptr;
  const CUgraphEdgeData* edges = nullptr;
  std::size_t count = 0;
  check(driver().cuStreamGetCaptureInfo_v3(stream, &info.status, &info.id, &info.graph,
                                           &dependencies, &edges, &count),
        "cuStreamGetCaptureInfo_v3");
  if (info.status != CU_STREAM_CAPTURE_STATUS_ACTIVE) return info;
  info.dependencies.assign(dependencies, dependencies + count);
  info.edges.assign(edges, edges + count);
  return info;
}

TEST_F(cuStreamGetCaptureInfo, OfAStreamThatDoesNotCapture) {
  const Stream stream;
  const auto none = std::array{CU_STREAM_CAPTURE_STATUS_NONE, CU_STREAM_CAPTURE_STATUS_NONE};
  for (const auto form : first_forms()) {
    cuuint64_t id = 0;
    EXPECT_EQ(expect_writes<CUstreamCaptureStatus>(
                  [&](CUstreamCaptureStatus* out) { return form(stream, out, &id); }),
              none);
  }
  for (const auto form : second_forms()) {
    EXPECT_EQ(expect_writes<CUstreamCaptureStatus>([&](CUstreamCaptureStatus* out) {
                return form(stream, out, nullptr, nullptr, nullptr, nullptr);
              }),
              none);
  }
  for (const auto form : third_forms()) {
    EXPECT_EQ(expect_writes<CUstreamCaptureStatus>([&](CUstreamCaptureStatus* out) {
                return form(stream, out, nullptr, nullptr, nullptr, nullptr, nullptr);
              }),
              none);
  }
}

TEST_F(cuStreamGetCaptureInfo, EveryFormSaysTheSame) {
  const Module module;
  const Stream stream;
  Capture capture(stream);
  module.kernel("empty").launch({}, {}, 0, stream);
  const Info info = info_of(stream);
  EXPECT_EQ(info.status, CU_STREAM_CAPTURE_STATUS_ACTIVE);
  ASSERT_EQ(info.dependencies.size(), 1U);
  for (const auto form : first_forms()) {
    const auto [first, second] = expect_writes<CUstreamCaptureStatus, cuuint64_t>(
        [&](CUstreamCaptureStatus* status, cuuint64_t* id) { return form(stream, status, id); });
    EXPECT_EQ(first, second);
    EXPECT_EQ(first, std::make_tuple(info.status, info.id));
  }
  using Node = const CUgraphNode*;
  for (const auto form : second_forms()) {
    const auto [first, second] =
        expect_writes<CUstreamCaptureStatus, cuuint64_t, CUgraph, Node, std::size_t>(
            [&](CUstreamCaptureStatus* status, cuuint64_t* id, CUgraph* graph, Node* dependencies,
                std::size_t* count) {
              return form(stream, status, id, graph, dependencies, count);
            });
    for (const auto& said : {first, second}) {
      EXPECT_EQ(std::get<0>(said), info.status);
      EXPECT_EQ(std::get<1>(said), info.id);
      EXPECT_EQ(std::get<2>(said), info.graph);
      ASSERT_EQ(std::get<4>(said), 1U);
    }
    EXPECT_EQ(*std::get<3>(second), info.dependencies[0]);
  }
  for (const auto form : third_forms()) {
    cuuint64_t id = 0;
    CUstreamCaptureStatus status{};
    EXPECT_CUDA_OK(form(stream, &status, &id, nullptr, nullptr, nullptr, nullptr));
    EXPECT_EQ(id, info.id) << "outputs are optional, each for itself";
    CUgraph graph = nullptr;
    EXPECT_CUDA_OK(form(stream, &status, nullptr, &graph, nullptr, nullptr, nullptr));
    EXPECT_EQ(graph, info.graph);
    std::size_t count = 0;
    EXPECT_CUDA_OK(form(stream, &status, nullptr, nullptr, nullptr, nullptr, &count));
    EXPECT_EQ(count, 1U);
  }
  EXPECT_CUDA_OK(capture.try_end());
}

TEST_F(cuStreamGetCaptureInfo, TheIdIsUnique) {
  const Stream stream;
  std::set<cuuint64_t> ids;
  for (int i = 0; i < 3; ++i) {
    Capture capture(stream);
    ids.insert(info_of(stream).id);
    ids.insert(info_of(stream).id);
    EXPECT_CUDA_OK(capture.try_end());
  }
  const Stream other;
  const Capture capture(stream);
  const Capture other_capture(other);
  ids.insert(info_of(stream).id);
  ids.insert(info_of(other).id);
  EXPECT_EQ(ids.size(), 5U);
}

TEST_F(cuStreamGetCaptureInfo, TheGraphIsTheOneThatTheCaptureReturns) {
  const Stream stream;
  Capture capture(stream);
  const CUgraph named = info_of(stream).graph;
  const Graph graph = capture.end();
  EXPECT_EQ(named, graph.get());
}

TEST_F(cuStreamGetCaptureInfo, TheDependenciesAreTheLastNodes) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  const Stream stream;
  Capture capture(stream);
  EXPECT_TRUE(info_of(stream).dependencies.empty());
  std::set<CUgraphNode> seen;
  for (int i = 0; i < 3; ++i) {
    empty.launch({}, {}, 0, stream);
    const Info info = info_of(stream);
    ASSERT_EQ(info.dependencies.size(), 1U);
    EXPECT_TRUE(seen.insert(info.dependencies[0]).second) << "each launch is a node of its own";
    CUgraphNodeType type{};
    EXPECT_CUDA_OK(driver().cuGraphNodeGetType(info.dependencies[0], &type));
    EXPECT_EQ(type, CU_GRAPH_NODE_TYPE_KERNEL);
  }
  const Graph graph = capture.end();
  EXPECT_EQ(graph.node_types().size(), 3U);
}

TEST_F(cuStreamGetCaptureInfo, AJoinAddsTheOtherStreamsNodes) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  const Event fork;
  const Event join;
  const Stream origin;
  const Stream joined;
  Capture capture(origin);
  fork.record(origin);
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(joined, fork, 0));
  empty.launch({}, {}, 0, origin);
  empty.launch({}, {}, 0, joined);
  const Info mine = info_of(origin);
  const Info theirs = info_of(joined);
  EXPECT_EQ(mine.id, theirs.id);
  EXPECT_EQ(mine.graph, theirs.graph);
  ASSERT_EQ(mine.dependencies.size(), 1U);
  ASSERT_EQ(theirs.dependencies.size(), 1U);
  EXPECT_NE(mine.dependencies[0], theirs.dependencies[0]);
  join.record(joined);
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(origin, join, 0));
  const Info both = info_of(origin);
  EXPECT_EQ(std::set<CUgraphNode>(both.dependencies.begin(), both.dependencies.end()),
            (std::set<CUgraphNode>{mine.dependencies[0], theirs.dependencies[0]}));
  ASSERT_EQ(both.edges.size(), 2U);
  const CUgraphEdgeData plain{};
  for (const CUgraphEdgeData& edge : both.edges) {
    EXPECT_EQ(std::memcmp(&edge, &plain, sizeof plain), 0);
  }
  EXPECT_CUDA_OK(capture.try_end());
}

TEST_F(cuStreamGetCaptureInfo, SaysWhenTheCaptureIsInvalid) {
  const Stream stream;
  Capture capture(stream);
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, driver().cuStreamSynchronize(stream));
  EXPECT_EQ(info_of(stream).status, CU_STREAM_CAPTURE_STATUS_INVALIDATED);
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
}

TEST_F(cuStreamGetCaptureInfo, AnswersOnAnyThread) {
  const Stream stream;
  const Capture capture(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  const Info here = info_of(stream);
  const Info there = on_other_thread(context, [&] { return info_of(stream); });
  EXPECT_EQ(there.status, CU_STREAM_CAPTURE_STATUS_ACTIVE);
  EXPECT_EQ(there.id, here.id);
}

TEST_F(cuStreamGetCaptureInfo, TheLegacyStreamIsUnusableWhileAnOrdinaryOneCaptures) {
  const Stream stream;
  Capture capture(stream);
  CUstreamCaptureStatus status{};
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
              driver().cuStreamGetCaptureInfo_v3(nullptr, &status, nullptr, nullptr, nullptr,
                                                 nullptr, nullptr));
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
              driver().cuStreamGetCaptureInfo(CU_STREAM_LEGACY, &status, nullptr));
  EXPECT_CUDA_OK(capture.try_end()) << "asking does not end the capture";
}

TEST_F(cuStreamGetCaptureInfo, PtszDefaultStreamIsTheThreadsOwn) {
  const Capture capture(CU_STREAM_PER_THREAD);
  CUstreamCaptureStatus first{};
  CUstreamCaptureStatus second{};
  CUstreamCaptureStatus third{};
  cuuint64_t id = 0;
  EXPECT_CUDA_OK(driver().cuStreamGetCaptureInfo_ptsz(nullptr, &first, &id));
  EXPECT_CUDA_OK(driver().cuStreamGetCaptureInfo_v2_ptsz(nullptr, &second, nullptr, nullptr,
                                                         nullptr, nullptr));
  EXPECT_CUDA_OK(driver().cuStreamGetCaptureInfo_v3_ptsz(nullptr, &third, nullptr, nullptr, nullptr,
                                                         nullptr, nullptr));
  EXPECT_EQ(first, CU_STREAM_CAPTURE_STATUS_ACTIVE);
  EXPECT_EQ(second, CU_STREAM_CAPTURE_STATUS_ACTIVE);
  EXPECT_EQ(third, CU_STREAM_CAPTURE_STATUS_ACTIVE);
}

TEST_F(cuStreamGetCaptureInfo, RefusesANullStatus) {
  const Stream stream;
  cuuint64_t id = 0;
  for (const auto form : first_forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, nullptr, &id));
  }
  for (const auto form : second_forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, nullptr, &id, nullptr, nullptr, nullptr));
  }
  for (const auto form : third_forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                form(stream, nullptr, &id, nullptr, nullptr, nullptr, nullptr));
  }
}

TEST_F(cuStreamGetCaptureInfo, RefusesEdgesWithoutDependencies) {
  const Stream stream;
  const Capture capture(stream);
  CUstreamCaptureStatus status{};
  const CUgraphEdgeData* edges = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuStreamGetCaptureInfo_v3(stream, &status, nullptr, nullptr, nullptr, &edges,
                                                 nullptr));
}

// Undocumented.
TEST_F(cuStreamGetCaptureInfo, NeedsACurrentContextForADefaultStream) {
  const NoContext none;
  CUstreamCaptureStatus status{};
  for (const auto form : third_forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
                form(CU_STREAM_PER_THREAD, &status, nullptr, nullptr, nullptr, nullptr, nullptr));
  }
}

// Undocumented.
TEST_F(cuStreamGetCaptureInfo, NeedsNoCurrentContextForAStream) {
  const Stream stream;
  Capture capture(stream);
  const NoContext none;
  EXPECT_EQ(info_of(stream).status, CU_STREAM_CAPTURE_STATUS_ACTIVE);
}

TEST_F(cuStreamGetCaptureInfo_fresh, BeforeInit) {
  for (const auto form : first_forms()) {
    expect_leaves<CUstreamCaptureStatus>(
        CUDA_ERROR_NOT_INITIALIZED,
        [&](CUstreamCaptureStatus* out) { return form(nullptr, out, nullptr); });
  }
  for (const auto form : third_forms()) {
    expect_leaves<CUstreamCaptureStatus>(
        CUDA_ERROR_NOT_INITIALIZED, [&](CUstreamCaptureStatus* out) {
          return form(nullptr, out, nullptr, nullptr, nullptr, nullptr, nullptr);
        });
  }
}

}  // namespace vgpu::conformance::test_cuStreamGetCaptureInfo
