#pragma once

/// \file
/// Handlers of instructions that concern several lanes or the flow of control.

#include "reference_host/software_device/exec/program.hpp"

namespace vgpu::softdevice::exec {

// Control: set the program counters of the lanes in `mask` (not empty).
void op_return(Warp& warp, const Op& op, std::uint32_t mask);
void op_exit(Warp& warp, const Op& op, std::uint32_t mask);
void op_trap(Warp& warp, const Op& op, std::uint32_t mask);
void op_branch_table(Warp& warp, const Op& op,
                     std::uint32_t mask);                    ///< a: index; extra, aux: table
void op_call(Warp& warp, const Op& op, std::uint32_t mask);  ///< aux: call site; a: indirect target
/// Barrier: a: number, b: thread count (0 constant for all); aux: BarrierMode.
enum class BarrierMode : std::uint32_t { sync, arrive, popc, and_, or_ };
void op_barrier(Warp& warp, const Op& op, std::uint32_t mask);
/// Instructions that wait for the lanes in their member mask (operand code in `immediate`); `extra`
/// is a SyncKind.
void op_sync(Warp& warp, const Op& op, std::uint32_t mask);

enum class SyncKind : std::uint32_t {
  shfl_up,
  shfl_down,
  shfl_bfly,
  shfl_idx,
  vote_all,
  vote_any,
  vote_uni,
  vote_ballot,
  match_any,
  match_all,
  redux_add,
  redux_min,
  redux_max,
  redux_and,
  redux_or,
  redux_xor,
  warp_barrier,
  elect,
  matrix,  ///< mma and its like: `aux` is an index into DecodedFunction::matrices
};
/// What the lanes do once they are all there.
void exchange(Warp& warp, const Op& op, std::uint32_t mask);

// Plain.
void op_nothing(Warp& warp, const Op& op, std::uint32_t mask);
void op_active_mask(Warp& warp, const Op& op, std::uint32_t mask);
void op_clock(Warp& warp, const Op& op,
              std::uint32_t mask);  ///< aux: 0 clock, 1 nanoseconds; b64: extra
void op_nanosleep(Warp& warp, const Op& op, std::uint32_t mask);
/// Several values into one register (extra: parts; aux: bytes of a part) and back.
void op_pack(Warp& warp, const Op& op, std::uint32_t mask);
void op_unpack(Warp& warp, const Op& op, std::uint32_t mask);

/// Device-side runtime functions.
void call_runtime(Warp& warp, const Op& op, const CallSite& site, std::uint32_t mask);

}  // namespace vgpu::softdevice::exec
