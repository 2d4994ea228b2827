// Copies in every direction, from pinned, mapped, registered and pageable memory, large and odd-sized.
#include <cstdint>
#include <cstring>

#include "program.hpp"

__global__ void increment(uint32_t* data, size_t n) {
  size_t i = blockIdx.x * size_t{blockDim.x} + threadIdx.x;
  if (i < n) data[i] += 1;
}

static void fill(uint32_t* data, size_t n, uint32_t seed) {
  for (size_t i = 0; i < n; ++i) data[i] = static_cast<uint32_t>(i) * 2654435761u + seed;
}

static bool holds(const uint32_t* data, size_t n, uint32_t seed, uint32_t more) {
  for (size_t i = 0; i < n; ++i) {
    if (data[i] != static_cast<uint32_t>(i) * 2654435761u + seed + more) return false;
  }
  return true;
}

static void round_trip(uint32_t* from, uint32_t* to, size_t n, cudaStream_t stream) {
  uint32_t *a = nullptr, *b = nullptr;
  CHECK(cudaMalloc(&a, n * sizeof *a));
  CHECK(cudaMalloc(&b, n * sizeof *b));
  fill(from, n, 17);
  std::memset(to, 0, n * sizeof *to);
  CHECK(cudaMemcpyAsync(a, from, n * sizeof *a, cudaMemcpyHostToDevice, stream));
  increment<<<static_cast<unsigned>((n + 255) / 256), 256, 0, stream>>>(a, n);
  CHECK(cudaMemcpyAsync(b, a, n * sizeof *a, cudaMemcpyDeviceToDevice, stream));
  CHECK(cudaMemcpyAsync(to, b, n * sizeof *a, cudaMemcpyDeviceToHost, stream));
  CHECK(cudaStreamSynchronize(stream));
  EXPECT(holds(to, n, 17, 1));
  CHECK(cudaFree(a));
  CHECK(cudaFree(b));
}

int main() {
  cudaStream_t stream;
  CHECK(cudaStreamCreate(&stream));

  for (size_t n : {size_t{1}, size_t{1027}, size_t{1} << 18}) {
    std::vector<uint32_t> from(n), to(n);
    round_trip(from.data(), to.data(), n, stream);
  }
  // Larger than any frame or staging chunk.
  {
    const size_t n = (size_t{9} << 20) / 4 + 3;
    std::vector<uint32_t> from(n), to(n);
    uint32_t* device = nullptr;
    CHECK(cudaMalloc(&device, n * 4));
    fill(from.data(), n, 5);
    CHECK(cudaMemcpy(device, from.data(), n * 4, cudaMemcpyHostToDevice));
    CHECK(cudaMemcpy(to.data(), device, n * 4, cudaMemcpyDeviceToHost));
    EXPECT(holds(to.data(), n, 5, 0));
    CHECK(cudaFree(device));
  }
  // A pageable source may be reused as soon as the call has returned.
  {
    const size_t n = 1 << 16;
    std::vector<uint32_t> from(n), to(n);
    uint32_t* device = nullptr;
    CHECK(cudaMalloc(&device, n * 4));
    fill(from.data(), n, 3);
    CHECK(cudaMemcpyAsync(device, from.data(), n * 4, cudaMemcpyHostToDevice, stream));
    CHECK(cudaStreamSynchronize(stream));
    std::memset(from.data(), 0xff, n * 4);
    CHECK(cudaMemcpy(to.data(), device, n * 4, cudaMemcpyDeviceToHost));
    EXPECT(holds(to.data(), n, 3, 0));
    CHECK(cudaFree(device));
  }

  // Pinned memory: copied from and to, and used by a kernel directly.
  const size_t n = 100001;
  uint32_t *from = nullptr, *to = nullptr;
  CHECK(cudaMallocHost(&from, n * 4));
  CHECK(cudaHostAlloc(&to, n * 4, cudaHostAllocMapped | cudaHostAllocPortable));
  round_trip(from, to, n, stream);
  uint32_t* device_view = nullptr;
  CHECK(cudaHostGetDevicePointer(&device_view, to, 0));
  fill(to, n, 40);
  increment<<<static_cast<unsigned>((n + 255) / 256), 256, 0, stream>>>(device_view, n);
  CHECK(cudaStreamSynchronize(stream));
  EXPECT(holds(to, n, 40, 1));
  cudaPointerAttributes attributes{};
  CHECK(cudaPointerGetAttributes(&attributes, to));
  EXPECT(attributes.type == cudaMemoryTypeHost);
  EXPECT(attributes.devicePointer == device_view);
  unsigned flags = 0;
  CHECK(cudaHostGetFlags(&flags, to));
  EXPECT((flags & cudaHostAllocMapped) != 0);
  CHECK(cudaFreeHost(from));
  CHECK(cudaFreeHost(to));

  // Ordinary memory, registered.
  {
    std::vector<uint32_t> registered(n);
    CHECK(cudaHostRegister(registered.data(), n * 4, cudaHostRegisterMapped));
    fill(registered.data(), n, 9);
    CHECK(cudaHostGetDevicePointer(&device_view, registered.data(), 0));
    increment<<<static_cast<unsigned>((n + 255) / 256), 256>>>(device_view, n);
    CHECK(cudaDeviceSynchronize());
    EXPECT(holds(registered.data(), n, 9, 1));
    CHECK(cudaHostUnregister(registered.data()));
    EXPECT(holds(registered.data(), n, 9, 1));
  }

  // Fills: bytes, and through the stream.
  uint32_t* device = nullptr;
  CHECK(cudaMalloc(&device, 1024));
  CHECK(cudaMemset(device, 0x5a, 1024));
  CHECK(cudaMemsetAsync(device, 0, 12, stream));
  CHECK(cudaStreamSynchronize(stream));
  uint32_t words[5];
  CHECK(cudaMemcpy(words, device, sizeof words, cudaMemcpyDefault));
  EXPECT(words[0] == 0 && words[2] == 0 && words[3] == 0x5a5a5a5au && words[4] == 0x5a5a5a5au);
  CHECK(cudaPointerGetAttributes(&attributes, device));
  EXPECT(attributes.type == cudaMemoryTypeDevice && attributes.device == 0);
  CHECK(cudaFree(device));
  CHECK(cudaStreamDestroy(stream));
  return finish("async_copies");
}
