/// Texture fetches against the formulas of the CUDA programming guide, written down here a second
/// time in double precision.

#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>

#include "reference_host/software_device/image.hpp"
#include "tests/software_device/engine_fixture.hpp"

namespace vgpu::softdevice {
namespace {

constexpr std::uint64_t handle = 0x1234'5678'9abcULL;

using Vector = std::array<float, 4>;
using Words = std::array<std::uint32_t, 4>;

/// A kernel in which every thread reads four numbers (%f0..%f3, also as bits in %r0..%r3), executes
/// `instruction`, and stores %r4..%r7 (or %f4..%f7 through them).
std::string fetch_kernel(const std::string& instruction) {
  return R"(.version 8.0
.target sm_75
.address_size 64
.global .texref named;
.global .surfref named_surface;
.visible .entry fetch(.param .u64 out, .param .u64 in, .param .u64 image)
{
  .reg .pred %q<2>;
  .reg .b32 %r<8>;
  .reg .f32 %f<8>;
  .reg .b64 %d<5>;
  .reg .b64 %image;
  ld.param.u64 %d1, [out];
  ld.param.u64 %d2, [in];
  ld.param.u64 %image, [image];
  mov.u32 %r0, %tid.x;
  mul.wide.u32 %d3, %r0, 16;
  add.s64 %d1, %d1, %d3;
  add.s64 %d2, %d2, %d3;
  ld.global.v4.f32 {%f0, %f1, %f2, %f3}, [%d2];
  ld.global.v4.b32 {%r0, %r1, %r2, %r3}, [%d2];
  mov.u32 %r4, 0;
  mov.u32 %r5, 0;
  mov.u32 %r6, 0;
  mov.u32 %r7, 0;
  )" + instruction +
         R"(
  st.global.v4.b32 [%d1], {%r4, %r5, %r6, %r7};
  ret;
}
)";
}

std::string tex(const std::string& form, const std::string& coordinates,
                const std::string& rest = "") {
  return "tex" + form + " {%r4, %r5, %r6, %r7}, [%image, {" + coordinates + "}]" + rest + ";";
}

class EngineTexture : public testing::Test {
 protected:
  void TearDown() override {
    images().set(handle, std::shared_ptr<const Texture>());
    images().set(handle, std::shared_ptr<const Surface>());
  }

  /// Random texels of this shape in device memory.
  Image make_image(CUarray_format format, unsigned channels, std::size_t width,
                   std::size_t height = 1, std::size_t depth = 1) {
    Image image;
    image.format = format;
    image.channels = channels;
    image.width = width;
    image.height = height;
    image.depth = depth;
    image.row_pitch = width * image.texel_bytes();
    image.slice_pitch = image.row_pitch * height;
    image.data = device.memory.allocate(image.slice_pitch * depth);
    auto* bytes = reinterpret_cast<std::byte*>(image.data);
    const std::size_t count = width * height * depth * channels;
    for (std::size_t i = 0; i < count; ++i) {
      if (format == CU_AD_FORMAT_FLOAT) {
        const auto value = static_cast<float>(random() % 2000) / 8 - 100;
        std::memcpy(bytes + 4 * i, &value, 4);
      } else {
        const std::uint64_t value = random();
        const std::size_t size = channel_bytes(format);
        std::memcpy(bytes + size * i, &value, size);
      }
    }
    return image;
  }

  static float texel(const Image& image, std::int64_t x, std::int64_t y = 0, std::int64_t z = 0) {
    float value;
    std::memcpy(&value,
                reinterpret_cast<const std::byte*>(image.data) +
                    static_cast<std::size_t>(z) * image.slice_pitch +
                    static_cast<std::size_t>(y) * image.row_pitch +
                    static_cast<std::size_t>(x) * image.texel_bytes(),
                sizeof value);
    return value;
  }

  static Texture texture_of(const Image& image) {
    Texture texture;
    texture.levels = {image};
    return texture;
  }

  /// What the instruction gives for each input.
  std::vector<Words> run(const std::string& instruction, const std::vector<Vector>& inputs,
                         std::uint64_t image = handle) {
    return run_words(instruction, inputs, image);
  }

  template <class Input>
  std::vector<Words> run_words(const std::string& instruction, const std::vector<Input>& inputs,
                               std::uint64_t image = handle) {
    static_assert(sizeof(Input) == 16);
    EXPECT_TRUE(device.load(fetch_kernel(instruction))) << device.error.message;
    auto* in = device.upload(inputs);
    auto* out = device.upload(std::vector<Words>(inputs.size()));
    fault = device.launch("fetch", line(1, static_cast<unsigned>(inputs.size())),
                          reinterpret_cast<std::uint64_t>(out), reinterpret_cast<std::uint64_t>(in),
                          image);
    if (expect_success) {
      EXPECT_EQ(fault.result, CUDA_SUCCESS) << fault.message;
    }
    return {out, out + inputs.size()};
  }

  void set(Texture texture) {
    images().set(handle, std::make_shared<const Texture>(std::move(texture)));
  }

  static float number(std::uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  static std::uint32_t bits(float number) {
    std::uint32_t value;
    std::memcpy(&value, &number, sizeof value);
    return value;
  }

  Device device;
  LaunchFault fault;
  bool expect_success = true;
  std::mt19937_64 random{17};
};

// --- The guide's formulas ---

/// The index of a texel outside [0, n), -1 for the border.
std::int64_t addressed(std::int64_t i, std::int64_t n, CUaddress_mode mode) {
  switch (mode) {
    case CU_TR_ADDRESS_MODE_WRAP:
      while (i < 0) i += n;
      return i % n;
    case CU_TR_ADDRESS_MODE_MIRROR:
      while (i < 0 || i >= n) i = i < 0 ? -1 - i : 2 * n - 1 - i;
      return i;
    case CU_TR_ADDRESS_MODE_BORDER:
      return i < 0 || i >= n ? -1 : i;
    default:
      return i < 0 ? 0 : i >= n ? n - 1 : i;
  }
}

/// frac() as it is stored: nine bits, of which eight are fraction.
double stored_fraction(double value) {
  return std::round((value - std::floor(value)) * 256) / 256;
}

using Fetch3 = std::function<double(std::int64_t, std::int64_t, std::int64_t)>;

/// Linear filtering in up to three dimensions at texel coordinates.
double filtered(const Fetch3& fetch, int dimensions, const double* at) {
  std::int64_t i[3] = {};
  double w[3] = {};
  for (int d = 0; d < dimensions; ++d) {
    i[d] = static_cast<std::int64_t>(std::floor(at[d] - 0.5));
    w[d] = stored_fraction(at[d] - 0.5);
  }
  double sum = 0;
  for (int corner = 0; corner < 1 << dimensions; ++corner) {
    double weight = 1;
    std::int64_t at_corner[3] = {i[0], i[1], i[2]};
    for (int d = 0; d < dimensions; ++d) {
      const bool next = (corner >> d & 1) != 0;
      weight *= next ? w[d] : 1 - w[d];
      at_corner[d] += next;
    }
    if (weight != 0) sum += weight * fetch(at_corner[0], at_corner[1], at_corner[2]);
  }
  return sum;
}

struct Mode {
  CUaddress_mode mode;
  bool normalized;
};
constexpr Mode modes[] = {{CU_TR_ADDRESS_MODE_CLAMP, false}, {CU_TR_ADDRESS_MODE_BORDER, false},
                          {CU_TR_ADDRESS_MODE_CLAMP, true},  {CU_TR_ADDRESS_MODE_BORDER, true},
                          {CU_TR_ADDRESS_MODE_WRAP, true},   {CU_TR_ADDRESS_MODE_MIRROR, true},
                          {CU_TR_ADDRESS_MODE_WRAP, false},  {CU_TR_ADDRESS_MODE_MIRROR, false}};

/// Wrapping and mirroring are for normalised coordinates only.
CUaddress_mode effective(const Mode& mode) {
  const bool periodic =
      mode.mode == CU_TR_ADDRESS_MODE_WRAP || mode.mode == CU_TR_ADDRESS_MODE_MIRROR;
  return periodic && !mode.normalized ? CU_TR_ADDRESS_MODE_CLAMP : mode.mode;
}

TEST_F(EngineTexture, PointsAndFiltersInEveryAddressMode) {
  // A width that is a power of two, so that normalised coordinates are exact.
  const Image image = make_image(CU_AD_FORMAT_FLOAT, 1, 16, 8, 4);
  for (const int dimensions : {1, 2, 3}) {
    const std::string form = "." + std::to_string(dimensions) + "d.v4.f32.f32";
    const std::string coordinates = dimensions == 1   ? "%f0"
                                    : dimensions == 2 ? "%f0, %f1"
                                                      : "%f0, %f1, %f2, %f2";
    for (const Mode& mode : modes) {
      for (const CUfilter_mode filter : {CU_TR_FILTER_MODE_POINT, CU_TR_FILTER_MODE_LINEAR}) {
        Texture texture = texture_of(image);
        texture.address.fill(mode.mode);
        texture.filter = filter;
        texture.normalized_coordinates = mode.normalized;
        texture.border = {7, 8, 9, 10};
        set(texture);
        const double extents[3] = {16, 8, 4};
        std::vector<Vector> inputs(64);
        for (Vector& input : inputs) {
          for (std::size_t d = 0; d < 3; ++d) {
            // In steps of 1/32 texel, from one image before to one behind.
            const double texels =
                (static_cast<double>(random() % 1536) / 512 - 1) * extents[d] + 1.0 / 64;
            input[d] = static_cast<float>(mode.normalized ? texels / extents[d] : texels);
          }
        }
        const std::vector<Words> got = run(tex(form, coordinates), inputs);
        const CUaddress_mode address = effective(mode);
        const Fetch3 fetch = [&](std::int64_t x, std::int64_t y, std::int64_t z) -> double {
          x = addressed(x, 16, address);
          y = dimensions > 1 ? addressed(y, 8, address) : 0;
          z = dimensions > 2 ? addressed(z, 4, address) : 0;
          return x < 0 || y < 0 || z < 0 ? 7 : texel(image, x, y, z);
        };
        for (std::size_t i = 0; i < inputs.size(); ++i) {
          double at[3];
          std::int64_t index[3];
          for (std::size_t d = 0; d < 3; ++d) {
            at[d] = inputs[i][d] * (mode.normalized ? extents[d] : 1);
            index[d] = static_cast<std::int64_t>(std::floor(at[d]));
          }
          double expected = filter == CU_TR_FILTER_MODE_POINT ? fetch(index[0], index[1], index[2])
                                                              : filtered(fetch, dimensions, at);
          // One row of an image of two dimensions, at its edge.
          if (filter == CU_TR_FILTER_MODE_LINEAR && dimensions == 1 &&
              mode.mode == CU_TR_ADDRESS_MODE_BORDER) {
            expected = (expected + 7) / 2;
          }
          ASSERT_NEAR(number(got[i][0]), expected, 1e-3)
              << dimensions << "D, mode " << mode.mode << ", normalised " << mode.normalized
              << ", filter " << filter << ", at " << at[0] << ' ' << at[1] << ' ' << at[2];
        }
      }
    }
  }
}

TEST_F(EngineTexture, WeightsHaveEightBitsOfFraction) {
  const Image image = make_image(CU_AD_FORMAT_FLOAT, 1, 2);
  auto* texels = reinterpret_cast<float*>(image.data);
  texels[0] = 0;
  texels[1] = 256;
  Texture texture = texture_of(image);
  texture.filter = CU_TR_FILTER_MODE_LINEAR;
  set(texture);
  const std::vector<Words> got =
      run(tex(".1d.v4.f32.f32", "%f0"),
          {{0.5F + 3 / 256.0F}, {0.5F + 3.4F / 256.0F}, {0.5F + 3.6F / 256.0F}, {1.4999F}});
  EXPECT_EQ(number(got[0][0]), 3);
  EXPECT_EQ(number(got[1][0]), 3);
  EXPECT_EQ(number(got[2][0]), 4);
  EXPECT_EQ(number(got[3][0]), 256);
}

TEST_F(EngineTexture, ReadsEveryFormat) {
  struct Case {
    CUarray_format format;
    std::uint32_t stored;
    std::uint32_t as_integer;
    double as_fraction;
  };
  const Case cases[] = {{CU_AD_FORMAT_UNSIGNED_INT8, 200, 200, 200 / 255.0},
                        {CU_AD_FORMAT_SIGNED_INT8, 0x80, 0xffffff80, -1.0},
                        {CU_AD_FORMAT_SIGNED_INT8, 0x85, 0xffffff85, -123 / 127.0},
                        {CU_AD_FORMAT_UNSIGNED_INT16, 50000, 50000, 50000 / 65535.0},
                        {CU_AD_FORMAT_SIGNED_INT16, 0x8000, 0xffff8000, -1.0},
                        {CU_AD_FORMAT_SIGNED_INT16, 1234, 1234, 1234 / 32767.0}};
  for (const Case& one : cases) {
    for (const unsigned channels : {1U, 2U, 4U}) {
      const Image image = make_image(one.format, channels, 2);
      const std::size_t size = channel_bytes(one.format);
      for (unsigned c = 0; c < channels; ++c) {
        std::memcpy(reinterpret_cast<std::byte*>(image.data) + (channels + c) * size, &one.stored,
                    size);
      }
      Texture texture = texture_of(image);
      set(texture);
      const Words fraction = run(tex(".1d.v4.f32.f32", "%f0"), {{1.5F}})[0];
      texture.read_as_integer = true;
      set(texture);
      const Words integer = run(tex(".1d.v4.u32.f32", "%f0"), {{1.5F}})[0];
      for (unsigned c = 0; c < channels; ++c) {
        EXPECT_NEAR(number(fraction[c]), one.as_fraction, 1e-6) << one.format;
        EXPECT_EQ(integer[c], one.as_integer) << one.format;
      }
      EXPECT_EQ(fraction[3], channels == 4 ? fraction[0] : 0);
    }
  }
  const std::pair<std::uint16_t, float> halves[] = {
      {0x3c00, 1.0F}, {0xc500, -5.0F}, {0x0001, 0x1p-24F}, {0x7bff, 65504.0F}, {0x7c00, INFINITY}};
  for (const auto& [half, value] : halves) {
    const Image image = make_image(CU_AD_FORMAT_HALF, 1, 1);
    std::memcpy(reinterpret_cast<void*>(image.data), &half, sizeof half);
    set(texture_of(image));
    EXPECT_EQ(number(run(tex(".1d.v4.f32.f32", "%f0"), {{0.5F}})[0][0]), value);
  }
  const Image wide = make_image(CU_AD_FORMAT_UNSIGNED_INT32, 2, 1);
  const std::uint32_t words[2] = {0xdeadbeef, 5};
  std::memcpy(reinterpret_cast<void*>(wide.data), words, sizeof words);
  set(texture_of(wide));  // never promoted
  const Words got = run(tex(".1d.v4.u32.f32", "%f0"), {{0.5F}})[0];
  EXPECT_EQ(got[0], words[0]);
  EXPECT_EQ(got[1], words[1]);
}

TEST_F(EngineTexture, DecodesSrgb) {
  const Image image = make_image(CU_AD_FORMAT_UNSIGNED_INT8, 4, 1);
  const unsigned char bytes[4] = {5, 128, 255, 128};
  std::memcpy(reinterpret_cast<void*>(image.data), bytes, sizeof bytes);
  Texture texture = texture_of(image);
  texture.srgb = true;
  set(texture);
  const Words got = run(tex(".2d.v4.f32.f32", "%f0, %f0"), {{0.5F}})[0];
  EXPECT_NEAR(number(got[0]), 5 / 255.0 / 12.92, 1e-6);
  EXPECT_NEAR(number(got[1]), std::pow((128 / 255.0 + 0.055) / 1.055, 2.4), 1e-6);
  EXPECT_NEAR(number(got[2]), 1.0, 1e-6);
  EXPECT_NEAR(number(got[3]), 128 / 255.0, 1e-6) << "alpha is linear";
}

TEST_F(EngineTexture, IntegerCoordinatesAreTexels) {
  const Image image = make_image(CU_AD_FORMAT_FLOAT, 1, 10, 6);
  Texture texture = texture_of(image);
  texture.filter = CU_TR_FILTER_MODE_LINEAR;
  set(texture);
  const std::vector<std::array<std::int32_t, 4>> inputs = {{0, 0}, {9, 5}, {3, 2}, {-4, 99}};
  const std::vector<Words> got = run_words(tex(".2d.v4.f32.s32", "%r0, %r1"), inputs);
  EXPECT_EQ(number(got[0][0]), texel(image, 0, 0));
  EXPECT_EQ(number(got[1][0]), texel(image, 9, 5));
  EXPECT_EQ(number(got[2][0]), texel(image, 3, 2));
  EXPECT_EQ(number(got[3][0]), 0) << "outside, whatever the address mode";
}

TEST_F(EngineTexture, LinearMemoryIsZeroOutside) {
  Texture texture = texture_of(make_image(CU_AD_FORMAT_FLOAT, 1, 10));
  texture.linear_memory = true;
  set(texture);
  const std::vector<std::array<std::int32_t, 4>> inputs = {{0}, {9}, {10}, {-1}};
  const std::vector<Words> got = run_words(tex(".1d.v4.f32.s32", "%r0"), inputs);
  EXPECT_EQ(number(got[0][0]), texel(texture.levels[0], 0));
  EXPECT_EQ(number(got[1][0]), texel(texture.levels[0], 9));
  EXPECT_EQ(got[2], Words{});
  EXPECT_EQ(got[3], Words{});
}

TEST_F(EngineTexture, LayersAreClampedAndNeverFilteredBetween) {
  const Image image = make_image(CU_AD_FORMAT_FLOAT, 1, 4, 4, 3);
  Texture texture = texture_of(image);
  texture.filter = CU_TR_FILTER_MODE_LINEAR;
  set(texture);
  const std::vector<std::array<std::uint32_t, 4>> inputs = {
      {0, bits(1.5F), bits(2.5F)}, {2, bits(1.5F), bits(2.5F)}, {7, bits(1.5F), bits(2.5F)}};
  const std::vector<Words> got = run_words(tex(".a2d.v4.f32.f32", "%r0, %f1, %f2, %f2"), inputs);
  EXPECT_EQ(number(got[0][0]), texel(image, 1, 2, 0));
  EXPECT_EQ(number(got[1][0]), texel(image, 1, 2, 2));
  EXPECT_EQ(number(got[2][0]), texel(image, 1, 2, 2));
  Image rows = image;
  rows.depth = rows.height;
  rows.height = 1;
  rows.slice_pitch = rows.row_pitch;
  set(texture_of(rows));
  EXPECT_EQ(number(run_words(tex(".a1d.v4.f32.f32", "%r0, %f1"), inputs)[1][0]),
            texel(image, 1, 2, 0));
}

/// Face, and place on it, as the guide's table says.
TEST_F(EngineTexture, CubesHaveSixFaces) {
  const Image image = make_image(CU_AD_FORMAT_FLOAT, 1, 8, 8, 12);
  Texture texture = texture_of(image);
  texture.normalized_coordinates = true;
  set(texture);
  std::vector<Vector> inputs;
  for (int i = 0; i < 96; ++i) {
    Vector input{};
    for (std::size_t d = 0; d < 3; ++d) {
      input[d] = static_cast<float>(random() % 2001) / 1000 - 1.0005F;
    }
    inputs.push_back(input);
  }
  const std::vector<Words> got = run(tex(".cube.v4.f32.f32", "%f0, %f1, %f2, %f2"), inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const double x = inputs[i][0];
    const double y = inputs[i][1];
    const double z = inputs[i][2];
    const double m = std::max({std::fabs(x), std::fabs(y), std::fabs(z)});
    int face = 0;
    double s = 0;
    double t = 0;
    if (m == std::fabs(x)) {
      face = x > 0 ? 0 : 1;
      s = x > 0 ? -z : z;
      t = -y;
    } else if (m == std::fabs(y)) {
      face = y > 0 ? 2 : 3;
      s = x;
      t = y > 0 ? z : -z;
    } else {
      face = z > 0 ? 4 : 5;
      s = z > 0 ? x : -x;
      t = -y;
    }
    const auto place = [&](double c) {
      return std::min<std::int64_t>(static_cast<std::int64_t>((c / m + 1) / 2 * 8), 7);
    };
    ASSERT_EQ(number(got[i][0]), texel(image, place(s), place(t), face))
        << x << ' ' << y << ' ' << z;
  }
  const std::vector<Words> second = run_words(
      tex(".acube.v4.f32.f32", "%r3, %f0, %f1, %f2"),
      std::vector<std::array<std::uint32_t, 4>>{{bits(0.9F), bits(0.01F), bits(0.01F), 1}});
  EXPECT_EQ(number(second[0][0]), texel(image, 3, 3, 6));
}

TEST_F(EngineTexture, SeamlessCubesFilterAcrossEdges) {
  const Image image = make_image(CU_AD_FORMAT_FLOAT, 1, 4, 4, 6);
  Texture texture = texture_of(image);
  texture.normalized_coordinates = true;
  texture.filter = CU_TR_FILTER_MODE_LINEAR;
  texture.seamless = true;
  set(texture);
  // Where faces +x and +z meet, at the height of a row of texels: the mean of the two next texels,
  // from either side.
  const std::vector<Words> got = run(tex(".cube.v4.f32.f32", "%f0, %f1, %f2, %f2"),
                                     {{1, 0.25F, 0.99999F}, {0.99999F, 0.25F, 1}});
  const double mean = (texel(image, 0, 1, 0) + texel(image, 3, 1, 4)) / 2.0;
  EXPECT_NEAR(number(got[0][0]), mean, 1.0);
  EXPECT_NEAR(number(got[1][0]), mean, 1.0);
  EXPECT_NEAR(number(got[0][0]), number(got[1][0]), 1e-2);
}

class EngineMipmap : public EngineTexture {
 protected:
  /// Levels of 16, 8, 4, 2 and 1 texels whose value is their number times ten.
  Texture make_mipmap() {
    Texture texture;
    for (std::size_t side = 16; side != 0; side /= 2) {
      const Image image = make_image(CU_AD_FORMAT_FLOAT, 1, side, side);
      auto* texels = reinterpret_cast<float*>(image.data);
      std::fill_n(texels, side * side, static_cast<float>(texture.levels.size()) * 10);
      texture.levels.push_back(image);
    }
    texture.normalized_coordinates = true;
    texture.max_level = 100;
    return texture;
  }
};

TEST_F(EngineMipmap, LevelsAreChosenOrBlended) {
  Texture texture = make_mipmap();
  set(texture);
  const std::string instruction = tex(".level.2d.v4.f32.f32", "%f0, %f0", ", %f1");
  const std::vector<Vector> inputs = {{0.5F, -3}, {0.5F, 0.3F},  {0.5F, 0.7F},
                                      {0.5F, 2},  {0.5F, 3.25F}, {0.5F, 50}};
  std::vector<Words> got = run(instruction, inputs);
  const float nearest[] = {0, 0, 10, 20, 30, 40};
  for (std::size_t i = 0; i < inputs.size(); ++i) EXPECT_EQ(number(got[i][0]), nearest[i]) << i;

  texture.mipmap_filter = CU_TR_FILTER_MODE_LINEAR;
  set(texture);
  got = run(instruction, inputs);
  const float blended[] = {0, 77 / 25.6F, 179 / 25.6F, 20, 32.5F, 40};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_NEAR(number(got[i][0]), blended[i], 1e-4) << i;
  }

  texture.level_bias = 1;
  texture.min_level = 1.5F;
  texture.max_level = 3;
  set(texture);
  got = run(instruction, inputs);
  const float limited[] = {15, 15, 17.0F - 0.0F, 30, 30, 30};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_NEAR(number(got[i][0]), limited[i], 0.05) << i;
  }
}

TEST_F(EngineMipmap, DerivativesChooseTheLevel) {
  set(make_mipmap());
  // A step of two texels of the largest level in x is level 1; of eight in y, level 3.
  const std::string instruction =
      tex(".grad.2d.v4.f32.f32", "%f0, %f0", ", {%f1, %f2}, {%f2, %f3}");
  const std::vector<Words> got =
      run(instruction, {{0.5F, 2 / 16.0F, 0, 0}, {0.5F, 0, 0, 8 / 16.0F}, {0.5F, 0, 0, 0}});
  EXPECT_EQ(number(got[0][0]), 10);
  EXPECT_EQ(number(got[1][0]), 30);
  EXPECT_EQ(number(got[2][0]), 0);
}

TEST_F(EngineTexture, GathersTheFootprint) {
  const Image image = make_image(CU_AD_FORMAT_FLOAT, 2, 8, 8);
  set(texture_of(image));
  const auto second = [&](std::int64_t x, std::int64_t y) {
    float value;
    std::memcpy(&value,
                reinterpret_cast<const std::byte*>(image.data) +
                    static_cast<std::size_t>(y) * image.row_pitch +
                    static_cast<std::size_t>(x) * 8 + 4,
                sizeof value);
    return value;
  };
  const Words got =
      run("tld4.g.2d.v4.f32.f32 {%r4, %r5, %r6, %r7}, [%image, {%f0, %f1}];", {{3.2F, 5.9F}})[0];
  EXPECT_EQ(number(got[0]), second(2, 6));
  EXPECT_EQ(number(got[1]), second(3, 6));
  EXPECT_EQ(number(got[2]), second(3, 5));
  EXPECT_EQ(number(got[3]), second(2, 5));
}

TEST_F(EngineTexture, OffsetsMoveByTexels) {
  const Image image = make_image(CU_AD_FORMAT_FLOAT, 1, 8, 8);
  set(texture_of(image));
  const Words got =
      run(tex(".2d.v4.f32.f32", "%f0, %f1", ", {%r2, -2}"), {{3.5F, 5.5F, number(3), 0}})[0];
  EXPECT_EQ(number(got[0]), texel(image, 6, 3));
}

TEST_F(EngineTexture, ResidencyIsAlwaysGiven) {
  set(texture_of(make_image(CU_AD_FORMAT_FLOAT, 1, 8)));
  const Words got =
      run("setp.ne.u32 %q0, 0, 0;\n"
          "tex.1d.v4.f32.f32 {%r4, %r5, %r6, %r7}|%q0, [%image, {%f0}];\n"
          "selp.u32 %r4, 1, 0, %q0;",
          {{0.5F}})[0];
  EXPECT_EQ(got[0], 1U);
}

TEST_F(EngineTexture, AnswersQuestions) {
  Texture texture = texture_of(make_image(CU_AD_FORMAT_UNSIGNED_INT16, 2, 12, 7, 5));
  texture.filter = CU_TR_FILTER_MODE_LINEAR;
  texture.normalized_coordinates = true;
  texture.read_as_integer = true;
  texture.address[1] = CU_TR_ADDRESS_MODE_MIRROR;
  Image half = texture.levels[0];
  half.width = 6;
  texture.levels.push_back(half);
  set(texture);
  Words got =
      run("txq.width.b32 %r4, [%image]; txq.height.b32 %r5, [%image];"
          "txq.depth.b32 %r6, [%image]; txq.num_mipmap_levels.b32 %r7, [%image];",
          {{}})[0];
  EXPECT_EQ(got, (Words{12, 7, 5, 2}));
  got =
      run("txq.filter_mode.b32 %r4, [%image]; txq.addr_mode_1.b32 %r5, [%image];"
          "txq.normalized_coords.b32 %r6, [%image]; txq.level.width.b32 %r7, [%image], 1;",
          {{}})[0];
  EXPECT_EQ(got, (Words{1, 1, 1, 6}));
  // OpenCL's CL_UNSIGNED_INT16 and CL_RG.
  got =
      run("txq.channel_data_type.b32 %r4, [%image]; txq.channel_order.b32 %r5, [%image];"
          "istypep.texref %q0, %image; selp.u32 %r6, 1, 0, %q0;"
          "istypep.surfref %q1, %image; selp.u32 %r7, 1, 0, %q1;",
          {{}})[0];
  EXPECT_EQ(got, (Words{0x10db, 0x10b2, 1, 0}));
}

TEST_F(EngineTexture, NamedReferencesAreFoundByThePlaceOfTheirVariable) {
  const Image image = make_image(CU_AD_FORMAT_FLOAT, 1, 8);
  const std::string instruction = "tex.1d.v4.f32.f32 {%r4, %r5, %r6, %r7}, [named, {%f0}];";
  ASSERT_TRUE(device.load(fetch_kernel(instruction)));
  EXPECT_EQ(device.module().find_global("named"), nullptr);
  EXPECT_EQ(device.module().find_reference("named", true), 0U);
  EXPECT_EQ(device.module().find_reference("nothing", false), 0U);
  const std::uint64_t place = device.module().find_reference("named", false);
  ASSERT_NE(place, 0U);
  images().set(place, std::make_shared<const Texture>(texture_of(image)));
  auto* in = device.upload(std::vector<Vector>{{3.5F}});
  auto* out = device.upload(std::vector<Words>(1));
  VGPU_EXPECT_RUNS(device.launch("fetch", line(1, 1), reinterpret_cast<std::uint64_t>(out),
                                 reinterpret_cast<std::uint64_t>(in), std::uint64_t{0}));
  EXPECT_EQ(number(out[0][0]), texel(image, 3));
  images().set(place, std::shared_ptr<const Texture>());
}

TEST_F(EngineTexture, WhatIsNoTextureIsAFault) {
  expect_success = false;
  run(tex(".1d.v4.f32.f32", "%f0"), {{0.5F}}, 99);
  EXPECT_EQ(fault.result, CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_NE(fault.message.find("no texture 99"), std::string::npos) << fault.message;
}

TEST_F(EngineTexture, FreedMemoryUnderATextureIsAFault) {
  Texture texture = texture_of(make_image(CU_AD_FORMAT_FLOAT, 1, 8));
  texture.linear_memory = true;
  set(texture);
  ASSERT_TRUE(device.memory.release(texture.levels[0].data));
  expect_success = false;
  run(tex(".1d.v4.f32.s32", "%r0"), {{0}});
  EXPECT_EQ(fault.result, CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_NE(fault.message.find("freed"), std::string::npos) << fault.message;
}

TEST_F(EngineTexture, UnsupportedFormsAreRefusedByName) {
  for (const char* instruction :
       {"tex.2dms.v4.f32.s32 {%r4, %r5, %r6, %r7}, [%image, {%r0, %r0, %r0, %r0}];",
        "tex.1d.v4.f32.f32 {%r4, %r5, %r6, %r7}, [%image, %image, {%f0}];",
        "tex.1d.v4.f32.f32 {%r4, %r5, %r6, %r7}, [nothing, {%f0}];"}) {
    ASSERT_TRUE(device.load(fetch_kernel(instruction)));
    std::string reason;
    CUresult result = CUDA_SUCCESS;
    EXPECT_EQ(device.module().find_kernel("fetch", reason, result), nullptr) << instruction;
    EXPECT_NE(reason.find("tex"), std::string::npos) << reason;
  }
}

// --- Surfaces ---

class EngineSurface : public EngineTexture {
 protected:
  Image make_surface(CUarray_format format, unsigned channels, std::size_t width,
                     std::size_t height = 1, std::size_t depth = 1) {
    const Image image = make_image(format, channels, width, height, depth);
    images().set(handle, std::make_shared<const Surface>(Surface{image, nullptr}));
    return image;
  }
  using Input = std::array<std::int32_t, 4>;
};

TEST_F(EngineSurface, LoadsAndStoresBytes) {
  const Image image = make_surface(CU_AD_FORMAT_UNSIGNED_INT8, 4, 8, 3, 2);
  auto* bytes = reinterpret_cast<unsigned char*>(image.data);
  const auto word = [&](std::size_t at) {
    std::uint32_t value;
    std::memcpy(&value, bytes + at, sizeof value);
    return value;
  };
  const std::vector<Input> inputs = {{4, 2, 1}, {0, 0, 0}};
  std::vector<Words> got =
      run_words("suld.b.3d.v2.b32.trap {%r4, %r5}, [%image, {%r0, %r1, %r2, %r2}];",
                std::vector<Input>{{8, 2, 1}});
  EXPECT_EQ(got[0][0], word(1 * 96 + 2 * 32 + 8));
  EXPECT_EQ(got[0][1], word(1 * 96 + 2 * 32 + 12));
  got = run_words("suld.b.a2d.b32.trap {%r4}, [%image, {%r2, %r0, %r1, %r1}];", inputs);
  EXPECT_EQ(got[0][0], word(96 + 64 + 4));
  EXPECT_EQ(got[1][0], word(0));
  run_words(".reg .b16 %h; mov.u16 %h, 0xabcd; sust.b.2d.b16.trap [%image, {%r0, %r1}], %h;",
            std::vector<Input>{{6, 1}});
  EXPECT_EQ(word(32 + 4) >> 16, 0xabcdU);
  run_words(".reg .b64 %w; mov.u64 %w, 0x1122334455667788; sust.b.1d.b64.trap [%image, {%r0}], %w;",
            std::vector<Input>{{16}});
  EXPECT_EQ(word(16), 0x55667788U);
  EXPECT_EQ(word(20), 0x11223344U);
  EXPECT_EQ(run_words("suq.width.b32 %r4, [%image]; suq.height.b32 %r5, [%image];",
                      std::vector<Input>{{}})[0],
            (Words{8, 3, 0, 0}));
}

TEST_F(EngineSurface, OutsideIsZeroTheNearestTexelOrTheEnd) {
  const Image image = make_surface(CU_AD_FORMAT_UNSIGNED_INT32, 1, 4, 2);
  auto* words = reinterpret_cast<std::uint32_t*>(image.data);
  const std::vector<Input> outside = {{-4, 0}, {16, 0}, {0, -1}, {12, 2}};
  const std::vector<std::uint32_t> before(words, words + 8);
  std::vector<Words> got = run_words("suld.b.2d.b32.zero {%r4}, [%image, {%r0, %r1}];", outside);
  for (const Words& one : got) EXPECT_EQ(one[0], 0U);
  got = run_words("suld.b.2d.b32.clamp {%r4}, [%image, {%r0, %r1}];", outside);
  EXPECT_EQ(got[0][0], words[0]);
  EXPECT_EQ(got[1][0], words[3]);
  EXPECT_EQ(got[2][0], words[0]);
  EXPECT_EQ(got[3][0], words[7]);
  run_words("sust.b.2d.b32.zero [%image, {%r0, %r1}], 5;", outside);
  EXPECT_EQ(std::vector<std::uint32_t>(words, words + 8), before);
  run_words("sust.b.2d.b32.clamp [%image, {%r0, %r1}], 5;", std::vector<Input>{{100, 99}});
  EXPECT_EQ(words[7], 5U);
  expect_success = false;
  for (const char* instruction : {"suld.b.2d.b32.trap {%r4}, [%image, {%r0, %r1}];",
                                  "sust.b.2d.b32.trap [%image, {%r0, %r1}], 5;"}) {
    run_words(instruction, std::vector<Input>{{16, 0}});
    EXPECT_EQ(fault.result, CUDA_ERROR_LAUNCH_FAILED) << instruction;
    EXPECT_NE(fault.message.find("outside the surface"), std::string::npos) << fault.message;
  }
  run_words("suld.b.2d.b32.clamp {%r4}, [%image, {%r0, %r1}];", std::vector<Input>{{2, 0}});
  EXPECT_EQ(fault.result, CUDA_ERROR_MISALIGNED_ADDRESS);
  run_words("suld.b.2d.b32.clamp {%r4}, [%image, {%r0, %r1}];", std::vector<Input>{{0, 0}}, 5);
  EXPECT_EQ(fault.result, CUDA_ERROR_ILLEGAL_ADDRESS);
}

TEST_F(EngineSurface, FormattedStoresConvert) {
  Image image = make_surface(CU_AD_FORMAT_SIGNED_INT8, 4, 4);
  auto* bytes = reinterpret_cast<signed char*>(image.data);
  run_words("sust.p.1d.v4.s32.trap [%image, {%r0}], {%r1, %r2, %r3, %r3};",
            std::vector<Input>{{2, 300, -300, 7}});
  EXPECT_EQ(bytes[8], 127);
  EXPECT_EQ(bytes[9], -128);
  EXPECT_EQ(bytes[10], 7);
  image = make_surface(CU_AD_FORMAT_HALF, 1, 4);
  const std::pair<float, std::uint16_t> halves[] = {{1.0F, 0x3c00},        {-2.5F, 0xc100},
                                                    {70000.0F, 0x7c00},    {0x1p-24F, 0x0001},
                                                    {1.00048828F, 0x3c00}, {1.0014648F, 0x3c02}};
  for (const auto& [value, half] : halves) {
    run("sust.p.1d.f32.trap [%image, {%r1}], %f0;", {{value, 0}});
    std::uint16_t stored;
    std::memcpy(&stored, reinterpret_cast<const void*>(image.data), sizeof stored);
    EXPECT_EQ(stored, half) << value;
  }
}

TEST_F(EngineSurface, ReductionsMeetInOnePlace) {
  const Image image = make_surface(CU_AD_FORMAT_UNSIGNED_INT32, 1, 4);
  auto* words = reinterpret_cast<std::uint32_t*>(image.data);
  words[1] = 10;
  std::vector<Input> inputs(32);
  for (int i = 0; i < 32; ++i) inputs[static_cast<std::size_t>(i)] = {4, i - 16};
  run_words("sured.b.add.1d.s32.trap [%image, {%r0}], %r1;", inputs);
  EXPECT_EQ(words[1], static_cast<std::uint32_t>(10 - 16));
  words[1] = 100;
  run_words("sured.b.min.1d.s32.trap [%image, {%r0}], %r1;", inputs);
  EXPECT_EQ(words[1], static_cast<std::uint32_t>(-16));
  words[1] = 3;
  run_words("sured.b.max.1d.u32.trap [%image, {%r0}], %r1;", inputs);
  EXPECT_EQ(words[1], UINT32_MAX);
  words[2] = 0xf0;
  run_words("sured.p.or.1d.b32.trap [%image, {2}], 0x0f;", std::vector<Input>{{}});
  EXPECT_EQ(words[2], 0xffU);
}

}  // namespace
}  // namespace vgpu::softdevice
