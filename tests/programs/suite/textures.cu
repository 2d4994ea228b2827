// Texture and surface objects: filtering, addressing, normalised coordinates,
// writes.
#include "suite.hpp"

__global__ void sample_2d(cudaTextureObject_t texture, const float2* at, float* out, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) out[i] = tex2D<float>(texture, at[i].x, at[i].y);
}

__global__ void sample_buffer(cudaTextureObject_t texture, int4* out) {
  out[threadIdx.x] = tex1Dfetch<int4>(texture, threadIdx.x);
}

__global__ void write_surface(cudaSurfaceObject_t surface, int width, int height) {
  const int x = threadIdx.x, y = blockIdx.x;
  if (x >= width || y >= height) return;
  float value;
  surf2Dread(&value, surface, x * sizeof(float), y);
  surf2Dwrite(value * 2 + x, surface, x * sizeof(float), y);
}

cudaTextureObject_t make(const cudaResourceDesc& resource, cudaTextureAddressMode mode,
                         cudaTextureFilterMode filter, bool normalised) {
  cudaTextureDesc description{};
  for (auto& one : description.addressMode) one = mode;
  description.filterMode = filter;
  description.readMode = cudaReadModeElementType;
  description.normalizedCoords = normalised;
  cudaTextureObject_t texture = 0;
  CHECK(cudaCreateTextureObject(&texture, &resource, &description, nullptr));
  return texture;
}

int main() {
  const int width = 16, height = 8, count = 200;
  const auto image = random_values<float>(width * height, 0, 10);
  const cudaChannelFormatDesc channel = cudaCreateChannelDesc<float>();
  cudaArray_t array = nullptr;
  CHECK(cudaMallocArray(&array, &channel, width, height, cudaArraySurfaceLoadStore));
  CHECK(cudaMemcpy2DToArray(array, 0, 0, image.data(), width * 4, width * 4, height,
                            cudaMemcpyHostToDevice));
  cudaResourceDesc resource{};
  resource.resType = cudaResourceTypeArray;
  resource.res.array.array = array;
  Random random(3);
  std::vector<float2> at(count);
  for (float2& point : at)
    point = make_float2(random.uniform(-4, width + 4), random.uniform(-4, height + 4));
  Buffer<float2> points(at);
  Buffer<float> out(count);
  const auto texel = [&](int x, int y, bool wrap) {
    x = wrap ? (x % width + width) % width : std::clamp(x, 0, width - 1);
    y = wrap ? (y % height + height) % height : std::clamp(y, 0, height - 1);
    return double{image[y * width + x]};
  };
  for (const bool wrap : {false, true}) {
    for (const bool linear : {false, true}) {
      // Wrapping exists for normalised coordinates only.
      std::vector<float2> scaled = at;
      if (wrap)
        for (float2& point : scaled) point = make_float2(point.x / width, point.y / height);
      CHECK(cudaMemcpy(points, scaled.data(), count * sizeof(float2), cudaMemcpyHostToDevice));
      const cudaTextureObject_t texture =
          make(resource, wrap ? cudaAddressModeWrap : cudaAddressModeClamp,
               linear ? cudaFilterModeLinear : cudaFilterModePoint, wrap);
      sample_2d<<<2, 128>>>(texture, points, out, count);
      std::vector<double> expected(count);
      for (int i = 0; i < count; ++i) {
        const double x = at[i].x, y = at[i].y;
        const int i0 = static_cast<int>(std::floor(x - 0.5)),
                  j0 = static_cast<int>(std::floor(y - 0.5));
        const double u = x - 0.5 - i0, v = y - 0.5 - j0;
        expected[i] =
            linear ? (1 - v) * ((1 - u) * texel(i0, j0, wrap) + u * texel(i0 + 1, j0, wrap)) +
                         v * ((1 - u) * texel(i0, j0 + 1, wrap) + u * texel(i0 + 1, j0 + 1, wrap))
                   : texel(static_cast<int>(std::floor(x)), static_cast<int>(std::floor(y)), wrap);
      }
      // The weights of linear filtering have eight bits of fraction.
      EXPECT(all_close(out.read(), expected, linear ? 0.05 : 0));
      CHECK(cudaDestroyTextureObject(texture));
    }
  }

  cudaSurfaceObject_t surface = 0;
  CHECK(cudaCreateSurfaceObject(&surface, &resource));
  write_surface<<<height, width>>>(surface, width, height);
  std::vector<float> written(width * height);
  CHECK(cudaMemcpy2DFromArray(written.data(), width * 4, array, 0, 0, width * 4, height,
                              cudaMemcpyDeviceToHost));
  for (int i = 0; i < width * height; ++i) EXPECT(written[i] == image[i] * 2 + i % width);
  CHECK(cudaDestroySurfaceObject(surface));
  CHECK(cudaFreeArray(array));

  std::vector<int4> vectors(64);
  for (int i = 0; i < 64; ++i) vectors[i] = make_int4(i, i * i, -i, 7);
  Buffer<int4> linear(vectors), fetched(64);
  cudaResourceDesc buffer{};
  buffer.resType = cudaResourceTypeLinear;
  buffer.res.linear.devPtr = static_cast<int4*>(linear);
  buffer.res.linear.desc = cudaCreateChannelDesc<int4>();
  buffer.res.linear.sizeInBytes = 64 * sizeof(int4);
  const cudaTextureObject_t of_buffer =
      make(buffer, cudaAddressModeClamp, cudaFilterModePoint, false);
  sample_buffer<<<1, 64>>>(of_buffer, fetched);
  const auto values = fetched.read();
  for (int i = 0; i < 64; ++i)
    EXPECT(values[i].x == i && values[i].y == i * i && values[i].z == -i && values[i].w == 7);
  CHECK(cudaDestroyTextureObject(of_buffer));
  return finish("textures");
}
