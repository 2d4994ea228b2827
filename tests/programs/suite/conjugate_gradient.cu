// Conjugate gradients on a Poisson problem: vectors on the device, scalars that never leave it.
#include "suite.hpp"

__device__ double at(const double* x, int n, int i, int j) {
  return i < 0 || j < 0 || i >= n || j >= n ? 0.0 : x[i * n + j];
}

__global__ void apply(const double* x, double* y, int n) {
  const int k = blockIdx.x * blockDim.x + threadIdx.x;
  if (k >= n * n) return;
  const int i = k / n, j = k % n;
  y[k] =
      4 * x[k] - at(x, n, i - 1, j) - at(x, n, i + 1, j) - at(x, n, i, j - 1) - at(x, n, i, j + 1);
}

__global__ void dot(const double* x, const double* y, int count, double* result) {
  double sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
    sum += x[i] * y[i];
  for (int step = 16; step > 0; step /= 2) sum += __shfl_down_sync(0xffffffffu, sum, step);
  if (threadIdx.x % 32 == 0) atomicAdd(result, sum);
}

// x += a / b * y, and r -= a / b * z
__global__ void advance(double* x, const double* y, double* r, const double* z, int count,
                        const double* a, const double* b) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const double step = *a / *b;
  x[i] += step * y[i];
  r[i] -= step * z[i];
}

// p = r + a / b * p
__global__ void turn(double* p, const double* r, int count, const double* a, const double* b) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) p[i] = r[i] + *a / *b * p[i];
}

int main() {
  const int n = 16, count = n * n, threads = 128, blocks = blocks_for(count, threads);
  const auto solution = random_values<double>(count, -1, 1);
  Buffer<double> known(solution), b(count), x(count), p(count), q(count), scalars(3);
  double* const s = scalars;
  apply<<<blocks, threads>>>(known, b, n);  // b becomes the residual
  CHECK(cudaMemcpy(p, b, count * sizeof(double), cudaMemcpyDeviceToDevice));
  dot<<<2, threads>>>(b, b, count, s);
  int rounds = 0;
  for (; rounds < 100; ++rounds) {
    double* const rr = s + rounds % 2;
    double* const next = s + 1 - rounds % 2;
    double* const pq = s + 2;
    apply<<<blocks, threads>>>(p, q, n);
    CHECK(cudaMemsetAsync(pq, 0, sizeof(double)));
    dot<<<2, threads>>>(p, q, count, pq);
    advance<<<blocks, threads>>>(x, p, b, q, count, rr, pq);
    CHECK(cudaMemsetAsync(next, 0, sizeof(double)));
    dot<<<2, threads>>>(b, b, count, next);
    turn<<<blocks, threads>>>(p, b, count, next, rr);
    double residual = 0;
    CHECK(cudaMemcpy(&residual, next, sizeof residual, cudaMemcpyDeviceToHost));
    if (residual < 1e-24) break;
  }
  EXPECT(rounds > 10 && rounds < 90);
  EXPECT(all_close(x.read(), solution, 1e-10));
  return finish("conjugate_gradient");
}
