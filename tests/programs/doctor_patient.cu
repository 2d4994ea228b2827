// What `vgpu doctor` is tried on: works, or, when it is told to fail, asks for more memory than there is
// and ends with status 3.
#include <cstring>

#include "program.hpp"

__global__ void store(int* where) { *where = 6; }

int main(int argc, char** argv) {
  int* data = nullptr;
  CHECK(cudaMalloc(&data, sizeof(int)));
  if (argc > 1 && std::strcmp(argv[1], "fail") == 0) {
    void* huge = nullptr;
    if (cudaMalloc(&huge, size_t{1} << 50) != cudaSuccess) return 3;
  }
  store<<<1, 1>>>(data);
  int value = 0;
  CHECK(cudaMemcpy(&value, data, sizeof value, cudaMemcpyDeviceToHost));
  EXPECT(value == 6);
  return finish("doctor_patient");
}
