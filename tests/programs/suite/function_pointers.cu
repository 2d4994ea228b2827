// Device functions called through pointers: tables in memory, symbols read by the host, members.
#include "suite.hpp"

using Operation = float (*)(float, float);

__device__ float add(float a, float b) {
  return a + b;
}
__device__ float subtract(float a, float b) {
  return a - b;
}
__device__ float multiply(float a, float b) {
  return a * b;
}
__device__ __noinline__ float hypotenuse(float a, float b) {
  return sqrtf(a * a + b * b);
}

__device__ Operation table[] = {add, subtract, multiply, hypotenuse};
__constant__ Operation constant_table[] = {multiply, add};
__device__ Operation chosen = subtract;

__global__ void by_table(const int* which, const float* a, const float* b, float* results) {
  const int i = threadIdx.x;
  results[i] = table[which[i]](a[i], b[i]) + constant_table[i % 2](1, a[i]);
}

__global__ void by_argument(Operation operation, const float* a, const float* b, float* results) {
  results[threadIdx.x] = operation(a[threadIdx.x], b[threadIdx.x]);
}

struct Shape {
  float side;
  __device__ __noinline__ float area() const { return side * side; }
  __device__ __noinline__ float edge() const { return 4 * side; }
};

__global__ void by_member(const float* a, float* results) {
  using Member = float (Shape::*)() const;
  const Member member = threadIdx.x % 3 == 0 ? &Shape::area : &Shape::edge;
  const Shape shape{a[threadIdx.x]};
  results[threadIdx.x] = (shape.*member)();
}

int main() {
  const int count = 96;
  const auto a = random_values<float>(count, -4, 4, 1), b = random_values<float>(count, -4, 4, 2);
  std::vector<int> which(count);
  Random random(3);
  for (int& k : which) k = random.below(4);
  Buffer<float> da(a), db(b), results(count);
  Buffer<int> dwhich(which);
  const auto host = [](int k, float x, float y) {
    return k == 0 ? x + y : k == 1 ? x - y : k == 2 ? x * y : std::sqrt(x * x + y * y);
  };
  by_table<<<1, count>>>(dwhich, da, db, results);
  std::vector<float> expected(count);
  for (int i = 0; i < count; ++i)
    expected[i] = host(which[i], a[i], b[i]) + (i % 2 == 0 ? a[i] : a[i] + 1);
  EXPECT(all_close(results.read(), expected, 1e-6));

  Operation operation = nullptr;
  CHECK(cudaMemcpyFromSymbol(&operation, chosen, sizeof operation));
  by_argument<<<1, count>>>(operation, da, db, results);
  for (int i = 0; i < count; ++i) expected[i] = a[i] - b[i];
  EXPECT(results.read() == expected);
  CHECK(cudaMemcpyFromSymbol(&operation, table, sizeof operation, 3 * sizeof operation));
  by_argument<<<1, count>>>(operation, da, db, results);
  for (int i = 0; i < count; ++i) expected[i] = host(3, a[i], b[i]);
  EXPECT(all_close(results.read(), expected, 1e-6));
  by_member<<<1, count>>>(da, results);
  for (int i = 0; i < count; ++i) expected[i] = i % 3 == 0 ? a[i] * a[i] : 4 * a[i];
  EXPECT(results.read() == expected);
  return finish("function_pointers");
}
