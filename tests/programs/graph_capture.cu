// A graph made by capturing two streams, replayed; what capture forbids.
#include "program.hpp"

__global__ void add(int* data, int n, int summand) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) data[i] += summand;
}

__global__ void combine(const int* a, const int* b, int* out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) out[i] = a[i] * 1000 + b[i];
}

int main() {
  const int n = 2048;
  const size_t bytes = n * sizeof(int);
  int *a = nullptr, *b = nullptr, *out = nullptr, *pinned = nullptr;
  CHECK(cudaMalloc(&a, bytes));
  CHECK(cudaMalloc(&b, bytes));
  CHECK(cudaMalloc(&out, bytes));
  CHECK(cudaMallocHost(&pinned, bytes));
  CHECK(cudaMemset(a, 0, bytes));
  CHECK(cudaMemset(b, 0, bytes));
  // The two streams below wait for nothing that the default stream does.
  CHECK(cudaDeviceSynchronize());
  for (int i = 0; i < n; ++i) pinned[i] = -1;

  cudaStream_t stream, side;
  CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  CHECK(cudaStreamCreateWithFlags(&side, cudaStreamNonBlocking));
  cudaEvent_t fork, join;
  CHECK(cudaEventCreateWithFlags(&fork, cudaEventDisableTiming));
  CHECK(cudaEventCreateWithFlags(&join, cudaEventDisableTiming));

  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  cudaStreamCaptureStatus status;
  CHECK(cudaStreamIsCapturing(stream, &status));
  EXPECT(status == cudaStreamCaptureStatusActive);
  add<<<n / 256, 256, 0, stream>>>(a, n, 1);
  CHECK(cudaEventRecord(fork, stream));
  CHECK(cudaStreamWaitEvent(side, fork, 0));
  CHECK(cudaStreamIsCapturing(side, &status));
  EXPECT(status == cudaStreamCaptureStatusActive);
  add<<<n / 256, 256, 0, side>>>(b, n, 2);
  CHECK(cudaEventRecord(join, side));
  CHECK(cudaStreamWaitEvent(stream, join, 0));
  combine<<<n / 256, 256, 0, stream>>>(a, b, out, n);
  CHECK(cudaMemcpyAsync(pinned, out, bytes, cudaMemcpyDeviceToHost, stream));
  cudaGraph_t graph = nullptr;
  CHECK(cudaStreamEndCapture(stream, &graph));
  CHECK(cudaStreamIsCapturing(stream, &status));
  EXPECT(status == cudaStreamCaptureStatusNone);
  CHECK(cudaStreamSynchronize(stream));
  EXPECT(all_equal(pinned, n, -1));  // nothing has run yet

  size_t nodes = 0;
  CHECK(cudaGraphGetNodes(graph, nullptr, &nodes));
  EXPECT(nodes == 4);
  cudaGraphExec_t executable = nullptr;
  CHECK(cudaGraphInstantiate(&executable, graph, 0));
  for (int round = 1; round <= 3; ++round) {
    CHECK(cudaGraphLaunch(executable, stream));
    CHECK(cudaStreamSynchronize(stream));
    EXPECT(all_equal(pinned, n, round * 1000 + 2 * round));
  }

  // Waiting for a capturing stream is an error and spoils the capture.
  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  add<<<n / 256, 256, 0, stream>>>(a, n, 1);
  EXPECT_RESULT(cudaStreamSynchronize(stream), cudaErrorStreamCaptureUnsupported);
  cudaGraph_t spoiled = nullptr;
  EXPECT_RESULT(cudaStreamEndCapture(stream, &spoiled), cudaErrorStreamCaptureInvalidated);
  EXPECT(spoiled == nullptr);

  CHECK(cudaGraphExecDestroy(executable));
  CHECK(cudaGraphDestroy(graph));
  CHECK(cudaEventDestroy(fork));
  CHECK(cudaEventDestroy(join));
  CHECK(cudaStreamDestroy(stream));
  CHECK(cudaStreamDestroy(side));
  CHECK(cudaFreeHost(pinned));
  CHECK(cudaFree(a));
  CHECK(cudaFree(b));
  CHECK(cudaFree(out));
  return finish("graph_capture");
}
