// bfloat16: conversions with every rounding, arithmetic of one and of pairs, atomics.
#include <cuda_bf16.h>

#include <cstring>

#include "suite.hpp"

__global__ void convert(const float* values, unsigned short* results) {
  const int i = threadIdx.x;
  results[4 * i] = __bfloat16_as_ushort(__float2bfloat16_rn(values[i]));
  results[4 * i + 1] = __bfloat16_as_ushort(__float2bfloat16_rz(values[i]));
  results[4 * i + 2] = __bfloat16_as_ushort(__float2bfloat16_rd(values[i]));
  results[4 * i + 3] = __bfloat16_as_ushort(__float2bfloat16_ru(values[i]));
}

__global__ void arithmetic(const float* a, const float* b, float* results) {
  const int i = threadIdx.x;
  const __nv_bfloat16 x = __float2bfloat16(a[i]), y = __float2bfloat16(b[i]);
  float* const out = results + 6 * i;
  out[0] = __bfloat162float(x + y);
  out[1] = __bfloat162float(x * y);
  out[2] = __bfloat162float(x * y + x);
  out[3] = __bfloat162float(__hmax(x, y)) + (x > y ? 512.0f : 0.0f);
  const __nv_bfloat162 pair = __halves2bfloat162(x, y);
  const float2 sum = __bfloat1622float2(__hadd2(pair, __float2bfloat162_rn(1.0f)));
  out[4] = sum.x;
  out[5] = sum.y;
}

__global__ void accumulate(__nv_bfloat16* sum, __nv_bfloat162* pair) {
  atomicAdd(sum, __float2bfloat16(1.0f));
  atomicAdd(pair, __floats2bfloat162_rn(0.5f, 2.0f));
}

float from_bits(unsigned bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
unsigned to_bits(float value) {
  unsigned bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
// Round to nearest even, of a value that is a number.
float rounded(float value) {
  const unsigned bits = to_bits(value);
  return from_bits((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u);
}

int main() {
  const int count = 256;
  auto values = random_values<float>(count, -1000, 1000);
  values[0] = 0.0f, values[1] = -0.0f, values[2] = INFINITY, values[3] = 1.00390625f;
  values[4] = 1.01171875f, values[5] = 1e-40f, values[6] = -3.4e38f, values[7] = 1e-30f;
  Buffer<float> input(values);
  Buffer<unsigned short> converted(4 * count);
  convert<<<1, count>>>(input, converted);
  const auto bits = converted.read();
  for (int i = 0; i < count; ++i) {
    const float value = values[i];
    const unsigned cut = to_bits(value) & 0xffff0000u;
    const bool exact = cut == to_bits(value), negative = std::signbit(value);
    EXPECT(from_bits(bits[4 * i] << 16) == rounded(value));
    EXPECT(bits[4 * i + 1] << 16 == static_cast<int>(cut));
    EXPECT(static_cast<unsigned>(bits[4 * i + 2]) == (cut >> 16) + (negative && !exact));
    EXPECT(static_cast<unsigned>(bits[4 * i + 3]) == (cut >> 16) + (!negative && !exact));
  }
  const auto a = random_values<float>(64, -8, 8, 1), b = random_values<float>(64, -8, 8, 2);
  Buffer<float> da(a), db(b), results(6 * 64);
  arithmetic<<<1, 64>>>(da, db, results);
  const auto result = results.read();
  for (int i = 0; i < 64; ++i) {
    const float x = rounded(a[i]), y = rounded(b[i]);
    const float* out = &result[6 * i];
    EXPECT(out[0] == rounded(x + y) && out[1] == rounded(x * y));
    EXPECT((out[2] == rounded(rounded(x * y) + x) || out[2] == rounded(std::fma(x, y, x))));
    EXPECT(out[3] == std::max(x, y) + (x > y ? 512.0f : 0.0f));
    EXPECT(out[4] == rounded(x + 1) && out[5] == rounded(y + 1));
  }
  Buffer<__nv_bfloat16> sum(1);
  Buffer<__nv_bfloat162> pair(1);
  accumulate<<<2, 32>>>(sum, pair);
  EXPECT(__bfloat162float(sum.read()[0]) == 64.0f);
  EXPECT(__low2float(pair.read()[0]) == 32.0f && __high2float(pair.read()[0]) == 128.0f);
  return finish("bfloat16_math");
}
