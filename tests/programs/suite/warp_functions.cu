// Votes, matches, shuffles of every kind and width, and functions of a part of the warp.
#include "suite.hpp"

constexpr unsigned whole = 0xffffffffu;

__global__ void votes(const int* values, unsigned* out) {
  const int value = values[threadIdx.x], lane = threadIdx.x % 32;
  unsigned* const o = out + 8 * threadIdx.x;
  o[0] = __ballot_sync(whole, value > 0), o[1] = __any_sync(whole, value > 95);
  o[2] = __all_sync(whole, value > -90);
  int same = 0;
  o[3] = __match_any_sync(whole, value / 20), o[4] = __match_all_sync(whole, value >> 31, &same);
  o[5] = same;
  // Halves that take different ways.
  if (lane < 16) {
    o[6] = __ballot_sync(0xffffu, value % 2 == 0);
  } else {
    o[6] = __ballot_sync(0xffff0000u, value % 3 == 0);
  }
  o[7] = __activemask();
}

__global__ void shuffles(const int* values, int* out) {
  const int value = values[threadIdx.x];
  int* const o = out + 8 * threadIdx.x;
  o[0] = __shfl_sync(whole, value, threadIdx.x * 7), o[1] = __shfl_sync(whole, value, 3, 8);
  o[2] = __shfl_up_sync(whole, value, 2), o[3] = __shfl_up_sync(whole, value, 3, 16);
  o[4] = __shfl_down_sync(whole, value, 5), o[5] = __shfl_down_sync(whole, value, 1, 4);
  o[6] = __shfl_xor_sync(whole, value, 9), o[7] = __shfl_xor_sync(whole, value, 12, 8);
  const double wide = __shfl_xor_sync(whole, value * 1.5, 1);
  o[0] += static_cast<int>(wide * 2) * 1000;
}

__global__ void blocks(const int* values, int* out) {
  const int value = values[threadIdx.x];
  const int count = __syncthreads_count(value > 0);
  const int any = __syncthreads_or(value > 98), every = __syncthreads_and(value > -101);
  out[threadIdx.x] = count * 4 + (any != 0) * 2 + (every != 0);
}

int main() {
  const int count = 128;
  const auto v = random_values<int>(count, -100, 100, 21);
  Buffer<int> values(v), shuffled(8 * count), of_block(count);
  Buffer<unsigned> voted(8 * count);
  votes<<<1, count>>>(values, voted);
  shuffles<<<1, count>>>(values, shuffled);
  blocks<<<1, count>>>(values, of_block);
  const auto vote = voted.read();
  const auto shuffle = shuffled.read();
  for (int i = 0; i < count; ++i) {
    const int base = i / 32 * 32, lane = i % 32;
    unsigned e[8] = {0, 0, 1, 0, whole, 1, 0, whole};
    for (int k = 0; k < 32; ++k) {
      const int w = v[base + k];
      e[0] |= (w > 0) * (1u << k), e[1] |= w > 95, e[2] &= w > -90;
      e[3] |= (w / 20 == v[i] / 20) * (1u << k), e[5] &= (w >> 31 == v[i] >> 31);
      const bool taken = lane < 16 ? k < 16 && w % 2 == 0 : k >= 16 && w % 3 == 0;
      e[6] |= taken * (1u << k);
    }
    if (e[5] == 0) e[4] = 0;
    for (int k = 0; k < 8; ++k) EXPECT(vote[8 * i + k] == e[k]);
    const auto at = [&](int from) { return v[base + from]; };
    const int s[8] = {at(i * 7 % 32) + v[i ^ 1] * 3 * 1000,
                      at(lane / 8 * 8 + 3),
                      at(lane < 2 ? lane : lane - 2),
                      at(lane % 16 < 3 ? lane : lane - 3),
                      at(lane > 26 ? lane : lane + 5),
                      at(lane % 4 == 3 ? lane : lane + 1),
                      at(lane ^ 9),
                      0};
    for (int k = 0; k < 7; ++k) EXPECT(shuffle[8 * i + k] == s[k]);
    // A lane of a segment before its own may be read, one behind it may not.
    const int other = lane ^ 12;
    EXPECT(shuffle[8 * i + 7] == at(other / 8 > lane / 8 ? lane : other));
  }
  int positive = 0, any = 0;
  for (int w : v) positive += w > 0, any |= w > 98;
  const auto blocks_result = of_block.read();
  EXPECT(all_equal(blocks_result.data(), blocks_result.size(), positive * 4 + any * 2 + 1));
  return finish("warp_functions");
}
