#include "reference_host/software_device/exec/memory_access.hpp"

#include <cstdio>

namespace vgpu::softdevice::exec {

namespace {

std::string hexadecimal(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::byte* out_of_bounds(Warp& warp, const Op& op, int lane, std::uint64_t address,
                         std::size_t size, const char* space) {
  raise_fault(warp, op, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
              "access of " + std::to_string(size) + " bytes at " + hexadecimal(address) +
                  " is outside " + space);
  return nullptr;
}

std::byte* find_bytes(Warp& warp, const Op& op, Place place, int lane, std::uint64_t address,
                      std::size_t size, bool writes) {
  if (place == Place::generic && address >= shared_window) {
    const std::uint64_t window = address & ~(window_size - 1);
    if (window == shared_window) place = Place::shared;
    if (window == local_window) place = Place::local;
    if (window == param_window) place = Place::kernel_param;
    address &= window_size - 1;
    if (place == Place::generic)
      return out_of_bounds(warp, op, lane, address | window, size, "device memory");
  }
  if (address % size != 0 && (size & (size - 1)) == 0) {
    raise_fault(warp, op, lane, CUDA_ERROR_MISALIGNED_ADDRESS,
                "access of " + std::to_string(size) + " bytes at " + hexadecimal(address) +
                    " is not aligned");
    return nullptr;
  }
  const auto inside = [&](std::uint64_t limit) {
    return address <= limit && size <= limit - address;
  };
  const Block& block = *warp.block;
  const auto index = static_cast<std::size_t>(lane);
  switch (place) {
    case Place::generic:
    case Place::constant:
    case Place::global: {
      DeviceMemory::Range range;
      if (find_range(warp, op, address, size, range) && writes && range.read_only)
        return out_of_bounds(warp, op, lane, address, size,
                             "what a kernel may write: it is constant");
      if (range.size != 0)
        return reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(address));
      return out_of_bounds(warp, op, lane, address, size, "every allocation");
    }
    case Place::shared:
      address &= window_size - 1;
      if (inside(block.shared_size)) return block.shared.data() + address;
      return out_of_bounds(warp, op, lane, address, size, "the block's shared memory");
    case Place::local: {
      address &= window_size - 1;
      const std::size_t stride = block.grid->program->local_stride;
      if (inside(stride)) return warp.local.data() + index * stride + address;
      return out_of_bounds(warp, op, lane, address, size, "the thread's local memory");
    }
    case Place::kernel_param:
      address &= window_size - 1;
      if (inside(block.grid->parameters.size())) return block.grid->parameters.data() + address;
      return out_of_bounds(warp, op, lane, address, size, "the kernel's parameters");
    case Place::frame_param: {
      const std::size_t bytes = warp.frame->function->param_bytes;
      if (inside(bytes)) return warp.frame->params.data() + index * bytes + address;
      return out_of_bounds(warp, op, lane, address, size, "the function's parameters");
    }
  }
  return nullptr;
}

}  // namespace

std::byte* resolve(Warp& warp, const Op& op, Place place, int lane, std::uint64_t address,
                   std::size_t size, bool writes) {
  std::byte* const at = find_bytes(warp, op, place, lane, address, size, writes);
  if (at != nullptr && warp.block->shadow != nullptr) [[unlikely]] {
    std::byte* lanes[warp_size] = {};
    lanes[lane] = at;
    check_touch(warp, op, 1u << lane, size, lanes, Touch::unknown, false);
  }
  return at;
}

std::byte* resolve_generic(Warp& warp, const Op& op, int lane, std::uint64_t address,
                           std::size_t size) {
  return find_bytes(warp, op, Place::generic, lane, address, size, false);
}

namespace {

bool find_lanes(Warp& warp, const Op& op, const Access& access, std::uint32_t mask,
                std::size_t size, std::byte** out, bool writes) {
  LaneAddresses addresses;
  gather_addresses(warp, op, access, addresses);
  if (access.place == Place::global || access.place == Place::generic) {
    // Most often all lanes stay inside one allocation: then one check does for all.
    std::uint64_t low = UINT64_MAX;
    std::uint64_t high = 0;
    std::uint64_t bits = 0;
    for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
      const std::uint64_t address = addresses.at[std::countr_zero(rest)];
      low = address < low ? address : low;
      high = address > high ? address : high;
      bits |= address;
    }
    DeviceMemory::Range range;
    if (high < shared_window && (bits & (size - 1)) == 0 &&
        find_range(warp, op, low, high - low + size, range) && !(writes && range.read_only)) {
      for (int i = 0; i < warp_size; ++i)
        out[i] = reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(addresses.at[i]));
      return true;
    }
  }
  if (access.place == Place::shared) {
    std::uint64_t high = 0;
    std::uint64_t bits = 0;
    for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
      const std::uint64_t address = addresses.at[std::countr_zero(rest)];
      high = address > high ? address : high;
      bits |= address;
    }
    const Block& block = *warp.block;
    if ((bits & (size - 1)) == 0 && high <= block.shared_size && size <= block.shared_size - high) {
      for (int i = 0; i < warp_size; ++i) out[i] = block.shared.data() + addresses.at[i];
      return true;
    }
  }
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    out[lane] = find_bytes(warp, op, access.place, lane, addresses.at[lane], size, writes);
    if (out[lane] == nullptr) return false;
  }
  return true;
}

}  // namespace

bool resolve_lanes(Warp& warp, const Op& op, const Access& access, std::uint32_t mask,
                   std::size_t size, std::byte** out, Touch touch) {
  const bool writes = touch == Touch::store || touch == Touch::atomic;
  if (!find_lanes(warp, op, access, mask, size, out, writes)) return false;
  if (warp.block->shadow != nullptr) [[unlikely]] {
    const bool watched = access.place == Place::generic || access.place == Place::global ||
                         access.place == Place::shared;
    if (watched) check_touch(warp, op, mask, size, out, touch, access.ordered);
  }
  return true;
}

void local_address(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint64_t address = op.immediate + warp.frame->local_base;
  for (; mask != 0; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    if (op.aux == 8)
      destination<std::uint64_t>(warp, op.d)[lane] = address;
    else
      destination<std::uint32_t>(warp, op.d)[lane] = static_cast<std::uint32_t>(address);
  }
}

void is_space(Warp& warp, const Op& op, std::uint32_t mask) {
  const std::uint64_t* a = source<std::uint64_t>(warp, op.a);
  std::uint32_t result = 0;
  for (int lane = 0; lane < warp_size; ++lane) {
    const std::uint64_t window = a[lane] & ~(window_size - 1);
    bool holds = false;
    switch (static_cast<Place>(op.aux)) {
      case Place::shared:
        holds = window == shared_window;
        break;
      case Place::local:
        holds = window == local_window;
        break;
      case Place::kernel_param:
        holds = window == param_window;
        break;
      case Place::constant:
        holds = warp.block->grid->memory->find(a[lane], 1).read_only;
        break;
      default:
        holds = a[lane] < shared_window;
        break;
    }
    result |= static_cast<std::uint32_t>(holds) << lane;
  }
  if (op.d == no_guard) return;
  std::uint32_t& d = predicate(warp, op.d);
  d = (d & ~mask) | (result & mask);
}

void memory_fence(Warp&, const Op&, std::uint32_t) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace vgpu::softdevice::exec
