#pragma once

/// \file
/// Host to guest: running a function of the program in the guest, and waiting until it returned.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <type_traits>

#include "vgpu/host/output_source.hpp"
#include "vgpu/transport/channel.hpp"
#include "vgpu/wire/frame_header.hpp"

namespace vgpu::host {

/// The data section of CallbackRun.Request in schema/session.capnp.
struct CallbackCall {
  std::uint64_t function = 0;   ///< guest address
  std::uint64_t user_data = 0;  ///< guest address
  std::uint64_t stream = 0;     ///< handle id
  std::int32_t status = 0;      ///< CUresult handed to a CUstreamCallback
  std::uint32_t kind = 0;       ///< 0 CUhostFn, 1 CUstreamCallback
};
static_assert(sizeof(CallbackCall) == 32 && std::is_trivially_copyable_v<CallbackCall>);

/// The session's callback channel. Thread-safe; one callback runs at a time, which CUDA allows
/// ("host functions may be serialized"). Called from the driver's own callback threads.
class CallbackLink {
 public:
  static constexpr std::uint16_t callback_run_operation = 6;

  /// What kernels wrote before a callback is to be shown before the callback runs. Set once, before
  /// the first callback.
  void set_output(OutputSource* source) noexcept { output_ = source; }

  /// Gives the link its channel. False when it has one that works.
  bool attach(std::shared_ptr<transport::Channel> channel) {
    const std::lock_guard lock(mutex_);
    if (closed_ || channel_ != nullptr) return false;
    channel_ = std::move(channel);
    changed_.notify_all();
    return true;
  }

  /// The guest has ended: running and later calls return false.
  void close() {
    std::shared_ptr<transport::Channel> channel;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      channel = channel_;
      changed_.notify_all();
    }
    if (channel != nullptr) channel->close();
  }

  /// Runs the callback in the guest and waits until it has returned, however long that takes.
  /// Waits `joining_grace` for a channel if the guest has not opened one yet. False when the guest
  /// is gone, has no callback channel, or broke the protocol.
  bool run(const CallbackCall& call,
           std::chrono::milliseconds joining_grace = std::chrono::seconds(5)) {
    const std::lock_guard turn(turn_);
    std::shared_ptr<transport::Channel> channel;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, joining_grace, [this] { return closed_ || channel_ != nullptr; });
      if (closed_ || channel_ == nullptr) return false;
      channel = channel_;
    }
    std::byte* body = channel->reserve(sizeof call);
    if (body == nullptr) return lost();
    std::memcpy(body, &call, sizeof call);
    wire::FrameHeader header;
    header.operation = callback_run_operation;
    header.data_words = sizeof call / 8;
    header.length = sizeof call;
    if (output_ != nullptr && output_->waiting()) header.flags |= wire::frame_flag::output;
    header.ticket = ++count_;
    if (!channel->publish(header)) return lost();
    transport::ReceivedFrame frame;
    while (true) {
      const auto status = channel->receive(frame, transport::forever);
      if (status == transport::ReceiveStatus::timeout) continue;
      if (status != transport::ReceiveStatus::frame) return lost();
      if ((frame.header.flags & wire::frame_flag::reply) != 0 && frame.header.ticket == count_) {
        return true;
      }
    }
  }

 private:
  bool lost() {
    const std::lock_guard lock(mutex_);
    channel_.reset();
    return false;
  }

  OutputSource* output_ = nullptr;
  std::mutex turn_;  // held while a callback runs
  std::uint64_t count_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<transport::Channel> channel_;
  bool closed_ = false;
};

}  // namespace vgpu::host
