#pragma once

/// \file
/// What the peer copies of three dimensions are tried on: places of one context.

#include "copy/places.hpp"

namespace vgpu::conformance {

inline constexpr Volume peer_volume{32, 7, 3};

/// Between two places, both of `context`.
inline CUDA_MEMCPY3D_PEER peer_copy(CUcontext context, const Place& source, const Layout& from,
                                    const Place& target, const Layout& to) {
  CUDA_MEMCPY3D_PEER copy = shaped<CUDA_MEMCPY3D_PEER>(source, from, target, to, peer_volume);
  copy.srcContext = copy.dstContext = context;
  return copy;
}

/// A copy between two fresh places on the device, both of the context.
struct PeerCopy {
  explicit PeerCopy(CUcontext context) : copy(peer_copy(context, source, layout, target, layout)) {}

  /// Whether the target is as the copy leaves it.
  [[nodiscard]] bool done() const {
    return target.read() == copied(source.before(), layout, target.before(), layout, peer_volume);
  }

  Layout layout = Layout::random(peer_volume);
  Place source{Kind::device, layout.bytes(peer_volume)};
  Place target{Kind::device, layout.bytes(peer_volume)};
  CUDA_MEMCPY3D_PEER copy;
};

}  // namespace vgpu::conformance
