#pragma once

/// \file
/// Handlers of asynchronous copies and of the barriers in shared memory that they can report to.

#include "reference_host/software_device/exec/program.hpp"

namespace vgpu::softdevice::exec {

/// cp.async: the copy is complete when the instruction is, so that waiting for it never takes time.
/// Destination: operand `a`, `immediate` and `aux` as for a store. Source and sizes:
/// DecodedFunction::extra at `extra`, as CopySource lists them.
void async_copy(Warp& warp, const Op& op, std::uint32_t mask);

enum CopySource : std::uint32_t {
  copy_access,      ///< Access::pack of the source
  copy_address,     ///< operand code
  copy_offset_low,  ///< added to the address
  copy_offset_high,
  copy_bytes,         ///< 4, 8 or 16
  copy_source_bytes,  ///< operand code of how many to read, the rest is zeros; no_guard: all
  copy_ignore,        ///< predicate: read nothing; no_guard: never
  copy_ignore_inverted,
  copy_fields,
};

enum class MbarrierAction : std::uint32_t {
  init,
  invalidate,
  arrive,         ///< d: the state before (no_guard: not wanted), b: count
  arrive_drop,    ///< the same, and expects as many fewer from the next phase on
  arrive_expect,  ///< one arrival that also announces b bytes
  arrive_drop_expect,
  expect,       ///< announces b bytes
  complete,     ///< b bytes have come
  test_state,   ///< d (predicate): the phase of state b is over
  test_parity,  ///< d (predicate): the phase of parity b is over
  none,         ///< looks at the address only
};
/// mbarrier: address as for a load, the action in `extra`.
void mbarrier(Warp& warp, const Op& op, std::uint32_t mask);
/// d = the arrivals that were pending in state a.
void mbarrier_pending(Warp& warp, const Op& op, std::uint32_t mask);

}  // namespace vgpu::softdevice::exec
