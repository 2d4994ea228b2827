#include "host_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vgpu/calls/context.hpp>
#include <vgpu/calls/memory.hpp>

#include "captured_memory.hpp"
#include "mirrored_memory.hpp"
#include "vgpu/guest/core.hpp"
#include "vgpu/support/mapping.hpp"
#include "vgpu/support/unique_fd.hpp"

namespace vgpu::guest {
namespace {

constexpr std::uint64_t page = 4096;

constexpr std::uint64_t page_down(std::uint64_t value) {
  return value / page * page;
}
constexpr std::uint64_t page_up(std::uint64_t value) {
  return (value + page - 1) / page * page;
}

/// The whole pages of registered memory that lie on a memfd.
struct SharedPages {
  std::uint64_t begin = 0;
  std::uint64_t bytes = 0;
  support::UniqueFd descriptor;
};

struct HostMemory {
  std::mutex mutex;
  memory::WindowAllocator places;
  bool places_known = false;
  std::map<std::uint64_t, SharedPages> registered;  // by the address that was registered
};

// Never destroyed, as the program may use its memory until the end.
HostMemory& host_memory() {
  static auto* const state = new HostMemory;
  return *state;
}

memory::WindowAllocator& places() {
  HostMemory& state = host_memory();
  const std::lock_guard lock(state.mutex);
  if (!state.places_known) {
    state.places.reset(session()->window().begin(), session()->window().size());
    state.places_known = true;
  }
  return state.places;
}

bool shares_memory() {
  return session()->has(feature::shared_host_memory | feature::descriptors) &&
         static_cast<bool>(session()->window());
}

/// A file in memory that cannot shrink, so that neither side can take it from under the other.
support::UniqueFd make_memfd(std::uint64_t bytes) {
  support::UniqueFd file(::memfd_create("vgpu-host-memory", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0 ||
      ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
    log(LogLevel::warn, "no shared memory for ", bytes, " bytes: ", std::strerror(errno));
    return {};
  }
  return file;
}

std::uint64_t current_context_id() {
  const Context* context = current_context();
  return context != nullptr ? context->id : 0;
}
int current_device() {
  const Context* context = current_context();
  return context != nullptr ? context->device : -1;
}

void remember(std::uint64_t address, std::uint64_t bytes, RangeKind kind, std::uint32_t flags,
              std::uint64_t alias = 0) {
  RangeAttributes attributes;
  attributes.kind = kind;
  attributes.flags = flags;
  attributes.device = current_device();
  attributes.context = current_context_id();
  attributes.tag = alias;
  remember_memory(address, bytes, attributes);
}

CUresult allocate_plain(std::uint64_t bytes, std::uint32_t flags, std::uint64_t& address) {
  void* memory =
      ::mmap(nullptr, page_up(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return CUDA_ERROR_OUT_OF_MEMORY;
  static std::atomic<bool> said{false};
  if (!said.exchange(true)) {
    log(LogLevel::warn,
        "the host cannot map pinned memory at the guest's addresses: pinned memory "
        "is ordinary memory here and kernels cannot reach it");
  }
  address = reinterpret_cast<std::uint64_t>(memory);
  remember(address, bytes, RangeKind::pinned, flags | range_flag::plain);
  return CUDA_SUCCESS;
}

/// What /proc/self/maps says of a range.
struct MapsAnswer {
  bool mapped = false;    ///< all of it is mapped and readable
  bool writable = false;  ///< all of it
  bool movable = false;   ///< all of it is private, writable, of ordinary pages and no stack
};

MapsAnswer examine(std::uint64_t begin, std::uint64_t end) {
  MapsAnswer answer;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> maps(std::fopen("/proc/self/maps", "re"),
                                                             &std::fclose);
  if (maps == nullptr) return answer;
  answer = {true, true, true};
  const auto here = reinterpret_cast<std::uint64_t>(__builtin_frame_address(0));
  std::uint64_t covered = begin;
  char* line = nullptr;
  std::size_t room = 0;
  while (covered<end&& ::getline(&line, &room, maps.get())> 0) {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    char rights[5] = {};
    int name_at = 0;
    if (std::sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*s %*s %*s %n", &from, &to, rights,
                    &name_at) < 3) {
      continue;
    }
    if (to <= covered) continue;
    if (from > covered) break;
    const char* name = line + name_at;
    const bool writable = rights[0] == 'r' && rights[1] == 'w';
    if (rights[0] != 'r') answer.mapped = false;
    if (!writable) answer.writable = false;
    if (!writable || rights[2] == 'x' || rights[3] != 'p' || (here >= from && here < to) ||
        std::strncmp(name, "[stack", 6) == 0 || std::strncmp(name, "[v", 2) == 0 ||
        std::strstr(name, "hugepage") != nullptr) {
      answer.movable = false;
    }
    covered = to;
  }
  std::free(line);
  if (covered < end) answer = {};
  return answer;
}

/// Puts [begin, begin + bytes) onto shared memory with its contents. A program must not write to
/// memory while it registers it, as a write between the copy and the exchange would be lost; that
/// is why only pages that belong to the range alone are moved.
support::UniqueFd move_to_shared(std::uint64_t begin, std::uint64_t bytes) {
  support::UniqueFd file = make_memfd(bytes);
  if (!file) return {};
  {
    auto copy = support::Mapping::map(file.get(), bytes);
    if (!copy) return {};
    std::memcpy(copy->data(), reinterpret_cast<const void*>(begin), bytes);
  }
  if (::mmap(reinterpret_cast<void*>(begin), bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
             file.get(), 0) == MAP_FAILED) {
    return {};
  }
  return file;
}

/// Back to private pages, contents and all, in one step: nobody else writes to the file any more.
void move_to_private(const SharedPages& pages) {
  if (pages.bytes == 0) return;
  if (::mmap(reinterpret_cast<void*>(pages.begin), pages.bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_FIXED, pages.descriptor.get(), 0) == MAP_FAILED) {
    log(LogLevel::warn, "unregistered memory stays shared memory: ", std::strerror(errno));
  }
}

bool overlaps_known(std::uint64_t begin, std::uint64_t bytes, RangeAttributes& known) {
  bool found = false;
  memory_registry().for_each([&](const Range& range) {
    const bool meets =
        range.begin < begin ? begin - range.begin < range.size : range.begin - begin < bytes;
    if (!meets || found) return;
    found = true;
    known = range.attributes;
  });
  return found;
}

/// Undoes what registering did to the guest's side of the memory.
void give_back_registered(const Range& range) {
  remove_mirrors(range.begin, range.size);
  SharedPages pages;
  HostMemory& state = host_memory();
  {
    const std::lock_guard lock(state.mutex);
    const auto known = state.registered.find(range.begin);
    if (known != state.registered.end()) {
      pages = std::move(known->second);
      state.registered.erase(known);
    }
  }
  move_to_private(pages);
}

}  // namespace

CUresult allocate_host_memory(std::uint64_t bytes, RangeKind kind, std::uint32_t flags,
                              std::uint64_t& address, const HostMap& map_on_host) {
  const memory::AddressWindow& window = session()->window();
  if (!window) {
    if (kind == RangeKind::pinned) return allocate_plain(bytes, flags, address);
    log(LogLevel::error,
        "managed memory needs addresses that guest and host both have free, and "
        "they found none");
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  if (bytes > window.size()) return CUDA_ERROR_OUT_OF_MEMORY;
  const std::uint64_t whole = page_up(bytes);
  const std::uint64_t place = places().allocate(whole);
  if (place == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  const bool shared = shares_memory();
  support::UniqueFd file;
  bool mapped = false;
  if (shared) {
    file = make_memfd(whole);
    mapped = file && window.map(file.get(), 0, place, whole).ok();
  } else {
    mapped = window.map_private(place, whole).ok();
  }
  CUresult result = CUDA_ERROR_OUT_OF_MEMORY;
  if (mapped) {
    result = map_on_host(place, file.get());
    if (result == CUDA_SUCCESS && !shared && !add_mirror(place, place, bytes)) {
      result = CUDA_ERROR_OUT_OF_MEMORY;
      ReplyOf<calls::MemFreeHost> reply;
      call<calls::MemFreeHost>({.p = place}, reply);
    }
  }
  if (result != CUDA_SUCCESS) {
    if (mapped) static_cast<void>(window.unmap(place, whole).ok());
    places().release(place);
    return result;
  }
  remember(place, bytes, kind, flags);
  address = place;
  return CUDA_SUCCESS;
}

void release_host_memory(const Range& range) {
  remove_mirrors(range.begin, range.size);
  const std::uint64_t whole = page_up(range.size);
  if ((range.attributes.flags & range_flag::plain) != 0) {
    ::munmap(reinterpret_cast<void*>(range.begin), whole);
    return;
  }
  static_cast<void>(session()->window().unmap(range.begin, whole).ok());
  places().release(range.begin);
}

CUresult free_host_memory(const Range& range) {
  if ((range.attributes.flags & range_flag::plain) == 0) {
    ReplyOf<calls::MemFreeHost> reply;
    const CUresult result = call<calls::MemFreeHost>({.p = range.begin}, reply);
    if (result != CUDA_SUCCESS) return result;
  }
  if (!forget_memory(range.begin)) return CUDA_ERROR_INVALID_VALUE;  // another thread was faster
  release_host_memory(range);
  return CUDA_SUCCESS;
}

CUresult register_host_memory(std::uint64_t address, std::uint64_t bytes, unsigned flags) {
  if ((flags & ~known_register_flags) != 0 || bytes > UINT64_MAX - page - address)
    return CUDA_ERROR_INVALID_VALUE;
  if ((flags & CU_MEMHOSTREGISTER_IOMEMORY) != 0) {
    log(LogLevel::error,
        "cuMemHostRegister: I/O memory of this machine cannot be mapped by the "
        "host's device");
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  const bool read_only = (flags & CU_MEMHOSTREGISTER_READ_ONLY) != 0;
  const Device* device = find_device(current_device());
  int can_read = 0;
  if (read_only &&
      (device == nullptr ||
       device->attribute(CU_DEVICE_ATTRIBUTE_READ_ONLY_HOST_REGISTER_SUPPORTED, &can_read) != 0 ||
       can_read == 0)) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  RangeAttributes known;
  if (overlaps_known(address, bytes, known)) {
    return (known.flags & range_flag::registered) != 0 ? CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED
                                                       : CUDA_ERROR_INVALID_VALUE;
  }
  const std::uint64_t end = address + bytes;
  const MapsAnswer all = examine(page_down(address), page_up(end));
  if (!all.mapped) return CUDA_ERROR_INVALID_VALUE;
  if (!all.writable && !read_only) {
    log(LogLevel::error, "cuMemHostRegister: the memory is read-only and the flags do not say so");
    return CUDA_ERROR_INVALID_VALUE;
  }

  SharedPages pages;
  const std::uint64_t inner = page_up(address);
  const std::uint64_t inner_end = page_down(end);
  if (shares_memory() && inner < inner_end && examine(inner, inner_end).movable) {
    pages.descriptor = move_to_shared(inner, inner_end - inner);
    if (pages.descriptor) {
      pages.begin = inner;
      pages.bytes = inner_end - inner;
    }
  }
  if (pages.bytes == 0 && bytes >= page && shares_memory()) {
    log(LogLevel::info, "cuMemHostRegister: ", bytes, " bytes at ", Hex{address},
        " cannot be moved onto shared memory; they are kept alike by copying");
  }

  calls::MemHostRegister::Request request;
  request.p = address;
  request.bytesize = bytes;
  request.flags = flags;
  request.sharedOffset = pages.bytes != 0 ? pages.begin - page_down(address) : 0;
  request.sharedBytes = pages.bytes;
  ReplyOf<calls::MemHostRegister> reply;
  CUresult result = call<calls::MemHostRegister>(request, reply, {},
                                                 pages.bytes != 0 ? pages.descriptor.get() : -1);
  if (result != CUDA_SUCCESS) {
    move_to_private(pages);
    return result;
  }
  const std::uint64_t host = reply.value.address;
  bool kept = true;
  if (pages.bytes == 0) {
    kept =
        add_mirror(address, host, bytes, all.writable ? MirrorKind::plain : MirrorKind::read_only);
  } else {
    kept = add_mirror(address, host, pages.begin - address) &&
           add_mirror(inner_end, host + (inner_end - address), end - inner_end);
  }
  if (!kept) {
    remove_mirrors(address, bytes);
    ReplyOf<calls::MemHostUnregister> undone;
    call<calls::MemHostUnregister>({.p = host}, undone);
    move_to_private(pages);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  remember(address, bytes, RangeKind::pinned, flags | range_flag::registered,
           host == address ? 0 : host);
  HostMemory& state = host_memory();
  const std::lock_guard lock(state.mutex);
  state.registered[address] = std::move(pages);
  return CUDA_SUCCESS;
}

CUresult unregister_host_memory(std::uint64_t address) {
  const Range range = find_memory(address);
  if (!range) return CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
  if (range.begin != address || range.attributes.kind != RangeKind::pinned ||
      (range.attributes.flags & range_flag::registered) == 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const std::uint64_t host = host_address(range, address);
  // What the device has written to memory that is not shared would otherwise be lost.
  if (detail::mirrored_regions.load(std::memory_order_relaxed) != 0) {
    CUresult seen = CUDA_SUCCESS;
    // Waiting would end the captures that are going on, whosoever they are.
    if (!capture_active()) {
      ReplyOf<calls::CtxSynchronize> waited;
      seen = call<calls::CtxSynchronize>({.ctx = current_context_id()}, waited);
    }
    if (seen == CUDA_SUCCESS) seen = mirror_in();
    if (seen != CUDA_SUCCESS) return seen;
  }
  ReplyOf<calls::MemHostUnregister> reply;
  const CUresult result = call<calls::MemHostUnregister>({.p = host}, reply);
  if (result != CUDA_SUCCESS) return result;
  if (!forget_memory(address)) return CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
  give_back_registered(range);
  return CUDA_SUCCESS;
}

void end_host_memory(std::uint64_t context) {
  if (context == 0) return;
  end_captured_memory(context);
  const auto ended = memory_registry().erase_if([context](const Range& range) {
    return range.attributes.context == context && (range.attributes.kind == RangeKind::pinned ||
                                                   range.attributes.kind == RangeKind::managed);
  });
  for (const Range& range : ended) {
    if ((range.attributes.flags & range_flag::registered) != 0) {
      give_back_registered(range);
    } else {
      remove_mirrors(range.begin, range.size);
    }
  }
}

}  // namespace vgpu::guest
