// Textures and surfaces. Coordinates come from memory, so that a test chooses them.

extern "C" {

// Four numbers per texel that is read; `at` has one coordinate or two.
__global__ void sample_1d(float4* to, unsigned int n, cudaTextureObject_t texture,
                          const float* at) {
  const unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) to[i] = tex1D<float4>(texture, at[i]);
}
__global__ void sample_2d(float4* to, unsigned int n, cudaTextureObject_t texture,
                          const float* at) {
  const unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) to[i] = tex2D<float4>(texture, at[2 * i], at[2 * i + 1]);
}
// The texels of an integer format.
__global__ void sample_2d_integers(uint4* to, unsigned int n, cudaTextureObject_t texture,
                                   const float* at) {
  const unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) to[i] = tex2D<uint4>(texture, at[2 * i], at[2 * i + 1]);
}
// The texel of each index, from 0.
__global__ void fetch_1d(float4* to, unsigned int n, cudaTextureObject_t texture) {
  const unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) to[i] = tex1Dfetch<float4>(texture, i);
}
// The middle of a texture at levels of its mipmap.
__global__ void sample_levels(float4* to, unsigned int n, cudaTextureObject_t texture,
                              const float* levels) {
  const unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) to[i] = tex2DLod<float4>(texture, 0.5F, 0.5F, levels[i]);
}

// Writes first + i into texel i of a surface of 32-bit integers, row by row.
__global__ void write_surface(cudaSurfaceObject_t surface, unsigned int width, unsigned int height,
                              unsigned int first) {
  const unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < width * height) {
    surf2Dwrite(first + i, surface, static_cast<int>(i % width * sizeof(unsigned int)),
                static_cast<int>(i / width));
  }
}
__global__ void read_surface(unsigned int* to, cudaSurfaceObject_t surface, unsigned int width,
                             unsigned int height) {
  const unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < width * height) {
    to[i] = surf2Dread<unsigned int>(surface, static_cast<int>(i % width * sizeof(unsigned int)),
                                     static_cast<int>(i / width));
  }
}

}  // extern "C"
