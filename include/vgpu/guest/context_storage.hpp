#pragma once

/// \file
/// Context-local storage: what CUDA runtimes keep per context and key (private table c693336e).

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "vgpu/call/cuda_types.hpp"

namespace vgpu::guest {

/// The values of one context. `get` is lock-free and writes no shared memory: it is on the path of
/// nearly every call of a CUDA runtime. `put` and `remove` take a lock. Any thread.
class ContextStorage {
 public:
  using Destructor = void (*)(CUcontext context, void* key, void* value);

  constexpr ContextStorage() noexcept = default;
  ContextStorage(const ContextStorage&) = delete;
  ContextStorage& operator=(const ContextStorage&) = delete;
  ~ContextStorage() {
    Block* block = first_.next.load(std::memory_order_relaxed);
    while (block != nullptr) {
      Block* next = block->next.load(std::memory_order_relaxed);
      delete block;
      block = next;
    }
  }

  /// CUDA_ERROR_INVALID_HANDLE, and `value` unchanged, when there is none. Any pointer is a key.
  CUresult get(const void* key, void** value) const noexcept {
    for (const Block* block = &first_; block != nullptr;
         block = block->next.load(std::memory_order_acquire)) {
      for (const Slot& slot : block->slots) {
        std::uint64_t before = slot.version.load(std::memory_order_acquire);
        if (slot.key.load(std::memory_order_relaxed) != key) continue;
        for (;;) {
          // An odd version is a writer at work; it holds the lock only for a few stores.
          if ((before & 1) == 0 && before != 0) {
            const void* found_key = slot.key.load(std::memory_order_acquire);
            void* found = slot.value.load(std::memory_order_acquire);
            if (slot.version.load(std::memory_order_relaxed) == before) {
              if (found_key != key) break;
              *value = found;
              return CUDA_SUCCESS;
            }
          } else if (before == 0) {
            break;
          }
          before = slot.version.load(std::memory_order_acquire);
          if (slot.key.load(std::memory_order_relaxed) != key) break;
        }
      }
    }
    return CUDA_ERROR_INVALID_HANDLE;
  }

  /// CUDA_ERROR_INVALID_HANDLE when the key exists: the old value stays.
  CUresult put(void* key, void* value, Destructor destructor) {
    const std::lock_guard lock(mutex_);
    if (find(key) != nullptr) return CUDA_ERROR_INVALID_HANDLE;
    Slot* slot = find(&free_key);
    if (slot == nullptr) slot = &add_block().slots[0];
    slot->destructor = destructor;
    slot->order = ++order_;
    write(*slot, key, value);
    return CUDA_SUCCESS;
  }

  /// Forgets a key without running its destructor; CUDA_ERROR_INVALID_HANDLE when there is none.
  CUresult remove(void* key) {
    const std::lock_guard lock(mutex_);
    Slot* slot = find(key);
    if (slot == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    write(*slot, &free_key, nullptr);
    return CUDA_SUCCESS;
  }

  /// Takes every value out and runs the destructors, newest first, with no lock held: they call
  /// back into the driver. Values that they put meanwhile are treated likewise.
  void clear(CUcontext context) {
    for (int round = 0; round < 8; ++round) {
      std::vector<Entry> entries = take_all();
      if (entries.empty()) return;
      for (const Entry& entry : entries) {
        if (entry.destructor != nullptr) entry.destructor(context, entry.key, entry.value);
      }
    }
  }

 private:
  /// Its address marks a free slot: any other pointer, NULL included, may be a key.
  static constexpr char free_key = 0;

  struct Slot {
    std::atomic<std::uint64_t> version{0};  // odd while it changes; 0 = never used
    std::atomic<const void*> key{&free_key};
    std::atomic<void*> value{nullptr};
    Destructor destructor = nullptr;
    std::uint64_t order = 0;
  };
  struct Block {
    std::array<Slot, 16> slots{};
    std::atomic<Block*> next{nullptr};
  };
  struct Entry {
    void* key;
    void* value;
    Destructor destructor;
    std::uint64_t order;
  };

  Slot* find(const void* key) noexcept {
    for (Block* block = &first_; block != nullptr;
         block = block->next.load(std::memory_order_relaxed)) {
      for (Slot& slot : block->slots) {
        if (slot.key.load(std::memory_order_relaxed) == key) return &slot;
      }
    }
    return nullptr;
  }

  Block& add_block() {
    Block* last = &first_;
    while (Block* next = last->next.load(std::memory_order_relaxed)) last = next;
    auto* block = new Block;
    last->next.store(block, std::memory_order_release);
    return *block;
  }

  static void write(Slot& slot, const void* key, void* value) noexcept {
    const std::uint64_t version = slot.version.load(std::memory_order_relaxed);
    slot.version.store(version + 1, std::memory_order_relaxed);
    // The release stores keep the odd version before them; readers pair with their acquire loads.
    slot.value.store(value, std::memory_order_release);
    slot.key.store(key, std::memory_order_release);
    slot.version.store(version + 2, std::memory_order_release);
  }

  std::vector<Entry> take_all() {
    std::vector<Entry> entries;
    const std::lock_guard lock(mutex_);
    for (Block* block = &first_; block != nullptr;
         block = block->next.load(std::memory_order_relaxed)) {
      for (Slot& slot : block->slots) {
        const void* key = slot.key.load(std::memory_order_relaxed);
        if (key == &free_key) continue;
        entries.push_back({const_cast<void*>(key), slot.value.load(std::memory_order_relaxed),
                           slot.destructor, slot.order});
      }
    }
    for (const Entry& entry : entries) write(*find(entry.key), &free_key, nullptr);
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.order > b.order; });
    return entries;
  }

  Block first_{};
  std::mutex mutex_;
  std::uint64_t order_ = 0;
};

}  // namespace vgpu::guest
