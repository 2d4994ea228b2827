// Option prices by the closed formula, and put-call parity.
#include "suite.hpp"

template <class T>
__host__ __device__ T cumulative(T x) {
  return T(0.5) * erfc(-x * T(0.70710678118654752440));
}

template <class T>
struct Prices {
  T call, put;
};

template <class T>
__host__ __device__ Prices<T> price(T spot, T strike, T years, T rate, T volatility) {
  const T root = volatility * sqrt(years);
  const T d1 = (log(spot / strike) + (rate + T(0.5) * volatility * volatility) * years) / root;
  const T d2 = d1 - root;
  const T discounted = strike * exp(-rate * years);
  return {spot * cumulative(d1) - discounted * cumulative(d2),
          discounted * cumulative(-d2) - spot * cumulative(-d1)};
}

template <class T>
__global__ void price_all(const T* spots, const T* strikes, const T* years, Prices<T>* prices,
                          int count) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
    prices[i] = price<T>(spots[i], strikes[i], years[i], T(0.02), T(0.3));
}

template <class T>
void expect_prices(double tolerance) {
  const int count = 2000;
  const auto spots = random_values<T>(count, 5, 30, 1),
             strikes = random_values<T>(count, 1, 100, 2),
             years = random_values<T>(count, 0.25, 10, 3);
  Buffer<T> s(spots), k(strikes), y(years);
  Buffer<Prices<T>> prices(count);
  price_all<T><<<4, 128>>>(s, k, y, prices, count);
  const auto result = prices.read();
  int wrong = 0;
  for (int i = 0; i < count; ++i) {
    const auto expected = price<double>(spots[i], strikes[i], years[i], 0.02, 0.3);
    const double parity = spots[i] - strikes[i] * std::exp(-0.02 * years[i]);
    const double scale = tolerance * (spots[i] + strikes[i]);
    wrong += std::abs(result[i].call - expected.call) > scale;
    wrong += std::abs(result[i].put - expected.put) > scale;
    wrong += std::abs(double{result[i].call} - double{result[i].put} - parity) > scale;
  }
  EXPECT(wrong == 0);
}

int main() {
  expect_prices<float>(2e-6);
  expect_prices<double>(1e-14);
  return finish("black_scholes");
}
