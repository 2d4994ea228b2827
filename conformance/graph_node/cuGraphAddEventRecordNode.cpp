#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphAddEventRecordNode {

CONFORMANCE_SUITE(cuGraphAddEventRecordNode, Context);
CONFORMANCE_SUITE(cuGraphAddEventRecordNode_fresh, Uninitialised);

std::vector<AddNode> forms(CUevent event) {
  return {[event](CUgraphNode* node, CUgraph graph, const CUgraphNode* before, std::size_t count) {
    return driver().cuGraphAddEventRecordNode(node, graph, before, count, event);
  }};
}

TEST_F(cuGraphAddEventRecordNode, AddsANodeAfterItsDependencies) {
  const Event event;
  for (const AddNode& add : forms(event)) expect_adds_a_node(CU_GRAPH_NODE_TYPE_EVENT_RECORD, add);
}

TEST_F(cuGraphAddEventRecordNode, RefusesBadDependencies) {
  const Event event;
  for (const AddNode& add : forms(event)) expect_refuses_bad_dependencies(add);
}

TEST_F(cuGraphAddEventRecordNode, RefusesNullPlaces) {
  const Event event;
  for (const AddNode& add : forms(event)) expect_refuses_null_places(add);
}

TEST_F(cuGraphAddEventRecordNode, RefusesADestroyedGraph) {
  const Event event;
  const CUgraph stale = stale_graph();
  for (const AddNode& add : forms(event)) {
    expect_leaves<CUgraphNode>(CUDA_ERROR_INVALID_VALUE,
                               [&](CUgraphNode* node) { return add(node, stale, nullptr, 0); });
  }
}

TEST_F(cuGraphAddEventRecordNode, IsSafeDuringCapture) {
  const Event event;
  for (const AddNode& add : forms(event)) expect_adds_in_capture(add);
}

TEST_F(cuGraphAddEventRecordNode, RecordsInEachLaunch) {
  const Event event;
  const Graph graph;
  add_event_record(graph, {}, event);
  const Executable exec(graph);
  EXPECT_CUDA_OK(driver().cuEventQuery(event)) << "not recorded yet";
  const Stream stream;
  for (int i = 0; i < 2; ++i) {
    Blocker blocker(stream);
    exec.launch(stream);
    EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event));
    blocker.finish();
    EXPECT_CUDA_OK(driver().cuEventQuery(event));
  }
}

TEST_F(cuGraphAddEventRecordNode, AStreamThatWaitsSeesTheWorkBeforeIt) {
  const DeviceBuffer<unsigned> buffer(100);
  const DeviceBuffer<unsigned> copy(100);
  const auto value = random_value<unsigned>();
  const Module module;
  const Kernel copy_kernel = module.kernel("copy");
  const Event event;
  const Graph graph;
  add_event_record(graph, {add_memset(graph, {}, buffer, value)}, event);
  const Executable exec(graph);
  const Stream stream;
  const Stream other(CU_STREAM_NON_BLOCKING);
  Blocker blocker(stream);
  exec.launch(stream);
  ASSERT_CUDA_OK(driver().cuStreamWaitEvent(other, event, 0));
  copy_kernel.launch({}, {128}, 0, other, copy.address(), buffer.address(), 100U);
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(other));
  blocker.finish();
  other.synchronize();
  EXPECT_EQ(copy.read(), all(copy, value));
}

TEST_F(cuGraphAddEventRecordNode, RecordsATime) {
  const Event begin;
  const Event end;
  const Module module;
  const Kernel spin = module.kernel("spin");
  const Graph graph;
  unsigned long long nanoseconds = 3'000'000;
  void* pointers[] = {&nanoseconds};
  CUDA_KERNEL_NODE_PARAMS params{};
  params.func = spin;
  params.gridDimX = params.gridDimY = params.gridDimZ = 1;
  params.blockDimX = params.blockDimY = params.blockDimZ = 1;
  params.kernelParams = pointers;
  const CUgraphNode first = add_event_record(graph, {}, begin);
  CUgraphNode work = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphAddKernelNode_v2(&work, graph, &first, 1, &params));
  add_event_record(graph, {work}, end);
  graph.run();
  float milliseconds = 0;
  EXPECT_CUDA_OK(driver().cuEventElapsedTime(&milliseconds, begin, end));
  EXPECT_GE(milliseconds, 2.9F);
}

TEST_F(cuGraphAddEventRecordNode, RefusesANullEvent) {
  for (const AddNode& add : forms(nullptr)) {
    expect_refuses_to_add(CUDA_ERROR_INVALID_VALUE, add);
  }
}

// Undocumented.
TEST_F(cuGraphAddEventRecordNode, NeedsNoCurrentContext) {
  const Event event;
  const Graph graph;
  const NoContext none;
  for (const AddNode& add : forms(event)) {
    CUgraphNode node = nullptr;
    EXPECT_CUDA_OK(add(&node, graph, nullptr, 0));
  }
}

TEST_F(cuGraphAddEventRecordNode_fresh, BeforeInit) {
  for (const AddNode& add : forms(garbage_handle<CUevent>())) expect_adds_nothing_before_init(add);
}

}  // namespace vgpu::conformance::test_cuGraphAddEventRecordNode
