#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>

#include "vgpu/support/futex.hpp"
#include "vgpu/support/process_barrier.hpp"
#include "vgpu/wire/frame_header.hpp"

/// A ring of 64-byte slots in memory that two processes share and do not trust each other with: one
/// producer, one consumer. A frame is a header and its body in consecutive slots and never wraps.
///
/// A frame is published by the first 64-bit word of its first slot, which holds its sequence
/// number. By then the same word of the slot that follows the frame is zero, so the bytes of an
/// earlier lap never look like a frame to the consumer, who waits there next.
/// Indices are private to each side; what the peer can write is read once, into private memory, and
/// checked.
namespace vgpu::wire {

inline constexpr std::size_t slot_bytes = 64;
/// Body bytes that share the header's slot.
inline constexpr std::size_t inline_body_bytes = slot_bytes - frame_header_bytes;

/// Slots that a frame with `body_bytes` of body takes.
constexpr std::size_t slots_for(std::size_t body_bytes) noexcept {
  return (frame_header_bytes + body_bytes + slot_bytes - 1) / slot_bytes;
}

/// The shared words of one ring, before its slots. All zero = an empty, open ring.
/// Words that different sides write often have lines of their own.
struct RingControl {
  /// Written by the consumer: slots consumed so far.
  alignas(128) std::atomic<std::uint64_t> head;
  /// Written by the producer when it has no room: sleeps on `producer_sleeping` until `head`
  /// reaches `wanted_head`.
  alignas(128) support::FutexWord producer_sleeping;
  std::atomic<std::uint64_t> wanted_head;
  /// 1 while the consumer sleeps on it.
  alignas(128) support::FutexWord consumer_sleeping;
  /// Set once by the consumer when it promises a process_barrier() between saying that it sleeps
  /// and its last look: a producer that obeys such barriers needs no fence of its own.
  std::atomic<std::uint32_t> consumer_fences;
  /// Set by either side, never cleared.
  alignas(128) std::atomic<std::uint32_t> fatal;
  std::atomic<std::uint32_t> closed;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(RingControl) == 512 && std::is_standard_layout_v<RingControl>);

/// Where one ring lies. Does not own the memory; both sides make one over their own mapping.
class RingView {
 public:
  static constexpr std::size_t min_slots = 16;
  static constexpr std::size_t max_slots = std::size_t{1} << 24;

  RingView() = default;
  /// `memory`: 128-byte aligned, at least bytes_for(slot_count) bytes, zeroed by its creator.
  RingView(std::byte* memory, std::size_t slot_count) noexcept
      : control_(std::launder(reinterpret_cast<RingControl*>(memory))),
        slots_(memory + sizeof(RingControl)),
        slot_count_(slot_count) {}

  static constexpr std::size_t bytes_for(std::size_t slot_count) noexcept {
    return sizeof(RingControl) + slot_count * slot_bytes;
  }
  /// Most slots that fit into `bytes`; 0 when fewer than min_slots do.
  static constexpr std::size_t slots_in(std::size_t bytes) noexcept {
    if (bytes < bytes_for(min_slots)) return 0;
    return std::min(max_slots, (bytes - sizeof(RingControl)) / slot_bytes);
  }
  /// Body bytes of the largest frame in a ring of `slot_count` slots. A quarter of the ring, so
  /// that a stream of full frames keeps both sides busy.
  static constexpr std::size_t frame_cap_for(std::size_t slot_count) noexcept {
    return slot_count / 4 * slot_bytes - frame_header_bytes;
  }

  [[nodiscard]] RingControl& control() const noexcept { return *control_; }
  [[nodiscard]] std::byte* slot(std::size_t index) const noexcept {
    return slots_ + index * slot_bytes;
  }
  [[nodiscard]] std::size_t slot_count() const noexcept { return slot_count_; }
  [[nodiscard]] std::size_t frame_cap() const noexcept { return frame_cap_for(slot_count_); }

  /// Word `word` of the slot's header. Always accessed atomically and in 64 bits.
  [[nodiscard]] std::atomic_ref<std::uint64_t> header_word(std::size_t index,
                                                           std::size_t word) const noexcept {
    return std::atomic_ref<std::uint64_t>(
        *std::launder(reinterpret_cast<std::uint64_t*>(slot(index) + word * 8)));
  }

  /// Tells the peer that this ring is unusable, and wakes whoever sleeps on it.
  void set_fatal() const noexcept {
    control_->fatal.store(1, std::memory_order_seq_cst);
    wake_all();
  }
  /// Says that no frame follows, and wakes whoever sleeps on the ring.
  void set_closed() const noexcept {
    control_->closed.store(1, std::memory_order_seq_cst);
    wake_all();
  }
  [[nodiscard]] bool fatal() const noexcept {
    return control_->fatal.load(std::memory_order_acquire) != 0;
  }
  [[nodiscard]] bool closed() const noexcept {
    return control_->closed.load(std::memory_order_acquire) != 0;
  }

 private:
  // The store makes a sleeper that has not reached the kernel yet find a changed word there.
  void wake_all() const noexcept {
    control_->consumer_sleeping.store(0, std::memory_order_seq_cst);
    control_->producer_sleeping.store(0, std::memory_order_seq_cst);
    support::futex_wake(control_->consumer_sleeping);
    support::futex_wake(control_->producer_sleeping);
  }

  RingControl* control_ = nullptr;
  std::byte* slots_ = nullptr;
  std::size_t slot_count_ = 0;
};

/// The writing side of a ring. One thread at a time.
class RingProducer {
 public:
  explicit RingProducer(RingView ring) noexcept : ring_(ring) {}

  [[nodiscard]] std::size_t frame_cap() const noexcept { return ring_.frame_cap(); }

  /// Room for a frame with up to `body_bytes` of body: where the body goes, in the ring itself, or
  /// nullptr when there is no room now (or never: `body_bytes` above frame_cap(), or broken()).
  /// The bytes are 8-byte aligned and hold anything. Costs no system call except the doorbell of a
  /// padding frame.
  std::byte* try_reserve(std::size_t body_bytes) noexcept {
    reserved_ = false;
    if (body_bytes > ring_.frame_cap()) return nullptr;
    std::size_t slots = slots_for(body_bytes);
    std::size_t to_end = ring_.slot_count() - index_;
    if (slots > to_end) {
      if (!has_room(to_end)) return nullptr;
      publish_padding(to_end);
    }
    if (!has_room(slots)) return nullptr;
    reserved_ = true;
    reserved_bytes_ = body_bytes;
    touched_ = std::max(touched_, slots);
    return ring_.slot(index_) + frame_header_bytes;
  }

  /// Makes the reserved frame visible; `header.length` may be less than was reserved, its sequence
  /// is assigned here. False (and nothing happens) without a reservation that covers the length.
  /// Wakes the consumer if it sleeps; no system call otherwise.
  bool publish(const FrameHeader& header) noexcept { return publish(header, header.flags); }
  /// With `flags` in place of the header's.
  bool publish(const FrameHeader& header, std::uint8_t flags) noexcept {
    if (!reserved_ || header.length > reserved_bytes_) return false;
    reserved_ = false;
    write(header, flags, slots_for(header.length));
    return true;
  }

  /// Sleeps until the consumer may have made room for `body_bytes`, at most `timeout`.
  void wait_for_room(std::size_t body_bytes, std::chrono::nanoseconds timeout) noexcept {
    RingControl& control = ring_.control();
    std::size_t slots = slots_for(std::min(body_bytes, ring_.frame_cap()));
    std::size_t to_end = ring_.slot_count() - index_;
    std::size_t needed = (slots > to_end ? to_end : slots) + 1;
    // Waking for every freed slot would cost a switch per frame: ask for a quarter of the ring.
    needed = std::min(std::max(needed, ring_.slot_count() / 4), ring_.slot_count());
    std::uint64_t wanted = produced_ + needed - ring_.slot_count();
    control.wanted_head.store(wanted, std::memory_order_relaxed);
    control.producer_sleeping.store(1, std::memory_order_seq_cst);
    std::uint64_t head = control.head.load(std::memory_order_seq_cst);
    if (static_cast<std::int64_t>(head - wanted) < 0 && !ring_.fatal() && !ring_.closed()) {
      support::futex_wait(control.producer_sleeping, 1, timeout);
    }
    control.producer_sleeping.store(0, std::memory_order_relaxed);
  }

  /// Whether a quarter of the ring is free. Who found it full waits for that: taking each slot as
  /// it comes free would have both sides fight for the same lines.
  [[nodiscard]] bool quarter_free() noexcept { return has_room(ring_.slot_count() / 4); }

  /// True once the consumer published an impossible position.
  [[nodiscard]] bool broken() const noexcept { return broken_; }

  [[nodiscard]] const RingView& ring() const noexcept { return ring_; }

 private:
  /// Whether `slots` from index_ on are free, and the one after them, which publication zeroes.
  bool has_room(std::size_t slots) noexcept {
    std::size_t needed = slots + 1;
    if (ring_.slot_count() - static_cast<std::size_t>(produced_ - seen_head_) >= needed) {
      return true;
    }
    std::uint64_t head = ring_.control().head.load(std::memory_order_acquire);
    if (head - seen_head_ > produced_ - seen_head_) {
      broken_ = true;
      return false;
    }
    seen_head_ = head;
    return ring_.slot_count() - static_cast<std::size_t>(produced_ - head) >= needed;
  }

  void publish_padding(std::size_t slots) noexcept {
    FrameHeader header;
    header.flags = frame_flag::padding;
    header.length = static_cast<std::uint32_t>(slots * slot_bytes - frame_header_bytes);
    write(header, header.flags, slots);
  }

  void write(const FrameHeader& header, std::uint8_t flags, std::size_t slots) noexcept {
    sequence_ = next_sequence(sequence_);
    const std::array<std::uint64_t, 3> words = header_words(header, sequence_, flags);
    std::size_t next = index_ + slots;
    if (next == ring_.slot_count()) next = 0;
    // Zeroed after an earlier frame as a rule: the line may have to come from the other processor,
    // and stores become visible in order, so the consumer would wait for it here.
    if (zeroed_ <= produced_ + slots || slots < touched_) [[unlikely]] {
      ring_.header_word(next, 0).store(0, std::memory_order_relaxed);
      zeroed_ = produced_ + slots + 1;
    }
    touched_ = 0;
    ring_.header_word(index_, 1).store(words[1], std::memory_order_relaxed);
    ring_.header_word(index_, 2).store(words[2], std::memory_order_relaxed);
    // The store and the load after it must not change places: either the consumer's last look
    // before it sleeps finds the frame, or this side finds the consumer sleeping. A fence here
    // waits for every line that the frame touched, so the consumer's barrier does it where it can.
    RingControl& control = ring_.control();
    support::FutexWord& sleeping = control.consumer_sleeping;
    if (consumer_fences_) [[likely]] {
      ring_.header_word(index_, 0).store(words[0], std::memory_order_release);
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
      ring_.header_word(index_, 0).store(words[0], std::memory_order_seq_cst);
      consumer_fences_ = obeys_ && control.consumer_fences.load(std::memory_order_acquire) != 0;
    }
    if (sleeping.load(std::memory_order_seq_cst) != 0) {
      sleeping.store(0, std::memory_order_relaxed);
      support::futex_wake(sleeping, 1);
    }
    index_ = next;
    produced_ += slots;
    zero_ahead();
    prefetch_ahead(slots);
  }

  /// Zeroes the words behind the next frame, if it is a small one and those slots are known to be
  /// free.
  void zero_ahead() noexcept {
    if (ring_.slot_count() - static_cast<std::size_t>(produced_ - seen_head_) < slots_zeroed) {
      return;
    }
    for (; zeroed_ < produced_ + slots_zeroed; ++zeroed_) {
      std::size_t ahead = index_ + static_cast<std::size_t>(zeroed_ - produced_);
      if (ahead >= ring_.slot_count()) ahead -= ring_.slot_count();
      ring_.header_word(ahead, 0).store(0, std::memory_order_relaxed);
    }
  }

  /// A line that the consumer read last takes as long to come back as it took to go there: asks for
  /// as many as a frame of `slots` used, a few slots ahead, so that several are under way at once.
  /// Only for those that are known to be free; the others the consumer still has to read.
  void prefetch_ahead(std::size_t slots) noexcept {
    const std::size_t lines = std::min(slots, slots_ahead);
    if (ring_.slot_count() - static_cast<std::size_t>(produced_ - seen_head_) <=
        slots_ahead + lines) {
      return;
    }
    for (std::size_t i = 0; i < lines; ++i) {
      std::size_t ahead = index_ + slots_ahead + i;
      if (ahead >= ring_.slot_count()) ahead -= ring_.slot_count();
      support::prefetch_for_write(ring_.slot(ahead));
    }
  }

  /// Measured: with 1 a frame of two slots waits for its second line, with 8 the lines are taken
  /// from a consumer that still has to read them.
  static constexpr std::size_t slots_ahead = 4;
  static_assert(2 * slots_ahead <= RingView::min_slots);
  /// The slot that the consumer waits at, and those behind frames of up to four. Measured: with 3,
  /// frames of two slots wait for their second line.
  static constexpr std::size_t slots_zeroed = 5;

  RingView ring_;
  std::size_t index_ = 0;
  std::uint64_t produced_ = 0;
  std::uint64_t seen_head_ = 0;
  /// The slots from produced_ up to here begin with a zero word, unless they are among the touched_
  /// ones from produced_ on that reservations gave out since the last frame.
  std::uint64_t zeroed_ = 0;
  std::size_t touched_ = 0;
  std::uint32_t sequence_ = 0;
  std::size_t reserved_bytes_ = 0;
  bool reserved_ = false;
  bool broken_ = false;
  const bool obeys_ = support::obey_process_barriers();
  bool consumer_fences_ = false;
};

/// The reading side of a ring. One thread at a time.
class RingConsumer {
 public:
  enum class Poll { empty, frame, malformed };

  /// Allocates the private copy of one frame (throws std::bad_alloc).
  explicit RingConsumer(RingView ring)
      : ring_(ring),
        copy_(static_cast<std::byte*>(::operator new(
            round_up(ring.frame_cap() + frame_header_bytes, slot_bytes), copy_alignment))) {
    if (fences_) ring_.control().consumer_fences.store(1, std::memory_order_release);
  }

  /// Takes the next frame, if there is one, into private memory and gives its slots back. Padding
  /// is skipped. `malformed`: the producer broke the protocol, see problem(); every later call says
  /// so too.
  Poll poll() noexcept {
    if (problem_ != nullptr) return Poll::malformed;
    std::uint64_t first = ring_.header_word(index_, 0).load(std::memory_order_acquire);
    if (static_cast<std::uint32_t>(first) != expected_) return Poll::empty;
    return take(first);
  }

  /// Whether poll() would find something.
  [[nodiscard]] bool ready() const noexcept {
    return static_cast<std::uint32_t>(
               ring_.header_word(index_, 0).load(std::memory_order_seq_cst)) == expected_;
  }

  /// Sleeps until the producer publishes, closes or fails, at most `timeout`. May return early.
  void sleep(std::chrono::nanoseconds timeout) noexcept {
    support::FutexWord& sleeping = ring_.control().consumer_sleeping;
    sleeping.store(1, std::memory_order_seq_cst);
    if (fences_) support::process_barrier();
    if (!ready() && !ring_.fatal() && !ring_.closed()) support::futex_wait(sleeping, 1, timeout);
    sleeping.store(0, std::memory_order_relaxed);
  }

  /// Wakes a producer that waits for the room that this side has already given back. The wake-up in
  /// poll() can miss a producer that goes to sleep at that moment; idle loops call this too.
  void wake_producer_if_waiting() noexcept {
    RingControl& control = ring_.control();
    if (control.producer_sleeping.load(std::memory_order_acquire) != 0) [[unlikely]] {
      wake_producer(control);
    }
  }

  /// Header of the frame that poll() found last.
  [[nodiscard]] const FrameHeader& header() const noexcept { return header_; }
  /// Its body: private, 8-byte aligned, valid until the next poll().
  [[nodiscard]] std::span<const std::byte> body() const noexcept {
    return {copy_.get() + frame_header_bytes, header_.length};
  }
  /// Why poll() says malformed; nullptr while all is well.
  [[nodiscard]] const char* problem() const noexcept { return problem_; }

  [[nodiscard]] const RingView& ring() const noexcept { return ring_; }

 private:
  static constexpr std::align_val_t copy_alignment{slot_bytes};
  struct FreeCopy {
    void operator()(std::byte* memory) const noexcept { ::operator delete(memory, copy_alignment); }
  };

  Poll take(std::uint64_t first) noexcept {
    std::array<std::uint64_t, 3> words{
        first, ring_.header_word(index_, 1).load(std::memory_order_relaxed),
        ring_.header_word(index_, 2).load(std::memory_order_relaxed)};
    header_ = std::bit_cast<FrameHeader>(words);
    std::size_t slots = slots_for(header_.length);
    std::size_t to_end = ring_.slot_count() - index_;
    if ((header_.flags & frame_flag::padding) != 0) {
      if (index_ == 0 || slots != to_end) {
        return malformed("a padding frame does not end where the ring ends");
      }
      advance(slots);
      return poll_after_padding();
    }
    if (header_.length > ring_.frame_cap()) {
      return malformed("a frame is longer than the frame cap");
    }
    if (slots > to_end) return malformed("a frame runs over the end of the ring");
    // Where frames are waiting, the next one's first lines come while this one is copied.
    const std::size_t lines = std::min({slots, std::size_t{2}, to_end - slots});
    for (std::size_t i = 0; i < lines; ++i) __builtin_prefetch(ring_.slot(index_ + slots + i));
    const std::byte* body = ring_.slot(index_) + frame_header_bytes;
    std::byte* copy = copy_.get() + frame_header_bytes;
    if (header_.length <= inline_body_bytes) {
      std::memcpy(copy, body, inline_body_bytes);
    } else {
      std::memcpy(copy, body, header_.length);
    }
    advance(slots);
    return Poll::frame;
  }

  // Padding ends at the ring's end and is refused at its begin, so this recurses once at most.
  Poll poll_after_padding() noexcept {
    std::uint64_t first = ring_.header_word(index_, 0).load(std::memory_order_acquire);
    if (static_cast<std::uint32_t>(first) != expected_) return Poll::empty;
    return take(first);
  }

  void advance(std::size_t slots) noexcept {
    index_ += slots;
    if (index_ == ring_.slot_count()) index_ = 0;
    consumed_ += slots;
    expected_ = next_sequence(expected_);
    RingControl& control = ring_.control();
    control.head.store(consumed_, std::memory_order_release);
    wake_producer_if_waiting();
  }

  void wake_producer(RingControl& control) noexcept {
    std::uint64_t wanted = control.wanted_head.load(std::memory_order_relaxed);
    if (static_cast<std::int64_t>(consumed_ - wanted) < 0) return;
    control.producer_sleeping.store(0, std::memory_order_relaxed);
    support::futex_wake(control.producer_sleeping, 1);
  }

  Poll malformed(const char* problem) noexcept {
    problem_ = problem;
    ring_.set_fatal();
    return Poll::malformed;
  }

  RingView ring_;
  std::size_t index_ = 0;
  std::uint64_t consumed_ = 0;
  std::uint32_t expected_ = 1;
  FrameHeader header_;
  const char* problem_ = nullptr;
  std::unique_ptr<std::byte, FreeCopy> copy_;
  const bool fences_ = support::process_barrier_works();
};

}  // namespace vgpu::wire
