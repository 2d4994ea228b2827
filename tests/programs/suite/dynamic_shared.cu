// Dynamic shared memory: several arrays in one, more than 48 KB by consent, none without it.
#include "suite.hpp"

__global__ void three_arrays(int ints, int doubles, int chars, double* sums) {
  extern __shared__ __align__(16) unsigned char raw[];
  double* const d = reinterpret_cast<double*>(raw);
  int* const i = reinterpret_cast<int*>(d + doubles);
  char* const c = reinterpret_cast<char*>(i + ints);
  for (int k = threadIdx.x; k < doubles; k += blockDim.x) d[k] = k * 0.5;
  for (int k = threadIdx.x; k < ints; k += blockDim.x) i[k] = -k;
  for (int k = threadIdx.x; k < chars; k += blockDim.x) c[k] = static_cast<char>(k % 100);
  __syncthreads();
  if (threadIdx.x != 0) return;
  double sum[3] = {};
  for (int k = 0; k < doubles; ++k) sum[0] += d[k];
  for (int k = 0; k < ints; ++k) sum[1] += i[k];
  for (int k = 0; k < chars; ++k) sum[2] += c[k];
  for (int k = 0; k < 3; ++k) sums[3 * blockIdx.x + k] = sum[k];
}

__global__ void reverse(int* values, int count) {
  extern __shared__ int cells[];
  __shared__ int fixed[8];
  if (threadIdx.x < 8) fixed[threadIdx.x] = threadIdx.x;
  for (int k = threadIdx.x; k < count; k += blockDim.x) cells[k] = values[k];
  __syncthreads();
  for (int k = threadIdx.x; k < count; k += blockDim.x)
    values[k] = cells[count - 1 - k] + fixed[k % 8];
}

int main() {
  const int ints = 100, doubles = 33, chars = 200;
  Buffer<double> sums(6);
  three_arrays<<<2, 32, doubles * 8 + ints * 4 + chars>>>(ints, doubles, chars, sums);
  const auto result = sums.read();
  for (int block = 0; block < 2; ++block) {
    EXPECT(result[3 * block] == 0.25 * doubles * (doubles - 1));
    EXPECT(result[3 * block + 1] == -0.5 * ints * (ints - 1));
    EXPECT(result[3 * block + 2] == 2 * 99 * 100 / 2);
  }

  int limit = 0, standard = 0;
  CHECK(cudaDeviceGetAttribute(&limit, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0));
  CHECK(cudaDeviceGetAttribute(&standard, cudaDevAttrMaxSharedMemoryPerBlock, 0));
  EXPECT(standard == 48 << 10 && limit >= 64 << 10);
  cudaFuncAttributes attributes{};
  CHECK(cudaFuncGetAttributes(&attributes, reverse));
  EXPECT(attributes.sharedSizeBytes == 32);
  const int bytes = limit - 32, count = bytes / 4;
  Buffer<int> values(count);
  reverse<<<1, 256, bytes>>>(values, count);
  EXPECT(cudaGetLastError() == cudaErrorInvalidValue);
  CHECK(cudaFuncSetAttribute(reverse, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
  std::vector<int> host(count);
  for (int k = 0; k < count; ++k) host[k] = 3 * k;
  CHECK(cudaMemcpy(values, host.data(), count * sizeof(int), cudaMemcpyHostToDevice));
  reverse<<<1, 256, bytes>>>(values, count);
  const auto reversed = values.read();
  int wrong = 0;
  for (int k = 0; k < count; ++k) wrong += reversed[k] != 3 * (count - 1 - k) + k % 8;
  EXPECT(wrong == 0);
  EXPECT_RESULT(cudaFuncSetAttribute(reverse, cudaFuncAttributeMaxDynamicSharedMemorySize, limit),
                cudaErrorInvalidValue);
  return finish("dynamic_shared");
}
