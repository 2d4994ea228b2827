#pragma once

#include <memory>
#include <utility>

#include "vgpu/transport/stream_channel.hpp"

namespace vgpu::transport {

/// A channel over a connected unix stream socket. Carries descriptors.
inline support::Result<std::unique_ptr<Channel>> make_unix_channel(support::UniqueFd socket,
                                                                   ChannelOptions options = {}) {
  return StreamChannel::make(std::move(socket), StreamChannel::Descriptors::yes, options);
}

}  // namespace vgpu::transport
