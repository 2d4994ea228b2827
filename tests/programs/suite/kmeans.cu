// Clusters: nearest centres, sums by shared atomics, until no point moves.
#include "suite.hpp"

constexpr int clusters = 5;

__global__ void assign(const float2* points, int count, const float2* centres, int* nearest,
                       float2* sums, int* sizes, int* moved) {
  __shared__ float2 own_sums[clusters], own_centres[clusters];
  __shared__ int own_sizes[clusters];
  if (threadIdx.x < clusters) {
    own_centres[threadIdx.x] = centres[threadIdx.x];
    own_sums[threadIdx.x] = make_float2(0, 0);
    own_sizes[threadIdx.x] = 0;
  }
  __syncthreads();
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  int best = 0;
  if (i < count) {
    const float2 point = points[i];
    float least = 1e30f;
    for (int c = 0; c < clusters; ++c) {
      const float x = point.x - own_centres[c].x, y = point.y - own_centres[c].y;
      if (x * x + y * y < least) least = x * x + y * y, best = c;
    }
    atomicAdd(&own_sums[best].x, point.x);
    atomicAdd(&own_sums[best].y, point.y);
    atomicAdd(&own_sizes[best], 1);
  }
  const int changed = __syncthreads_count(i < count && nearest[i] != best);
  if (i < count) nearest[i] = best;
  if (threadIdx.x == 0) atomicAdd(moved, changed);
  if (threadIdx.x < clusters) {
    atomicAdd(&sums[threadIdx.x].x, own_sums[threadIdx.x].x);
    atomicAdd(&sums[threadIdx.x].y, own_sums[threadIdx.x].y);
    atomicAdd(&sizes[threadIdx.x], own_sizes[threadIdx.x]);
  }
}

__global__ void average(float2* centres, float2* sums, int* sizes) {
  const int c = threadIdx.x;
  if (sizes[c] != 0) centres[c] = make_float2(sums[c].x / sizes[c], sums[c].y / sizes[c]);
  sums[c] = make_float2(0, 0);
  sizes[c] = 0;
}

int main() {
  // Clouds far apart, around points of a circle, and centres that begin in the first of each.
  const int each = 150, count = clusters * each;
  Random random(4);
  std::vector<float2> points(count), centres(clusters);
  for (int i = 0; i < count; ++i) {
    const double angle = i % clusters * 2 * M_PI / clusters;
    points[i] = make_float2(10 * std::cos(angle) + random.uniform(-2, 2),
                            10 * std::sin(angle) + random.uniform(-2, 2));
    if (i < clusters) centres[i] = points[i];
  }
  Buffer<float2> dp(points), dc(centres), sums(clusters);
  Buffer<int> nearest(std::vector<int>(count, -1)), sizes(clusters), moved(1);
  int rounds = 0;
  do {
    CHECK(cudaMemset(moved, 0, sizeof(int)));
    assign<<<blocks_for(count, 128), 128>>>(dp, count, dc, nearest, sums, sizes, moved);
    average<<<1, clusters>>>(dc, sums, sizes);
    ++rounds;
  } while (moved.read()[0] != 0 && rounds < 50);
  EXPECT(rounds >= 2 && rounds < 50);
  const auto of = nearest.read();
  int wrong = 0;
  for (int i = 0; i < count; ++i) wrong += of[i] != i % clusters;
  EXPECT(wrong == 0);
  const auto found = dc.read();
  for (int c = 0; c < clusters; ++c) {
    double x = 0, y = 0;
    for (int i = c; i < count; i += clusters) x += points[i].x, y += points[i].y;
    EXPECT(close_to(found[c].x, x / each, 1e-5) && close_to(found[c].y, y / each, 1e-5));
  }
  return finish("kmeans");
}
