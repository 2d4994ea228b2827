#include "reference_host/software_device/exec/control_ops.hpp"

#include <time.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "reference_host/software_device/exec/memcheck.hpp"
#include "reference_host/software_device/exec/warp.hpp"

namespace vgpu::softdevice::exec {

namespace {

template <class F>
void each_lane(std::uint32_t mask, F body) {
  for (; mask != 0; mask &= mask - 1) body(std::countr_zero(mask));
}

std::string position(const Warp& warp, int lane) {
  const auto slot = [&](std::uint32_t special) {
    return std::to_string(reinterpret_cast<const std::uint32_t*>(
        warp.bases[base_special] + special * special_slot_bytes)[lane]);
  };
  return "block (" + slot(special_ctaid_x) + "," + slot(special_ctaid_y) + "," +
         slot(special_ctaid_z) + "), thread (" + slot(special_tid_x) + "," + slot(special_tid_y) +
         "," + slot(special_tid_z) + ")";
}

void copy_arguments(const std::vector<CallArgument>& arguments, const Frame& from, Frame& to,
                    std::uint32_t mask) {
  for (const CallArgument& argument : arguments) {
    each_lane(mask, [&](int lane) {
      const auto index = static_cast<std::size_t>(lane);
      std::memcpy(to.params.data() + index * to.function->param_bytes + argument.to,
                  from.params.data() + index * from.function->param_bytes + argument.from,
                  argument.size);
    });
  }
}

/// Exchanges what two activations of a function have in their registers for a lane.
void swap_lane(Frame& one, Frame& other, int lane) {
  const auto index = static_cast<std::size_t>(lane);
  for (const RegisterPlace& place : one.function->registers) {
    if (place.width == 0) {
      auto& a = *reinterpret_cast<std::uint32_t*>(one.registers.data() + place.offset);
      auto& b = *reinterpret_cast<std::uint32_t*>(other.registers.data() + place.offset);
      const std::uint32_t different = (a ^ b) & 1u << lane;
      a ^= different;
      b ^= different;
    } else {
      std::byte* const a = one.registers.data() + place.offset + index * place.width;
      std::swap_ranges(a, a + place.width,
                       other.registers.data() + place.offset + index * place.width);
    }
  }
}

void leave_frame(Warp& warp, Frame* frame, std::uint32_t mask) {
  frame->lanes &= ~mask;
  if (frame->lanes == 0) warp.free_frames.push_back(frame);
}

}  // namespace

std::string describe_place(const Warp& warp, const Op& op, int lane) {
  return "kernel " + warp.block->grid->program->name + ", " + position(warp, lane) + ", PTX line " +
         std::to_string(op.line) + " in " + warp.frame->function->name;
}

void raise_fault(Warp& warp, const Op& op, int lane, CUresult result, std::string reason) {
  Grid& grid = *warp.block->grid;
  const std::lock_guard lock(grid.mutex);
  warp.fault = true;
  if (grid.failed.load(std::memory_order_relaxed)) return;
  grid.fault.result = result;
  grid.fault.message = describe_place(warp, op, lane) + ": " + std::move(reason);
  grid.failed.store(true, std::memory_order_release);
}

void op_exit(Warp& warp, const Op&, std::uint32_t mask) {
  for (std::uint32_t rest = mask; rest != 0;) {
    Frame* frame = warp.frames[static_cast<std::size_t>(std::countr_zero(rest))];
    std::uint32_t inside = 0;
    each_lane(rest, [&](int lane) {
      inside |= static_cast<std::uint32_t>(warp.frames[lane] == frame) << lane;
    });
    rest &= ~inside;
    while (frame != nullptr) {
      Frame* const caller = frame->caller;
      leave_frame(warp, frame, inside);
      frame = caller;
    }
  }
  warp.live &= ~mask;
  warp.released &= ~mask;
  warp.block->live_threads -= static_cast<std::uint32_t>(std::popcount(mask));
  barrier_recheck(*warp.block);
}

void op_return(Warp& warp, const Op& op, std::uint32_t mask) {
  Frame* const frame = warp.frame;
  Frame* const caller = frame->caller;
  if (caller == nullptr) {
    op_exit(warp, op, mask);
    return;
  }
  if (frame->site->indirect) {
    std::vector<CallArgument> results = frame->site->results;
    const auto& formal = frame->function->results;
    for (std::size_t i = 0; i < results.size(); ++i) {
      results[i].from = formal[i].from;
      results[i].size = std::min(results[i].size, formal[i].size);
    }
    copy_arguments(results, *frame, *caller, mask);
  } else {
    copy_arguments(frame->site->results, *frame, *caller, mask);
  }
  each_lane(mask, [&](int lane) {
    warp.frames[lane] = caller;
    warp.pcs[lane] = frame->return_pc;
    const auto index = static_cast<std::size_t>(lane);
    if (frame->function->uses_stack) warp.stack_end[index] = frame->stack_end[index];
  });
  leave_frame(warp, frame, mask);
}

void op_trap(Warp& warp, const Op& op, std::uint32_t mask) {
  raise_fault(warp, op, std::countr_zero(mask), CUDA_ERROR_LAUNCH_FAILED,
              "the kernel executed a trap");
}

void op_branch_table(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint32_t* index = source<std::uint32_t>(warp, op.a);
  const auto& table = warp.frame->function->extra;
  each_lane(mask, [&](int lane) {
    if (index[lane] >= op.aux) {
      raise_fault(warp, op, lane, CUDA_ERROR_ILLEGAL_INSTRUCTION,
                  "branch index " + std::to_string(index[lane]) + " is outside its table");
      return;
    }
    warp.pcs[lane] = table[op.extra + index[lane]];
  });
}

void op_call(Warp& warp, const Op& op, std::uint32_t mask) {
  Frame* const caller = warp.frame;
  const CallSite& site = caller->function->calls[op.aux];
  const Program& program = *warp.block->grid->program;
  const std::uint32_t return_pc = warp.pc + 1;
  if (site.runtime != RuntimeCall::none) {
    call_runtime(warp, op, site, mask);
    each_lane(mask, [&](int lane) { warp.pcs[lane] = return_pc; });
    return;
  }
  std::uint32_t index = site.function;
  const int first = std::countr_zero(mask);
  if (site.indirect) {
    const std::uint64_t* targets = source<std::uint64_t>(warp, op.a);
    const std::uint64_t target = targets[first];
    const std::uint64_t offset = target - code_window;
    if (offset % code_stride != 0 || offset / code_stride >= program.functions.size() ||
        !program.functions[offset / code_stride].decoded) {
      raise_fault(warp, op, first, CUDA_ERROR_INVALID_PC, "the call leads to no function");
      return;
    }
    index = static_cast<std::uint32_t>(offset / code_stride);
    // Lanes with another target stay at this instruction and call later.
    each_lane(mask, [&](int lane) {
      if (targets[lane] != target) mask &= ~(1u << lane);
    });
  }
  const DecodedFunction& callee = program.functions[index];
  if (!callee.decoded || (site.indirect && (callee.parameters.size() != site.arguments.size() ||
                                            callee.results.size() != site.results.size()))) {
    raise_fault(warp, op, first, CUDA_ERROR_INVALID_PC, "the call does not fit its target");
    return;
  }
  const std::size_t local_base = caller->local_base + caller->function->local_bytes;
  if (local_base + callee.local_bytes > program.local_stride || caller->depth > 20'000) {
    raise_fault(warp, op, first, CUDA_ERROR_LAUNCH_FAILED, "the stack overflows");
    return;
  }
  Frame* const frame = take_frame(warp, callee);
  frame->caller = caller;
  frame->return_pc = return_pc;
  frame->depth = caller->depth + 1;
  frame->lanes = mask;
  frame->site = &site;
  frame->local_base = local_base;
  if (callee.uses_stack) frame->stack_end = warp.stack_end;
  if (site.indirect) {
    std::vector<CallArgument> arguments = site.arguments;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      arguments[i].to = callee.parameters[i].to;
      arguments[i].size = std::min(arguments[i].size, callee.parameters[i].size);
    }
    copy_arguments(arguments, *caller, *frame, mask);
  } else {
    copy_arguments(site.arguments, *caller, *frame, mask);
  }
  each_lane(mask, [&](int lane) {
    warp.frames[lane] = frame;
    warp.pcs[lane] = 0;
  });
}

void op_barrier(Warp& warp, const Op& op, std::uint32_t mask) {
  const int first = std::countr_zero(mask);
  const std::uint32_t id = source<std::uint32_t>(warp, op.a)[first];
  const std::uint32_t expected = source<std::uint32_t>(warp, op.b)[first];
  const auto mode = static_cast<BarrierMode>(op.aux);
  if (id >= 16 || expected % warp_size != 0) {
    raise_fault(warp, op, first, CUDA_ERROR_ILLEGAL_INSTRUCTION,
                "bad barrier number or thread count");
    return;
  }
  Block& block = *warp.block;
  const std::uint32_t passing = mask & warp.released;
  if (passing != 0) {
    warp.released &= ~passing;
    const Barrier& barrier = block.barriers[id];
    if (mode == BarrierMode::popc) {
      std::uint32_t* d = destination<std::uint32_t>(warp, op.d);
      each_lane(passing, [&](int lane) { d[lane] = barrier.result_count; });
    } else if (mode != BarrierMode::sync && op.d != no_guard) {
      const bool holds = mode == BarrierMode::and_ ? barrier.result_count == barrier.result_total
                                                   : barrier.result_count != 0;
      std::uint32_t& d = predicate(warp, op.d);
      d = holds ? d | passing : d & ~passing;
    }
    each_lane(passing, [&](int lane) { warp.pcs[lane] = warp.pc + 1; });
  }
  const std::uint32_t arriving = mask & ~passing;
  if (arriving == 0) return;
  std::uint32_t true_lanes = 0;
  if (mode == BarrierMode::arrive) {
    each_lane(arriving, [&](int lane) { warp.pcs[lane] = warp.pc + 1; });
  } else {
    if (mode != BarrierMode::sync) {
      const std::uint32_t values = *source<std::uint32_t>(warp, op.c);
      true_lanes = arriving & (op.invert_c ? ~values : values);
    }
    warp.at_barrier |= arriving;
    warp.waiting[id] |= arriving;
  }
  if (block.shadow != nullptr) block.shadow->arrive(id, warp.index);
  barrier_arrive(block, id, arriving, expected, true_lanes);
}

void op_sync(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint32_t pc = warp.pc;
  const int first = std::countr_zero(mask);
  std::uint32_t members =
      source<std::uint32_t>(warp, static_cast<std::uint32_t>(op.immediate))[first];
  members = members == 0 ? mask : (members | 1u << first) & warp.live;
  std::uint32_t present = mask & members;
  std::uint32_t elsewhere = 0;  // of them, in the function through another call
  if (present != members) {
    each_lane(warp.at_sync & members, [&](int lane) {
      if (warp.pcs[lane] != pc || warp.frames[lane]->function != warp.frame->function) return;
      present |= 1u << lane;
      if (warp.frames[lane] != warp.frame) elsewhere |= 1u << lane;
    });
  }
  if (present != members) {
    warp.at_sync |= mask & members;  // lanes with another member mask try again at once
    return;
  }
  warp.at_sync &= ~present;
  const auto swap_elsewhere = [&] {
    each_lane(elsewhere, [&](int lane) { swap_lane(*warp.frame, *warp.frames[lane], lane); });
  };
  swap_elsewhere();
  exchange(warp, op, present);
  swap_elsewhere();
  each_lane(present, [&](int lane) { warp.pcs[lane] = pc + 1; });
  if (present == mask) warp.pc = pc + 1;
}

void op_nothing(Warp&, const Op&, std::uint32_t) {}

void op_active_mask(Warp& warp, const Op& op, std::uint32_t mask) {
  std::uint32_t* d = destination<std::uint32_t>(warp, op.d);
  each_lane(mask, [&](int lane) { d[lane] = mask; });
}

void op_clock(Warp& warp, const Op& op, std::uint32_t mask) {
  timespec now{};
  ::clock_gettime(op.aux == 1 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &now);
  const std::uint64_t value = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
                              static_cast<std::uint64_t>(now.tv_nsec);
  if (op.extra == 2) {
    std::uint64_t* d = destination<std::uint64_t>(warp, op.d);
    each_lane(mask, [&](int lane) { d[lane] = value; });
  } else {
    std::uint32_t* d = destination<std::uint32_t>(warp, op.d);
    const auto part = static_cast<std::uint32_t>(op.extra == 1 ? value >> 32 : value);
    each_lane(mask, [&](int lane) { d[lane] = part; });
  }
}

void op_nanosleep(Warp& warp, const Op&, std::uint32_t) {
  warp.end_slice = true;
}

namespace {

template <class Whole, class Part>
void pack_lanes(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint32_t* codes = warp.frame->function->extra.data() + op.extra;
  Whole values[warp_size] = {};
  for (std::size_t part = 0; part < sizeof(Whole) / sizeof(Part); ++part) {
    const Part* a = source<Part>(warp, codes[part]);
    for (int lane = 0; lane < warp_size; ++lane)
      values[lane] |= static_cast<Whole>(Whole{a[lane]} << (8 * sizeof(Part) * part));
  }
  Whole* d = destination<Whole>(warp, op.d);
  each_lane(mask, [&](int lane) { d[lane] = values[lane]; });
}

template <class Whole, class Part>
void unpack_lanes(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint32_t* codes = warp.frame->function->extra.data() + op.extra;
  Whole values[warp_size];
  std::memcpy(values, source<Whole>(warp, op.a), sizeof values);
  for (std::size_t part = 0; part < sizeof(Whole) / sizeof(Part); ++part) {
    if (codes[part] == no_guard) continue;
    Part* d = destination<Part>(warp, codes[part]);
    each_lane(mask, [&](int lane) {
      d[lane] = static_cast<Part>(values[lane] >> (8 * sizeof(Part) * part));
    });
  }
}

}  // namespace

void op_pack(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint32_t part = op.aux & 0xff;
  if (op.aux >> 8 == 4) return pack_lanes<std::uint32_t, std::uint16_t>(warp, op, mask);
  if (part == 2) return pack_lanes<std::uint64_t, std::uint16_t>(warp, op, mask);
  pack_lanes<std::uint64_t, std::uint32_t>(warp, op, mask);
}

void op_unpack(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint32_t part = op.aux & 0xff;
  if (op.aux >> 8 == 4) return unpack_lanes<std::uint32_t, std::uint16_t>(warp, op, mask);
  if (part == 2) return unpack_lanes<std::uint64_t, std::uint16_t>(warp, op, mask);
  unpack_lanes<std::uint64_t, std::uint32_t>(warp, op, mask);
}

}  // namespace vgpu::softdevice::exec
