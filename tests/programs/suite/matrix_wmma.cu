// Tensor instructions through wmma: half with float sums, several shapes and layouts, bytes.
#include <mma.h>

#include "suite.hpp"

using namespace nvcuda;

template <int m, int n, int k, class LayoutA, class LayoutB>
__global__ void product(const half* a, const half* b, const float* c, float* d, int rows,
                        int columns, int depth) {
  const int row = blockIdx.y * m, column = blockIdx.x * n;
  wmma::fragment<wmma::matrix_a, m, n, k, half, LayoutA> left;
  wmma::fragment<wmma::matrix_b, m, n, k, half, LayoutB> right;
  wmma::fragment<wmma::accumulator, m, n, k, float> sum;
  wmma::load_matrix_sync(sum, c + row * columns + column, columns, wmma::mem_row_major);
  constexpr bool rows_a = std::is_same<LayoutA, wmma::row_major>::value;
  constexpr bool rows_b = std::is_same<LayoutB, wmma::row_major>::value;
  for (int s = 0; s < depth; s += k) {
    wmma::load_matrix_sync(left, rows_a ? a + row * depth + s : a + s * rows + row,
                           rows_a ? depth : rows);
    wmma::load_matrix_sync(right, rows_b ? b + s * columns + column : b + column * depth + s,
                           rows_b ? columns : depth);
    wmma::mma_sync(sum, left, right, sum);
  }
  for (int i = 0; i < sum.num_elements; ++i) sum.x[i] *= 0.5f;
  wmma::store_matrix_sync(d + row * columns + column, sum, columns, wmma::mem_row_major);
}

__global__ void byte_product(const signed char* a, const signed char* b, int* d) {
  wmma::fragment<wmma::matrix_a, 16, 16, 16, signed char, wmma::row_major> left;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, signed char, wmma::col_major> right;
  wmma::fragment<wmma::accumulator, 16, 16, 16, int> sum;
  wmma::fill_fragment(sum, 1000);
  wmma::load_matrix_sync(left, a, 16);
  wmma::load_matrix_sync(right, b, 16);
  wmma::mma_sync(sum, left, right, sum);
  wmma::store_matrix_sync(d, sum, 16, wmma::mem_col_major);
}

template <int m, int n, int k, class LayoutA, class LayoutB>
void expect_product() {
  const int rows = 2 * m, columns = 2 * n, depth = 3 * k;
  constexpr bool rows_a = std::is_same<LayoutA, wmma::row_major>::value;
  constexpr bool rows_b = std::is_same<LayoutB, wmma::row_major>::value;
  // Eighths: every product and sum is exact.
  Random random(m * 100 + n);
  std::vector<half> a(rows * depth), b(depth * columns);
  std::vector<float> c(rows * columns), expected(c.size());
  for (half& value : a) value = __float2half((random.below(65) - 32) / 8.0f);
  for (half& value : b) value = __float2half((random.below(65) - 32) / 8.0f);
  for (float& value : c) value = random.below(100);
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) {
      float sum = c[i * columns + j];
      for (int s = 0; s < depth; ++s)
        sum += __half2float(rows_a ? a[i * depth + s] : a[s * rows + i]) *
               __half2float(rows_b ? b[s * columns + j] : b[j * depth + s]);
      expected[i * columns + j] = sum * 0.5f;
    }
  Buffer<half> da(a), db(b);
  Buffer<float> dc(c), dd(c.size());
  product<m, n, k, LayoutA, LayoutB><<<dim3(2, 2), 32>>>(da, db, dc, dd, rows, columns, depth);
  EXPECT(dd.read() == expected);
}

int main() {
  expect_product<16, 16, 16, wmma::row_major, wmma::col_major>();
  expect_product<16, 16, 16, wmma::col_major, wmma::row_major>();
  expect_product<32, 8, 16, wmma::row_major, wmma::row_major>();
  expect_product<8, 32, 16, wmma::col_major, wmma::col_major>();
  Random random(5);
  std::vector<signed char> a(256), b(256);
  for (int i = 0; i < 256; ++i) a[i] = random.below(256) - 128, b[i] = random.below(256) - 128;
  Buffer<signed char> da(a), db(b);
  Buffer<int> d(256);
  byte_product<<<1, 32>>>(da, db, d);
  const auto result = d.read();
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 16; ++j) {
      int sum = 1000;
      for (int s = 0; s < 16; ++s) sum += a[i * 16 + s] * b[j * 16 + s];
      EXPECT(result[j * 16 + i] == sum);
    }
  return finish("matrix_wmma");
}
