#include <cstdint>
#include <vgpu/calls/pool.hpp>
#include <vgpu/guest_written.hpp>

#include "graph_memory.hpp"
#include "vgpu/guest/core.hpp"
#include "vgpu/guest/memory_registry.hpp"

namespace vgpu::guest::written {
namespace {

std::uint64_t word(const void* handle) noexcept {
  return reinterpret_cast<std::uint64_t>(handle);
}

bool stream_valid(CUstream stream) noexcept {
  return handle_valid(call::HandleKind::stream, word(stream));
}

/// Stream-ordered memory, usable from every context of its device.
void remember_ordered(std::uint64_t address, std::uint64_t bytes, std::uint64_t pool,
                      CUstream stream) {
  const Context* context = current_context();
  RangeAttributes attributes;
  attributes.kind = RangeKind::device;
  attributes.flags = range_flag::pool;
  attributes.device = context != nullptr ? context->device : -1;
  attributes.context = context != nullptr ? context->id : 0;
  attributes.owner = pool;
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  if (written::cuStreamIsCapturing(stream, &status) == CUDA_SUCCESS &&
      status != CU_STREAM_CAPTURE_STATUS_NONE) {
    graphs_may_allocate = true;
    attributes.flags |= range_flag::graph;
  }
  remember_memory(address, bytes, attributes);
}

}  // namespace

CUresult cuMemAllocAsync(CUdeviceptr* dptr, size_t bytesize, CUstream hStream) {
  if (!stream_valid(hStream)) return CUDA_ERROR_INVALID_HANDLE;
  ReplyOf<calls::MemAllocAsync> reply;
  const CUresult result =
      call<calls::MemAllocAsync>({.bytesize = bytesize, .hStream = word(hStream)}, reply);
  if (result != CUDA_SUCCESS) return result;
  remember_ordered(reply.value.dptr, bytesize, 0, hStream);
  *dptr = reply.value.dptr;
  return CUDA_SUCCESS;
}

CUresult cuMemAllocFromPoolAsync(CUdeviceptr* dptr, size_t bytesize, CUmemoryPool pool,
                                 CUstream hStream) {
  if (!stream_valid(hStream)) return CUDA_ERROR_INVALID_HANDLE;
  if (!handle_valid(call::HandleKind::memory_pool, word(pool))) return CUDA_ERROR_INVALID_HANDLE;
  ReplyOf<calls::MemAllocFromPoolAsync> reply;
  const CUresult result = call<calls::MemAllocFromPoolAsync>(
      {.bytesize = bytesize, .pool = word(pool), .hStream = word(hStream)}, reply);
  if (result != CUDA_SUCCESS) return result;
  remember_ordered(reply.value.dptr, bytesize, word(pool), hStream);
  *dptr = reply.value.dptr;
  return CUDA_SUCCESS;
}

CUresult cuMemFreeAsync(CUdeviceptr dptr, CUstream hStream) {
  if (dptr == 0) return CUDA_SUCCESS;
  if (!stream_valid(hStream)) return CUDA_ERROR_INVALID_HANDLE;
  const calls::MemFreeAsync::Request request{.dptr = dptr, .hStream = word(hStream)};
  const Range range = find_memory(dptr);
  if (range && (range.begin != dptr || range.attributes.kind != RangeKind::device)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const bool graph = range && (range.attributes.flags & range_flag::graph) != 0;
  if (!range || graph || capture_active()) {
    // Unknown here, or a captured free, which frees when the graph runs, or memory of a graph,
    // which is there again when the graph runs again: the host decides.
    ReplyOf<calls::MemFreeAsync> reply;
    const CUresult result = call<calls::MemFreeAsync>(request, reply);
    if (result == CUDA_SUCCESS && range && !graph) forget_memory(dptr);
    return result;
  }
  // Forgotten before the host frees it: another thread may get the address at once.
  if (!forget_memory(dptr)) return CUDA_ERROR_INVALID_VALUE;
  return post<calls::MemFreeAsync>(request);
}

CUresult cuMemPoolCreate(CUmemoryPool* pool, const CUmemPoolProps* poolProps) {
  const std::uint64_t id = mint_handle(call::HandleKind::memory_pool);
  if (id == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  calls::MemPoolCreate::Request request;
  request.pool = id;
  request.poolProps = {reinterpret_cast<const std::byte*>(poolProps), sizeof *poolProps};
  ReplyOf<calls::MemPoolCreate> reply;
  const CUresult result = call<calls::MemPoolCreate>(request, reply);
  if (result != CUDA_SUCCESS) {
    retire_handle(id);
    return result;
  }
  *pool = reinterpret_cast<CUmemoryPool>(id);
  return CUDA_SUCCESS;
}

CUresult cuMemPoolDestroy(CUmemoryPool pool) {
  if (!handle_valid(call::HandleKind::memory_pool, word(pool))) return CUDA_ERROR_INVALID_HANDLE;
  ReplyOf<calls::MemPoolDestroy> reply;
  const CUresult result = call<calls::MemPoolDestroy>({.pool = word(pool)}, reply);
  if (result == CUDA_SUCCESS) retire_handle(word(pool));
  return result;
}

}  // namespace vgpu::guest::written
