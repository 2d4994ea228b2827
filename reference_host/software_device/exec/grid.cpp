#include <algorithm>
#include <bit>
#include <cstring>

#include "reference_host/software_device/exec/memcheck.hpp"
#include "reference_host/software_device/exec/scheduler.hpp"
#include "reference_host/software_device/exec/warp.hpp"

namespace vgpu::softdevice::exec {

namespace {

void fill_special(Warp& warp, std::uint32_t slot, std::uint32_t value) {
  auto* lanes = reinterpret_cast<std::uint32_t*>(warp.special.data() + slot * special_slot_bytes);
  std::fill_n(lanes, warp_size, value);
}

void set_thread_indices(Warp& warp, const LaunchConfig& config) {
  const auto lanes = [&](std::uint32_t slot) {
    return reinterpret_cast<std::uint32_t*>(warp.special.data() + slot * special_slot_bytes);
  };
  const Dim3& block = config.block;
  for (std::uint32_t lane = 0; lane < warp_size; ++lane) {
    const std::uint32_t thread = warp.index * warp_size + lane;
    lanes(special_tid_x)[lane] = thread % block.x;
    lanes(special_tid_y)[lane] = thread / block.x % block.y;
    lanes(special_tid_z)[lane] = thread / block.x / block.y;
    lanes(special_laneid)[lane] = lane;
    lanes(special_lanemask_eq)[lane] = 1u << lane;
    lanes(special_lanemask_lt)[lane] = (1u << lane) - 1;
    lanes(special_lanemask_le)[lane] = ((1u << lane) - 1) | 1u << lane;
    lanes(special_lanemask_gt)[lane] = ~(((1u << lane) - 1) | 1u << lane);
    lanes(special_lanemask_ge)[lane] = ~((1u << lane) - 1);
  }
}

void start_warp(Warp& warp, Block& block, std::uint32_t index, std::uint32_t lanes) {
  const Grid& grid = *block.grid;
  const Program& program = *grid.program;
  const LaunchConfig& config = grid.config;
  const bool fresh = warp.block == nullptr;
  warp.block = &block;
  warp.index = index;
  if (fresh) {
    warp.special.ensure(special_count * special_slot_bytes);
    warp.local.ensure(program.local_stride * warp_size);
    set_thread_indices(warp, config);
    fill_special(warp, special_ntid_x, config.block.x);
    fill_special(warp, special_ntid_y, config.block.y);
    fill_special(warp, special_ntid_z, config.block.z);
    fill_special(warp, special_nctaid_x, config.grid.x);
    fill_special(warp, special_nctaid_y, config.grid.y);
    fill_special(warp, special_nctaid_z, config.grid.z);
    fill_special(warp, special_warpid, index);
    fill_special(warp, special_nwarpid, static_cast<std::uint32_t>(block.warp_count));
    fill_special(warp, special_nsmid, static_cast<std::uint32_t>(worker_count()));
    fill_special(warp, special_gridid, static_cast<std::uint32_t>(grid.id));
    fill_special(warp, special_dynamic_smem_size,
                 static_cast<std::uint32_t>(config.dynamic_shared_bytes));
    fill_special(warp, special_total_smem_size, static_cast<std::uint32_t>(block.shared_size));
    fill_special(warp, special_envreg1, static_cast<std::uint32_t>(grid.workspace >> 32));
    fill_special(warp, special_envreg2, static_cast<std::uint32_t>(grid.workspace));
  }
  fill_special(warp, special_ctaid_x, block.index[0]);
  fill_special(warp, special_ctaid_y, block.index[1]);
  fill_special(warp, special_ctaid_z, block.index[2]);
  fill_special(warp, special_smid, block.worker);
  warp.bases[base_constants] = const_cast<std::byte*>(program.constants.data());
  warp.bases[base_special] = warp.special.data();
  warp.live = lanes;
  warp.at_barrier = warp.released = warp.at_sync = 0;
  warp.waiting.fill(0);
  warp.turn_lane = warp_size;
  warp.turn_left = 0;
  warp.fault = false;
  warp.carry = 0;
  warp.free_frames.clear();
  for (const auto& frame : warp.frame_pool) warp.free_frames.push_back(frame.get());
  Frame* const frame = take_frame(warp, program.functions[program.entry]);
  frame->lanes = lanes;
  warp.frames.fill(frame);
  warp.pcs.fill(0);
  warp.stack_end.fill(program.local_stride);
}

}  // namespace

bool recycle(Block& block) {
  constexpr std::size_t most_kept = std::size_t{32} << 20;
  std::size_t kept = block.shared.size();
  block.grid = nullptr;
  block.shadow.reset();
  for (const auto& warp : block.warps) {
    warp->block = nullptr;
    warp->ranges.fill({});
    kept += warp->special.size() + warp->local.size();
    for (const auto& frame : warp->frame_pool) {
      kept += frame->registers.size() + frame->params.size();
    }
  }
  return kept <= most_kept;
}

void start_block(Block& block, Grid& grid, const std::array<std::uint32_t, 3>& index,
                 std::uint32_t worker) {
  const Dim3& size = grid.config.block;
  const std::size_t threads = std::size_t{size.x} * size.y * size.z;
  const bool fresh = block.grid == nullptr;
  block.grid = &grid;
  block.index = index;
  block.worker = worker;
  block.done = false;
  block.live_threads = static_cast<std::uint32_t>(threads);
  block.barriers.fill({});
  block.warp_count = (threads + warp_size - 1) / warp_size;
  block.shared_size = grid.program->static_shared_bytes + grid.config.dynamic_shared_bytes;
  if (fresh) block.shared.ensure(block.shared_size);
  if (grid.program->reserved_shared_bytes != 0)
    std::memset(block.shared.data(), 0, grid.program->reserved_shared_bytes);
  if (memcheck_enabled()) watch_block(block);
  while (block.warps.size() < block.warp_count) block.warps.push_back(std::make_unique<Warp>());
  for (std::size_t i = 0; i < block.warp_count; ++i) {
    const std::size_t lanes = std::min<std::size_t>(threads - i * warp_size, warp_size);
    const std::uint32_t mask = lanes == warp_size ? all_lanes : (1u << lanes) - 1;
    start_warp(*block.warps[i], block, static_cast<std::uint32_t>(i), mask);
  }
}

void run_block(Block& block, std::uint32_t budget) {
  bool all_done = true;
  bool moved = false;
  for (std::size_t i = 0; i < block.warp_count; ++i) {
    Warp& warp = *block.warps[i];
    if (warp.live == 0) continue;
    const bool could_run = (warp.live & ~warp.at_barrier) != 0;
    const WarpStatus status = run_warp(warp, budget);
    if (block.grid->failed.load(std::memory_order_relaxed)) {
      block.done = true;
      return;
    }
    moved |= could_run;
    all_done &= status == WarpStatus::done;
  }
  block.done = all_done;
  if (moved || all_done) return;
  // A barrier may have been completed by the last warp: then somebody can run after all.
  for (std::size_t i = 0; i < block.warp_count; ++i) {
    const Warp& warp = *block.warps[i];
    if ((warp.live & ~warp.at_barrier & ~warp.at_sync) != 0) return;
  }
  for (std::size_t i = 0; i < block.warp_count; ++i) {
    Warp& warp = *block.warps[i];
    if (warp.live == 0) continue;
    const int lane = std::countr_zero(warp.live);
    warp.frame = warp.frames[lane];
    raise_fault(warp, warp.frame->function->ops[warp.pcs[lane]], lane, CUDA_ERROR_LAUNCH_TIMEOUT,
                "every thread of the block waits at a barrier that cannot complete");
    block.done = true;
    return;
  }
}

void count_executed(Block& block) {
  const std::lock_guard lock(block.grid->mutex);
  ExecutionCount& sum = block.grid->executed;
  for (const auto& warp : block.warps) {
    sum.warp_instructions += warp->executed.warp_instructions;
    sum.thread_instructions += warp->executed.thread_instructions;
    warp->executed = {};
  }
}

}  // namespace vgpu::softdevice::exec
