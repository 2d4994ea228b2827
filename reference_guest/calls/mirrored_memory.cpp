#include "mirrored_memory.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <vector>
#include <vgpu/calls/memory.hpp>

#include "vgpu/guest/core.hpp"
#include "vgpu/support/mapping.hpp"

namespace vgpu::guest {
namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t write_batch = 32 * page;
constexpr std::size_t read_batch = 64 * page;

struct Region {
  std::byte* guest = nullptr;
  std::uint64_t host = 0;
  std::size_t size = 0;
  bool read_only = false;
  support::Mapping twin;
};

struct Mirrors {
  std::mutex mutex;
  std::vector<std::unique_ptr<Region>> regions;
  std::vector<std::byte> buffer;
};

// Never destroyed, as the program may use its memory until the end.
Mirrors& mirrors() {
  static auto* const all = new Mirrors;
  return *all;
}

// The bytes of [begin, end) that differ from the twin, as MirrorWrite wants them.
CUresult send_changes(Region& region, std::size_t begin, std::size_t end,
                      std::vector<std::byte>& buffer) {
  const std::size_t bytes = end - begin;
  buffer.assign(bytes + (bytes + 7) / 8, std::byte{0});
  std::byte* twin = region.twin.data() + begin;
  // One read of the program's memory, which other threads of the program may be writing.
  std::memcpy(buffer.data(), region.guest + begin, bytes);
  std::byte* mask = buffer.data() + bytes;
  for (std::size_t i = 0; i < bytes; ++i) {
    if (buffer[i] != twin[i]) mask[i / 8] |= std::byte{1} << (i % 8);
  }
  const CUresult result = post<calls::MirrorWrite>(
      {.address = region.host + begin, .byteCount = bytes}, {buffer.data(), buffer.size()});
  if (result == CUDA_SUCCESS) std::memcpy(twin, buffer.data(), bytes);
  return result;
}

CUresult send_region(Region& region, std::vector<std::byte>& buffer) {
  std::size_t position = 0;
  while (position < region.size) {
    const std::size_t step = std::min(page, region.size - position);
    if (std::memcmp(region.guest + position, region.twin.data() + position, step) == 0) {
      position += step;
      continue;
    }
    std::size_t end = position + step;
    while (end < region.size && end - position < write_batch) {
      const std::size_t next = std::min(page, region.size - end);
      if (std::memcmp(region.guest + end, region.twin.data() + end, next) == 0) break;
      end += next;
    }
    if (const CUresult result = send_changes(region, position, end, buffer);
        result != CUDA_SUCCESS) {
      return result;
    }
    position = end;
  }
  return CUDA_SUCCESS;
}

CUresult fetch_region(Region& region, std::vector<std::byte>& buffer) {
  buffer.resize(std::min(read_batch, region.size));
  for (std::size_t position = 0; position < region.size;) {
    const std::size_t bytes = std::min(read_batch, region.size - position);
    ReplyOf<calls::MirrorRead> reply;
    std::size_t received = 0;
    const CUresult result =
        call_into<calls::MirrorRead>({.address = region.host + position, .byteCount = bytes}, reply,
                                     {buffer.data(), bytes}, received);
    if (result != CUDA_SUCCESS) return result;
    if (received != bytes) return CUDA_ERROR_UNKNOWN;
    std::byte* guest = region.guest + position;
    std::byte* twin = region.twin.data() + position;
    for (std::size_t at = 0; at < bytes; at += page) {
      const std::size_t step = std::min(page, bytes - at);
      if (std::memcmp(buffer.data() + at, twin + at, step) == 0) continue;
      for (std::size_t i = at; i < at + step; ++i) {
        if (buffer[i] == twin[i]) continue;
        guest[i] = twin[i] = buffer[i];
      }
    }
    position += bytes;
  }
  return CUDA_SUCCESS;
}

}  // namespace

namespace detail {

CUresult mirror_out_slow() noexcept {
  try {
    Mirrors& all = mirrors();
    const std::lock_guard lock(all.mutex);
    for (const auto& region : all.regions) {
      const CUresult result = send_region(*region, all.buffer);
      if (result != CUDA_SUCCESS) return result;
    }
    return CUDA_SUCCESS;
  } catch (...) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
}

CUresult mirror_in_slow() noexcept {
  try {
    Mirrors& all = mirrors();
    const std::lock_guard lock(all.mutex);
    for (const auto& region : all.regions) {
      if (region->read_only) continue;
      const CUresult result = fetch_region(*region, all.buffer);
      if (result != CUDA_SUCCESS) return result;
    }
    return CUDA_SUCCESS;
  } catch (...) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
}

}  // namespace detail

bool add_mirror(std::uint64_t address, std::uint64_t host_address, std::uint64_t size,
                bool read_only) {
  if (size == 0) return true;
  auto twin = support::Mapping::anonymous(size);
  if (!twin) return false;
  auto region = std::make_unique<Region>();
  region->guest = reinterpret_cast<std::byte*>(address);
  region->host = host_address;
  region->size = size;
  region->read_only = read_only;
  region->twin = std::move(*twin);
  Mirrors& all = mirrors();
  const std::lock_guard lock(all.mutex);
  all.regions.push_back(std::move(region));
  detail::mirrored_regions.store(static_cast<int>(all.regions.size()), std::memory_order_relaxed);
  return true;
}

void remove_mirrors(std::uint64_t address, std::uint64_t size) {
  if (detail::mirrored_regions.load(std::memory_order_relaxed) == 0) return;
  Mirrors& all = mirrors();
  const std::lock_guard lock(all.mutex);
  std::erase_if(all.regions, [address, size](const std::unique_ptr<Region>& region) {
    const auto begin = reinterpret_cast<std::uint64_t>(region->guest);
    return begin >= address && begin - address < size;
  });
  detail::mirrored_regions.store(static_cast<int>(all.regions.size()), std::memory_order_relaxed);
}

}  // namespace vgpu::guest
