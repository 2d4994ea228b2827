#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphKernelNodeSetParams {

CONFORMANCE_SUITE(cuGraphKernelNodeSetParams, Context);
CONFORMANCE_SUITE(cuGraphKernelNodeSetParams_fresh, Uninitialised);

/// Both exported forms.
using Set = std::function<CUresult(CUgraphNode, const KernelNode&)>;
std::vector<Set> forms() {
  return {[](CUgraphNode node, const KernelNode& kernel) {
            return driver().cuGraphKernelNodeSetParams_v2(node, kernel);
          },
          [](CUgraphNode node, const KernelNode& kernel) {
            const CUDA_KERNEL_NODE_PARAMS_v1 first = kernel.first_form();
            return driver().cuGraphKernelNodeSetParams(node, &first);
          }};
}

TEST_F(cuGraphKernelNodeSetParams, ChangesTheArguments) {
  const Module module;
  const Kernel fill = module.kernel("fill");
  for (const Set& set : forms()) {
    const auto value = random_value<unsigned>();
    const DeviceBuffer<unsigned> old(std::vector<unsigned>(100, 1));
    const DeviceBuffer<unsigned> buffer(1000);
    const Graph graph;
    const CUgraphNode node = add_kernel(graph, {}, fill, old, {~value});
    KernelNode changed(fill, buffer, {value});
    EXPECT_CUDA_OK(set(node, changed));
    changed.spoil();
    graph.run();
    EXPECT_EQ(buffer.read(), all(buffer, value));
    EXPECT_EQ(old.read(), all(old, 1));
  }
}

TEST_F(cuGraphKernelNodeSetParams, ChangesTheKernel) {
  const Module module;
  const Module other("other");
  for (const Set& set : forms()) {
    const auto value = random_value<unsigned>();
    const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, value));
    const Graph graph;
    const CUgraphNode node = add_kernel(graph, {}, module.kernel("fill"), buffer, {5});
    EXPECT_CUDA_OK(set(node, KernelNode(module.kernel("scale_add"), buffer, {3, 1})));
    graph.run();
    EXPECT_EQ(buffer.read(), all(buffer, value * 3 + 1));
    EXPECT_CUDA_OK(set(node, KernelNode(other.kernel("fill"), buffer, {5})));
    graph.run();
    EXPECT_EQ(buffer.read(), all(buffer, ~5U));
  }
}

TEST_F(cuGraphKernelNodeSetParams, ChangesCapturedNodes) {
  const auto value = random_value<unsigned>();
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Stream stream;
  Capture capture(stream);
  fill.over(buffer, stream, ~value);
  const Graph graph = capture.end();
  EXPECT_CUDA_OK(forms()[0](only_node(graph), KernelNode(fill, buffer, {value})));
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphKernelNodeSetParams, LeavesExecutablesAndEdgesAlone) {
  const auto value = random_value<unsigned>();
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Graph graph;
  const CUgraphNode before = add_empty(graph);
  const CUgraphNode node = add_kernel(graph, {before}, fill, buffer, {value});
  const Executable exec(graph);
  EXPECT_CUDA_OK(forms()[0](node, KernelNode(fill, buffer, {~value})));
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
  EXPECT_EQ(edges_of(graph), (Edges{{before, node}}));
}

TEST_F(cuGraphKernelNodeSetParams, ARefusalLeavesTheNodeAsItWas) {
  const auto value = random_value<unsigned>();
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, fill, buffer, {value});
  for (const Set& set : forms()) {
    KernelNode bad(fill, buffer, {~value});
    bad.params.blockDimX = 0;
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(node, bad));
    bad.params.blockDimX = 2000;
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(node, bad));
  }
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphKernelNodeSetParams, RefusesNodesOfOtherTypes) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Graph graph;
  const CUgraphNode node = add_empty(graph);
  const KernelNode kernel(module.kernel("fill"), buffer, {1});
  for (const Set& set : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(node, kernel));
}

TEST_F(cuGraphKernelNodeSetParams, RefusesNullParameters) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, module.kernel("fill"), buffer, {1});
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphKernelNodeSetParams_v2(node, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphKernelNodeSetParams(node, nullptr));
}

TEST_F(cuGraphKernelNodeSetParams, RefusesANullNode) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const KernelNode kernel(module.kernel("fill"), buffer, {1});
  for (const Set& set : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(nullptr, kernel));
  }
}

TEST_F(cuGraphKernelNodeSetParams, IsSafeDuringCapture) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Graph graph;
  const KernelNode kernel(module.kernel("fill"), buffer, {1});
  const CUgraphNode node = add_kernel(graph, {}, module.kernel("fill"), buffer, {1});
  for (const Set& set : forms()) expect_safe_in_capture([&] { return set(node, kernel); });
}

// Undocumented.
TEST_F(cuGraphKernelNodeSetParams, NeedsNoCurrentContext) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Graph graph;
  const KernelNode kernel(module.kernel("fill"), buffer, {1});
  const CUgraphNode node = add_kernel(graph, {}, module.kernel("fill"), buffer, {1});
  const NoContext none;
  for (const Set& set : forms()) {
    EXPECT_CUDA_OK(set(node, kernel));
  }
}

TEST_F(cuGraphKernelNodeSetParams_fresh, BeforeInit) {
  const auto node = garbage_handle<CUgraphNode>();
  const CUDA_KERNEL_NODE_PARAMS params{};
  const CUDA_KERNEL_NODE_PARAMS_v1 first{};
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuGraphKernelNodeSetParams_v2(node, &params));
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuGraphKernelNodeSetParams(node, &first));
}

}  // namespace vgpu::conformance::test_cuGraphKernelNodeSetParams
