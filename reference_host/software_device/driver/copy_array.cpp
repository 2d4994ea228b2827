#include "driver.hpp"

using namespace vgpu::softdevice;

namespace {

/// One side of a copy between a row of an array and linear memory.
struct Row {
  CUmemorytype type = CU_MEMORYTYPE_ARRAY;
  CUdeviceptr device = 0;
  const void* host = nullptr;
  CUarray array = nullptr;
  std::size_t offset = 0;
};

Row in_array(CUarray array, std::size_t offset) {
  return {CU_MEMORYTYPE_ARRAY, 0, nullptr, array, offset};
}
Row in_host(const void* address) {
  return {CU_MEMORYTYPE_HOST, 0, address, nullptr, 0};
}
Row in_device(CUdeviceptr address) {
  return {CU_MEMORYTYPE_DEVICE, address, nullptr, nullptr, 0};
}

CUDA_MEMCPY3D row_copy(const Row& to, const Row& from, std::size_t size) {
  CUDA_MEMCPY3D p{};
  p.srcMemoryType = from.type;
  p.srcDevice = from.device;
  p.srcHost = from.host;
  p.srcArray = from.array;
  p.srcXInBytes = from.offset;
  p.dstMemoryType = to.type;
  p.dstDevice = to.device;
  p.dstHost = const_cast<void*>(to.host);
  p.dstArray = to.array;
  p.dstXInBytes = to.offset;
  p.WidthInBytes = size;
  p.Height = 1;
  p.Depth = 1;
  return p;
}

/// The forms of CUDA 2 look at nothing before the context.
CUresult old(CUDA_MEMCPY3D p) {
  const CUresult result = entry([]() -> CUresult {
    std::shared_ptr<Context> context;
    return require_old_context(context);
  });
  return result == CUDA_SUCCESS ? cuMemcpy3D_v2(&p) : result;
}
CUresult old(CUDA_MEMCPY3D p, CUstream stream) {
  const CUresult result = entry([]() -> CUresult {
    std::shared_ptr<Context> context;
    return require_old_context(context);
  });
  return result == CUDA_SUCCESS ? cuMemcpy3DAsync_v2(&p, stream) : result;
}
CUresult legacy(const CUDA_MEMCPY3D& p) {
  return cuMemcpy3D_v2(&p);
}
CUresult thread(const CUDA_MEMCPY3D& p) {
  return cuMemcpy3D_v2_ptds(&p);
}

}  // namespace

extern "C" {

CUresult cuMemcpyHtoA_v2(CUarray target, size_t offset, const void* source, size_t size) {
  return legacy(row_copy(in_array(target, offset), in_host(source), size));
}
CUresult cuMemcpyAtoH_v2(void* target, CUarray source, size_t offset, size_t size) {
  return legacy(row_copy(in_host(target), in_array(source, offset), size));
}
CUresult cuMemcpyDtoA_v2(CUarray target, size_t offset, CUdeviceptr source, size_t size) {
  return legacy(row_copy(in_array(target, offset), in_device(source), size));
}
CUresult cuMemcpyAtoD_v2(CUdeviceptr target, CUarray source, size_t offset, size_t size) {
  return legacy(row_copy(in_device(target), in_array(source, offset), size));
}
CUresult cuMemcpyAtoA_v2(CUarray target, size_t target_offset, CUarray source, size_t source_offset,
                         size_t size) {
  return legacy(row_copy(in_array(target, target_offset), in_array(source, source_offset), size));
}
CUresult cuMemcpyHtoA_v2_ptds(CUarray target, size_t offset, const void* source, size_t size) {
  return thread(row_copy(in_array(target, offset), in_host(source), size));
}
CUresult cuMemcpyAtoH_v2_ptds(void* target, CUarray source, size_t offset, size_t size) {
  return thread(row_copy(in_host(target), in_array(source, offset), size));
}
CUresult cuMemcpyDtoA_v2_ptds(CUarray target, size_t offset, CUdeviceptr source, size_t size) {
  return thread(row_copy(in_array(target, offset), in_device(source), size));
}
CUresult cuMemcpyAtoD_v2_ptds(CUdeviceptr target, CUarray source, size_t offset, size_t size) {
  return thread(row_copy(in_device(target), in_array(source, offset), size));
}
CUresult cuMemcpyAtoA_v2_ptds(CUarray target, size_t target_offset, CUarray source,
                              size_t source_offset, size_t size) {
  return thread(row_copy(in_array(target, target_offset), in_array(source, source_offset), size));
}

CUresult cuMemcpyHtoAAsync_v2(CUarray target, size_t offset, const void* source, size_t size,
                              CUstream stream) {
  const CUDA_MEMCPY3D p = row_copy(in_array(target, offset), in_host(source), size);
  return cuMemcpy3DAsync_v2(&p, stream);
}
CUresult cuMemcpyAtoHAsync_v2(void* target, CUarray source, size_t offset, size_t size,
                              CUstream stream) {
  const CUDA_MEMCPY3D p = row_copy(in_host(target), in_array(source, offset), size);
  return cuMemcpy3DAsync_v2(&p, stream);
}
CUresult cuMemcpyHtoAAsync_v2_ptsz(CUarray target, size_t offset, const void* source, size_t size,
                                   CUstream stream) {
  const CUDA_MEMCPY3D p = row_copy(in_array(target, offset), in_host(source), size);
  return cuMemcpy3DAsync_v2_ptsz(&p, stream);
}
CUresult cuMemcpyAtoHAsync_v2_ptsz(void* target, CUarray source, size_t offset, size_t size,
                                   CUstream stream) {
  const CUDA_MEMCPY3D p = row_copy(in_host(target), in_array(source, offset), size);
  return cuMemcpy3DAsync_v2_ptsz(&p, stream);
}

CUresult cuMemcpyHtoA(CUarray target, unsigned int offset, const void* source, unsigned int size) {
  return old(row_copy(in_array(target, offset), in_host(source), size));
}
CUresult cuMemcpyAtoH(void* target, CUarray source, unsigned int offset, unsigned int size) {
  return old(row_copy(in_host(target), in_array(source, offset), size));
}
CUresult cuMemcpyDtoA(CUarray target, unsigned int offset, CUdeviceptr_v1 source,
                      unsigned int size) {
  return old(row_copy(in_array(target, offset), in_device(source), size));
}
CUresult cuMemcpyAtoD(CUdeviceptr_v1 target, CUarray source, unsigned int offset,
                      unsigned int size) {
  return old(row_copy(in_device(target), in_array(source, offset), size));
}
CUresult cuMemcpyAtoA(CUarray target, unsigned int target_offset, CUarray source,
                      unsigned int source_offset, unsigned int size) {
  return old(row_copy(in_array(target, target_offset), in_array(source, source_offset), size));
}
CUresult cuMemcpyHtoAAsync(CUarray target, unsigned int offset, const void* source,
                           unsigned int size, CUstream stream) {
  return old(row_copy(in_array(target, offset), in_host(source), size), stream);
}
CUresult cuMemcpyAtoHAsync(void* target, CUarray source, unsigned int offset, unsigned int size,
                           CUstream stream) {
  return old(row_copy(in_host(target), in_array(source, offset), size), stream);
}

}  // extern "C"
