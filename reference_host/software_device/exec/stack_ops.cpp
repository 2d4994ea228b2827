#include "reference_host/software_device/exec/stack_ops.hpp"

#include <bit>

#include "reference_host/software_device/exec/warp.hpp"

namespace vgpu::softdevice::exec {

void stack_allocate(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint64_t* sizes = source<std::uint64_t>(warp, op.a);
  std::uint64_t* d = destination<std::uint64_t>(warp, op.d);
  const std::uint64_t used = warp.frame->local_base + warp.frame->function->local_bytes;
  for (; mask != 0; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    std::uint64_t& end = warp.stack_end[static_cast<std::size_t>(lane)];
    if (end < used || sizes[lane] > end - used) {
      raise_fault(warp, op, lane, CUDA_ERROR_LAUNCH_FAILED, "the stack overflows");
      return;
    }
    const std::uint64_t lower = (end - sizes[lane]) & ~(std::uint64_t{op.aux} - 1);
    if (lower < used) {
      raise_fault(warp, op, lane, CUDA_ERROR_LAUNCH_FAILED, "the stack overflows");
      return;
    }
    d[lane] = end = lower;
  }
}

void stack_save(Warp& warp, const Op& op, std::uint32_t mask) {
  std::uint64_t* d = destination<std::uint64_t>(warp, op.d);
  for (; mask != 0; mask &= mask - 1) {
    const auto lane = static_cast<std::size_t>(std::countr_zero(mask));
    d[lane] = warp.stack_end[lane];
  }
}

void stack_restore(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint64_t* a = source<std::uint64_t>(warp, op.a);
  const std::uint64_t limit = warp.block->grid->program->local_stride;
  for (; mask != 0; mask &= mask - 1) {
    const auto lane = static_cast<std::size_t>(std::countr_zero(mask));
    warp.stack_end[lane] = a[lane] < limit ? a[lane] : limit;
  }
}

}  // namespace vgpu::softdevice::exec
