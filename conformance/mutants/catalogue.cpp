#include <array>

#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

std::span<const Group> groups() {
  static const std::array all = {
      Group{"capture", capture_mutants()},
      Group{"context", context_mutants()},
      Group{"copy", copy_mutants()},
      Group{"device", device_mutants()},
      Group{"entry", entry_mutants()},
      Group{"event", event_mutants()},
      Group{"function", function_mutants()},
      Group{"graph", graph_mutants()},
      Group{"graph_exec", graph_exec_mutants()},
      Group{"launch", launch_mutants()},
      Group{"library", library_mutants()},
      Group{"managed", managed_mutants()},
      Group{"memory", memory_mutants()},
      Group{"memory_operation", memory_operation_mutants()},
      Group{"memset", memset_mutants()},
      Group{"module", module_mutants()},
      Group{"occupancy", occupancy_mutants()},
      Group{"pointer", pointer_mutants()},
      Group{"pool", pool_mutants()},
      Group{"primary_context", primary_context_mutants()},
      Group{"stream", stream_mutants()},
      Group{"virtual_memory", virtual_memory_mutants()},
  };
  return all;
}

}  // namespace vgpu::conformance::mutants
