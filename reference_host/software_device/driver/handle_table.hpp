#pragma once

/// \file
/// Typed tables of driver handles. A handle is a number that is never used twice, so a stale or
/// foreign handle is found out instead of followed.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace vgpu::softdevice {

/// Kind of the object behind a handle; part of the handle's value, so kinds never collide.
enum class HandleKind : std::uintptr_t {
  context = 1,
  stream,
  event,
  module,
  library,
  function,
  kernel,
  graph,
  graph_node,
  graph_exec,
  pool,
  physical_memory,
  array,
  mipmapped_array,
  texture,
  surface,
  texture_reference,
  surface_reference,
};

/// A value that no handle had before, in the range of canonical user addresses.
inline std::uintptr_t mint_handle(HandleKind kind) noexcept {
  static std::atomic<std::uintptr_t> next{1};
  constexpr std::uintptr_t base = 0x20;
  return ((base + static_cast<std::uintptr_t>(kind)) << 40) |
         (next.fetch_add(1, std::memory_order_relaxed) << 4);
}

/// Handles of one kind and the objects they name. Thread-safe.
template <class Handle, class Object, HandleKind kind>
class HandleTable {
 public:
  /// Names `object`; the handle is never zero.
  Handle add(std::shared_ptr<Object> object) {
    const std::uintptr_t value = mint_handle(kind);
    const std::unique_lock lock(mutex_);
    objects_.emplace(value, std::move(object));
    return as_handle(value);
  }

  /// The object, or null when the handle is stale, foreign or null.
  std::shared_ptr<Object> find(Handle handle) const {
    const std::shared_lock lock(mutex_);
    const auto found = objects_.find(as_value(handle));
    return found == objects_.end() ? nullptr : found->second;
  }

  /// Takes the handle out of use. \return the object it named, or null.
  std::shared_ptr<Object> remove(Handle handle) {
    const std::unique_lock lock(mutex_);
    const auto found = objects_.find(as_value(handle));
    if (found == objects_.end()) return nullptr;
    std::shared_ptr<Object> object = std::move(found->second);
    objects_.erase(found);
    return object;
  }

  /// Takes the handle out of use because the object's owner ends; `forget_orphan` knows it still.
  void orphan(Handle handle) {
    std::shared_ptr<Object> object;
    const std::unique_lock lock(mutex_);
    const auto found = objects_.find(as_value(handle));
    if (found == objects_.end()) return;
    object = std::move(found->second);
    objects_.erase(found);
    orphans_.insert(as_value(handle));
  }

  /// Whether the object ended with its owner; says so once.
  bool forget_orphan(Handle handle) {
    const std::unique_lock lock(mutex_);
    return orphans_.erase(as_value(handle)) != 0;
  }

  /// All handles with their objects, in no order.
  std::vector<std::pair<Handle, std::shared_ptr<Object>>> entries() const {
    const std::shared_lock lock(mutex_);
    std::vector<std::pair<Handle, std::shared_ptr<Object>>> result;
    result.reserve(objects_.size());
    for (const auto& [value, object] : objects_) result.emplace_back(as_handle(value), object);
    return result;
  }

  /// All objects, in no order.
  std::vector<std::shared_ptr<Object>> all() const {
    const std::shared_lock lock(mutex_);
    std::vector<std::shared_ptr<Object>> result;
    result.reserve(objects_.size());
    for (const auto& [value, object] : objects_) result.push_back(object);
    return result;
  }

 private:
  static std::uintptr_t as_value(Handle handle) noexcept {
    if constexpr (std::is_integral_v<Handle>) {
      return static_cast<std::uintptr_t>(handle);
    } else {
      return reinterpret_cast<std::uintptr_t>(handle);
    }
  }
  static Handle as_handle(std::uintptr_t value) noexcept {
    if constexpr (std::is_integral_v<Handle>) {
      return static_cast<Handle>(value);
    } else {
      return reinterpret_cast<Handle>(value);
    }
  }

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::uintptr_t, std::shared_ptr<Object>> objects_;
  std::unordered_set<std::uintptr_t> orphans_;
};

}  // namespace vgpu::softdevice
