// What the language offers beyond plain arithmetic: calls, tables, local memory, printf, atomics of
// every kind, cooperative groups, half precision.

#include <cooperative_groups.h>
#include <cuda_fp16.h>

#include <cassert>
#include <cstdio>

__device__ float table[4] = {1.5f, 2.5f, 3.5f, 4.5f};
__constant__ int offsets[3] = {7, 8, 9};
__device__ int target = 41;
__device__ int* pointer_to_target = &target;

__device__ __noinline__ int twice(int a) { return a * 2; }
__device__ __noinline__ int plus_five(int a) { return a + 5; }
using Operation = int (*)(int);
__device__ Operation operations[2] = {twice, plus_five};

__device__ __noinline__ int fibonacci(int n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

struct Triple {
  double a;
  int b;
  short c;
};
__device__ __noinline__ Triple shifted(Triple t, int by) {
  return Triple{t.a + by, t.b + by, static_cast<short>(t.c + by)};
}

extern "C" __global__ void calls(int* out) {
  const int i = threadIdx.x;
  const Triple t = shifted(Triple{i * 0.5, i, 3}, i);
  out[i] = operations[i & 1](i) + fibonacci(i % 10) + *pointer_to_target + offsets[i % 3] +
           static_cast<int>(table[i % 4] * 2.0f) + static_cast<int>(t.a * 2) + t.b + t.c;
}

extern "C" __global__ void local_arrays(int* out, int n) {
  int values[16];
  for (int i = 0; i < 16; ++i) values[i] = i * static_cast<int>(threadIdx.x);
  int sum = 0;
  for (int i = 0; i < n; ++i) sum += values[(i * 7 + threadIdx.x) % 16];
  out[threadIdx.x] = sum;
}

extern "C" __global__ void dynamic_shared(float* out, int n) {
  extern __shared__ float scratch[];
  scratch[threadIdx.x] = threadIdx.x * 1.25f;
  __syncthreads();
  out[threadIdx.x] = scratch[n - 1 - threadIdx.x];
}

extern "C" __global__ void print_things(int n) {
  if (threadIdx.x < n)
    printf("lane %d of %s: %.2f %lld %5u%% %c\n", threadIdx.x, "warp", threadIdx.x * 0.5,
           -1234567890123LL * threadIdx.x, 42u, 'x');
}

extern "C" __global__ void check_positive(const int* values) { assert(values[threadIdx.x] > 0); }

extern "C" __global__ void math(const float* x, float* out, double* wide) {
  const int i = threadIdx.x;
  out[i * 8 + 0] = sinf(x[i]);
  out[i * 8 + 1] = expf(x[i]);
  out[i * 8 + 2] = logf(fabsf(x[i]) + 1.0f);
  out[i * 8 + 3] = powf(fabsf(x[i]), 1.5f);
  out[i * 8 + 4] = sqrtf(fabsf(x[i]));
  out[i * 8 + 5] = x[i] / 3.0f;
  out[i * 8 + 6] = tanhf(x[i]);
  out[i * 8 + 7] = cosf(x[i] * 100.0f);
  wide[i * 4 + 0] = sin(static_cast<double>(x[i]));
  wide[i * 4 + 1] = exp(static_cast<double>(x[i]));
  wide[i * 4 + 2] = sqrt(fabs(static_cast<double>(x[i]))) / 3.0;
  wide[i * 4 + 3] = pow(fabs(static_cast<double>(x[i])), 0.3);
}

extern "C" __global__ void integers(const int* a, const int* b, long long* out) {
  const int i = threadIdx.x;
  const unsigned ua = a[i];
  const unsigned ub = b[i];
  const long long la = static_cast<long long>(a[i]) * 1000003 + b[i];
  long long* o = out + i * 20;
  o[0] = a[i] / b[i];
  o[1] = a[i] % b[i];
  o[2] = ua / ub;
  o[3] = ua % ub;
  o[4] = la / b[i];
  o[5] = la % b[i];
  o[6] = __mulhi(a[i], b[i]);
  o[7] = __umulhi(ua, ub);
  o[8] = __popc(ua);
  o[9] = __clz(a[i]);
  o[10] = __brev(ua);
  o[11] = __ffs(a[i]);
  o[12] = __byte_perm(ua, ub, 0x5270);
  o[13] = __funnelshift_l(ua, ub, 13);
  o[14] = static_cast<signed char>(a[i]) + static_cast<unsigned short>(b[i]);
  o[15] = min(a[i], b[i]) - max(ua, ub);
  o[16] = abs(a[i]) + (ua >> (ub & 31)) + (a[i] << (ub & 31));
  o[17] = __mul64hi(la, la);
  o[18] = static_cast<long long>(static_cast<float>(la)) ^ __clzll(la);
  o[19] = __sad(a[i], b[i], 7u) + __dp4a(a[i], b[i], 11);
}

extern "C" __global__ void atomics(int* words, unsigned long long* wides, float* floats) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  atomicAdd(&words[0], i);
  atomicMin(&words[1], 1000 - i);
  atomicMax(&words[2], i * 3);
  atomicAnd(&words[3], ~(1 << (i & 7)));
  atomicOr(&words[4], 1 << (i & 15));
  atomicXor(&words[5], i);
  atomicInc(reinterpret_cast<unsigned*>(&words[6]), 9u);
  atomicSub(&words[7], 2);
  atomicAdd(&wides[0], 1ull << 33);
  atomicMax(&wides[1], static_cast<unsigned long long>(i) << 32);
  atomicAdd(&floats[0], 0.5f);
  int old = words[8];
  int assumed;
  do {
    assumed = old;
    old = atomicCAS(&words[8], assumed, assumed + 3);
  } while (old != assumed);
}

/// Lanes of one warp take a lock one after the other: livelocks without independent progress.
extern "C" __global__ void spin_lock(int* lock, int* counter) {
  bool done = false;
  while (!done) {
    if (atomicCAS(lock, 0, 1) == 0) {
      *counter = *counter + 1;
      __threadfence();
      atomicExch(lock, 0);
      done = true;
    }
  }
}

extern "C" __global__ void warp_functions(unsigned* out, int* values) {
  const int i = threadIdx.x;
  const int lane = i & 31;
  unsigned* o = out + i * 10;
  o[0] = __ballot_sync(~0u, values[i] > 5);
  o[1] = __any_sync(~0u, values[i] == 3);
  o[2] = __all_sync(~0u, values[i] >= 0);
  o[3] = __match_any_sync(~0u, values[i]);
  o[4] = __shfl_sync(~0u, values[i], lane / 2);
  o[5] = __shfl_up_sync(~0u, values[i], 3);
  o[6] = __shfl_down_sync(~0u, values[i], 2, 8);
  if (lane % 2 == 0) o[7] = __activemask();
  else o[7] = __shfl_xor_sync(0xaaaaaaaau, values[i], 2);
  o[8] = __syncthreads_count(values[i] & 1);
  o[9] = __syncthreads_and(values[i] >= 0) + 2 * __syncthreads_or(values[i] > 100);
}

extern "C" __global__ void grid_barrier(int* data, int rounds) {
  auto grid = cooperative_groups::this_grid();
  const int n = grid.size();
  const int i = grid.thread_rank();
  for (int r = 0; r < rounds; ++r) {
    const int next = data[(r & 1) * n + (i + 1) % n];
    data[((r + 1) & 1) * n + i] = next + 1;
    grid.sync();
  }
}

extern "C" __global__ void half_math(const float* x, float* out) {
  const int i = threadIdx.x;
  const __half h = __float2half(x[i]);
  const __half2 pair = __floats2half2_rn(x[i], x[i] * 2.0f);
  const __half2 sum = __hfma2(pair, pair, __float2half2_rn(1.0f));
  out[i * 5 + 0] = __half2float(h);
  out[i * 5 + 1] = __half2float(__hadd(h, __float2half(0.1f)));
  out[i * 5 + 2] = __low2float(sum);
  out[i * 5 + 3] = __high2float(sum);
  out[i * 5 + 4] = __hgt(h, __float2half(1.0f)) ? 1.0f : 0.0f;
}

extern "C" __global__ void roundings(const float* x, float* out, int* whole, double* wide) {
  const int i = threadIdx.x;
  out[i * 6 + 0] = __fadd_rz(x[i], 1e-7f);
  out[i * 6 + 1] = __fadd_ru(x[i], 1e-7f);
  out[i * 6 + 2] = __fmul_rd(x[i], 1.1f);
  out[i * 6 + 3] = __fsqrt_ru(fabsf(x[i]));
  out[i * 6 + 4] = __saturatef(x[i]);
  out[i * 6 + 5] = __double2float_rz(x[i] * 1.000000123);
  whole[i * 5 + 0] = __float2int_rn(x[i]);
  whole[i * 5 + 1] = __float2int_rd(x[i]);
  whole[i * 5 + 2] = __float2int_ru(x[i]);
  whole[i * 5 + 3] = static_cast<int>(x[i]);
  whole[i * 5 + 4] = __float2uint_rz(x[i] * 1e9f);
  wide[i] = __ddiv_ru(x[i], 3.0);
}

extern "C" __global__ void heap(int* out) {
  int* mine = static_cast<int*>(malloc(64));
  mine[3] = threadIdx.x;
  out[threadIdx.x] = mine[3] * 2;
  free(mine);
}

extern "C" __global__ void many_ways(const int* in, int* out) {
  switch (in[threadIdx.x]) {
    case 0: out[threadIdx.x] = 17; break;
    case 1: out[threadIdx.x] = out[threadIdx.x] * 3; break;
    case 2: out[threadIdx.x] += 100; break;
    case 3: out[threadIdx.x] = -1; break;
    case 4: out[threadIdx.x] ^= 0x55; break;
    case 5: out[threadIdx.x] = threadIdx.x; break;
    default: out[threadIdx.x] = 0;
  }
}
