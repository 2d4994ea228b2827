#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphKernelNodeGetParams {

CONFORMANCE_SUITE(cuGraphKernelNodeGetParams, Context);
CONFORMANCE_SUITE(cuGraphKernelNodeGetParams_fresh, Uninitialised);

CUDA_KERNEL_NODE_PARAMS params_of(CUgraphNode node) {
  CUDA_KERNEL_NODE_PARAMS params{};
  check(driver().cuGraphKernelNodeGetParams_v2(node, &params), "cuGraphKernelNodeGetParams_v2");
  return params;
}

template <class T>
T argument(const CUDA_KERNEL_NODE_PARAMS& params, std::size_t index) {
  T value{};
  if (params.kernelParams != nullptr) std::memcpy(&value, params.kernelParams[index], sizeof value);
  return value;
}

/// (pointer, count, number) of the kernel `fill`.
void expect_fill(const CUDA_KERNEL_NODE_PARAMS& params, const DeviceBuffer<unsigned>& buffer,
                 unsigned number) {
  ASSERT_NE(params.kernelParams, nullptr);
  EXPECT_EQ(argument<CUdeviceptr>(params, 0), buffer.address());
  EXPECT_EQ(argument<unsigned>(params, 1), buffer.size());
  EXPECT_EQ(argument<unsigned>(params, 2), number);
}

TEST_F(cuGraphKernelNodeGetParams, ReturnsWhatTheNodeWasMadeOf) {
  const DeviceBuffer<unsigned> buffer(1000);
  const auto value = random_value<unsigned>();
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Graph graph;
  KernelNode kernel(fill, buffer, {value});
  kernel.params.gridDimY = 2;
  kernel.params.gridDimZ = 3;
  kernel.params.blockDimX = 32;
  kernel.params.blockDimY = 4;
  kernel.params.blockDimZ = 5;
  kernel.params.sharedMemBytes = 128;
  CUgraphNode node = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphAddKernelNode_v2(&node, graph, nullptr, 0, kernel));
  const CUDA_KERNEL_NODE_PARAMS found = params_of(node);
  EXPECT_EQ(found.func, fill.get());
  EXPECT_EQ(found.gridDimX, kernel.params.gridDimX);
  EXPECT_EQ(found.gridDimY, 2U);
  EXPECT_EQ(found.gridDimZ, 3U);
  EXPECT_EQ(found.blockDimX, 32U);
  EXPECT_EQ(found.blockDimY, 4U);
  EXPECT_EQ(found.blockDimZ, 5U);
  EXPECT_EQ(found.sharedMemBytes, 128U);
  EXPECT_EQ(found.extra, nullptr);
  expect_fill(found, buffer, value);
}

TEST_F(cuGraphKernelNodeGetParams, ReturnsWhatACapturedLaunchWas) {
  const DeviceBuffer<unsigned> buffer(1000);
  const auto value = random_value<unsigned>();
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Stream stream;
  Capture capture(stream);
  fill.launch({8}, {128}, 64, stream, buffer.address(), 1000U, value);
  const Graph graph = capture.end();
  const CUDA_KERNEL_NODE_PARAMS found = params_of(only_node(graph));
  EXPECT_EQ(found.func, fill.get());
  EXPECT_EQ(found.gridDimX, 8U);
  EXPECT_EQ(found.gridDimY, 1U);
  EXPECT_EQ(found.blockDimX, 128U);
  EXPECT_EQ(found.sharedMemBytes, 64U);
  expect_fill(found, buffer, value);
}

TEST_F(cuGraphKernelNodeGetParams, ReturnsWhatWasSetLast) {
  const DeviceBuffer<unsigned> buffer(1000);
  const DeviceBuffer<unsigned> other(300);
  const Module module;
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, module.kernel("add"), buffer, {1});
  const Kernel fill = module.kernel("fill");
  const KernelNode changed(fill, other, {2});
  ASSERT_CUDA_OK(driver().cuGraphKernelNodeSetParams_v2(node, changed));
  const CUDA_KERNEL_NODE_PARAMS found = params_of(node);
  EXPECT_EQ(found.func, fill.get());
  EXPECT_EQ(found.gridDimX, changed.params.gridDimX);
  expect_fill(found, other, 2);
}

TEST_F(cuGraphKernelNodeGetParams, ReturnsOneBufferWhereOneWasSet) {
  const DeviceBuffer<unsigned> buffer(100);
  const auto value = random_value<unsigned>();
  const Module module;
  KernelNode kernel(module.kernel("fill"), buffer, {value});
  struct Packed {
    CUdeviceptr address;
    unsigned count;
    unsigned value;
  } packed{buffer, 100, value};
  std::size_t bytes = sizeof packed;
  void* extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &packed, CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes,
                   CU_LAUNCH_PARAM_END};
  kernel.params.extra = extra;
  kernel.params.kernelParams = nullptr;
  const Graph graph;
  CUgraphNode node = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphAddKernelNode_v2(&node, graph, nullptr, 0, kernel));
  const CUDA_KERNEL_NODE_PARAMS found = params_of(node);
  EXPECT_EQ(found.kernelParams, nullptr);
  ASSERT_NE(found.extra, nullptr);
  const void* buffer_found = nullptr;
  std::size_t bytes_found = 0;
  for (void** entry = found.extra; *entry != CU_LAUNCH_PARAM_END; entry += 2) {
    if (*entry == CU_LAUNCH_PARAM_BUFFER_POINTER) buffer_found = entry[1];
    if (*entry == CU_LAUNCH_PARAM_BUFFER_SIZE) {
      bytes_found = *static_cast<const std::size_t*>(entry[1]);
    }
  }
  ASSERT_EQ(bytes_found, sizeof packed);
  ASSERT_NE(buffer_found, nullptr);
  EXPECT_EQ(std::memcmp(buffer_found, &packed, sizeof packed), 0);
}

TEST_F(cuGraphKernelNodeGetParams, TheArgumentsStayWhileOtherNodesAreAsked) {
  const DeviceBuffer<unsigned> buffer(1000);
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Graph graph;
  Nodes nodes;
  for (unsigned i = 0; i < 20; ++i) nodes.push_back(add_kernel(graph, {}, fill, buffer, {i}));
  std::vector<CUDA_KERNEL_NODE_PARAMS> found;
  for (const CUgraphNode node : nodes) found.push_back(params_of(node));
  for (unsigned i = 0; i < 20; ++i) expect_fill(found[i], buffer, i);
}

TEST_F(cuGraphKernelNodeGetParams, WhatItReturnsMakesTheSameNodeAgain) {
  const DeviceBuffer<unsigned> buffer(1000);
  const auto value = random_value<unsigned>();
  const Module module;
  Graph graph;
  const CUDA_KERNEL_NODE_PARAMS found =
      params_of(add_kernel(graph, {}, module.kernel("fill"), buffer, {value}));
  const Graph other;
  CUgraphNode node = nullptr;
  ASSERT_CUDA_OK(driver().cuGraphAddKernelNode_v2(&node, other, nullptr, 0, &found));
  other.run();
  EXPECT_EQ(buffer.read(), all(buffer, value));
}

TEST_F(cuGraphKernelNodeGetParams, DescribesAKernelWithoutParameters) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  const Stream stream;
  Capture capture(stream);
  empty.launch({2}, {3}, 0, stream);
  const Graph graph = capture.end();
  const CUDA_KERNEL_NODE_PARAMS found = params_of(only_node(graph));
  EXPECT_EQ(found.func, empty.get());
  EXPECT_EQ(found.gridDimX, 2U);
  EXPECT_EQ(found.blockDimX, 3U);
}

TEST_F(cuGraphKernelNodeGetParams, TheFirstFormWritesItsWidthOnly) {
  const DeviceBuffer<unsigned> buffer(1000);
  const auto value = random_value<unsigned>();
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, fill, buffer, {value});
  struct {
    CUDA_KERNEL_NODE_PARAMS_v1 params;
    std::uint64_t behind[2];
  } out{{}, {0x1234567887654321, 0x1234567887654321}};
  ASSERT_CUDA_OK(driver().cuGraphKernelNodeGetParams(node, &out.params));
  EXPECT_EQ(out.behind[0], 0x1234567887654321U);
  EXPECT_EQ(out.behind[1], 0x1234567887654321U);
  EXPECT_EQ(out.params.func, fill.get());
  EXPECT_EQ(out.params.gridDimX, 8U);
  EXPECT_EQ(out.params.blockDimX, 128U);
  ASSERT_NE(out.params.kernelParams, nullptr);
  EXPECT_EQ(*static_cast<unsigned*>(out.params.kernelParams[2]), value);
}

TEST_F(cuGraphKernelNodeGetParams, RefusesNodesOfOtherTypes) {
  const Graph graph;
  const CUgraphNode node = add_empty(graph);
  expect_leaves<CUDA_KERNEL_NODE_PARAMS>(
      CUDA_ERROR_INVALID_VALUE, [&](CUDA_KERNEL_NODE_PARAMS* params) {
        return driver().cuGraphKernelNodeGetParams_v2(node, params);
      });
  expect_leaves<CUDA_KERNEL_NODE_PARAMS_v1>(
      CUDA_ERROR_INVALID_VALUE, [&](CUDA_KERNEL_NODE_PARAMS_v1* params) {
        return driver().cuGraphKernelNodeGetParams(node, params);
      });
}

TEST_F(cuGraphKernelNodeGetParams, RefusesNull) {
  const DeviceBuffer<unsigned> buffer(10);
  const Module module;
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, module.kernel("fill"), buffer, {1});
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphKernelNodeGetParams_v2(node, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphKernelNodeGetParams(node, nullptr));
  CUDA_KERNEL_NODE_PARAMS params{};
  CUDA_KERNEL_NODE_PARAMS_v1 first{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphKernelNodeGetParams_v2(nullptr, &params));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphKernelNodeGetParams(nullptr, &first));
}

// Undocumented.
TEST_F(cuGraphKernelNodeGetParams, IsSafeDuringCapture) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, module.kernel("fill"), buffer, {1});
  CUDA_KERNEL_NODE_PARAMS found{};
  expect_safe_in_capture([&] { return driver().cuGraphKernelNodeGetParams_v2(node, &found); });
}

// Undocumented.
TEST_F(cuGraphKernelNodeGetParams, NeedsNoCurrentContext) {
  const DeviceBuffer<unsigned> buffer(100);
  const Module module;
  const Graph graph;
  const CUgraphNode node = add_kernel(graph, {}, module.kernel("fill"), buffer, {1});
  CUDA_KERNEL_NODE_PARAMS found{};
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphKernelNodeGetParams_v2(node, &found));
}

// Undocumented.
TEST_F(cuGraphKernelNodeGetParams_fresh, BeforeInit) {
  CUDA_KERNEL_NODE_PARAMS params{};
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuGraphKernelNodeGetParams_v2(garbage_handle<CUgraphNode>(), &params));
}

}  // namespace vgpu::conformance::test_cuGraphKernelNodeGetParams
