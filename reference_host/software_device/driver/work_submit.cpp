#include <cstring>

#include "capture.hpp"
#include "driver.hpp"
#include "image_objects.hpp"
#include "module.hpp"
#include "work.hpp"

namespace vgpu::softdevice {
namespace {

/// The default of CUDA for shared memory per block without opting in.
constexpr int default_shared_bytes = 49152;

CUresult read_parameters(const Kernel& kernel, void** parameters, void** extra,
                         std::vector<std::byte>& block) {
  const auto layout = kernel.parameters();
  std::size_t size = 0;
  for (const KernelParameter& parameter : layout) {
    size = std::max(size, parameter.offset + parameter.size);
  }
  if (parameters != nullptr && extra != nullptr) return CUDA_ERROR_INVALID_VALUE;
  block.assign(size, std::byte{0});
  if (size == 0) return CUDA_SUCCESS;
  if (parameters != nullptr) {
    for (std::size_t i = 0; i < layout.size(); ++i) {
      if (parameters[i] == nullptr) return CUDA_ERROR_INVALID_VALUE;
      std::memcpy(block.data() + layout[i].offset, parameters[i], layout[i].size);
    }
    return CUDA_SUCCESS;
  }
  if (extra == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const void* buffer = nullptr;
  const std::size_t* buffer_size = nullptr;
  for (; *extra != CU_LAUNCH_PARAM_END; extra += 2) {
    if (*extra == CU_LAUNCH_PARAM_BUFFER_POINTER) {
      buffer = extra[1];
    } else if (*extra == CU_LAUNCH_PARAM_BUFFER_SIZE) {
      buffer_size = static_cast<const std::size_t*>(extra[1]);
    } else {
      return CUDA_ERROR_INVALID_VALUE;
    }
  }
  if (buffer == nullptr || buffer_size == nullptr || *buffer_size < size) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  std::memcpy(block.data(), buffer, size);
  return CUDA_SUCCESS;
}

bool side_type(CUmemorytype type, CUdeviceptr device, CUmemorytype& resolved, const void*& host) {
  if (type == CU_MEMORYTYPE_UNIFIED) {
    resolved = is_pageable(reinterpret_cast<const void*>(device)) ? CU_MEMORYTYPE_HOST
                                                                  : CU_MEMORYTYPE_DEVICE;
    host = reinterpret_cast<const void*>(device);
    return true;
  }
  resolved = type;
  return type == CU_MEMORYTYPE_HOST || type == CU_MEMORYTYPE_DEVICE || type == CU_MEMORYTYPE_ARRAY;
}

/// Finds the array on one side of a copy, checks that the copy stays inside, and puts the place of
/// its texels into the structure.
CUresult settle_array_side(CUDA_MEMCPY3D& p, bool source, CopyWork& work) {
  const auto array = driver().arrays.find(source ? p.srcArray : p.dstArray);
  if (array == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const Image& image = array->image;
  const auto inside = [](std::size_t first, std::size_t count, std::size_t limit) {
    return first <= limit && count <= limit - first;
  };
  const std::size_t element = image.texel_bytes();
  const std::size_t x = source ? p.srcXInBytes : p.dstXInBytes;
  if (x % element != 0 || p.WidthInBytes % element != 0 ||
      !inside(x, p.WidthInBytes, image.width * element) ||
      !inside(source ? p.srcY : p.dstY, p.Height, image.height) ||
      !inside(source ? p.srcZ : p.dstZ, p.Depth, image.depth)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  (source ? p.srcDevice : p.dstDevice) = image.data;
  (source ? p.srcPitch : p.dstPitch) = image.row_pitch;
  (source ? p.srcHeight : p.dstHeight) = image.height;
  (source ? work.source_array : work.target_array) = array->storage;
  return CUDA_SUCCESS;
}

/// First byte and byte count that one side of a copy touches; false on overflow.
bool extent(const CUDA_MEMCPY3D& p, bool source, std::size_t& offset, std::size_t& bytes) {
  const std::size_t pitch = source ? p.srcPitch : p.dstPitch;
  const std::size_t height = source ? p.srcHeight : p.dstHeight;
  const std::size_t x = source ? p.srcXInBytes : p.dstXInBytes;
  const std::size_t y = source ? p.srcY : p.dstY;
  const std::size_t z = source ? p.srcZ : p.dstZ;
  std::size_t rows = 0;
  std::size_t last = 0;
  if (__builtin_mul_overflow(z, height, &rows) || __builtin_add_overflow(rows, y, &rows) ||
      __builtin_mul_overflow(rows, pitch, &offset) || __builtin_add_overflow(offset, x, &offset)) {
    return false;
  }
  if (__builtin_mul_overflow(p.Depth - 1, height, &rows) ||
      __builtin_add_overflow(rows, p.Height - 1, &rows) ||
      __builtin_mul_overflow(rows, pitch, &last) ||
      __builtin_add_overflow(last, p.WidthInBytes, &bytes)) {
    return false;
  }
  return true;
}

}  // namespace

CUresult submit(const std::shared_ptr<Stream>& stream, const std::shared_ptr<Context>& context,
                Work work, CompletionPtr* done) {
  if (done != nullptr) done->reset();
  if (any_capture()) {
    const std::lock_guard lock(capture_mutex());
    bool captured = false;
    if (const CUresult result = check_capture_locked(*stream, *context, captured);
        result != CUDA_SUCCESS) {
      return result;
    }
    if (captured) {
      capture_locked(*stream, context, std::move(work));
      return CUDA_SUCCESS;
    }
  }
  Operation operation;
  operation.always = survives_failure(work);
  operation.run = [work = std::move(work)](Context& owner) { return execute(work, owner); };
  const CompletionPtr completion = context->enqueue(*stream, std::move(operation));
  if (done != nullptr) *done = completion;
  return CUDA_SUCCESS;
}

CUresult submit_and_wait(const std::shared_ptr<Stream>& stream,
                         const std::shared_ptr<Context>& context, Work work) {
  if (const CUresult result = refuse_if_capturing(*stream, *context); result != CUDA_SUCCESS) {
    return result;
  }
  Operation operation;
  operation.run = [&work](Context& owner) { return execute(work, owner); };
  return context->run_now(*stream, std::move(operation));
}

CUresult make_kernel_work(const std::shared_ptr<Function>& function, const LaunchConfig& config,
                          void** parameters, void** extra, KernelWork& work) {
  const auto context = function->module->context();
  if (context == nullptr) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  const KernelTraits& traits = function->kernel->traits();
  const Dim3& grid = config.grid;
  const Dim3& block = config.block;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || block.x == 0 || block.y == 0 || block.z == 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (grid.x > 0x7fffffffU || grid.y > 65535 || grid.z > 65535 || block.x > 1024 ||
      block.y > 1024 || block.z > 64) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const std::uint64_t threads = std::uint64_t{block.x} * block.y * block.z;
  if (threads > 1024) return CUDA_ERROR_INVALID_VALUE;
  if (threads > static_cast<std::uint64_t>(traits.max_threads_per_block)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const int set = function->max_dynamic_shared.load();
  const std::size_t dynamic_limit = set >= 0 ? static_cast<std::size_t>(set)
                                    : traits.static_shared_bytes >= default_shared_bytes
                                        ? 0
                                        : default_shared_bytes - traits.static_shared_bytes;
  if (config.dynamic_shared_bytes > dynamic_limit) {
    // No block of a cooperative launch would be resident.
    return config.cooperative ? CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE : CUDA_ERROR_INVALID_VALUE;
  }
  if (config.cooperative) {
    int resident = 0;
    const MultiprocessorLimits limits =
        multiprocessor_limits(context->device().compute_capability());
    resident =
        std::min<int>(limits.blocks, limits.threads / static_cast<int>(threads)) * worker_count();
    const std::uint64_t blocks = std::uint64_t{grid.x} * grid.y * grid.z;
    if (blocks > static_cast<std::uint64_t>(resident)) {
      return CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE;
    }
  }
  work.function = function;
  work.config = config;
  work.one_buffer = extra != nullptr;
  return read_parameters(*function->kernel, parameters, extra, work.parameters);
}

CUresult make_copy_work(const CUDA_MEMCPY3D& params, CopyWork& work) {
  CUDA_MEMCPY3D p = params;
  if (p.reserved0 != nullptr || p.reserved1 != nullptr || p.srcLOD != 0 || p.dstLOD != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const void* source = p.srcHost;
  const void* target = p.dstHost;
  if (!side_type(p.srcMemoryType, p.srcDevice, p.srcMemoryType, source) ||
      !side_type(p.dstMemoryType, p.dstDevice, p.dstMemoryType, target)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  p.srcHost = source;
  p.dstHost = const_cast<void*>(target);
  if (p.WidthInBytes == 0 || p.Height == 0 || p.Depth == 0) {
    p.WidthInBytes = p.Height = p.Depth = 0;
    work.params = p;
    return CUDA_SUCCESS;
  }
  for (const bool source_side : {true, false}) {
    if ((source_side ? p.srcMemoryType : p.dstMemoryType) != CU_MEMORYTYPE_ARRAY) continue;
    if (const CUresult result = settle_array_side(p, source_side, work); result != CUDA_SUCCESS) {
      return result;
    }
  }
  if (p.srcPitch == 0) p.srcPitch = p.srcXInBytes + p.WidthInBytes;
  if (p.dstPitch == 0) p.dstPitch = p.dstXInBytes + p.WidthInBytes;
  if (p.srcHeight == 0) p.srcHeight = p.srcY + p.Height;
  if (p.dstHeight == 0) p.dstHeight = p.dstY + p.Height;
  if (p.Height > 1 || p.Depth > 1) {
    if (p.srcPitch < p.WidthInBytes || p.srcXInBytes > p.srcPitch - p.WidthInBytes ||
        p.dstPitch < p.WidthInBytes || p.dstXInBytes > p.dstPitch - p.WidthInBytes) {
      return CUDA_ERROR_INVALID_VALUE;
    }
  }
  if (p.Depth > 1 && (p.srcHeight < p.Height || p.srcY > p.srcHeight - p.Height ||
                      p.dstHeight < p.Height || p.dstY > p.dstHeight - p.Height)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  for (const bool source_side : {true, false}) {
    const CUmemorytype type = source_side ? p.srcMemoryType : p.dstMemoryType;
    const void* host = source_side ? p.srcHost : p.dstHost;
    const CUdeviceptr device = source_side ? p.srcDevice : p.dstDevice;
    std::size_t offset = 0;
    std::size_t bytes = 0;
    if (!extent(p, source_side, offset, bytes)) return CUDA_ERROR_INVALID_VALUE;
    if (type == CU_MEMORYTYPE_HOST) {
      if (host == nullptr) return CUDA_ERROR_INVALID_VALUE;
    } else if (type == CU_MEMORYTYPE_DEVICE && !is_accessible(device + offset, bytes)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
  }
  work.params = p;
  return CUDA_SUCCESS;
}

CUresult make_memset_work(const CUDA_MEMSET_NODE_PARAMS& params, MemsetWork& work) {
  CUDA_MEMSET_NODE_PARAMS p = params;
  if (p.elementSize != 1 && p.elementSize != 2 && p.elementSize != 4) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (p.dst % p.elementSize != 0) return CUDA_ERROR_INVALID_VALUE;
  if (p.width == 0 || p.height == 0) {
    p.width = p.height = 0;
    work.params = p;
    return CUDA_SUCCESS;
  }
  std::size_t row = 0;
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(p.width, static_cast<std::size_t>(p.elementSize), &row)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (p.height == 1 && p.pitch == 0) p.pitch = row;
  if (p.height > 1 && (p.pitch < row || p.pitch % p.elementSize != 0)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (__builtin_mul_overflow(p.pitch, p.height - 1, &bytes) ||
      __builtin_add_overflow(bytes, row, &bytes) || !is_accessible(p.dst, bytes)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  work.params = p;
  return CUDA_SUCCESS;
}

CUresult make_mem_ops_work(const CUstreamBatchMemOpParams* operations, unsigned count,
                           MemOpsWork& work) {
  if (operations == nullptr || count == 0 || count > 256) return CUDA_ERROR_INVALID_VALUE;
  for (unsigned i = 0; i < count; ++i) {
    const CUstreamBatchMemOpParams& op = operations[i];
    std::size_t width = 0;
    switch (op.operation) {
      case CU_STREAM_MEM_OP_WAIT_VALUE_32:
      case CU_STREAM_MEM_OP_WRITE_VALUE_32:
        width = 4;
        break;
      case CU_STREAM_MEM_OP_WAIT_VALUE_64:
      case CU_STREAM_MEM_OP_WRITE_VALUE_64:
        width = 8;
        break;
      case CU_STREAM_MEM_OP_FLUSH_REMOTE_WRITES:
        return CUDA_ERROR_NOT_SUPPORTED;
      case CU_STREAM_MEM_OP_BARRIER:
        break;
      default:
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (width != 0 &&
        (op.waitValue.address % width != 0 || !is_accessible(op.waitValue.address, width))) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    const bool is_wait = op.operation == CU_STREAM_MEM_OP_WAIT_VALUE_32 ||
                         op.operation == CU_STREAM_MEM_OP_WAIT_VALUE_64;
    if (is_wait && (op.waitValue.flags & ~0x3U) != 0) {
      return (op.waitValue.flags & CU_STREAM_WAIT_VALUE_FLUSH) != 0 ? CUDA_ERROR_NOT_SUPPORTED
                                                                    : CUDA_ERROR_INVALID_VALUE;
    }
    work.operations.push_back(op);
  }
  return CUDA_SUCCESS;
}

}  // namespace vgpu::softdevice
