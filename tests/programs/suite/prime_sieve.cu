// Eratosthenes' sieve in bits, and primality of 64-bit numbers by Miller and Rabin.
#include "suite.hpp"

__global__ void strike_out(unsigned* composite, int limit) {
  const int n = 2 + blockIdx.x * blockDim.x + threadIdx.x;
  if (n * n > limit) return;
  for (int k = n * n; k <= limit; k += n) atomicOr(&composite[k / 32], 1u << k % 32);
}

__global__ void count_primes(const unsigned* composite, int limit, int* count) {
  const int word = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned primes = word * 32 <= limit ? ~composite[word] : 0;
  if (word == 0) primes &= ~3u;
  if (limit / 32 == word) primes &= 0xffffffffu >> (31 - limit % 32);
  const int warp_total = __popc(__ballot_sync(0xffffffffu, primes != 0));
  if (warp_total != 0 && primes != 0) atomicAdd(count, __popc(primes));
}

using Wide = unsigned long long;

__device__ Wide multiply_mod(Wide a, Wide b, Wide modulus) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<Wide>(product % modulus);
}

__device__ bool is_prime(Wide n) {
  if (n < 2 || n % 2 == 0) return n == 2;
  const int shift = __ffsll(n - 1) - 1;
  for (const Wide base : {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37}) {
    if (base % n == 0) continue;
    Wide power = 1, square = base % n;
    for (Wide exponent = (n - 1) >> shift; exponent != 0; exponent >>= 1) {
      if (exponent & 1) power = multiply_mod(power, square, n);
      square = multiply_mod(square, square, n);
    }
    bool witness = power != 1 && power != n - 1;
    for (int i = 1; i < shift && witness; ++i) {
      power = multiply_mod(power, power, n);
      witness = power != n - 1;
    }
    if (witness) return false;
  }
  return true;
}

__global__ void test(const Wide* numbers, int* prime, int count) {
  if (threadIdx.x < count) prime[threadIdx.x] = is_prime(numbers[threadIdx.x]);
}

int main() {
  const int limit = 100'000, words = limit / 32 + 1;
  Buffer<unsigned> composite(words);
  Buffer<int> count(1);
  strike_out<<<5, 64>>>(composite, limit);
  count_primes<<<blocks_for(words, 128), 128>>>(composite, limit, count);
  EXPECT(count.read()[0] == 9592);
  const auto bits = composite.read();
  EXPECT((bits[99991 / 32] >> 99991 % 32 & 1) == 0 && (bits[99993 / 32] >> 99993 % 32 & 1) == 1);

  // The largest primes below 2^32, 2^63 and 2^64, a Carmichael number, strong pseudoprimes, a
  // square.
  const std::vector<Wide> numbers = {2,
                                     3,
                                     4,
                                     561,
                                     4294967291u,
                                     4294967297u,
                                     3215031751u,
                                     9223372036854775783u,
                                     18446744073709551557u,
                                     18446744073709551615u,
                                     3825123056546413051u,
                                     18446744030759878681u};
  const std::vector<int> expected = {1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0};
  Buffer<Wide> input(numbers);
  Buffer<int> prime(numbers.size());
  test<<<1, 32>>>(input, prime, static_cast<int>(numbers.size()));
  EXPECT(prime.read() == expected);
  return finish("prime_sieve");
}
