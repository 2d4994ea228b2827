// Mandelbrot's set: lanes of a warp that leave a loop after very different times.
#include "suite.hpp"

__host__ __device__ int escape(double x, double y, int limit) {
  double re = x, im = y;
  int steps = 0;
  while (steps < limit && re * re + im * im <= 4) {
    const double next = re * re - im * im + x;
    im = 2 * re * im + y;
    re = next;
    ++steps;
  }
  return steps;
}

__global__ void image(int* steps, int width, int height, int limit) {
  const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < width && y < height)
    steps[y * width + x] = escape(-2.2 + 3.2 * x / width, -1.3 + 2.6 * y / height, limit);
}

// Each warp takes the next row when it has finished one.
__global__ void rows_by_demand(int* steps, int width, int height, int limit, int* next) {
  while (true) {
    int row = 0;
    if (threadIdx.x % 32 == 0) row = atomicAdd(next, 1);
    row = __shfl_sync(0xffffffffu, row, 0);
    if (row >= height) break;
    for (int x = threadIdx.x % 32; x < width; x += 32)
      steps[row * width + x] = escape(-2.2 + 3.2 * x / width, -1.3 + 2.6 * row / height, limit);
  }
}

int main() {
  const int width = 120, height = 70, limit = 150;
  Buffer<int> plain(width * height), demand(width * height), next(1);
  image<<<dim3(blocks_for(width, 16), blocks_for(height, 8)), dim3(16, 8)>>>(plain, width, height,
                                                                             limit);
  rows_by_demand<<<2, 96>>>(demand, width, height, limit, next);
  const auto result = plain.read();
  EXPECT(result == demand.read());
  // Products and sums may be contracted on the device only, which moves points on the border.
  int differ = 0, inside = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int expected = escape(-2.2 + 3.2 * x / width, -1.3 + 2.6 * y / height, limit);
      differ += result[y * width + x] != expected;
      inside += expected == limit;
    }
  }
  EXPECT(differ < 20 && inside > 500);
  return finish("mandelbrot");
}
