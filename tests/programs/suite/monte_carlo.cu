// Monte Carlo with cuRAND's device functions: pi, moments of distributions, and streams of their
// own.
#include <curand_kernel.h>

#include "suite.hpp"

template <class State>
__global__ void throw_darts(unsigned long long seed, int each, unsigned* inside) {
  const int thread = blockIdx.x * blockDim.x + threadIdx.x;
  State state;
  curand_init(seed, thread, 0, &state);
  unsigned hits = 0;
  for (int i = 0; i < each; ++i) {
    const float x = curand_uniform(&state), y = curand_uniform(&state);
    hits += x * x + y * y <= 1.0f;
  }
  atomicAdd(inside, hits);
}

__global__ void moments(int each, double* sums) {
  curandStatePhilox4_32_10_t state;
  curand_init(42, blockIdx.x * blockDim.x + threadIdx.x, 0, &state);
  double sum = 0, squares = 0, uniform = 0, poisson = 0;
  for (int i = 0; i < each; ++i) {
    const float4 four = curand_normal4(&state);
    sum += double(four.x) + four.y + four.z + four.w;
    squares += double(four.x) * four.x + double(four.y) * four.y + double(four.z) * four.z +
               double(four.w) * four.w;
    uniform += curand_uniform_double(&state);
    poisson += curand_poisson(&state, 3.0);
  }
  atomicAdd(&sums[0], sum);
  atomicAdd(&sums[1], squares);
  atomicAdd(&sums[2], uniform);
  atomicAdd(&sums[3], poisson);
}

// The same place of a sequence, reached by an offset and by drawing.
__global__ void skip(int* same) {
  curandStateXORWOW_t drawn, skipped;
  curand_init(7, 3, 0, &drawn);
  for (int i = 0; i < 1000; ++i) curand(&drawn);
  curand_init(7, 3, 1000, &skipped);
  for (int i = 0; i < 10; ++i) *same += curand(&drawn) == curand(&skipped);
}

// The first block of Philox 4x32-10 with zero key and counter, from its authors' test vectors.
__global__ void known_answer(uint4* words) {
  curandStatePhilox4_32_10_t state;
  curand_init(0, 0, 0, &state);
  *words = curand4(&state);
}

template <class State>
void expect_pi() {
  const int blocks = 8, threads = 64, each = 200;
  Buffer<unsigned> inside(1);
  throw_darts<State><<<blocks, threads>>>(1234, each, inside);
  const double pi = 4.0 * inside.read()[0] / (blocks * threads * each);
  EXPECT(close_to(pi, M_PI, 0.01));
}

int main() {
  expect_pi<curandStateXORWOW_t>();
  expect_pi<curandStatePhilox4_32_10_t>();
  const int threads = 256, each = 25;
  Buffer<double> sums(4);
  moments<<<4, threads / 4>>>(each, sums);
  const auto result = sums.read();
  const double count = threads * each;
  EXPECT(std::abs(result[0] / (4 * count)) < 0.03);
  EXPECT(std::abs(result[1] / (4 * count) - 1) < 0.04);
  EXPECT(std::abs(result[2] / count - 0.5) < 0.02);
  EXPECT(std::abs(result[3] / count - 3) < 0.1);
  Buffer<int> same(1);
  skip<<<1, 1>>>(same);
  EXPECT(same.read()[0] == 10);
  Buffer<uint4> words(1);
  known_answer<<<1, 1>>>(words);
  const uint4 first = words.read()[0];
  EXPECT(first.x == 0x6627e8d5u && first.y == 0xe169c58du && first.z == 0xbc57ac4cu &&
         first.w == 0x9b00dbd8u);
  return finish("monte_carlo");
}
