// The kernels that most tests need: small, exact (integers), each with one effect.

extern "C" {

__device__ unsigned int global_value = 41;
__device__ unsigned int global_array[16];
__constant__ unsigned int constant_table[16];

__global__ void empty() {}

// p[i] = value
__global__ void fill(unsigned int* p, unsigned int n, unsigned int value) {
  const unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) p[i] = value;
}

// p[i] += value
__global__ void add(unsigned int* p, unsigned int n, unsigned int value) {
  const unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) p[i] += value;
}

// p[i] = p[i] * a + b: two of them in the wrong order give another result.
__global__ void scale_add(unsigned int* p, unsigned int n, unsigned int a, unsigned int b) {
  const unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) p[i] = p[i] * a + b;
}

__global__ void copy(unsigned int* to, const unsigned int* from, unsigned int n) {
  const unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) to[i] = from[i];
}

// One thread waits until *flag is not 0, at most for `nanoseconds`; sets *timed_out when that was too short.
__global__ void wait_on_flag(const volatile unsigned int* flag, unsigned int* timed_out, unsigned long long nanoseconds) {
  unsigned long long start, now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(start));
  while (*flag == 0) {
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
    if (now - start > nanoseconds) {
      *timed_out = 1;
      return;
    }
  }
}

// Twelve words per thread, at the thread's linear place in the grid: threadIdx, blockIdx, blockDim, gridDim.
__global__ void write_ids(unsigned int* p) {
  const unsigned int block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  const unsigned int thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  unsigned int* at = p + 12ull * (block * (blockDim.x * blockDim.y * blockDim.z) + thread);
  at[0] = threadIdx.x, at[1] = threadIdx.y, at[2] = threadIdx.z;
  at[3] = blockIdx.x, at[4] = blockIdx.y, at[5] = blockIdx.z;
  at[6] = blockDim.x, at[7] = blockDim.y, at[8] = blockDim.z;
  at[9] = gridDim.x, at[10] = gridDim.y, at[11] = gridDim.z;
}

struct Parameters {
  unsigned char a;
  unsigned short b;
  unsigned int c;
  unsigned long long d;
  double e;
  unsigned int f[5];
};

// Copies a structure that came by value.
__global__ void struct_parameter(Parameters* to, Parameters value) { *to = value; }

// Widths and alignments mixed; writes each as 64 bits.
__global__ void many_parameters(unsigned long long* to, unsigned char p0, unsigned short p1, unsigned char p2,
                                unsigned int p3, unsigned char p4, unsigned long long p5, unsigned short p6, float p7,
                                double p8, unsigned char p9) {
  to[0] = p0, to[1] = p1, to[2] = p2, to[3] = p3, to[4] = p4, to[5] = p5, to[6] = p6;
  to[7] = __float_as_uint(p7);
  to[8] = __double_as_longlong(p8);
  to[9] = p9;
}

// Through dynamic shared memory: every block writes its part of `p` backwards.
__global__ void reverse_in_shared(unsigned int* p) {
  extern __shared__ unsigned int buffer[];
  unsigned int* part = p + blockIdx.x * blockDim.x;
  buffer[threadIdx.x] = part[threadIdx.x];
  __syncthreads();
  part[threadIdx.x] = buffer[blockDim.x - 1 - threadIdx.x];
}

// Static shared memory of 1 KiB; for attribute queries too.
__global__ void static_shared(unsigned int* p) {
  __shared__ unsigned int buffer[256];
  buffer[threadIdx.x % 256] = p[threadIdx.x % 256];
  __syncthreads();
  p[threadIdx.x % 256] = buffer[255 - threadIdx.x % 256];
}

__global__ void count(unsigned int* counter) { atomicAdd(counter, 1); }

__global__ void read_global(unsigned int* to) { *to = global_value; }
__global__ void write_global(unsigned int value) { global_value = value; }
__global__ void read_constant(unsigned int* to) {
  if (threadIdx.x < 16) to[threadIdx.x] = constant_table[threadIdx.x];
}

// Keeps one thread busy for about `nanoseconds`.
__global__ void spin(unsigned long long nanoseconds) {
  unsigned long long start, now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(start));
  do {
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  } while (now - start < nanoseconds);
}

// The context does not survive these two: only in suites named ..._fresh.
__global__ void trap() { asm volatile("trap;"); }
__global__ void bad_address() { *reinterpret_cast<volatile unsigned int*>(64) = 1; }

}  // extern "C"
