// Conway's life on a torus: bytes per cell, and 32 cells of a word at once.
#include "suite.hpp"

__global__ void by_cells(const unsigned char* from, unsigned char* to, int width, int height) {
  const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= width || y >= height) return;
  int around = 0;
  for (int dy = -1; dy <= 1; ++dy)
    for (int dx = -1; dx <= 1; ++dx)
      if (dx != 0 || dy != 0)
        around += from[(y + dy + height) % height * width + (x + dx + width) % width];
  to[y * width + x] = around == 3 || (around == 2 && from[y * width + x]);
}

__global__ void by_words(const unsigned* from, unsigned* to, int words, int height) {
  const int x = threadIdx.x, y = blockIdx.x;
  unsigned ones = 0, twos = 0, fours = 0;
  const auto count = [&](unsigned cells) {
    const unsigned carry = ones & cells;
    ones ^= cells;
    fours |= twos & carry;
    twos ^= carry;
  };
  for (int dy = -1; dy <= 1; ++dy) {
    const unsigned* row = from + (y + dy + height) % height * words;
    const unsigned left = row[(x + words - 1) % words], here = row[x], right = row[(x + 1) % words];
    count(__funnelshift_l(left, here, 1));
    count(__funnelshift_r(here, right, 1));
    if (dy != 0) count(here);
  }
  to[y * words + x] = ~fours & twos & (ones | from[y * words + x]);
}

int main() {
  const int words = 3, width = 32 * words, height = 40, steps = 30;
  Random random(9);
  std::vector<unsigned> packed(words * height);
  std::vector<unsigned char> cells(width * height), expected, next(cells.size());
  for (unsigned& word : packed) word = random.next() & random.next();
  for (int i = 0; i < width * height; ++i) cells[i] = packed[i / 32] >> i % 32 & 1;
  Buffer<unsigned char> a(cells), b(cells.size());
  Buffer<unsigned> c(packed), d(packed.size());
  expected = cells;
  unsigned char *from = a, *to = b;
  unsigned *word_from = c, *word_to = d;
  for (int step = 0; step < steps; ++step) {
    by_cells<<<dim3(3, 10), dim3(32, 4)>>>(from, to, width, height);
    by_words<<<height, words>>>(word_from, word_to, words, height);
    std::swap(from, to);
    std::swap(word_from, word_to);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        int around = -expected[y * width + x];
        for (int k = 0; k < 9; ++k)
          around +=
              expected[(y + k / 3 - 1 + height) % height * width + (x + k % 3 - 1 + width) % width];
        next[y * width + x] = around == 3 || (around == 2 && expected[y * width + x]);
      }
    }
    expected.swap(next);
  }
  EXPECT(a.read() == expected);
  const auto result = c.read();
  int wrong = 0;
  for (int i = 0; i < width * height; ++i) wrong += (result[i / 32] >> i % 32 & 1) != expected[i];
  EXPECT(wrong == 0);
  return finish("game_of_life");
}
