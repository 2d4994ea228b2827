// The mathematical functions of both precisions, each beside the host's library.
#include "suite.hpp"

constexpr int functions = 30;

template <class T>
__host__ __device__ void evaluate(T x, T* out) {
  // x lies between 0.05 and 8.
  int i = 0;
  out[i++] = sin(x), out[i++] = cos(x), out[i++] = tan(x * T(0.15));
  out[i++] = asin(x / T(9)), out[i++] = acos(x / T(9)), out[i++] = atan(x);
  out[i++] = atan2(x, T(2) - x), out[i++] = sinh(x * T(0.3)), out[i++] = cosh(x * T(0.3));
  out[i++] = tanh(x * T(0.2)), out[i++] = asinh(x), out[i++] = acosh(x + T(1));
  out[i++] = atanh(x / T(9)), out[i++] = exp(x), out[i++] = exp2(-x);
  out[i++] = expm1(x * T(0.01)), out[i++] = log(x), out[i++] = log2(x);
  out[i++] = log10(x), out[i++] = log1p(x), out[i++] = sqrt(x);
  out[i++] = cbrt(x), out[i++] = pow(x, T(2.3)), out[i++] = hypot(x, T(3));
  out[i++] = erf(x * T(0.3)), out[i++] = erfc(x * T(0.3)), out[i++] = tgamma(x);
  out[i++] = lgamma(x + T(2.5)), out[i++] = fmod(x, T(0.7)), out[i++] = remainder(x, T(0.7));
}

template <class T>
__global__ void evaluate_all(const T* x, T* out, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) evaluate<T>(x[i], out + functions * i);
}

__global__ void others(double* out) {
  out[0] = j0(1.5), out[1] = j1(1.5), out[2] = y0(1.5), out[3] = jn(3, 2.5);
  out[4] = erfinv(0.3), out[5] = normcdf(0.7), out[6] = cyl_bessel_i0(1.2), out[7] = rcbrt(27.0);
  out[8] = sinpi(0.25), out[9] = ldexp(1.5, 10), out[10] = nextafter(1.0, 2.0),
  out[11] = logb(100.0);
  int exponent = 0;
  double whole = 0;
  out[12] = frexp(48.0, &exponent), out[13] = exponent;
  out[14] = modf(-3.75, &whole), out[15] = whole;
  out[16] = rint(2.5), out[17] = round(2.5), out[18] = trunc(-2.7), out[19] = fdim(5.0, 3.0);
  out[20] = copysign(3.0, -0.0), out[21] = fma(1e16, 1.0 + 1e-15, -1e16), out[22] = norm3d(1, 2, 2);
}

__global__ void is_fast(int* answer) {
#ifdef __USE_FAST_MATH__
  *answer = 1;
#endif
}

template <class T>
void expect_functions(double tolerance) {
  const int count = 300;
  const auto x = random_values<T>(count, 0.05, 8);
  Buffer<T> input(x), output(count * functions);
  evaluate_all<T><<<blocks_for(count, 128), 128>>>(input, output, count);
  const auto result = output.read();
  for (int i = 0; i < count; ++i) {
    double expected[functions];
    evaluate<double>(x[i], expected);
    for (int f = 0; f < functions; ++f) {
      // Where the argument itself is a rounded quotient, that is part of the result.
      const bool exact = f >= 28;
      if (exact && sizeof(T) == 4) continue;
      if (!close_to(result[functions * i + f], expected[f], tolerance)) {
        std::fprintf(stderr, "function %d of %.9g is %.17g, not %.17g\n", f, double{x[i]},
                     double{result[functions * i + f]}, expected[f]);
        ++failures;
      }
    }
  }
}

int main() {
  Buffer<int> fast(1);
  is_fast<<<1, 1>>>(fast);
  expect_functions<float>(fast.read()[0] != 0 ? 2e-3 : 2e-6);
  expect_functions<double>(4e-15);
  Buffer<double> output(23);
  others<<<1, 1>>>(output);
  const std::vector<double> expected = {j0(1.5),
                                        j1(1.5),
                                        y0(1.5),
                                        jn(3, 2.5),
                                        0.27246271472675437,
                                        0.75803634777692697,
                                        1.3937255841340666,
                                        1 / 3.0,
                                        std::sqrt(0.5),
                                        1536,
                                        std::nextafter(1.0, 2.0),
                                        6,
                                        0.75,
                                        6,
                                        -0.75,
                                        -3,
                                        2,
                                        3,
                                        -2,
                                        2,
                                        -3,
                                        std::fma(1e16, 1.0 + 1e-15, -1e16),
                                        3};
  EXPECT(all_close(output.read(), expected, 1e-14));
  return finish("math_functions");
}
