// Fourier transforms: radix two, Stockham's order, in single and double precision.
#include "suite.hpp"

template <class T>
struct Complex {
  T re, im;
};

template <class T>
__global__ void pass(const Complex<T>* from, Complex<T>* to, int half, int done, T direction) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= half) return;
  const int k = i & (done - 1);
  T sine, cosine;
  sincospi(direction * T(k) / T(done), &sine, &cosine);
  const Complex<T> a = from[i], b = from[i + half];
  const Complex<T> turned = {b.re * cosine - b.im * sine, b.re * sine + b.im * cosine};
  const int at = ((i - k) << 1) + k;
  to[at] = {a.re + turned.re, a.im + turned.im};
  to[at + done] = {a.re - turned.re, a.im - turned.im};
}

template <class T>
std::vector<Complex<T>> transform(const std::vector<Complex<T>>& values, T direction) {
  const int half = static_cast<int>(values.size()) / 2;
  Buffer<Complex<T>> a(values), b(values.size());
  Complex<T>*from = a, *to = b;
  for (int done = 1; done <= half; done *= 2, std::swap(from, to))
    pass<T><<<blocks_for(half, 64), 64>>>(from, to, half, done, direction);
  return (from == a ? a : b).read();
}

template <class T>
void expect_transforms(int count, double tolerance) {
  Random random(count);
  std::vector<Complex<T>> values(count);
  for (auto& value : values) value = {T(random.uniform(-1, 1)), T(random.uniform(-1, 1))};
  const auto spectrum = transform<T>(values, T(-1));
  double worst = 0;
  for (int k = 0; k < count; k += 13) {
    double re = 0, im = 0;
    for (int i = 0; i < count; ++i) {
      const double angle = -2 * M_PI * (int64_t{i} * k % count) / count;
      re += values[i].re * std::cos(angle) - values[i].im * std::sin(angle);
      im += values[i].re * std::sin(angle) + values[i].im * std::cos(angle);
    }
    worst = std::max({worst, std::abs(spectrum[k].re - re), std::abs(spectrum[k].im - im)});
  }
  EXPECT(worst < tolerance * std::sqrt(count));
  const auto back = transform<T>(spectrum, T(1));
  worst = 0;
  for (int i = 0; i < count; ++i)
    worst = std::max<double>({worst, std::abs(back[i].re / count - values[i].re),
                              std::abs(back[i].im / count - values[i].im)});
  EXPECT(worst < tolerance);
}

int main() {
  expect_transforms<float>(1024, 2e-6);
  expect_transforms<double>(512, 1e-14);
  expect_transforms<float>(2, 1e-6);
  return finish("fft");
}
