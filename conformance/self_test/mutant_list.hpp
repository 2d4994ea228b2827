#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "vgpu/support/result.hpp"

namespace vgpu::conformance {

/// A driver that is wrong in one way.
struct MutantEntry {
  std::string name;    ///< "context.pops_the_wrong_one"
  std::string breaks;  ///< what it does wrong, in a sentence
  std::string suites;  ///< that have to notice, as a filter
  bool behind_guest;   ///< behind it stands our guest, not the software device
};

/// lib/vgpu-conformance/libmutant.so of the installation or the build that this program is in.
support::Result<std::filesystem::path> find_mutant_library();

/// Its mutants that were written.
support::Result<std::vector<MutantEntry>> list_mutants(const std::filesystem::path& library);

/// For each exported symbol of a served function a mutant that does nothing and succeeds; for each
/// per-thread form and its legacy form ones in which one does what the other does; for each older
/// ABI one that takes the newest's arguments. Is every variant tested?
std::vector<MutantEntry> list_symbol_mutants();

}  // namespace vgpu::conformance
