#pragma once

/// \file
/// The state of warps, blocks and grids while they run. All of it is data, so any warp can be
/// stopped after any instruction and resumed later on another thread.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "reference_host/software_device/engine.hpp"
#include "reference_host/software_device/exec/program.hpp"

namespace vgpu::softdevice::exec {

/// Zero-filled memory, aligned to cache lines, committed as it is touched.
class LaneStorage {
 public:
  LaneStorage() = default;
  ~LaneStorage();
  LaneStorage(const LaneStorage&) = delete;
  LaneStorage& operator=(const LaneStorage&) = delete;
  /// Makes at least `size` bytes available; keeps the contents only when nothing has to grow.
  void ensure(std::size_t size);
  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// One activation of a function by the lanes that called it together.
struct Frame {
  const DecodedFunction* function = nullptr;
  Frame* caller = nullptr;
  std::uint32_t return_pc = 0;
  std::uint32_t depth = 0;
  std::uint32_t lanes = 0;         ///< lanes that have not returned
  const CallSite* site = nullptr;  ///< in the caller; null for the kernel itself
  std::size_t local_base = 0;      ///< of the function's .local variables, per lane
  /// Where the stacks ended when the function was called, if it makes them grow.
  std::array<std::uint64_t, warp_size> stack_end{};
  LaneStorage registers;
  LaneStorage params;  ///< lane-major: lane * param_bytes + offset
};

struct Grid;
struct Block;
class SharedShadow;

struct Warp {
  // What handlers of computing instructions use.
  std::array<std::byte*, 4> bases{};  ///< by enum Base
  std::uint32_t carry = 0;            ///< the CC.CF flag of each lane

  // The group that is running.
  Frame* frame = nullptr;
  std::uint32_t pc = 0;
  bool fault = false;      ///< set together with Grid::fault
  bool end_slice = false;  ///< nanosleep: let others run
  std::uint32_t op_index = 0;

  // All lanes.
  std::uint32_t live = 0;
  std::uint32_t at_barrier = 0;
  std::uint32_t released = 0;           ///< lanes whose barrier has completed, still to pass it
  std::uint32_t at_sync = 0;            ///< wait for other lanes of the warp
  std::uint32_t turn_lane = warp_size;  ///< the lane whose turn it is; none: whoever comes first
  std::uint32_t turn_left = 0;
  std::uint32_t waiting_charge = 0;  ///< taken from a slice beside the instructions run
  std::array<std::uint32_t, warp_size> pcs{};
  std::array<Frame*, warp_size> frames{};
  std::array<std::uint64_t, warp_size> stack_end{};  ///< in local memory, grows down
  std::array<std::uint32_t, 16> waiting{};           ///< lanes per barrier

  Block* block = nullptr;
  std::uint32_t index = 0;
  LaneStorage special;
  LaneStorage local;  ///< lane-major: lane * local_stride + offset
  std::vector<std::unique_ptr<Frame>> frame_pool;
  std::vector<Frame*> free_frames;

  ExecutionCount executed;  ///< not in the grid's count yet

  /// Ranges found last, by instruction, so that most accesses need no search.
  std::array<DeviceMemory::Range, 8> ranges{};
  std::uint64_t range_generation = 0;
};

struct Barrier {
  std::uint32_t arrived = 0;
  std::uint32_t expected = 0;  ///< 0: every thread that has not exited
  std::uint32_t true_count = 0;
  std::uint32_t result_count = 0;  ///< of the round that completed last
  std::uint32_t result_total = 0;
};

struct Block {
  Grid* grid = nullptr;
  std::array<std::uint32_t, 3> index{};
  std::uint32_t live_threads = 0;
  std::array<Barrier, 16> barriers{};
  LaneStorage shared;
  std::size_t shared_size = 0;
  std::shared_ptr<SharedShadow> shadow;  ///< under memcheck only
  std::vector<std::unique_ptr<Warp>> warps;
  std::size_t warp_count = 0;
  std::uint32_t worker = 0;
  bool done = false;
};

/// One launch.
struct Grid {
  const Program* program = nullptr;
  LaunchConfig config;
  std::vector<std::byte> parameters;
  DeviceMemory* memory = nullptr;
  const std::atomic<bool>* stop = nullptr;
  KernelServices* services = nullptr;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::chrono::nanoseconds time{0};  ///< what the deadline leaves the grid
  std::uint64_t workspace = 0;       ///< grid barrier of a cooperative launch
  std::uint64_t id = 0;

  std::atomic<bool> failed{false};
  // What every warp looks at lies apart from what workers write.
  alignas(64) std::mutex mutex;  ///< guards fault and executed
  LaunchFault fault;
  ExecutionCount executed;

  bool ended() const {
    return failed.load(std::memory_order_relaxed) ||
           (stop != nullptr && stop->load(std::memory_order_relaxed));
  }
};

template <class T>
const T* source(const Warp& warp, std::uint32_t code) {
  return reinterpret_cast<const T*>(warp.bases[code & 3] + (code & ~std::uint32_t{3}));
}

template <class T>
T* destination(Warp& warp, std::uint32_t code) {
  return reinterpret_cast<T*>(warp.bases[base_registers] + code);
}

inline std::uint32_t& predicate(Warp& warp, std::uint32_t offset) {
  return *reinterpret_cast<std::uint32_t*>(warp.bases[base_registers] + offset);
}

/// Names kernel, block, thread, PTX line and function.
std::string describe_place(const Warp& warp, const Op& op, int lane);

/// Ends the grid with an error that happened in `lane` at `op`; the first one wins.
void raise_fault(Warp& warp, const Op& op, int lane, CUresult result, std::string reason);

/// Makes a block that ran a grid one that ran none, except that it keeps its memory. False when
/// that is more than is worth keeping.
bool recycle(Block& block);

/// Prepares `block` to run the block with the given index from the beginning.
void start_block(Block& block, Grid& grid, const std::array<std::uint32_t, 3>& index,
                 std::uint32_t worker);

/// Runs a block until it is done, until about `budget` instructions per warp are spent, or until
/// the grid ends. Sets `block.done`.
void run_block(Block& block, std::uint32_t budget);

/// Adds what `block`, or those that it was before, executed since the last call to the grid's
/// count.
void count_executed(Block& block);

enum class WarpStatus { done, blocked, yielded };
/// Runs the lanes of a warp; `blocked` when all of them wait at barriers.
WarpStatus run_warp(Warp& warp, std::uint32_t budget);

/// Counts `lanes` threads as arrived; completes the barrier when all expected ones have.
void barrier_arrive(Block& block, std::uint32_t id, std::uint32_t lanes, std::uint32_t expected,
                    std::uint32_t true_lanes);
/// Threads have exited: completes the barriers that waited only for them.
void barrier_recheck(Block& block);

/// Takes a frame for `function` from the warp's pool and makes it ready.
Frame* take_frame(Warp& warp, const DecodedFunction& function);

/// Makes `frame` the one whose registers the handlers see.
inline void enter_frame(Warp& warp, Frame* frame) {
  warp.frame = frame;
  warp.bases[base_registers] = frame->registers.data();
}

}  // namespace vgpu::softdevice::exec
