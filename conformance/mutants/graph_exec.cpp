#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> graph_exec_mutants() {
  static constexpr Mutant list[] = {
      {"an_update_is_ignored", "cuGraphExecUpdate succeeds and changes nothing",
       "cuGraphExecUpdate",
       [](DriverTable& driver) {
         driver.cuGraphExecUpdate_v2 = [](CUgraphExec executable, CUgraph graph,
                                          CUgraphExecUpdateResultInfo* info) {
           std::size_t nodes = 0;
           if (executable == nullptr || info == nullptr ||
               real().cuGraphGetNodes(graph, nullptr, &nodes) != CUDA_SUCCESS) {
             return real().cuGraphExecUpdate_v2(executable, graph, info);
           }
           *info = {};
           info->result = CU_GRAPH_EXEC_UPDATE_SUCCESS;
           return CUDA_SUCCESS;
         };
       }},
      {"new_parameters_reach_the_graph",
       "cuGraphExecKernelNodeSetParams changes the graph's node too",
       "cuGraphExecKernelNodeSetParams",
       [](DriverTable& driver) {
         driver.cuGraphExecKernelNodeSetParams_v2 = [](CUgraphExec executable, CUgraphNode node,
                                                       const CUDA_KERNEL_NODE_PARAMS* parameters) {
           const CUresult result =
               real().cuGraphExecKernelNodeSetParams_v2(executable, node, parameters);
           if (result == CUDA_SUCCESS) real().cuGraphKernelNodeSetParams_v2(node, parameters);
           return result;
         };
       }},
      {"a_disabled_node_runs", "cuGraphNodeSetEnabled does not disable", "cuGraphNodeSetEnabled",
       [](DriverTable& driver) {
         driver.cuGraphNodeSetEnabled = [](CUgraphExec executable, CUgraphNode node, unsigned) {
           return real().cuGraphNodeSetEnabled(executable, node, 1);
         };
       }},
      {"launched_twice", "cuGraphLaunch runs the graph two times", "cuGraphLaunch",
       [](DriverTable& driver) {
         driver.cuGraphLaunch = [](CUgraphExec executable, CUstream stream) {
           const CUresult result = real().cuGraphLaunch(executable, stream);
           if (result == CUDA_SUCCESS) real().cuGraphLaunch(executable, stream);
           return result;
         };
       }},
      {"flags_are_not_kept", "cuGraphExecGetFlags says that there were none", "cuGraphExecGetFlags",
       [](DriverTable& driver) {
         driver.cuGraphExecGetFlags = [](CUgraphExec executable, cuuint64_t* flags) {
           const CUresult result = real().cuGraphExecGetFlags(executable, flags);
           if (result == CUDA_SUCCESS) *flags = 0;
           return result;
         };
       }},
      {"uploading_runs_it", "cuGraphUpload launches the graph", "cuGraphUpload",
       [](DriverTable& driver) {
         driver.cuGraphUpload = [](CUgraphExec executable, CUstream stream) {
           const CUresult result = real().cuGraphUpload(executable, stream);
           return result == CUDA_SUCCESS ? real().cuGraphLaunch(executable, stream) : result;
         };
       }},
      {"a_refused_update_says_nothing",
       "cuGraphExecUpdate does not write which node it could not take", "cuGraphExecUpdate",
       [](DriverTable& driver) {
         driver.cuGraphExecUpdate_v2 = [](CUgraphExec executable, CUgraph graph,
                                          CUgraphExecUpdateResultInfo* info) {
           CUgraphExecUpdateResultInfo unseen{};
           return real().cuGraphExecUpdate_v2(executable, graph,
                                              info == nullptr ? nullptr : &unseen);
         };
       }},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
