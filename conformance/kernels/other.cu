// A second module: its functions and variables have names that `basic` has too, with other effects.

extern "C" {

__device__ unsigned int global_value = 1000;
__device__ unsigned long long only_here[3] = {7, 8, 9};

// p[i] = ~value, where `basic` writes value
__global__ void fill(unsigned int* p, unsigned int n, unsigned int value) {
  const unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) p[i] = ~value;
}

__global__ void read_global(unsigned int* to) { *to = global_value; }

}  // extern "C"
