// Edit distances by dynamic programming: a wavefront over anti-diagonals, a block per pair of
// words.
#include <string>

#include "suite.hpp"

constexpr int longest = 100;

__global__ void distances(const char* texts, const int* begins, int* results) {
  __shared__ int diagonals[3][longest + 1];
  const char* const a = texts + begins[2 * blockIdx.x];
  const char* const b = texts + begins[2 * blockIdx.x + 1];
  const int m = begins[2 * blockIdx.x + 1] - begins[2 * blockIdx.x];
  const int n = begins[2 * blockIdx.x + 2] - begins[2 * blockIdx.x + 1];
  const int i = threadIdx.x;
  for (int d = 0; d <= m + n; ++d) {
    int* const here = diagonals[d % 3];
    const int *before = diagonals[(d + 2) % 3], *earlier = diagonals[(d + 1) % 3];
    const int j = d - i;
    if (i <= m && j >= 0 && j <= n) {
      if (i == 0 || j == 0) {
        here[i] = i + j;
      } else {
        const int change = earlier[i - 1] + (a[i - 1] != b[j - 1]);
        here[i] = min(change, min(before[i - 1], before[i]) + 1);
      }
    }
    __syncthreads();
  }
  if (i == m) results[blockIdx.x] = diagonals[(m + n) % 3][m];
}

int distance(const std::string& a, const std::string& b) {
  std::vector<int> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    int diagonal = row[0]++;
    for (size_t j = 1; j <= b.size(); ++j) {
      const int change = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

int main() {
  Random random(2);
  std::string texts;
  std::vector<int> begins{0}, expected;
  for (int pair = 0; pair < 12; ++pair) {
    std::string word[2];
    for (std::string& one : word) {
      const int length = pair == 0 ? 0 : random.below(longest) + 1;
      for (int k = 0; k < length; ++k) one += static_cast<char>('a' + random.below(4));
    }
    if (pair == 1) word[0] = "kitten", word[1] = "sitting";
    expected.push_back(distance(word[0], word[1]));
    for (const std::string& one : word) {
      texts += one;
      begins.push_back(static_cast<int>(texts.size()));
    }
  }
  EXPECT(expected[0] == 0 && expected[1] == 3);
  Buffer<char> dt(std::vector<char>(texts.begin(), texts.end()));
  Buffer<int> db(begins), results(expected.size());
  distances<<<static_cast<int>(expected.size()), longest + 1>>>(dt, db, results);
  EXPECT(results.read() == expected);
  return finish("edit_distance");
}
