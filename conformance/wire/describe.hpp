#pragma once

#include <nlohmann/json.hpp>

namespace vgpu::conformance::wire {

/// What the target says of itself in a handshake. Throws PeerError when there is none.
nlohmann::json describe_target();

}  // namespace vgpu::conformance::wire
