#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphAddMemsetNode {

CONFORMANCE_SUITE(cuGraphAddMemsetNode, Context);
CONFORMANCE_SUITE(cuGraphAddMemsetNode_fresh, Uninitialised);

std::vector<AddNode> forms(const CUDA_MEMSET_NODE_PARAMS& params, CUcontext context) {
  return {[&params, context](CUgraphNode* node, CUgraph graph, const CUgraphNode* before,
                             std::size_t count) {
    return driver().cuGraphAddMemsetNode(node, graph, before, count, &params, context);
  }};
}

/// Makes a graph of one node and runs it.
void run(const CUDA_MEMSET_NODE_PARAMS& params) {
  const Graph graph;
  CUgraphNode node = nullptr;
  ASSERT_CUDA_OK(
      driver().cuGraphAddMemsetNode(&node, graph, nullptr, 0, &params, current_context()));
  graph.run();
}

TEST_F(cuGraphAddMemsetNode, AddsANodeAfterItsDependencies) {
  const DeviceBuffer<unsigned> buffer(10);
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 1);
  for (const AddNode& add : forms(params, context))
    expect_adds_a_node(CU_GRAPH_NODE_TYPE_MEMSET, add);
}

TEST_F(cuGraphAddMemsetNode, RefusesBadDependencies) {
  const DeviceBuffer<unsigned> buffer(10);
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 1);
  for (const AddNode& add : forms(params, context)) expect_refuses_bad_dependencies(add);
}

TEST_F(cuGraphAddMemsetNode, RefusesNullPlaces) {
  const DeviceBuffer<unsigned> buffer(10);
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 1);
  for (const AddNode& add : forms(params, context)) expect_refuses_null_places(add);
}

TEST_F(cuGraphAddMemsetNode, RefusesADestroyedGraph) {
  const DeviceBuffer<unsigned> buffer(10);
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 1);
  const CUgraph stale = stale_graph();
  for (const AddNode& add : forms(params, context)) {
    expect_leaves<CUgraphNode>(CUDA_ERROR_INVALID_VALUE,
                               [&](CUgraphNode* node) { return add(node, stale, nullptr, 0); });
  }
}

TEST_F(cuGraphAddMemsetNode, IsSafeDuringCapture) {
  const DeviceBuffer<unsigned> buffer(10);
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 1);
  for (const AddNode& add : forms(params, context)) expect_adds_in_capture(add);
}

TEST_F(cuGraphAddMemsetNode, SetsElementsOfEachSizeAndNoOthers) {
  for (const unsigned size : {1U, 2U, 4U}) {
    auto expected = random_vector<unsigned char>(4096);
    const DeviceBuffer<unsigned char> buffer(expected);
    const auto value = random_value<unsigned>();
    const std::size_t first = size * (1 + random_below(100));
    CUDA_MEMSET_NODE_PARAMS params{};
    params.dst = buffer.at(first);
    params.value = size == 4 ? value : value & ((1U << (8 * size)) - 1);
    params.elementSize = size;
    params.width = 1 + random_below(500);
    params.height = 1;
    for (std::size_t i = 0; i < params.width; ++i) {
      std::memcpy(&expected[first + i * size], &params.value, size);
    }
    run(params);
    EXPECT_EQ(buffer.read(), expected) << "elements of " << size << " bytes";
  }
}

TEST_F(cuGraphAddMemsetNode, SetsRowsAndLeavesWhatIsBetweenThem) {
  constexpr std::size_t pitch = 512;
  constexpr std::size_t height = 9;
  constexpr std::size_t width = 77;
  auto expected = random_vector<unsigned short>(pitch * height / 2);
  const DeviceBuffer<unsigned short> buffer(expected);
  const auto value = random_value<unsigned short>();
  CUDA_MEMSET_NODE_PARAMS params{};
  params.dst = buffer;
  params.pitch = pitch;
  params.value = value;
  params.elementSize = 2;
  params.width = width;
  params.height = height;
  for (std::size_t row = 0; row < height; ++row) {
    std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(row * pitch / 2), width, value);
  }
  run(params);
  EXPECT_EQ(buffer.read(), expected);
}

TEST_F(cuGraphAddMemsetNode, CopiesTheParametersAndRunsInEachLaunch) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Graph graph;
  CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, value);
  CUgraphNode node = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphAddMemsetNode(&node, graph, nullptr, 0, &params, context));
  params = {};
  const auto before = buffer.read();
  const Executable exec(graph);
  EXPECT_EQ(buffer.read(), before);
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
  write_device(buffer, before.data(), buffer.bytes());
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphAddMemsetNode, RefusesOtherElementSizes) {
  const DeviceBuffer<unsigned> buffer(100);
  for (const unsigned size : {0U, 3U, 8U, 16U}) {
    CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 1);
    params.width = 4;
    params.elementSize = size;
    for (const AddNode& add : forms(params, context)) {
      expect_refuses_to_add(CUDA_ERROR_INVALID_VALUE, add);
    }
  }
}

TEST_F(cuGraphAddMemsetNode, RefusesAddressesThatWereNeverAllocated) {
  const DeviceBuffer<unsigned> buffer(100);
  for (const CUdeviceptr address : {CUdeviceptr{0}, garbage_address}) {
    CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 1);
    params.dst = address;
    for (const AddNode& add : forms(params, context)) {
      expect_refuses_to_add(CUDA_ERROR_INVALID_VALUE, add);
    }
  }
}

TEST_F(cuGraphAddMemsetNode, RefusesARangeBeyondItsAllocation) {
  const DeviceMemory memory(std::size_t{4} << 20);
  CUDA_MEMSET_NODE_PARAMS params{};
  params.dst = memory;
  params.elementSize = 4;
  params.width = memory.bytes() / 4 + 1;
  params.height = 1;
  for (const AddNode& add : forms(params, context)) {
    expect_refuses_to_add(CUDA_ERROR_INVALID_VALUE, add);
  }
}

TEST_F(cuGraphAddMemsetNode, RefusesAnUnalignedAddress) {
  const DeviceBuffer<unsigned> buffer(100);
  CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 1);
  params.dst += 2;
  params.width = 4;
  for (const AddNode& add : forms(params, context)) {
    expect_refuses_to_add(CUDA_ERROR_INVALID_VALUE, add);
  }
}

TEST_F(cuGraphAddMemsetNode, RefusesNullParameters) {
  const Graph graph;
  CUgraphNode node = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphAddMemsetNode(&node, graph, nullptr, 0, nullptr, context));
}

TEST_F(cuGraphAddMemsetNode, RefusesADestroyedContext) {
  const DeviceBuffer<unsigned> buffer(100);
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 1);
  const CUcontext stale = stale_context();
  const Graph graph;
  CUgraphNode node = nullptr;
  const CUresult result = driver().cuGraphAddMemsetNode(&node, graph, nullptr, 0, &params, stale);
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, of_stale_context(result));
}

// Undocumented.
TEST_F(cuGraphAddMemsetNode, NeedsNoCurrentContext) {
  const DeviceBuffer<unsigned> buffer(10);
  const CUDA_MEMSET_NODE_PARAMS params = memset_node(buffer, 1);
  const Graph graph;
  const NoContext none;
  for (const AddNode& add : forms(params, context)) {
    CUgraphNode node = nullptr;
    EXPECT_CUDA_OK(add(&node, graph, nullptr, 0));
  }
}

TEST_F(cuGraphAddMemsetNode_fresh, BeforeInit) {
  const CUDA_MEMSET_NODE_PARAMS params{};
  for (const AddNode& add : forms(params, nullptr)) expect_adds_nothing_before_init(add);
}

}  // namespace vgpu::conformance::test_cuGraphAddMemsetNode
