// Heat in a plate: a five-point stencil with its halo in shared memory, many steps.
#include "suite.hpp"

constexpr int tile = 16;

__global__ void step(const float* from, float* to, int width, int height, float rate) {
  __shared__ float cells[tile + 2][tile + 2];
  const int x = blockIdx.x * tile + threadIdx.x, y = blockIdx.y * tile + threadIdx.y;
  const auto at = [&](int column, int row) {
    const bool inside = column >= 0 && row >= 0 && column < width && row < height;
    return inside ? from[row * width + column] : 0.0f;
  };
  const int i = threadIdx.x + 1, j = threadIdx.y + 1;
  cells[j][i] = at(x, y);
  if (threadIdx.x == 0) cells[j][0] = at(x - 1, y);
  if (threadIdx.x == tile - 1) cells[j][tile + 1] = at(x + 1, y);
  if (threadIdx.y == 0) cells[0][i] = at(x, y - 1);
  if (threadIdx.y == tile - 1) cells[tile + 1][i] = at(x, y + 1);
  __syncthreads();
  if (x >= width || y >= height) return;
  const float around = cells[j - 1][i] + cells[j + 1][i] + cells[j][i - 1] + cells[j][i + 1];
  to[y * width + x] = cells[j][i] + rate * (around - 4 * cells[j][i]);
}

int main() {
  const int width = 61, height = 45, steps = 20;
  const float rate = 0.2f;
  std::vector<float> plate = random_values<float>(width * height, 0, 100);
  Buffer<float> a(plate), b(plate.size());
  float *from = a, *to = b;
  const dim3 blocks(blocks_for(width, tile), blocks_for(height, tile)), threads(tile, tile);
  for (int k = 0; k < steps; ++k, std::swap(from, to))
    step<<<blocks, threads>>>(from, to, width, height, rate);
  std::vector<double> expected(plate.begin(), plate.end()), next(plate.size());
  for (int k = 0; k < steps; ++k) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const auto at = [&](int column, int row) {
          const bool inside = column >= 0 && row >= 0 && column < width && row < height;
          return inside ? expected[row * width + column] : 0.0;
        };
        const double around = at(x, y - 1) + at(x, y + 1) + at(x - 1, y) + at(x + 1, y);
        next[y * width + x] = at(x, y) + double{rate} * (around - 4 * at(x, y));
      }
    }
    expected.swap(next);
  }
  EXPECT(all_close(a.read(), expected, 1e-5));
  return finish("stencil_2d");
}
