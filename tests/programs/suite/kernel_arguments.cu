// Kernel parameters: structures by value up to the limit of 4 KB, alignment, pointers to pointers.
#include "suite.hpp"

struct __align__(16) Aligned {
  float4 vector;
  char tail;
};

struct Large {
  char name[7];
  short numbers[100];
  double reals[400];
  int last;
};

struct Empty {};

__global__ void mixed(char a, double b, short c, Aligned d, bool e, float3 f, unsigned char g,
                      long long h, Empty, double* out) {
  out[0] = a, out[1] = b, out[2] = c, out[3] = d.vector.w, out[4] = d.tail;
  out[5] = e, out[6] = f.z, out[7] = g, out[8] = static_cast<double>(h);
}

__global__ void large(const Large value, double* out) {
  // Indexed by what is known only when it runs: parameters in memory, not in registers.
  double sum = value.last;
  for (int k = 0; k < 400; ++k) sum += value.reals[(k * 7 + threadIdx.x) % 400] * (k + 1);
  for (int k = 0; k < 100; ++k) sum += value.numbers[k];
  for (char letter : value.name) sum += letter;
  out[threadIdx.x] = sum;
}

__global__ void change(Large value, double* out) {
  // Each thread's own copy.
  value.reals[threadIdx.x] += threadIdx.x;
  double sum = 0;
  for (double real : value.reals) sum += real;
  out[threadIdx.x] = sum;
}

__global__ void rows(double* const* row_pointers, int count, double* out) {
  double sum = 0;
  for (int k = 0; k < count; ++k) sum += row_pointers[threadIdx.x][k];
  out[threadIdx.x] = sum;
}

int main() {
  static_assert(sizeof(Large) <= 4096 - 8);
  Buffer<double> out(64);
  Aligned aligned{make_float4(1, 2, 3, 4.5f), 'z'};
  mixed<<<1, 1>>>('x', 2.25, -7, aligned, true, make_float3(7, 8, 9.5f), 200, -(1LL << 50), Empty(),
                  out);
  const auto parts = out.read();
  const double expected[] = {'x', 2.25, -7, 4.5, 'z', 1, 9.5, 200, -double(1LL << 50)};
  for (int k = 0; k < 9; ++k) EXPECT(parts[k] == expected[k]);

  Large value{};
  double rest = value.last = 12345, reals = 0;
  for (int k = 0; k < 7; ++k) rest += value.name[k] = static_cast<char>('a' + k);
  for (int k = 0; k < 100; ++k) rest += value.numbers[k] = static_cast<short>(k * 300);
  for (int k = 0; k < 400; ++k) reals += value.reals[k] = k * 0.25;
  large<<<1, 64>>>(value, out);
  const auto sums = out.read();
  for (int thread = 0; thread < 64; ++thread) {
    double sum = rest;
    for (int k = 0; k < 400; ++k) sum += value.reals[(k * 7 + thread) % 400] * (k + 1);
    EXPECT(close_to(sums[thread], sum, 1e-14));
  }
  change<<<1, 64>>>(value, out);
  const auto changed = out.read();
  for (int thread = 0; thread < 64; ++thread) EXPECT(changed[thread] == reals + thread);

  const int count = 10;
  Buffer<double> matrix(64 * count);
  std::vector<double> cells(64 * count);
  std::vector<double*> pointers(64);
  for (int k = 0; k < 64 * count; ++k) cells[k] = k;
  for (int k = 0; k < 64; ++k) pointers[k] = matrix + (63 - k) * count;
  CHECK(cudaMemcpy(matrix, cells.data(), cells.size() * sizeof(double), cudaMemcpyHostToDevice));
  Buffer<double*> device_pointers(pointers);
  rows<<<1, 64>>>(device_pointers, count, out);
  const auto of_rows = out.read();
  for (int k = 0; k < 64; ++k)
    EXPECT(of_rows[k] == (63 - k) * count * count + count * (count - 1) / 2);
  return finish("kernel_arguments");
}
