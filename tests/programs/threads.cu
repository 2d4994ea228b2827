// Many host threads, each with streams of its own and the per-thread default stream.
#include <atomic>
#include <thread>

#include "program.hpp"

__global__ void step(int* data, int n, int factor, int summand) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) data[i] = data[i] * factor + summand;
}

static std::atomic<int> wrong{0};

static void work(int thread) {
  const int n = 1000 + thread;
  int* data = nullptr;
  CHECK(cudaMalloc(&data, n * sizeof(int)));
  std::vector<int> host(n, thread);
  for (int round = 0; round < 20; ++round) {
    const cudaStream_t stream = cudaStreamPerThread;
    CHECK(cudaMemcpyAsync(data, host.data(), n * sizeof(int), cudaMemcpyHostToDevice, stream));
    step<<<(n + 127) / 128, 128, 0, stream>>>(data, n, 2, 1);
    step<<<(n + 127) / 128, 128, 0, stream>>>(data, n, 1, -thread);
    CHECK(cudaMemcpyAsync(host.data(), data, n * sizeof(int), cudaMemcpyDeviceToHost, stream));
    CHECK(cudaStreamSynchronize(stream));
    CHECK(cudaGetLastError());
    for (int value : host) {
      if (value != thread + 1) ++wrong;
    }
    host.assign(n, thread);
  }
  step<<<(n + 127) / 128, 128>>>(data, n, 0, 7);
  CHECK(cudaMemcpy(host.data(), data, n * sizeof(int), cudaMemcpyDeviceToHost));
  for (int value : host) {
    if (value != 7) ++wrong;
  }
  CHECK(cudaFree(data));
}

int main() {
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  EXPECT(wrong == 0);

  // Work that one thread has issued and synchronised through an event is visible to another.
  int* flag = nullptr;
  CHECK(cudaMalloc(&flag, sizeof(int)));
  CHECK(cudaMemset(flag, 0, sizeof(int)));
  cudaEvent_t done;
  CHECK(cudaEventCreateWithFlags(&done, cudaEventDisableTiming));
  std::thread producer([&] {
    step<<<1, 1, 0, cudaStreamPerThread>>>(flag, 1, 0, 42);
    CHECK(cudaEventRecord(done, cudaStreamPerThread));
  });
  producer.join();
  int seen = 0;
  CHECK(cudaStreamWaitEvent(cudaStreamPerThread, done, 0));
  CHECK(cudaMemcpyAsync(&seen, flag, sizeof(int), cudaMemcpyDeviceToHost, cudaStreamPerThread));
  CHECK(cudaStreamSynchronize(cudaStreamPerThread));
  EXPECT(seen == 42);
  CHECK(cudaEventDestroy(done));
  CHECK(cudaFree(flag));
  return finish("threads");
}
