// Instructions written by hand: carries, bit fields, selections, wide products, special registers.
#include "suite.hpp"

using Wide = unsigned long long;

__device__ uint4 add_128(uint4 a, uint4 b) {
  uint4 sum;
  asm("add.cc.u32 %0, %4, %8;\n\t"
      "addc.cc.u32 %1, %5, %9;\n\t"
      "addc.cc.u32 %2, %6, %10;\n\t"
      "addc.u32 %3, %7, %11;"
      : "=r"(sum.x), "=r"(sum.y), "=r"(sum.z), "=r"(sum.w)
      : "r"(a.x), "r"(a.y), "r"(a.z), "r"(a.w), "r"(b.x), "r"(b.y), "r"(b.z), "r"(b.w));
  return sum;
}

__global__ void wide_sums(const uint4* a, const uint4* b, uint4* out) {
  out[threadIdx.x] = add_128(a[threadIdx.x], b[threadIdx.x]);
}

__global__ void forms(const unsigned* a, const unsigned* b, Wide* out) {
  const int i = threadIdx.x;
  const unsigned x = a[i], y = b[i];
  unsigned r;
  Wide w;
  Wide* const o = out + 10 * i;
  asm("bfe.u32 %0, %1, 5, 9;" : "=r"(r) : "r"(x));
  o[0] = r;
  asm("bfi.b32 %0, %1, %2, 8, 12;" : "=r"(r) : "r"(x), "r"(y));
  o[1] = r;
  asm("lop3.b32 %0, %1, %2, 0x0f0f0f0f, 0xe8;" : "=r"(r) : "r"(x), "r"(y));
  o[2] = r;
  asm("prmt.b32.f4e %0, %1, %2, %3;" : "=r"(r) : "r"(x), "r"(y), "r"(y & 3));
  o[3] = r;
  asm("mad.wide.u32 %0, %1, %2, %3;" : "=l"(w) : "r"(x), "r"(y), "l"(Wide{1} << 40));
  o[4] = w;
  asm("{ .reg .pred p; setp.hi.u32 p, %1, %2; selp.u32 %0, %1, %2, p; }"
      : "=r"(r)
      : "r"(x), "r"(y));
  o[5] = r;
  asm("shf.r.clamp.b32 %0, %1, %2, 40;" : "=r"(r) : "r"(x), "r"(y));
  o[6] = r;
  asm("mad.hi.u32 %0, %1, %2, 3;" : "=r"(r) : "r"(x), "r"(y));
  o[7] = r;
  asm("bfind.u32 %0, %1;" : "=r"(r) : "r"(x));
  o[8] = r;
  asm("slct.u32.s32 %0, %1, 77, %2;" : "=r"(r) : "r"(x), "r"(static_cast<int>(y)));
  o[9] = r;
}

__global__ void registers(unsigned* out) {
  unsigned lane, blocks, mask;
  Wide clock, timer;
  asm volatile("mov.u32 %0, %%laneid;" : "=r"(lane));
  asm volatile("mov.u32 %0, %%nctaid.x;" : "=r"(blocks));
  asm volatile("mov.u32 %0, %%lanemask_lt;" : "=r"(mask));
  asm volatile("mov.u64 %0, %%clock64;" : "=l"(clock));
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(timer));
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  out[i] = lane * 1000 + blocks * 100 + __popc(mask) + (clock == 0 || timer == 0 ? 1 << 20 : 0);
}

int main() {
  const int count = 128;
  Random random(13);
  std::vector<unsigned> a(count), b(count);
  std::vector<uint4> wa(count), wb(count);
  for (int i = 0; i < count; ++i) {
    a[i] = random.next() >> i % 32, b[i] = random.next();
    wa[i] = make_uint4(random.next(), i % 2 ? ~0u : random.next(), ~0u, random.next());
    wb[i] = make_uint4(random.next(), i % 3 ? 0 : random.next(), i % 4, random.next());
  }
  Buffer<uint4> da4(wa), db4(wb), sums(count);
  wide_sums<<<1, count>>>(da4, db4, sums);
  const auto sum = sums.read();
  for (int i = 0; i < count; ++i) {
    const auto whole = [](uint4 v) {
      return static_cast<unsigned __int128>(Wide{v.w} << 32 | v.z) << 64 | (Wide{v.y} << 32 | v.x);
    };
    EXPECT(whole(sum[i]) == whole(wa[i]) + whole(wb[i]));
  }
  Buffer<unsigned> da(a), db(b);
  Buffer<Wide> out(10 * count);
  forms<<<1, count>>>(da, db, out);
  const auto result = out.read();
  for (int i = 0; i < count; ++i) {
    const unsigned x = a[i], y = b[i], c = 0x0f0f0f0f;
    unsigned bytes = 0;
    for (int k = 0; k < 4; ++k)
      bytes |= static_cast<unsigned>((Wide{y} << 32 | x) >> 8 * (k + (y & 3)) & 255) << 8 * k;
    const Wide expected[10] = {x >> 5 & 511,
                               (y & ~0xfff00u) | (x & 0xfff) << 8,
                               (x & y) | (x & c) | (y & c),
                               bytes,
                               Wide{x} * y + (Wide{1} << 40),
                               std::max(x, y),
                               y,
                               (Wide{x} * y >> 32) + 3,
                               x == 0 ? 0xffffffffu : 31 - __builtin_clz(x),
                               static_cast<int>(y) >= 0 ? x : 77};
    for (int k = 0; k < 10; ++k)
      if (result[10 * i + k] != expected[k])
        std::fprintf(stderr, "form %d of %x, %x\n", k, x, y), ++failures;
  }
  Buffer<unsigned> of_registers(3 * 64);
  registers<<<3, 64>>>(of_registers);
  const auto values = of_registers.read();
  for (int i = 0; i < 3 * 64; ++i) EXPECT(values[i] == i % 32 * 1000u + 300u + i % 32u);
  return finish("inline_ptx");
}
