// Eight-bit floats: every value widened, rounding with saturation, a product scaled by blocks.
#include <cuda_fp8.h>

#include "suite.hpp"

__global__ void widen(float* e4m3, float* e5m2) {
  const int bits = threadIdx.x;
  __nv_fp8_e4m3 small;
  __nv_fp8_e5m2 wide;
  small.__x = static_cast<__nv_fp8_storage_t>(bits);
  wide.__x = static_cast<__nv_fp8_storage_t>(bits);
  e4m3[bits] = static_cast<float>(small);
  e5m2[bits] = static_cast<float>(wide);
}

__global__ void narrow(const float* values, float* e4m3, float* e5m2, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  e4m3[i] = static_cast<float>(__nv_fp8_e4m3(values[i]));
  e5m2[i] = static_cast<float>(__nv_fp8_e5m2(values[i]));
}

// A dot product of rows in blocks of 32 with a scale each.
__global__ void scaled_dot(const float* a, const float* b, float* results, int count) {
  float sum = 0;
  for (int base = 0; base < count; base += 32) {
    const auto quantised = [&](const float* row, float& scale) {
      const float mine = row[threadIdx.y * count + base + threadIdx.x];
      float largest = fabsf(mine);
      for (int step = 16; step > 0; step /= 2)
        largest = fmaxf(largest, __shfl_xor_sync(0xffffffffu, largest, step));
      scale = largest / 448.0f;
      return static_cast<float>(__nv_fp8_e4m3(mine / scale));
    };
    float scale_a, scale_b;
    const float x = quantised(a, scale_a), y = quantised(b, scale_b);
    sum += x * y * scale_a * scale_b;
  }
  for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, step);
  if (threadIdx.x == 0) results[threadIdx.y] = sum;
}

double value_of(int bits, int exponent_bits, int fraction_bits, int bias, bool infinities) {
  const int exponent = bits >> fraction_bits & ((1 << exponent_bits) - 1);
  const int fraction = bits & ((1 << fraction_bits) - 1);
  const double sign = bits & 0x80 ? -1 : 1;
  const bool top = exponent == (1 << exponent_bits) - 1;
  if (infinities && top) return fraction == 0 ? sign * INFINITY : NAN;
  if (top && fraction == (1 << fraction_bits) - 1) return NAN;
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
  return sign * std::ldexp((1 << fraction_bits) + fraction, exponent - bias - fraction_bits);
}

// The nearest of all values; of two as near, the one with an even code; the largest if beyond.
double nearest(double value, const std::vector<float>& values) {
  int best = 0;
  for (int bits = 0; bits < 128; ++bits) {
    const double here = std::abs(std::abs(value) - values[bits]);
    const double there = std::abs(std::abs(value) - values[best]);
    if (std::isfinite(values[bits]) && (here < there || (here == there && bits % 2 == 0)))
      best = bits;
  }
  return std::copysign(values[best], value);
}

int main() {
  Buffer<float> e4m3(256), e5m2(256);
  widen<<<1, 256>>>(e4m3, e5m2);
  const auto small = e4m3.read(), wide = e5m2.read();
  for (int bits = 0; bits < 256; ++bits) {
    const double s = value_of(bits, 4, 3, 7, false), w = value_of(bits, 5, 2, 15, true);
    EXPECT(std::isnan(s) ? std::isnan(small[bits]) : small[bits] == s);
    EXPECT(std::isnan(w) ? std::isnan(wide[bits]) : wide[bits] == w);
  }
  auto values = random_values<float>(300, -20, 20);
  for (int i = 0; i < 100; ++i) values[i] = std::ldexp(values[i], i % 40 - 25);
  for (float odd : {500.0f, -1e9f, 464.0f, 17.0f, 19.0f, 0.0009765625f, 60000.0f})
    values.push_back(odd);
  const int count = static_cast<int>(values.size());
  Buffer<float> input(values), narrow4(count), narrow5(count);
  narrow<<<blocks_for(count, 128), 128>>>(input, narrow4, narrow5, count);
  const auto n4 = narrow4.read(), n5 = narrow5.read();
  for (int i = 0; i < count; ++i)
    EXPECT(n4[i] == nearest(values[i], small) && n5[i] == nearest(values[i], wide));

  const int length = 256;
  const auto a = random_values<float>(2 * length, -1, 1, 5),
             b = random_values<float>(2 * length, 0, 2, 6);
  Buffer<float> da(a), db(b), results(2);
  scaled_dot<<<1, dim3(32, 2)>>>(da, db, results, length);
  for (int row = 0; row < 2; ++row) {
    double expected = 0;
    for (int i = row * length; i < (row + 1) * length; ++i) expected += double{a[i]} * b[i];
    EXPECT(std::abs(results.read()[row] - expected) < 1.0);
  }
  return finish("fp8_math");
}
