// A small program of CUDA's runtime, built as any is. Says "ok", or what went wrong first.

#include <cstdio>
#include <cstdlib>
#include <vector>

static void check(cudaError_t result, const char *what) {
  if (result == cudaSuccess) return;
  std::printf("%s: %s\n", what, cudaGetErrorString(result));
  std::exit(1);
}
#define CHECK(call) check(call, #call)

static void require(bool holds, const char *what) {
  if (holds) return;
  std::printf("wrong: %s\n", what);
  std::exit(1);
}

__device__ unsigned int factor = 3;
__constant__ unsigned int addends[4] = {1, 2, 3, 4};

__global__ void compute(unsigned int *p, unsigned int n) {
  const unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) p[i] = p[i] * factor + addends[i % 4];
}

int main() {
  constexpr unsigned int n = 1000;
  int version = 0, devices = 0;
  CHECK(cudaDriverGetVersion(&version));
  require(version >= 12000, "the driver's version");
  CHECK(cudaGetDeviceCount(&devices));
  require(devices > 0, "the number of devices");
  cudaDeviceProp properties;
  CHECK(cudaGetDeviceProperties(&properties, 0));
  require(properties.major >= 7 && properties.totalGlobalMem > 0, "the device's properties");
  for (int round = 0; round < 2; ++round) {
    unsigned int *memory = nullptr;
    std::vector<unsigned int> host(n);
    for (unsigned int i = 0; i < n; ++i) host[i] = i;
    unsigned int value = 0;
    CHECK(cudaMemcpyFromSymbol(&value, factor, sizeof value));
    require(value == 3, "the variable's initial value");
    value = 5;
    CHECK(cudaMemcpyToSymbol(factor, &value, sizeof value));
    CHECK(cudaMalloc(&memory, n * sizeof *memory));
    CHECK(cudaMemcpy(memory, host.data(), n * sizeof *memory, cudaMemcpyHostToDevice));
    cudaStream_t stream;
    cudaEvent_t event;
    CHECK(cudaStreamCreate(&stream));
    CHECK(cudaEventCreate(&event));
    compute<<<(n + 127) / 128, 128, 0, stream>>>(memory, n);
    CHECK(cudaGetLastError());
    CHECK(cudaEventRecord(event, stream));
    CHECK(cudaEventSynchronize(event));
    CHECK(cudaMemcpy(host.data(), memory, n * sizeof *memory, cudaMemcpyDeviceToHost));
    for (unsigned int i = 0; i < n; ++i) require(host[i] == i * 5 + i % 4 + 1, "the kernel's result");
    compute<<<1, 4096>>>(memory, n);
    const cudaError_t too_large = cudaGetLastError();
    require(too_large == cudaErrorInvalidConfiguration || too_large == cudaErrorInvalidValue,
            "the error of a block too large");
    require(cudaGetLastError() == cudaSuccess, "an error that was asked for already");
    require(cudaMemcpy(host.data(), memory, 4, static_cast<cudaMemcpyKind>(77)) == cudaErrorInvalidMemcpyDirection,
            "the error of a bad direction");
    require(cudaGetLastError() == cudaErrorInvalidMemcpyDirection, "the last error");
    CHECK(cudaEventDestroy(event));
    CHECK(cudaStreamDestroy(stream));
    CHECK(cudaFree(memory));
    // Everything begins anew after it: variables have their initial values.
    CHECK(cudaDeviceReset());
  }
  std::printf("ok\n");
}
