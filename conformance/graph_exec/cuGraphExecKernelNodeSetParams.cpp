#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphExecKernelNodeSetParams {

CONFORMANCE_SUITE(cuGraphExecKernelNodeSetParams, Context);
CONFORMANCE_SUITE(cuGraphExecKernelNodeSetParams_fresh, Uninitialised);

/// Both exported forms.
using Set = std::function<CUresult(CUgraphExec, CUgraphNode, const KernelNode&)>;
std::vector<Set> forms() {
  return {[](CUgraphExec exec, CUgraphNode node, const KernelNode& kernel) {
            return driver().cuGraphExecKernelNodeSetParams_v2(exec, node, kernel);
          },
          [](CUgraphExec exec, CUgraphNode node, const KernelNode& kernel) {
            const CUDA_KERNEL_NODE_PARAMS_v1 first = kernel.first_form();
            return driver().cuGraphExecKernelNodeSetParams(exec, node, &first);
          }};
}

TEST_F(cuGraphExecKernelNodeSetParams, ChangesTheNextLaunches) {
  const Module module;
  const Kernel fill = module.kernel("fill");
  for (const Set& set : forms()) {
    const auto value = random_value<unsigned>();
    const DeviceBuffer<unsigned> old(std::vector<unsigned>(100, 1));
    const DeviceBuffer<unsigned> buffer(1000);
    const Graph graph;
    const CUgraphNode node = add_kernel(graph, {}, fill, old, {~value});
    const Executable exec(graph);
    KernelNode changed(fill, buffer, {value});
    EXPECT_CUDA_OK(set(exec, node, changed));
    changed.spoil();
    exec.run();
    EXPECT_EQ(buffer.read(), all(buffer, value));
    EXPECT_EQ(old.read(), all(old, 1));
  }
}

TEST_F(cuGraphExecKernelNodeSetParams, LaunchesInFlightKeepWhatTheyHad) {
  const DeviceBuffer<unsigned> first(100);
  const DeviceBuffer<unsigned> second(100);
  const auto value = random_value<unsigned>();
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, fill, first, {value});
  const Executable exec(graph);
  exec.run();
  ASSERT_CUDA_OK(driver().cuMemsetD32_v2(first, 0, 100));
  const Stream stream;
  Blocker blocker(stream);
  exec.launch(stream);
  EXPECT_CUDA_OK(forms()[0](exec, node, KernelNode(fill, second, {~value})));
  exec.launch(stream);
  blocker.finish();
  EXPECT_EQ(first.read(), all(first, value));
  EXPECT_EQ(second.read(), all(second, ~value));
}

TEST_F(cuGraphExecKernelNodeSetParams, ChangesTheKernelAndItsExtents) {
  const Module module;
  const Module other("other");
  for (const Set& set : forms()) {
    const DeviceBuffer<unsigned> buffer(1000);
    const Graph graph;
    const CUgraphNode node = add_kernel(graph, {}, module.kernel("fill"), buffer, {5});
    const Executable exec(graph);
    KernelNode changed(other.kernel("fill"), buffer, {6});
    changed.params.gridDimX = 2;
    changed.params.blockDimX = 500;
    EXPECT_CUDA_OK(set(exec, node, changed));
    exec.run();
    EXPECT_EQ(buffer.read(), all(buffer, ~6U));
  }
}

TEST_F(cuGraphExecKernelNodeSetParams, ChangesOneExecutableAndNotTheGraph) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, fill, buffer, {1});
  const Executable exec(graph);
  const Executable sibling(graph);
  EXPECT_CUDA_OK(forms()[0](exec, node, KernelNode(fill, buffer, {2})));
  sibling.run();
  EXPECT_EQ(buffer.read(), all(buffer, 1));
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, 2));
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, 1));
}

TEST_F(cuGraphExecKernelNodeSetParams, ChangesTheNodeItNamesOnly) {
  const auto value = random_value<unsigned>();
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(100, value));
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Graph graph;
  const CUgraphNode a = add_kernel(graph, {}, scale_add, buffer, {3, 1});
  const CUgraphNode b = add_kernel(graph, {a}, scale_add, buffer, {5, 2});
  add_kernel(graph, {b}, scale_add, buffer, {7, 3});
  const Executable exec(graph);
  EXPECT_CUDA_OK(forms()[0](exec, b, KernelNode(scale_add, buffer, {11, 4})));
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, ((value * 3 + 1) * 11 + 4) * 7 + 3));
}

TEST_F(cuGraphExecKernelNodeSetParams, ARefusalLeavesTheExecutableAsItWas) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, fill, buffer, {1});
  const Executable exec(graph);
  for (const Set& set : forms()) {
    KernelNode bad(fill, buffer, {2});
    bad.params.gridDimX = 0;
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, node, bad));
  }
  exec.run();
  EXPECT_EQ(buffer.read(), all(buffer, 1));
}

TEST_F(cuGraphExecKernelNodeSetParams, RefusesAFunctionOfAnotherContext) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, module.kernel("fill"), buffer, {1});
  const Executable exec(graph);
  const ExtraContext extra;
  const Current current(extra);
  const Module foreign;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              forms()[0](exec, node, KernelNode(foreign.kernel("fill"), buffer, {2})));
}

TEST_F(cuGraphExecKernelNodeSetParams, RefusesOtherNodes) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Graph graph;
  const CUgraphNode empty = add_empty(graph);
  add_kernel(graph, {empty}, fill, buffer, {1});
  const Executable exec(graph);
  const CUgraphNode later = add_kernel(graph, {}, fill, buffer, {1});
  const Graph other;
  const CUgraphNode stranger = add_kernel(other, {}, fill, buffer, {1});
  const KernelNode kernel(fill, buffer, {2});
  for (const Set& set : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, empty, kernel)) << "of another type";
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, later, kernel)) << "added later";
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, stranger, kernel)) << "of another graph";
  }
}

TEST_F(cuGraphExecKernelNodeSetParams, RefusesNull) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, module.kernel("fill"), buffer, {1});
  const Executable exec(graph);
  const KernelNode kernel(module.kernel("fill"), buffer, {2});
  for (const Set& set : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(nullptr, node, kernel));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, set(exec, nullptr, kernel));
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphExecKernelNodeSetParams_v2(exec, node, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphExecKernelNodeSetParams(exec, node, nullptr));
}

TEST_F(cuGraphExecKernelNodeSetParams, RefusesADestroyedExecutable) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, module.kernel("fill"), buffer, {1});
  const KernelNode kernel(module.kernel("fill"), buffer, {2});
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, forms()[0](stale_executable(), node, kernel));
}

// Undocumented.
TEST_F(cuGraphExecKernelNodeSetParams, IsSafeDuringCapture) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, fill, buffer, {1});
  const Executable exec(graph);
  const KernelNode changed(fill, buffer, {2});
  for (const Set& set : forms()) expect_safe_in_capture([&] { return set(exec, node, changed); });
}

// Undocumented.
TEST_F(cuGraphExecKernelNodeSetParams, NeedsNoCurrentContext) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, fill, buffer, {1});
  const Executable exec(graph);
  const KernelNode changed(fill, buffer, {2});
  const NoContext none;
  for (const Set& set : forms()) {
    EXPECT_CUDA_OK(set(exec, node, changed));
  }
}

TEST_F(cuGraphExecKernelNodeSetParams_fresh, BeforeInit) {
  const auto exec = garbage_handle<CUgraphExec>();
  const auto node = garbage_handle<CUgraphNode>();
  const CUDA_KERNEL_NODE_PARAMS params{};
  const CUDA_KERNEL_NODE_PARAMS_v1 first{};
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                             driver().cuGraphExecKernelNodeSetParams_v2(exec, node, &params));
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                             driver().cuGraphExecKernelNodeSetParams(exec, node, &first));
}

}  // namespace vgpu::conformance::test_cuGraphExecKernelNodeSetParams
