#include <cmath>

#include "tests/software_device/engine_fixture.hpp"

namespace vgpu::softdevice {
namespace {

/// The same programs as optimised and as debug code.
class Programs : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(device.load(read_kernel_file(GetParam()))) << device.error.message;
  }
  Device device;
};

TEST_P(Programs, VectorAdd) {
  const int n = 100'003;
  std::vector<float> a(n);
  std::vector<float> b(n);
  for (int i = 0; i < n; ++i) {
    a[i] = static_cast<float>(i) * 0.37f;
    b[i] = 1000.0f / static_cast<float>(i + 1);
  }
  float* c = device.upload(std::vector<float>(n, -1.0f));
  VGPU_EXPECT_RUNS(device.launch("vector_add", line((n + 255) / 256, 256), device.upload(a),
                                 device.upload(b), c, n));
  for (int i = 0; i < n; ++i) ASSERT_EQ(c[i], a[i] + b[i]) << i;
}

TEST_P(Programs, MatrixProduct) {
  const int n = 67;
  std::vector<float> a(n * n);
  std::vector<float> b(n * n);
  for (int i = 0; i < n * n; ++i) {
    a[i] = static_cast<float>(i % 13) - 6.0f;
    b[i] = static_cast<float>(i % 7) * 0.25f;
  }
  float* c = device.upload(std::vector<float>(n * n, -1.0f));
  LaunchConfig config;
  config.grid = {5, 5, 1};
  config.block = {16, 16, 1};
  VGPU_EXPECT_RUNS(
      device.launch("matrix_product", config, device.upload(a), device.upload(b), c, n));
  for (int row = 0; row < n; ++row) {
    for (int column = 0; column < n; ++column) {
      float sum = 0.0f;
      for (int k = 0; k < n; ++k) sum = std::fma(a[row * n + k], b[k * n + column], sum);
      ASSERT_EQ(c[row * n + column], sum) << row << "," << column;
    }
  }
}

TEST_P(Programs, ShuffleSum) {
  const int n = 70'001;
  std::vector<int> in(n);
  int expected = 0;
  for (int i = 0; i < n; ++i) expected += in[i] = i % 97 - 40;
  int* out = device.upload(std::vector<int>(1, 0));
  VGPU_EXPECT_RUNS(device.launch("shuffle_sum", line(9, 224), device.upload(in), out, n));
  EXPECT_EQ(*out, expected);
}

TEST_P(Programs, Histogram) {
  const int n = 123'457;
  std::vector<unsigned char> data(n);
  std::vector<unsigned> expected(256, 0);
  for (int i = 0; i < n; ++i)
    ++expected[data[i] = static_cast<unsigned char>(unsigned(i) * unsigned(i) >> 3)];
  unsigned* bins = device.upload(std::vector<unsigned>(256, 0));
  VGPU_EXPECT_RUNS(device.launch("histogram", line(8, 192), device.upload(data), bins, n));
  for (int i = 0; i < 256; ++i) ASSERT_EQ(bins[i], expected[i]) << i;
}

TEST_P(Programs, DivergentLoops) {
  const int width = 70;
  const int height = 50;
  const int limit = 200;
  int* counts = device.upload(std::vector<int>(width * height, -1));
  LaunchConfig config;
  config.grid = {5, 4, 1};
  config.block = {16, 16, 1};
  VGPU_EXPECT_RUNS(device.launch("mandelbrot", config, counts, width, height, limit));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const float re = std::fma(3.0f, 0.0f, -2.0f) + 3.0f * static_cast<float>(x) / width;
      const float im = -1.5f + 3.0f * static_cast<float>(y) / height;
      volatile float zr = 0.0f;
      volatile float zi = 0.0f;
      int n = 0;
      while (n < limit) {
        volatile float rr = zr * zr;
        volatile float ii = zi * zi;
        volatile float ri = zr * zi;
        if (!(rr + ii < 4.0f)) break;
        volatile float difference = rr - ii;
        zr = difference + re;
        volatile float twice = 2.0f * ri;
        zi = twice + im;
        ++n;
      }
      ASSERT_EQ(counts[y * width + x], n) << x << "," << y;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Engine, Programs, testing::Values("programs.ptx", "programs_debug.ptx"),
                         [](const auto& info) {
                           return std::string(info.param) == "programs.ptx" ? "Optimised" : "Debug";
                         });

}  // namespace
}  // namespace vgpu::softdevice
