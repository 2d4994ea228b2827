#include "reference_host/software_device/exec/memcheck.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string_view>
#include <tuple>
#include <utility>

namespace vgpu::softdevice {

namespace {

/// Device memory whose contents nobody has given a meaning to, byte by byte.
class InitialisedBytes {
 public:
  void track(std::uintptr_t begin, std::size_t size) {
    auto bytes = std::make_unique<Bytes>();
    bytes->size = size;
    bytes->marks.ensure(size);
    const std::unique_lock lock(mutex_);
    allocations_.insert_or_assign(begin, std::move(bytes));
  }
  void forget(std::uintptr_t begin) {
    const std::unique_lock lock(mutex_);
    allocations_.erase(begin);
  }
  void mark(std::uintptr_t begin, std::size_t size) {
    visit(begin, size, [](std::atomic_ref<unsigned char> byte) {
      byte.store(1, std::memory_order_relaxed);
      return true;
    });
  }
  bool all_marked(std::uintptr_t begin, std::size_t size) {
    return visit(begin, size, [](std::atomic_ref<unsigned char> byte) {
      return byte.load(std::memory_order_relaxed) != 0;
    });
  }

 private:
  /// False as soon as `each` is, for the bytes that are tracked.
  template <class Each>
  bool visit(std::uintptr_t begin, std::size_t size, Each&& each) {
    const std::shared_lock lock(mutex_);
    auto it = allocations_.upper_bound(begin);
    if (it == allocations_.begin()) return true;
    --it;
    const Bytes& bytes = *it->second;
    const std::size_t offset = begin - it->first;
    if (offset >= bytes.size) return true;
    auto* shadow = reinterpret_cast<unsigned char*>(bytes.marks.data());
    const std::size_t end = offset + std::min(size, bytes.size - offset);
    for (std::size_t i = offset; i < end; ++i)
      if (!each(std::atomic_ref<unsigned char>(shadow[i]))) return false;
    return true;
  }

  struct Bytes {
    std::size_t size = 0;
    exec::LaneStorage marks;
  };

  std::shared_mutex mutex_;
  std::map<std::uintptr_t, std::unique_ptr<Bytes>> allocations_;
};

InitialisedBytes& initialised_bytes() {
  static auto* const all = new InitialisedBytes;  // threads may outlive main
  return *all;
}

}  // namespace

void memcheck_track(std::uintptr_t begin, std::size_t size) {
  if (exec::memcheck_enabled()) initialised_bytes().track(begin, size);
}
void memcheck_forget(std::uintptr_t begin) {
  if (exec::memcheck_enabled()) initialised_bytes().forget(begin);
}
void memcheck_written(std::uintptr_t begin, std::size_t size) {
  if (exec::memcheck_enabled()) initialised_bytes().mark(begin, size);
}

namespace exec {

namespace {

std::string hexadecimal(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

/// False when these two places were reported before, or so much that nobody reads on.
bool is_news(const void* first, const void* second, int kind) {
  constexpr std::size_t most = 200;
  static std::mutex mutex;
  static auto* const seen = new std::set<std::tuple<const void*, const void*, int>>;
  const std::lock_guard lock(mutex);
  return seen->size() < most && seen->insert({first, second, kind}).second;
}

void report(Warp& warp, const Op& op, int lane, const std::string& what) {
  Grid& grid = *warp.block->grid;
  grid.services->report("memcheck: " + describe_place(warp, op, lane) + ": " + what);
}

}  // namespace

SharedShadow::SharedShadow(std::size_t bytes, std::size_t warps)
    : cells_(bytes), clocks_(warps, Clock(warps, 0)) {
  for (std::size_t i = 0; i < warps; ++i) clocks_[i][i] = 1;
  for (Clock& clock : barriers_) clock.assign(warps, 0);
}

void SharedShadow::join(Clock& into, const Clock& from) {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] = std::max(into[i], from[i]);
}

void SharedShadow::step(std::uint32_t warp) {
  ++clocks_[warp][warp];
}

void SharedShadow::arrive(std::uint32_t barrier, std::uint32_t warp) {
  join(barriers_[barrier], clocks_[warp]);
  step(warp);
}

void SharedShadow::pass(std::uint32_t barrier, std::uint32_t warp) {
  join(clocks_[warp], barriers_[barrier]);
}

void SharedShadow::complete(std::uint32_t barrier) {
  std::fill(barriers_[barrier].begin(), barriers_[barrier].end(), 0);
}

void SharedShadow::touch(Warp& warp, const Op& op, int lane, std::size_t offset, std::size_t size,
                         Touch touch, bool ordered) {
  const std::uint32_t index = warp.index;
  const bool synchronises = touch == Touch::atomic || touch == Touch::unknown || ordered;
  if (synchronises) {
    Clock& word = words_.try_emplace(offset, Clock(clocks_.size(), 0)).first->second;
    join(clocks_[index], word);
    join(word, clocks_[index]);
  }
  const Step now{clocks_[index][index], index, &op};
  for (std::size_t i = offset; i < offset + size && i < cells_.size(); ++i) {
    Cell& cell = cells_[i];
    const bool reads = touch == Touch::load;
    const auto race = [&](const Step& other, const char* did) {
      if (!is_news(&op, other.op, 0)) return;
      report(warp, op, lane,
             std::string(reads ? "reads" : "writes") + " shared memory at " + hexadecimal(i) +
                 ", which warp " + std::to_string(other.warp) + " of the block " + did +
                 " at PTX line " + std::to_string(other.op->line) +
                 ", with no barrier between them (race)");
    };
    if (reads && !cell.initialised && is_news(&op, nullptr, 1)) {
      report(warp, op, lane,
             "reads shared memory at " + hexadecimal(i) + ", which nobody has written");
    }
    if (!synchronises) {
      if (!knows(index, cell.written)) race(cell.written, "wrote");
      if (!reads && !knows(index, cell.read)) race(cell.read, "read");
    }
    if (reads) {
      if (!synchronises) cell.read = now;
    } else {
      cell.initialised = true;
      if (!synchronises) cell.written = now;
    }
  }
  if (synchronises) step(index);
}

bool memcheck_enabled() noexcept {
  static const bool enabled = [] {
    const char* value = std::getenv("VGPU_SOFT_MEMCHECK");
    return value != nullptr && std::string_view(value) == "1";
  }();
  return enabled;
}

void watch_block(Block& block) {
  block.shadow = std::make_unique<SharedShadow>(block.shared_size, block.warp_count);
}

void check_touch(Warp& warp, const Op& op, std::uint32_t mask, std::size_t size,
                 std::byte* const* at, Touch touch, bool ordered) {
  Block& block = *warp.block;
  const auto shared = reinterpret_cast<std::uintptr_t>(block.shared.data());
  for (; mask != 0; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    const auto address = reinterpret_cast<std::uintptr_t>(at[lane]);
    if (block.shared_size != 0 && address - shared < block.shared_size) {
      block.shadow->touch(warp, op, lane, address - shared, size, touch, ordered);
      continue;
    }
    if ((touch == Touch::load || touch == Touch::atomic) &&
        !initialised_bytes().all_marked(address, size) && is_news(&op, nullptr, 2)) {
      report(warp, op, lane,
             "reads " + std::to_string(size) + " bytes at " + hexadecimal(address) +
                 " of device memory that nobody has written");
    }
    if (touch != Touch::load) initialised_bytes().mark(address, size);
  }
}

}  // namespace exec
}  // namespace vgpu::softdevice
