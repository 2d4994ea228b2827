// Linear equations: elimination with pivoting, a launch per column, and the determinant.
#include "suite.hpp"

__global__ void find_pivot(const double* a, int n, int column, int* pivot) {
  __shared__ double values[128];
  __shared__ int rows[128];
  double best = -1;
  int row = column;
  for (int i = column + threadIdx.x; i < n; i += blockDim.x) {
    const double value = fabs(a[i * (n + 1) + column]);
    if (value > best) best = value, row = i;
  }
  values[threadIdx.x] = best, rows[threadIdx.x] = row;
  for (int half = blockDim.x / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half && values[threadIdx.x + half] > values[threadIdx.x]) {
      values[threadIdx.x] = values[threadIdx.x + half];
      rows[threadIdx.x] = rows[threadIdx.x + half];
    }
  }
  if (threadIdx.x == 0) *pivot = rows[0];
}

__global__ void swap_rows(double* a, int n, int column, const int* pivot, double* determinant) {
  const int k = blockIdx.x * blockDim.x + threadIdx.x, other = *pivot;
  if (k > n) return;
  double &x = a[column * (n + 1) + k], &y = a[other * (n + 1) + k];
  if (other != column) {
    const double old = x;
    x = y;
    y = old;
  }
  if (k == column) *determinant *= other == column ? x : -x;
}

__global__ void eliminate(double* a, int n, int column) {
  const int k = column + 1 + blockIdx.x * blockDim.x + threadIdx.x;
  const int row = blockIdx.y * blockDim.y + threadIdx.y;
  if (k > n || row >= n || row == column) return;
  const double* const pivot_row = a + column * (n + 1);
  a[row * (n + 1) + k] -= a[row * (n + 1) + column] / pivot_row[column] * pivot_row[k];
}

__global__ void divide(const double* a, int n, double* x) {
  const int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row < n) x[row] = a[row * (n + 1) + n] / a[row * (n + 1) + row];
}

int main() {
  const int n = 40;
  Random random(3);
  std::vector<double> a(n * (n + 1)), solution(n);
  for (double& value : solution) value = random.below(21) - 10;
  for (int row = 0; row < n; ++row)
    for (int k = 0; k < n; ++k) {
      a[row * (n + 1) + k] = row == k ? 0 : random.uniform(-1, 1);  // the diagonal needs pivots
      a[row * (n + 1) + n] += a[row * (n + 1) + k] * solution[k];
    }
  Buffer<double> device(a), x(n), determinant(std::vector<double>{1});
  Buffer<int> pivot(1);
  for (int column = 0; column < n; ++column) {
    find_pivot<<<1, 128>>>(device, n, column, pivot);
    swap_rows<<<1, 64>>>(device, n, column, pivot, determinant);
    eliminate<<<dim3(3, 5), dim3(16, 8)>>>(device, n, column);
  }
  divide<<<1, 64>>>(device, n, x);
  EXPECT(all_close(x.read(), solution, 1e-9));

  // The determinant by the same method on the host.
  double expected = 1;
  for (int column = 0; column < n; ++column) {
    int best = column;
    for (int row = column; row < n; ++row)
      if (std::abs(a[row * (n + 1) + column]) > std::abs(a[best * (n + 1) + column])) best = row;
    if (best != column) {
      std::swap_ranges(&a[column * (n + 1)], &a[column * (n + 1)] + n + 1, &a[best * (n + 1)]);
      expected = -expected;
    }
    expected *= a[column * (n + 1) + column];
    for (int row = column + 1; row < n; ++row) {
      const double factor = a[row * (n + 1) + column] / a[column * (n + 1) + column];
      for (int k = column; k < n; ++k) a[row * (n + 1) + k] -= factor * a[column * (n + 1) + k];
    }
  }
  EXPECT(std::abs(determinant.read()[0] / expected - 1) < 1e-9);
  return finish("gaussian_elimination");
}
