/// Nodes of graphs.

#include <vgpu/calls/graph_node.hpp>
#include <vgpu/guest_written.hpp>

#include "graph_objects.hpp"
#include "object_note.hpp"

namespace vgpu::guest::written {

CUresult cuGraphEventRecordNodeSetEvent(CUgraphNode hNode, CUevent event) {
  if (!is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  ObjectNote note;
  if (const CUresult result = check_event(event, note); result != CUDA_SUCCESS) return result;
  return ask<calls::GraphEventRecordNodeSetEvent>(
      {.hNode = id_of(hNode), .event = call::to_wire<std::uint64_t>(event)});
}

CUresult cuGraphEventWaitNodeSetEvent(CUgraphNode hNode, CUevent event) {
  if (!is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  ObjectNote note;
  if (const CUresult result = check_event(event, note); result != CUDA_SUCCESS) return result;
  return ask<calls::GraphEventWaitNodeSetEvent>(
      {.hNode = id_of(hNode), .event = call::to_wire<std::uint64_t>(event)});
}

}  // namespace vgpu::guest::written
