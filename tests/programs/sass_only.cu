// Built for one real architecture and without PTX: nothing runs, and the user hears what to do.
#include "program.hpp"

__global__ void nothing() {}

int main() {
  nothing<<<1, 1>>>();
  EXPECT_RESULT(cudaGetLastError(), cudaErrorNoKernelImageForDevice);
  return finish("sass_only");
}
