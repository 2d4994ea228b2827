#pragma once

/// \file
/// Serves one channel of a guest, which stands for one of its threads.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vgpu/operations.hpp>

#include "vgpu/host/call_context.hpp"
#include "vgpu/host/session.hpp"
#include "vgpu/transport/channel.hpp"
#include "vgpu/transport/message.hpp"

namespace vgpu::host {

/// Executes one request: decodes it, calls CallContext::serve or ::refuse. Generated
/// (vgpu/host_dispatch.hpp).
using Dispatch = void (*)(CallContext& context, call::Operation operation);

/// How a channel ended.
enum class ChannelEnd {
  goodbye,  ///< the guest said so
  closed,   ///< the guest closed it, or died
  failed,   ///< the guest broke the protocol in a way that leaves the stream unusable
};

/// Receives, executes and answers the requests of one channel, in their order, on the calling
/// thread. A request that is malformed, unknown or over the budget is answered with an error and
/// the session goes on; only a stream whose frames can no longer be told apart ends the channel.
class ChannelServer {
 public:
  /// Everything outlives the server.
  ChannelServer(Session& session, transport::Channel& channel, Dispatch dispatch) noexcept
      : session_(session), channel_(channel), dispatch_(dispatch) {}

  /// Serves until the channel ends. Closes it.
  ChannelEnd run() {
    transport::MessageReceiver receiver(channel_, session_.limits().message_bytes);
    transport::ReceivedMessage request;
    ChannelEnd end = ChannelEnd::closed;
    while (true) {
      const auto status = receiver.receive(request, transport::forever);
      if (status == transport::MessageStatus::timeout) continue;
      if (status == transport::MessageStatus::closed) break;
      if (status == transport::MessageStatus::failed) {
        session_.log(LogLevel::warning,
                     "a channel of the guest failed: " + std::string(receiver.error()));
        end = ChannelEnd::failed;
        break;
      }
      session_.counters().received.fetch_add(request.size, std::memory_order_relaxed);
      CallContext context(session_, state_, channel_, request);
      if (status == transport::MessageStatus::over_budget) {
        context.refuse_over_budget(request.size);
      } else if ((request.header.flags & wire::frame_flag::reply) != 0) {
        context.refuse_malformed();
      } else {
        dispatch_(context, context.operation());
      }
      state_.scratch.reset();
      if (state_.goodbye) {
        end = ChannelEnd::goodbye;
        break;
      }
    }
    channel_.close();
    return end;
  }

 private:
  Session& session_;
  transport::Channel& channel_;
  Dispatch dispatch_;
  ChannelState state_;
};

}  // namespace vgpu::host
