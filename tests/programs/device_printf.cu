// What kernels print stands in the program's own stdout, in order with what the program prints, once
// a call has returned that CUDA documents as showing it. run_compare.sh compares the whole of stdout.
#include "program.hpp"

__global__ void say(const char* what, int number) {
  printf("kernel: %s %d\n", what, number);
}

__global__ void count() {
  printf("block %d thread %d\n", blockIdx.x, threadIdx.x);
}

__global__ void formats(int* results) {
  results[0] = printf("[%d] [%5u] [%-6x] [%#o] [%lld] [%c] [%%]\n", -7, 42u, 0xbeef, 8, -(1ll << 40), 'z');
  results[1] = printf("[%f] [%8.3f] [%e] [%g] [%s]\n", 1.5f, 3.14159, 1e10, 0.25, "text");
  results[2] = printf("no values\n");
}

__device__ const char message[] = "from device memory";

__global__ void say_constant() { printf("kernel: %s\n", message); }

static void CUDART_CB callback(void* text) { std::printf("callback: %s\n", static_cast<char*>(text)); }

int main() {
  static char what[] = "hello";
  char* text = nullptr;
  CHECK(cudaMalloc(&text, sizeof what));
  CHECK(cudaMemcpy(text, what, sizeof what, cudaMemcpyHostToDevice));

  std::printf("host: first\n");
  say<<<1, 1>>>(text, 1);
  CHECK(cudaDeviceSynchronize());
  std::printf("host: after the device\n");

  cudaStream_t stream;
  CHECK(cudaStreamCreate(&stream));
  say<<<1, 1, 0, stream>>>(text, 2);
  CHECK(cudaStreamSynchronize(stream));
  std::printf("host: after the stream\n");

  cudaEvent_t event;
  CHECK(cudaEventCreate(&event));
  say<<<1, 1, 0, stream>>>(text, 3);
  CHECK(cudaEventRecord(event, stream));
  CHECK(cudaEventSynchronize(event));
  std::printf("host: after the event\n");

  say<<<1, 1>>>(text, 4);
  char back[sizeof what];
  CHECK(cudaMemcpy(back, text, sizeof what, cudaMemcpyDeviceToHost));
  std::printf("host: after the copy\n");

  say<<<1, 1, 0, stream>>>(text, 5);
  CHECK(cudaLaunchHostFunc(stream, callback, what));
  CHECK(cudaStreamSynchronize(stream));
  std::printf("host: after the callback\n");

  count<<<2, 3>>>();
  CHECK(cudaDeviceSynchronize());

  int* results = nullptr;
  int host[3] = {};
  CHECK(cudaMalloc(&results, sizeof host));
  formats<<<1, 1>>>(results);
  CHECK(cudaMemcpy(host, results, sizeof host, cudaMemcpyDeviceToHost));
  std::printf("results %d %d %d\n", host[0], host[1], host[2]);
  say_constant<<<1, 1>>>();
  CHECK(cudaDeviceSynchronize());

  // The end of the context shows what is left.
  say<<<1, 1>>>(text, 6);
  CHECK(cudaDeviceReset());
  return finish("device_printf");
}
