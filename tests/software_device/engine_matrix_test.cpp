#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "tests/software_device/engine_fixture.hpp"

namespace vgpu::softdevice {
namespace {

/// Element types of the tests, as numbers a host can compute with.
struct Format {
  std::string name;
  unsigned bits;
  std::function<std::uint64_t(int)> encode;
};

std::uint64_t image_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
std::uint64_t image_of(double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
/// A small integer as a binary format with the given exponent bias and fraction width.
std::uint64_t small_float(int value, unsigned bits, int bias, int fraction) {
  if (value == 0) return 0;
  const int exponent = std::ilogb(std::abs(value));
  const auto steps = static_cast<std::uint64_t>(std::ldexp(std::abs(value), fraction - exponent) -
                                                std::ldexp(1.0, fraction));
  return (value < 0 ? std::uint64_t{1} << (bits - 1) : 0) |
         static_cast<std::uint64_t>(exponent + bias) << fraction | steps;
}

Format format(const std::string& name) {
  const auto whole = [](unsigned bits) {
    return
        [bits](int v) { return static_cast<std::uint64_t>(v) & ((std::uint64_t{1} << bits) - 1); };
  };
  if (name == "f16") return {name, 16, [](int v) { return small_float(v, 16, 15, 10); }};
  if (name == "bf16") return {name, 16, [](int v) { return small_float(v, 16, 127, 7); }};
  if (name == "e4m3") return {name, 8, [](int v) { return small_float(v, 8, 7, 3); }};
  if (name == "e5m2") return {name, 8, [](int v) { return small_float(v, 8, 15, 2); }};
  if (name == "tf32" || name == "f32")
    return {name, 32, [](int v) { return image_of(static_cast<float>(v)); }};
  if (name == "f64") return {name, 64, [](int v) { return image_of(static_cast<double>(v)); }};
  if (name == "s8" || name == "u8") return {name, 8, whole(8)};
  if (name == "s4" || name == "u4") return {name, 4, whole(4)};
  if (name == "b1") return {name, 1, whole(1)};
  return {name, 32, whole(32)};
}

/// The smallest and largest value used of a type; sums stay exact in every accumulator.
std::pair<int, int> range_of(const std::string& type) {
  if (type == "b1") return {0, 1};
  if (type == "u4") return {0, 15};
  if (type == "s4") return {-8, 7};
  if (type == "u8") return {0, 255};
  if (type == "s8") return {-128, 127};
  if (type == "s32") return {-100'000, 100'000};
  return {-3, 3};
}

struct Place {
  int row;
  int column;
};

struct Dense {
  int rows;
  int columns;
  std::vector<int> values;
  int& at(Place place) {
    return values[static_cast<std::size_t>(place.row * columns + place.column)];
  }
};

Dense random_matrix(int rows, int columns, const std::string& type, std::mt19937& random) {
  const auto [low, high] = range_of(type);
  std::uniform_int_distribution<int> pick(low, high);
  Dense dense{rows, columns, std::vector<int>(static_cast<std::size_t>(rows * columns))};
  for (int& value : dense.values) value = pick(random);
  return dense;
}

/// Where PTX's documentation puts element `i` of lane `lane`, written as it writes it.
using Layout = std::function<Place(int lane, int i)>;

struct MmaCase {
  std::string shape;
  std::string types;  // d.a.b.c
  int m, n, k;
  Layout a, b, c;
  std::string suffix = "";
};

Layout c_layout() {
  return [](int lane, int i) {
    return Place{i < 2 ? lane / 4 : lane / 4 + 8, lane % 4 * 2 + (i & 1)};
  };
}
/// B: `each` elements of a register, `step` rows to the next register.
Layout b_layout(int each, int step) {
  return [=](int lane, int i) {
    return Place{lane % 4 * each + i % each + i / each * step, lane / 4};
  };
}

std::vector<MmaCase> mma_cases() {
  const Layout c = c_layout();
  const Layout f16_k8 = [](int lane, int i) {
    return Place{i < 2 ? lane / 4 : lane / 4 + 8, lane % 4 * 2 + (i & 1)};
  };
  const Layout f16_k16 = [](int lane, int i) {
    const bool upper = i < 2 || (i >= 4 && i < 6);
    return Place{upper ? lane / 4 : lane / 4 + 8, lane % 4 * 2 + (i & 1) + (i >= 4 ? 8 : 0)};
  };
  const Layout tf32_k4 = [](int lane, int i) { return Place{lane / 4 + 8 * i, lane % 4}; };
  const Layout tf32_k8 = [](int lane, int i) {
    return Place{i == 0 || i == 2 ? lane / 4 : lane / 4 + 8, lane % 4 + (i >= 2 ? 4 : 0)};
  };
  const Layout byte_k16 = [](int lane, int i) {
    return Place{i < 4 ? lane / 4 : lane / 4 + 8, lane % 4 * 4 + (i & 3)};
  };
  const Layout byte_k32 = [](int lane, int i) {
    const bool upper = i < 4 || (i >= 8 && i < 12);
    return Place{upper ? lane / 4 : lane / 4 + 8, lane % 4 * 4 + (i & 3) + (i >= 8 ? 16 : 0)};
  };
  const Layout nibble_k32 = [](int lane, int i) {
    return Place{i < 8 ? lane / 4 : lane / 4 + 8, lane % 4 * 8 + (i & 7)};
  };
  const Layout nibble_k64 = [](int lane, int i) {
    const bool upper = i < 8 || (i >= 16 && i < 24);
    return Place{upper ? lane / 4 : lane / 4 + 8, lane % 4 * 8 + (i & 7) + (i >= 16 ? 32 : 0)};
  };
  const Layout bit_k128 = [](int lane, int i) {
    return Place{i < 32 ? lane / 4 : lane / 4 + 8, lane % 4 * 32 + (i & 31)};
  };
  const Layout bit_k256 = [](int lane, int i) {
    const bool upper = i < 32 || (i >= 64 && i < 96);
    return Place{upper ? lane / 4 : lane / 4 + 8, lane % 4 * 32 + (i & 31) + (i >= 64 ? 128 : 0)};
  };
  const auto small = [](int each) {
    return Layout([=](int lane, int i) { return Place{lane / 4, lane % 4 * each + i}; });
  };
  std::vector<MmaCase> cases = {
      {"m16n8k8", "f32.f16.f16.f32", 16, 8, 8, f16_k8, b_layout(2, 8), c},
      {"m16n8k8", "f16.f16.f16.f16", 16, 8, 8, f16_k8, b_layout(2, 8), c},
      {"m16n8k16", "f32.f16.f16.f32", 16, 8, 16, f16_k16, b_layout(2, 8), c},
      {"m16n8k16", "f16.f16.f16.f16", 16, 8, 16, f16_k16, b_layout(2, 8), c},
      {"m16n8k8", "f32.bf16.bf16.f32", 16, 8, 8, f16_k8, b_layout(2, 8), c},
      {"m16n8k16", "f32.bf16.bf16.f32", 16, 8, 16, f16_k16, b_layout(2, 8), c},
      {"m16n8k4", "f32.tf32.tf32.f32", 16, 8, 4, tf32_k4, b_layout(1, 4), c},
      {"m16n8k8", "f32.tf32.tf32.f32", 16, 8, 8, tf32_k8, b_layout(1, 4), c},
      {"m16n8k32", "f32.e4m3.e5m2.f32", 16, 8, 32, byte_k32, b_layout(4, 16), c},
      {"m8n8k4", "f64.f64.f64.f64", 8, 8, 4, small(1), b_layout(1, 4), c},
      {"m8n8k4", "f64.f64.f64.f64", 8, 8, 4, small(1), b_layout(1, 4), c, ".rp"},
      {"m8n8k128", "s32.b1.b1.s32", 8, 8, 128, small(32), b_layout(32, 128), c, ".xor.popc"},
      {"m16n8k128", "s32.b1.b1.s32", 16, 8, 128, bit_k128, b_layout(32, 128), c, ".and.popc"},
      {"m16n8k256", "s32.b1.b1.s32", 16, 8, 256, bit_k256, b_layout(32, 128), c, ".xor.popc"}};
  for (const char* types : {"s32.s8.s8.s32", "s32.s8.u8.s32", "s32.u8.s8.s32", "s32.u8.u8.s32"}) {
    cases.push_back({"m8n8k16", types, 8, 8, 16, small(4), b_layout(4, 16), c});
    cases.push_back({"m16n8k16", types, 16, 8, 16, byte_k16, b_layout(4, 16), c});
    cases.push_back({"m16n8k32", types, 16, 8, 32, byte_k32, b_layout(4, 16), c});
  }
  for (const char* types : {"s32.s4.s4.s32", "s32.u4.s4.s32"}) {
    cases.push_back({"m8n8k32", types, 8, 8, 32, small(8), b_layout(8, 32), c});
    cases.push_back({"m16n8k32", types, 16, 8, 32, nibble_k32, b_layout(8, 32), c});
    cases.push_back({"m16n8k64", types, 16, 8, 64, nibble_k64, b_layout(8, 32), c});
  }
  return cases;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '.')
      parts.emplace_back();
    else
      parts.back().push_back(c);
  }
  return parts;
}

/// The registers of all lanes for a matrix laid out so: [register][lane], 32-bit words (f64: 64).
std::vector<std::uint32_t> fragments(Dense& dense, const Format& type, int elements,
                                     const Layout& layout) {
  const unsigned width = type.bits == 64 ? 2 : 1;
  const auto total = static_cast<unsigned>(elements) * type.bits;
  const unsigned registers = type.bits == 64 ? static_cast<unsigned>(elements) : total / 32;
  std::vector<std::uint32_t> words(registers * 32 * width);
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < elements; ++i) {
      const std::uint64_t bits = type.encode(dense.at(layout(lane, i)));
      const auto position = static_cast<unsigned>(i) * type.bits;
      const unsigned number = position / (32 * width);
      const auto at = (number * 32 + static_cast<unsigned>(lane)) * width;
      words[at] |= static_cast<std::uint32_t>(bits << (position % 32));
      if (width == 2) words[at + 1] = static_cast<std::uint32_t>(bits >> 32);
    }
  }
  return words;
}

std::string registers(const std::string& prefix, std::size_t count) {
  std::string text = "{";
  for (std::size_t i = 0; i < count; ++i)
    text += (i == 0 ? "" : ", ") + ("%" + prefix) + std::to_string(i);
  return text + "}";
}

/// A kernel that loads the fragments from `p`, in the order a, b, c, executes and stores d at `q`.
std::string mma_kernel(const std::string& instruction, bool wide, std::size_t a, std::size_t b,
                       std::size_t c, bool wide_c, std::size_t d) {
  const auto type = [](bool is_wide) { return is_wide ? std::string("b64") : std::string("b32"); };
  std::string text =
      ".version 8.8\n.target sm_89\n.address_size 64\n"
      ".visible .entry k(.param .u64 p, .param .u64 q)\n{\n.reg .b64 %in, %out, %o;\n"
      ".reg .b32 %lane;\n.reg ." +
      type(wide) + " %a<33>, %b<33>;\n.reg ." + type(wide_c) +
      " %c<33>, %d<33>;\n"
      "ld.param.u64 %in, [p];\nld.param.u64 %out, [q];\nmov.u32 %lane, %laneid;\n";
  std::size_t offset = 0;
  const auto address = [&](const std::string& base, bool is_wide) {
    text += "mul.wide.u32 %o, %lane, " + std::string(is_wide ? "8" : "4") + ";\nadd.s64 %o, %o, %" +
            base + ";\n";
  };
  const auto load = [&](const std::string& prefix, std::size_t count, bool is_wide) {
    address("in", is_wide);
    for (std::size_t i = 0; i < count; ++i, offset += is_wide ? 256 : 128)
      text += "ld.global." + type(is_wide) + " %" + prefix + std::to_string(i) + ", [%o+" +
              std::to_string(offset) + "];\n";
  };
  load("a", a, wide);
  load("b", b, wide);
  load("c", c, wide_c);
  text += instruction + " " + registers("d", d) + ", " + registers("a", a) + ", " +
          registers("b", b) + ", " + registers("c", c) + ";\n";
  address("out", wide_c);
  for (std::size_t i = 0; i < d; ++i)
    text += "st.global." + type(wide_c) + " [%o+" + std::to_string(i * (wide_c ? 256 : 128)) +
            "], %d" + std::to_string(i) + ";\n";
  return text + "ret;\n}\n";
}

class Mma : public testing::TestWithParam<MmaCase> {};

TEST_P(Mma, ProductOfSmallIntegers) {
  const MmaCase& test = GetParam();
  const std::vector<std::string> types = split(test.types);
  std::mt19937 random(7);
  Dense a = random_matrix(test.m, test.k, types[1], random);
  Dense b = random_matrix(test.k, test.n, types[2], random);
  Dense c = random_matrix(test.m, test.n, types[3], random);
  Dense expected = c;
  const bool bits = types[1] == "b1";
  const bool is_and = test.suffix == ".and.popc";
  for (int row = 0; row < test.m; ++row)
    for (int column = 0; column < test.n; ++column)
      for (int i = 0; i < test.k; ++i) {
        const int x = a.at({row, i});
        const int y = b.at({i, column});
        expected.at({row, column}) += bits && !is_and ? x ^ y : x * y;
      }
  const Format a_format = format(types[1]);
  const Format c_format = format(types[3]);
  const auto a_words = fragments(a, a_format, test.m * test.k / 32, test.a);
  const auto b_words = fragments(b, format(types[2]), test.k * test.n / 32, test.b);
  const auto c_words = fragments(c, c_format, test.m * test.n / 32, test.c);
  const auto d_words = fragments(expected, format(types[0]), test.m * test.n / 32, test.c);
  std::vector<std::uint32_t> in = a_words;
  in.insert(in.end(), b_words.begin(), b_words.end());
  in.insert(in.end(), c_words.begin(), c_words.end());
  const bool wide = a_format.bits == 64;
  const std::size_t each = wide ? 64 : 32;
  const bool rounding = test.suffix == ".rp";
  Device device;
  ASSERT_TRUE(device.load(mma_kernel("mma.sync.aligned." + test.shape + ".row.col" +
                                         (rounding ? test.suffix : "") + "." + test.types +
                                         (rounding ? "" : test.suffix),
                                     wide, a_words.size() / each, b_words.size() / each,
                                     c_words.size() / each, wide, d_words.size() / each)))
      << device.error.message;
  std::uint32_t* out = device.upload(std::vector<std::uint32_t>(d_words.size()));
  VGPU_EXPECT_RUNS(device.launch("k", line(1, 32), device.upload(in), out));
  for (std::size_t i = 0; i < d_words.size(); ++i) ASSERT_EQ(out[i], d_words[i]) << i;
}

INSTANTIATE_TEST_SUITE_P(Engine, Mma, testing::ValuesIn(mma_cases()), [](const auto& info) {
  std::string name = info.param.shape + "_" + info.param.types + info.param.suffix;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

class QuadMma : public testing::TestWithParam<std::string> {};

/// mma.m8n8k4 of f16: each of four groups of eight lanes makes a product of its own.
TEST_P(QuadMma, FourProducts) {
  const std::vector<std::string> parts = split(GetParam());  // row/col, row/col, d, c
  std::mt19937 random(3);
  const bool a_row = parts[0] == "row";
  const bool b_row = parts[1] == "row";
  const auto low = [](int lane) { return lane < 16 ? 0 : 4; };
  const auto c_place = [&](const std::string& type, int lane, int i) {
    if (type == "f16") return Place{lane % 4 + low(lane), i};
    return Place{(lane & 1) + (i & 2) + low(lane), (i & 4) + (lane & 2) + (i & 1)};
  };
  std::vector<Dense> a, b, c, d;
  for (int product = 0; product < 4; ++product) {
    a.push_back(random_matrix(8, 4, "f16", random));
    b.push_back(random_matrix(4, 8, "f16", random));
    c.push_back(random_matrix(8, 8, "f16", random));
    d.push_back(c.back());
    for (int row = 0; row < 8; ++row)
      for (int column = 0; column < 8; ++column)
        for (int i = 0; i < 4; ++i)
          d.back().at({row, column}) += a.back().at({row, i}) * b.back().at({i, column});
  }
  // The layouts below choose the product by the lane, so all four make one tall matrix.
  const auto stacked = [](const std::vector<Dense>& all) {
    Dense tall{4 * all[0].rows, all[0].columns, {}};
    for (const Dense& one : all)
      tall.values.insert(tall.values.end(), one.values.begin(), one.values.end());
    return tall;
  };
  const auto product = [](int lane) { return lane % 16 / 4; };
  const Layout a_at = [&](int lane, int i) {
    const Place place = a_row ? Place{lane % 4 + low(lane), i} : Place{i + low(lane), lane % 4};
    return Place{product(lane) * 8 + place.row, place.column};
  };
  const Layout b_at = [&](int lane, int i) {
    const Place place = b_row ? Place{lane % 4, i + low(lane)} : Place{i, lane % 4 + low(lane)};
    return Place{product(lane) * 4 + place.row, place.column};
  };
  const auto c_at = [&](const std::string& type) {
    return Layout([&, type](int lane, int i) {
      const Place place = c_place(type, lane, i);
      return Place{product(lane) * 8 + place.row, place.column};
    });
  };
  Dense tall_a = stacked(a), tall_b = stacked(b), tall_c = stacked(c), tall_d = stacked(d);
  const auto a_words = fragments(tall_a, format("f16"), 4, a_at);
  const auto b_words = fragments(tall_b, format("f16"), 4, b_at);
  const auto c_words = fragments(tall_c, format(parts[3]), 8, c_at(parts[3]));
  const auto d_words = fragments(tall_d, format(parts[2]), 8, c_at(parts[2]));
  std::vector<std::uint32_t> in = a_words;
  in.insert(in.end(), b_words.begin(), b_words.end());
  in.insert(in.end(), c_words.begin(), c_words.end());
  Device device;
  ASSERT_TRUE(device.load(mma_kernel("mma.sync.aligned.m8n8k4." + parts[0] + "." + parts[1] + "." +
                                         parts[2] + ".f16.f16." + parts[3],
                                     false, 2, 2, c_words.size() / 32, false, d_words.size() / 32)))
      << device.error.message;
  std::uint32_t* out = device.upload(std::vector<std::uint32_t>(d_words.size()));
  VGPU_EXPECT_RUNS(device.launch("k", line(1, 32), device.upload(in), out));
  for (std::size_t i = 0; i < d_words.size(); ++i) ASSERT_EQ(out[i], d_words[i]) << i;
}

INSTANTIATE_TEST_SUITE_P(Engine, QuadMma,
                         testing::Values("row.col.f32.f32", "col.row.f32.f32", "row.row.f16.f16",
                                         "col.col.f32.f16"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(MmaRounding, SaturationAndWrapping) {
  std::mt19937 random(1);
  for (const bool saturates : {false, true}) {
    Device device;
    ASSERT_TRUE(device.load(mma_kernel(std::string("mma.sync.aligned.m8n8k16.row.col") +
                                           (saturates ? ".satfinite" : "") + ".s32.u8.u8.s32",
                                       false, 1, 1, 2, false, 2)));
    std::vector<std::uint32_t> in(4 * 32, 0x01010101u);
    std::fill(in.begin() + 64, in.end(), 0x7fffffffu);
    std::uint32_t* out = device.upload(std::vector<std::uint32_t>(64));
    VGPU_EXPECT_RUNS(device.launch("k", line(1, 32), device.upload(in), out));
    EXPECT_EQ(out[5], saturates ? 0x7fffffffu : 0x8000000fu);
  }
}

/// Products are exact and a sum is rounded once: 1 + 16 * 2^-28 has more bits than a float on the
/// way, and none too many at the end.
TEST(MmaRounding, SumsAreRoundedOnce) {
  Device device;
  ASSERT_TRUE(device.load(
      mma_kernel("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", false, 4, 2, 4, false, 4)));
  std::vector<std::uint32_t> in(10 * 32);
  std::fill_n(in.begin(), 4 * 32, 0x04000400u);           // 2^-14
  std::fill_n(in.begin() + 4 * 32, 2 * 32, 0x04000400u);  // 2^-14
  std::fill_n(in.begin() + 6 * 32, 4 * 32, 0x3f800000u);  // 1
  std::uint32_t* out = device.upload(std::vector<std::uint32_t>(4 * 32));
  VGPU_EXPECT_RUNS(device.launch("k", line(1, 32), device.upload(in), out));
  // 16 * 2^-28 = 2^-24: half of the last place of 1, a tie that goes to even.
  EXPECT_EQ(out[0], 0x3f800000u);
  std::fill_n(in.begin() + 6 * 32, 4 * 32, 0x3f800001u);
  VGPU_EXPECT_RUNS(device.launch("k", line(1, 32), device.upload(in), out));
  EXPECT_EQ(out[0], 0x3f800002u);
}

struct WmmaCase {
  std::string shape;
  int m, n, k;
  std::string d, a, b, c;
  std::string a_layout, b_layout, c_layout;
};

class Wmma : public testing::TestWithParam<WmmaCase> {};

/// A dense matrix in memory as wmma.load reads it; `stride` in elements.
std::vector<std::uint8_t> in_memory(Dense& dense, const Format& type, bool row_major, int stride) {
  const int lines = row_major ? dense.rows : dense.columns;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(lines * stride) * type.bits / 8 + 8);
  for (int row = 0; row < dense.rows; ++row) {
    for (int column = 0; column < dense.columns; ++column) {
      const int index = row_major ? row * stride + column : column * stride + row;
      const std::uint64_t image = type.encode(dense.at({row, column}));
      const std::size_t bit = static_cast<std::size_t>(index) * type.bits;
      for (unsigned i = 0; i < type.bits; ++i)
        bytes[(bit + i) / 8] =
            static_cast<std::uint8_t>(bytes[(bit + i) / 8] | (image >> i & 1) << ((bit + i) % 8));
    }
  }
  return bytes;
}

std::size_t wmma_registers(const std::string& type, int elements, bool multiplicand) {
  const unsigned bits = format(type).bits;
  if (bits == 64) return static_cast<std::size_t>(elements);
  if (multiplicand && type == "f16") return 8;
  return static_cast<std::size_t>(elements) * bits / 32;
}

TEST_P(Wmma, LoadsMultipliesAndStores) {
  const WmmaCase& t = GetParam();
  std::mt19937 random(11);
  Dense a = random_matrix(t.m, t.k, t.a, random);
  Dense b = random_matrix(t.k, t.n, t.b, random);
  Dense c = random_matrix(t.m, t.n, t.c, random);
  Dense expected = c;
  for (int row = 0; row < t.m; ++row)
    for (int column = 0; column < t.n; ++column)
      for (int i = 0; i < t.k; ++i) {
        const int x = a.at({row, i});
        const int y = b.at({i, column});
        expected.at({row, column}) += t.a == "b1" ? x ^ y : x * y;
      }
  const auto stride = [](const Dense& dense, const std::string& layout, unsigned bits) {
    return (layout == "row" ? dense.columns : dense.rows) + (bits < 8 ? 32 : 8);
  };
  const int a_stride = stride(a, t.a_layout, format(t.a).bits);
  const int b_stride = stride(b, t.b_layout, format(t.b).bits);
  const int c_stride = stride(c, t.c_layout, 32);
  const bool wide = t.a == "f64";
  const std::string type = wide ? "b64" : "b32";
  const std::string a_list = registers("a", wmma_registers(t.a, t.m * t.k / 32, true));
  const std::string b_list = registers("b", wmma_registers(t.b, t.k * t.n / 32, true));
  const std::string c_list = registers("c", wmma_registers(t.c, t.m * t.n / 32, false));
  const std::string d_list = registers("d", wmma_registers(t.d, t.m * t.n / 32, false));
  const std::string types =
      t.a == "f16" ? t.d + "." + t.c : t.d + "." + t.a + "." + t.b + "." + t.c;
  const std::string text =
      ".version 8.0\n.target sm_86\n.address_size 64\n"
      ".visible .entry k(.param .u64 p, .param .u64 q, .param .u64 r, .param .u64 s)\n{\n"
      ".reg .b64 %p<4>;\n.reg ." +
      type +
      " %a<9>, %b<9>, %c<9>, %d<9>;\n.reg .b32 %stride;\n"
      "ld.param.u64 %p0, [p];\nld.param.u64 %p1, [q];\nld.param.u64 %p2, [r];\n"
      "ld.param.u64 %p3, [s];\nmov.u32 %stride, " +
      std::to_string(c_stride) +
      ";\n"
      "wmma.load.a.sync.aligned." +
      t.a_layout + "." + t.shape + ".global." + t.a + " " + a_list + ", [%p0], " +
      std::to_string(a_stride) +
      ";\n"
      "wmma.load.b.sync.aligned." +
      t.b_layout + "." + t.shape + "." + t.b + " " + b_list + ", [%p1], " +
      std::to_string(b_stride) +
      ";\n"
      "wmma.load.c.sync.aligned." +
      t.c_layout + "." + t.shape + "." + t.c + " " + c_list +
      ", [%p2], %stride;\n"
      "wmma.mma" +
      (t.a == "b1" ? ".xor.popc" : "") + ".sync.aligned." + t.a_layout + "." + t.b_layout + "." +
      t.shape + "." + types + " " + d_list + ", " + a_list + ", " + b_list + ", " + c_list +
      ";\n"
      "wmma.store.d.sync.aligned." +
      t.c_layout + "." + t.shape + ".global." + t.d + " [%p3], " + d_list + ", %stride;\nret;\n}\n";
  Device device;
  ASSERT_TRUE(device.load(text)) << device.error.message;
  auto wanted = in_memory(expected, format(t.d), t.c_layout == "row", c_stride);
  std::uint8_t* out = device.upload(std::vector<std::uint8_t>(wanted.size()));
  VGPU_EXPECT_RUNS(device.launch(
      "k", line(1, 32), device.upload(in_memory(a, format(t.a), t.a_layout == "row", a_stride)),
      device.upload(in_memory(b, format(t.b), t.b_layout == "row", b_stride)),
      device.upload(in_memory(c, format(t.c), t.c_layout == "row", c_stride)), out));
  for (std::size_t i = 0; i < wanted.size(); ++i) ASSERT_EQ(out[i], wanted[i]) << i;
}

std::vector<WmmaCase> wmma_cases() {
  std::vector<WmmaCase> cases;
  const std::tuple<const char*, int, int> shapes[] = {
      {"m16n16k16", 16, 16}, {"m8n32k16", 8, 32}, {"m32n8k16", 32, 8}};
  int turn = 0;
  const auto side = [&] { return ++turn * 7 % 3 % 2 == 0 ? "row" : "col"; };
  for (const auto& [shape, m, n] : shapes) {
    for (const char* c : {"f16", "f32"})
      for (const char* d : {"f16", "f32"})
        cases.push_back({shape, m, n, 16, d, "f16", "f16", c, side(), side(), "row"});
    cases.push_back({shape, m, n, 16, "f32", "bf16", "bf16", "f32", side(), side(), "col"});
    cases.push_back({shape, m, n, 16, "s32", "s8", "s8", "s32", side(), side(), "row"});
    cases.push_back({shape, m, n, 16, "s32", "u8", "u8", "s32", side(), side(), "col"});
  }
  cases.push_back({"m16n16k8", 16, 16, 8, "f32", "tf32", "tf32", "f32", "row", "row", "col"});
  cases.push_back({"m8n8k4", 8, 8, 4, "f64", "f64", "f64", "f64", "col", "row", "row"});
  cases.push_back({"m8n8k32", 8, 8, 32, "s32", "s4", "s4", "s32", "row", "col", "row"});
  cases.push_back({"m8n8k32", 8, 8, 32, "s32", "u4", "u4", "s32", "row", "col", "col"});
  cases.push_back({"m8n8k128", 8, 8, 128, "s32", "b1", "b1", "s32", "row", "col", "row"});
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Engine, Wmma, testing::ValuesIn(wmma_cases()), [](const auto& info) {
  const WmmaCase& t = info.param;
  return t.shape + "_" + t.d + "_" + t.a + "_" + t.c + "_" + t.a_layout + "_" + t.b_layout;
});

/// Shared memory filled with 0, 1, 2, ... as 16-bit words; `body` moves a matrix into %r1..%r4.
std::string rows_kernel(const std::string& body) {
  return ".version 8.0\n.target sm_90\n.address_size 64\n"
         ".visible .entry k(.param .u64 q)\n{\n.reg .b64 %out, %o;\n.reg .b32 %r<9>, %lane, %i, "
         "%row;\n.reg .b16 %h;\n.reg .pred %p;\n.shared .align 16 .b8 data[1024];\n"
         "ld.param.u64 %out, [q];\nmov.u32 %lane, %laneid;\nmov.u32 %i, data;\n"
         "mad.lo.u32 %row, %lane, 16, %i;\nmul.lo.u32 %i, %lane, 2;\n"
         "mov.b32 %r1, 0;\nmov.b32 %r2, 0;\nmov.b32 %r3, 0;\nmov.b32 %r4, 0;\n"
         "$fill:\ncvt.u16.u32 %h, %i;\nshr.u32 %r5, %i, 1;\nmov.u32 %r6, data;\n"
         "mad.lo.u32 %r6, %r5, 2, %r6;\nst.shared.u16 [%r6], %r5;\nadd.u32 %i, %i, 64;\n"
         "setp.lt.u32 %p, %i, 512;\n@%p bra $fill;\nbar.warp.sync -1;\n" +
         body +
         "\nmul.wide.u32 %o, %lane, 16;\nadd.s64 %o, %o, %out;\n"
         "st.global.v4.b32 [%o], {%r1, %r2, %r3, %r4};\nret;\n}\n";
}

TEST(MatrixRows, LoadsAreSpreadOverTheWarp) {
  // Row i of the four matrices holds 8i .. 8i + 7.
  for (const bool transposed : {false, true}) {
    for (const int count : {1, 2, 4}) {
      const char* lists[] = {"", "{%r1}", "{%r1, %r2}", "", "{%r1, %r2, %r3, %r4}"};
      Device device;
      ASSERT_TRUE(device.load(rows_kernel("ldmatrix.sync.aligned.m8n8.x" + std::to_string(count) +
                                          (transposed ? ".trans" : "") + ".shared.b16 " +
                                          lists[count] + ", [%row];")))
          << device.error.message;
      std::uint32_t* out = device.upload(std::vector<std::uint32_t>(128));
      VGPU_EXPECT_RUNS(device.launch("k", line(1, 32), out));
      for (unsigned lane = 0; lane < 32; ++lane) {
        for (unsigned i = 0; i < 4; ++i) {
          const unsigned major = lane / 4;
          const unsigned minor = lane % 4 * 2;
          const unsigned first = 64 * i + (transposed ? 8 * minor + major : 8 * major + minor);
          const unsigned second = first + (transposed ? 8 : 1);
          const unsigned expected = i < static_cast<unsigned>(count) ? first | second << 16 : 0;
          ASSERT_EQ(out[4 * lane + i], expected) << lane << ":" << i << " of " << count;
        }
      }
    }
  }
}

TEST(MatrixRows, StoreAndTransposeInvertEachOther) {
  Device device;
  ASSERT_TRUE(
      device.load(rows_kernel("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%r1, %r2}, [%row];\n"
                              "movmatrix.sync.aligned.m8n8.trans.b16 %r1, %r1;\n"
                              "stmatrix.sync.aligned.m8n8.x2.trans.shared.b16 [%row], {%r1, %r2};\n"
                              "bar.warp.sync -1;\n"
                              "ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%r3, %r4}, [%row];")))
      << device.error.message;
  std::uint32_t* out = device.upload(std::vector<std::uint32_t>(128));
  VGPU_EXPECT_RUNS(device.launch("k", line(1, 32), out));
  for (unsigned lane = 0; lane < 32; ++lane) {
    const unsigned row = lane / 4;
    const unsigned column = lane % 4 * 2;
    const auto pair = [](unsigned first, unsigned second) { return first | second << 16; };
    EXPECT_EQ(out[4 * lane], pair(8 * column + row, 8 * (column + 1) + row));
    EXPECT_EQ(out[4 * lane + 2], pair(8 * row + column, 8 * row + column + 1));
    EXPECT_EQ(out[4 * lane + 3], pair(64 + 8 * column + row, 64 + 8 * (column + 1) + row));
  }
}

TEST(MatrixRows, AddressesAreChecked) {
  Device device;
  ASSERT_TRUE(device.load(rows_kernel(
      "add.u32 %row, %row, 4;\nldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r1}, [%row];")));
  std::uint32_t* out = device.upload(std::vector<std::uint32_t>(128));
  EXPECT_EQ(device.launch("k", line(1, 32), out).result, CUDA_ERROR_MISALIGNED_ADDRESS);
}

}  // namespace
}  // namespace vgpu::softdevice
