#include <algorithm>
#include <bit>
#include <cstring>

#include "reference_host/software_device/exec/control_ops.hpp"
#include "reference_host/software_device/exec/matrix.hpp"
#include "reference_host/software_device/exec/warp.hpp"

namespace vgpu::softdevice::exec {

namespace {

void set_predicate(Warp& warp, std::uint32_t offset, std::uint32_t mask, std::uint32_t values) {
  if (offset == no_guard) return;
  std::uint32_t& d = predicate(warp, offset);
  d = (d & ~mask) | (values & mask);
}

void shuffle(Warp& warp, const Op& op, std::uint32_t mask, SyncKind kind) {
  const std::uint32_t* a = source<std::uint32_t>(warp, op.a);
  const std::uint32_t* b = source<std::uint32_t>(warp, op.b);
  const std::uint32_t* c = source<std::uint32_t>(warp, op.c);
  std::uint32_t values[warp_size];
  std::uint32_t in_range = 0;
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    const int delta = static_cast<int>(b[lane] & 31);
    const int clamp = static_cast<int>(c[lane] & 31);
    const int segment = static_cast<int>(c[lane] >> 8 & 31);
    const int last = (lane & segment) | (clamp & ~segment);
    const int first = lane & segment;
    int from = lane;
    bool valid = false;
    switch (kind) {
      case SyncKind::shfl_up:
        from = lane - delta;
        valid = from >= last;
        break;
      case SyncKind::shfl_down:
        from = lane + delta;
        valid = from <= last;
        break;
      case SyncKind::shfl_bfly:
        from = lane ^ delta;
        valid = from <= last;
        break;
      default:
        from = first | (delta & ~segment);
        valid = from <= last;
    }
    if (!valid) from = lane;
    values[lane] = a[from];
    in_range |= static_cast<std::uint32_t>(valid) << lane;
  }
  std::uint32_t* d = destination<std::uint32_t>(warp, op.d);
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    d[lane] = values[lane];
  }
  set_predicate(warp, op.aux, mask, in_range);
}

void write_all(Warp& warp, std::uint32_t code, std::uint32_t mask, std::uint32_t value) {
  if (code == no_guard) return;
  std::uint32_t* d = destination<std::uint32_t>(warp, code);
  for (; mask != 0; mask &= mask - 1) d[std::countr_zero(mask)] = value;
}

void match(Warp& warp, const Op& op, std::uint32_t mask, bool all) {
  const auto value = [&](int lane) -> std::uint64_t {
    return op.b == 8 ? source<std::uint64_t>(warp, op.a)[lane]
                     : source<std::uint32_t>(warp, op.a)[lane];
  };
  std::uint32_t same[warp_size] = {};
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    for (std::uint32_t others = mask; others != 0; others &= others - 1) {
      const int other = std::countr_zero(others);
      if (value(other) == value(lane)) same[lane] |= 1u << other;
    }
  }
  const bool equal = same[std::countr_zero(mask)] == mask;
  std::uint32_t* d = destination<std::uint32_t>(warp, op.d);
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    d[lane] = all ? (equal ? mask : 0) : same[lane];
  }
  if (all) set_predicate(warp, op.aux, mask, equal ? mask : 0);
}

void reduce(Warp& warp, const Op& op, std::uint32_t mask, SyncKind kind) {
  const std::uint32_t* a = source<std::uint32_t>(warp, op.a);
  std::uint32_t result = a[std::countr_zero(mask)];
  for (std::uint32_t rest = mask & (mask - 1); rest != 0; rest &= rest - 1) {
    const std::uint32_t value = a[std::countr_zero(rest)];
    const bool less = op.aux == 1
                          ? static_cast<std::int32_t>(value) < static_cast<std::int32_t>(result)
                          : value < result;
    switch (kind) {
      case SyncKind::redux_add:
        result += value;
        break;
      case SyncKind::redux_min:
        result = less ? value : result;
        break;
      case SyncKind::redux_max:
        result = less ? result : value;
        break;
      case SyncKind::redux_and:
        result &= value;
        break;
      case SyncKind::redux_or:
        result |= value;
        break;
      default:
        result ^= value;
        break;
    }
  }
  write_all(warp, op.d, mask, result);
}

}  // namespace

void exchange(Warp& warp, const Op& op, std::uint32_t mask) {
  const auto kind = static_cast<SyncKind>(op.extra);
  const auto votes = [&] {
    const std::uint32_t values = *source<std::uint32_t>(warp, op.a);
    return (op.invert_c ? ~values : values) & mask;
  };
  switch (kind) {
    case SyncKind::shfl_up:
    case SyncKind::shfl_down:
    case SyncKind::shfl_bfly:
    case SyncKind::shfl_idx:
      return shuffle(warp, op, mask, kind);
    case SyncKind::vote_all:
      return set_predicate(warp, op.d, mask, votes() == mask ? mask : 0);
    case SyncKind::vote_any:
      return set_predicate(warp, op.d, mask, votes() != 0 ? mask : 0);
    case SyncKind::vote_uni: {
      const std::uint32_t yes = votes();
      return set_predicate(warp, op.d, mask, yes == mask || yes == 0 ? mask : 0);
    }
    case SyncKind::vote_ballot:
      return write_all(warp, op.d, mask, votes());
    case SyncKind::match_any:
      return match(warp, op, mask, false);
    case SyncKind::match_all:
      return match(warp, op, mask, true);
    case SyncKind::warp_barrier:
      return;
    case SyncKind::matrix:
      return run_matrix(warp, op, mask);
    case SyncKind::elect: {
      const auto leader = static_cast<std::uint32_t>(std::countr_zero(mask));
      write_all(warp, op.d, mask, leader);
      return set_predicate(warp, op.aux, mask, 1u << leader);
    }
    default:
      return reduce(warp, op, mask, kind);
  }
}

}  // namespace vgpu::softdevice::exec
