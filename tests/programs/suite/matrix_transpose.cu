// Transposition through padded tiles, of elements of 1 to 16 bytes.
#include "suite.hpp"

template <class T>
__global__ void transpose(const T* from, T* to, int width, int height) {
  constexpr int tile = 32, rows = 8;
  __shared__ T cells[tile][tile + 1];
  int x = blockIdx.x * tile + threadIdx.x, y = blockIdx.y * tile + threadIdx.y;
  for (int k = 0; k < tile; k += rows)
    if (x < width && y + k < height)
      cells[threadIdx.y + k][threadIdx.x] = from[(y + k) * width + x];
  __syncthreads();
  x = blockIdx.y * tile + threadIdx.x;
  y = blockIdx.x * tile + threadIdx.y;
  for (int k = 0; k < tile; k += rows)
    if (x < height && y + k < width) to[(y + k) * height + x] = cells[threadIdx.x][threadIdx.y + k];
}

template <class T, class Make>
void expect_transposed(int width, int height, Make make) {
  std::vector<T> values(width * height), expected(values.size());
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      expected[x * height + y] = values[y * width + x] = make(y * width + x);
  Buffer<T> from(values), to(values.size());
  const dim3 blocks(blocks_for(width, 32), blocks_for(height, 32));
  transpose<T><<<blocks, dim3(32, 8)>>>(from, to, width, height);
  const std::vector<T> result = to.read();
  EXPECT(std::equal(result.begin(), result.end(), expected.begin(), [](const T& a, const T& b) {
    return std::equal(reinterpret_cast<const char*>(&a), reinterpret_cast<const char*>(&a + 1),
                      reinterpret_cast<const char*>(&b));
  }));
}

int main() {
  expect_transposed<char>(100, 77, [](int i) { return static_cast<char>(i * 7); });
  expect_transposed<short>(65, 64, [](int i) { return static_cast<short>(i * 31); });
  expect_transposed<int>(128, 33, [](int i) { return i * 1000003; });
  expect_transposed<double>(31, 130, [](int i) { return i / 3.0; });
  expect_transposed<int4>(50, 40, [](int i) { return make_int4(i, -i, 2 * i, ~i); });
  return finish("matrix_transpose");
}
