// The first CUDA program everybody writes: c = a + b on the device, checked on the host.
// Compile with plain nvcc, nothing else.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

static void check(cudaError_t result, const char* what) {
  if (result == cudaSuccess) return;
  std::fprintf(stderr, "%s failed: %s (%s)\n", what, cudaGetErrorString(result),
               cudaGetErrorName(result));
  std::exit(1);
}

__global__ void add(const float* a, const float* b, float* c, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) c[i] = a[i] + b[i];
}

int main() {
  int devices = 0;
  check(cudaGetDeviceCount(&devices), "cudaGetDeviceCount");
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
  int driver = 0, runtime = 0;
  check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
  std::printf("%d CUDA device(s); device 0: %s, compute capability %d.%d, %.1f GiB\n", devices,
              properties.name, properties.major, properties.minor,
              static_cast<double>(properties.totalGlobalMem) / (1u << 30));
  std::printf("CUDA driver %d.%d, runtime %d.%d\n", driver / 1000, driver % 1000 / 10,
              runtime / 1000, runtime % 1000 / 10);

  const int n = 50000;
  const size_t bytes = n * sizeof(float);
  std::vector<float> a(n), b(n), c(n);
  for (int i = 0; i < n; ++i) {
    a[i] = std::sin(static_cast<float>(i));
    b[i] = 0.5f * static_cast<float>(i);
  }

  float *device_a = nullptr, *device_b = nullptr, *device_c = nullptr;
  check(cudaMalloc(&device_a, bytes), "cudaMalloc");
  check(cudaMalloc(&device_b, bytes), "cudaMalloc");
  check(cudaMalloc(&device_c, bytes), "cudaMalloc");
  check(cudaMemcpy(device_a, a.data(), bytes, cudaMemcpyHostToDevice), "copy of a");
  check(cudaMemcpy(device_b, b.data(), bytes, cudaMemcpyHostToDevice), "copy of b");

  const int threads = 256;
  const int blocks = (n + threads - 1) / threads;
  std::printf("adding two vectors of %d floats with %d blocks of %d threads\n", n, blocks, threads);
  add<<<blocks, threads>>>(device_a, device_b, device_c, n);
  check(cudaGetLastError(), "launch");
  check(cudaMemcpy(c.data(), device_c, bytes, cudaMemcpyDeviceToHost), "copy of c");

  int wrong = 0;
  for (int i = 0; i < n; ++i) {
    if (c[i] != a[i] + b[i]) ++wrong;
  }
  check(cudaFree(device_a), "cudaFree");
  check(cudaFree(device_b), "cudaFree");
  check(cudaFree(device_c), "cudaFree");
  if (wrong != 0) {
    std::printf("vector add: %d of %d sums are wrong\n", wrong, n);
    return 1;
  }
  std::printf("vector add: all %d sums are right\n", n);
  return 0;
}
