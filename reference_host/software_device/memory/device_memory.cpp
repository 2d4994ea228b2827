#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>

#include "reference_host/software_device/engine.hpp"

namespace vgpu::softdevice {

namespace {

constexpr std::size_t minimum_alignment = 512;
#if defined(__SANITIZE_THREAD__)
// The sanitizer leaves a program no more than 1.5 TiB, of which Linux skips up to one.
constexpr std::size_t preferred_arena = std::size_t{1} << 36;
#else
constexpr std::size_t preferred_arena = std::size_t{1} << 40;
#endif

std::size_t page_size() {
  static const std::size_t size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

constexpr std::size_t round_up(std::size_t value, std::size_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

bool is_power_of_two(std::size_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}

/// Free address space, kept both by address (to merge neighbours) and by size (best fit).
class FreeSpace {
 public:
  void add(std::uintptr_t begin, std::size_t size) {
    auto next = by_address_.lower_bound(begin);
    if (next != by_address_.begin()) {
      auto previous = std::prev(next);
      if (previous->first + previous->second == begin) {
        begin = previous->first;
        size += previous->second;
        erase(previous);
      }
    }
    if (next != by_address_.end() && begin + size == next->first) {
      size += next->second;
      erase(next);
    }
    by_address_.emplace(begin, size);
    by_size_.emplace(size, begin);
  }

  std::uintptr_t take(std::size_t size, std::size_t alignment) {
    for (auto it = by_size_.lower_bound({size, 0}); it != by_size_.end(); ++it) {
      const std::uintptr_t begin = round_up(it->second, alignment);
      const std::size_t skipped = begin - it->second;
      if (skipped <= it->first && it->first - skipped >= size) {
        carve(by_address_.find(it->second), begin, size);
        return begin;
      }
    }
    return 0;
  }

  bool take_at(std::uintptr_t begin, std::size_t size) {
    auto it = by_address_.upper_bound(begin);
    if (it == by_address_.begin()) return false;
    --it;
    const std::size_t skipped = begin - it->first;
    if (skipped > it->second || it->second - skipped < size) return false;
    carve(it, begin, size);
    return true;
  }

 private:
  using Map = std::map<std::uintptr_t, std::size_t>;

  void erase(Map::iterator it) {
    by_size_.erase({it->second, it->first});
    by_address_.erase(it);
  }

  void insert(std::uintptr_t begin, std::size_t size) {
    if (size == 0) return;
    by_address_.emplace(begin, size);
    by_size_.emplace(size, begin);
  }

  void carve(Map::iterator it, std::uintptr_t begin, std::size_t size) {
    const auto [block, block_size] = *it;
    erase(it);
    insert(block, begin - block);
    insert(begin + size, block + block_size - (begin + size));
  }

  Map by_address_;
  std::set<std::pair<std::size_t, std::uintptr_t>> by_size_;
};

}  // namespace

struct DeviceMemory::Impl {
  std::size_t capacity = 0;
  std::uintptr_t arena = 0;
  std::size_t arena_size = 0;
  std::atomic<std::size_t> used{0};
  std::atomic<std::uint64_t> generation{1};
  mutable std::shared_mutex mutex;
  FreeSpace free_space;
  std::map<std::uintptr_t, std::size_t> allocations;   // size as asked for
  std::map<std::uintptr_t, std::size_t> reservations;  // page-rounded
  std::map<std::uintptr_t, std::size_t> ranges;        // allocations and external memory
  std::set<std::uintptr_t> read_only;  // those of `ranges` that kernels must not write to
  struct Shared {
    std::size_t size = 0;
    int file = -1;
  };
  std::map<std::uintptr_t, Shared> shared;

  bool overlaps(std::uintptr_t begin, std::size_t size) const {
    auto next = ranges.lower_bound(begin);
    if (next != ranges.end() && next->first - begin < size) return true;
    if (next == ranges.begin()) return false;
    const auto previous = std::prev(next);
    return begin - previous->first < previous->second;
  }

  /// Makes a range read as zeros again and gives its whole pages back.
  static void discard(std::uintptr_t begin, std::size_t size) {
    const std::uintptr_t end = begin + size;
    const std::uintptr_t first_page = round_up(begin, page_size());
    const std::uintptr_t last_page = end & ~(page_size() - 1);
    if (first_page >= last_page) {
      std::memset(reinterpret_cast<void*>(begin), 0, size);
      return;
    }
    std::memset(reinterpret_cast<void*>(begin), 0, first_page - begin);
    std::memset(reinterpret_cast<void*>(last_page), 0, end - last_page);
    if (::madvise(reinterpret_cast<void*>(first_page), last_page - first_page, MADV_DONTNEED) != 0)
      std::memset(reinterpret_cast<void*>(first_page), 0, last_page - first_page);
  }
};

DeviceMemory::DeviceMemory(std::size_t capacity) : impl_(std::make_unique<Impl>()) {
  // Address space is cheap: more than the capacity, so that fragmentation and reservations never
  // make an allocation fail that fits the capacity.
  const std::size_t least = round_up(std::max(capacity, page_size()), page_size());
  std::size_t size = std::max(preferred_arena, round_up(least, std::size_t{1} << 30) * 4);
  void* base = MAP_FAILED;
  while (true) {
    base = ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base != MAP_FAILED || size / 2 < least) break;
    size = (size / 2) & ~(page_size() - 1);
  }
  if (base == MAP_FAILED) return;
  impl_->capacity = capacity;
  impl_->arena = reinterpret_cast<std::uintptr_t>(base);
  impl_->arena_size = size;
  const std::uintptr_t first = round_up(impl_->arena, std::size_t{2} << 20);
  impl_->free_space.add(first, size - (first - impl_->arena));
}

DeviceMemory::~DeviceMemory() {
  for (const auto& [begin, shared] : impl_->shared) {
    ::munmap(reinterpret_cast<void*>(begin), shared.size);
    ::close(shared.file);
  }
  if (impl_->arena != 0) ::munmap(reinterpret_cast<void*>(impl_->arena), impl_->arena_size);
}

std::uintptr_t DeviceMemory::allocate(std::size_t size, std::size_t alignment, bool read_only) {
  if (size == 0 || size > impl_->capacity || !is_power_of_two(alignment)) return 0;
  alignment = std::max(alignment, minimum_alignment);
  const std::size_t rounded = round_up(size, minimum_alignment);
  std::unique_lock lock(impl_->mutex);
  const std::size_t used = impl_->used.load(std::memory_order_relaxed);
  if (rounded > impl_->capacity - std::min(used, impl_->capacity)) return 0;
  const std::uintptr_t begin = impl_->free_space.take(rounded, alignment);
  if (begin == 0) return 0;
  const std::uintptr_t first_page = begin & ~(page_size() - 1);
  const std::uintptr_t end_page = round_up(begin + rounded, page_size());
  if (::mprotect(reinterpret_cast<void*>(first_page), end_page - first_page,
                 PROT_READ | PROT_WRITE) != 0) {
    impl_->free_space.add(begin, rounded);
    return 0;
  }
  impl_->used.store(used + rounded, std::memory_order_relaxed);
  impl_->allocations.emplace(begin, size);
  impl_->ranges.emplace(begin, size);
  if (read_only) impl_->read_only.insert(begin);
  return begin;
}

std::uintptr_t DeviceMemory::allocate_shared(std::size_t size) {
  // Not where Linux puts programs, libraries, stacks and heaps, nor where sessions share memory.
  constexpr std::uintptr_t least_place = 0x1200'0000'0000;
  constexpr std::uintptr_t places = 0x1800'0000'0000;
  constexpr std::size_t place_unit = std::size_t{2} << 20;
  if (size == 0 || size > impl_->capacity) return 0;
  size = round_up(size, page_size());
  std::unique_lock lock(impl_->mutex);
  const std::size_t used = impl_->used.load(std::memory_order_relaxed);
  if (size > impl_->capacity - std::min(used, impl_->capacity)) return 0;
  std::uint64_t random = 0;
  static_cast<void>(::getentropy(&random, sizeof random));
  auto* const wanted =
      reinterpret_cast<void*>(least_place + random % (places / place_unit) * place_unit);
  const int file = ::memfd_create("vgpu-managed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0) return 0;
  void* begin = MAP_FAILED;
  if (::ftruncate(file, static_cast<off_t>(size)) == 0 &&
      ::fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0) {
    begin = ::mmap(wanted, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  if (begin == MAP_FAILED) {
    ::close(file);
    return 0;
  }
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  impl_->used.store(used + size, std::memory_order_relaxed);
  impl_->shared.emplace(address, Impl::Shared{size, file});
  impl_->ranges.emplace(address, size);
  return address;
}

int DeviceMemory::shared_file(std::uintptr_t address) const noexcept {
  const std::shared_lock lock(impl_->mutex);
  const auto it = impl_->shared.find(address);
  return it == impl_->shared.end() ? -1 : it->second.file;
}

bool DeviceMemory::release(std::uintptr_t address) {
  std::unique_lock lock(impl_->mutex);
  if (const auto shared = impl_->shared.find(address); shared != impl_->shared.end()) {
    impl_->ranges.erase(address);
    impl_->generation.fetch_add(1, std::memory_order_release);
    impl_->used.fetch_sub(shared->second.size, std::memory_order_relaxed);
    ::munmap(reinterpret_cast<void*>(address), shared->second.size);
    ::close(shared->second.file);
    impl_->shared.erase(shared);
    return true;
  }
  const auto it = impl_->allocations.find(address);
  if (it == impl_->allocations.end()) return false;
  const std::size_t rounded = round_up(it->second, minimum_alignment);
  impl_->allocations.erase(it);
  impl_->ranges.erase(address);
  impl_->read_only.erase(address);
  impl_->generation.fetch_add(1, std::memory_order_release);
  Impl::discard(address, rounded);
  impl_->free_space.add(address, rounded);
  impl_->used.fetch_sub(rounded, std::memory_order_relaxed);
  return true;
}

std::uintptr_t DeviceMemory::reserve(std::size_t size, std::size_t alignment, std::uintptr_t hint) {
  if (size == 0 || size > impl_->arena_size) return 0;
  if (alignment == 0) alignment = page_size();
  if (!is_power_of_two(alignment)) return 0;
  alignment = std::max(alignment, page_size());
  size = round_up(size, page_size());
  std::unique_lock lock(impl_->mutex);
  std::uintptr_t begin = 0;
  if (hint != 0 && hint % alignment == 0 && impl_->free_space.take_at(hint, size)) begin = hint;
  if (begin == 0) begin = impl_->free_space.take(size, alignment);
  if (begin == 0) return 0;
  impl_->reservations.emplace(begin, size);
  return begin;
}

bool DeviceMemory::unreserve(std::uintptr_t address, std::size_t size) {
  std::unique_lock lock(impl_->mutex);
  const auto it = impl_->reservations.find(address);
  if (it == impl_->reservations.end() || round_up(size, page_size()) != it->second) return false;
  if (impl_->overlaps(address, it->second)) return false;
  // Whatever was mapped there is dropped; what comes next finds untouched, zero pages.
  if (::mmap(reinterpret_cast<void*>(address), it->second, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
    return false;
  impl_->free_space.add(address, it->second);
  impl_->reservations.erase(it);
  return true;
}

bool DeviceMemory::add_external(Range range) {
  if (range.size == 0 || range.begin == 0 || range.size > UINTPTR_MAX - range.begin) return false;
  std::unique_lock lock(impl_->mutex);
  if (impl_->overlaps(range.begin, range.size)) return false;
  impl_->ranges.emplace(range.begin, range.size);
  return true;
}

bool DeviceMemory::remove_external(std::uintptr_t begin) {
  std::unique_lock lock(impl_->mutex);
  if (impl_->allocations.count(begin) != 0 || impl_->ranges.erase(begin) == 0) return false;
  impl_->generation.fetch_add(1, std::memory_order_release);
  return true;
}

DeviceMemory::Range DeviceMemory::find(std::uintptr_t address, std::size_t size) const noexcept {
  struct LastHit {
    const Impl* owner = nullptr;
    std::uint64_t generation = 0;
    Range range;
  };
  static thread_local LastHit last;
  const std::size_t wanted = std::max<std::size_t>(size, 1);
  const std::uint64_t generation = impl_->generation.load(std::memory_order_acquire);
  const auto contains = [&](const Range& range) {
    const std::size_t offset = address - range.begin;
    return offset < range.size && range.size - offset >= wanted;
  };
  if (last.owner == impl_.get() && last.generation == generation && contains(last.range))
    return last.range;
  std::shared_lock lock(impl_->mutex);
  auto it = impl_->ranges.upper_bound(address);
  if (it == impl_->ranges.begin()) return {};
  --it;
  const Range range{it->first, it->second, impl_->read_only.count(it->first) != 0};
  if (!contains(range)) return {};
  last = {impl_.get(), impl_->generation.load(std::memory_order_relaxed), range};
  return range;
}

std::uint64_t DeviceMemory::generation() const noexcept {
  return impl_->generation.load(std::memory_order_acquire);
}

std::size_t DeviceMemory::capacity() const noexcept {
  return impl_->capacity;
}

std::size_t DeviceMemory::free_bytes() const noexcept {
  return impl_->capacity - std::min(impl_->capacity, impl_->used.load(std::memory_order_relaxed));
}

}  // namespace vgpu::softdevice
