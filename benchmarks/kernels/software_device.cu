// What software_device_benchmark.cpp times; native_loops.cpp has the same work as loops.

extern "C" __global__ void vector_add(const float* a, const float* b, float* c, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) c[i] = a[i] + b[i];
}

constexpr int tile = 16;

/// c = a * b, all n x n, row by row; n is a multiple of 16, blocks are 16 x 16.
extern "C" __global__ void matrix_product(const float* a, const float* b, float* c, int n) {
  __shared__ float a_tile[tile][tile];
  __shared__ float b_tile[tile][tile];
  const int row = blockIdx.y * tile + threadIdx.y;
  const int column = blockIdx.x * tile + threadIdx.x;
  float sum = 0;
  for (int k = 0; k < n; k += tile) {
    a_tile[threadIdx.y][threadIdx.x] = a[row * n + k + threadIdx.x];
    b_tile[threadIdx.y][threadIdx.x] = b[(k + threadIdx.y) * n + column];
    __syncthreads();
    for (int i = 0; i < tile; ++i) sum += a_tile[threadIdx.y][i] * b_tile[i][threadIdx.x];
    __syncthreads();
  }
  c[row * n + column] = sum;
}

constexpr int bodies_per_block = 256;

/// The acceleration of each of n bodies (x, y, z, mass); n is a multiple of 256.
extern "C" __global__ void n_body(const float4* bodies, float4* accelerations, int n) {
  __shared__ float4 others[bodies_per_block];
  const int i = blockIdx.x * bodies_per_block + threadIdx.x;
  const float4 body = bodies[i];
  float x = 0, y = 0, z = 0;
  for (int first = 0; first < n; first += bodies_per_block) {
    others[threadIdx.x] = bodies[first + threadIdx.x];
    __syncthreads();
    for (int j = 0; j < bodies_per_block; ++j) {
      const float4 other = others[j];
      const float dx = other.x - body.x, dy = other.y - body.y, dz = other.z - body.z;
      const float inverse = rsqrtf(dx * dx + dy * dy + dz * dz + 1e-3f);
      const float pull = other.w * inverse * inverse * inverse;
      x += dx * pull;
      y += dy * pull;
      z += dz * pull;
    }
    __syncthreads();
  }
  accelerations[i] = make_float4(x, y, z, 0);
}

extern "C" __global__ void mandelbrot(int* steps, int size, int most) {
  const int column = blockIdx.x * blockDim.x + threadIdx.x;
  const int row = blockIdx.y * blockDim.y + threadIdx.y;
  if (column >= size || row >= size) return;
  const float re = -2.2f + 3.2f * column / size, im = -1.6f + 3.2f * row / size;
  float x = 0, y = 0;
  int step = 0;
  for (; step < most && x * x + y * y < 4; ++step) {
    const float next = x * x - y * y + re;
    y = 2 * x * y + im;
    x = next;
  }
  steps[row * size + column] = step;
}

/// Adds the n values to *sum.
extern "C" __global__ void reduce(const float* values, float* sum, int n) {
  __shared__ float of_warps[32];
  float mine = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    mine += values[i];
  }
  for (int apart = 16; apart > 0; apart /= 2) mine += __shfl_down_sync(~0u, mine, apart);
  if (threadIdx.x % 32 == 0) of_warps[threadIdx.x / 32] = mine;
  __syncthreads();
  if (threadIdx.x >= 32) return;
  mine = threadIdx.x < blockDim.x / 32 ? of_warps[threadIdx.x] : 0;
  for (int apart = 16; apart > 0; apart /= 2) mine += __shfl_down_sync(~0u, mine, apart);
  if (threadIdx.x == 0) atomicAdd(sum, mine);
}
