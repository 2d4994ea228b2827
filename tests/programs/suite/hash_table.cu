// A hash table with open addressing: 64-bit compare-and-swap, inserts, updates and look-ups.
#include <map>

#include "suite.hpp"

using Slot = unsigned long long;  // key in the high half, value in the low one; 0 is free
constexpr unsigned capacity = 2048;

__device__ unsigned slot_of(unsigned key) {
  key ^= key >> 16;
  key *= 0x7feb352du;
  key ^= key >> 15;
  key *= 0x846ca68bu;
  return (key ^ key >> 16) % capacity;
}

__global__ void add_all(Slot* table, const unsigned* keys, const unsigned* values, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const Slot key = Slot{keys[i]} << 32;
  for (unsigned at = slot_of(keys[i]);; at = (at + 1) % capacity) {
    Slot old = table[at];
    while (old == 0 || (old & ~Slot{0xffffffff}) == key) {
      const Slot seen = atomicCAS(&table[at], old, key | static_cast<unsigned>(old + values[i]));
      if (seen == old) return;
      old = seen;
    }
  }
}

__global__ void find_all(const Slot* table, const unsigned* keys, unsigned* values, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  values[i] = 0;
  for (unsigned at = slot_of(keys[i]); table[at] != 0; at = (at + 1) % capacity)
    if (table[at] >> 32 == keys[i]) values[i] = static_cast<unsigned>(table[at]);
}

int main() {
  const int count = 6000;
  Random random(11);
  std::vector<unsigned> keys(count), values(count), wanted(2000), found(2000);
  std::map<unsigned, unsigned> expected;
  for (int i = 0; i < count; ++i) {
    keys[i] = 1 + random.below(1500) * 7;
    values[i] = 1 + random.below(1000);
    expected[keys[i]] += values[i];
  }
  for (unsigned k = 0; k < wanted.size(); ++k) {
    wanted[k] = k * 5 + 1;
    found[k] = expected.count(wanted[k]) ? expected[wanted[k]] : 0;
  }
  Buffer<Slot> table(capacity);
  Buffer<unsigned> dk(keys), dv(values), dw(wanted), df(wanted.size());
  add_all<<<blocks_for(count, 128), 128>>>(table, dk, dv, count);
  find_all<<<blocks_for(wanted.size(), 128), 128>>>(table, dw, df, static_cast<int>(wanted.size()));
  EXPECT(df.read() == found);
  size_t used = 0;
  for (const Slot slot : table.read()) used += slot != 0;
  EXPECT(used == expected.size());
  return finish("hash_table");
}
