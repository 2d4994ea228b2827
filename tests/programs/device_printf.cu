// What kernels print comes out of the program's own standard output, whole and formatted.
#include <unistd.h>

#include <string>

#include "program.hpp"

__device__ const char words[] = "some words";

__global__ void speak(int number, double fraction) {
  printf("thread %u says %d, %6.2f, %s, %c%%, 0x%llx\n", threadIdx.x, number, fraction, words, 'q',
         0x123456789abcdefull);
}

int main() {
  // Standard output becomes a pipe while the kernel speaks.
  int ends[2];
  if (pipe(ends) != 0) return 1;
  std::fflush(stdout);
  const int saved = dup(STDOUT_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  close(ends[1]);
  speak<<<1, 3>>>(-7, 2.5);
  const cudaError_t launched = cudaGetLastError();
  const cudaError_t finished = cudaDeviceSynchronize();
  std::fflush(stdout);
  dup2(saved, STDOUT_FILENO);
  close(saved);
  std::string heard;
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;) heard.append(buffer, got);
  CHECK(launched);
  CHECK(finished);
  for (int thread = 0; thread < 3; ++thread) {
    const std::string line = "thread " + std::to_string(thread) +
                             " says -7,   2.50, some words, q%, 0x123456789abcdef\n";
    EXPECT(heard.find(line) != std::string::npos);
  }
  if (failures != 0) std::fprintf(stderr, "heard: \"%s\"\n", heard.c_str());
  return finish("device_printf");
}
