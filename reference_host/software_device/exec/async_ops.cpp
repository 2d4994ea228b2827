#include "reference_host/software_device/exec/async_ops.hpp"

#include <cstring>

#include "reference_host/software_device/exec/memory_access.hpp"

namespace vgpu::softdevice::exec {

void async_copy(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint32_t* fields = warp.frame->function->extra.data() + op.extra;
  const std::size_t bytes = fields[copy_bytes];
  Op from = op;
  from.a = fields[copy_address];
  from.immediate = std::uint64_t{fields[copy_offset_high]} << 32 | fields[copy_offset_low];
  const Access source_access = Access::unpack(fields[copy_access]);
  std::uint32_t ignored = 0;
  if (fields[copy_ignore] != no_guard) {
    ignored = *source<std::uint32_t>(warp, fields[copy_ignore]);
    if (fields[copy_ignore_inverted] != 0) ignored = ~ignored;
  }
  std::size_t wanted[warp_size];
  std::uint32_t whole = 0;
  for (int lane = 0; lane < warp_size; ++lane) {
    wanted[lane] = bytes;
    if (fields[copy_source_bytes] != no_guard)
      wanted[lane] = source<std::uint32_t>(warp, fields[copy_source_bytes])[lane];
    if (ignored >> lane & 1) wanted[lane] = 0;
    if (wanted[lane] >= bytes) {
      wanted[lane] = bytes;
      whole |= 1u << lane;
    }
  }
  std::byte* to[warp_size];
  std::byte* at[warp_size] = {};
  if (!resolve_lanes(warp, op, Access::unpack(op.aux), mask, bytes, to, Touch::store)) return;
  whole &= mask;
  if (whole != 0 && !resolve_lanes(warp, from, source_access, whole, bytes, at, Touch::load))
    return;
  LaneAddresses addresses;
  gather_addresses(warp, from, source_access, addresses);
  for (std::uint32_t rest = mask & ~whole; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    if (wanted[lane] == 0) continue;
    at[lane] = resolve(warp, from, source_access.place, lane, addresses.at[lane], wanted[lane]);
    if (at[lane] == nullptr) return;
  }
  for (; mask != 0; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    std::byte copied[16] = {};
    if (wanted[lane] != 0) std::memcpy(copied, at[lane], wanted[lane]);
    std::memcpy(to[lane], copied, bytes);
  }
}

namespace {

/// The 64 bits of a barrier. PTX leaves their meaning open.
class BarrierWord {
 public:
  explicit BarrierWord(std::uint64_t bits) : bits_(bits) {}
  static BarrierWord made_for(std::uint64_t count) {
    BarrierWord word(0);
    word.set(expected_at, count_bits, count);
    word.set(pending_at, count_bits, count);
    return word;
  }

  std::uint64_t bits() const { return bits_; }
  std::uint64_t parity() const { return bits_ >> 63; }
  std::uint64_t pending() const { return get(pending_at, count_bits); }

  void arrive(std::uint64_t count) { set(pending_at, count_bits, pending() - count); }
  void drop(std::uint64_t count) {
    set(expected_at, count_bits, get(expected_at, count_bits) - count);
  }
  void announce(std::uint64_t bytes) { set(bytes_at, byte_bits, get(bytes_at, byte_bits) + bytes); }
  /// Begins the next phase when nothing is missing.
  void finish_phase() {
    if (pending() != 0 || get(bytes_at, byte_bits) != 0) return;
    bits_ ^= std::uint64_t{1} << 63;
    set(pending_at, count_bits, get(expected_at, count_bits));
  }

 private:
  static constexpr unsigned count_bits = 20;
  static constexpr unsigned byte_bits = 21;
  static constexpr unsigned expected_at = 0;
  static constexpr unsigned pending_at = 20;
  static constexpr unsigned bytes_at = 40;

  std::uint64_t get(unsigned at, unsigned width) const {
    return bits_ >> at & ((std::uint64_t{1} << width) - 1);
  }
  void set(unsigned at, unsigned width, std::uint64_t value) {
    const std::uint64_t ones = ((std::uint64_t{1} << width) - 1) << at;
    bits_ = (bits_ & ~ones) | (value << at & ones);
  }

  std::uint64_t bits_;
};

void write_predicate(Warp& warp, std::uint32_t offset, int lane, bool value) {
  if (offset == no_guard) return;
  std::uint32_t& d = predicate(warp, offset);
  d = (d & ~(1u << lane)) | static_cast<std::uint32_t>(value) << lane;
}

}  // namespace

void mbarrier(Warp& warp, const Op& op, std::uint32_t mask) {
  const auto action = static_cast<MbarrierAction>(op.extra);
  std::byte* at[warp_size];
  if (!resolve_lanes(warp, op, Access::unpack(op.aux), mask, sizeof(std::uint64_t), at,
                     Touch::atomic))
    return;
  std::uint64_t operands[warp_size] = {};
  if (action == MbarrierAction::test_state) {
    std::memcpy(operands, source<std::uint64_t>(warp, op.b), sizeof operands);
  } else if (action != MbarrierAction::invalidate && action != MbarrierAction::none) {
    for (int lane = 0; lane < warp_size; ++lane)
      operands[lane] = source<std::uint32_t>(warp, op.b)[lane];
  }
  for (; mask != 0; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    std::uint64_t bits;
    std::memcpy(&bits, at[lane], sizeof bits);
    BarrierWord word(bits);
    const std::uint64_t operand = operands[lane];
    switch (action) {
      case MbarrierAction::init:
        word = BarrierWord::made_for(operand);
        break;
      case MbarrierAction::invalidate:
        word = BarrierWord(0);
        break;
      case MbarrierAction::arrive_drop:
      case MbarrierAction::arrive_drop_expect:
        word.drop(action == MbarrierAction::arrive_drop ? operand : 1);
        [[fallthrough]];
      case MbarrierAction::arrive:
      case MbarrierAction::arrive_expect: {
        const bool announces =
            action == MbarrierAction::arrive_expect || action == MbarrierAction::arrive_drop_expect;
        if (announces) word.announce(operand);
        word.arrive(announces ? 1 : operand);
        word.finish_phase();
        if (op.d != no_guard) destination<std::uint64_t>(warp, op.d)[lane] = bits;
        break;
      }
      case MbarrierAction::expect:
        word.announce(operand);
        break;
      case MbarrierAction::complete:
        word.announce(0 - operand);
        word.finish_phase();
        break;
      case MbarrierAction::test_state:
      case MbarrierAction::test_parity: {
        const std::uint64_t parity =
            action == MbarrierAction::test_state ? BarrierWord(operand).parity() : operand & 1;
        const bool over = word.parity() != parity;
        write_predicate(warp, op.d, lane, over);
        if (!over) warp.end_slice = true;  // whoever it waits for gets a turn
        break;
      }
      case MbarrierAction::none:
        break;
    }
    if (word.bits() != bits) {
      bits = word.bits();
      std::memcpy(at[lane], &bits, sizeof bits);
    }
  }
}

void mbarrier_pending(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint64_t* a = source<std::uint64_t>(warp, op.a);
  std::uint32_t* d = destination<std::uint32_t>(warp, op.d);
  for (; mask != 0; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    d[lane] = static_cast<std::uint32_t>(BarrierWord(a[lane]).pending());
  }
}

}  // namespace vgpu::softdevice::exec
