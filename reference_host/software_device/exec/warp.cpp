#include "reference_host/software_device/exec/warp.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "reference_host/software_device/exec/control_ops.hpp"
#include "reference_host/software_device/exec/memcheck.hpp"

namespace vgpu::softdevice::exec {

namespace {

/// Instructions that a group runs in one go while other lanes of the warp wait.
constexpr std::uint32_t group_slice = 4096;

/// Instructions of a turn. Other lanes of the warp must get one even if a group spins until one of
/// them does something; who only waits for lanes that compute shall meet them again.
constexpr std::uint32_t turn_slice = 1u << 20;

/// What an instruction that loops wait with takes from a turn.
constexpr std::uint32_t waiting_turn_cost = turn_slice / 32;

/// What an instruction costs that loops wait with: a warp that spins gives way after some rounds.
constexpr std::uint32_t waiting_cost = 128;

}  // namespace

LaneStorage::~LaneStorage() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

void LaneStorage::ensure(std::size_t size) {
  if (size <= size_) return;
  void* fresh = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (fresh == MAP_FAILED) throw std::bad_alloc();
  if (data_ != nullptr) ::munmap(data_, size_);
  data_ = static_cast<std::byte*>(fresh);
  size_ = size;
}

Frame* take_frame(Warp& warp, const DecodedFunction& function) {
  if (warp.free_frames.empty()) {
    warp.frame_pool.push_back(std::make_unique<Frame>());
    warp.free_frames.push_back(warp.frame_pool.back().get());
  }
  Frame* frame = warp.free_frames.back();
  warp.free_frames.pop_back();
  frame->function = &function;
  frame->caller = nullptr;
  frame->site = nullptr;
  frame->return_pc = 0;
  frame->depth = 0;
  frame->local_base = 0;
  frame->registers.ensure(function.register_bytes);
  frame->params.ensure(function.param_bytes * warp_size);
  return frame;
}

namespace {

struct Group {
  std::uint32_t mask = 0;
  std::uint32_t pc = 0;
  std::uint32_t limit = UINT32_MAX;  ///< where the next group of the same frame waits
  Frame* frame = nullptr;
};

bool comes_first(const Warp& warp, int lane, const Group& group) {
  const Frame* frame = warp.frames[lane];
  if (frame->depth != group.frame->depth) return frame->depth > group.frame->depth;
  return warp.pcs[lane] < group.pc;
}

/// The lanes to run next: innermost call first, then the lowest program counter, so that lanes that
/// took different ways meet again; or those that are with the lane whose turn it is.
Group pick_group(Warp& warp, std::uint32_t runnable) {
  Group group;
  const int first = std::countr_zero(runnable);
  const bool together = [&] {
    for (std::uint32_t rest = runnable; rest != 0; rest &= rest - 1) {
      const int lane = std::countr_zero(rest);
      if (warp.pcs[lane] != warp.pcs[first] || warp.frames[lane] != warp.frames[first])
        return false;
    }
    return true;
  }();
  if (together) {
    group.mask = runnable;
    group.pc = warp.pcs[first];
    group.frame = warp.frames[first];
    return group;
  }
  const bool has_turn = warp.turn_lane < warp_size && (runnable >> warp.turn_lane & 1) != 0;
  const int chosen = has_turn ? static_cast<int>(warp.turn_lane) : first;
  group.frame = warp.frames[chosen];
  group.pc = warp.pcs[chosen];
  if (!has_turn) {
    for (std::uint32_t rest = runnable; rest != 0; rest &= rest - 1) {
      const int lane = std::countr_zero(rest);
      if (!comes_first(warp, lane, group)) continue;
      group.frame = warp.frames[lane];
      group.pc = warp.pcs[lane];
    }
  }
  for (std::uint32_t rest = runnable; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    if (warp.frames[lane] != group.frame) continue;
    if (warp.pcs[lane] == group.pc)
      group.mask |= 1u << lane;
    else if (warp.pcs[lane] > group.pc)
      group.limit = std::min(group.limit, warp.pcs[lane]);
  }
  return group;
}

/// After a turn of whoever comes first, each lane has one, and then whoever comes first again.
void next_turn(Warp& warp, std::uint32_t runnable) {
  const std::uint32_t done = warp.turn_lane < warp_size ? all_lanes >> (31 - warp.turn_lane) : 0;
  const std::uint32_t rest = runnable & ~done;
  warp.turn_lane = rest != 0 ? static_cast<std::uint32_t>(std::countr_zero(rest)) : warp_size;
  warp.turn_left = turn_slice;
}

void set_pcs(Warp& warp, std::uint32_t mask, std::uint32_t pc) {
  if (mask == all_lanes) {
    warp.pcs.fill(pc);
    return;
  }
  for (; mask != 0; mask &= mask - 1) warp.pcs[std::countr_zero(mask)] = pc;
}

/// Runs one group until it meets another, splits, blocks or has spent `slice` instructions. The
/// program counters of its lanes are stored. Returns what is left of the slice.
std::uint32_t run_group(Warp& warp, const Group& group, std::uint32_t slice) {
  enter_frame(warp, group.frame);
  const Op* const ops = group.frame->function->ops.data();
  std::uint32_t pc = group.pc;
  const std::uint32_t mask = group.mask;
  while (slice != 0) {
    // Most of a program is plain arithmetic: nothing to decide between its operations.
    if (const std::uint32_t run = std::min({ops[pc].run, slice, group.limit - pc}); run != 0) {
      const Op* op = ops + pc;
      const Op* const end = op + run;
      for (; op != end; ++op) op->handler(warp, *op, mask);
      slice -= run;
      pc += run;
      if (pc >= group.limit || warp.end_slice) break;
      continue;
    }
    --slice;
    const Op& op = ops[pc];
    std::uint32_t active = mask;
    if (op.guard != no_guard) {
      const std::uint32_t guard = predicate(warp, op.guard);
      active &= op.guard_negated ? ~guard : guard;
      if (active == 0) {
        if (++pc >= group.limit) break;
        continue;
      }
    }
    switch (op.kind) {
      case OpKind::plain:
        op.handler(warp, op, active);
        ++pc;
        break;
      case OpKind::memory:
        op.handler(warp, op, active);
        if (warp.fault) return slice;
        if (op.may_wait) {
          const std::uint32_t cost = std::min(slice, waiting_cost);
          slice -= cost;
          warp.waiting_charge += cost;
        }
        ++pc;
        break;
      case OpKind::branch:
        if (active == mask) {
          pc = op.aux;
          break;
        }
        set_pcs(warp, active, op.aux);
        set_pcs(warp, mask & ~active, pc + 1);
        return slice;
      case OpKind::control: {
        if (active != mask) set_pcs(warp, mask & ~active, pc + 1);
        set_pcs(warp, active, pc);
        warp.pc = pc;
        op.handler(warp, op, active);
        // Still together one instruction later: no need to look for another group.
        if (op.handler == op_sync && active == mask && warp.pc == pc + 1 && !warp.fault) {
          ++pc;
          break;
        }
        return slice;
      }
    }
    if (pc >= group.limit || warp.end_slice) break;
  }
  set_pcs(warp, mask, pc);
  return slice;
}

}  // namespace

WarpStatus run_warp(Warp& warp, std::uint32_t budget) {
  warp.end_slice = false;
  const std::uint64_t generation = warp.block->grid->memory->generation();
  if (generation != warp.range_generation) {
    warp.ranges.fill({});
    warp.range_generation = generation;
  }
  while (warp.live != 0) {
    std::uint32_t runnable = warp.live & ~warp.at_barrier & ~warp.at_sync;
    if (runnable == 0) {
      if (warp.at_sync == 0) return WarpStatus::blocked;
      if ((warp.at_barrier & warp.live) != 0) return WarpStatus::blocked;
      // All that is left waits inside the warp for lanes that will not come (they exited, or wait
      // elsewhere): go on with who is there.
      const std::uint32_t waiting = warp.at_sync & warp.live;
      Group group;
      const int first = std::countr_zero(waiting);
      group.frame = warp.frames[first];
      group.pc = warp.pcs[first];
      for (std::uint32_t rest = waiting; rest != 0; rest &= rest - 1) {
        const int lane = std::countr_zero(rest);
        if (comes_first(warp, lane, group)) {
          group.frame = warp.frames[lane];
          group.pc = warp.pcs[lane];
        }
      }
      for (std::uint32_t rest = waiting; rest != 0; rest &= rest - 1) {
        const int lane = std::countr_zero(rest);
        if (warp.frames[lane] == group.frame && warp.pcs[lane] == group.pc)
          group.mask |= 1u << lane;
      }
      warp.at_sync &= ~group.mask;
      enter_frame(warp, group.frame);
      exchange(warp, group.frame->function->ops[group.pc], group.mask);
      if (warp.fault) return WarpStatus::done;
      set_pcs(warp, group.mask, group.pc + 1);
      continue;
    }
    if (budget == 0 || warp.end_slice) return WarpStatus::yielded;
    if (warp.turn_left == 0) next_turn(warp, runnable);
    const Group group = pick_group(warp, runnable);
    const bool alone = group.mask == runnable;
    if (alone) {
      warp.turn_lane = warp_size;
      warp.turn_left = turn_slice;
    }
    const std::uint32_t slice = alone ? budget : std::min(budget, group_slice);
    warp.waiting_charge = 0;
    const std::uint32_t left = run_group(warp, group, slice);
    const std::uint32_t executed = slice - left - warp.waiting_charge;
    warp.executed.warp_instructions += executed;
    warp.executed.thread_instructions +=
        std::uint64_t{executed} * static_cast<std::uint32_t>(std::popcount(group.mask));
    if (warp.fault) return WarpStatus::done;
    budget -= slice - left;
    if (!alone) {
      const std::uint32_t waits = warp.waiting_charge / waiting_cost;
      const std::uint32_t spent = waits != 0 ? waits * waiting_turn_cost : slice - left;
      warp.turn_left = warp.end_slice ? 0 : warp.turn_left - std::min(warp.turn_left, spent);
    }
  }
  return WarpStatus::done;
}

void barrier_arrive(Block& block, std::uint32_t id, std::uint32_t lanes, std::uint32_t expected,
                    std::uint32_t true_lanes) {
  Barrier& barrier = block.barriers[id];
  barrier.arrived += static_cast<std::uint32_t>(std::popcount(lanes));
  barrier.true_count += static_cast<std::uint32_t>(std::popcount(true_lanes));
  if (expected != 0) barrier.expected = expected;
  const std::uint32_t needed = barrier.expected != 0 ? barrier.expected : block.live_threads;
  if (barrier.arrived < needed) return;
  barrier.result_count = barrier.true_count;
  barrier.result_total = barrier.arrived;
  barrier.arrived = 0;
  barrier.true_count = 0;
  barrier.expected = 0;
  for (std::size_t i = 0; i < block.warp_count; ++i) {
    Warp& warp = *block.warps[i];
    if (block.shadow != nullptr && warp.waiting[id] != 0)
      block.shadow->pass(id, static_cast<std::uint32_t>(i));
    warp.released |= warp.waiting[id];
    warp.at_barrier &= ~warp.waiting[id];
    warp.waiting[id] = 0;
  }
  if (block.shadow != nullptr) block.shadow->complete(id);
}

void barrier_recheck(Block& block) {
  for (std::uint32_t id = 0; id < block.barriers.size(); ++id)
    if (block.barriers[id].arrived != 0) barrier_arrive(block, id, 0, 0, 0);
}

}  // namespace vgpu::softdevice::exec
