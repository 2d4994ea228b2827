// Textures: arrays of every shape, linear memory, filtering, address modes, mipmaps.
#include <cmath>
#include <cstdint>
#include <cstring>

#include "program.hpp"

namespace {

template <class T>
cudaArray_t make_array(const std::vector<T>& values, size_t width, size_t height, size_t depth,
                       unsigned flags = 0) {
  cudaArray_t array = nullptr;
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<T>();
  CHECK(cudaMalloc3DArray(&array, &format, make_cudaExtent(width, height, depth), flags));
  cudaMemcpy3DParms copy{};
  copy.srcPtr = make_cudaPitchedPtr(const_cast<T*>(values.data()), width * sizeof(T), width,
                                    height == 0 ? 1 : height);
  copy.dstArray = array;
  copy.extent = make_cudaExtent(width, height == 0 ? 1 : height, depth == 0 ? 1 : depth);
  copy.kind = cudaMemcpyHostToDevice;
  CHECK(cudaMemcpy3D(&copy));
  return array;
}

cudaTextureDesc description(cudaTextureAddressMode mode, cudaTextureFilterMode filter,
                            bool normalized, cudaTextureReadMode read = cudaReadModeElementType) {
  cudaTextureDesc desc{};
  desc.addressMode[0] = desc.addressMode[1] = desc.addressMode[2] = mode;
  desc.filterMode = filter;
  desc.normalizedCoords = normalized;
  desc.readMode = read;
  return desc;
}

cudaTextureObject_t make_texture(cudaArray_t array, const cudaTextureDesc& desc) {
  cudaResourceDesc resource{};
  resource.resType = cudaResourceTypeArray;
  resource.res.array.array = array;
  cudaTextureObject_t texture = 0;
  CHECK(cudaCreateTextureObject(&texture, &resource, &desc, nullptr));
  return texture;
}

std::vector<float> ramp(size_t count) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i * i % 97);
  return values;
}

bool near(float a, float b) {
  return std::fabs(a - b) <= 1e-3F * (1 + std::fabs(b));
}

/// Results of a kernel with one thread for each of `count` floats.
template <class Kernel, class... Arguments>
std::vector<float> run(size_t count, Kernel kernel, Arguments... arguments) {
  float* device = nullptr;
  CHECK(cudaMalloc(&device, count * sizeof(float)));
  kernel<<<static_cast<unsigned>((count + 63) / 64), 64>>>(device, static_cast<int>(count),
                                                           arguments...);
  CHECK(cudaGetLastError());
  std::vector<float> values(count);
  CHECK(cudaMemcpy(values.data(), device, count * sizeof(float), cudaMemcpyDeviceToHost));
  CHECK(cudaFree(device));
  return values;
}

}  // namespace

__global__ void sample_1d(float* out, int count, cudaTextureObject_t texture, float first,
                          float step) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) out[i] = tex1D<float>(texture, first + step * i);
}
__global__ void fetch_linear(float* out, int count, cudaTextureObject_t texture) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) {
    const short2 value = tex1Dfetch<short2>(texture, i);
    out[i] = value.x + 0.5F * value.y;
  }
}
__global__ void sample_2d(float* out, int count, cudaTextureObject_t texture, int width, float dx,
                          float dy) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) out[i] = tex2D<float>(texture, i % width + dx, i / width + dy);
}
__global__ void sample_3d(float* out, int count, cudaTextureObject_t texture, int width,
                          int height) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) {
    out[i] = tex3D<float>(texture, i % width + 0.5F, i / width % height + 0.5F,
                          i / width / height + 0.5F);
  }
}
__global__ void sample_layers(float* out, int count, cudaTextureObject_t texture, int width,
                              int height) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) {
    out[i] = tex2DLayered<float>(texture, i % width + 0.5F, i / width % height + 0.5F,
                                 i / width / height);
  }
}
__global__ void sample_cube(float* out, int count, cudaTextureObject_t texture) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const float directions[6][3] = {{1, 0.3F, 0.1F}, {-1, 0.3F, 0.1F}, {0.1F, 1, 0.3F},
                                  {0.1F, -1, 0.3F}, {0.1F, 0.3F, 1}, {0.1F, 0.3F, -1}};
  if (i < count) {
    out[i] = texCubemap<float>(texture, directions[i][0], directions[i][1], directions[i][2]);
  }
}
__global__ void sample_level(float* out, int count, cudaTextureObject_t texture, float step) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) out[i] = tex2DLod<float>(texture, 0.5F, 0.5F, step * i);
}
__global__ void sample_bytes(float* out, int count, cudaTextureObject_t texture) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) {
    const float4 value = tex2D<float4>(texture, i + 0.5F, 0.5F);
    out[i] = value.x + 2 * value.y + 4 * value.z + 8 * value.w;
  }
}
__global__ void gather(float* out, int count, cudaTextureObject_t texture) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) {
    const float4 value = tex2Dgather<float4>(texture, 2.0F, 3.0F, 0);
    const float parts[4] = {value.x, value.y, value.z, value.w};
    out[i] = parts[i];
  }
}

namespace {

void one_dimension() {
  const size_t width = 16;
  const std::vector<float> values = ramp(width);
  cudaArray_t array = make_array(values, width, 0, 0);
  struct Mode {
    cudaTextureAddressMode mode;
    bool normalized;
  };
  for (const Mode& mode : {Mode{cudaAddressModeClamp, false}, Mode{cudaAddressModeBorder, false},
                           Mode{cudaAddressModeWrap, true}, Mode{cudaAddressModeMirror, true}}) {
    cudaTextureDesc how = description(mode.mode, cudaFilterModeLinear, mode.normalized);
    // A border in the second dimension, which the array does not have, would count half.
    how.addressMode[1] = cudaAddressModeClamp;
    const cudaTextureObject_t texture = make_texture(array, how);
    const float scale = mode.normalized ? 1.0F / width : 1.0F;
    const std::vector<float> got =
        run(96, sample_1d, texture, -24.0F * scale, 0.5F * scale);
    const auto texel = [&](int i) {
      const int n = static_cast<int>(width);
      switch (mode.mode) {
        case cudaAddressModeWrap:
          return values[static_cast<size_t>(((i % n) + n) % n)];
        case cudaAddressModeMirror: {
          const int m = ((i % (2 * n)) + 2 * n) % (2 * n);
          return values[static_cast<size_t>(m < n ? m : 2 * n - 1 - m)];
        }
        case cudaAddressModeBorder:
          return i < 0 || i >= n ? 0.0F : values[static_cast<size_t>(i)];
        default:
          return values[static_cast<size_t>(i < 0 ? 0 : i >= n ? n - 1 : i)];
      }
    };
    bool right = true;
    for (int i = 0; i < 96; ++i) {
      const float at = -24.0F + 0.5F * i - 0.5F;
      const int low = static_cast<int>(std::floor(at));
      const float weight = at - low;
      right = right && near(got[static_cast<size_t>(i)],
                            (1 - weight) * texel(low) + weight * texel(low + 1));
    }
    EXPECT(right);
    CHECK(cudaDestroyTextureObject(texture));
  }
  CHECK(cudaFreeArray(array));
}

void linear_memory() {
  std::vector<short2> values(100);
  for (int i = 0; i < 100; ++i) values[static_cast<size_t>(i)] = make_short2(i * 3, -i);
  short2* device = nullptr;
  CHECK(cudaMalloc(&device, sizeof(short2) * values.size()));
  CHECK(cudaMemcpy(device, values.data(), sizeof(short2) * values.size(), cudaMemcpyHostToDevice));
  cudaResourceDesc resource{};
  resource.resType = cudaResourceTypeLinear;
  resource.res.linear.devPtr = device;
  resource.res.linear.desc = cudaCreateChannelDesc<short2>();
  resource.res.linear.sizeInBytes = sizeof(short2) * values.size();
  const cudaTextureDesc desc{};
  cudaTextureObject_t texture = 0;
  CHECK(cudaCreateTextureObject(&texture, &resource, &desc, nullptr));
  const std::vector<float> got = run(100, fetch_linear, texture);
  bool right = true;
  for (int i = 0; i < 100; ++i) right = right && got[static_cast<size_t>(i)] == 3 * i - 0.5F * i;
  EXPECT(right);
  CHECK(cudaDestroyTextureObject(texture));
  CHECK(cudaFree(device));
}

void two_dimensions() {
  const size_t width = 23, height = 11;
  const std::vector<float> values = ramp(width * height);
  cudaArray_t array = nullptr;
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  CHECK(cudaMallocArray(&array, &format, width, height));
  CHECK(cudaMemcpy2DToArray(array, 0, 0, values.data(), width * sizeof(float),
                            width * sizeof(float), height, cudaMemcpyHostToDevice));
  std::vector<float> back(values.size());
  CHECK(cudaMemcpy2DFromArray(back.data(), width * sizeof(float), array, 0, 0,
                              width * sizeof(float), height, cudaMemcpyDeviceToHost));
  EXPECT(back == values);

  const cudaTextureObject_t point =
      make_texture(array, description(cudaAddressModeClamp, cudaFilterModePoint, false));
  EXPECT(run(width * height, sample_2d, point, static_cast<int>(width), 0.5F, 0.5F) == values);
  CHECK(cudaDestroyTextureObject(point));

  // Halfway between four texels.
  const cudaTextureObject_t filtered =
      make_texture(array, description(cudaAddressModeClamp, cudaFilterModeLinear, false));
  const std::vector<float> got =
      run(width * (height - 1) - 1, sample_2d, filtered, static_cast<int>(width), 1.0F, 1.0F);
  bool right = true;
  for (size_t i = 0; i < got.size(); ++i) {
    if (i % width == width - 1) continue;
    const float mean =
        (values[i] + values[i + 1] + values[i + width] + values[i + width + 1]) / 4;
    right = right && near(got[i], mean);
  }
  EXPECT(right);
  CHECK(cudaDestroyTextureObject(filtered));
  CHECK(cudaFreeArray(array));
  cudaArray_t gathered = make_array(values, width, height, 0, cudaArrayTextureGather);
  const cudaTextureObject_t for_gather =
      make_texture(gathered, description(cudaAddressModeClamp, cudaFilterModePoint, false));
  const std::vector<float> four = run(4, gather, for_gather);
  EXPECT(four[0] == values[3 * width + 1] && four[1] == values[3 * width + 2] &&
         four[2] == values[2 * width + 2] && four[3] == values[2 * width + 1]);
  CHECK(cudaDestroyTextureObject(for_gather));
  CHECK(cudaFreeArray(gathered));

  // Pitched linear memory.
  float* pitched = nullptr;
  size_t pitch = 0;
  CHECK(cudaMallocPitch(&pitched, &pitch, width * sizeof(float), height));
  CHECK(cudaMemcpy2D(pitched, pitch, values.data(), width * sizeof(float), width * sizeof(float),
                     height, cudaMemcpyHostToDevice));
  cudaResourceDesc resource{};
  resource.resType = cudaResourceTypePitch2D;
  resource.res.pitch2D.devPtr = pitched;
  resource.res.pitch2D.desc = format;
  resource.res.pitch2D.width = width;
  resource.res.pitch2D.height = height;
  resource.res.pitch2D.pitchInBytes = pitch;
  const cudaTextureDesc desc = description(cudaAddressModeClamp, cudaFilterModePoint, false);
  cudaTextureObject_t texture = 0;
  CHECK(cudaCreateTextureObject(&texture, &resource, &desc, nullptr));
  EXPECT(run(width * height, sample_2d, texture, static_cast<int>(width), 0.5F, 0.5F) == values);
  CHECK(cudaDestroyTextureObject(texture));
  CHECK(cudaFree(pitched));
}

void three_dimensions_and_layers() {
  const size_t width = 9, height = 5, depth = 7;
  const std::vector<float> values = ramp(width * height * depth);
  cudaArray_t volume = make_array(values, width, height, depth);
  const cudaTextureDesc point = description(cudaAddressModeClamp, cudaFilterModePoint, false);
  cudaTextureObject_t texture = make_texture(volume, point);
  EXPECT(run(values.size(), sample_3d, texture, static_cast<int>(width),
             static_cast<int>(height)) == values);
  CHECK(cudaDestroyTextureObject(texture));
  CHECK(cudaFreeArray(volume));

  cudaArray_t layers = make_array(values, width, height, depth, cudaArrayLayered);
  texture = make_texture(layers, point);
  EXPECT(run(values.size(), sample_layers, texture, static_cast<int>(width),
             static_cast<int>(height)) == values);
  CHECK(cudaDestroyTextureObject(texture));
  CHECK(cudaFreeArray(layers));

  // Each face of the cube has one value.
  std::vector<float> faces(6 * 4 * 4);
  for (size_t i = 0; i < faces.size(); ++i) faces[i] = static_cast<float>(10 + i / 16);
  cudaArray_t cube = make_array(faces, 4, 4, 6, cudaArrayCubemap);
  texture = make_texture(cube, description(cudaAddressModeClamp, cudaFilterModePoint, true));
  EXPECT(run(6, sample_cube, texture) == (std::vector<float>{10, 11, 12, 13, 14, 15}));
  CHECK(cudaDestroyTextureObject(texture));
  CHECK(cudaFreeArray(cube));
}

void bytes_as_fractions() {
  std::vector<uchar4> values;
  for (int i = 0; i < 8; ++i) {
    values.push_back(make_uchar4(static_cast<unsigned char>(i * 30), 255, 0, 51));
  }
  cudaArray_t array = make_array(values, 8, 1, 0);
  const cudaTextureObject_t texture = make_texture(
      array, description(cudaAddressModeClamp, cudaFilterModePoint, false,
                         cudaReadModeNormalizedFloat));
  const std::vector<float> got = run(8, sample_bytes, texture);
  bool right = true;
  for (int i = 0; i < 8; ++i) {
    right = right && near(got[static_cast<size_t>(i)], i * 30 / 255.0F + 2 + 8 * 0.2F);
  }
  EXPECT(right);
  CHECK(cudaDestroyTextureObject(texture));
  CHECK(cudaFreeArray(array));
}

void mipmap() {
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  cudaMipmappedArray_t mipmap = nullptr;
  CHECK(cudaMallocMipmappedArray(&mipmap, &format, make_cudaExtent(8, 8, 0), 4));
  for (unsigned level = 0; level < 4; ++level) {
    cudaArray_t array = nullptr;
    CHECK(cudaGetMipmappedArrayLevel(&array, mipmap, level));
    cudaExtent extent{};
    unsigned flags = 0;
    cudaChannelFormatDesc got{};
    CHECK(cudaArrayGetInfo(&got, &extent, &flags, array));
    const size_t side = size_t{8} >> level;
    EXPECT(extent.width == side && extent.height == side && got.x == 32);
    const std::vector<float> values(side * side, static_cast<float>(level * 100));
    CHECK(cudaMemcpy2DToArray(array, 0, 0, values.data(), side * sizeof(float),
                              side * sizeof(float), side, cudaMemcpyHostToDevice));
  }
  cudaResourceDesc resource{};
  resource.resType = cudaResourceTypeMipmappedArray;
  resource.res.mipmap.mipmap = mipmap;
  cudaTextureDesc desc = description(cudaAddressModeClamp, cudaFilterModeLinear, true);
  desc.mipmapFilterMode = cudaFilterModeLinear;
  desc.maxMipmapLevelClamp = 10;
  cudaTextureObject_t texture = 0;
  CHECK(cudaCreateTextureObject(&texture, &resource, &desc, nullptr));
  EXPECT(run(8, sample_level, texture, 0.5F) ==
         (std::vector<float>{0, 50, 100, 150, 200, 250, 300, 300}));
  cudaResourceDesc asked{};
  CHECK(cudaGetTextureObjectResourceDesc(&asked, texture));
  EXPECT(asked.resType == cudaResourceTypeMipmappedArray && asked.res.mipmap.mipmap == mipmap);
  CHECK(cudaDestroyTextureObject(texture));
  CHECK(cudaFreeMipmappedArray(mipmap));
}

}  // namespace

int main() {
  one_dimension();
  linear_memory();
  two_dimensions();
  three_dimensions_and_layers();
  bytes_as_fractions();
  mipmap();
  return finish("textures");
}
