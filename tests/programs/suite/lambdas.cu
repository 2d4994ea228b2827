// nvcc: --extended-lambda -std=c++17
// Language: lambdas as kernel arguments, variadic templates, constexpr, overloads, captured arrays.
#include "suite.hpp"

template <class F>
__global__ void for_each(int count, F function) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) function(i);
}

template <class... T>
__device__ auto fold(T... values) {
  return (values + ...);
}

template <int n>
struct Factorial {
  static constexpr long long value = n * Factorial<n - 1>::value;
};
template <>
struct Factorial<0> {
  static constexpr long long value = 1;
};

__host__ __device__ constexpr int greatest_divisor(int a, int b) {
  return b == 0 ? a : greatest_divisor(b, a % b);
}

struct Polynomial {
  double coefficients[4];
  __host__ __device__ double operator()(double x) const {
    double value = 0;
    for (int k = 3; k >= 0; --k) value = value * x + coefficients[k];
    return value;
  }
};

template <class T>
__device__ const char* kind_of(T) {
  if constexpr (sizeof(T) == 8 && T(0.5) != T(0))
    return "double";
  else if constexpr (T(0.5) != T(0))
    return "float";
  else
    return "integer";
}

__global__ void language(long long* out) {
  out[0] = fold(1, 2.5, 3LL, 'a' - 'a') * 2;
  out[1] = Factorial<15>::value;
  constexpr int divisor = greatest_divisor(1071, 462);
  out[2] = divisor;
  out[3] = kind_of(1)[0] + 256 * kind_of(1.0f)[0] + 65536 * kind_of(1.0)[0];
  auto counter = [n = 0]() mutable { return ++n; };
  counter();
  out[4] = counter() + counter();
  struct Bits {
    unsigned low : 5, middle : 11;
    int high : 16;
  } bits{17, 1500, -3};
  bits.middle += bits.low;
  out[5] = bits.middle * 100 + bits.high;
  int cells[3][4] = {}, sum = 0;
  for (auto& row : cells)
    for (int& cell : row) cell = ++sum;
  out[6] = cells[2][3] * 10 + cells[1][0];
}

struct Weights {
  float of[300];
};

int main() {
  const int count = 1000;
  Buffer<double> values(count);
  double* const data = values;
  const Polynomial cubic{{1, -2, 0.5, 0.25}};
  for_each<<<blocks_for(count, 128), 128>>>(count,
                                            [=] __device__(int i) { data[i] = cubic(i * 0.01); });
  std::vector<double> expected(count);
  for (int i = 0; i < count; ++i) expected[i] = cubic(i * 0.01);
  EXPECT(all_close(values.read(), expected, 1e-14));
  Weights weights;
  for (int k = 0; k < 300; ++k) weights.of[k] = k * 0.5f;
  for_each<<<blocks_for(count, 128), 128>>>(
      count, [=] __device__(int i) { data[i] = weights.of[i % 300]; });
  for (int i = 0; i < count; ++i) expected[i] = i % 300 * 0.5;
  EXPECT(values.read() == expected);
  Buffer<long long> out(7);
  language<<<1, 1>>>(out);
  const std::vector<long long> answers = {13, 1307674368000, 21, 'i' + 256 * 'f' + 65536 * 'd',
                                          5,  151697,        125};
  EXPECT(out.read() == answers);
  return finish("lambdas");
}
