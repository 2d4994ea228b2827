// SHA-256 of many messages: rotations, constants in memory, bytes in big-endian order.
#include <cstring>
#include <string>

#include "suite.hpp"

__constant__ uint32_t k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

__device__ uint32_t turn(uint32_t x, int by) {
  return __funnelshift_r(x, x, by);
}

__device__ void add_block(uint32_t* h, const uint32_t* words) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; ++i) w[i] = __byte_perm(words[i], 0, 0x0123);
  for (int i = 16; i < 64; ++i) {
    const uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[i - 7] +
           (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
  }
  for (int i = 0; i < 8; ++i) s[i] = h[i];
  for (int i = 0; i < 64; ++i) {
    const uint32_t t1 = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) +
                        ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
    const uint32_t t2 = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) +
                        ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    for (int r = 7; r > 0; --r) s[r] = s[r - 1];
    s[4] += t1;
    s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; ++i) h[i] += s[i];
}

// Each message is one that fits a block with its padding, repeated `blocks` times before that.
__global__ void digest(const uint32_t* padded, uint32_t* digests, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  add_block(h, padded + 16 * i);
  for (int r = 0; r < 8; ++r) digests[8 * i + r] = h[r];
}

std::vector<uint32_t> padded(const std::string& message) {
  unsigned char block[64] = {};
  std::memcpy(block, message.data(), message.size());
  block[message.size()] = 0x80;
  block[62] = static_cast<unsigned char>(message.size() * 8 >> 8);
  block[63] = static_cast<unsigned char>(message.size() * 8);
  std::vector<uint32_t> words(16);
  std::memcpy(words.data(), block, 64);
  return words;
}

int main() {
  std::vector<uint32_t> words;
  const std::vector<std::string> messages = {"", "abc", "message digest", std::string(55, 'a')};
  const uint32_t first_words[] = {0xe3b0c442, 0xba7816bf, 0xf7846f55, 0x9f4390f8};
  const uint32_t last_words[] = {0x7852b855, 0xf20015ad, 0x393cb650, 0x0f734318};
  const int copies = 50;
  for (int i = 0; i < copies * 4; ++i) {
    const auto block = padded(messages[i % 4]);
    words.insert(words.end(), block.begin(), block.end());
  }
  Buffer<uint32_t> input(words), digests(copies * 4 * 8);
  digest<<<blocks_for(copies * 4, 64), 64>>>(input, digests, copies * 4);
  const auto result = digests.read();
  for (int i = 0; i < 4; ++i) {
    EXPECT(result[8 * i] == first_words[i]);
    EXPECT(result[8 * i + 7] == last_words[i]);
  }
  for (int i = 4; i < copies * 4; ++i)
    EXPECT(std::equal(&result[8 * i], &result[8 * i] + 8, &result[8 * (i % 4)]));
  return finish("sha256");
}
