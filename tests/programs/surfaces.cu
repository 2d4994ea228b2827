// Surfaces: kernels write and read arrays, and what one launch wrote a texture of the next one reads.
#include <cstdint>

#include "program.hpp"

__global__ void write_2d(cudaSurfaceObject_t surface, int width, int height, int seed) {
  const int x = blockIdx.x * blockDim.x + threadIdx.x;
  const int y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < width && y < height) {
    surf2Dwrite(make_float2(seed + x, seed * y), surface, x * static_cast<int>(sizeof(float2)), y);
  }
}
__global__ void double_2d(cudaSurfaceObject_t surface, int width, int height) {
  const int x = blockIdx.x * blockDim.x + threadIdx.x;
  const int y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < width && y < height) {
    const int at = x * static_cast<int>(sizeof(float2));
    float2 value = surf2Dread<float2>(surface, at, y);
    value.x *= 2;
    value.y *= 2;
    surf2Dwrite(value, surface, at, y);
  }
}
__global__ void read_texture(float* out, cudaTextureObject_t texture, int width, int height) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < width * height) {
    const float2 value = tex2D<float2>(texture, i % width + 0.5F, i / width + 0.5F);
    out[i] = value.x + 1000 * value.y;
  }
}
__global__ void at_the_edges(int* out, cudaSurfaceObject_t surface) {
  // A row of eight bytes: outside it zeros, or the nearest texel.
  out[0] = surf1Dread<unsigned char>(surface, -1, cudaBoundaryModeZero);
  out[1] = surf1Dread<unsigned char>(surface, 8, cudaBoundaryModeZero);
  out[2] = surf1Dread<unsigned char>(surface, -5, cudaBoundaryModeClamp);
  out[3] = surf1Dread<unsigned char>(surface, 99, cudaBoundaryModeClamp);
  surf1Dwrite(static_cast<unsigned char>(77), surface, 8, cudaBoundaryModeZero);
  surf1Dwrite(static_cast<unsigned char>(78), surface, 100, cudaBoundaryModeClamp);
}
__global__ void write_volume(cudaSurfaceObject_t surface) {
  surf3Dwrite(static_cast<int>(threadIdx.x + 10 * threadIdx.y + 100 * threadIdx.z), surface,
              static_cast<int>(threadIdx.x * sizeof(int)), threadIdx.y, threadIdx.z);
}
__global__ void write_layers(cudaSurfaceObject_t surface) {
  const short value = static_cast<short>(threadIdx.x + 10 * threadIdx.y + 100 * threadIdx.z);
  surf2DLayeredwrite(value, surface, static_cast<int>(threadIdx.x * sizeof(short)), threadIdx.y,
                     threadIdx.z);
}

namespace {

template <class T>
cudaArray_t make_array(size_t width, size_t height, size_t depth, unsigned flags = 0) {
  cudaArray_t array = nullptr;
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<T>();
  CHECK(cudaMalloc3DArray(&array, &format, make_cudaExtent(width, height, depth),
                          flags | cudaArraySurfaceLoadStore));
  return array;
}

cudaResourceDesc resource_of(cudaArray_t array) {
  cudaResourceDesc resource{};
  resource.resType = cudaResourceTypeArray;
  resource.res.array.array = array;
  return resource;
}

cudaSurfaceObject_t make_surface(cudaArray_t array) {
  const cudaResourceDesc resource = resource_of(array);
  cudaSurfaceObject_t surface = 0;
  CHECK(cudaCreateSurfaceObject(&surface, &resource));
  return surface;
}

template <class T>
std::vector<T> read_back(cudaArray_t array, size_t width, size_t height, size_t depth) {
  std::vector<T> values(width * height * depth);
  cudaMemcpy3DParms copy{};
  copy.srcArray = array;
  copy.dstPtr = make_cudaPitchedPtr(values.data(), width * sizeof(T), width, height);
  copy.extent = make_cudaExtent(width, height, depth);
  copy.kind = cudaMemcpyDeviceToHost;
  CHECK(cudaMemcpy3D(&copy));
  return values;
}

void write_and_read() {
  const int width = 37, height = 19;
  cudaArray_t array = make_array<float2>(width, height, 0);
  const cudaSurfaceObject_t surface = make_surface(array);
  const dim3 block(16, 16), grid(3, 2);
  write_2d<<<grid, block>>>(surface, width, height, 5);
  double_2d<<<grid, block>>>(surface, width, height);
  const cudaResourceDesc resource = resource_of(array);
  cudaTextureDesc desc{};
  desc.addressMode[0] = desc.addressMode[1] = cudaAddressModeClamp;
  cudaTextureObject_t texture = 0;
  CHECK(cudaCreateTextureObject(&texture, &resource, &desc, nullptr));
  float* device = nullptr;
  CHECK(cudaMalloc(&device, width * height * sizeof(float)));
  read_texture<<<(width * height + 127) / 128, 128>>>(device, texture, width, height);
  std::vector<float> got(width * height);
  CHECK(cudaMemcpy(got.data(), device, got.size() * sizeof(float), cudaMemcpyDeviceToHost));
  bool right = true;
  for (int i = 0; i < width * height; ++i) {
    right = right && got[static_cast<size_t>(i)] ==
                         2.0F * (5 + i % width) + 1000.0F * 2 * 5 * (i / width);
  }
  EXPECT(right);
  CHECK(cudaFree(device));
  CHECK(cudaDestroyTextureObject(texture));
  CHECK(cudaDestroySurfaceObject(surface));
  CHECK(cudaFreeArray(array));
}

void boundaries() {
  cudaArray_t array = make_array<unsigned char>(8, 0, 0);
  const std::vector<unsigned char> row{11, 12, 13, 14, 15, 16, 17, 18};
  CHECK(cudaMemcpy2DToArray(array, 0, 0, row.data(), 8, 8, 1, cudaMemcpyHostToDevice));
  const cudaSurfaceObject_t surface = make_surface(array);
  int* device = nullptr;
  CHECK(cudaMalloc(&device, 4 * sizeof(int)));
  at_the_edges<<<1, 1>>>(device, surface);
  std::vector<int> got(4);
  CHECK(cudaMemcpy(got.data(), device, 4 * sizeof(int), cudaMemcpyDeviceToHost));
  EXPECT(got == (std::vector<int>{0, 0, 11, 18}));
  std::vector<unsigned char> back(8);
  CHECK(cudaMemcpy2DFromArray(back.data(), 8, array, 0, 0, 8, 1, cudaMemcpyDeviceToHost));
  EXPECT(back == (std::vector<unsigned char>{11, 12, 13, 14, 15, 16, 17, 78}));
  CHECK(cudaFree(device));
  CHECK(cudaDestroySurfaceObject(surface));
  CHECK(cudaFreeArray(array));
}

void volumes_and_layers() {
  cudaArray_t volume = make_array<int>(4, 3, 2);
  cudaSurfaceObject_t surface = make_surface(volume);
  write_volume<<<1, dim3(4, 3, 2)>>>(surface);
  const std::vector<int> got = read_back<int>(volume, 4, 3, 2);
  bool right = true;
  for (int i = 0; i < 24; ++i) {
    right = right && got[static_cast<size_t>(i)] == i % 4 + 10 * (i / 4 % 3) + 100 * (i / 12);
  }
  EXPECT(right);
  CHECK(cudaDestroySurfaceObject(surface));
  CHECK(cudaFreeArray(volume));

  cudaArray_t layers = make_array<short>(4, 3, 2, cudaArrayLayered);
  surface = make_surface(layers);
  write_layers<<<1, dim3(4, 3, 2)>>>(surface);
  const std::vector<short> layered = read_back<short>(layers, 4, 3, 2);
  right = true;
  for (int i = 0; i < 24; ++i) {
    right = right && layered[static_cast<size_t>(i)] == i % 4 + 10 * (i / 4 % 3) + 100 * (i / 12);
  }
  EXPECT(right);
  CHECK(cudaDestroySurfaceObject(surface));
  CHECK(cudaFreeArray(layers));
}

}  // namespace

int main() {
  write_and_read();
  boundaries();
  volumes_and_layers();
  return finish("surfaces");
}
