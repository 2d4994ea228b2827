// Locks between the lanes of a warp, between warps and between blocks; a queue behind tickets.
#include "suite.hpp"

struct Account {
  int lock;
  int balance;
};

__global__ void transfer(Account* accounts, int count, int rounds) {
  const int thread = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned state = thread * 2654435761u + 1;
  for (int round = 0; round < rounds; ++round) {
    state = state * 1664525u + 1013904223u;
    const int from = (state >> 8) % count, to = (state >> 20) % count;
    if (from == to) continue;
    // Both locks, always the lower one first.
    Account *first = accounts + min(from, to), *second = accounts + max(from, to);
    while (atomicCAS(&first->lock, 0, 1) != 0) {
    }
    while (atomicCAS(&second->lock, 0, 1) != 0) {
    }
    __threadfence();
    const int amount = static_cast<int>(state >> 28);
    volatile Account *giver = accounts + from, *taker = accounts + to;
    giver->balance = giver->balance - amount;
    taker->balance = taker->balance + amount;
    __threadfence();
    atomicExch(&second->lock, 0);
    atomicExch(&first->lock, 0);
  }
}

__global__ void by_ticket(unsigned* tickets, unsigned* serving, volatile int* order) {
  const unsigned mine = atomicAdd(tickets, 1);
  while (atomicAdd(serving, 0) != mine) __nanosleep(20);
  order[mine] = order[mine] + static_cast<int>(mine) + 1;
  __threadfence();
  atomicAdd(serving, 1);
}

int main() {
  const int count = 12;
  std::vector<Account> accounts(count, Account{0, 1000});
  Buffer<Account> device(accounts);
  transfer<<<3, 64>>>(device, count, 12);
  int sum = 0, moved = 0;
  for (const Account& account : device.read()) {
    EXPECT(account.lock == 0);
    sum += account.balance;
    moved += account.balance != 1000;
  }
  EXPECT(sum == 1000 * count && moved > 0);

  const int threads = 128;
  Buffer<unsigned> tickets(1), serving(1);
  Buffer<int> order(threads);
  by_ticket<<<2, threads / 2>>>(tickets, serving, order);
  const auto served = order.read();
  for (int i = 0; i < threads; ++i) EXPECT(served[i] == i + 1);
  return finish("spin_locks");
}
