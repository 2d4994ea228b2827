#pragma once

#include <string>

namespace vgpu::conformance::wire {

/// The guest that tests of guests start when they are given none: makes the calls below on the
/// library `driver`, prints one line for each ("cuInit 0"), whatever it returned, and in the end
/// "end". Returns the exit code of the program.
int run_guest_program(const std::string& driver);

}  // namespace vgpu::conformance::wire
