#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "vgpu/support/mapping.hpp"
#include "vgpu/support/result.hpp"
#include "vgpu/transport/ring_channel.hpp"

namespace vgpu::transport {

/// The link between the two ends of an in-process pair: shared ownership of the rings' memory and a
/// queue of descriptors per direction. An end that goes away closes its rings, which is how the
/// other end notices.
class InProcessLink {
 public:
  struct Shared {
    support::Mapping memory;
    std::mutex mutex;
    std::array<std::deque<support::UniqueFd>, 2> descriptors;  ///< by the sender's end
  };

  InProcessLink(std::shared_ptr<Shared> shared, std::size_t end) noexcept
      : shared_(std::move(shared)), end_(end) {}

  [[nodiscard]] bool peer_alive() const noexcept { return true; }
  [[nodiscard]] bool carries_descriptors() const noexcept { return true; }

  bool send_descriptor(int fd, FirstError& error) noexcept {
    try {
      support::Result<support::UniqueFd> copy = support::duplicate(fd);
      if (!copy.ok()) {
        error.set(copy.message());
        return false;
      }
      std::lock_guard lock(shared_->mutex);
      shared_->descriptors[end_].push_back(std::move(*copy));
      return true;
    } catch (...) {
      error.set("no memory for a descriptor");
      return false;
    }
  }

  bool receive_descriptor(support::UniqueFd& received, FirstError& error) noexcept {
    std::lock_guard lock(shared_->mutex);
    std::deque<support::UniqueFd>& queue = shared_->descriptors[1 - end_];
    if (queue.empty()) {
      error.set("a frame announced a descriptor that was not sent");
      return false;
    }
    received = std::move(queue.front());
    queue.pop_front();
    return true;
  }

  void shut_down() noexcept {}
  void abandon() noexcept {}

 private:
  std::shared_ptr<Shared> shared_;
  std::size_t end_;
};

using InProcessChannel = RingChannel<InProcessLink>;
static_assert(FrameChannel<InProcessChannel>);

/// The two ends of a channel inside one process.
struct InProcessPair {
  std::unique_ptr<Channel> guest;
  std::unique_ptr<Channel> host;
};

/// Makes an in-process channel with `ring_bytes` of ring memory per direction.
inline support::Result<InProcessPair> in_process_pair(ChannelOptions options = {},
                                                      std::size_t ring_bytes = std::size_t{512}
                                                                               << 10) {
  std::size_t slots = wire::RingView::slots_in(ring_bytes);
  if (slots == 0) return support::Error{"the ring memory is too small"};
  std::size_t stride = wire::round_up(wire::RingView::bytes_for(slots), 4096);
  support::Result<support::Mapping> memory = support::Mapping::anonymous(2 * stride);
  if (!memory.ok()) return memory.error();
  auto shared = std::make_shared<InProcessLink::Shared>();
  shared->memory = std::move(*memory);
  wire::RingView requests(shared->memory.data(), slots);
  wire::RingView replies(shared->memory.data() + stride, slots);
  InProcessPair pair;
  pair.guest =
      std::make_unique<InProcessChannel>(InProcessLink(shared, 0), requests, replies, options);
  pair.host =
      std::make_unique<InProcessChannel>(InProcessLink(shared, 1), replies, requests, options);
  return pair;
}

}  // namespace vgpu::transport
