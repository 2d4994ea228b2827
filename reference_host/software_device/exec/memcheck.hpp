#pragma once

/// \file
/// VGPU_SOFT_MEMCHECK=1: what is wrong with a program's use of memory though every access is
/// allowed. Reads of device and shared memory that nobody has written, and accesses of two warps to
/// the same shared memory of which nothing says which comes first. Kernels go on; each pair of
/// places is reported once.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "reference_host/software_device/engine.hpp"
#include "reference_host/software_device/exec/warp.hpp"

namespace vgpu::softdevice::exec {

/// What an instruction does with the bytes at its addresses.
enum class Touch : std::uint8_t {
  unknown,  ///< taken for a write whose order with others is right
  load,
  store,
  atomic,
};

/// Who has touched the shared memory of a block. A block runs on one thread at a time.
///
/// Each warp has a clock of what it knows of every other warp's steps (a vector clock); barriers
/// join the clocks of those that they bring together, atomic operations those of the warps that
/// use one address.
class SharedShadow {
 public:
  SharedShadow(std::size_t bytes, std::size_t warps);

  /// A barrier has been reached by a warp.
  void arrive(std::uint32_t barrier, std::uint32_t warp);
  /// The barrier is complete: a warp that waited for it goes on.
  void pass(std::uint32_t barrier, std::uint32_t warp);
  /// All that waited have gone on.
  void complete(std::uint32_t barrier);

  void touch(Warp& warp, const Op& op, int lane, std::size_t offset, std::size_t size, Touch touch,
             bool ordered);

 private:
  using Clock = std::vector<std::uint32_t>;
  struct Step {
    std::uint32_t time = 0;  ///< of the warp's clock; 0: nobody
    std::uint32_t warp = 0;
    const Op* op = nullptr;
  };
  struct Cell {
    Step written;
    Step read;
    bool initialised = false;
  };

  static void join(Clock& into, const Clock& from);
  void step(std::uint32_t warp);
  /// Whether the warp knows of a step, which is none of its own.
  bool knows(std::uint32_t warp, const Step& step) const {
    return step.time == 0 || step.warp == warp || step.time <= clocks_[warp][step.warp];
  }

  std::vector<Cell> cells_;  ///< by byte
  std::vector<Clock> clocks_;
  std::array<Clock, 16> barriers_;
  std::unordered_map<std::size_t, Clock> words_;  ///< that atomic operations use
};

/// Whether the environment asks for checks.
bool memcheck_enabled() noexcept;

/// The block is to be watched from its beginning.
void watch_block(Block& block);

/// Checks what the lanes of `mask` do; `at` are their host addresses. The access is allowed.
void check_touch(Warp& warp, const Op& op, std::uint32_t mask, std::size_t size,
                 std::byte* const* at, Touch touch, bool ordered);

}  // namespace vgpu::softdevice::exec
