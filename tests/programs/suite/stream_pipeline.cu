// Work on several streams: chunks in flight, dependencies by events, an order that must hold.
#include "suite.hpp"

__global__ void affine(float* values, int count, float factor, float term) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
    values[i] = values[i] * factor + term;
}

__global__ void sum_into(const float* values, int count, float* sum) {
  if (threadIdx.x != 0) return;
  float total = 0;
  for (int i = 0; i < count; ++i) total += values[i];
  *sum += total;
}

int main() {
  const int chunks = 8, size = 500, streams = 3;
  float* host = nullptr;
  CHECK(cudaMallocHost(&host, chunks * size * sizeof(float)));
  for (int i = 0; i < chunks * size; ++i) host[i] = static_cast<float>(i % 17);
  Buffer<float> device(chunks * size), sum(1);
  cudaStream_t stream[streams];
  for (cudaStream_t& s : stream) CHECK(cudaStreamCreateWithFlags(&s, cudaStreamNonBlocking));
  cudaEvent_t done[chunks];
  for (int k = 0; k < chunks; ++k) {
    const cudaStream_t s = stream[k % streams];
    float* const at = device + k * size;
    CHECK(cudaMemcpyAsync(at, host + k * size, size * sizeof(float), cudaMemcpyHostToDevice, s));
    // Not commutative: the order within the stream decides.
    affine<<<2, 64, 0, s>>>(at, size, 3, 1);
    affine<<<2, 64, 0, s>>>(at, size, 2, -5);
    CHECK(cudaMemcpyAsync(host + k * size, at, size * sizeof(float), cudaMemcpyDeviceToHost, s));
    CHECK(cudaEventCreateWithFlags(&done[k], cudaEventDisableTiming));
    CHECK(cudaEventRecord(done[k], s));
  }
  // One stream that waits for all others.
  cudaStream_t last = nullptr;
  CHECK(cudaStreamCreate(&last));
  for (int k = 0; k < chunks; ++k) {
    CHECK(cudaStreamWaitEvent(last, done[k], 0));
    sum_into<<<1, 32, 0, last>>>(device + k * size, size, sum);
  }
  CHECK(cudaStreamSynchronize(last));
  double expected = 0;
  int wrong = 0;
  for (int i = 0; i < chunks * size; ++i) {
    const float value = ((i % 17) * 3 + 1) * 2 - 5;
    wrong += host[i] != value;
    expected += value;
  }
  EXPECT(wrong == 0);
  EXPECT(sum.read()[0] == expected);
  for (cudaEvent_t& event : done) {
    CHECK(cudaEventQuery(event));
    CHECK(cudaEventDestroy(event));
  }
  for (cudaStream_t& s : stream) CHECK(cudaStreamDestroy(s));
  CHECK(cudaStreamDestroy(last));
  CHECK(cudaFreeHost(host));
  return finish("stream_pipeline");
}
