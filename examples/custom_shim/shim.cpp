// A libcuda.so.1 of one's own in under a hundred lines: counts allocations and launches and hands
// every call on to another libcuda.so.1, vgpu's guest or a vendor's, which SHIM_FORWARD_TO names.
// The exports that are not written here are in forwards.s, made from the call descriptions.
#include <dlfcn.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <vgpu/driver_table.hpp>

#define SHIM_EXPORT extern "C" __attribute__((visibility("default")))

// The library behind us. forwards.s jumps through it.
extern "C" vgpu::DriverTable shim_next;
vgpu::DriverTable shim_next;

namespace {

std::atomic<unsigned long> allocations{0};
std::atomic<unsigned long> allocated_bytes{0};
std::atomic<unsigned long> launches{0};

__attribute__((constructor)) void open_next() {
  const char* path = std::getenv("SHIM_FORWARD_TO");
  void* library = path != nullptr ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : nullptr;
  if (library == nullptr) {
    std::fprintf(stderr, "shim: SHIM_FORWARD_TO must name a libcuda.so.1: %s\n",
                 path != nullptr ? dlerror() : "it is not set");
    std::_Exit(1);
  }
  shim_next.load(library);
}

__attribute__((destructor)) void report() {
  std::fprintf(stderr, "shim: %lu allocations of %lu bytes together, %lu launches\n",
               allocations.load(), allocated_bytes.load(), launches.load());
}

/// Replaces an answer of cuGetProcAddress where it is a function that we intercept: the CUDA
/// runtime asks for nearly everything in this way.
template <class Function>
void intercept(void** answer, Function* original, Function* ours) {
  if (*answer == reinterpret_cast<void*>(original)) *answer = reinterpret_cast<void*>(ours);
}

void intercept_all(void** answer) {
  if (answer == nullptr || *answer == nullptr) return;
  intercept(answer, shim_next.cuMemAlloc_v2, &cuMemAlloc_v2);
  intercept(answer, shim_next.cuLaunchKernel, &cuLaunchKernel);
  intercept(answer, shim_next.cuGetProcAddress, &cuGetProcAddress);
  intercept(answer, shim_next.cuGetProcAddress_v2, &cuGetProcAddress_v2);
}

}  // namespace

SHIM_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr* dptr, size_t bytesize) {
  const CUresult result = shim_next.cuMemAlloc_v2(dptr, bytesize);
  if (result == CUDA_SUCCESS) {
    ++allocations;
    allocated_bytes += bytesize;
  }
  return result;
}

SHIM_EXPORT CUresult cuLaunchKernel(CUfunction f, unsigned gridDimX, unsigned gridDimY,
                                    unsigned gridDimZ, unsigned blockDimX, unsigned blockDimY,
                                    unsigned blockDimZ, unsigned sharedMemBytes, CUstream hStream,
                                    void** kernelParams, void** extra) {
  ++launches;
  return shim_next.cuLaunchKernel(f, gridDimX, gridDimY, gridDimZ, blockDimX, blockDimY, blockDimZ,
                                  sharedMemBytes, hStream, kernelParams, extra);
}

SHIM_EXPORT CUresult cuGetProcAddress(const char* symbol, void** pfn, int cudaVersion,
                                      cuuint64_t flags) {
  const CUresult result = shim_next.cuGetProcAddress(symbol, pfn, cudaVersion, flags);
  if (result == CUDA_SUCCESS) intercept_all(pfn);
  return result;
}

SHIM_EXPORT CUresult cuGetProcAddress_v2(const char* symbol, void** pfn, int cudaVersion,
                                         cuuint64_t flags, CUdriverProcAddressQueryResult* status) {
  const CUresult result = shim_next.cuGetProcAddress_v2(symbol, pfn, cudaVersion, flags, status);
  if (result == CUDA_SUCCESS) intercept_all(pfn);
  return result;
}
