// A cooperative launch: every block waits for all others, several times.
#include <cooperative_groups.h>

#include "program.hpp"

namespace cg = cooperative_groups;

// Each round, a thread takes over what the thread one block further wrote in the round before; without
// a barrier over the whole grid it would see an old value.
__global__ void rotate(int* cells, int rounds) {
  cg::grid_group grid = cg::this_grid();
  const int n = static_cast<int>(grid.size());
  const int i = static_cast<int>(grid.thread_rank());
  const int step = static_cast<int>(blockDim.x);
  for (int round = 0; round < rounds; ++round) {
    const int value = cells[(i + step) % n];
    grid.sync();
    cells[i] = value + 1;
    grid.sync();
  }
}

int main() {
  int supported = 0;
  CHECK(cudaDeviceGetAttribute(&supported, cudaDevAttrCooperativeLaunch, 0));
  if (!supported) {
    std::printf("the device does not claim cooperative launches\n");
    return finish("cooperative");
  }
  const int threads = 64;
  int per_processor = 0, processors = 0;
  CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&per_processor, rotate, threads, 0));
  CHECK(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, 0));
  EXPECT(per_processor > 0 && processors > 0);
  int blocks = per_processor * processors;
  if (blocks > 4) blocks = 4;
  const int n = blocks * threads;
  int rounds = blocks;  // after so many, every value is back where it was
  std::vector<int> host(n);
  for (int i = 0; i < n; ++i) host[i] = 10 * i;
  int* cells = nullptr;
  CHECK(cudaMalloc(&cells, n * sizeof(int)));
  CHECK(cudaMemcpy(cells, host.data(), n * sizeof(int), cudaMemcpyHostToDevice));
  void* arguments[] = {&cells, &rounds};
  CHECK(cudaLaunchCooperativeKernel(reinterpret_cast<void*>(rotate), dim3(blocks), dim3(threads),
                                    arguments, 0, nullptr));
  CHECK(cudaMemcpy(host.data(), cells, n * sizeof(int), cudaMemcpyDeviceToHost));
  int wrong = 0;
  for (int i = 0; i < n; ++i) wrong += host[i] != 10 * i + rounds;
  EXPECT(wrong == 0);

  // More blocks than can be resident at once.
  EXPECT_RESULT(cudaLaunchCooperativeKernel(reinterpret_cast<void*>(rotate),
                                            dim3(per_processor * processors + 1), dim3(threads),
                                            arguments, 0, nullptr),
                cudaErrorCooperativeLaunchTooLarge);
  CHECK(cudaFree(cells));
  return finish("cooperative");
}
