// What kernels print: into the program's own stdout, when it synchronises, in the order of
// launches.
#include <unistd.h>

#include <string>

#include "suite.hpp"

__global__ void greet(int number) {
  if (threadIdx.x == 0)
    printf("launch %d: %5.2f|%-4d|%04x|%c|%s|%lld|%%\n", number, number * 0.5, number, number + 254,
           'a' + number, number % 2 ? "odd" : "even", 10000000000LL * number);
}

__global__ void all_threads() {
  printf("thread %d of block %d\n", threadIdx.x, blockIdx.x);
}

__global__ void returned(int* counts) {
  counts[0] = printf("no arguments\n");
  counts[1] = printf("%d %d %d\n", 1, 2, 3);
}

/// What the program writes to its stdout meanwhile.
template <class Action>
std::string written(Action action) {
  std::fflush(stdout);
  std::FILE* const file = std::tmpfile();
  const int saved = dup(1);
  dup2(fileno(file), 1);
  action();
  std::fflush(stdout);
  dup2(saved, 1);
  close(saved);
  std::string text(static_cast<size_t>(std::ftell(file) < 0 ? 0 : lseek(fileno(file), 0, SEEK_END)),
                   '\0');
  lseek(fileno(file), 0, SEEK_SET);
  const ssize_t size = read(fileno(file), &text[0], text.size());
  EXPECT(size == static_cast<ssize_t>(text.size()));
  std::fclose(file);
  return text;
}

int main() {
  const std::string lines = written([] {
    greet<<<1, 32>>>(0);
    greet<<<1, 32>>>(1);
    CHECK(cudaDeviceSynchronize());
    std::printf("between\n");
    greet<<<1, 32>>>(2);
    CHECK(cudaDeviceSynchronize());
  });
  EXPECT(lines ==
         "launch 0:  0.00|0   |00fe|a|even|0|%\nlaunch 1:  0.50|1   |00ff|b|odd|10000000000|%\n"
         "between\nlaunch 2:  1.00|2   |0100|c|even|20000000000|%\n");
  if (failures != 0) std::fprintf(stderr, "%s", lines.c_str());
  std::string many = written([] {
    all_threads<<<3, 40>>>();
    CHECK(cudaStreamSynchronize(nullptr));
  });
  size_t found = 0;
  for (int block = 0; block < 3; ++block)
    for (int thread = 0; thread < 40; ++thread)
      found += many.find("thread " + std::to_string(thread) + " of block " + std::to_string(block) +
                         "\n") != std::string::npos;
  EXPECT(found == 120 && std::count(many.begin(), many.end(), '\n') == 120);
  Buffer<int> counts(2);
  const std::string counted = written([&] {
    returned<<<1, 1>>>(counts);
    CHECK(cudaDeviceSynchronize());
  });
  EXPECT(counted == "no arguments\n1 2 3\n");
  EXPECT(counts.read() == (std::vector<int>{0, 3}));
  return finish("device_printf");
}
