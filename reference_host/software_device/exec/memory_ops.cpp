#include "reference_host/software_device/exec/memory_ops.hpp"

#include <cstring>

#include "reference_host/software_device/exec/memory_access.hpp"

namespace vgpu::softdevice::exec {

namespace {

template <class Register, class Element>
void load_element(Warp& warp, std::uint32_t code, std::byte* const* from, std::size_t offset,
                  std::uint32_t mask) {
  Register* d = destination<Register>(warp, code);
  const auto one = [&](int lane) {
    Element value;
    std::memcpy(&value, from[lane] + offset, sizeof value);
    d[lane] = static_cast<Register>(value);
  };
  if (mask == all_lanes) {
    for (int lane = 0; lane < warp_size; ++lane) one(lane);
  } else {
    for (; mask != 0; mask &= mask - 1) one(std::countr_zero(mask));
  }
}

template <class Register, class Element>
void store_element(const Warp& warp, std::uint32_t code, std::byte* const* to, std::size_t offset,
                   std::uint32_t mask) {
  const Register* a = source<Register>(warp, code);
  const auto one = [&](int lane) {
    const auto value = static_cast<Element>(a[lane]);
    std::memcpy(to[lane] + offset, &value, sizeof value);
  };
  if (mask == all_lanes) {
    for (int lane = 0; lane < warp_size; ++lane) one(lane);
  } else {
    for (; mask != 0; mask &= mask - 1) one(std::countr_zero(mask));
  }
}

template <class Register, class Element>
void load_elements(Warp& warp, const Op& op, std::uint32_t mask) {
  const Access access = Access::unpack(op.aux);
  std::byte* from[warp_size];
  if (!resolve_lanes(warp, op, access, mask, sizeof(Element) * access.count, from, Touch::load))
    return;
  if (access.count == 1) {
    load_element<Register, Element>(warp, op.d, from, 0, mask);
  } else {
    const std::uint32_t* codes = warp.frame->function->extra.data() + op.extra;
    for (std::size_t i = 0; i < access.count; ++i) {
      if (codes[i] == no_guard) continue;
      load_element<Register, Element>(warp, codes[i], from, i * sizeof(Element), mask);
    }
  }
  if (access.ordered) std::atomic_thread_fence(std::memory_order_acquire);
}

template <class Register, class Element>
void store_elements(Warp& warp, const Op& op, std::uint32_t mask) {
  const Access access = Access::unpack(op.aux);
  std::byte* to[warp_size];
  if (access.ordered) std::atomic_thread_fence(std::memory_order_release);
  if (!resolve_lanes(warp, op, access, mask, sizeof(Element) * access.count, to, Touch::store))
    return;
  if (access.count == 1) {
    store_element<Register, Element>(warp, op.b, to, 0, mask);
  } else {
    const std::uint32_t* codes = warp.frame->function->extra.data() + op.extra;
    for (std::size_t i = 0; i < access.count; ++i)
      store_element<Register, Element>(warp, codes[i], to, i * sizeof(Element), mask);
  }
}

/// Addresses that follow each other across all lanes, in one range: a plain copy.
template <class T, bool writes>
std::byte* consecutive(Warp& warp, const Op& op, std::uint32_t mask) {
  if (mask != all_lanes) return nullptr;
  const std::uint64_t* a = source<std::uint64_t>(warp, op.a);
  std::uint64_t difference = 0;
  for (std::uint64_t i = 0; i < warp_size; ++i) difference |= a[i] ^ (a[0] + i * sizeof(T));
  const std::uint64_t first = a[0] + op.immediate;
  if (difference != 0 || first >= shared_window || first % sizeof(T) != 0) return nullptr;
  DeviceMemory::Range range;
  if (!find_range(warp, op, first, sizeof(T) * warp_size, range)) return nullptr;
  if (writes && range.read_only) return nullptr;
  return reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(first));
}

template <class T>
void load_global(Warp& warp, const Op& op, std::uint32_t mask) {
  if (const std::byte* from = consecutive<T, false>(warp, op, mask)) {
    std::memcpy(destination<T>(warp, op.d), from, sizeof(T) * warp_size);
    return;
  }
  load_elements<T, T>(warp, op, mask);
}

template <class T>
void store_global(Warp& warp, const Op& op, std::uint32_t mask) {
  if (std::byte* to = consecutive<T, true>(warp, op, mask)) {
    std::memcpy(to, source<T>(warp, op.b), sizeof(T) * warp_size);
    return;
  }
  store_elements<T, T>(warp, op, mask);
}

/// All lanes read shared memory through 32-bit addresses: one check for all, no pointers kept.
template <class T>
void load_shared(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint32_t* a = source<std::uint32_t>(warp, op.a);
  const auto offset = static_cast<std::uint32_t>(op.immediate);
  std::uint32_t addresses[warp_size];
  std::uint32_t high = 0;
  std::uint32_t bits = 0;
  for (int i = 0; i < warp_size; ++i) {
    addresses[i] = a[i] + offset;
    high = addresses[i] > high ? addresses[i] : high;
    bits |= addresses[i];
  }
  const Block& block = *warp.block;
  if (mask != all_lanes || bits % sizeof(T) != 0 || high > block.shared_size ||
      sizeof(T) > block.shared_size - high) {
    load_elements<T, T>(warp, op, mask);
    return;
  }
  const std::byte* const shared = block.shared.data();
  T* d = destination<T>(warp, op.d);
  for (int i = 0; i < warp_size; ++i) std::memcpy(&d[i], shared + addresses[i], sizeof(T));
}

template <class T>
void load_kernel_param(Warp& warp, const Op& op, std::uint32_t mask) {
  T value;
  const std::vector<std::byte>& parameters = warp.block->grid->parameters;
  if (op.immediate > parameters.size() || sizeof value > parameters.size() - op.immediate) {
    load_elements<T, T>(warp, op, mask);  // which raises the fault
    return;
  }
  std::memcpy(&value, parameters.data() + op.immediate, sizeof value);
  T* d = destination<T>(warp, op.d);
  if (mask == all_lanes) {
    for (int lane = 0; lane < warp_size; ++lane) d[lane] = value;
  } else {
    for (; mask != 0; mask &= mask - 1) d[std::countr_zero(mask)] = value;
  }
}

template <class Signed, class Unsigned, bool load>
Handler by_register(const Access& access) {
  using s16 = std::int16_t;
  using s32 = std::int32_t;
  using s64 = std::int64_t;
  if constexpr (load) {
    switch (access.register_log2) {
      case 1:
        if constexpr (sizeof(Signed) <= 2)
          return access.sign_extend ? load_elements<s16, Signed> : load_elements<s16, Unsigned>;
        return nullptr;
      case 2:
        if constexpr (sizeof(Signed) <= 4)
          return access.sign_extend ? load_elements<s32, Signed> : load_elements<s32, Unsigned>;
        return nullptr;
      default:
        return access.sign_extend ? load_elements<s64, Signed> : load_elements<s64, Unsigned>;
    }
  } else {
    switch (access.register_log2) {
      case 1:
        if constexpr (sizeof(Signed) <= 2) return store_elements<s16, Unsigned>;
        return nullptr;
      case 2:
        if constexpr (sizeof(Signed) <= 4) return store_elements<s32, Unsigned>;
        return nullptr;
      default:
        return store_elements<s64, Unsigned>;
    }
  }
}

template <bool load>
Handler by_element(const Access& access) {
  switch (access.element_log2) {
    case 0:
      return by_register<std::int8_t, std::uint8_t, load>(access);
    case 1:
      return by_register<std::int16_t, std::uint16_t, load>(access);
    case 2:
      return by_register<std::int32_t, std::uint32_t, load>(access);
    default:
      return by_register<std::int64_t, std::uint64_t, load>(access);
  }
}

}  // namespace

Handler select_load(const Access& access) {
  if (memcheck_enabled()) return by_element<true>(access);
  const bool same = access.element_log2 == access.register_log2 && access.count == 1;
  const bool global = access.place == Place::global || access.place == Place::generic;
  if (same && global && access.address_width == 8 && !access.ordered) {
    if (access.element_log2 == 1) return load_global<std::uint16_t>;
    if (access.element_log2 == 2) return load_global<std::uint32_t>;
    if (access.element_log2 == 3) return load_global<std::uint64_t>;
  }
  if (same && access.place == Place::shared && access.address_width == 4 && !access.ordered) {
    if (access.element_log2 == 2) return load_shared<std::uint32_t>;
    if (access.element_log2 == 3) return load_shared<std::uint64_t>;
  }
  if (same && access.place == Place::kernel_param && access.address_width == 0) {
    if (access.element_log2 == 1) return load_kernel_param<std::uint16_t>;
    if (access.element_log2 == 2) return load_kernel_param<std::uint32_t>;
    if (access.element_log2 == 3) return load_kernel_param<std::uint64_t>;
  }
  return by_element<true>(access);
}

Handler select_store(const Access& access) {
  if (memcheck_enabled()) return by_element<false>(access);
  const bool same = access.element_log2 == access.register_log2 && access.count == 1;
  const bool global = access.place == Place::global || access.place == Place::generic;
  if (same && global && access.address_width == 8 && !access.ordered) {
    if (access.element_log2 == 1) return store_global<std::uint16_t>;
    if (access.element_log2 == 2) return store_global<std::uint32_t>;
    if (access.element_log2 == 3) return store_global<std::uint64_t>;
  }
  return by_element<false>(access);
}

}  // namespace vgpu::softdevice::exec
