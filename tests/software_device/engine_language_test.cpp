#include <cmath>
#include <cstdlib>

#include "tests/software_device/engine_fixture.hpp"

namespace vgpu::softdevice {
namespace {

class Language : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(device.load(read_kernel_file(GetParam()))) << device.error.message;
  }
  Device device;
};

int fibonacci(int n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

TEST_P(Language, CallsThroughTablesPointersAndRecursion) {
  int* out = device.upload(std::vector<int>(96, 0));
  VGPU_EXPECT_RUNS(device.launch("calls", line(1, 96), out));
  const int offsets[] = {7, 8, 9};
  const int doubled[] = {3, 5, 7, 9};
  for (int i = 0; i < 96; ++i) {
    const int operation = i & 1 ? i + 5 : i * 2;
    const int triple = (i + 2 * i) + 2 * i + 3 + i;
    ASSERT_EQ(out[i], operation + fibonacci(i % 10) + 41 + offsets[i % 3] + doubled[i % 4] + triple)
        << i;
  }
}

TEST_P(Language, LocalArrays) {
  int* out = device.upload(std::vector<int>(70, 0));
  VGPU_EXPECT_RUNS(device.launch("local_arrays", line(1, 70), out, 11));
  for (int t = 0; t < 70; ++t) {
    int sum = 0;
    for (int i = 0; i < 11; ++i) sum += (i * 7 + t) % 16 * t;
    ASSERT_EQ(out[t], sum) << t;
  }
}

TEST_P(Language, DynamicSharedMemory) {
  float* out = device.upload(std::vector<float>(128, 0));
  VGPU_EXPECT_RUNS(device.launch("dynamic_shared", line(1, 128, 128 * 4), out, 128));
  for (int i = 0; i < 128; ++i) ASSERT_EQ(out[i], static_cast<float>(127 - i) * 1.25f);
  const LaunchFault fault = device.launch("dynamic_shared", line(1, 128, 64 * 4), out, 128);
  EXPECT_EQ(fault.result, CUDA_ERROR_ILLEGAL_ADDRESS) << fault.message;
}

TEST_P(Language, Printf) {
  VGPU_EXPECT_RUNS(device.launch("print_things", line(1, 32), 2));
  EXPECT_EQ(device.printed,
            "lane 0 of warp: 0.00 0    42% x\nlane 1 of warp: 0.50 -1234567890123    42% x\n");
}

TEST_P(Language, FailedAssertion) {
  std::vector<int> values(32, 1);
  values[9] = -4;
  const LaunchFault fault = device.launch("check_positive", line(1, 32), device.upload(values));
  EXPECT_EQ(fault.result, CUDA_ERROR_ASSERT);
  EXPECT_NE(fault.message.find("thread: [9,0,0] Assertion `values[threadIdx.x] > 0` failed."),
            std::string::npos)
      << fault.message;
}

TEST_P(Language, MathFunctions) {
  const int n = 64;
  std::vector<float> x(n);
  for (int i = 0; i < n; ++i) x[i] = static_cast<float>(i - 30) * 0.173f;
  float* out = device.upload(std::vector<float>(n * 8, -99));
  double* wide = device.upload(std::vector<double>(n * 4, -99));
  VGPU_EXPECT_RUNS(device.launch("math", line(1, n), device.upload(x), out, wide));
  for (int i = 0; i < n; ++i) {
    const double v = x[i];
    const double expected[8] = {std::sin(v),
                                std::exp(v),
                                std::log(std::fabs(v) + 1),
                                std::pow(std::fabs(v), 1.5),
                                std::sqrt(std::fabs(v)),
                                v / 3,
                                std::tanh(v),
                                std::cos(static_cast<double>(x[i] * 100.0f))};
    for (int k = 0; k < 8; ++k)
      ASSERT_NEAR(out[i * 8 + k], expected[k], 1e-6 * std::max(1.0, std::fabs(expected[k])))
          << i << ":" << k;
    const double doubles[4] = {std::sin(v), std::exp(v), std::sqrt(std::fabs(v)) / 3,
                               std::pow(std::fabs(v), 0.3)};
    for (int k = 0; k < 4; ++k)
      ASSERT_NEAR(wide[i * 4 + k], doubles[k], 1e-15 * std::max(1.0, 4 * std::fabs(doubles[k])))
          << i << ":" << k;
  }
}

TEST_P(Language, IntegerArithmetic) {
  const int n = 256;
  std::vector<int> a(n);
  std::vector<int> b(n);
  unsigned seed = 12345;
  const auto next = [&] { return seed = seed * 1664525u + 1013904223u; };
  for (int i = 0; i < n; ++i) {
    a[i] = static_cast<int>(next()) >> (i % 20);
    b[i] = static_cast<int>(next()) >> (i % 27);
    if (b[i] == 0) b[i] = 1;
  }
  long long* out = device.upload(std::vector<long long>(n * 20, -99));
  VGPU_EXPECT_RUNS(device.launch("integers", line(1, n), device.upload(a), device.upload(b), out));
  for (int i = 0; i < n; ++i) {
    const unsigned ua = a[i];
    const unsigned ub = b[i];
    const long long la = static_cast<long long>(a[i]) * 1000003 + b[i];
    unsigned reversed = 0;
    for (int k = 0; k < 32; ++k) reversed |= (ua >> k & 1) << (31 - k);
    const auto byte = [&](int k) { return (k < 4 ? ua >> (8 * k) : ub >> (8 * (k - 4))) & 0xff; };
    int dot = 11;
    for (int k = 0; k < 32; k += 8)
      dot += static_cast<signed char>(ua >> k) * static_cast<signed char>(ub >> k);
    const long long difference = std::llabs(static_cast<long long>(a[i]) - b[i]);
    __extension__ using Wide = __int128;
    const long long expected[20] = {
        a[i] / b[i],
        a[i] % b[i],
        ua / ub,
        ua % ub,
        la / b[i],
        la % b[i],
        static_cast<int>((static_cast<long long>(a[i]) * b[i]) >> 32),
        static_cast<unsigned>((static_cast<unsigned long long>(ua) * ub) >> 32),
        __builtin_popcount(ua),
        ua == 0 ? 32 : __builtin_clz(ua),
        reversed,
        __builtin_ffs(a[i]),
        byte(0) | byte(7) << 8 | byte(2) << 16 | byte(5) << 24,
        static_cast<unsigned>((static_cast<unsigned long long>(ub) << 32 | ua) << 13 >> 32),
        static_cast<signed char>(a[i]) + static_cast<unsigned short>(b[i]),
        static_cast<unsigned>(std::min(a[i], b[i])) - std::max(ua, ub),
        static_cast<unsigned>(std::abs(a[i])) + (ua >> (ub & 31)) + (ua << (ub & 31)),
        static_cast<long long>((static_cast<Wide>(la) * la) >> 64),
        static_cast<long long>(static_cast<float>(la)) ^
            (la == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(la))),
        static_cast<unsigned>(static_cast<unsigned>(difference) + 7u + static_cast<unsigned>(dot))};
    for (int k = 0; k < 20; ++k)
      ASSERT_EQ(out[i * 20 + k], expected[k]) << i << ":" << k << " " << a[i] << " " << b[i];
  }
}

TEST_P(Language, Atomics) {
  int* words = device.upload(std::vector<int>{0, 5000, 0, 255, 0, 0, 0, 0, 0});
  auto* wides = device.upload(std::vector<unsigned long long>{0, 0});
  float* floats = device.upload(std::vector<float>{0});
  VGPU_EXPECT_RUNS(device.launch("atomics", line(10, 96), words, wides, floats));
  const int n = 960;
  int exclusive = 0;
  for (int i = 0; i < n; ++i) exclusive ^= i;
  const std::vector<int> expected = {n * (n - 1) / 2, 1000 - (n - 1), (n - 1) * 3, 0,    0xffff,
                                     exclusive,       n % 10,         -2 * n,      3 * n};
  EXPECT_EQ(std::vector<int>(words, words + 9), expected);
  EXPECT_EQ(wides[0], static_cast<unsigned long long>(n) << 33);
  EXPECT_EQ(wides[1], static_cast<unsigned long long>(n - 1) << 32);
  EXPECT_EQ(floats[0], n * 0.5f);
}

TEST_P(Language, LanesOfAWarpMakeIndependentProgress) {
  int* lock = device.upload(std::vector<int>{0});
  int* counter = device.upload(std::vector<int>{0});
  VGPU_EXPECT_RUNS(device.launch("spin_lock", line(4, 64), lock, counter));
  EXPECT_EQ(*counter, 256);
}

TEST_P(Language, WarpFunctions) {
  const int n = 64;
  std::vector<int> v(n);
  for (int i = 0; i < n; ++i) v[i] = i * 5 % 11;
  auto* out = device.upload(std::vector<unsigned>(n * 10, 0));
  VGPU_EXPECT_RUNS(device.launch("warp_functions", line(1, n), out, device.upload(v)));
  unsigned odd = 0;
  for (const int value : v) odd += value & 1;
  for (int i = 0; i < n; ++i) {
    const int base = i / 32 * 32;
    const int lane = i % 32;
    unsigned ballot = 0;
    unsigned same = 0;
    bool any = false;
    for (int k = 0; k < 32; ++k) {
      ballot |= static_cast<unsigned>(v[base + k] > 5) << k;
      same |= static_cast<unsigned>(v[base + k] == v[i]) << k;
      any |= v[base + k] == 3;
    }
    const unsigned expected[10] = {
        ballot,
        any,
        1,
        same,
        static_cast<unsigned>(v[base + lane / 2]),
        static_cast<unsigned>(lane < 3 ? v[i] : v[i - 3]),
        static_cast<unsigned>(lane % 8 > 5 ? v[i] : v[i + 2]),
        lane % 2 == 0 ? 0x55555555u : static_cast<unsigned>(v[base + (lane ^ 2)]),
        odd,
        1};
    for (int k = 0; k < 10; ++k) ASSERT_EQ(out[i * 10 + k], expected[k]) << i << ":" << k;
  }
}

TEST_P(Language, CooperativeGridBarrier) {
  const int n = 24 * 64;
  const int rounds = 5;
  std::vector<int> state(2 * n, 0);
  for (int i = 0; i < n; ++i) state[i] = i;
  int* data = device.upload(state);
  LaunchConfig config = line(24, 64);
  config.cooperative = true;
  VGPU_EXPECT_RUNS(device.launch("grid_barrier", config, data, rounds));
  for (int i = 0; i < n; ++i) ASSERT_EQ(data[(rounds & 1) * n + i], (i + rounds) % n + rounds) << i;
}

TEST_P(Language, HalfPrecision) {
  const int n = 32;
  std::vector<float> x(n);
  for (int i = 0; i < n; ++i) x[i] = static_cast<float>(i) * 0.25f - 1.0f;
  float* out = device.upload(std::vector<float>(n * 5, -99));
  VGPU_EXPECT_RUNS(device.launch("half_math", line(1, n), device.upload(x), out));
  const auto half = [](double value) {
    if (value == 0) return 0.0;
    const int exponent = std::max(std::ilogb(value) - 10, -24);
    return std::ldexp(std::nearbyint(std::ldexp(value, -exponent)), exponent);
  };
  for (int i = 0; i < n; ++i) {
    const double v = x[i];
    const double expected[5] = {v, half(v + half(0.1f)), half(v * v + 1), half(4 * v * v + 1),
                                v > 1.0 ? 1.0 : 0.0};
    for (int k = 0; k < 5; ++k) ASSERT_EQ(out[i * 5 + k], expected[k]) << i << ":" << k;
  }
}

TEST_P(Language, DirectedRoundingAndConversion) {
  const std::vector<float> x = {0.0f, 1.0f,  -1.0f,  2.5f, 3.5f,     -2.5f,
                                0.3f, 1e10f, -1e10f, NAN,  INFINITY, 1.9999999f};
  const int n = static_cast<int>(x.size());
  float* out = device.upload(std::vector<float>(n * 6, -99));
  int* whole = device.upload(std::vector<int>(n * 5, -99));
  double* wide = device.upload(std::vector<double>(n, -99));
  VGPU_EXPECT_RUNS(device.launch("roundings", line(1, static_cast<unsigned>(n)), device.upload(x),
                                 out, whole, wide));
  EXPECT_EQ(out[1 * 6 + 0], 1.0f);
  EXPECT_EQ(out[1 * 6 + 1], std::nextafter(1.0f, 2.0f));
  EXPECT_EQ(out[2 * 6 + 0], -std::nextafter(std::nextafter(1.0f, 0.0f), 0.0f));
  EXPECT_EQ(out[4 * 6 + 3], std::sqrt(3.5) > std::sqrt(3.5f)
                                ? std::nextafter(std::sqrt(3.5f), 10.0f)
                                : std::sqrt(3.5f));
  EXPECT_EQ(out[6 * 6 + 4], 0.3f);
  EXPECT_EQ(out[7 * 6 + 4], 1.0f);
  EXPECT_EQ(out[9 * 6 + 4], 0.0f);
  const int expected[12][5] = {{0, 0, 0, 0, 0},
                               {1, 1, 1, 1, 1000000000},
                               {-1, -1, -1, -1, 0},
                               {2, 2, 3, 2, static_cast<int>(2500000000u)},
                               {4, 3, 4, 3, static_cast<int>(3500000000u)},
                               {-2, -3, -2, -2, 0},
                               {0, 0, 1, 0, 300000000},
                               {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, -1},
                               {INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, 0},
                               {0, 0, 0, 0, 0},
                               {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, -1},
                               {2, 1, 2, 1, 1999999872}};
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < 5; ++k)
      EXPECT_EQ(whole[i * 5 + k], i == 6 && k == 4 ? static_cast<int>(0.3f * 1e9f) : expected[i][k])
          << i << ":" << k;
  EXPECT_EQ(wide[1], std::nextafter(1.0 / 3.0, 1.0));
}

TEST_P(Language, DeviceHeap) {
  int* out = device.upload(std::vector<int>(64, 0));
  const std::size_t before = device.memory.free_bytes();
  VGPU_EXPECT_RUNS(device.launch("heap", line(1, 64), out));
  for (int i = 0; i < 64; ++i) ASSERT_EQ(out[i], 2 * i);
  EXPECT_EQ(device.memory.free_bytes(), before);
}

TEST_P(Language, BranchTables) {
  std::vector<int> in(64);
  for (int i = 0; i < 64; ++i) in[i] = i % 7;
  int* out = device.upload(std::vector<int>(64, 11));
  VGPU_EXPECT_RUNS(device.launch("many_ways", line(1, 64), device.upload(in), out));
  for (int i = 0; i < 64; ++i) {
    const int expected[7] = {17, 33, 111, -1, 11 ^ 0x55, i, 0};
    ASSERT_EQ(out[i], expected[i % 7]) << i;
  }
}

TEST_P(Language, Globals) {
  const GlobalVariable* table = device.module().find_global("table");
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->size, 16u);
  EXPECT_EQ(reinterpret_cast<const float*>(table->address)[2], 3.5f);
  const GlobalVariable* pointer = device.module().find_global("pointer_to_target");
  ASSERT_NE(pointer, nullptr);
  EXPECT_EQ(**reinterpret_cast<int**>(pointer->address), 41);
  EXPECT_EQ(device.module().find_global("nothing"), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Engine, Language, testing::Values("language.ptx", "language_debug.ptx"),
                         [](const auto& info) {
                           return std::string(info.param) == "language.ptx" ? "Optimised" : "Debug";
                         });

}  // namespace
}  // namespace vgpu::softdevice
