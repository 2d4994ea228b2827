#pragma once

/// \file
/// The suite tested: does it notice drivers that are wrong in one way each?

#include <cstdint>
#include <string>

namespace vgpu::conformance {

struct SelfTestOptions {
  std::string driver;   ///< right library behind the mutants; empty = the software device
  std::string prefix;   ///< installation with the software device; empty = this program's
  std::string mutants;  ///< names with * and ?, separated by ':'; empty = all
  unsigned jobs = 2;    ///< mutants at a time
  unsigned timeout_seconds = 30;
  std::uint64_t seed = 0;  ///< 0 = a fresh one
  bool full = false;       ///< the whole suite on each mutant, not only the suites it names
  bool symbols = false;    ///< mutants of the exported symbols in place of the written ones
  bool list = false;
};

/// Runs the suites that have to notice a mutant on the unmutated driver, then on each mutant; one
/// is killed when a test fails that passed before. Returns the exit code of the program: 0 all
/// were killed, 1 some survived or a test failed without a mutant, 2 nothing could be run.
int self_test(const SelfTestOptions& options);

}  // namespace vgpu::conformance
