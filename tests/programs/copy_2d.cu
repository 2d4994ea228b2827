// Pitched memory: two- and three-dimensional copies and fills.
#include <cstdint>

#include "program.hpp"

int main() {
  const size_t width = 37, height = 23;  // elements
  std::vector<uint16_t> host(width * height), back(width * height, 0);
  for (size_t i = 0; i < host.size(); ++i) host[i] = static_cast<uint16_t>(i * 7);
  uint16_t* device = nullptr;
  size_t pitch = 0;
  CHECK(cudaMallocPitch(&device, &pitch, width * 2, height));
  EXPECT(pitch >= width * 2);
  CHECK(cudaMemcpy2D(device, pitch, host.data(), width * 2, width * 2, height,
                     cudaMemcpyHostToDevice));
  CHECK(cudaMemcpy2D(back.data(), width * 2, device, pitch, width * 2, height,
                     cudaMemcpyDeviceToHost));
  EXPECT(back == host);

  // A window out of the middle, through a stream, into a host array with a pitch of its own.
  cudaStream_t stream;
  CHECK(cudaStreamCreate(&stream));
  const size_t window_width = 11, window_height = 5, window_pitch = 16;
  std::vector<uint16_t> window(window_pitch * window_height, 0xeeee);
  const uint8_t* corner = reinterpret_cast<uint8_t*>(device) + 3 * pitch + 4 * 2;
  CHECK(cudaMemcpy2DAsync(window.data(), window_pitch * 2, corner, pitch, window_width * 2,
                          window_height, cudaMemcpyDeviceToHost, stream));
  CHECK(cudaStreamSynchronize(stream));
  bool right = true;
  for (size_t y = 0; y < window_height; ++y) {
    for (size_t x = 0; x < window_pitch; ++x) {
      const uint16_t expected = x < window_width ? host[(y + 3) * width + x + 4] : 0xeeee;
      right = right && window[y * window_pitch + x] == expected;
    }
  }
  EXPECT(right);

  // Filling a window leaves the rest alone.
  CHECK(cudaMemset2D(reinterpret_cast<uint8_t*>(device) + 2 * pitch, pitch, 0, 10 * 2, 2));
  CHECK(cudaMemcpy2D(back.data(), width * 2, device, pitch, width * 2, height,
                     cudaMemcpyDeviceToHost));
  right = true;
  for (size_t y = 0; y < height; ++y) {
    for (size_t x = 0; x < width; ++x) {
      const bool cleared = (y == 2 || y == 3) && x < 10;
      right = right && back[y * width + x] == (cleared ? 0 : host[y * width + x]);
    }
  }
  EXPECT(right);
  EXPECT_RESULT(cudaMemcpy2D(back.data(), width, device, pitch, width * 2, height,
                             cudaMemcpyDeviceToHost),
                cudaErrorInvalidPitchValue);

  // Three dimensions: a box out of a volume.
  cudaPitchedPtr volume{};
  const cudaExtent extent = make_cudaExtent(20, 6, 4);  // bytes, rows, slices
  CHECK(cudaMalloc3D(&volume, extent));
  CHECK(cudaMemset3D(volume, 0x11, extent));
  std::vector<uint8_t> bytes(20 * 6 * 4);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i);
  cudaMemcpy3DParms copy{};
  copy.srcPtr = make_cudaPitchedPtr(bytes.data(), 20, 20, 6);
  copy.dstPtr = volume;
  copy.dstPos = make_cudaPos(5, 1, 1);
  copy.extent = make_cudaExtent(8, 3, 2);
  copy.kind = cudaMemcpyHostToDevice;
  CHECK(cudaMemcpy3D(&copy));
  std::vector<uint8_t> out(bytes.size());
  cudaMemcpy3DParms fetch{};
  fetch.srcPtr = volume;
  fetch.dstPtr = make_cudaPitchedPtr(out.data(), 20, 20, 6);
  fetch.extent = extent;
  fetch.kind = cudaMemcpyDeviceToHost;
  CHECK(cudaMemcpy3D(&fetch));
  right = true;
  for (size_t z = 0; z < 4; ++z) {
    for (size_t y = 0; y < 6; ++y) {
      for (size_t x = 0; x < 20; ++x) {
        const bool inside = x >= 5 && x < 13 && y >= 1 && y < 4 && z >= 1 && z < 3;
        const uint8_t expected =
            inside ? bytes[((z - 1) * 6 + (y - 1)) * 20 + x - 5] : uint8_t{0x11};
        right = right && out[(z * 6 + y) * 20 + x] == expected;
      }
    }
  }
  EXPECT(right);
  CHECK(cudaStreamDestroy(stream));
  CHECK(cudaFree(volume.ptr));
  CHECK(cudaFree(device));
  return finish("copy_2d");
}
