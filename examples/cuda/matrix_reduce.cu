// Three kernels that use what real programs use: a matrix product tiled through shared memory, a sum
// by warp shuffles, and a histogram by shared and global atomics. Every result is checked on the host.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

static void check(cudaError_t result, const char* what) {
  if (result == cudaSuccess) return;
  std::fprintf(stderr, "%s failed: %s (%s)\n", what, cudaGetErrorString(result),
               cudaGetErrorName(result));
  std::exit(1);
}

template <class T>
struct DeviceArray {
  explicit DeviceArray(size_t n) : size(n) {
    check(cudaMalloc(&data, n * sizeof(T)), "cudaMalloc");
  }
  ~DeviceArray() { check(cudaFree(data), "cudaFree"); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  void upload(const std::vector<T>& from) {
    check(cudaMemcpy(data, from.data(), size * sizeof(T), cudaMemcpyHostToDevice), "upload");
  }
  std::vector<T> download() const {
    std::vector<T> to(size);
    check(cudaMemcpy(to.data(), data, size * sizeof(T), cudaMemcpyDeviceToHost), "download");
    return to;
  }
  T* data = nullptr;
  size_t size;
};

constexpr int tile = 16;

// c = a * b; all n by n, row-major; n is a multiple of the tile.
__global__ void multiply(const float* a, const float* b, float* c, int n) {
  __shared__ float tile_a[tile][tile];
  __shared__ float tile_b[tile][tile];
  int row = blockIdx.y * tile + threadIdx.y;
  int column = blockIdx.x * tile + threadIdx.x;
  float sum = 0;
  for (int k = 0; k < n; k += tile) {
    tile_a[threadIdx.y][threadIdx.x] = a[row * n + k + threadIdx.x];
    tile_b[threadIdx.y][threadIdx.x] = b[(k + threadIdx.y) * n + column];
    __syncthreads();
    for (int i = 0; i < tile; ++i) sum += tile_a[threadIdx.y][i] * tile_b[i][threadIdx.x];
    __syncthreads();
  }
  c[row * n + column] = sum;
}

__device__ float warp_sum(float value) {
  for (int offset = 16; offset > 0; offset /= 2) {
    value += __shfl_down_sync(0xffffffffu, value, offset);
  }
  return value;
}

// Adds every element of `in` to *out.
__global__ void reduce(const float* in, int n, float* out) {
  __shared__ float partial[32];
  float sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    sum += in[i];
  }
  sum = warp_sum(sum);
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x < 32) {
    sum = warp_sum(threadIdx.x < blockDim.x / 32 ? partial[threadIdx.x] : 0.0f);
    if (threadIdx.x == 0) atomicAdd(out, sum);
  }
}

constexpr int bins = 64;

__global__ void histogram(const uint32_t* in, int n, uint32_t* counts) {
  __shared__ uint32_t local[bins];
  if (threadIdx.x < bins) local[threadIdx.x] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    atomicAdd(&local[in[i] % bins], 1u);
  }
  __syncthreads();
  if (threadIdx.x < bins) atomicAdd(&counts[threadIdx.x], local[threadIdx.x]);
}

static bool matrix_product() {
  const int n = 64;
  std::vector<float> a(n * n), b(n * n);
  for (int i = 0; i < n * n; ++i) {
    a[i] = static_cast<float>(i % 7 - 3);
    b[i] = static_cast<float>(i % 5 - 2);
  }
  DeviceArray<float> device_a(n * n), device_b(n * n), device_c(n * n);
  device_a.upload(a);
  device_b.upload(b);
  multiply<<<dim3(n / tile, n / tile), dim3(tile, tile)>>>(device_a.data, device_b.data,
                                                           device_c.data, n);
  check(cudaGetLastError(), "launch of multiply");
  const std::vector<float> c = device_c.download();
  int wrong = 0;
  for (int row = 0; row < n; ++row) {
    for (int column = 0; column < n; ++column) {
      float expected = 0;  // small integers: exact in any order
      for (int k = 0; k < n; ++k) expected += a[row * n + k] * b[k * n + column];
      if (c[row * n + column] != expected) ++wrong;
    }
  }
  std::printf("matrix product %d x %d, tiled through shared memory: %s (c[1][2] = %g)\n", n, n,
              wrong == 0 ? "right" : "WRONG", c[n + 2]);
  return wrong == 0;
}

static bool sum_by_shuffles() {
  const int n = 40000;
  std::vector<float> in(n);
  double expected = 0;
  for (int i = 0; i < n; ++i) {
    in[i] = static_cast<float>(i % 100) / 8.0f;
    expected += in[i];
  }
  DeviceArray<float> device_in(n), device_out(1);
  device_in.upload(in);
  check(cudaMemset(device_out.data, 0, sizeof(float)), "cudaMemset");
  reduce<<<16, 256>>>(device_in.data, n, device_out.data);
  check(cudaGetLastError(), "launch of reduce");
  const double sum = device_out.download()[0];
  const bool right = std::fabs(sum - expected) <= 1e-5 * expected;
  std::printf("sum of %d floats by warp shuffles: %.1f, expected %.1f: %s\n", n, sum, expected,
              right ? "right" : "WRONG");
  return right;
}

static bool histogram_by_atomics() {
  const int n = 60000;
  std::vector<uint32_t> in(n), expected(bins);
  uint32_t state = 12345;
  for (int i = 0; i < n; ++i) {
    state = state * 1664525u + 1013904223u;
    in[i] = state >> 16;
    ++expected[in[i] % bins];
  }
  DeviceArray<uint32_t> device_in(n), device_counts(bins);
  device_in.upload(in);
  check(cudaMemset(device_counts.data, 0, bins * sizeof(uint32_t)), "cudaMemset");
  histogram<<<8, 128>>>(device_in.data, n, device_counts.data);
  check(cudaGetLastError(), "launch of histogram");
  const bool right = device_counts.download() == expected;
  std::printf("histogram of %d values in %d bins by atomics: %s\n", n, bins,
              right ? "right" : "WRONG");
  return right;
}

int main() {
  int count = 0;
  check(cudaGetDeviceCount(&count), "cudaGetDeviceCount");
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
  std::printf("on %s\n", properties.name);
  bool right = matrix_product();
  right = sum_by_shuffles() && right;
  right = histogram_by_atomics() && right;
  check(cudaDeviceReset(), "cudaDeviceReset");
  std::printf("%s\n", right ? "all three are right" : "something is wrong");
  return right ? 0 : 1;
}
