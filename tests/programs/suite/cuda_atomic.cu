// libcu++: cuda::atomic_ref with memory orders and scopes, cuda::std types inside kernels.
#include <cuda/atomic>
#include <cuda/std/array>
#include <cuda/std/complex>
#include <cuda/std/tuple>

#include "suite.hpp"

// The writer's data must be seen by who sees its flag.
__global__ void message(int* data, int* flags, int* received, int rounds) {
  cuda::atomic_ref<int, cuda::thread_scope_device> ready(flags[0]), taken(flags[1]);
  for (int round = 1; round <= rounds; ++round) {
    if (blockIdx.x == 0) {
      data[0] = round * round;
      data[1] = -round;
      ready.store(round, cuda::std::memory_order_release);
      while (taken.load(cuda::std::memory_order_acquire) != round) {
      }
    } else {
      while (ready.load(cuda::std::memory_order_acquire) != round) {
      }
      *received += data[0] + data[1];
      taken.store(round, cuda::std::memory_order_release);
    }
  }
}

__global__ void count(unsigned* total, int* largest) {
  cuda::atomic_ref<unsigned, cuda::thread_scope_block> of_block(total[blockIdx.x]);
  of_block.fetch_add(threadIdx.x, cuda::std::memory_order_relaxed);
  cuda::atomic_ref<int> system(*largest);
  system.fetch_max(static_cast<int>(threadIdx.x * 37 % 101));
  int expected = 1000;
  system.compare_exchange_strong(expected, 0);
}

__global__ void types(float2* out) {
  cuda::std::complex<float> product(1, 0);
  for (int i = 0; i <= threadIdx.x; ++i) product *= cuda::std::complex<float>(0.5f, 1.0f);
  const cuda::std::array<float, 3> parts = {product.real(), product.imag(), 0};
  const auto both = cuda::std::make_tuple(parts[0], parts[1]);
  out[threadIdx.x] = make_float2(cuda::std::get<0>(both), cuda::std::get<1>(both));
}

int main() {
  Buffer<int> data(2), flags(2), received(1), largest(1);
  message<<<2, 1>>>(data, flags, received, 50);
  int expected = 0;
  for (int round = 1; round <= 50; ++round) expected += round * round - round;
  EXPECT(received.read()[0] == expected);
  Buffer<unsigned> total(3);
  count<<<3, 96>>>(total, largest);
  EXPECT(total.read() == std::vector<unsigned>(3, 96 * 95 / 2));
  int most = 0;
  for (int i = 0; i < 96; ++i) most = std::max(most, i * 37 % 101);
  EXPECT(largest.read()[0] == most);
  Buffer<float2> products(8);
  types<<<1, 8>>>(products);
  double re = 1, im = 0;
  for (const float2& value : products.read()) {
    const double next = re * 0.5 - im;
    im = re + im * 0.5;
    re = next;
    EXPECT(close_to(value.x, re, 1e-5) && close_to(value.y, im, 1e-5));
  }
  return finish("cuda_atomic");
}
