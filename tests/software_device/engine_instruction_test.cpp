#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/software_device/engine_fixture.hpp"

namespace vgpu::softdevice {
namespace {

/// A kernel of one warp: lane i reads its operands as `%r1`, `%r2`, `%r3` (words) from three arrays
/// and stores `%r0` (or, `wide`, `%d0`). `%f`, `%h`, `%d`, `%p` and `%q` registers are there, too.
std::string lane_kernel(const std::string& body, bool wide = false) {
  return ".version 8.8\n.target sm_89\n.address_size 64\n"
         ".visible .entry k(.param .u64 in, .param .u64 out)\n{\n"
         ".reg .b64 %in, %out, %o;\n.reg .b32 %lane;\n.reg .b32 %r<16>;\n.reg .b64 %d<8>;\n"
         ".reg .b16 %h<8>;\n.reg .f32 %f<8>;\n.reg .pred %p<8>;\n.reg .b128 %q<4>;\n"
         ".shared .align 16 .b8 data[1024];\n"
         "ld.param.u64 %in, [in];\nld.param.u64 %out, [out];\nmov.u32 %lane, %laneid;\n"
         "mul.wide.u32 %o, %lane, 4;\nadd.s64 %o, %o, %in;\n"
         "ld.global.u32 %r1, [%o];\nld.global.u32 %r2, [%o+128];\nld.global.u32 %r3, [%o+256];\n"
         "mov.u32 %r0, 0;\nmov.u64 %d0, 0;\n" +
         body + "\nmul.wide.u32 %o, %lane, " + (wide ? "8" : "4") +
         ";\nadd.s64 %o, %o, %out;\nst.global." + (wide ? "u64 [%o], %d0" : "u32 [%o], %r0") +
         ";\nret;\n}\n";
}

using Words = std::vector<std::uint32_t>;

/// What the lanes store, with operands repeated to fill the warp.
template <class T>
std::vector<T> run_as(const std::string& body, const Words& a, const Words& b, const Words& c,
                      unsigned lanes = 32) {
  Device device;
  EXPECT_TRUE(device.load(lane_kernel(body, sizeof(T) == 8))) << device.error.message;
  Words in(128, 1);
  for (std::size_t i = 0; i < 32; ++i) {
    in[i] = a[i % a.size()];
    in[32 + i] = b[i % b.size()];
    in[64 + i] = c[i % c.size()];
  }
  T* out = device.upload(std::vector<T>(32));
  const LaunchFault fault = device.launch("k", line(1, lanes), device.upload(in), out);
  EXPECT_EQ(fault.result, CUDA_SUCCESS) << fault.message;
  return std::vector<T>(out, out + 32);
}
Words run(const std::string& body, const Words& a, const Words& b = {0}, const Words& c = {0}) {
  return run_as<std::uint32_t>(body, a, b, c);
}

std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// The result for the first lane.
std::uint32_t one(const std::string& body, std::uint32_t a, std::uint32_t b = 0,
                  std::uint32_t c = 0) {
  return run(body, {a}, {b}, {c})[0];
}

/// The value of an 8-bit float from its fields.
double float8_value(std::uint32_t bits, int exponent_bits, int fraction_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const auto exponent = static_cast<int>(bits >> fraction_bits & ((1u << exponent_bits) - 1));
  const auto fraction = static_cast<double>(bits & ((1u << fraction_bits) - 1));
  const double scale = std::ldexp(1.0, fraction_bits);
  const double magnitude = exponent == 0 ? std::ldexp(fraction / scale, 1 - bias)
                                         : std::ldexp(1.0 + fraction / scale, exponent - bias);
  return bits & 0x80 ? -magnitude : magnitude;
}

class Float8 : public testing::TestWithParam<const char*> {
 protected:
  bool wide_exponent() const { return std::string(GetParam()) == "e5m2"; }
  double value(std::uint32_t bits) const {
    return float8_value(bits, wide_exponent() ? 5 : 4, wide_exponent() ? 2 : 3);
  }
  /// Bits of the largest finite number.
  std::uint32_t largest() const { return wide_exponent() ? 0x7b : 0x7e; }
  std::string type() const { return std::string(GetParam()) + "x2"; }
};

TEST_P(Float8, NarrowsToTheNearestEvenAndSaturates) {
  // Every boundary between neighbours: the middle goes to the even one, a little off to the nearer.
  const std::string body =
      "cvt.rn.satfinite." + type() + ".f32 %h0, %r1, %r2;\ncvt.u32.u16 %r0, %h0;";
  Words in;
  Words expected;
  for (std::uint32_t low = 0; low < largest(); ++low) {
    const auto middle = static_cast<float>((value(low) + value(low + 1)) / 2);
    for (const float x : {static_cast<float>(value(low)), std::nextafter(middle, 0.0f), middle,
                          std::nextafter(middle, 1e9f)}) {
      in.push_back(bits_of(x));
      expected.push_back(x < middle ? low : x > middle ? low + 1 : low + (low & 1));
    }
  }
  for (const float x : {1e9f, std::numeric_limits<float>::infinity()}) {
    in.push_back(bits_of(x));
    expected.push_back(largest());
  }
  in.push_back(0x7fc00000u);
  expected.push_back(0x7f);
  for (std::size_t first = 0; first < in.size(); first += 32) {
    const std::size_t end = std::min(first + 32, in.size());
    const Words part(in.begin() + static_cast<std::ptrdiff_t>(first),
                     in.begin() + static_cast<std::ptrdiff_t>(end));
    const Words out = run(body, part, {bits_of(-1.0f)});
    const std::uint32_t minus_one = wide_exponent() ? 0xbc : 0xb8;
    for (std::size_t i = 0; i < part.size(); ++i)
      ASSERT_EQ(out[i], expected[first + i] << 8 | minus_one) << std::hex << part[i];
  }
}

TEST_P(Float8, WidensExactly) {
  for (std::uint32_t first = 0; first < 256; first += 32) {
    Words in(32);
    for (std::uint32_t i = 0; i < 32; ++i) in[i] = (first + i) << 8 | (255 - first - i);
    const Words out = run("cvt.u16.u32 %h0, %r1;\ncvt.rn.f16x2." + type() +
                              " %r2, %h0;\nmov.b32 {%h1, %h2}, %r2;\ncvt.f32.f16 %r0, %h2;",
                          in);
    for (std::uint32_t i = 0; i < 32; ++i) {
      const std::uint32_t bits = first + i;
      float result;
      std::memcpy(&result, &out[i], sizeof result);
      const bool special = (bits & 0x7f) > largest();
      if (!special)
        ASSERT_EQ(result, value(bits)) << bits;
      else if (wide_exponent() && (bits & 3) == 0)
        ASSERT_TRUE(std::isinf(result)) << bits;
      else
        ASSERT_TRUE(std::isnan(result)) << bits;
    }
  }
}

TEST_P(Float8, ReluAndHalfSources) {
  const std::string to =
      "cvt.rn.satfinite.relu." + type() + ".f16x2 %h0, %r1;\ncvt.u32.u16 %r0, %h0;";
  const std::uint32_t one_bits = wide_exponent() ? 0x3c : 0x38;
  EXPECT_EQ(one(to, 0xbc003c00u), one_bits);  // -1, 1
  EXPECT_EQ(one(to, 0x3c00bc00u), one_bits << 8);
}

INSTANTIATE_TEST_SUITE_P(Engine, Float8, testing::Values("e4m3", "e5m2"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Conversions, Tf32) {
  const std::string away = "cvt.rna.tf32.f32 %r0, %r1;";
  EXPECT_EQ(one(away, 0x3f801000u), 0x3f802000u);  // half of the last place
  EXPECT_EQ(one(away, 0xbf800fffu), 0xbf800000u);
  EXPECT_EQ(one(away, 0x7f7fffffu), 0x7f800000u);
  EXPECT_EQ(one("cvt.rna.satfinite.tf32.f32 %r0, %r1;", 0x7f7fffffu), 0x7f7fe000u);
  EXPECT_EQ(one("cvt.rn.tf32.f32 %r0, %r1;", 0x3f801000u), 0x3f800000u);
  EXPECT_EQ(one("cvt.rn.tf32.f32 %r0, %r1;", 0x3f803000u), 0x3f804000u);
  EXPECT_EQ(one("cvt.rz.relu.tf32.f32 %r0, %r1;", 0xbf803fffu), 0u);
}

TEST(Conversions, PackedIntegers) {
  EXPECT_EQ(one("cvt.pack.sat.s16.s32 %r0, %r1, %r2;", 70000, static_cast<std::uint32_t>(-70000)),
            0x7fff8000u);
  EXPECT_EQ(one("cvt.pack.sat.u16.s32 %r0, %r1, %r2;", 70000, static_cast<std::uint32_t>(-1)),
            0xffff0000u);
  EXPECT_EQ(one("cvt.pack.sat.u8.s32.b32 %r0, %r1, %r2, %r3;", 300, 7, 0xabcd1234u), 0x1234ff07u);
  EXPECT_EQ(one("cvt.pack.sat.s4.s32.b32 %r0, %r1, %r2, %r3;", static_cast<std::uint32_t>(-9), 9,
                0x12345678u),
            0x34567887u);
  EXPECT_EQ(one("cvt.pack.sat.u2.s32.b32 %r0, %r1, %r2, %r3;", 9, 1, 0x12345678u), 0x2345678du);
}

TEST(Conversions, PairsOfHalves) {
  const float tie = 1.0f + 0x1p-11f;  // between two f16
  const std::uint32_t a = bits_of(tie);
  EXPECT_EQ(one("cvt.rn.f16x2.f32 %r0, %r1, %r2;", a, bits_of(-2.0f)), 0x3c00c000u);
  EXPECT_EQ(one("cvt.rz.f16x2.f32 %r0, %r1, %r2;", bits_of(-1.9999f), bits_of(1e6f)), 0xbfff7bffu);
  EXPECT_EQ(one("cvt.rn.relu.bf16x2.f32 %r0, %r1, %r2;", bits_of(-1.0f), bits_of(2.0f)),
            0x00004000u);
  EXPECT_EQ(one("cvt.rn.satfinite.f16x2.f32 %r0, %r1, %r2;", bits_of(1e6f), bits_of(-1e6f)),
            0x7bfffbffu);
}

/// A product exactly between two bfloat16 and an addend far below it: what is added decides.
TEST(HalfPrecision, FusedSumsAreRoundedOnce) {
  // 1.5 * (1 + 2^-7) = 1.5 + 2^-7 + 2^-8 is such a product.
  const std::string body =
      "mov.b32 {%h0, %h3}, %r1;\nmov.b32 {%h1, %h3}, %r2;\nmov.b32 {%h2, %h3}, %r3;\n"
      "fma.rn.bf16 %h0, %h0, %h1, %h2;\ncvt.u32.u16 %r0, %h0;";
  EXPECT_EQ(one(body, 0x3fc0, 0x3f81, 0x0001), 0x3fc2u);  // above the tie
  EXPECT_EQ(one(body, 0x3fc0, 0x3f81, 0x8001), 0x3fc1u);  // below it
  EXPECT_EQ(one(body, 0x3fc0, 0x3f81, 0x0000), 0x3fc2u);  // on it: even
  EXPECT_EQ(one(body, 0x3fc0, 0x3f83, 0x8001), 0x3fc4u);
}

TEST(HalfPrecision, SetAndXorSign) {
  const std::string pair = "set.gt.f16x2.f16x2 %r0, %r1, %r2;";
  EXPECT_EQ(one(pair, 0x3c00c000u, 0x0000bc00u), 0x3c000000u);
  EXPECT_EQ(one("setp.eq.u32 %p1, %r3, 0;\nset.gt.xor.u32.f16x2 %r0, %r1, %r2, %p1;", 0x3c00c000u,
                0x0000bc00u),
            0x0000ffffu);
  EXPECT_EQ(one("mov.b32 {%h0, %h1}, %r1;\nset.lt.f16.f16 %h2, %h0, %h1;\ncvt.u32.u16 %r0, %h2;",
                0x3c00bc00u),
            0x3c00u);
  EXPECT_EQ(one("mov.b32 {%h0, %h1}, %r1;\nset.lt.u32.bf16 %r0, %h0, %h1;", 0x3f80bf80u),
            0xffffffffu);
  // A subnormal is zero with .ftz.
  EXPECT_EQ(one("mov.b32 {%h0, %h1}, %r1;\nset.ne.ftz.u32.f16 %r0, %h0, %h1;", 0x00000001u), 0u);
  EXPECT_EQ(one("max.xorsign.abs.f32 %r0, %r1, %r2;", bits_of(-3.0f), bits_of(2.0f)),
            bits_of(-3.0f));
  EXPECT_EQ(one("min.NaN.xorsign.abs.f32 %r0, %r1, %r2;", bits_of(-3.0f), bits_of(-2.0f)),
            bits_of(2.0f));
  EXPECT_EQ(one("fma.rn.relu.f16x2 %r0, %r1, %r2, %r3;", 0x3c00bc00u, 0x40004000u, 0u),
            0x40000000u);
}

TEST(Words, SelectionAndLogic) {
  EXPECT_EQ(one("fns.b32 %r0, %r1, %r2, %r3;", 0b1011010u, 0, 3), 4u);
  EXPECT_EQ(one("fns.b32 %r0, %r1, %r2, %r3;", 0b1011010u, 5, static_cast<std::uint32_t>(-2)), 3u);
  EXPECT_EQ(one("fns.b32 %r0, %r1, %r2, %r3;", 0b1011010u, 2, 0), UINT32_MAX);
  EXPECT_EQ(one("setp.eq.u32 %p1, %r1, 5;\nlop3.and.b32 %r4|%p2, %r1, %r2, %r3, 0xe8, %p1;\n"
                "selp.u32 %r0, %r4, 99, %p2;",
                5, 3, 9),
            (5u & 3u) | (5u & 9u) | (3u & 9u));
  EXPECT_EQ(one("setp.eq.u32 %p1, %r1, 4;\nlop3.and.b32 _|%p2, %r1, %r2, %r3, 0xe8, %p1;\n"
                "selp.u32 %r0, 1, 99, %p2;",
                5, 3, 9),
            99u);
  EXPECT_EQ(one("cvt.u16.u32 %h0, %r1;\ncvt.u16.u32 %h1, %r2;\nslct.u16.f32 %h0, %h0, %h1, %r3;\n"
                "cvt.u32.u16 %r0, %h0;",
                5, 3, bits_of(-1.0f)),
            3u);
  EXPECT_EQ(one("mad24.hi.sat.s32 %r0, %r1, %r2, %r3;", 0x7fffff, 0x7fffff, 0x7fffffff),
            0x7fffffffu);
  EXPECT_EQ(one("mov.u32 %r0, WARP_SZ;", 0), 32u);
}

TEST(Words, Of128Bits) {
  const auto out = run_as<std::uint64_t>(
      "cvt.u64.u32 %d1, %r1;\ncvt.u64.u32 %d2, %r2;\nmov.b128 %q1, {%d1, %d2};\n"
      "shl.b32 %r4, %lane, 4;\nmov.u32 %r5, data;\nadd.u32 %r4, %r4, %r5;\n"
      "st.shared.b128 [%r4], %q1;\nld.shared.b128 %q2, [%r4];\nmov.b128 %q3, %q2;\n"
      "mov.b128 {_, %d3}, %q3;\nld.shared.u64 %d4, [%r4];\nshl.b64 %d3, %d3, 32;\n"
      "or.b64 %d0, %d3, %d4;",
      {1, 2, 3, 4}, {7, 8}, {0});
  EXPECT_EQ(out[0], 0x700000001u);
  EXPECT_EQ(out[31], 0x800000004u);
}

TEST(Words, PairsOfIntegers) {
  EXPECT_EQ(one("add.u16x2 %r0, %r1, %r2;", 0xffff7fffu, 0x00020001u), 0x00018000u);
  EXPECT_EQ(one("max.s16x2 %r0, %r1, %r2;", 0x8000fff0u, 0x0001ffffu), 0x0001ffffu);
  EXPECT_EQ(one("min.u16x2 %r0, %r1, %r2;", 0x8000fff0u, 0x0001ffffu), 0x0001fff0u);
  EXPECT_EQ(one("min.relu.s16x2 %r0, %r1, %r2;", 0x8000000fu, 0x00010007u), 0x00000007u);
  EXPECT_EQ(one("max.relu.s32 %r0, %r1, %r2;", 0x80000000u, 0xfffffff0u), 0u);
}

TEST(Calls, ParametersInRegistersAndValuesInCalls) {
  const std::string text =
      ".version 8.0\n.target sm_80\n.address_size 64\n"
      ".func (.reg .b32 sum, .reg .b64 product) both(.reg .b32 a, .reg .b32 b)\n{\n"
      ".reg .pred p;\nadd.u32 sum, a, b;\nmul.wide.u32 product, a, b;\n"
      "setp.gt.u32 p, a, 10;\n@p ret;\nadd.u32 sum, sum, 1000;\n}\n"
      ".visible .entry k(.param .u64 q)\n{\n.reg .b64 %out, %o, %w;\n.reg .b32 %t, %s, %n;\n"
      "ld.param.u64 %out, [q];\nmov.u32 %t, %tid.x;\n"
      "call (%s, %w), both, (%t, 7);\ncvt.u32.u64 %n, %w;\nshl.b32 %n, %n, 16;\n"
      "add.u32 %s, %s, %n;\nmul.wide.u32 %o, %t, 4;\nadd.s64 %o, %o, %out;\n"
      "st.global.u32 [%o], %s;\nret;\n}\n";
  Device device;
  ASSERT_TRUE(device.load(text)) << device.error.message;
  std::uint32_t* out = device.upload(Words(32));
  VGPU_EXPECT_RUNS(device.launch("k", line(1, 32), out));
  for (std::uint32_t i = 0; i < 32; ++i)
    EXPECT_EQ(out[i], (i * 7) << 16 | (i + 7 + (i > 10 ? 0 : 1000))) << i;
}

// Lanes that are in a function through different calls meet at its instructions for all lanes.
TEST(Calls, LanesFromDifferentCallsExchangeValues) {
  Device device;
  ASSERT_TRUE(device.load(R"(.version 8.0
.target sm_80
.address_size 64
.func (.param .b32 r) total(.param .b32 value, .param .b32 again)
{
 .reg .b32 v, n, x, lane, first, d; .reg .b64 wide; .reg .pred p, q;
 ld.param.b32 v, [value];
 ld.param.b32 n, [again];
 mov.u32 lane, %laneid;
 mul.lo.u32 first, v, 1000;
 cvt.u64.u32 wide, first;
 and.b32 x, lane, n;
 setp.eq.u32 p, x, 0;
 @p bra sum;
 {
 .param .b32 a; .param .b32 b; .param .b32 c;
 st.param.b32 [a], v;
 st.param.b32 [b], 0;
 call (c), total, (a, b);
 ld.param.b32 x, [c];
 }
 cvt.u32.u64 d, wide;
 add.u32 x, x, d;
 @!p add.u32 x, x, first;
 st.param.b32 [r], x;
 ret;
sum:
 mov.u32 d, 16;
step:
 shfl.sync.bfly.b32 x|q, v, d, 31, -1;
 add.u32 v, v, x;
 shr.u32 d, d, 1;
 setp.ne.u32 q, d, 0;
 @q bra step;
 st.param.b32 [r], v;
 ret;
}
.visible .entry k(.param .u64 out, .param .u32 again)
{
 .reg .b32 lane, v, x, n; .reg .b64 o; .reg .pred p;
 ld.param.u64 o, [out];
 ld.param.u32 n, [again];
 mov.u32 lane, %laneid;
 mad.wide.u32 o, lane, 4, o;
 and.b32 x, lane, 2;
 setp.eq.u32 p, x, 0;
 @p bra other;
 {
 .param .b32 a; .param .b32 b; .param .b32 c;
 st.param.b32 [a], lane;
 st.param.b32 [b], n;
 call (c), total, (a, b);
 ld.param.b32 x, [c];
 }
 bra join;
other:
 add.u32 v, lane, 100;
 {
 .param .b32 a; .param .b32 b; .param .b32 c;
 st.param.b32 [a], v;
 st.param.b32 [b], n;
 call (c), total, (a, b);
 ld.param.b32 x, [c];
 }
 add.u32 x, x, 1;
join:
 st.global.b32 [o], x;
 ret;
})")) << device.error.message;
  auto* out = device.upload(std::vector<std::uint32_t>(32));
  constexpr std::uint32_t sum = 31 * 16 + 16 * 100;
  for (const std::uint32_t again : {0u, 1u}) {  // 1: odd lanes are one call deeper than the others
    VGPU_EXPECT_RUNS(device.launch("k", line(1, 32), out, again));
    for (std::uint32_t lane = 0; lane < 32; ++lane) {
      const bool other = (lane & 2) == 0;
      const std::uint32_t value = other ? lane + 100 : lane;
      EXPECT_EQ(out[lane], sum + (lane & again) * 2000 * value + (other ? 1 : 0)) << lane;
    }
  }
}

TEST(Words, StackMemory) {
  // Each lane takes as many words as its number and one, fills and sums them.
  const Words out =
      run("stacksave.u64 %d5;\nadd.u32 %r4, %lane, 1;\nmul.wide.u32 %d1, %r4, 4;\n"
          "alloca.u64 %d2, %d1, 16;\nmov.u32 %r5, 0;\nmov.u64 %d3, %d2;\n"
          "$fill:\nst.local.u32 [%d3], %r5;\nadd.u64 %d3, %d3, 4;\nadd.u32 %r5, %r5, 1;\n"
          "setp.lt.u32 %p1, %r5, %r4;\n@%p1 bra $fill;\n"
          "alloca.u64 %d6, %d1;\nst.local.u32 [%d6], 77;\n"
          "$sum:\nsub.u64 %d3, %d3, 4;\nld.local.u32 %r6, [%d3];\nadd.u32 %r0, %r0, %r6;\n"
          "setp.gt.u64 %p1, %d3, %d2;\n@%p1 bra $sum;\nstackrestore.u64 %d5;\nstacksave.u64 %d6;\n"
          "setp.ne.u64 %p1, %d5, %d6;\n@%p1 trap;",
          {0});
  for (std::uint32_t lane = 0; lane < 32; ++lane)
    ASSERT_EQ(out[lane], lane * (lane + 1) / 2) << lane;
}

TEST(Video, ScalarPartsSaturationAndSecondStep) {
  EXPECT_EQ(one("vadd.s32.u32.s32 %r0, %r1.b3, %r2.h0;", 0xff000000u, 0x0000fffeu), 253u);
  EXPECT_EQ(one("vsub.u32.u32.u32.sat %r0, %r1, %r2;", 3, 5), 0u);
  EXPECT_EQ(one("vadd.s32.s32.s32.sat %r0, %r1, %r2;", 0x7fffffff, 1), 0x7fffffffu);
  EXPECT_EQ(
      one("vabsdiff.u32.s32.s32.add %r0, %r1, %r2, %r3;", static_cast<std::uint32_t>(-3), 4, 10),
      17u);
  EXPECT_EQ(one("vmin.s32.s32.s32.max %r0, %r1, %r2, %r3;", 5, static_cast<std::uint32_t>(-6),
                static_cast<std::uint32_t>(-2)),
            static_cast<std::uint32_t>(-2));
  EXPECT_EQ(one("vmax.u32.u32.u32.sat %r0.b1, %r1, %r2, %r3;", 300, 2, 0x11223344u), 0x1122ff44u);
  // As an H200 does it: the upper half of the sum.
  EXPECT_EQ(one("vadd.s32.s32.s32 %r0.h1, %r1, %r2, %r3;", 0x12345, 1, 0x11223344u), 0x00013344u);
  EXPECT_EQ(one("vshl.u32.u32.u32.clamp %r0, %r1, %r2;", 3, 40), 0u);
  EXPECT_EQ(one("vshl.u32.u32.u32.wrap %r0, %r1, %r2;", 3, 33), 6u);
  EXPECT_EQ(
      one("vshr.s32.s32.u32.clamp.add %r0, %r1, %r2, %r3;", static_cast<std::uint32_t>(-64), 4, 1),
      static_cast<std::uint32_t>(-3));
  EXPECT_EQ(one("vset.s32.u32.lt %r0, %r1.b0, %r2;", 0xff, 1), 1u);
}

TEST(Video, MultiplyAdd) {
  EXPECT_EQ(one("vmad.s32.s32.s32 %r0, %r1.b0, %r2, %r3;", 0xfe, 10, 3),
            static_cast<std::uint32_t>(-17));
  EXPECT_EQ(one("vmad.s32.s32.s32 %r0, -%r1, %r2, %r3;", 2, 10, 3),
            static_cast<std::uint32_t>(-17));
  EXPECT_EQ(one("vmad.s32.s32.s32 %r0, %r1, %r2, -%r3;", 2, 10, 3), 17u);
  EXPECT_EQ(one("vmad.u32.u32.u32.po.shr7 %r0, %r1, %r2, %r3;", 128, 10, 127), 11u);
  EXPECT_EQ(one("vmad.u32.u32.u32.sat %r0, %r1, %r2, %r3;", 0xffffffffu, 2, 0), 0xffffffffu);
  EXPECT_EQ(one("vmad.s32.s32.s32.sat.shr15 %r0, %r1, %r2, %r3;", 0x80000000u, 0x7fffffffu, 0),
            0x80000000u);
}

TEST(Video, SeveralPartsAtOnce) {
  EXPECT_EQ(one("vadd2.s32.s32.s32.sat %r0, %r1, %r2, %r3;", 0x7fff8000u, 0x00018000u),
            0x7fff8000u);
  EXPECT_EQ(one("vadd2.u32.u32.u32 %r0, %r1, %r2, %r3;", 0xffff0001u, 0x00020003u), 0x00010004u);
  EXPECT_EQ(one("vsub2.s32.u32.u32.add %r0, %r1, %r2, %r3;", 0x00050002u, 0x00010004u, 100), 102u);
  EXPECT_EQ(one("vavrg4.u32.u32.u32 %r0, %r1, %r2, %r3;", 0x01020304u, 0x03030303u), 0x02030304u);
  EXPECT_EQ(one("vavrg2.s32.s32.s32 %r0, %r1, %r2, %r3;", 0xfffdfffeu, 0x00000000u), 0xfffeffffu);
  EXPECT_EQ(one("vmax4.s32.s32.s32 %r0.b20, %r1, %r2, %r3;", 0x807f01ffu, 0x00000000u, 0xaabbccddu),
            0xaa7fcc00u);
  EXPECT_EQ(one("vabsdiff4.u32.u32.u32.add %r0.b10, %r1.b3210, %r2.b7654, %r3;", 0x09080706u,
                0x01020304u, 1),
            1u + 2u + 4u);
  EXPECT_EQ(one("vmin2.u32.u32.u32 %r0, %r1.h01, %r2.h33, %r3;", 0x00050009u, 0x00070000u),
            0x00070005u);
  EXPECT_EQ(one("vset4.u32.u32.ge.add %r0, %r1, %r2, %r3;", 0x01020304u, 0x02020202u, 7), 10u);
}

/// Copies 16 bytes a lane from %in; what lies behind the given part is zero.
std::uint32_t copied_words(const std::string& sizes) {
  const auto out =
      run("mul.wide.u32 %d1, %lane, 16;\nadd.s64 %d1, %d1, %in;\nmov.u32 %r4, data;\n"
          "mad.lo.u32 %r4, %lane, 16, %r4;\nsetp.ne.u32 %p1, %lane, 99;\nmov.u32 %r5, -1;\n"
          "st.shared.v4.u32 [%r4], {%r5, %r5, %r5, %r5};\nmov.u32 %r6, 6;\n" +

              sizes +
              "\ncp.async.commit_group;\ncp.async.wait_group 0;\n"
              "ld.shared.v4.u32 {%r5, %r6, %r7, %r8}, [%r4];\n"
              "setp.ne.u32 %p3, %r5, 0;\n@%p3 add.u32 %r0, %r0, 1;\n"
              "setp.ne.u32 %p3, %r6, 0;\n@%p3 add.u32 %r0, %r0, 10;\n"
              "setp.ne.u32 %p3, %r7, 0;\n@%p3 add.u32 %r0, %r0, 100;\n"
              "setp.eq.u32 %p3, %r8, -1;\n@%p3 add.u32 %r0, %r0, 1000;",
          {0x01020304u}, {0x01020304u}, {0x01020304u});
  return out[3];
}

TEST(AsynchronousCopies, SizesAndWhatIsNotRead) {
  EXPECT_EQ(copied_words("cp.async.cg.shared.global [%r4], [%d1], 16;"), 111u);
  EXPECT_EQ(copied_words("cp.async.ca.shared.global [%r4], [%d1], 8;"), 1111u);
  EXPECT_EQ(copied_words("cp.async.ca.shared.global.L2::128B [%r4], [%d1], 16, %r6;"), 11u);
  EXPECT_EQ(copied_words("cp.async.ca.shared.global [%r4], [%d1], 16, 0;"), 0u);
  EXPECT_EQ(copied_words("cp.async.ca.shared::cta.global [%r4], [%d1], 16, %p1;"), 0u);
  EXPECT_EQ(copied_words("cp.async.ca.shared.global [%r4], [%d1], 16, !%p1;"), 111u);
}

TEST(AsynchronousCopies, AnAddressThatIsNotReadNeedNotExist) {
  EXPECT_EQ(copied_words("mov.u64 %d1, 16;\ncp.async.ca.shared.global [%r4], [%d1], 16, 0;"), 0u);
  Device device;
  ASSERT_TRUE(device.load(lane_kernel(
      "mov.u64 %d1, 16;\nmov.u32 %r4, data;\ncp.async.ca.shared.global [%r4], [%d1], 16;")));
  Words in(96);
  EXPECT_EQ(device.launch("k", line(1, 32), device.upload(in), device.upload(in)).result,
            CUDA_ERROR_ILLEGAL_ADDRESS);
}

/// Two warps: the second waits in a loop at the barrier that the first arrives at late.
TEST(MemoryBarriers, PhasesEndWhenAllHaveArrived) {
  const std::string text =
      ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k(.param .u64 q)\n{\n"
      ".reg .b64 %out, %o, %s;\n.reg .b32 %t, %r<9>, %b;\n.reg .pred %p<4>;\n"
      ".shared .align 8 .b64 bar;\n.shared .align 4 .u32 value;\n"
      "ld.param.u64 %out, [q];\nmov.u32 %t, %tid.x;\nmov.u32 %b, bar;\n"
      "setp.eq.u32 %p0, %t, 0;\n@%p0 mbarrier.init.shared.b64 [%b], 64;\nbar.sync 0;\n"
      "mov.u32 %r4, 0;\n"
      "$round:\n"
      "setp.ge.u32 %p1, %t, 32;\n@%p1 bra $arrive;\n"
      "mov.u32 %r1, 0;\n$busy:\nadd.u32 %r1, %r1, 1;\nsetp.lt.u32 %p2, %r1, 3000;\n@%p2 bra "
      "$busy;\n"
      "atom.shared.add.u32 %r2, [value], 1;\n"
      "$arrive:\nmbarrier.arrive.shared.b64 %s, [%b];\n"
      "mbarrier.pending_count.b64 %r5, %s;\n"
      "$wait:\nmbarrier.test_wait.shared.b64 %p3, [%b], %s;\n@!%p3 bra $wait;\n"
      "mbarrier.test_wait.parity.shared.b64 %p3, [%b], %r4;\n@!%p3 trap;\n"
      "xor.b32 %r4, %r4, 1;\nmbarrier.test_wait.parity.shared.b64 %p3, [%b], %r4;\n@%p3 trap;\n"
      "bar.sync 0;\n"
      "setp.ne.u32 %p3, %r4, 0;\n@%p3 bra $round;\n"
      "ld.shared.u32 %r3, [value];\nshl.b32 %r5, %r5, 16;\nor.b32 %r3, %r3, %r5;\n"
      "mul.wide.u32 %o, %t, 4;\nadd.s64 %o, %o, %out;\nst.global.u32 [%o], %r3;\nret;\n}\n";
  Device device;
  ASSERT_TRUE(device.load(text)) << device.error.message;
  std::uint32_t* out = device.upload(Words(64));
  VGPU_EXPECT_RUNS(device.launch("k", line(1, 64), out));
  std::uint32_t pending = 0;
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(out[i] & 0xffff, 64u) << i;
    pending += out[i] >> 16;
  }
  EXPECT_EQ(pending, 64u * 65u / 2);  // each saw another number: 64 down to 1
}

TEST(MemoryBarriers, DropsAndCopies) {
  // Lane 0 leaves for good: the next phase needs one arrival less.
  const Words out = run(
      "mov.u32 %r4, data;\nsetp.eq.u32 %p1, %lane, 0;\n@%p1 mbarrier.init.shared.b64 [%r4], 32;\n"
      "bar.warp.sync -1;\n@%p1 mbarrier.arrive_drop.shared.b64 %d1, [%r4];\n"
      "@!%p1 mbarrier.arrive.shared.b64 %d1, [%r4];\nbar.warp.sync -1;\n"
      "mbarrier.test_wait.shared.b64 %p2, [%r4], %d1;\nselp.u32 %r0, 1, 0, %p2;\n"
      "cp.async.mbarrier.arrive.shared.b64 [%r4];\n"
      "@!%p1 cp.async.mbarrier.arrive.noinc.shared.b64 [%r4];\nbar.warp.sync -1;\n"
      "mbarrier.test_wait.parity.shared.b64 %p2, [%r4], 1;\n@%p2 add.u32 %r0, %r0, 10;\n"
      "mbarrier.inval.shared.b64 [%r4];",
      {0});
  for (const std::uint32_t word : out) EXPECT_EQ(word, 11u);
}

}  // namespace
}  // namespace vgpu::softdevice
