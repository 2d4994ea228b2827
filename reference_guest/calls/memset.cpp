#include <cstdint>
#include <vgpu/guest_written.hpp>

#include "vgpu/guest/core.hpp"

// The forms of CUDA 2 with 32-bit addresses. Those of CUDA 3.2 take the same way from here on as
// when the program calls them.
extern "C" {
CUresult CUDAAPI cuMemsetD8_v2(CUdeviceptr, unsigned char, size_t);
CUresult CUDAAPI cuMemsetD16_v2(CUdeviceptr, unsigned short, size_t);
CUresult CUDAAPI cuMemsetD32_v2(CUdeviceptr, unsigned int, size_t);
CUresult CUDAAPI cuMemsetD2D8_v2(CUdeviceptr, size_t, unsigned char, size_t, size_t);
CUresult CUDAAPI cuMemsetD2D16_v2(CUdeviceptr, size_t, unsigned short, size_t, size_t);
CUresult CUDAAPI cuMemsetD2D32_v2(CUdeviceptr, size_t, unsigned int, size_t, size_t);
}

namespace vgpu::guest::written {

CUresult cuMemsetD8(CUdeviceptr_v1 dstDevice, unsigned char uc, unsigned int N) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  return ::cuMemsetD8_v2(dstDevice, uc, N);
}
CUresult cuMemsetD16(CUdeviceptr_v1 dstDevice, unsigned short us, unsigned int N) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  return ::cuMemsetD16_v2(dstDevice, us, N);
}
CUresult cuMemsetD32(CUdeviceptr_v1 dstDevice, unsigned int ui, unsigned int N) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  return ::cuMemsetD32_v2(dstDevice, ui, N);
}
CUresult cuMemsetD2D8(CUdeviceptr_v1 dstDevice, unsigned int dstPitch, unsigned char uc,
                      unsigned int Width, unsigned int Height) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  return ::cuMemsetD2D8_v2(dstDevice, dstPitch, uc, Width, Height);
}
CUresult cuMemsetD2D16(CUdeviceptr_v1 dstDevice, unsigned int dstPitch, unsigned short us,
                       unsigned int Width, unsigned int Height) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  return ::cuMemsetD2D16_v2(dstDevice, dstPitch, us, Width, Height);
}
CUresult cuMemsetD2D32(CUdeviceptr_v1 dstDevice, unsigned int dstPitch, unsigned int ui,
                       unsigned int Width, unsigned int Height) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  return ::cuMemsetD2D32_v2(dstDevice, dstPitch, ui, Width, Height);
}

}  // namespace vgpu::guest::written
