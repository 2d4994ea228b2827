// Graphs: built node by node, captured from two streams, updated, launched many times.
#include "suite.hpp"

__global__ void add(int* values, int count, int term) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) values[i] += term;
}

__global__ void multiply(int* values, int count, int factor) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) values[i] *= factor;
}

int main() {
  int count = 300, three = 3, five = 5;
  std::vector<int> host(count);
  Buffer<int> values(count);
  int* data = values;
  cudaGraph_t graph = nullptr;
  CHECK(cudaGraphCreate(&graph, 0));
  cudaGraphNode_t clear, plus, times;
  cudaMemsetParams memset_params{};
  memset_params.dst = data;
  memset_params.elementSize = 4;
  memset_params.value = 2;
  memset_params.width = count;
  memset_params.height = 1;
  CHECK(cudaGraphAddMemsetNode(&clear, graph, nullptr, 0, &memset_params));
  void* plus_arguments[] = {&data, &count, &three};
  void* times_arguments[] = {&data, &count, &five};
  cudaKernelNodeParams kernel{};
  kernel.gridDim = dim3(3);
  kernel.blockDim = dim3(128);
  kernel.func = reinterpret_cast<void*>(add);
  kernel.kernelParams = plus_arguments;
  CHECK(cudaGraphAddKernelNode(&plus, graph, &clear, 1, &kernel));
  kernel.func = reinterpret_cast<void*>(multiply);
  kernel.kernelParams = times_arguments;
  CHECK(cudaGraphAddKernelNode(&times, graph, &plus, 1, &kernel));
  size_t nodes = 0;
  CHECK(cudaGraphGetNodes(graph, nullptr, &nodes));
  EXPECT(nodes == 3);
  cudaGraphExec_t exec = nullptr;
  CHECK(cudaGraphInstantiate(&exec, graph, 0));
  for (int k = 0; k < 3; ++k) {
    CHECK(cudaGraphLaunch(exec, nullptr));
    host = values.read();
    EXPECT(all_equal(host.data(), host.size(), (2 + 3) * 5));
  }
  five = 7;
  CHECK(cudaGraphExecKernelNodeSetParams(exec, times, &kernel));
  CHECK(cudaGraphLaunch(exec, nullptr));
  host = values.read();
  EXPECT(all_equal(host.data(), host.size(), (2 + 3) * 7));
  CHECK(cudaGraphExecDestroy(exec));
  CHECK(cudaGraphDestroy(graph));

  // Fork and join between streams while capturing.
  Buffer<int> other(count);
  cudaStream_t a = nullptr, b = nullptr;
  cudaEvent_t forked = nullptr, joined = nullptr;
  CHECK(cudaStreamCreate(&a));
  CHECK(cudaStreamCreate(&b));
  CHECK(cudaEventCreate(&forked));
  CHECK(cudaEventCreate(&joined));
  CHECK(cudaStreamBeginCapture(a, cudaStreamCaptureModeGlobal));
  CHECK(cudaMemsetAsync(data, 0, count * sizeof(int), a));
  CHECK(cudaEventRecord(forked, a));
  CHECK(cudaStreamWaitEvent(b, forked, 0));
  add<<<3, 128, 0, a>>>(data, count, 4);
  add<<<3, 128, 0, b>>>(other, count, 1);
  CHECK(cudaEventRecord(joined, b));
  CHECK(cudaStreamWaitEvent(a, joined, 0));
  multiply<<<3, 128, 0, a>>>(data, count, 6);
  CHECK(cudaStreamEndCapture(a, &graph));
  CHECK(cudaGraphInstantiate(&exec, graph, 0));
  for (int k = 0; k < 4; ++k) CHECK(cudaGraphLaunch(exec, a));
  CHECK(cudaStreamSynchronize(a));
  const auto first = values.read(), second = other.read();
  EXPECT(all_equal(first.data(), first.size(), 24));
  EXPECT(all_equal(second.data(), second.size(), 4));
  CHECK(cudaGraphExecDestroy(exec));
  CHECK(cudaGraphDestroy(graph));
  return finish("graph_nodes");
}
