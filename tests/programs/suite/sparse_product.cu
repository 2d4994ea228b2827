// Sparse matrix times vector: rows by threads, rows by warps, and entries with atomics.
#include "suite.hpp"

__global__ void by_threads(const int* begins, const int* columns, const double* values,
                           const double* x, double* y, int rows) {
  const int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  double sum = 0;
  for (int i = begins[row]; i < begins[row + 1]; ++i) sum += values[i] * x[columns[i]];
  y[row] = sum;
}

__global__ void by_warps(const int* begins, const int* columns, const double* values,
                         const double* x, double* y, int rows) {
  const int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
  if (row >= rows) return;
  double sum = 0;
  for (int i = begins[row] + lane; i < begins[row + 1]; i += 32) sum += values[i] * x[columns[i]];
  for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, step);
  if (lane == 0) y[row] = sum;
}

__global__ void by_entries(const int* rows, const int* columns, const double* values,
                           const double* x, double* y, int entries) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < entries) atomicAdd(&y[rows[i]], values[i] * x[columns[i]]);
}

int main() {
  const int rows = 200, width = 150;
  Random random(6);
  std::vector<int> begins{0}, columns, row_of;
  std::vector<double> values, x = random_values<double>(width, -1, 1), expected(rows);
  for (int row = 0; row < rows; ++row) {
    // Rows without any entry, with few, and some with many.
    const int entries = row % 7 == 0 ? 0 : row % 10 == 3 ? 90 : 1 + random.below(9);
    for (int k = 0; k < entries; ++k) {
      columns.push_back(random.below(width));
      values.push_back(random.uniform(-2, 2));
      row_of.push_back(row);
      expected[row] += values.back() * x[columns.back()];
    }
    begins.push_back(static_cast<int>(values.size()));
  }
  const int entries = static_cast<int>(values.size());
  Buffer<int> db(begins), dc(columns), dr(row_of);
  Buffer<double> dv(values), dx(x), threads(rows), warps(rows), atomics(rows);
  by_threads<<<blocks_for(rows, 64), 64>>>(db, dc, dv, dx, threads, rows);
  by_warps<<<blocks_for(rows * 32, 128), 128>>>(db, dc, dv, dx, warps, rows);
  by_entries<<<blocks_for(entries, 128), 128>>>(dr, dc, dv, dx, atomics, entries);
  EXPECT(all_close(threads.read(), expected, 1e-13));
  EXPECT(all_close(warps.read(), expected, 1e-13));
  EXPECT(all_close(atomics.read(), expected, 1e-13));
  return finish("sparse_product");
}
