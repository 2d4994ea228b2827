#pragma once

/// \file
/// Between C parameters and wire fields: the conversions that generated code applies to every
/// parameter.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vgpu/call/handle.hpp>

namespace vgpu::call {

/// A C value (integer, enumeration, handle, pointer) as the wire field of type W.
template <class W, class T>
constexpr W to_wire(T value) noexcept {
  if constexpr (std::is_pointer_v<T>) {
    return static_cast<W>(reinterpret_cast<std::uintptr_t>(value));
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<W>(static_cast<std::underlying_type_t<T>>(value));
  } else {
    return static_cast<W>(value);
  }
}

/// A wire field as the C type T.
template <class T, class W>
constexpr T from_wire(W value) noexcept {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<T>(static_cast<std::uintptr_t>(value));
  } else {
    return static_cast<T>(value);
  }
}

/// Stores a wire field in a C output parameter.
template <class W, class T>
constexpr void from_wire(W value, T& out) noexcept {
  out = from_wire<T>(value);
}

/// Stores a C structure that arrived as bytes. An older peer's structure may be shorter: the rest
/// is zeroed. False when there are no bytes or more than the structure has.
template <class T>
[[nodiscard]] bool copy_layout(std::span<const std::byte> bytes, T& out) noexcept {
  static_assert(std::is_trivially_copyable_v<T>);
  if (bytes.empty() || bytes.size() > sizeof(T)) return false;
  std::memset(static_cast<void*>(&out), 0, sizeof(T));
  std::memcpy(static_cast<void*>(&out), bytes.data(), bytes.size());
  return true;
}

/// Stores an array that arrived as bytes in a C buffer of `room` bytes. False when there are more.
[[nodiscard]] inline bool copy_bytes(std::span<const std::byte> bytes, void* out,
                                     std::size_t room) noexcept {
  if (bytes.size() > room) return false;
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  return true;
}

/// Copies an array of C structures that arrived as bytes to memory aligned for them, which lives as
/// long as the context's scratch memory. A NULL array stays NULL. False when the bytes are not a
/// whole number of structures.
template <class T, class Context>
[[nodiscard]] bool copy_layouts(Context& context, std::span<const std::byte> bytes,
                                std::span<T>& out) {
  static_assert(std::is_trivially_copyable_v<T>);
  out = {};
  if (bytes.data() == nullptr) return true;
  if (bytes.size() % sizeof(T) != 0) return false;
  out = context.template scratch<T>(bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(static_cast<void*>(out.data()), bytes.data(), bytes.size());
  return true;
}

/// Copies a list of numbers to an array of the C type of the same size.
template <class T, class Context, class W>
std::span<T> copy_list(Context& context, std::span<const W> list) {
  static_assert(sizeof(T) == sizeof(W) && std::is_trivially_copyable_v<T>);
  if (list.data() == nullptr) return {};
  const std::span<T> out = context.template scratch<T>(list.size());
  if (!list.empty()) std::memcpy(static_cast<void*>(out.data()), list.data(), list.size_bytes());
  return out;
}

/// Looks up a list of handle ids as an array of backend handles. A NULL array stays NULL. False
/// when one of them is no live handle of the kind.
template <class H, class Context, class Kind>
[[nodiscard]] bool resolve_list(Context& context, Kind kind, std::span<const std::uint64_t> ids,
                                std::span<H>& out) {
  out = {};
  if (ids.data() == nullptr || ids.empty()) return true;
  out = context.template scratch<H>(ids.size());
  if (out.size() != ids.size()) return false;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!context.resolve(kind, ids[i], out[i])) return false;
  }
  return true;
}

/// The backend's function behind an id. Where CUDA takes a function it takes a kernel too, and so
/// does the backend.
template <class H, class Context>
[[nodiscard]] bool resolve_function(Context& context, std::uint64_t id, H& out) {
  const HandleKind kind =
      HandleId{id}.kind() == HandleKind::kernel ? HandleKind::kernel : HandleKind::function;
  return context.resolve(kind, id, out);
}

}  // namespace vgpu::call
