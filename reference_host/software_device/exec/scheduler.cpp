#include "reference_host/software_device/exec/scheduler.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <exception>
#include <iterator>
#include <list>
#include <thread>
#include <utility>

namespace vgpu::softdevice {

int worker_count() noexcept {
  static const int count = [] {
    const char* text = std::getenv("VGPU_SOFTWARE_DEVICE_THREADS");
    const long wanted = text != nullptr ? std::strtol(text, nullptr, 10) : 0;
    if (wanted > 0) return static_cast<int>(std::min(wanted, 1024L));
    return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  }();
  return count;
}

namespace exec {

namespace {

/// Instructions per warp before the stop flag is looked at and another warp gets its turn.
constexpr std::uint32_t warp_budget = 20'000;

/// Budgets that a block gets before others are begun beside it, and how many at most: what a
/// multiprocessor holds.
constexpr int patient_rounds = 64;
constexpr std::size_t most_beside = 15;

/// Work that any number of threads can join.
class GridRun {
 public:
  explicit GridRun(Grid& grid) : grid_(grid) {
    const Dim3& size = grid.config.grid;
    total_ = std::uint64_t{size.x} * size.y * size.z;
    if (!grid.config.cooperative) return;
    for (std::uint64_t i = 0; i < total_; ++i) {
      resident_.push_back(std::make_unique<Block>());
      start_block(*resident_.back(), grid, index_of(i), 0);
      ready_.push_back(resident_.back().get());
    }
    unfinished_ = total_;
  }

  std::uint64_t blocks() const { return total_; }

  /// Works until nothing is left to begin. `worker` becomes %smid.
  void join(std::uint32_t worker) {
    try {
      grid_.config.cooperative ? run_resident() : run_in_order(worker);
    } catch (const std::exception& error) {
      const std::lock_guard lock(grid_.mutex);
      if (!grid_.failed.load()) {
        grid_.fault.result = CUDA_ERROR_OUT_OF_MEMORY;
        grid_.fault.message = "kernel " + grid_.program->name + ": " + error.what();
        grid_.failed.store(true);
      }
    }
  }

  bool has_more() const { return next_.load(std::memory_order_relaxed) < total_ && !grid_.ended(); }

 private:
  std::array<std::uint32_t, 3> index_of(std::uint64_t i) const {
    const Dim3& size = grid_.config.grid;
    return {static_cast<std::uint32_t>(i % size.x), static_cast<std::uint32_t>(i / size.x % size.y),
            static_cast<std::uint32_t>(i / size.x / size.y)};
  }

  /// Blocks in their order, each to its end. One that does not come to its end may wait for a block
  /// that has not begun: as on a multiprocessor, others then run beside it.
  void run_in_order(std::uint32_t worker) {
    // Mapping a block's memory anew for each grid costs as much as a small kernel.
    thread_local std::unique_ptr<Block> kept;
    std::unique_ptr<Block> block = std::exchange(kept, nullptr);
    if (block == nullptr) block = std::make_unique<Block>();
    std::vector<std::unique_ptr<Block>> beside;
    run_in_order(worker, *block, beside);
    if (block->grid != nullptr) count_executed(*block);
    for (const auto& other : beside) count_executed(*other);
    if (recycle(*block)) kept = std::move(block);
  }

  /// Blocks that a worker has taken and not begun.
  struct Share {
    std::uint64_t next = 0;
    std::uint64_t end = 0;
  };

  /// The next block for a worker; total_ when all have been taken. Workers take many at a time
  /// while many are left: for small ones the counter is far away otherwise.
  std::uint64_t take_block(Share& share) {
    if (share.next == share.end) {
      const std::uint64_t left = total_ - std::min(total_, next_.load(std::memory_order_relaxed));
      const std::uint64_t workers = static_cast<std::uint64_t>(worker_count());
      const std::uint64_t wanted = std::clamp<std::uint64_t>(left / (workers * 32), 1, 16);
      share.next = std::min(next_.fetch_add(wanted, std::memory_order_relaxed), total_);
      share.end = std::min(share.next + wanted, total_);
      if (share.next == share.end) return total_;
    }
    return share.next++;
  }

  void run_in_order(std::uint32_t worker, Block& block,
                    std::vector<std::unique_ptr<Block>>& beside) {
    Share share;
    while (!grid_.ended()) {
      const std::uint64_t i = take_block(share);
      if (i == total_) return;
      start_block(block, grid_, index_of(i), worker);
      for (int rounds = 0; !block.done && !grid_.ended(); ++rounds) {
        run_for_a_while(block);
        if (rounds >= patient_rounds) run_beside(beside, share, worker);
      }
      while (!grid_.ended() && count_unfinished(beside) != 0) run_beside(beside, share, worker);
    }
  }

  static std::size_t count_unfinished(const std::vector<std::unique_ptr<Block>>& blocks) {
    return static_cast<std::size_t>(std::count_if(blocks.begin(), blocks.end(),
                                                  [](const auto& block) { return !block->done; }));
  }

  void run_beside(std::vector<std::unique_ptr<Block>>& beside, Share& share, std::uint32_t worker) {
    if (count_unfinished(beside) < most_beside) {
      const std::uint64_t i = take_block(share);
      if (i < total_) {
        auto idle = std::find_if(beside.begin(), beside.end(),
                                 [](const auto& other) { return other->done; });
        if (idle == beside.end()) {
          beside.push_back(std::make_unique<Block>());
          idle = std::prev(beside.end());
        }
        start_block(**idle, grid_, index_of(i), worker);
      }
    }
    for (const auto& other : beside) {
      if (!other->done && !grid_.ended()) run_for_a_while(*other);
    }
  }

  void run_for_a_while(Block& block) {
    run_block(block, warp_budget);
    if (block.done || std::chrono::steady_clock::now() < grid_.deadline) return;
    const std::lock_guard lock(grid_.mutex);
    if (grid_.failed.load()) return;
    grid_.fault.result = CUDA_ERROR_LAUNCH_TIMEOUT;
    grid_.fault.message =
        "kernel " + grid_.program->name + " ran for longer than " +
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(grid_.time).count()) +
        " seconds (VGPU_SOFT_TIMEOUT)";
    grid_.failed.store(true);
  }

  void run_resident() {
    while (!grid_.ended()) {
      Block* block = nullptr;
      {
        const std::lock_guard lock(mutex_);
        if (unfinished_ == 0) return;
        if (!ready_.empty()) {
          block = ready_.front();
          ready_.pop_front();
        }
      }
      if (block == nullptr) {
        std::this_thread::yield();  // the other threads run all that is left
        continue;
      }
      run_for_a_while(*block);
      count_executed(*block);
      const std::lock_guard lock(mutex_);
      if (!block->done) {
        ready_.push_back(block);
      } else if (--unfinished_ == 0) {
        next_.store(total_, std::memory_order_relaxed);
      }
    }
  }

  Grid& grid_;
  std::uint64_t total_ = 0;
  alignas(64) std::atomic<std::uint64_t> next_{0};
  alignas(64) std::mutex mutex_;
  std::vector<std::unique_ptr<Block>> resident_;
  std::deque<Block*> ready_;
  std::uint64_t unfinished_ = 0;
};

/// Threads that help with whatever grids are running. Started with the first grid that has more
/// than one block.
class WorkerPool {
 public:
  ~WorkerPool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  static WorkerPool& instance() {
    static WorkerPool pool;
    return pool;
  }

  void run(GridRun& run) {
    if (run.blocks() < 2 || worker_count() < 2) {
      run.join(0);
      return;
    }
    std::list<Offer>::iterator offer;
    {
      const std::lock_guard lock(mutex_);
      while (threads_.size() + 1 < static_cast<std::size_t>(worker_count())) {
        const auto number = static_cast<std::uint32_t>(threads_.size() + 1);
        threads_.emplace_back([this, number] { work(number); });
      }
      offer = offers_.insert(offers_.end(), Offer{&run, 0});
    }
    wake_.notify_all();
    run.join(0);
    std::unique_lock lock(mutex_);
    offer->closed = true;
    idle_.wait(lock, [&] { return offer->helpers == 0; });
    offers_.erase(offer);
  }

 private:
  struct Offer {
    GridRun* run = nullptr;
    int helpers = 0;
    bool closed = false;
  };

  void work(std::uint32_t number) {
    std::unique_lock lock(mutex_);
    while (true) {
      Offer* chosen = nullptr;
      wake_.wait(lock, [&] {
        for (Offer& offer : offers_) {
          const bool useful = !offer.closed && offer.run->has_more();
          if (useful && (chosen == nullptr || offer.helpers < chosen->helpers)) chosen = &offer;
        }
        return chosen != nullptr || stopping_;
      });
      if (stopping_) return;
      ++chosen->helpers;
      lock.unlock();
      chosen->run->join(number);
      lock.lock();
      if (--chosen->helpers == 0) idle_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::list<Offer> offers_;
  std::vector<std::thread> threads_;
  bool stopping_ = false;
};

}  // namespace

void schedule_grid(Grid& grid) {
  GridRun run(grid);
  WorkerPool::instance().run(run);
}

}  // namespace exec
}  // namespace vgpu::softdevice
