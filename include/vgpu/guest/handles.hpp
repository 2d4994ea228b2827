#pragma once

/// \file
/// The handles of this process: which ids are alive, and what the guest knows about each.

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "vgpu/call/handle.hpp"

namespace vgpu::guest {

/// Mints ids, and says whether an id is alive. Every operation is lock-free; a validity check is
/// two loads. An index is reused only after many others, and an id only after 16384 lives of its
/// index, so a stale handle is recognised in practice always.
///
/// An entry may carry a pointer to what the guest keeps about the object (`object`). The table does
/// not own it: whoever retires an id frees its object, and must know that no other thread uses it.
class HandleTable {
 public:
  constexpr HandleTable() noexcept = default;
  HandleTable(const HandleTable&) = delete;
  HandleTable& operator=(const HandleTable&) = delete;
  ~HandleTable() {
    for (auto& slot : chunks_) {
      if (Entry* chunk = slot.load(std::memory_order_relaxed)) ::munmap(chunk, chunk_bytes);
    }
  }

  /// A new id; 0 when no index or no memory is left.
  std::uint64_t mint(call::HandleKind kind, void* object = nullptr) noexcept {
    std::uint32_t index = pop_free();
    if (index == no_index) {
      index = fresh_.fetch_add(1, std::memory_order_relaxed);
      if (index >= call::HandleId::host_index_begin) {
        fresh_.fetch_sub(1, std::memory_order_relaxed);
        index = pop_any_free();
        if (index == no_index) return 0;
      }
    }
    Entry* entry = entry_for(index);
    if (entry == nullptr) return 0;
    const std::uint32_t generation =
        (generation_of(entry->tag.load(std::memory_order_relaxed)) + 1) &
        (call::HandleId::generation_limit - 1);
    entry->object.store(object, std::memory_order_relaxed);
    entry->tag.store(live_tag(kind, generation), std::memory_order_release);
    return call::HandleId::make(kind, index, generation).value;
  }

  /// Takes in an id that the host chose; an earlier life of its index, which the host has ended, is
  /// over then. False when it is not such an id, is alive already, or no memory is left.
  bool adopt(std::uint64_t id, void* object = nullptr) noexcept {
    const call::HandleId handle{id};
    if (handle.kind() == call::HandleKind::none ||
        handle.index() < call::HandleId::host_index_begin) {
      return false;
    }
    Entry* entry = entry_for(handle.index());
    if (entry == nullptr) return false;
    std::uint32_t tag = entry->tag.load(std::memory_order_relaxed);
    if (tag == live_tag(handle.kind(), handle.generation())) return false;
    entry->object.store(object, std::memory_order_relaxed);
    return entry->tag.compare_exchange_strong(tag, live_tag(handle.kind(), handle.generation()),
                                              std::memory_order_release, std::memory_order_relaxed);
  }

  /// Ends an id; false when it was not alive (of two threads that retire one id, one gets true).
  /// Call it after the request that destroys the object was sent: the index may be minted again at
  /// once, and the host must see the end before the new beginning.
  bool retire(std::uint64_t id) noexcept {
    const call::HandleId handle{id};
    Entry* entry = find(handle.index());
    if (entry == nullptr || handle.kind() == call::HandleKind::none) return false;
    std::uint32_t expected = live_tag(handle.kind(), handle.generation());
    if (!entry->tag.compare_exchange_strong(expected, expected & ~live_bit,
                                            std::memory_order_acq_rel, std::memory_order_relaxed)) {
      return false;
    }
    if (handle.index() < call::HandleId::host_index_begin) push_free(handle.index(), *entry);
    return true;
  }

  /// True when `id` is a live handle of this kind. NULL is not.
  bool valid(call::HandleKind kind, std::uint64_t id) const noexcept {
    const call::HandleId handle{id};
    if (handle.kind() != kind || kind == call::HandleKind::none) return false;
    const Entry* entry = find(handle.index());
    return entry != nullptr &&
           entry->tag.load(std::memory_order_acquire) == live_tag(kind, handle.generation());
  }

  /// What was stored for a live handle; nullptr when it is not alive or nothing was stored.
  void* object(call::HandleKind kind, std::uint64_t id) const noexcept {
    const call::HandleId handle{id};
    if (handle.kind() != kind || kind == call::HandleKind::none) return nullptr;
    const Entry* entry = find(handle.index());
    if (entry == nullptr) return nullptr;
    const std::uint32_t tag = live_tag(kind, handle.generation());
    if (entry->tag.load(std::memory_order_acquire) != tag) return nullptr;
    void* object = entry->object.load(std::memory_order_acquire);
    return entry->tag.load(std::memory_order_relaxed) == tag ? object : nullptr;
  }

  /// Replaces what is stored for a live handle; false when it is not alive.
  bool set_object(std::uint64_t id, void* object) noexcept {
    const call::HandleId handle{id};
    if (!valid(handle.kind(), id)) return false;
    find(handle.index())->object.store(object, std::memory_order_release);
    return true;
  }

 private:
  struct Entry {
    std::atomic<std::uint32_t> tag{0};   // live bit, generation, kind
    std::atomic<std::uint32_t> next{0};  // free list: index + 1
    std::atomic<void*> object{nullptr};
  };

  static constexpr std::uint32_t no_index = UINT32_MAX;
  static constexpr std::uint32_t live_bit = 1U << 31;
  static constexpr std::uint32_t chunk_entries = 4096;
  static constexpr std::size_t chunk_bytes = chunk_entries * sizeof(Entry);
  static constexpr std::uint32_t chunk_count = call::HandleId::index_limit / chunk_entries;
  static constexpr std::uint32_t free_lists = 64;

  static constexpr std::uint32_t live_tag(call::HandleKind kind,
                                          std::uint32_t generation) noexcept {
    return live_bit | generation << 5 | static_cast<std::uint32_t>(kind);
  }
  static constexpr std::uint32_t generation_of(std::uint32_t tag) noexcept {
    return (tag & ~live_bit) >> 5;
  }

  Entry* find(std::uint32_t index) const noexcept {
    Entry* chunk = chunks_[index / chunk_entries].load(std::memory_order_acquire);
    return chunk != nullptr ? chunk + index % chunk_entries : nullptr;
  }

  Entry* entry_for(std::uint32_t index) noexcept {
    if (Entry* entry = find(index)) return entry;
    void* memory =
        ::mmap(nullptr, chunk_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    // A zeroed page is an array of Entry in its initial state.
    auto* chunk = static_cast<Entry*>(memory);
    Entry* expected = nullptr;
    if (!chunks_[index / chunk_entries].compare_exchange_strong(
            expected, chunk, std::memory_order_acq_rel, std::memory_order_acquire)) {
      ::munmap(memory, chunk_bytes);
      chunk = expected;
    }
    return chunk + index % chunk_entries;
  }

  // Heads hold a change count in the upper half, against a head that was popped and pushed between
  // another thread's load and exchange. Spreading over several lists keeps an index out of use for
  // a while.
  void push_free(std::uint32_t index, Entry& entry) noexcept {
    auto& head = free_[push_turn_.fetch_add(1, std::memory_order_relaxed) % free_lists];
    std::uint64_t old = head.load(std::memory_order_relaxed);
    std::uint64_t fresh = 0;
    do {
      entry.next.store(static_cast<std::uint32_t>(old), std::memory_order_relaxed);
      fresh = ((old >> 32) + 1) << 32 | (index + 1);
    } while (!head.compare_exchange_weak(old, fresh, std::memory_order_release,
                                         std::memory_order_relaxed));
  }

  std::uint32_t pop_from(std::uint32_t list) noexcept {
    auto& head = free_[list];
    std::uint64_t old = head.load(std::memory_order_acquire);
    while (static_cast<std::uint32_t>(old) != 0) {
      const std::uint32_t index = static_cast<std::uint32_t>(old) - 1;
      const Entry* entry = find(index);
      if (entry == nullptr) return no_index;
      const std::uint64_t next = entry->next.load(std::memory_order_relaxed);
      if (head.compare_exchange_weak(old, ((old >> 32) + 1) << 32 | next, std::memory_order_acquire,
                                     std::memory_order_acquire)) {
        return index;
      }
    }
    return no_index;
  }

  std::uint32_t pop_free() noexcept {
    return pop_from(pop_turn_.fetch_add(1, std::memory_order_relaxed) % free_lists);
  }

  std::uint32_t pop_any_free() noexcept {
    for (std::uint32_t list = 0; list < free_lists; ++list) {
      const std::uint32_t index = pop_from(list);
      if (index != no_index) return index;
    }
    return no_index;
  }

  std::array<std::atomic<Entry*>, chunk_count> chunks_{};
  std::array<std::atomic<std::uint64_t>, free_lists> free_{};
  std::atomic<std::uint32_t> push_turn_{0};
  std::atomic<std::uint32_t> pop_turn_{0};
  std::atomic<std::uint32_t> fresh_{0};
};

}  // namespace vgpu::guest
