#pragma once

/// \file
/// What a wire test is about: a host that listens, or a guest that connects.

#include <string>
#include <vector>

#include "vgpu/transport/url.hpp"

namespace vgpu::conformance::wire {

struct Target {
  transport::Url url;                ///< where the host listens, or where this suite does
  std::string token;                 ///< what the host wants; empty = nothing
  std::vector<std::string> program;  ///< the guest to be started; empty = one connects by itself
  bool listens = false;              ///< this suite is the host
  bool own_program = false;          ///< `program` is ours: what it prints is known

  [[nodiscard]] bool is_shm() const { return url.scheme == transport::Url::Scheme::shm; }
};

/// The target of this process. Set once, before the tests run.
const Target& target();
void set_target(Target target);

}  // namespace vgpu::conformance::wire
