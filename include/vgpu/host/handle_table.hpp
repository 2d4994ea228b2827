#pragma once

/// \file
/// From the ids that a guest uses to the backend's own handles. An id is valid only in the session
/// whose table holds it, only as the kind it was made for, and only until it is released.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "vgpu/call/handle.hpp"

namespace vgpu::host {

using call::HandleId;
using call::HandleKind;

/// Thread-safe. `find` takes no lock; everything else does. Bounded: at most `object_budget` live
/// ids, and a bounded number of pages, however a guest spreads the ids it chooses.
class HandleTable {
 public:
  static constexpr std::size_t default_object_budget = std::size_t{1} << 22;

  explicit HandleTable(std::size_t object_budget = default_object_budget)
      : budget_(object_budget), page_budget_(object_budget / page_entries * 2 + 1024) {}

  ~HandleTable() {
    for (Kind& kind : kinds_) {
      std::atomic<Page*>* directory = kind.directory.load(std::memory_order_relaxed);
      if (directory == nullptr) continue;
      for (std::size_t page = 0; page < directory_entries; ++page) {
        delete directory[page].load(std::memory_order_relaxed);
      }
      delete[] directory;
    }
  }
  HandleTable(const HandleTable&) = delete;
  HandleTable& operator=(const HandleTable&) = delete;

  /// Looks `id` up. False, and `backend` is 0, when it is not a live id of `kind`; NULL is not.
  bool find(HandleKind kind, std::uint64_t id, std::uint64_t& backend) const noexcept {
    backend = 0;
    const HandleId handle{id};
    if (id == 0 || handle.kind() != kind) return false;
    const Entry* entry = find_entry(kind, handle.index());
    if (entry == nullptr || entry->id.load(std::memory_order_acquire) != id) return false;
    const std::uint64_t value = entry->backend.load(std::memory_order_acquire);
    // The entry may have changed hands between the two loads.
    if (entry->id.load(std::memory_order_relaxed) != id) return false;
    backend = value;
    return true;
  }

  /// Enters an id that the guest chose. False when it is not well-formed, not in the guest's half,
  /// when its place is taken, or when the budget is used up.
  /// \param parent the id of the object this one ends with (0 = none), see `release_children`.
  bool bind(HandleKind kind, std::uint64_t id, std::uint64_t backend, std::uint64_t parent = 0) {
    const HandleId handle{id};
    if (id == 0 || kind == HandleKind::none || handle.kind() != kind ||
        handle.index() >= HandleId::host_index_begin) {
      return false;
    }
    const std::lock_guard lock(mutex_);
    return enter(kind, handle, backend, parent);
  }

  /// The id of a backend object under which the guest shall know it, chosen by the host. An object
  /// that has an id already keeps it. 0 when the budget is used up.
  std::uint64_t mint(HandleKind kind, std::uint64_t backend, std::uint64_t parent = 0) {
    if (kind == HandleKind::none || backend == 0) return 0;
    const std::lock_guard lock(mutex_);
    Kind& table = kinds_[static_cast<std::size_t>(kind)];
    if (const auto known = table.ids.find(backend); known != table.ids.end()) return known->second;
    std::uint32_t index = 0;
    std::uint32_t generation = 0;
    if (!free_.empty()) {
      index = free_.back().first;
      generation = free_.back().second;
    } else {
      index = next_host_index_;
      if (index >= HandleId::index_limit) return 0;
    }
    const HandleId handle = HandleId::make(kind, index, generation);
    if (!enter(kind, handle, backend, parent)) return 0;
    if (!free_.empty() && free_.back().first == index) {
      free_.pop_back();
    } else {
      ++next_host_index_;
    }
    return handle.value;
  }

  /// The id under which the guest knows a backend object; 0 when it knows none.
  std::uint64_t id_of(HandleKind kind, std::uint64_t backend) const {
    const std::lock_guard lock(mutex_);
    const auto& ids = kinds_[static_cast<std::size_t>(kind)].ids;
    const auto known = ids.find(backend);
    return known == ids.end() ? 0 : known->second;
  }

  /// Ends an id, and all ids whose parent it is, to any depth. False when it is not a live id of
  /// `kind`.
  bool release(HandleKind kind, std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    return leave(kind, id);
  }

  /// Ends all ids whose parent is `id`; `id` itself stays (a context that is reset).
  void release_children(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    leave_children(id);
  }

  /// Keeps `state` with the id until it is released; replaces what was kept before. For what an
  /// object needs beside its backend handle (log buffers of a linker, a user object's callback).
  /// False when `id` is not a live id of `kind`.
  bool attach(HandleKind kind, std::uint64_t id, std::shared_ptr<void> state) {
    const std::lock_guard lock(mutex_);
    std::uint64_t backend = 0;
    if (!find(kind, id, backend)) return false;
    attachments_[id] = std::move(state);
    return true;
  }

  /// What `attach` keeps with `id`, or nullptr. The caller names the type it attached.
  template <class T>
  std::shared_ptr<T> attachment(std::uint64_t id) const {
    const std::lock_guard lock(mutex_);
    const auto kept = attachments_.find(id);
    return kept == attachments_.end() ? nullptr : std::static_pointer_cast<T>(kept->second);
  }

  /// Calls `visit(id, backend)` for every live id of `kind`, in no order, under the lock; `visit`
  /// must not call the table.
  template <class Visit>
  void for_each(HandleKind kind, Visit&& visit) const {
    const std::lock_guard lock(mutex_);
    const Kind& table = kinds_[static_cast<std::size_t>(kind)];
    const std::atomic<Page*>* directory = table.directory.load(std::memory_order_relaxed);
    if (directory == nullptr) return;
    for (std::size_t page = 0; page < directory_entries; ++page) {
      const Page* entries = directory[page].load(std::memory_order_relaxed);
      if (entries == nullptr) continue;
      for (const Entry& entry : *entries) {
        const std::uint64_t id = entry.id.load(std::memory_order_relaxed);
        if (id != 0) visit(id, entry.backend.load(std::memory_order_relaxed));
      }
    }
  }

  /// Live ids.
  std::size_t count() const noexcept { return count_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t page_entries = 1024;
  static constexpr std::size_t directory_entries = HandleId::index_limit / page_entries;

  struct Entry {
    std::atomic<std::uint64_t> id{0};
    std::atomic<std::uint64_t> backend{0};
    std::uint64_t parent = 0;
  };
  using Page = std::array<Entry, page_entries>;

  struct Kind {
    std::atomic<std::atomic<Page*>*> directory{nullptr};
    std::unordered_map<std::uint64_t, std::uint64_t> ids;  // backend -> id
  };

  Entry* find_entry(HandleKind kind, std::uint32_t index) const noexcept {
    const std::size_t which = static_cast<std::size_t>(kind);
    if (which >= kinds_.size()) return nullptr;
    const std::atomic<Page*>* directory = kinds_[which].directory.load(std::memory_order_acquire);
    if (directory == nullptr) return nullptr;
    Page* page = directory[index / page_entries].load(std::memory_order_acquire);
    return page == nullptr ? nullptr : &(*page)[index % page_entries];
  }

  Entry* make_entry(HandleKind kind, std::uint32_t index) {
    Kind& table = kinds_[static_cast<std::size_t>(kind)];
    std::atomic<Page*>* directory = table.directory.load(std::memory_order_relaxed);
    if (directory == nullptr) {
      directory = new std::atomic<Page*>[directory_entries]();
      table.directory.store(directory, std::memory_order_release);
    }
    std::atomic<Page*>& page = directory[index / page_entries];
    if (page.load(std::memory_order_relaxed) == nullptr) {
      if (pages_ >= page_budget_) return nullptr;
      ++pages_;
      page.store(new Page, std::memory_order_release);
    }
    return &(*page.load(std::memory_order_relaxed))[index % page_entries];
  }

  bool enter(HandleKind kind, HandleId handle, std::uint64_t backend, std::uint64_t parent) {
    if (count_.load(std::memory_order_relaxed) >= budget_) return false;
    Entry* entry = make_entry(kind, handle.index());
    if (entry == nullptr || entry->id.load(std::memory_order_relaxed) != 0) return false;
    // A backend that reuses an address after an implicit destruction makes the newest id the
    // object's own.
    if (backend != 0) kinds_[static_cast<std::size_t>(kind)].ids[backend] = handle.value;
    if (parent != 0) children_[parent].insert(handle.value);
    entry->parent = parent;
    entry->backend.store(backend, std::memory_order_release);
    entry->id.store(handle.value, std::memory_order_release);
    count_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }

  bool leave(HandleKind kind, std::uint64_t id) {
    const HandleId handle{id};
    if (id == 0 || kind == HandleKind::none || handle.kind() != kind) return false;
    Entry* entry = find_entry(kind, handle.index());
    if (entry == nullptr || entry->id.load(std::memory_order_relaxed) != id) return false;
    Kind& table = kinds_[static_cast<std::size_t>(kind)];
    entry->id.store(0, std::memory_order_release);
    count_.fetch_sub(1, std::memory_order_relaxed);
    const auto known = table.ids.find(entry->backend.load(std::memory_order_relaxed));
    if (known != table.ids.end() && known->second == id) table.ids.erase(known);
    if (handle.index() >= HandleId::host_index_begin) {
      // A slot whose generations are used up is retired: an old id must never become valid again.
      if (handle.generation() + 1 < HandleId::generation_limit) {
        free_.emplace_back(handle.index(), handle.generation() + 1);
      }
    }
    if (const std::uint64_t parent = std::exchange(entry->parent, 0); parent != 0) {
      const auto siblings = children_.find(parent);
      if (siblings != children_.end()) {
        siblings->second.erase(id);
        if (siblings->second.empty()) children_.erase(siblings);
      }
    }
    attachments_.erase(id);
    leave_children(id);
    return true;
  }

  void leave_children(std::uint64_t id) {
    const auto found = children_.find(id);
    if (found == children_.end()) return;
    const std::unordered_set<std::uint64_t> orphans = std::move(found->second);
    children_.erase(found);
    for (const std::uint64_t orphan : orphans) leave(HandleId{orphan}.kind(), orphan);
  }

  mutable std::mutex mutex_;
  // The guest keeps one table for all kinds, so an index that the host chose belongs to one id
  // alone.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> free_;  // host half: index, next generation
  std::uint32_t next_host_index_ = HandleId::host_index_begin;
  std::array<Kind, call::handle_kind_count> kinds_;
  std::unordered_map<std::uint64_t, std::unordered_set<std::uint64_t>> children_;
  std::unordered_map<std::uint64_t, std::shared_ptr<void>> attachments_;
  std::atomic<std::size_t> count_{0};
  std::size_t budget_;
  std::size_t page_budget_;
  std::size_t pages_ = 0;
};

}  // namespace vgpu::host
