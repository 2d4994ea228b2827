// A whole solver in one cooperative launch: Jacobi's iteration with grid barriers until it
// converges.
#include <cooperative_groups.h>

#include "suite.hpp"

namespace cg = cooperative_groups;

__device__ unsigned largest_change;  // bits of a float that is not negative

__global__ void solve(const float* a, const float* b, float* x, float* next, int n, int limit,
                      int* rounds) {
  const cg::grid_group grid = cg::this_grid();
  int round = 0;
  for (; round < limit; ++round) {
    if (grid.thread_rank() == 0) largest_change = 0;
    grid.sync();
    for (int row = grid.thread_rank(); row < n; row += grid.size()) {
      float sum = b[row];
      for (int k = 0; k < n; ++k)
        if (k != row) sum -= a[row * n + k] * x[k];
      next[row] = sum / a[row * n + row];
      atomicMax(&largest_change, __float_as_uint(fabsf(next[row] - x[row])));
    }
    grid.sync();
    const bool done = __uint_as_float(*static_cast<volatile unsigned*>(&largest_change)) < 1e-6f;
    float* const old = x;
    x = next;
    next = old;
    grid.sync();
    if (done) break;
  }
  if (grid.thread_rank() == 0) *rounds = round + 1;
}

int main() {
  int supported = 0;
  CHECK(cudaDeviceGetAttribute(&supported, cudaDevAttrCooperativeLaunch, 0));
  EXPECT(supported == 1);
  int n = 60, limit = 200;
  auto a = random_values<float>(n * n, -1, 1), solution = random_values<float>(n, -5, 5, 2);
  std::vector<float> b(n);
  for (int i = 0; i < n; ++i) {
    a[i * n + i] = 60;
    double sum = 0;
    for (int k = 0; k < n; ++k) sum += double{a[i * n + k]} * solution[k];
    b[i] = static_cast<float>(sum);
  }
  Buffer<float> da(a), db(b), x(n), next(n);
  Buffer<int> rounds(1);
  float *pa = da, *pb = db, *px = x, *pnext = next;
  int* prounds = rounds;
  void* arguments[] = {&pa, &pb, &px, &pnext, &n, &limit, &prounds};
  CHECK(cudaLaunchCooperativeKernel(reinterpret_cast<void*>(solve), dim3(2), dim3(32), arguments, 0,
                                    nullptr));
  const int used = rounds.read()[0];
  EXPECT(used > 3 && used < limit);
  EXPECT(all_close((used % 2 == 0 ? x : next).read(), solution, 1e-4));
  return finish("cooperative_jacobi");
}
