#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

namespace vgpu::bench {

/// Slices of a run. Their number is given, since a search for how many iterations fill a time would
/// stop at one slice when something else has the processor.
inline constexpr int slices = 100;

/// Counter of a run: ns per iteration in the median of its slices.
inline constexpr const char* quiet_counter = "quiet_ns";

/// Linear between neighbours; `values` is not empty.
inline double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  const double place = part * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

/// ns per call of `body` in the median of `count` slices of `slice` calls.
template <class Body>
double quiet_time(int count, int slice, Body body) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> times;
  for (int s = 0; s < count; ++s) {
    const Clock::time_point begin = Clock::now();
    for (int i = 0; i < slice; ++i) body();
    const std::chrono::duration<double, std::nano> passed = Clock::now() - begin;
    times.push_back(passed.count() / slice);
  }
  return quantile(std::move(times), 0.5);
}

/// Runs `body` as a benchmark's loop, timed in slices of a few dozen microseconds besides: two
/// processes that wait for each other measure the scheduler whenever one of them is off its
/// processor, and some slices are free of that even on a busy machine. `body` returns false when it
/// cannot go on.
/// \param slice iterations.
/// \param drained what the peer has taken of what `body` sends, nullptr where each iteration waits
/// for the peer itself: slices during which the peer stood still are left out, since they would
/// flatter.
template <class Body>
void run_in_slices(benchmark::State& state, int slice, Body body,
                   const std::atomic<std::uint64_t>* drained = nullptr) {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t most_slices = 1 << 16;
  std::vector<double> times;
  times.reserve(4096);
  while (state.KeepRunningBatch(slice)) {
    const std::uint64_t before = drained != nullptr ? drained->load(std::memory_order_acquire) : 0;
    const Clock::time_point begin = Clock::now();
    for (int i = 0; i < slice; ++i) {
      if (!body()) {
        state.SkipWithError("the peer is gone, or a call failed");
        return;
      }
    }
    const std::chrono::duration<double, std::nano> passed = Clock::now() - begin;
    const bool counts = drained == nullptr || drained->load(std::memory_order_acquire) - before >=
                                                  static_cast<std::uint64_t>(slice) / 2;
    if (counts && times.size() < most_slices) times.push_back(passed.count() / slice);
  }
  if (!times.empty()) state.counters[quiet_counter] = quantile(std::move(times), 0.5);
}

}  // namespace vgpu::bench
