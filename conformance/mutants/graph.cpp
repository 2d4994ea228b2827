#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> graph_mutants() {
  static constexpr Mutant list[] = {
      {"a_dependency_is_dropped", "cuGraphAddKernelNode forgets the last node that it depends on",
       "cuGraphAddKernelNode",
       [](DriverTable& driver) {
         driver.cuGraphAddKernelNode_v2 = [](CUgraphNode* node, CUgraph graph,
                                             const CUgraphNode* dependencies, std::size_t count,
                                             const CUDA_KERNEL_NODE_PARAMS* parameters) {
           return real().cuGraphAddKernelNode_v2(
               node, graph, dependencies, count - (count > 0 && dependencies != nullptr ? 1 : 0),
               parameters);
         };
       }},
      {"edges_are_turned_round", "cuGraphAddDependencies makes the first nodes wait for the second",
       "cuGraphAddDependencies",
       [](DriverTable& driver) {
         driver.cuGraphAddDependencies_v2 = [](CUgraph graph, const CUgraphNode* from,
                                               const CUgraphNode* to, const CUgraphEdgeData* data,
                                               std::size_t count) {
           return real().cuGraphAddDependencies_v2(graph, to, from, data, count);
         };
       }},
      {"a_clone_is_the_graph_itself", "cuGraphClone gives out the graph that it is given",
       "cuGraphClone",
       [](DriverTable& driver) {
         driver.cuGraphClone = [](CUgraph* clone, CUgraph graph) {
           const CUresult result = real().cuGraphClone(clone, graph);
           if (result == CUDA_SUCCESS) *clone = graph;
           return result;
         };
       }},
      {"one_row_of_a_memset", "cuGraphAddMemsetNode sets the first row only",
       "cuGraphAddMemsetNode",
       [](DriverTable& driver) {
         driver.cuGraphAddMemsetNode =
             [](CUgraphNode* node, CUgraph graph, const CUgraphNode* dependencies,
                std::size_t count, const CUDA_MEMSET_NODE_PARAMS* parameters, CUcontext context) {
               CUDA_MEMSET_NODE_PARAMS row{};
               if (parameters != nullptr) row = *parameters;
               if (row.height > 1) row.height = 1;
               return real().cuGraphAddMemsetNode(node, graph, dependencies, count,
                                                  parameters == nullptr ? nullptr : &row, context);
             };
       }},
      {"a_host_node_is_lost", "a node of cuGraphAddHostNode does not call its function",
       "cuGraphAddHostNode",
       [](DriverTable& driver) {
         driver.cuGraphAddHostNode = [](CUgraphNode* node, CUgraph graph,
                                        const CUgraphNode* dependencies, std::size_t count,
                                        const CUDA_HOST_NODE_PARAMS* parameters) {
           if (parameters == nullptr || parameters->fn == nullptr) {
             return real().cuGraphAddHostNode(node, graph, dependencies, count, parameters);
           }
           CUDA_HOST_NODE_PARAMS quiet = *parameters;
           quiet.fn = [](void*) {};
           return real().cuGraphAddHostNode(node, graph, dependencies, count, &quiet);
         };
       }},
      {"the_rest_of_the_room_stays",
       "cuGraphGetEdges does not clear the room that it does not need", "cuGraphGetEdges",
       [](DriverTable& driver) {
         driver.cuGraphGetEdges_v2 = [](CUgraph graph, CUgraphNode* from, CUgraphNode* to,
                                        CUgraphEdgeData* data, std::size_t* count) {
           std::size_t edges = 0;
           if (from != nullptr && to != nullptr && count != nullptr &&
               real().cuGraphGetEdges_v2(graph, nullptr, nullptr, nullptr, &edges) ==
                   CUDA_SUCCESS &&
               *count > edges) {
             *count = edges;
           }
           return real().cuGraphGetEdges_v2(graph, from, to, data, count);
         };
       }},
      {"the_old_form_writes_the_new_width",
       "cuGraphKernelNodeGetParams of CUDA 10 writes the structure of CUDA 12",
       "cuGraphKernelNodeGetParams",
       [](DriverTable& driver) {
         driver.cuGraphKernelNodeGetParams = [](CUgraphNode node,
                                                CUDA_KERNEL_NODE_PARAMS_v1* parameters) {
           static_assert(sizeof(CUDA_KERNEL_NODE_PARAMS) > sizeof(CUDA_KERNEL_NODE_PARAMS_v1));
           return real().cuGraphKernelNodeGetParams_v2(
               node, reinterpret_cast<CUDA_KERNEL_NODE_PARAMS*>(parameters));
         };
       }},
      {"destroyed_nodes_are_listed", "cuGraphDestroyNode leaves the node in its graph",
       "cuGraphDestroyNode",
       [](DriverTable& driver) {
         driver.cuGraphDestroyNode = [](CUgraphNode node) {
           CUgraphNodeType type{};
           return node != nullptr && real().cuGraphNodeGetType(node, &type) == CUDA_SUCCESS
                      ? CUDA_SUCCESS
                      : real().cuGraphDestroyNode(node);
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
