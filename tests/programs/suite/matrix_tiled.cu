// Matrix products: tiles in shared memory, and a register block per thread.
#include "suite.hpp"

template <class T, int tile>
__global__ void tiled(const T* a, const T* b, T* c, int m, int n, int k) {
  __shared__ T left[tile][tile], right[tile][tile];
  const int row = blockIdx.y * tile + threadIdx.y, column = blockIdx.x * tile + threadIdx.x;
  T sum = 0;
  for (int base = 0; base < k; base += tile) {
    const int i = base + threadIdx.x, j = base + threadIdx.y;
    left[threadIdx.y][threadIdx.x] = row < m && i < k ? a[row * k + i] : T(0);
    right[threadIdx.y][threadIdx.x] = column < n && j < k ? b[j * n + column] : T(0);
    __syncthreads();
    for (int s = 0; s < tile; ++s) sum += left[threadIdx.y][s] * right[s][threadIdx.x];
    __syncthreads();
  }
  if (row < m && column < n) c[row * n + column] = sum;
}

__global__ void blocked(const float4* a, const float4* b, float4* c, int n4) {
  // A thread makes four by four values; rows of a, b and c hold n4 vectors.
  const int column = blockIdx.x * blockDim.x + threadIdx.x, row = 4 * blockIdx.y;
  float4 sums[4] = {};
  for (int s = 0; s < n4; ++s) {
    for (int r = 0; r < 4; ++r) {
      const float4 l = a[(row + r) * n4 + s];
      const float parts[4] = {l.x, l.y, l.z, l.w};
#pragma unroll
      for (int part = 0; part < 4; ++part) {
        const float4 v = b[(4 * s + part) * n4 + column];
        sums[r].x += parts[part] * v.x;
        sums[r].y += parts[part] * v.y;
        sums[r].z += parts[part] * v.z;
        sums[r].w += parts[part] * v.w;
      }
    }
  }
  for (int r = 0; r < 4; ++r) c[(row + r) * n4 + column] = sums[r];
}

template <class T>
std::vector<double> product(const std::vector<T>& a, const std::vector<T>& b, int m, int n, int k) {
  std::vector<double> c(m * n);
  for (int row = 0; row < m; ++row)
    for (int s = 0; s < k; ++s)
      for (int column = 0; column < n; ++column)
        c[row * n + column] += double(a[row * k + s]) * double(b[s * n + column]);
  return c;
}

template <class T, int tile>
void expect_tiled(int m, int n, int k, double tolerance) {
  const auto a = random_values<T>(m * k, -3, 3, 1), b = random_values<T>(k * n, -3, 3, 2);
  Buffer<T> da(a), db(b), dc(m * n);
  const dim3 blocks(blocks_for(n, tile), blocks_for(m, tile)), threads(tile, tile);
  tiled<T, tile><<<blocks, threads>>>(da, db, dc, m, n, k);
  EXPECT(all_close(dc.read(), product(a, b, m, n, k), tolerance));
}

int main() {
  expect_tiled<float, 16>(70, 50, 90, 5e-5);
  expect_tiled<double, 8>(33, 65, 40, 1e-13);
  expect_tiled<int, 32>(64, 40, 33, 0);
  const int n = 64;
  const auto a = random_values<float>(n * n, -1, 1, 3), b = random_values<float>(n * n, -1, 1, 4);
  Buffer<float> da(a), db(b), dc(n * n);
  blocked<<<dim3(1, n / 4), n / 4>>>(reinterpret_cast<const float4*>(static_cast<float*>(da)),
                                     reinterpret_cast<const float4*>(static_cast<float*>(db)),
                                     reinterpret_cast<float4*>(static_cast<float*>(dc)), n / 4);
  EXPECT(all_close(dc.read(), product(a, b, n, n, n), 1e-5));
  return finish("matrix_tiled");
}
