// A separable filter with its weights in constant memory, which the host changes between launches.
#include "suite.hpp"

constexpr int radius = 4;
__constant__ float weights[2 * radius + 1];

template <bool rows>
__global__ void filter(const float* from, float* to, int width, int height) {
  const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= width || y >= height) return;
  float sum = 0;
#pragma unroll
  for (int k = -radius; k <= radius; ++k) {
    const int at_x = rows ? min(max(x + k, 0), width - 1) : x;
    const int at_y = rows ? y : min(max(y + k, 0), height - 1);
    sum += weights[k + radius] * __ldg(&from[at_y * width + at_x]);
  }
  to[y * width + x] = sum;
}

int main() {
  const int width = 75, height = 50;
  const auto image = random_values<float>(width * height, 0, 255);
  Buffer<float> from(image), between(image.size()), to(image.size());
  const dim3 blocks(blocks_for(width, 16), blocks_for(height, 8)), threads(16, 8);
  for (const float deviation : {1.0f, 2.5f}) {
    float host[2 * radius + 1], sum = 0;
    for (int k = -radius; k <= radius; ++k)
      sum += host[k + radius] = std::exp(-k * k / (2 * deviation * deviation));
    for (float& weight : host) weight /= sum;
    CHECK(cudaMemcpyToSymbol(weights, host, sizeof host));
    filter<true><<<blocks, threads>>>(from, between, width, height);
    filter<false><<<blocks, threads>>>(between, to, width, height);
    std::vector<double> expected(image.size());
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        for (int j = -radius; j <= radius; ++j)
          for (int i = -radius; i <= radius; ++i)
            expected[y * width + x] +=
                double{host[j + radius]} * host[i + radius] *
                image[std::clamp(y + j, 0, height - 1) * width + std::clamp(x + i, 0, width - 1)];
    EXPECT(all_close(to.read(), expected, 1e-5));
  }
  float back[2] = {};
  CHECK(cudaMemcpyFromSymbol(back, weights, sizeof back, radius * sizeof(float)));
  EXPECT(back[0] > back[1] && back[1] > 0);
  return finish("convolution");
}
