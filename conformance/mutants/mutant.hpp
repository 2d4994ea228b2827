#pragma once

/// \file
/// Drivers that are wrong in exactly one way. libmutant.so forwards every call to the library that
/// VGPU_MUTANT_DRIVER names; the mutant named by VGPU_MUTANT changes how a few of them behave.

#include <cstddef>
#include <span>

#include "vgpu/driver_table.hpp"

namespace vgpu::conformance::mutants {

/// One wrong driver.
struct Mutant {
  const char* name;    ///< within its object: "context" and this make "context.pops_two"
  const char* breaks;  ///< what it does wrong, in a sentence
  const char* suites;  ///< that have to notice, as a --filter
  /// Replaces members of the table that the wrapper's exports jump through.
  void (*apply)(DriverTable& driver);
  /// It breaks what CUDA's runtime needs of cuGetExportTable, which the software device does not
  /// have: behind it stands our guest, on a host of its own.
  bool behind_guest = false;
};

/// The mutants of one CUDA object.
struct Group {
  const char* object;
  std::span<const Mutant> mutants;
};

std::span<const Group> groups();

/// What the wrapper's exports do without a mutant: the library behind it, but for resolvers that
/// give the wrapper's addresses.
const DriverTable& real();

/// libmutant.so's own export: calls `visit` for every mutant. No driver is needed for it.
using ListMutants = void(void* user,
                         void (*visit)(void* user, const char* object, const Mutant* mutant));

std::span<const Mutant> capture_mutants();
std::span<const Mutant> context_mutants();
std::span<const Mutant> copy_mutants();
std::span<const Mutant> device_mutants();
std::span<const Mutant> entry_mutants();
std::span<const Mutant> event_mutants();
std::span<const Mutant> function_mutants();
std::span<const Mutant> graph_mutants();
std::span<const Mutant> graph_exec_mutants();
std::span<const Mutant> launch_mutants();
std::span<const Mutant> library_mutants();
std::span<const Mutant> managed_mutants();
std::span<const Mutant> memory_mutants();
std::span<const Mutant> memory_operation_mutants();
std::span<const Mutant> memset_mutants();
std::span<const Mutant> module_mutants();
std::span<const Mutant> occupancy_mutants();
std::span<const Mutant> pointer_mutants();
std::span<const Mutant> pool_mutants();
std::span<const Mutant> primary_context_mutants();
std::span<const Mutant> stream_mutants();
std::span<const Mutant> virtual_memory_mutants();

}  // namespace vgpu::conformance::mutants
