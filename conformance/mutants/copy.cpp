#include <cstring>

#include "mutants/questions.hpp"

namespace vgpu::conformance::mutants {

namespace {

/// A copy between host memory and pinned memory that a stream does when it gets there. Lives on:
/// the pinned memory cannot be freed in a host function.
struct LateCopy {
  void* to;
  const void* from;
  std::size_t bytes;

  static void CUDA_CB run(void* user) {
    const auto& copy = *static_cast<const LateCopy*>(user);
    std::memcpy(copy.to, copy.from, copy.bytes);
  }
};

bool is_pinned(const void* address) {
  CUmemorytype type{};
  return real().cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
                                      reinterpret_cast<CUdeviceptr>(address)) == CUDA_SUCCESS;
}

CUresult read_late(void* to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  void* between = nullptr;
  if (to == nullptr || bytes == 0 || is_pinned(to) || !is_plain(stream) ||
      real().cuMemHostAlloc(&between, bytes, 0) != CUDA_SUCCESS) {
    return real().cuMemcpyDtoHAsync_v2(to, from, bytes, stream);
  }
  const CUresult result = real().cuMemcpyDtoHAsync_v2(between, from, bytes, stream);
  if (result == CUDA_SUCCESS) {
    real().cuLaunchHostFunc(stream, LateCopy::run, new LateCopy{to, between, bytes});
  }
  return result;
}

CUresult write_late(CUdeviceptr to, const void* from, std::size_t bytes, CUstream stream) {
  void* between = nullptr;
  if (from == nullptr || bytes == 0 || is_pinned(from) || !is_plain(stream) ||
      real().cuMemHostAlloc(&between, bytes, 0) != CUDA_SUCCESS) {
    return real().cuMemcpyHtoDAsync_v2(to, from, bytes, stream);
  }
  real().cuLaunchHostFunc(stream, LateCopy::run, new LateCopy{between, from, bytes});
  return real().cuMemcpyHtoDAsync_v2(to, between, bytes, stream);
}

}  // namespace

std::span<const Mutant> copy_mutants() {
  static constexpr Mutant list[] = {
      {"the_last_byte_is_lost", "cuMemcpyHtoD copies one byte less", "cuMemcpyHtoD",
       [](DriverTable& driver) {
         driver.cuMemcpyHtoD_v2 = [](CUdeviceptr to, const void* from, std::size_t bytes) {
           return real().cuMemcpyHtoD_v2(to, from, bytes - (bytes > 1 ? 1 : 0));
         };
       }},
      {"returns_before_pageable_memory_is_written",
       "cuMemcpyDtoHAsync to pageable memory returns before the copy is done", "cuMemcpyDtoHAsync",
       [](DriverTable& driver) { driver.cuMemcpyDtoHAsync_v2 = read_late; }},
      {"reads_pageable_memory_later",
       "cuMemcpyHtoDAsync reads pageable memory when the stream gets there", "cuMemcpyHtoDAsync",
       [](DriverTable& driver) { driver.cuMemcpyHtoDAsync_v2 = write_late; }},
      {"in_another_stream", "cuMemcpyDtoDAsync does not keep to the stream it is given",
       "cuMemcpyDtoDAsync:StreamOrder",
       [](DriverTable& driver) {
         driver.cuMemcpyDtoDAsync_v2 = [](CUdeviceptr to, CUdeviceptr from, std::size_t bytes,
                                          CUstream stream) {
           const bool own = stream != nullptr && stream != CU_STREAM_LEGACY && is_plain(stream);
           return real().cuMemcpyDtoDAsync_v2(to, from, bytes, own ? CU_STREAM_PER_THREAD : stream);
         };
       }},
      {"per_thread_means_legacy", "cuMemcpyHtoDAsync_ptsz takes stream 0 as the legacy stream",
       "cuMemcpyHtoDAsync",
       [](DriverTable& driver) {
         driver.cuMemcpyHtoDAsync_v2_ptsz = [](CUdeviceptr to, const void* from, std::size_t bytes,
                                               CUstream stream) {
           return real().cuMemcpyHtoDAsync_v2(to, from, bytes, stream);
         };
       }},
      {"the_target_pitch_is_ignored", "cuMemcpy2D writes its rows one behind the other",
       "cuMemcpy2D",
       [](DriverTable& driver) {
         driver.cuMemcpy2D_v2 = [](const CUDA_MEMCPY2D* copy) {
           if (copy == nullptr || copy->dstPitch <= copy->WidthInBytes + copy->dstXInBytes) {
             return real().cuMemcpy2D_v2(copy);
           }
           CUDA_MEMCPY2D dense = *copy;
           dense.dstPitch = copy->WidthInBytes + copy->dstXInBytes;
           return real().cuMemcpy2D_v2(&dense);
         };
       }},
      {"one_slice_less", "cuMemcpy3D leaves the last slice out", "cuMemcpy3D",
       [](DriverTable& driver) {
         driver.cuMemcpy3D_v2 = [](const CUDA_MEMCPY3D* copy) {
           if (copy == nullptr || copy->Depth < 2) return real().cuMemcpy3D_v2(copy);
           CUDA_MEMCPY3D shorter = *copy;
           --shorter.Depth;
           return real().cuMemcpy3D_v2(&shorter);
         };
       }},
      {"a_range_is_cut_to_its_allocation",
       "cuMemcpyDtoH copies what there is of a range beyond its allocation", "cuMemcpyDtoH",
       [](DriverTable& driver) {
         driver.cuMemcpyDtoH_v2 = [](void* to, CUdeviceptr from, std::size_t bytes) {
           CUdeviceptr base = 0;
           std::size_t size = 0;
           if (real().cuMemGetAddressRange_v2(&base, &size, from) == CUDA_SUCCESS &&
               bytes > base + size - from) {
             bytes = base + size - from;
           }
           return real().cuMemcpyDtoH_v2(to, from, bytes);
         };
       }},
      {"host_copies_do_not_wait_for_streams",
       "cuMemcpyDtoH does not wait for the work of ordinary streams", "cuMemcpyDtoH:DefaultStreams",
       [](DriverTable& driver) {
         driver.cuMemcpyDtoH_v2 = [](void* to, CUdeviceptr from, std::size_t bytes) {
           return real().cuMemcpyDtoH_v2_ptds(to, from, bytes);
         };
       }},
      {"nothing_between_contexts", "cuMemcpyPeer between two contexts succeeds and copies nothing",
       "cuMemcpyPeer",
       [](DriverTable& driver) {
         driver.cuMemcpyPeer = [](CUdeviceptr to, CUcontext to_context, CUdeviceptr from,
                                  CUcontext from_context, std::size_t bytes) {
           return from_context == to_context
                      ? real().cuMemcpyPeer(to, to_context, from, from_context, bytes)
                      : CUDA_SUCCESS;
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
