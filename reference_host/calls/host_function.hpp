#pragma once

/// \file
/// Functions of the guest that a backend runs: what it is given instead, and what becomes of it.

#include <cstdint>

#include "vgpu/call/cuda_types.hpp"
#include "vgpu/host/session.hpp"

namespace vgpu::host {

/// A function of the guest, as the guest named it.
struct HostFunction {
  std::uint64_t function = 0;
  std::uint64_t user_data = 0;
  std::uint64_t stream = 0;  ///< handle id; of a stream callback only
  std::uint32_t kind = 0;    ///< as in CallbackRun: 0 CUhostFn, 1 CUstreamCallback
  bool operator==(const HostFunction&) const = default;
};

/// What a backend gets as the function and its argument. The argument is a number, looked up when
/// the backend comes back with it, so that nothing a guest does makes it dangle.
struct Trampoline {
  CUhostFn function = nullptr;
  void* argument = nullptr;  ///< nullptr: the guest has as many as it may
};

/// A trampoline for a function that runs once. `forget_host_function` takes it back.
Trampoline run_once(Session& session, const HostFunction& function);

/// A trampoline for a function in a graph, which runs at every launch. It lasts as long as the
/// session, since graphs are cloned and outlive each other; a function that has one already keeps
/// it.
Trampoline run_always(Session& session, const HostFunction& function);

/// Takes back what the backend did not accept.
void forget_host_function(void* argument);

/// The guest's function behind what a backend says of a node. False when it is not known.
bool find_host_function(CUhostFn function, void* argument, HostFunction& out);

}  // namespace vgpu::host
