#include <cstdint>
#include <limits>
#include <vgpu/calls/memory.hpp>
#include <vgpu/guest_written.hpp>

#include "host_memory.hpp"
#include "mirrored_memory.hpp"
#include "vgpu/guest/core.hpp"
#include "vgpu/guest/memory_registry.hpp"

namespace vgpu::guest::written {
namespace {

constexpr std::uint64_t low_limit = std::numeric_limits<CUdeviceptr_v1>::max();

void remember_device(std::uint64_t address, std::uint64_t bytes) {
  const Context* context = current_context();
  remember_memory(address, bytes, RangeKind::device, context != nullptr ? context->id : 0, 0,
                  context != nullptr ? context->device : -1);
}

/// Host memory of this process that the host has, with the byte at `p` in it.
Range find_host_memory(const void* p) noexcept {
  const Range range = find_memory(reinterpret_cast<std::uint64_t>(p));
  return range.attributes.kind == RangeKind::pinned || range.attributes.kind == RangeKind::managed
             ? range
             : Range{};
}

}  // namespace

CUresult cuMemGetInfo(unsigned int* free, unsigned int* total) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  ReplyOf<calls::MemGetInfo> reply;
  const CUresult result = call<calls::MemGetInfo>({}, reply);
  if (result != CUDA_SUCCESS) return result;
  // The old form cannot say more than 4 GiB.
  const auto narrow = [](std::uint64_t bytes) {
    return static_cast<unsigned int>(bytes < low_limit ? bytes : low_limit);
  };
  if (free != nullptr) *free = narrow(reply.value.free);
  if (total != nullptr) *total = narrow(reply.value.total);
  return CUDA_SUCCESS;
}

CUresult cuMemAlloc_v2(CUdeviceptr* dptr, size_t bytesize) {
  ReplyOf<calls::MemAlloc> reply;
  const CUresult result = call<calls::MemAlloc>({.bytesize = bytesize}, reply);
  if (result != CUDA_SUCCESS) return result;
  remember_device(reply.value.dptr, bytesize);
  *dptr = reply.value.dptr;
  return CUDA_SUCCESS;
}

CUresult cuMemAlloc(CUdeviceptr_v1* dptr, unsigned int bytesize) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  if (dptr == nullptr || bytesize == 0) return CUDA_ERROR_INVALID_VALUE;
  CUdeviceptr wide = 0;
  const CUresult result = cuMemAlloc_v2(&wide, bytesize);
  if (result != CUDA_SUCCESS) return result;
  if (wide > low_limit) {
    cuMemFree_v2(wide);
    log(LogLevel::error, "cuMemAlloc: the device's addresses do not fit the 32-bit form of CUDA 2");
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  *dptr = static_cast<CUdeviceptr_v1>(wide);
  return CUDA_SUCCESS;
}

CUresult cuMemAllocPitch_v2(CUdeviceptr* dptr, size_t* pPitch, size_t WidthInBytes, size_t Height,
                            unsigned int ElementSizeBytes) {
  ReplyOf<calls::MemAllocPitch> reply;
  const CUresult result = call<calls::MemAllocPitch>(
      {.widthInBytes = WidthInBytes, .height = Height, .elementSizeBytes = ElementSizeBytes},
      reply);
  if (result != CUDA_SUCCESS) return result;
  remember_device(reply.value.dptr, reply.value.pPitch * Height);
  *dptr = reply.value.dptr;
  *pPitch = reply.value.pPitch;
  return CUDA_SUCCESS;
}

CUresult cuMemAllocPitch(CUdeviceptr_v1* dptr, unsigned int* pPitch, unsigned int WidthInBytes,
                         unsigned int Height, unsigned int ElementSizeBytes) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  if (dptr == nullptr || pPitch == nullptr || WidthInBytes == 0 || Height == 0 ||
      (ElementSizeBytes != 4 && ElementSizeBytes != 8 && ElementSizeBytes != 16)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  CUdeviceptr wide = 0;
  size_t pitch = 0;
  const CUresult result = cuMemAllocPitch_v2(&wide, &pitch, WidthInBytes, Height, ElementSizeBytes);
  if (result != CUDA_SUCCESS) return result;
  if (wide > low_limit || pitch > low_limit) {
    cuMemFree_v2(wide);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  *dptr = static_cast<CUdeviceptr_v1>(wide);
  *pPitch = static_cast<unsigned int>(pitch);
  return CUDA_SUCCESS;
}

CUresult cuMemFree_v2(CUdeviceptr dptr) {
  if (dptr == 0) return CUDA_SUCCESS;
  const Range range = find_memory(dptr);
  if (range && range.begin == dptr && range.attributes.kind == RangeKind::managed) {
    return free_host_memory(range);
  }
  if (range && (range.begin != dptr || range.attributes.kind != RangeKind::device)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  // Forgotten before the host frees it: another thread may get the address at once.
  if (range) forget_memory(dptr);
  ReplyOf<calls::MemFree> reply;
  const CUresult result = call<calls::MemFree>({.dptr = dptr}, reply);
  if (range &&
      (result == CUDA_ERROR_INVALID_VALUE || result == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED)) {
    remember_memory(range.begin, range.size, range.attributes);
  }
  return result;
}

CUresult cuMemFree(CUdeviceptr_v1 dptr) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  return cuMemFree_v2(dptr);
}

CUresult cuMemGetAddressRange_v2(CUdeviceptr* pbase, size_t* psize, CUdeviceptr dptr) {
  const Range range = find_memory(dptr);
  if (range && range.attributes.tag == 0 && (range.attributes.flags & range_flag::plain) == 0) {
    if (pbase != nullptr) *pbase = range.begin;
    if (psize != nullptr) *psize = range.size;
    return CUDA_SUCCESS;
  }
  ReplyOf<calls::MemGetAddressRange> reply;
  const CUresult result = call<calls::MemGetAddressRange>({.dptr = dptr}, reply);
  if (result != CUDA_SUCCESS) return result;
  if (pbase != nullptr) *pbase = reply.value.pbase;
  if (psize != nullptr) *psize = reply.value.psize;
  return CUDA_SUCCESS;
}

CUresult cuMemGetAddressRange(CUdeviceptr_v1* pbase, unsigned int* psize, CUdeviceptr_v1 dptr) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  CUdeviceptr base = 0;
  size_t size = 0;
  const CUresult result = cuMemGetAddressRange_v2(&base, &size, dptr);
  if (result != CUDA_SUCCESS) return result;
  if (base > low_limit || size > low_limit) return CUDA_ERROR_INVALID_VALUE;
  if (pbase != nullptr) *pbase = static_cast<CUdeviceptr_v1>(base);
  if (psize != nullptr) *psize = static_cast<unsigned int>(size);
  return CUDA_SUCCESS;
}

CUresult cuMemHostAlloc(void** pp, size_t bytesize, unsigned int Flags) {
  constexpr unsigned known =
      CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_WRITECOMBINED;
  if ((Flags & ~known) != 0) return CUDA_ERROR_INVALID_VALUE;
  if (bytesize == 0) {
    *pp = nullptr;
    return CUDA_SUCCESS;
  }
  std::uint64_t address = 0;
  const CUresult result = allocate_host_memory(
      bytesize, RangeKind::pinned, Flags, address, [&](std::uint64_t place, int descriptor) {
        ReplyOf<calls::MemHostAlloc> reply;
        return call<calls::MemHostAlloc>({.bytesize = bytesize, .flags = Flags, .address = place},
                                         reply, {}, descriptor);
      });
  if (result == CUDA_SUCCESS) *pp = reinterpret_cast<void*>(address);
  return result;
}

CUresult cuMemAllocHost_v2(void** pp, size_t bytesize) {
  if (bytesize == 0) {
    *pp = nullptr;
    return CUDA_SUCCESS;
  }
  std::uint64_t address = 0;
  const CUresult result = allocate_host_memory(
      bytesize, RangeKind::pinned, 0, address, [&](std::uint64_t place, int descriptor) {
        ReplyOf<calls::MemAllocHost> reply;
        return call<calls::MemAllocHost>({.bytesize = bytesize, .address = place}, reply, {},
                                         descriptor);
      });
  if (result == CUDA_SUCCESS) *pp = reinterpret_cast<void*>(address);
  return result;
}

CUresult cuMemAllocHost(void** pp, unsigned int bytesize) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  if (pp == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return cuMemAllocHost_v2(pp, bytesize);
}

CUresult cuMemFreeHost(void* p) {
  if (p == nullptr) return CUDA_SUCCESS;
  const Range range = find_host_memory(p);
  if (!range || range.begin != reinterpret_cast<std::uint64_t>(p) ||
      range.attributes.kind != RangeKind::pinned ||
      (range.attributes.flags & range_flag::registered) != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  return free_host_memory(range);
}

CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* pdptr, void* p, unsigned int Flags) {
  if (Flags != 0) return CUDA_ERROR_INVALID_VALUE;
  const Range range = find_host_memory(p);
  if (!range || range.attributes.kind != RangeKind::pinned) return CUDA_ERROR_INVALID_VALUE;
  if ((range.attributes.flags & range_flag::plain) != 0) {
    log(LogLevel::warn,
        "cuMemHostGetDevicePointer: the host has no free place for this memory, so "
        "kernels cannot reach it");
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  *pdptr = host_address(range, reinterpret_cast<std::uint64_t>(p));
  return CUDA_SUCCESS;
}

CUresult cuMemHostGetDevicePointer(CUdeviceptr_v1* pdptr, void* p, unsigned int Flags) {
  if (const CUresult old = enter_old_interface(); old != CUDA_SUCCESS) return old;
  if (pdptr == nullptr || p == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUdeviceptr wide = 0;
  const CUresult result = cuMemHostGetDevicePointer_v2(&wide, p, Flags);
  if (result != CUDA_SUCCESS) return result;
  if (wide > low_limit) return CUDA_ERROR_INVALID_VALUE;
  *pdptr = static_cast<CUdeviceptr_v1>(wide);
  return CUDA_SUCCESS;
}

CUresult cuMemHostGetFlags(unsigned int* pFlags, void* p) {
  const Range range = find_host_memory(p);
  if (!range || range.attributes.kind != RangeKind::pinned) return CUDA_ERROR_INVALID_VALUE;
  const std::uint32_t flags = range.attributes.flags & range_flag::call_bits;
  // Under unified addressing all of it is mapped for the device, whatever was asked.
  *pFlags = (flags & (CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_WRITECOMBINED)) |
            CU_MEMHOSTALLOC_DEVICEMAP;
  return CUDA_SUCCESS;
}

CUresult cuMemHostRegister_v2(void* p, size_t bytesize, unsigned int Flags) {
  return register_host_memory(reinterpret_cast<std::uint64_t>(p), bytesize, Flags);
}

// The first form does not look at flags that it does not know.
CUresult cuMemHostRegister(void* p, size_t bytesize, unsigned int Flags) {
  if (p == nullptr || bytesize == 0) return CUDA_ERROR_INVALID_VALUE;
  return cuMemHostRegister_v2(p, bytesize, Flags & known_register_flags);
}

CUresult cuMemHostUnregister(void* p) {
  return unregister_host_memory(reinterpret_cast<std::uint64_t>(p));
}

}  // namespace vgpu::guest::written
