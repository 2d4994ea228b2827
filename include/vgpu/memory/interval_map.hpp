#pragma once

/// \file
/// Which addresses a session owns, and what lies there. The host checks every address that reaches
/// the driver outside a kernel against this map; the guest uses it to answer pointer questions and
/// to validate copies before it publishes them.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace vgpu::memory {

/// What a range of addresses is made of.
enum class RangeKind : std::uint8_t {
  none = 0,
  device,           ///< cuMemAlloc and its kin, stream-ordered allocations
  pinned,           ///< page-locked host memory (cuMemHostAlloc, cuMemHostRegister)
  managed,          ///< cuMemAllocManaged
  reserved,         ///< address space without memory (cuMemAddressReserve)
  mapped,           ///< cuMemMap inside a reservation
  module_variable,  ///< what cuModuleGetGlobal and its kin returned
  imported,         ///< memory of another process or API (IPC, external memory, graphics)
};

inline constexpr std::size_t range_kind_count = 8;

/// What is known about a range beside its place. The meaning of `flags` belongs to the call that
/// made the range (for pinned memory the CU_MEMHOSTALLOC_* bits).
struct RangeAttributes {
  RangeKind kind = RangeKind::none;
  std::uint32_t flags = 0;
  std::int32_t device = -1;   ///< ordinal, -1 = none
  std::uint64_t context = 0;  ///< handle id of the owning context, 0 = none
  std::uint64_t owner =
      0;  ///< handle id of the object the range ends with (module, pool, allocation)
  std::uint64_t tag = 0;  ///< free for the caller: buffer id, offset in an allocation, host alias
};

/// [begin, begin + size), in bytes. size 0 stands for "no such range".
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t size = 0;
  RangeAttributes attributes;

  explicit operator bool() const noexcept { return size != 0; }
  std::uint64_t offset_of(std::uint64_t address) const noexcept { return address - begin; }
  /// Whether [address, address + length) lies inside; an address one past the end is outside.
  bool contains(std::uint64_t address, std::uint64_t length) const noexcept {
    if (address < begin) return false;
    const std::uint64_t offset = address - begin;
    return offset < size && length <= size - offset;
  }
};

/// Disjoint ranges in two layers: reservations (address space), and memory, which may lie inside a
/// reservation. Within a layer no two ranges overlap.
///
/// Thread-safe. Readers (`find`, `owns`) take no lock and allocate nothing: they walk a skip list
/// under a sequence counter and repeat when a writer interfered, and fall back to the writers' lock
/// only if that keeps happening. Nodes are recycled, never given back before the map dies, so a
/// reader on a stale path reads valid, if outdated, words.
class IntervalMap {
 public:
  IntervalMap() : memory_(std::make_unique<Layer>()), reservations_(std::make_unique<Layer>()) {}
  IntervalMap(const IntervalMap&) = delete;
  IntervalMap& operator=(const IntervalMap&) = delete;

  /// Adds a range. False, and nothing changes, when size is 0, when it would run past the end of
  /// the address space or when it overlaps a range of its layer.
  bool insert(std::uint64_t begin, std::uint64_t size, const RangeAttributes& attributes) {
    if (size == 0 || size - 1 > UINT64_MAX - begin) return false;
    return layer(attributes.kind).insert({begin, size, attributes});
  }

  /// Removes the memory range that begins exactly at `begin`; Range{} when there is none.
  Range erase(std::uint64_t begin) { return memory_->erase(begin); }

  /// Removes the reservation that begins exactly at `begin`; Range{} when there is none.
  Range erase_reservation(std::uint64_t begin) { return reservations_->erase(begin); }

  /// Removes every memory range for which `condition(const Range&)` holds, for instance all of a
  /// module or of a context. `condition` must not call the map. Returns the ranges removed.
  template <class Condition>
  std::vector<Range> erase_if(Condition&& condition) {
    return memory_->erase_if(std::forward<Condition>(condition));
  }

  /// The memory range that contains the byte at `address`; Range{} when there is none.
  Range find(std::uint64_t address) const noexcept { return memory_->find(address); }

  /// The reservation that contains the byte at `address`; Range{} when there is none.
  Range find_reservation(std::uint64_t address) const noexcept {
    return reservations_->find(address);
  }

  /// Whether all of [address, address + length) is memory of the session. A span over several
  /// ranges counts only where all of them are `mapped`, as mappings side by side in a reservation
  /// are one allocation to a program. length 0 asks about the byte at `address`.
  bool owns(std::uint64_t address, std::uint64_t length) const noexcept {
    Range range = memory_->find(address);
    if (!range) return false;
    while (true) {
      const std::uint64_t available = range.size - (address - range.begin);
      if (length <= available) return true;
      if (range.attributes.kind != RangeKind::mapped) return false;
      length -= available;
      address += available;
      if (address == 0) return false;
      range = memory_->find(address);
      if (!range || range.attributes.kind != RangeKind::mapped) return false;
    }
  }

  /// Calls `visit(const Range&)` for every memory range in ascending order, under the writers'
  /// lock; `visit` must not call the map.
  template <class Visit>
  void for_each(Visit&& visit) const {
    memory_->for_each(std::forward<Visit>(visit));
  }

  /// Number of memory ranges plus reservations.
  std::size_t count() const noexcept { return memory_->count() + reservations_->count(); }

  /// Bytes held in ranges of one kind.
  std::uint64_t bytes(RangeKind kind) const noexcept { return layer(kind).bytes(kind); }

 private:
  class Layer {
   public:
    Layer() = default;
    Layer(const Layer&) = delete;
    Layer& operator=(const Layer&) = delete;

    bool insert(const Range& range) {
      const std::lock_guard lock(mutex_);
      Path path;
      const Node* after = seek(range.begin, path);
      const Node* before = path[0];
      if (before != &head_) {
        const std::uint64_t begin = before->begin.load(std::memory_order_relaxed);
        if (range.begin - begin < before->size.load(std::memory_order_relaxed)) return false;
      }
      if (after != nullptr &&
          after->begin.load(std::memory_order_relaxed) - range.begin < range.size) {
        return false;
      }
      Node* node = take_node();
      const unsigned height = random_height();
      const WriteSection section(*this);
      node->write(range);
      node->height = height;
      for (unsigned level = 0; level < height; ++level) {
        node->next[level].store(path[level]->next[level].load(std::memory_order_relaxed),
                                std::memory_order_release);
        path[level]->next[level].store(node, std::memory_order_release);
      }
      account(range, true);
      return true;
    }

    Range erase(std::uint64_t begin) {
      const std::lock_guard lock(mutex_);
      Path path;
      Node* node = seek(begin, path);
      if (node == nullptr || node->begin.load(std::memory_order_relaxed) != begin) return {};
      return remove(node, path);
    }

    template <class Condition>
    std::vector<Range> erase_if(Condition&& condition) {
      const std::lock_guard lock(mutex_);
      std::vector<Range> removed;
      Node* node = head_.next[0].load(std::memory_order_relaxed);
      while (node != nullptr) {
        Node* next = node->next[0].load(std::memory_order_relaxed);
        if (condition(node->read())) {
          Path path;
          seek(node->begin.load(std::memory_order_relaxed), path);
          removed.push_back(remove(node, path));
        }
        node = next;
      }
      return removed;
    }

    Range find(std::uint64_t address) const noexcept {
      constexpr int optimistic_attempts = 64;
      for (int attempt = 0; attempt < optimistic_attempts; ++attempt) {
        const std::uint64_t version = version_.load(std::memory_order_acquire);
        if ((version & 1U) != 0) continue;
        Range found;
        if (walk(address, version, found) && version_.load(std::memory_order_relaxed) == version) {
          return found;
        }
      }
      const std::lock_guard lock(mutex_);
      Range found;
      walk(address, version_.load(std::memory_order_relaxed), found);
      return found;
    }

    template <class Visit>
    void for_each(Visit&& visit) const {
      const std::lock_guard lock(mutex_);
      for (const Node* node = head_.next[0].load(std::memory_order_relaxed); node != nullptr;
           node = node->next[0].load(std::memory_order_relaxed)) {
        visit(std::as_const(*node).read());
      }
    }

    std::size_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
    std::uint64_t bytes(RangeKind kind) const noexcept {
      return bytes_[static_cast<std::size_t>(kind)].load(std::memory_order_relaxed);
    }

   private:
    static constexpr unsigned maximum_height = 14;

    // Every word is atomic because readers look at nodes that a writer is changing. Release stores
    // and acquire loads order them against `version_`; on x86-64 both are plain moves.
    struct Node {
      std::atomic<std::uint64_t> begin{0};
      std::atomic<std::uint64_t> size{0};
      std::atomic<std::uint64_t> kind_and_flags{0};
      std::atomic<std::uint64_t> context{0};
      std::atomic<std::uint64_t> owner{0};
      std::atomic<std::uint64_t> tag{0};
      std::atomic<std::int32_t> device{-1};
      unsigned height = maximum_height;
      std::array<std::atomic<Node*>, maximum_height> next{};

      void write(const Range& range) noexcept {
        constexpr auto order = std::memory_order_release;
        begin.store(range.begin, order);
        size.store(range.size, order);
        kind_and_flags.store(std::uint64_t{range.attributes.flags} << 8 |
                                 static_cast<std::uint8_t>(range.attributes.kind),
                             order);
        context.store(range.attributes.context, order);
        owner.store(range.attributes.owner, order);
        tag.store(range.attributes.tag, order);
        device.store(range.attributes.device, order);
      }
      Range read() const noexcept {
        constexpr auto order = std::memory_order_acquire;
        Range range;
        range.begin = begin.load(order);
        range.size = size.load(order);
        const std::uint64_t packed = kind_and_flags.load(order);
        range.attributes.kind = static_cast<RangeKind>(packed & 0xffU);
        range.attributes.flags = static_cast<std::uint32_t>(packed >> 8);
        range.attributes.context = context.load(order);
        range.attributes.owner = owner.load(order);
        range.attributes.tag = tag.load(order);
        range.attributes.device = device.load(order);
        return range;
      }
    };
    using Path = std::array<Node*, maximum_height>;

    class WriteSection {
     public:
      explicit WriteSection(Layer& layer) : layer_(layer) { bump(); }
      ~WriteSection() { bump(); }
      WriteSection(const WriteSection&) = delete;
      WriteSection& operator=(const WriteSection&) = delete;

     private:
      void bump() {
        layer_.version_.store(layer_.version_.load(std::memory_order_relaxed) + 1,
                              std::memory_order_release);
      }
      Layer& layer_;
    };

    // Fills `path` with the last node before `begin` on every level; returns the first node at or
    // after it. Only under `mutex_`.
    Node* seek(std::uint64_t begin, Path& path) {
      Node* node = &head_;
      for (unsigned level = maximum_height; level-- > 0;) {
        for (Node* next = node->next[level].load(std::memory_order_relaxed);
             next != nullptr && next->begin.load(std::memory_order_relaxed) < begin;
             next = node->next[level].load(std::memory_order_relaxed)) {
          node = next;
        }
        path[level] = node;
      }
      return node->next[0].load(std::memory_order_relaxed);
    }

    // False when a writer interfered; recycled nodes can lead in circles, hence the check per step.
    bool walk(std::uint64_t address, std::uint64_t version, Range& found) const noexcept {
      const Node* node = &head_;
      for (unsigned level = maximum_height; level-- > 0;) {
        while (true) {
          const Node* next = node->next[level].load(std::memory_order_acquire);
          if (next == nullptr || next->begin.load(std::memory_order_acquire) > address) break;
          if (version_.load(std::memory_order_relaxed) != version) return false;
          node = next;
        }
      }
      found = Range{};
      if (node == &head_) return true;
      const Range range = node->read();
      if (address - range.begin < range.size) found = range;
      return true;
    }

    Range remove(Node* node, Path& path) {
      const Range range = node->read();
      {
        const WriteSection section(*this);
        for (unsigned level = 0; level < node->height; ++level) {
          path[level]->next[level].store(node->next[level].load(std::memory_order_relaxed),
                                         std::memory_order_release);
        }
      }
      free_.push_back(node);
      account(range, false);
      return range;
    }

    Node* take_node() {
      if (!free_.empty()) {
        Node* node = free_.back();
        free_.pop_back();
        return node;
      }
      free_.reserve(nodes_.size() + 1);
      nodes_.push_back(std::make_unique<Node>());
      return nodes_.back().get();
    }

    unsigned random_height() noexcept {
      random_ ^= random_ << 13;
      random_ ^= random_ >> 7;
      random_ ^= random_ << 17;
      unsigned height = 1;
      for (std::uint64_t bits = random_; height < maximum_height && (bits & 3U) == 0; bits >>= 2) {
        ++height;
      }
      return height;
    }

    void account(const Range& range, bool added) noexcept {
      auto& total = bytes_[static_cast<std::size_t>(range.attributes.kind) % range_kind_count];
      if (added) {
        count_.fetch_add(1, std::memory_order_relaxed);
        total.fetch_add(range.size, std::memory_order_relaxed);
      } else {
        count_.fetch_sub(1, std::memory_order_relaxed);
        total.fetch_sub(range.size, std::memory_order_relaxed);
      }
    }

    mutable std::mutex mutex_;
    std::atomic<std::uint64_t> version_{0};
    Node head_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::vector<Node*> free_;
    std::uint64_t random_ = 0x9e3779b97f4a7c15U;
    std::atomic<std::size_t> count_{0};
    std::array<std::atomic<std::uint64_t>, range_kind_count> bytes_{};
  };

  Layer& layer(RangeKind kind) const noexcept {
    return kind == RangeKind::reserved ? *reservations_ : *memory_;
  }

  std::unique_ptr<Layer> memory_;
  std::unique_ptr<Layer> reservations_;
};

}  // namespace vgpu::memory
