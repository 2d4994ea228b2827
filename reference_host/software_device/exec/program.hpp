#pragma once

/// \file
/// The decoded program: what the decoder makes of PTX and the executor runs.
///
/// A warp's registers are arrays over its 32 lanes: 64, 128 or 256 bytes for 16, 32 and 64 bits; a
/// predicate is one 32-bit mask. An operand code is the offset of such an array with the base it is
/// relative to in the low two bits.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reference_host/software_device/ptx/syntax.hpp"

namespace vgpu::softdevice::exec {

constexpr int warp_size = 32;
/// Between the halves of a 128-bit register.
constexpr std::uint32_t wide_half = 8 * warp_size;
constexpr std::uint32_t all_lanes = UINT32_MAX;

/// What an operand code is relative to.
enum Base : std::uint32_t { base_registers, base_constants, base_special };

/// Windows of the generic address space that are not memory of this process. Their low 32 bits are
/// zero, so that a truncated generic address is the offset in the window.
constexpr std::uint64_t window_size = std::uint64_t{1} << 32;
constexpr std::uint64_t shared_window = std::uint64_t{1} << 48;
constexpr std::uint64_t local_window = shared_window + window_size;
constexpr std::uint64_t param_window = local_window + window_size;
constexpr std::uint64_t code_window = param_window + window_size;  ///< function pointers
constexpr std::uint64_t code_stride = 16;

/// Shared memory that the system reserves for device libraries (cooperative groups) in kernels that
/// ask for its place; they get the second half.
constexpr std::size_t reserved_shared_size = 1024;

struct Warp;
struct Op;

/// Executes one instruction for the lanes in `mask` (never empty, except for control).
using Handler = void (*)(Warp& warp, const Op& op, std::uint32_t mask);

enum class OpKind : std::uint8_t {
  plain,    ///< computes
  memory,   ///< may fault
  branch,   ///< to `aux`
  control,  ///< the handler moves the lanes' program counters
};

constexpr std::uint32_t no_guard = UINT32_MAX;

struct Op {
  Handler handler = nullptr;
  std::uint32_t d = 0;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
  std::uint32_t guard = no_guard;  ///< offset of the predicate register
  std::uint32_t aux = 0;           ///< handler's own: branch target, selector, packed fields
  std::uint64_t immediate = 0;     ///< handler's own: offset, table
  std::uint32_t line = 0;
  std::uint32_t extra = 0;  ///< index into DecodedFunction::extra
  OpKind kind = OpKind::plain;
  bool guard_negated = false;
  bool invert_c = false;  ///< predicate source `c` is negated
  bool may_wait = false;  ///< reads what another thread may write: loops that wait are made of it
  std::uint32_t run = 0;  ///< plain operations without guards from here on, this one included
};
static_assert(sizeof(Op) == 56);

/// Slots of the special-register block, 128 bytes each.
enum Special : std::uint32_t {
  special_tid_x,
  special_tid_y,
  special_tid_z,
  special_ntid_x,
  special_ntid_y,
  special_ntid_z,
  special_ctaid_x,
  special_ctaid_y,
  special_ctaid_z,
  special_nctaid_x,
  special_nctaid_y,
  special_nctaid_z,
  special_laneid,
  special_warpid,
  special_nwarpid,
  special_smid,
  special_nsmid,
  special_gridid,
  special_lanemask_eq,
  special_lanemask_le,
  special_lanemask_lt,
  special_lanemask_ge,
  special_lanemask_gt,
  special_dynamic_smem_size,
  special_total_smem_size,
  special_envreg1,
  special_envreg2,
  special_zero,
  special_count,
};
constexpr std::uint32_t special_slot_bytes = 128;

enum class RuntimeCall : std::uint8_t { none, vprintf, malloc_, free_, assertfail };

/// A value passed to or from a call.
struct CallArgument {
  std::uint32_t from = 0;  ///< offset in the giver's parameter block
  std::uint32_t to = 0;    ///< offset in the taker's
  std::uint32_t size = 0;
};

struct CallSite {
  std::uint32_t function = 0;  ///< index in Program::functions; indirect: unused
  bool indirect = false;
  RuntimeCall runtime = RuntimeCall::none;
  std::vector<CallArgument> arguments;  ///< `to` unset for indirect calls
  std::vector<CallArgument> results;
};

struct MatrixOp;

/// Where a register lies among those of its function. One of 128 bits has two, for its halves.
struct RegisterPlace {
  std::uint32_t offset = 0;
  std::uint32_t width = 0;  ///< bytes per lane; 0: a predicate
};

struct DecodedFunction {
  std::string name;
  bool decoded = false;
  std::vector<Op> ops;
  std::vector<std::uint32_t> extra;  ///< operand codes of vectors, branch tables
  std::vector<CallSite> calls;
  std::vector<std::shared_ptr<const MatrixOp>> matrices;
  std::vector<CallArgument> parameters;  ///< `to` and `size`
  std::vector<CallArgument> results;     ///< `from` and `size`
  std::size_t register_bytes = 0;
  std::vector<RegisterPlace> registers;
  std::size_t param_bytes = 0;  ///< per lane, in the function's own parameter block
  std::size_t local_bytes = 0;  ///< per lane
  int register_count = 0;       ///< 32-bit registers per thread, as declared
  bool uses_calls = false;
  bool uses_stack = false;  ///< alloca
};

/// Everything one kernel can reach, decoded; immutable once built, shared by all blocks.
struct Program {
  std::string name;
  std::vector<DecodedFunction> functions;  ///< same numbering as the module's functions
  std::uint32_t entry = 0;
  std::vector<std::byte> constants;
  std::size_t static_shared_bytes = 0;    ///< with what is reserved
  std::size_t reserved_shared_bytes = 0;  ///< at the beginning, zero when a block starts
  std::size_t local_stride = 0;           ///< bytes of local memory per thread
  std::size_t param_bytes = 0;
  bool may_recurse = false;
};

}  // namespace vgpu::softdevice::exec
