#pragma once

/// \file
/// Bytes of plain host memory on their way to or from the device, in bounded pieces: through the
/// staging area where there is one, else behind the messages. Several pieces are under way at once,
/// so that filling or emptying one overlaps with the device's copying of another.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "staging.hpp"
#include "vgpu/call/cuda_types.hpp"
#include "vgpu/guest/core.hpp"

namespace vgpu::guest {

/// Location of copy.capnp.
enum class Location : std::uint32_t { trailing = 0, staging = 1, shared = 2 };

/// Copies up to this size go behind one message: cheaper than a detour through staging.
inline constexpr std::size_t small_copy = 64 * 1024;

/// Most bytes that one message of a copy carries on the calling thread's channel; 0 without one.
inline std::size_t trailing_piece() noexcept {
  const transport::Channel* channel = detail::thread_channel();
  if (channel == nullptr) return 0;
  constexpr std::size_t headroom = 256;
  const std::size_t cap = channel->frame_cap();
  return std::min(cap > 2 * headroom ? cap - headroom : headroom, std::size_t{1} << 20);
}

/// Requests of one copy that were sent and not answered yet, oldest first.
template <class Call>
class Pieces {
 public:
  static constexpr std::size_t depth = 4;

  explicit Pieces(Staging* staging) noexcept : staging_(staging) {}
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;
  ~Pieces() { finish(); }

  bool ok() const noexcept { return result_ == CUDA_SUCCESS; }
  CUresult result() const noexcept { return result_; }
  void fail(CUresult result) noexcept {
    if (ok()) result_ = result;
  }

  /// A lane for the next piece; waits for own pieces first, for others' last. no_lane without
  /// staging.
  int next_lane() {
    while (count_ == depth) receive_oldest();
    if (staging_ == nullptr) return Staging::no_lane;
    int lane = staging_->try_acquire();
    while (lane == Staging::no_lane && count_ != 0) {
      receive_oldest();
      lane = staging_->try_acquire();
    }
    return lane != Staging::no_lane ? lane : staging_->acquire();
  }

  /// Sends a piece. `arrives_at` is where bytes of the answer go, empty for a copy to the device.
  void send(const typename Call::Request& request, std::span<const std::byte> trailing, int lane,
            std::span<std::byte> arrives_at) {
    Piece& piece = pieces_[(first_ + count_) % depth];
    piece.lane = lane;
    piece.arrives_at = arrives_at;
    const CUresult sent = detail::publish<Call>(request, trailing, -1, 0, channel_, piece.ticket);
    if (sent != CUDA_SUCCESS) {
      fail(sent);
      if (lane != Staging::no_lane) staging_->release(lane);
      return;
    }
    ++count_;
  }

  /// Waits for all answers.
  CUresult finish() {
    while (count_ != 0) receive_oldest();
    return result_;
  }

 private:
  struct Piece {
    std::uint64_t ticket = 0;
    int lane = Staging::no_lane;
    std::span<std::byte> arrives_at;
  };

  void receive_oldest() {
    Piece& piece = pieces_[first_];
    first_ = (first_ + 1) % depth;
    --count_;
    ReplyBuffer buffer;
    RawReply raw;
    const bool inline_bytes = piece.lane == Staging::no_lane && !piece.arrives_at.empty();
    raw.split = true;
    const CUresult answer =
        detail::receive_reply(*channel_, Call::operation, piece.ticket, buffer,
                              inline_bytes ? piece.arrives_at : std::span<std::byte>{}, raw);
    fail(answer);
    if (answer == CUDA_SUCCESS && inline_bytes && raw.trailing_bytes != piece.arrives_at.size()) {
      fail(CUDA_ERROR_UNKNOWN);
    }
    if (piece.lane != Staging::no_lane) {
      if (answer == CUDA_SUCCESS && !piece.arrives_at.empty()) {
        std::memcpy(piece.arrives_at.data(), staging_->data(piece.lane), piece.arrives_at.size());
      }
      staging_->release(piece.lane);
    }
  }

  Staging* const staging_;
  transport::Channel* channel_ = nullptr;
  std::array<Piece, depth> pieces_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  CUresult result_ = CUDA_SUCCESS;
};

/// Sends `source` to the device and waits until the host has done with it.
/// \param make the request for `bytes` bytes from `offset` on: make(offset, bytes, location,
/// staging_offset).
template <class Call, class Make>
CUresult send_bulk(std::span<const std::byte> source, Make&& make) {
  Staging* staging = source.size() > small_copy ? Staging::find() : nullptr;
  const std::size_t piece = staging != nullptr ? Staging::lane_bytes : trailing_piece();
  if (piece == 0) return detail::phase_error(detail::phase.load(std::memory_order_acquire));
  Pieces<Call> pieces(staging);
  for (std::size_t offset = 0; offset < source.size() && pieces.ok(); offset += piece) {
    const auto part = source.subspan(offset, std::min(piece, source.size() - offset));
    const int lane = pieces.next_lane();
    if (lane == Staging::no_lane) {
      pieces.send(make(offset, part.size(), Location::trailing, 0), part, lane, {});
    } else {
      std::memcpy(staging->data(lane), part.data(), part.size());
      pieces.send(make(offset, part.size(), Location::staging, Staging::offset(lane)), {}, lane,
                  {});
    }
  }
  return pieces.finish();
}

/// Fetches `destination` from the device. `make` as for send_bulk.
template <class Call, class Make>
CUresult fetch_bulk(std::span<std::byte> destination, Make&& make) {
  Staging* staging = destination.size() > small_copy ? Staging::find() : nullptr;
  const std::size_t piece = staging != nullptr ? Staging::lane_bytes : trailing_piece();
  if (piece == 0) return detail::phase_error(detail::phase.load(std::memory_order_acquire));
  Pieces<Call> pieces(staging);
  for (std::size_t offset = 0; offset < destination.size() && pieces.ok(); offset += piece) {
    const auto part = destination.subspan(offset, std::min(piece, destination.size() - offset));
    const int lane = pieces.next_lane();
    if (lane == Staging::no_lane) {
      pieces.send(make(offset, part.size(), Location::trailing, 0), {}, lane, part);
    } else {
      pieces.send(make(offset, part.size(), Location::staging, Staging::offset(lane)), {}, lane,
                  part);
    }
  }
  return pieces.finish();
}

}  // namespace vgpu::guest
