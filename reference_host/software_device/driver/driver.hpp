#pragma once

/// \file
/// All state of the driver. Made by cuInit and never destroyed: streams' threads may outlive main.

#include <cuda.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "allocation.hpp"
#include "context.hpp"
#include "device.hpp"
#include "entry.hpp"
#include "handle_table.hpp"
#include "module.hpp"
#include "stream.hpp"

namespace vgpu::softdevice {

struct Array;
class Event;
struct Graph;
struct GraphExec;
struct GraphNode;
class MemoryPool;
struct MipmappedArray;
struct PhysicalMemory;
struct SurfaceObject;
struct SurfaceReference;
struct TextureObject;
struct TextureReference;

struct Driver {
  /// "To continue using CUDA, the process must be terminated and relaunched": the error that ended
  /// the work of all contexts.
  std::atomic<CUresult> lasting_error{CUDA_SUCCESS};
  std::vector<std::unique_ptr<Device>> devices;
  AllocationMap allocations;
  HandleTable<CUcontext, Context, HandleKind::context> contexts;
  HandleTable<CUstream, Stream, HandleKind::stream> streams;
  HandleTable<CUevent, Event, HandleKind::event> events;
  HandleTable<CUmodule, Module, HandleKind::module> modules;
  HandleTable<CUlibrary, Library, HandleKind::library> libraries;
  HandleTable<CUfunction, Function, HandleKind::function> functions;
  HandleTable<CUkernel, LibraryKernel, HandleKind::kernel> kernels;
  HandleTable<CUgraph, Graph, HandleKind::graph> graphs;
  HandleTable<CUgraphNode, GraphNode, HandleKind::graph_node> graph_nodes;
  HandleTable<CUgraphExec, GraphExec, HandleKind::graph_exec> graph_execs;
  HandleTable<CUmemoryPool, MemoryPool, HandleKind::pool> pools;
  HandleTable<CUmemGenericAllocationHandle, PhysicalMemory, HandleKind::physical_memory> physical;
  /// How long one kernel may run (VGPU_SOFT_TIMEOUT); zero: as long as it likes.
  std::chrono::nanoseconds kernel_time{0};
  /// Up to how much later than it could an operation of a stream begins (VGPU_SOFT_LATE).
  std::chrono::microseconds lateness{0};
  HandleTable<CUarray, Array, HandleKind::array> arrays;
  HandleTable<CUmipmappedArray, MipmappedArray, HandleKind::mipmapped_array> mipmapped_arrays;
  HandleTable<CUtexObject, TextureObject, HandleKind::texture> textures;
  HandleTable<CUsurfObject, SurfaceObject, HandleKind::surface> surfaces;
  HandleTable<CUtexref, TextureReference, HandleKind::texture_reference> texture_references;
  HandleTable<CUsurfref, SurfaceReference, HandleKind::surface_reference> surface_references;
  std::atomic<std::uint64_t> next_context_id{1};
  std::atomic<std::uint64_t> next_stream_id{15};
  std::atomic<std::uint64_t> next_buffer_id{1};
};

/// Only after `is_initialised`.
Driver& driver() noexcept;

/// \return null and CUDA_ERROR_INVALID_DEVICE for a number that no device has.
Device* find_device(CUdevice device) noexcept;

}  // namespace vgpu::softdevice
