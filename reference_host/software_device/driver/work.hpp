#pragma once

/// \file
/// What a stream or a graph can be asked to do. A call that is captured and a call that is run
/// become the same value.

#include <cuda.h>

#include <cstddef>
#include <memory>
#include <variant>
#include <vector>

#include "../engine.hpp"
#include "completion.hpp"

namespace vgpu::softdevice {

class Context;
class Event;
struct Function;
struct Graph;
struct Library;
class Stream;
struct Allocation;

struct EmptyWork {};

struct KernelWork {
  std::shared_ptr<Function> function;
  CUkernel kernel = nullptr;  ///< when the launch named a library's kernel
  LaunchConfig config;
  std::vector<std::byte> parameters;
  bool one_buffer = false;  ///< the parameters were given as one buffer, through `extra`
};

/// A copy. Memory types are HOST, DEVICE or ARRAY, checked; for an array, device address, pitch and
/// height are those of its texels.
struct CopyWork {
  CUDA_MEMCPY3D params{};
  std::shared_ptr<const void> source_array;  ///< keep the texels
  std::shared_ptr<const void> target_array;
  std::shared_ptr<std::vector<std::byte>> staging;  ///< owns the source when not null
};

struct MemsetWork {
  CUDA_MEMSET_NODE_PARAMS params{};
};

struct HostWork {
  CUhostFn function = nullptr;
  void* user_data = nullptr;
};

/// A stream callback: also called, with the error, after the context has failed.
struct CallbackWork {
  CUstreamCallback function = nullptr;
  CUstream stream = nullptr;
  void* user_data = nullptr;
};

struct EventRecordWork {
  std::shared_ptr<Event> event;
};

struct EventWaitWork {
  std::shared_ptr<Event> event;
};

struct ChildGraphWork {
  std::shared_ptr<Graph> graph;
};

/// Marks memory that a graph owns; the address is the same at every launch.
struct MemAllocWork {
  CUDA_MEM_ALLOC_NODE_PARAMS params{};
};

struct MemFreeWork {
  CUdeviceptr address = 0;
  bool owned_by_graph = false;
};

struct MemOpsWork {
  std::vector<CUstreamBatchMemOpParams> operations;
};

using Work = std::variant<EmptyWork, KernelWork, CopyWork, MemsetWork, HostWork, CallbackWork,
                          EventRecordWork, EventWaitWork, ChildGraphWork, MemAllocWork, MemFreeWork,
                          MemOpsWork>;

/// Does the work on the calling thread. \return the sticky error of a failed kernel.
CUresult execute(const Work& work, Context& context);

/// True when the work must be done even after the context has failed.
bool survives_failure(const Work& work) noexcept;

/// Adds the work to the stream's capture, or queues it.
/// \param done receives the end of the queued work; null when it was captured.
/// \return CUDA_ERROR_STREAM_CAPTURE_*, or CUDA_SUCCESS.
CUresult submit(const std::shared_ptr<Stream>& stream, const std::shared_ptr<Context>& context,
                Work work, CompletionPtr* done = nullptr);

/// Does the work in stream order and waits for it. Refused while the stream captures.
/// \return as `submit`, or the context's sticky error.
CUresult submit_and_wait(const std::shared_ptr<Stream>& stream,
                         const std::shared_ptr<Context>& context, Work work);

/// Checks a launch against the limits of function and device and reads its parameters.
CUresult make_kernel_work(const std::shared_ptr<Function>& function, const LaunchConfig& config,
                          void** parameters, void** extra, KernelWork& work);

/// Checks a copy's ranges and resolves unified memory types.
CUresult make_copy_work(const CUDA_MEMCPY3D& params, CopyWork& work);

/// Checks a fill's range.
CUresult make_memset_work(const CUDA_MEMSET_NODE_PARAMS& params, MemsetWork& work);

/// Reads the parameters of stream memory operations and checks their addresses.
CUresult make_mem_ops_work(const CUstreamBatchMemOpParams* operations, unsigned count,
                           MemOpsWork& work);

}  // namespace vgpu::softdevice
