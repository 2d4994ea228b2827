// Constant and global variables of a module, by name from the host, and static shared memory.
#include "program.hpp"

__constant__ float coefficients[4] = {1, 2, 3, 4};
__device__ int totals[8];
__device__ int initialised = 77;

__global__ void polynomial(const float* x, float* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    y[i] = coefficients[0] + x[i] * (coefficients[1] + x[i] * (coefficients[2] + x[i] * coefficients[3]));
  }
}

__global__ void count(int n) {
  __shared__ int local[8];
  if (threadIdx.x < 8) local[threadIdx.x] = 0;
  __syncthreads();
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) atomicAdd(&local[i % 8], 1);
  __syncthreads();
  if (threadIdx.x < 8) atomicAdd(&totals[threadIdx.x], local[threadIdx.x]);
}

__global__ void reverse_dynamic(int* data) {
  extern __shared__ int buffer[];
  buffer[threadIdx.x] = data[threadIdx.x];
  __syncthreads();
  data[threadIdx.x] = buffer[blockDim.x - 1 - threadIdx.x];
}

int main() {
  const int n = 500;
  std::vector<float> x(n), y(n);
  for (int i = 0; i < n; ++i) x[i] = static_cast<float>(i % 10);
  float *device_x = nullptr, *device_y = nullptr;
  CHECK(cudaMalloc(&device_x, n * 4));
  CHECK(cudaMalloc(&device_y, n * 4));
  CHECK(cudaMemcpy(device_x, x.data(), n * 4, cudaMemcpyHostToDevice));
  for (int round = 0; round < 2; ++round) {
    float c[4] = {1, 2, 3, 4};
    if (round == 1) {
      const float other[4] = {-1, 0, 5, 2};
      CHECK(cudaMemcpyToSymbol(coefficients, other, sizeof other));
      CHECK(cudaMemcpyFromSymbol(c, coefficients, sizeof c));
      EXPECT(c[0] == -1 && c[2] == 5);
    }
    polynomial<<<4, 128>>>(device_x, device_y, n);
    CHECK(cudaMemcpy(y.data(), device_y, n * 4, cudaMemcpyDeviceToHost));
    int wrong = 0;
    for (int i = 0; i < n; ++i) {
      wrong += y[i] != c[0] + x[i] * (c[1] + x[i] * (c[2] + x[i] * c[3]));
    }
    EXPECT(wrong == 0);
  }
  int value = 0;
  CHECK(cudaMemcpyFromSymbol(&value, initialised, sizeof value));
  EXPECT(value == 77);
  count<<<3, 256>>>(700);
  int counted[8];
  CHECK(cudaMemcpyFromSymbol(counted, totals, sizeof counted));
  for (int i = 0; i < 8; ++i) EXPECT(counted[i] == (i < 4 ? 88 : 87));
  void* address = nullptr;
  size_t size = 0;
  CHECK(cudaGetSymbolAddress(&address, totals));
  CHECK(cudaGetSymbolSize(&size, totals));
  EXPECT(size == sizeof totals && address != nullptr);
  CHECK(cudaMemset(address, 0, size));
  CHECK(cudaMemcpyFromSymbol(&value, totals, sizeof value, 4));
  EXPECT(value == 0);

  int numbers[64];
  for (int i = 0; i < 64; ++i) numbers[i] = i;
  int* device = nullptr;
  CHECK(cudaMalloc(&device, sizeof numbers));
  CHECK(cudaMemcpy(device, numbers, sizeof numbers, cudaMemcpyHostToDevice));
  reverse_dynamic<<<1, 64, sizeof numbers>>>(device);
  CHECK(cudaMemcpy(numbers, device, sizeof numbers, cudaMemcpyDeviceToHost));
  for (int i = 0; i < 64; ++i) EXPECT(numbers[i] == 63 - i);
  CHECK(cudaFree(device));
  CHECK(cudaFree(device_x));
  CHECK(cudaFree(device_y));
  return finish("symbols");
}
