// Every atomic function, on global and shared memory, against what must come out in any order.
#include "suite.hpp"

struct Results {
  int add, sub, least, most, conjunction, disjunction, parity, exchanged;
  unsigned increment, decrement, unsigned_least, unsigned_most;
  unsigned long long add64, most64, cas64;
  long long signed_least64;
  float add_float, exchanged_float;
  double add_double;
  int add_system, add_block;
};

__device__ void apply(Results& r, int i) {
  atomicAdd(&r.add, i);
  atomicSub(&r.sub, i);
  atomicMin(&r.least, 100 - i);
  atomicMax(&r.most, i - 50);
  atomicAnd(&r.conjunction, ~(1 << i % 16));
  atomicOr(&r.disjunction, 1 << i % 20);
  atomicXor(&r.parity, i);
  atomicExch(&r.exchanged, 7);
  atomicInc(&r.increment, 36);
  atomicDec(&r.decrement, 10);
  atomicMin(&r.unsigned_least, 0x80000000u + i);
  atomicMax(&r.unsigned_most, 0x80000000u + i);
  atomicAdd(&r.add64, 0x100000000ull + i);
  atomicMax(&r.most64, static_cast<unsigned long long>(i) << 40);
  atomicMin(&r.signed_least64, -(static_cast<long long>(i) << 33));
  atomicAdd(&r.add_float, 0.25f);
  atomicExch(&r.exchanged_float, 1.5f);
  atomicAdd(&r.add_double, 0.125);
  atomicAdd_system(&r.add_system, 2);
  atomicAdd_block(&r.add_block, 3);
  unsigned long long old = r.cas64, seen;
  while ((seen = atomicCAS(&r.cas64, old, old * 3 + 1)) != old) old = seen;
}

__device__ Results initial() {
  Results r{};
  r.least = 1000, r.most = -1000, r.conjunction = -1, r.unsigned_least = ~0u;
  return r;
}

__global__ void in_global(Results* r) {
  apply(*r, blockIdx.x * blockDim.x + threadIdx.x);
}
__global__ void set_initial(Results* r) {
  *r = initial();
}
__global__ void in_shared(Results* r) {
  __shared__ Results own;
  if (threadIdx.x == 0) own = initial();
  __syncthreads();
  apply(own, threadIdx.x);
  __syncthreads();
  if (threadIdx.x == 0) *r = own;
}

// What an atomic returns is the value before: each number once.
__global__ void returned(int* counter, int* seen) {
  seen[atomicAdd(counter, 1)] += 1;
}

void expect_results(const Results& r, int threads) {
  Results e{};
  e.least = 1000, e.most = -1000, e.conjunction = -1, e.unsigned_least = ~0u;
  for (int i = 0; i < threads; ++i) {
    e.add += i, e.sub -= i, e.least = std::min(e.least, 100 - i), e.most = std::max(e.most, i - 50);
    e.conjunction &= ~(1 << i % 16), e.disjunction |= 1 << i % 20, e.parity ^= i;
    e.increment = e.increment >= 36 ? 0 : e.increment + 1;
    e.decrement = e.decrement == 0 || e.decrement > 10 ? 10 : e.decrement - 1;
    e.cas64 = e.cas64 * 3 + 1;
    e.add64 += 0x100000000ull + i;
  }
  EXPECT(r.add == e.add && r.sub == e.sub && r.least == e.least && r.most == e.most);
  EXPECT(r.conjunction == e.conjunction && r.disjunction == e.disjunction && r.parity == e.parity);
  EXPECT(r.exchanged == 7 && r.increment == e.increment && r.decrement == e.decrement);
  EXPECT(r.unsigned_least == 0x80000000u && r.unsigned_most == 0x80000000u + threads - 1);
  EXPECT(r.add64 == e.add64 && r.most64 == static_cast<unsigned long long>(threads - 1) << 40);
  EXPECT(r.signed_least64 == -(static_cast<long long>(threads - 1) << 33) && r.cas64 == e.cas64);
  EXPECT(r.add_float == 0.25f * threads && r.exchanged_float == 1.5f &&
         r.add_double == 0.125 * threads);
  EXPECT(r.add_system == 2 * threads && r.add_block == 3 * threads);
}

int main() {
  Buffer<Results> results(1);
  set_initial<<<1, 1>>>(results);
  in_global<<<1, 224>>>(results);
  expect_results(results.read()[0], 224);
  in_shared<<<1, 160>>>(results);
  expect_results(results.read()[0], 160);
  Buffer<int> counter(1), seen(512);
  returned<<<4, 128>>>(counter, seen);
  const auto once = seen.read();
  EXPECT(all_equal(once.data(), once.size(), 1));
  return finish("atomics");
}
