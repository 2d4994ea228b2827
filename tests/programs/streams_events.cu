// Order within a stream, across streams by events, and what queries and timers say.
#include "program.hpp"

__global__ void scale_add(int* data, int n, int factor, int summand) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) data[i] = data[i] * factor + summand;
}

int main() {
  const int n = 4096;
  int* data = nullptr;
  CHECK(cudaMalloc(&data, n * sizeof(int)));
  CHECK(cudaMemset(data, 0, n * sizeof(int)));

  cudaStream_t first, second;
  CHECK(cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking));
  int least = 0, greatest = 0;
  CHECK(cudaDeviceGetStreamPriorityRange(&least, &greatest));
  EXPECT(least >= greatest);
  CHECK(cudaStreamCreateWithPriority(&second, cudaStreamNonBlocking, greatest));
  int priority = 99;
  CHECK(cudaStreamGetPriority(second, &priority));
  EXPECT(priority == greatest);
  unsigned flags = 99;
  CHECK(cudaStreamGetFlags(first, &flags));
  EXPECT(flags == cudaStreamNonBlocking);

  cudaEvent_t begin, end, turn;
  CHECK(cudaEventCreate(&begin));
  CHECK(cudaEventCreate(&end));
  CHECK(cudaEventCreateWithFlags(&turn, cudaEventDisableTiming));

  // The two streams take turns; any swap changes the result. (x*2+1, x*3+2) ten times.
  CHECK(cudaDeviceSynchronize());
  CHECK(cudaEventRecord(begin, first));
  unsigned expected = 0;
  for (int round = 0; round < 10; ++round) {
    scale_add<<<n / 128, 128, 0, first>>>(data, n, 2, 1);
    CHECK(cudaEventRecord(turn, first));
    CHECK(cudaStreamWaitEvent(second, turn, 0));
    scale_add<<<n / 128, 128, 0, second>>>(data, n, 3, 2);
    CHECK(cudaEventRecord(turn, second));
    CHECK(cudaStreamWaitEvent(first, turn, 0));
    expected = (expected * 2 + 1) * 3 + 2;
  }
  CHECK(cudaEventRecord(end, first));
  CHECK(cudaGetLastError());
  CHECK(cudaEventSynchronize(end));
  CHECK(cudaEventQuery(begin));
  CHECK(cudaStreamSynchronize(second));
  CHECK(cudaStreamQuery(first));
  float milliseconds = -1;
  CHECK(cudaEventElapsedTime(&milliseconds, begin, end));
  EXPECT(milliseconds >= 0);
  EXPECT_RESULT(cudaEventElapsedTime(&milliseconds, begin, turn), cudaErrorInvalidResourceHandle);

  std::vector<int> host(n);
  CHECK(cudaMemcpy(host.data(), data, n * sizeof(int), cudaMemcpyDeviceToHost));
  EXPECT(all_equal(host.data(), n, static_cast<int>(expected)));

  // The legacy default stream waits for blocking streams and they wait for it.
  cudaStream_t blocking;
  CHECK(cudaStreamCreate(&blocking));
  CHECK(cudaMemset(data, 0, n * sizeof(int)));
  scale_add<<<n / 128, 128, 0, blocking>>>(data, n, 1, 5);
  scale_add<<<n / 128, 128>>>(data, n, 7, 0);
  scale_add<<<n / 128, 128, 0, blocking>>>(data, n, 1, 1);
  CHECK(cudaMemcpy(host.data(), data, n * sizeof(int), cudaMemcpyDeviceToHost));
  EXPECT(all_equal(host.data(), n, 36));

  CHECK(cudaStreamDestroy(blocking));
  CHECK(cudaStreamDestroy(first));
  CHECK(cudaStreamDestroy(second));
  CHECK(cudaEventDestroy(begin));
  CHECK(cudaEventDestroy(end));
  CHECK(cudaEventDestroy(turn));
  CHECK(cudaFree(data));
  return finish("streams_events");
}
