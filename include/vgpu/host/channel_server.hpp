#pragma once

/// \file
/// Serves one channel of a guest, which stands for one of its threads.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vgpu/call/cuda_types.hpp>
#include <vgpu/host_dispatch.hpp>
#include <vgpu/operations.hpp>

#include "vgpu/host/call_context.hpp"
#include "vgpu/host/session.hpp"
#include "vgpu/transport/channel.hpp"
#include "vgpu/transport/message.hpp"

namespace vgpu::host {

/// Finds the code of an operation; nullptr for one that is not served. Normally
/// `find_host_call`, which is generated.
using FindCall = HostCall (*)(call::Operation operation) noexcept;

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
  ChannelServer(Session& session, transport::Channel& channel, FindCall find_call) noexcept
      : session_(session), channel_(channel), find_call_(find_call) {}

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
      serve(request, status == transport::MessageStatus::over_budget);
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
  /// Operations below this are the protocol's own.
  static constexpr std::uint16_t first_driver_operation = 16;

  void serve(transport::ReceivedMessage& request, bool over_budget) {
    CallContext context(session_, state_, request);
    const call::OperationInfo* info = call::find_operation(context.operation());
    const HostCall code = info == nullptr ? nullptr : find_call_(context.operation());
    const call::CallClass call_class = info == nullptr ? call::CallClass::sync : info->call_class;
    const bool refused =
        over_budget || code == nullptr || (request.header.flags & wire::frame_flag::reply) != 0;
    const bool keeps_turn = !refused && (call_class == call::CallClass::stream ||
                                         call_class == call::CallClass::create ||
                                         call_class == call::CallClass::callback);
    if (!take_turn(context.ticket(), keeps_turn)) return;
    call::EncodedReply reply;
    CUresult result =
        refused ? refuse(context, request, over_budget) : execute(context, request, code, reply);
    if (keeps_turn) session_.gate().leave(context.ticket());
    // A call that made something must say so: the guest would lose it with an error.
    const bool may_return_deferred =
        !refused && call_class == call::CallClass::sync && !info->creates;
    result = settle(context, result, may_return_deferred);
    if (context.awaited()) answer(context, result, reply);
  }

  /// False: the session ends and the call must not run.
  bool take_turn(std::uint64_t ticket, bool keep) {
    TicketGate& gate = session_.gate();
    const TicketGate::Entry entry = keep ? gate.enter(ticket) : gate.enter_and_leave(ticket);
    if (entry == TicketGate::Entry::late && ticket != 0) {
      session_.counters().late.fetch_add(1, std::memory_order_relaxed);
    }
    return entry != TicketGate::Entry::aborted;
  }

  CUresult execute(CallContext& context, const transport::ReceivedMessage& request, HostCall code,
                   call::EncodedReply& reply) {
    CUresult result = CUDA_ERROR_UNKNOWN;
    try {
      result = code(context, request.body, request.header.data_words, reply);
    } catch (const std::bad_alloc&) {
      reply = {};
      result = CUDA_ERROR_OUT_OF_MEMORY;
    } catch (const std::exception& error) {
      reply = {};
      session_.log(LogLevel::error, std::string(context.name()) + " failed: " + error.what());
    } catch (...) {
      reply = {};
      session_.log(LogLevel::error, std::string(context.name()) + " failed for no known reason");
    }
    if (reply.malformed) {
      session_.counters().malformed.fetch_add(1, std::memory_order_relaxed);
      session_.log(LogLevel::warning,
                   std::string(context.name()) + " came with a malformed request");
    }
    return result;
  }

  CUresult refuse(CallContext& context, const transport::ReceivedMessage& request,
                  bool over_budget) {
    SessionCounters& counters = session_.counters();
    const std::string name = std::string(context.name()) + " (operation " +
                             std::to_string(request.header.operation) + ")";
    if (over_budget) {
      counters.malformed.fetch_add(1, std::memory_order_relaxed);
      session_.log(LogLevel::warning, name + " came with " + std::to_string(request.size) +
                                          " bytes, more than a request may have");
      return CUDA_ERROR_OUT_OF_MEMORY;
    }
    if ((request.header.flags & wire::frame_flag::reply) != 0) {
      counters.malformed.fetch_add(1, std::memory_order_relaxed);
      session_.log(LogLevel::warning, name + " came as a reply, to a host that asked nothing");
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (counters.unknown.fetch_add(1, std::memory_order_relaxed) < logged_unknown_operations) {
      session_.log(LogLevel::warning, name + " is not served by this host");
    }
    return CUDA_ERROR_NOT_SUPPORTED;
  }

  /// Counts the call, keeps the failure of a posted one, and gives a kept failure to the next call
  /// that synchronises and succeeds.
  CUresult settle(CallContext& context, CUresult result, bool synchronises) {
    SessionCounters& counters = session_.counters();
    counters.calls.fetch_add(1, std::memory_order_relaxed);
    if (result != CUDA_SUCCESS && result != CUDA_ERROR_NOT_READY) {
      counters.failed.fetch_add(1, std::memory_order_relaxed);
    }
    if (!context.awaited()) {
      counters.posted.fetch_add(1, std::memory_order_relaxed);
      if (result != CUDA_SUCCESS) {
        session_.latch({result, context.operation(), context.ticket()}, context.name());
      }
      return result;
    }
    const bool returns_deferred =
        synchronises && static_cast<std::uint16_t>(context.operation()) >= first_driver_operation;
    if (result != CUDA_SUCCESS || !returns_deferred) return result;
    const std::optional<DeferredError> deferred = session_.take_deferred();
    if (!deferred) return result;
    const call::OperationInfo* failed = call::find_operation(deferred->operation);
    session_.log(LogLevel::warning,
                 std::string(context.name()) + " returns the earlier failure of " +
                     std::string(failed == nullptr ? "an unknown operation" : failed->name));
    return deferred->result;
  }

  void answer(CallContext& context, CUresult result, const call::EncodedReply& reply) {
    transport::FrameHeader header;
    header.operation = static_cast<std::uint16_t>(context.operation());
    header.flags = wire::frame_flag::reply;
    header.data_words = reply.data_words;
    header.status = static_cast<std::int32_t>(result);
    header.ticket = context.ticket();
    OutputSource* const output = session_.output();
    if (output != nullptr && header.operation >= first_driver_operation && output->waiting()) {
      header.flags |= wire::frame_flag::output;
    }
    // Only a bare data section has a trailing payload; behind a message it would be part of it.
    const bool data_only = reply.data_words != 0 || reply.body.empty();
    std::array<std::span<const std::byte>, 2> parts{
        reply.body, data_only ? context.trailing_reply_ : std::span<const std::byte>()};
    if (context.reply_descriptor_ && !channel_.attach_descriptor(context.reply_descriptor_.get())) {
      session_.log(LogLevel::warning, std::string(context.name()) +
                                          " has a descriptor, which this transport cannot carry");
      if (result == CUDA_SUCCESS) header.status = CUDA_ERROR_NOT_SUPPORTED;
    }
    const std::size_t bytes = parts[0].size() + parts[1].size();
    session_.counters().sent.fetch_add(bytes, std::memory_order_relaxed);
    if (bytes <= channel_.frame_cap()) {
      channel_.send(header, parts);
    } else {
      transport::send_message(channel_, header, parts);
    }
  }

  /// A guest that keeps asking for what is not there must not fill the log.
  static constexpr std::uint64_t logged_unknown_operations = 100;

  Session& session_;
  transport::Channel& channel_;
  FindCall find_call_;
  ChannelState state_;
};

}  // namespace vgpu::host
