#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphAddKernelNode {

CONFORMANCE_SUITE(cuGraphAddKernelNode, Context);
CONFORMANCE_SUITE(cuGraphAddKernelNode_fresh, Uninitialised);

std::vector<AddNode> forms(const KernelNode& kernel) {
  return {
      [&kernel](CUgraphNode* node, CUgraph graph, const CUgraphNode* before, std::size_t count) {
        return driver().cuGraphAddKernelNode_v2(node, graph, before, count, kernel);
      },
      [first = kernel.first_form()](CUgraphNode* node, CUgraph graph, const CUgraphNode* before,
                                    std::size_t count) {
        return driver().cuGraphAddKernelNode(node, graph, before, count, &first);
      }};
}

/// A kernel's parameters for tests in which it does not matter which.
struct AnyKernel {
  DeviceBuffer<unsigned> buffer{100};
  Module module;
  KernelNode node{module.kernel("fill"), buffer, {7}};
};

TEST_F(cuGraphAddKernelNode, AddsANodeAfterItsDependencies) {
  const AnyKernel kernel;
  for (const AddNode& add : forms(kernel.node)) expect_adds_a_node(CU_GRAPH_NODE_TYPE_KERNEL, add);
}

TEST_F(cuGraphAddKernelNode, RefusesBadDependencies) {
  const AnyKernel kernel;
  for (const AddNode& add : forms(kernel.node)) expect_refuses_bad_dependencies(add);
}

TEST_F(cuGraphAddKernelNode, RefusesNullPlaces) {
  const AnyKernel kernel;
  for (const AddNode& add : forms(kernel.node)) expect_refuses_null_places(add);
}

TEST_F(cuGraphAddKernelNode, RefusesADestroyedGraph) {
  const AnyKernel kernel;
  const CUgraph stale = stale_graph();
  for (const AddNode& add : forms(kernel.node)) {
    expect_leaves<CUgraphNode>(CUDA_ERROR_INVALID_VALUE,
                               [&](CUgraphNode* node) { return add(node, stale, nullptr, 0); });
  }
}

TEST_F(cuGraphAddKernelNode, IsSafeDuringCapture) {
  const AnyKernel kernel;
  for (const AddNode& add : forms(kernel.node)) expect_adds_in_capture(add);
}

TEST_F(cuGraphAddKernelNode, RunsTheKernelInEachLaunch) {
  const Module module;
  for (const std::size_t form : {0U, 1U}) {
    const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(1000, 0));
    const auto value = random_value<unsigned>();
    const Graph graph;
    const KernelNode kernel(module.kernel("add"), buffer, {value});
    CUgraphNode node = nullptr;
    ASSERT_CUDA_OK(forms(kernel)[form](&node, graph, nullptr, 0));
    const Executable exec(graph);
    EXPECT_EQ(buffer.read(), all(buffer, 0)) << "nothing runs before the launch";
    exec.run();
    exec.run();
    EXPECT_EQ(buffer.read(), all(buffer, 2 * value));
  }
}

TEST_F(cuGraphAddKernelNode, CopiesTheParametersBeforeItReturns) {
  const Module module;
  for (const std::size_t form : {0U, 1U}) {
    const DeviceBuffer<unsigned> buffer(1000);
    const auto value = random_value<unsigned>();
    const Graph graph;
    KernelNode kernel(module.kernel("fill"), buffer, {value});
    CUgraphNode node = nullptr;
    ASSERT_CUDA_OK(forms(kernel)[form](&node, graph, nullptr, 0));
    kernel.spoil();
    graph.run();
    EXPECT_EQ(buffer.read(), all(buffer, value));
  }
}

TEST_F(cuGraphAddKernelNode, TakesGridBlockAndSharedMemory) {
  const DeviceBuffer<unsigned> buffer(2 * 3 * 4 * 5 * 2 * 1 * 12);
  const DeviceBuffer<unsigned> reversed(std::vector<unsigned>{1, 2, 3, 4, 5, 6, 7, 8});
  const Module module;
  const Graph graph;
  CUdeviceptr address = buffer;
  void* pointers[] = {&address};
  CUDA_KERNEL_NODE_PARAMS params{};
  params.func = module.kernel("write_ids");
  params.gridDimX = 2;
  params.gridDimY = 3;
  params.gridDimZ = 4;
  params.blockDimX = 5;
  params.blockDimY = 2;
  params.blockDimZ = 1;
  params.kernelParams = pointers;
  CUgraphNode node = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphAddKernelNode_v2(&node, graph, nullptr, 0, &params));
  params = {};
  params.func = module.kernel("reverse_in_shared");
  params.gridDimX = 2;
  params.blockDimX = 4;
  params.gridDimY = params.gridDimZ = params.blockDimY = params.blockDimZ = 1;
  params.sharedMemBytes = 16;
  params.kernelParams = pointers;
  address = reversed;
  ASSERT_CUDA_OK(driver().cuGraphAddKernelNode_v2(&node, graph, nullptr, 0, &params));
  graph.run();
  const auto ids = buffer.read();
  EXPECT_EQ(std::vector<unsigned>(ids.end() - 12, ids.end()),
            (std::vector<unsigned>{4, 1, 0, 1, 2, 3, 5, 2, 1, 2, 3, 4}));
  EXPECT_EQ(reversed.read(), (std::vector<unsigned>{4, 3, 2, 1, 8, 7, 6, 5}));
}

TEST_F(cuGraphAddKernelNode, TakesParametersAsOneBuffer) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Module module;
  KernelNode kernel(module.kernel("fill"), buffer, {~value});
  struct {
    CUdeviceptr address;
    unsigned count;
    unsigned value;
  } packed{buffer, 100, value};
  std::size_t bytes = sizeof packed;
  void* extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &packed, CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes,
                   CU_LAUNCH_PARAM_END};
  kernel.params.extra = extra;
  for (const AddNode& add : forms(kernel)) {
    expect_refuses_to_add(CUDA_ERROR_INVALID_VALUE, add);  // both
  }
  kernel.params.kernelParams = nullptr;
  const Graph graph;
  CUgraphNode node = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphAddKernelNode_v2(&node, graph, nullptr, 0, kernel));
  packed = {};
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphAddKernelNode, KeepsTheOrderOfItsDependencies) {
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const auto value = random_value<unsigned>();
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(10'000, value));
  const Graph graph;
  CUgraphNode last = nullptr;
  unsigned expected = value;
  for (unsigned i = 0; i < 50; ++i) {
    last = add_kernel(graph, last == nullptr ? Nodes{} : Nodes{last}, scale_add, buffer, {3, i});
    expected = expected * 3 + i;
  }
  graph.run();
  EXPECT_EQ(buffer.read(), all(buffer, expected));
}

TEST_F(cuGraphAddKernelNode, TakesAKernelOfALibrary) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  CUlibrary library = nullptr;
  ASSERT_CUDA_OK(driver().cuLibraryLoadData(&library, ptx("basic").data(), nullptr, nullptr, 0,
                                            nullptr, nullptr, 0));
  CUkernel fill = nullptr;
  ASSERT_CUDA_OK(driver().cuLibraryGetKernel(&fill, library, "fill"));
  KernelNode kernel(nullptr, buffer, {value});
  kernel.params.kern = fill;
  {
    const Graph graph;
    CUgraphNode node = nullptr;
    EXPECT_CUDA_OK(driver().cuGraphAddKernelNode_v2(&node, graph, nullptr, 0, kernel));
    graph.run();
  }
  EXPECT_EQ(buffer.read(), all(buffer, value));
  EXPECT_CUDA_OK(driver().cuLibraryUnload(library));
}

// The kernel of the node decides about the context, not what is current at the launch.
TEST_F(cuGraphAddKernelNode, RunsInTheContextOfItsFunction) {
  const ExtraContext extra;
  std::vector<unsigned> found;
  {
    const Current current(extra);
    const DeviceBuffer<unsigned> buffer(100);
    const Module module;
    const Graph graph;
    add_kernel(graph, {}, module.kernel("fill"), buffer, {5});
    const Executable exec(graph);
    {
      const Current before(context);
      exec.run();
    }
    found = buffer.read();
  }
  EXPECT_EQ(found, std::vector<unsigned>(100, 5));
}

TEST_F(cuGraphAddKernelNode, RefusesExtentsThatNoLaunchTakes) {
  AnyKernel kernel;
  const CUDA_KERNEL_NODE_PARAMS good = kernel.node.params;
  for (const auto member :
       {&CUDA_KERNEL_NODE_PARAMS::gridDimX, &CUDA_KERNEL_NODE_PARAMS::gridDimY,
        &CUDA_KERNEL_NODE_PARAMS::gridDimZ, &CUDA_KERNEL_NODE_PARAMS::blockDimX,
        &CUDA_KERNEL_NODE_PARAMS::blockDimY, &CUDA_KERNEL_NODE_PARAMS::blockDimZ}) {
    kernel.node.params = good;
    kernel.node.params.*member = 0;
    for (const AddNode& add : forms(kernel.node)) {
      expect_refuses_to_add(CUDA_ERROR_INVALID_VALUE, add);
    }
  }
  kernel.node.params = good;
  kernel.node.params.blockDimX = 2000;
  for (const AddNode& add : forms(kernel.node)) {
    expect_refuses_to_add(CUDA_ERROR_INVALID_VALUE, add);
  }
}

TEST_F(cuGraphAddKernelNode, RefusesToGoWithoutAKernel) {
  AnyKernel kernel;
  kernel.node.params.func = nullptr;
  for (const AddNode& add : forms(kernel.node)) {
    expect_refuses_to_add(CUDA_ERROR_INVALID_HANDLE, add);
  }
}

TEST_F(cuGraphAddKernelNode, RefusesToGoWithoutArguments) {
  AnyKernel kernel;
  kernel.node.params.kernelParams = nullptr;
  for (const AddNode& add : forms(kernel.node)) {
    expect_refuses_to_add(CUDA_ERROR_INVALID_VALUE, add);
  }
}

TEST_F(cuGraphAddKernelNode, RefusesNullParameters) {
  const Graph graph;
  CUgraphNode node = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphAddKernelNode_v2(&node, graph, nullptr, 0, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphAddKernelNode(&node, graph, nullptr, 0, nullptr));
}

// The structure of the first form ends before `kern`: what lies behind it means nothing.
TEST_F(cuGraphAddKernelNode, TheFirstFormReadsNoFurther) {
  const AnyKernel kernel;
  struct {
    CUDA_KERNEL_NODE_PARAMS_v1 params;
    CUkernel kern;
    CUcontext ctx;
  } in{kernel.node.first_form(), garbage_handle<CUkernel>(), garbage_handle<CUcontext>()};
  const Graph graph;
  CUgraphNode node = nullptr;
  EXPECT_CUDA_OK(driver().cuGraphAddKernelNode(&node, graph, nullptr, 0, &in.params));
  graph.run();
  EXPECT_EQ(kernel.buffer.read(), all(kernel.buffer, 7));
}

// Undocumented.
TEST_F(cuGraphAddKernelNode, NeedsNoCurrentContext) {
  const AnyKernel kernel;
  const Graph graph;
  const NoContext none;
  for (const AddNode& add : forms(kernel.node)) {
    CUgraphNode node = nullptr;
    EXPECT_CUDA_OK(add(&node, graph, nullptr, 0));
  }
}

TEST_F(cuGraphAddKernelNode_fresh, BeforeInit) {
  const CUDA_KERNEL_NODE_PARAMS params{};
  const CUDA_KERNEL_NODE_PARAMS_v1 first{};
  expect_adds_nothing_before_init(
      [&](CUgraphNode* node, CUgraph graph, const CUgraphNode* before, std::size_t count) {
        return driver().cuGraphAddKernelNode_v2(node, graph, before, count, &params);
      });
  expect_adds_nothing_before_init(
      [&](CUgraphNode* node, CUgraph graph, const CUgraphNode* before, std::size_t count) {
        return driver().cuGraphAddKernelNode(node, graph, before, count, &first);
      });
}

}  // namespace vgpu::conformance::test_cuGraphAddKernelNode
