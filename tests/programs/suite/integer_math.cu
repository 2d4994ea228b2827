// nvcc: -std=c++20
// Integer arithmetic beyond the language's: wide products, bits, saturation, 128-bit numbers.
#include <bit>

#include "suite.hpp"

using Wide = unsigned long long;

__global__ void of_32(const unsigned* a, const unsigned* b, unsigned* out) {
  const int i = threadIdx.x;
  const unsigned x = a[i], y = b[i];
  unsigned* const o = out + 16 * i;
  o[0] = __umulhi(x, y), o[1] = __mulhi(static_cast<int>(x), static_cast<int>(y));
  o[2] = __popc(x), o[3] = __clz(x), o[4] = __ffs(x), o[5] = __brev(x);
  o[6] = __byte_perm(x, y, 0x5140), o[7] = __funnelshift_l(x, y, y & 31);
  o[8] = __sad(static_cast<int>(x), static_cast<int>(y), 7u), o[9] = __usad(x, y, 9u);
  o[10] = __uhadd(x, y), o[11] = __urhadd(x, y);
  o[12] = __vabsdiffu4(x, y), o[13] = __vaddus4(x, y);
  o[14] = __dp4a(static_cast<int>(x), static_cast<int>(y), 5), o[15] = __umul24(x, y);
}

__global__ void of_64(const Wide* a, const Wide* b, Wide* out) {
  const int i = threadIdx.x;
  const Wide x = a[i], y = b[i] | 1;
  Wide* const o = out + 10 * i;
  o[0] = __umul64hi(x, y), o[1] = __mul64hi(static_cast<long long>(x), static_cast<long long>(y));
  o[2] = __popcll(x), o[3] = __clzll(x), o[4] = __brevll(x), o[5] = x / y;
  o[6] = x % y, o[7] = static_cast<long long>(x) / static_cast<long long>(y);
  const unsigned __int128 product = static_cast<unsigned __int128>(x) * y + x;
  o[8] = static_cast<Wide>(product / (y >> 20 | 1)), o[9] = static_cast<Wide>(product >> 37);
}

unsigned bytes(unsigned x, unsigned y, int (*operation)(int, int)) {
  unsigned result = 0;
  for (int k = 0; k < 32; k += 8)
    result |= static_cast<unsigned>(operation(x >> k & 255, y >> k & 255)) << k;
  return result;
}

unsigned reversed(unsigned x) {
  unsigned result = 0;
  for (int k = 0; k < 32; ++k) result |= (x >> k & 1) << (31 - k);
  return result;
}

int main() {
  const int count = 256;
  Random random(12);
  std::vector<unsigned> a(count), b(count);
  std::vector<Wide> wa(count), wb(count);
  for (int i = 0; i < count; ++i) {
    a[i] = random.next() >> i % 32, b[i] = random.next() >> i / 8;
    wa[i] = Wide{random.next()} << 32 | random.next(),
    wb[i] = (Wide{random.next()} << 32 | random.next()) >> i % 60;
  }
  a[0] = b[1] = 0, a[2] = b[2] = ~0u;
  Buffer<unsigned> da(a), db(b), out(16 * count);
  of_32<<<1, count>>>(da, db, out);
  const auto result = out.read();
  for (int i = 0; i < count; ++i) {
    const unsigned x = a[i], y = b[i];
    const int64_t sx = static_cast<int>(x), sy = static_cast<int>(y);
    int dot = 5;
    for (int k = 0; k < 32; k += 8)
      dot += static_cast<int8_t>(x >> k) * static_cast<int8_t>(y >> k);
    const unsigned expected[16] = {
        static_cast<unsigned>(Wide{x} * y >> 32),
        static_cast<unsigned>(sx * sy >> 32),
        static_cast<unsigned>(std::popcount(x)),
        static_cast<unsigned>(std::countl_zero(x)),
        x == 0 ? 0 : static_cast<unsigned>(std::countr_zero(x) + 1),
        reversed(x),
        (x & 255) | (y & 255) << 8 | (x >> 8 & 255) << 16 | (y >> 8 & 255) << 24,
        static_cast<unsigned>((Wide{y} << 32 | x) << (y & 31) >> 32),
        static_cast<unsigned>(std::abs(sx - sy) + 7),
        (x > y ? x - y : y - x) + 9,
        static_cast<unsigned>((Wide{x} + y) / 2),
        static_cast<unsigned>((Wide{x} + y + 1) / 2),
        bytes(x, y, [](int p, int q) { return std::abs(p - q); }),
        bytes(x, y, [](int p, int q) { return std::min(p + q, 255); }),
        static_cast<unsigned>(dot),
        (x & 0xffffff) * (y & 0xffffff)};
    for (int k = 0; k < 16; ++k)
      if (result[16 * i + k] != expected[k])
        std::fprintf(stderr, "operation %d of %x, %x\n", k, x, y), ++failures;
  }
  Buffer<Wide> dwa(wa), dwb(wb), wide(10 * count);
  of_64<<<1, count>>>(dwa, dwb, wide);
  const auto large = wide.read();
  for (int i = 0; i < count; ++i) {
    const Wide x = wa[i], y = wb[i] | 1;
    const long long sx = static_cast<long long>(x), sy = static_cast<long long>(y);
    const unsigned __int128 product = static_cast<unsigned __int128>(x) * y;
    const Wide expected[10] = {
        static_cast<Wide>(product >> 64),
        static_cast<Wide>(static_cast<__int128>(sx) * sy >> 64),
        static_cast<Wide>(std::popcount(x)),
        static_cast<Wide>(std::countl_zero(x)),
        Wide{reversed(static_cast<unsigned>(x))} << 32 | reversed(static_cast<unsigned>(x >> 32)),
        x / y,
        x % y,
        static_cast<Wide>(sx / sy),
        static_cast<Wide>((product + x) / (y >> 20 | 1)),
        static_cast<Wide>((product + x) >> 37)};
    for (int k = 0; k < 10; ++k)
      if (large[10 * i + k] != expected[k])
        std::fprintf(stderr, "wide operation %d of %llx, %llx\n", k, x, y), ++failures;
  }
  return finish("integer_math");
}
