#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphNodeGetType {

CONFORMANCE_SUITE(cuGraphNodeGetType, Context);
CONFORMANCE_SUITE(cuGraphNodeGetType_fresh, Uninitialised);

TEST_F(cuGraphNodeGetType, TellsNodesBuiltByHand) {
  const DeviceBuffer<unsigned> buffer(10);
  const Event event;
  const Module module;
  HostNode host;
  const Graph child;
  const Graph graph;
  EXPECT_EQ(type_of(add_empty(graph)), CU_GRAPH_NODE_TYPE_EMPTY);
  EXPECT_EQ(type_of(add_kernel(graph, {}, module.kernel("fill"), buffer, {1})),
            CU_GRAPH_NODE_TYPE_KERNEL);
  EXPECT_EQ(type_of(add_memset(graph, {}, buffer, 1)), CU_GRAPH_NODE_TYPE_MEMSET);
  EXPECT_EQ(type_of(add_host(graph, {}, host)), CU_GRAPH_NODE_TYPE_HOST);
  EXPECT_EQ(type_of(add_child(graph, {}, child)), CU_GRAPH_NODE_TYPE_GRAPH);
  EXPECT_EQ(type_of(add_event_record(graph, {}, event)), CU_GRAPH_NODE_TYPE_EVENT_RECORD);
  EXPECT_EQ(type_of(add_event_wait(graph, {}, event)), CU_GRAPH_NODE_TYPE_WAIT_EVENT);
}

TEST_F(cuGraphNodeGetType, TellsCapturedNodes) {
  const DeviceBuffer<unsigned> buffer(10);
  const DeviceBuffer<unsigned> other(10);
  const Event event;
  const Module module;
  HostNode host;
  const struct {
    CUgraphNodeType type;
    std::function<CUresult(CUstream)> call;
  } cases[] = {
      {CU_GRAPH_NODE_TYPE_KERNEL,
       [&](CUstream stream) { return module.kernel("empty").try_launch({}, {}, 0, stream); }},
      {CU_GRAPH_NODE_TYPE_MEMSET,
       [&](CUstream stream) { return driver().cuMemsetD32Async(buffer, 1, 10, stream); }},
      {CU_GRAPH_NODE_TYPE_MEMCPY,
       [&](CUstream stream) { return driver().cuMemcpyDtoDAsync_v2(buffer, other, 40, stream); }},
      {CU_GRAPH_NODE_TYPE_HOST,
       [&](CUstream stream) {
         return driver().cuLaunchHostFunc(stream, host.params().fn, host.params().userData);
       }},
      {CU_GRAPH_NODE_TYPE_EVENT_RECORD,
       [&](CUstream stream) {
         return driver().cuEventRecordWithFlags(event, stream, CU_EVENT_RECORD_EXTERNAL);
       }},
      {CU_GRAPH_NODE_TYPE_WAIT_EVENT,
       [&](CUstream stream) {
         return driver().cuStreamWaitEvent(stream, event, CU_EVENT_WAIT_EXTERNAL);
       }},
  };
  for (const auto& [type, call] : cases) {
    const Stream stream;
    Capture capture(stream);
    ASSERT_CUDA_OK(call(stream));
    const Graph graph = capture.end();
    EXPECT_EQ(type_of(only_node(graph)), type);
  }
}

TEST_F(cuGraphNodeGetType, TellsCapturedMemoryNodes) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
  const Stream stream;
  Capture capture(stream);
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocAsync(&address, 4096, stream));
  ASSERT_CUDA_OK(driver().cuMemFreeAsync(address, stream));
  const Graph graph = capture.end();
  const Edges edges = edges_of(graph);
  ASSERT_EQ(edges.size(), 1U);
  EXPECT_EQ(type_of(edges[0].first), CU_GRAPH_NODE_TYPE_MEM_ALLOC);
  EXPECT_EQ(type_of(edges[0].second), CU_GRAPH_NODE_TYPE_MEM_FREE);
}

TEST_F(cuGraphNodeGetType, WritesItsOutputAndNoMore) {
  const Graph graph;
  const CUgraphNode node = add_child(graph, {}, Graph());
  const auto [first, second] = expect_writes<CUgraphNodeType>(
      [&](CUgraphNodeType* type) { return driver().cuGraphNodeGetType(node, type); });
  EXPECT_EQ(first, CU_GRAPH_NODE_TYPE_GRAPH);
  EXPECT_EQ(second, CU_GRAPH_NODE_TYPE_GRAPH);
  struct {
    CUgraphNodeType type;
    unsigned behind;
  } out{CU_GRAPH_NODE_TYPE_KERNEL, 0x12345678};
  EXPECT_CUDA_OK(driver().cuGraphNodeGetType(node, &out.type));
  EXPECT_EQ(out.behind, 0x12345678U);
}

TEST_F(cuGraphNodeGetType, NeedsNoContext) {
  const Graph graph;
  const CUgraphNode node = add_empty(graph);
  const NoContext none;
  CUgraphNodeType type{};
  EXPECT_CUDA_OK(driver().cuGraphNodeGetType(node, &type));  // Undocumented.
}

TEST_F(cuGraphNodeGetType, RefusesNull) {
  const Graph graph;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphNodeGetType(add_empty(graph), nullptr));
  expect_leaves<CUgraphNodeType>(CUDA_ERROR_INVALID_VALUE, [](CUgraphNodeType* type) {
    return driver().cuGraphNodeGetType(nullptr, type);
  });
}

TEST_F(cuGraphNodeGetType, IsSafeDuringCapture) {
  const Graph graph;
  const CUgraphNode node = add_empty(graph);
  expect_safe_in_capture([&] {
    CUgraphNodeType type{};
    return driver().cuGraphNodeGetType(node, &type);
  });
}

TEST_F(cuGraphNodeGetType_fresh, BeforeInit) {
  expect_leaves<CUgraphNodeType>(CUDA_ERROR_NOT_INITIALIZED, [](CUgraphNodeType* type) {
    return driver().cuGraphNodeGetType(garbage_handle<CUgraphNode>(), type);
  });
}

}  // namespace vgpu::conformance::test_cuGraphNodeGetType
