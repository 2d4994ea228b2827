// Half precision: conversions of every value, arithmetic of one and of pairs, comparisons,
// functions.
#include <cuda_fp16.h>

#include "suite.hpp"

__global__ void convert_all(float* floats, unsigned short* back, int* ints) {
  const unsigned bits = blockIdx.x * blockDim.x + threadIdx.x;
  const __half value = __ushort_as_half(static_cast<unsigned short>(bits));
  floats[bits] = __half2float(value);
  back[bits] = __half_as_ushort(__float2half_rn(floats[bits]));
  ints[bits] = __half2int_rz(value);
}

__global__ void arithmetic(const float* a, const float* b, float* results) {
  const int i = threadIdx.x;
  const __half x = __float2half(a[i]), y = __float2half(b[i]);
  float* const out = results + 8 * i;
  out[0] = __half2float(x + y);
  out[1] = __half2float(x * y);
  out[2] = __half2float(x / y);
  out[3] = __half2float(__hfma(x, y, x));
  out[4] = __half2float(hsqrt(__habs(x)));
  out[5] = __half2float(__hmin(x, y)) + (x < y ? 1000.0f : 0.0f);
  out[6] = __half2float(hexp(__hmul(x, __float2half(0.125f))));
  out[7] = __half2float(hfloor(x)) + __half2float(hrint(y));
}

__global__ void pairs(const float2* a, float2* results, int count) {
  __half2 sum = __float2half2_rn(0.0f), product = __floats2half2_rn(1.0f, 2.0f);
  for (int i = 0; i < count; ++i) {
    const __half2 value = __float22half2_rn(a[i]);
    sum = __hadd2(sum, value);
    product = __hfma2(product, __float2half2_rn(0.5f), value);
  }
  results[0] = __half22float2(sum);
  results[1] = __half22float2(product);
  results[2] = __half22float2(__lowhigh2highlow(sum));
  results[3] = __half22float2(__hmax2(sum, product));
}

float rounded(double value) {
  return __half2float(__double2half(value));
}

int main() {
  Buffer<float> floats(65536);
  Buffer<unsigned short> back(65536);
  Buffer<int> ints(65536);
  convert_all<<<256, 256>>>(floats, back, ints);
  const auto wide = floats.read();
  const auto again = back.read();
  const auto whole = ints.read();
  int wrong = 0;
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    if (exponent == 31 && fraction != 0) {
      wrong += wide[bits] == wide[bits];  // not a number
      continue;
    }
    const double sign = bits >> 15 ? -1 : 1;
    const double value = exponent == 31  ? INFINITY
                         : exponent == 0 ? std::ldexp(fraction, -24)
                                         : std::ldexp(1024 + fraction, exponent - 25);
    wrong += wide[bits] != sign * value || again[bits] != bits;
    if (exponent < 31) wrong += whole[bits] != static_cast<int>(sign * value);
  }
  EXPECT(wrong == 0);

  const int count = 128;
  const auto a = random_values<float>(count, -8, 8, 1), b = random_values<float>(count, 0.5, 8, 2);
  Buffer<float> da(a), db(b), results(8 * count);
  arithmetic<<<1, count>>>(da, db, results);
  const auto result = results.read();
  for (int i = 0; i < count; ++i) {
    const double x = rounded(a[i]), y = rounded(b[i]);
    const float* out = &result[8 * i];
    EXPECT(out[0] == rounded(x + y) && out[1] == rounded(x * y) && out[3] == rounded(x * y + x));
    EXPECT(close_to(out[2], x / y, 1e-3) && close_to(out[4], std::sqrt(std::abs(x)), 1e-3));
    EXPECT(out[5] == static_cast<float>(std::min(x, y) + (x < y ? 1000 : 0)));
    EXPECT(close_to(out[6], std::exp(rounded(x * 0.125)), 2e-3));
    EXPECT(out[7] == std::floor(x) + std::nearbyint(y));
  }
  std::vector<float2> values(20);
  float sum_x = 0, sum_y = 0, product_x = 1, product_y = 2;
  for (int i = 0; i < 20; ++i) {
    values[i] = make_float2(rounded(a[i]), rounded(b[i]));
    sum_x = rounded(sum_x + double{values[i].x}), sum_y = rounded(sum_y + double{values[i].y});
    product_x = rounded(product_x * 0.5 + values[i].x);
    product_y = rounded(product_y * 0.5 + values[i].y);
  }
  Buffer<float2> dvalues(values), dpairs(4);
  pairs<<<1, 1>>>(dvalues, dpairs, 20);
  const auto pair = dpairs.read();
  EXPECT(pair[0].x == sum_x && pair[0].y == sum_y && pair[1].x == product_x &&
         pair[1].y == product_y);
  EXPECT(pair[2].x == sum_y && pair[2].y == sum_x);
  EXPECT(pair[3].x == std::max(sum_x, product_x) && pair[3].y == std::max(sum_y, product_y));
  return finish("half_math");
}
