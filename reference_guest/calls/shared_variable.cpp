#include "shared_variable.hpp"

#include <sys/mman.h>

#include <iterator>
#include <map>
#include <mutex>
#include <utility>

#include "mirrored_memory.hpp"
#include "vgpu/guest/core.hpp"
#include "vgpu/support/mapping.hpp"

namespace vgpu::guest {
namespace {

constexpr std::uint64_t page = 4096;

/// Memory of the host's, mapped whole.
struct Mapped {
  std::uint64_t owner = 0;
  support::Mapping mapping;
};

struct Copied {
  std::uint64_t owner = 0;
  std::uint64_t bytes = 0;
};

struct SharedVariables {
  std::mutex mutex;
  std::map<std::uint64_t, Mapped> mapped;           // by address
  std::map<std::uint64_t, Copied> copied;           // by address
  std::map<std::uint64_t, support::Mapping> pages;  // under what is copied; kept for what follows
};

// Never destroyed, as the program may use its memory until the end.
SharedVariables& shared_variables() {
  static auto* const all = new SharedVariables;
  return *all;
}

void* place(std::uint64_t address) noexcept {
  return reinterpret_cast<void*>(address);
}

CUresult taken(std::uint64_t address, std::string_view reason) noexcept {
  log(LogLevel::error, "a __managed__ variable lies at ", Hex{address},
      " on the host, where this process has something else (", reason,
      "); use cudaMallocManaged, or start the program again");
  return CUDA_ERROR_NOT_SUPPORTED;
}

CUresult map_file(SharedVariables& all, std::uint64_t owner, std::uint64_t begin,
                  std::uint64_t bytes, int file) {
  if (all.mapped.count(begin) != 0) return CUDA_SUCCESS;
  auto mapping = support::Mapping::map(file, bytes, PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_FIXED_NOREPLACE, 0, place(begin));
  if (!mapping) return taken(begin, mapping.message());
  all.mapped.emplace(begin, Mapped{owner, std::move(*mapping)});
  return CUDA_SUCCESS;
}

CUresult copy_alike(SharedVariables& all, std::uint64_t owner, std::uint64_t begin,
                    std::uint64_t bytes) {
  if (all.copied.count(begin) != 0) return CUDA_SUCCESS;
  for (std::uint64_t at = begin / page * page; at < begin + bytes; at += page) {
    if (all.pages.count(at) != 0) continue;
    auto mapping =
        support::Mapping::map(-1, page, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, 0, place(at));
    if (!mapping) return taken(at, mapping.message());
    all.pages.emplace(at, std::move(*mapping));
  }
  std::memset(place(begin), 0, bytes);
  if (!add_mirror(begin, begin, bytes)) return CUDA_ERROR_OUT_OF_MEMORY;
  all.copied.emplace(begin, Copied{owner, bytes});
  return mirror_in();
}

}  // namespace

CUresult share_variable(std::uint64_t owner, std::uint64_t begin, std::uint64_t bytes,
                        const support::UniqueFd& file) {
  constexpr std::uint64_t user_space_end = std::uint64_t{1} << 47;
  if (begin < page || bytes == 0 || begin >= user_space_end || bytes > user_space_end - begin ||
      (file && (begin % page != 0 || bytes % page != 0))) {
    return CUDA_ERROR_UNKNOWN;
  }
  SharedVariables& all = shared_variables();
  const std::lock_guard lock(all.mutex);
  return file ? map_file(all, owner, begin, bytes, file.get())
              : copy_alike(all, owner, begin, bytes);
}

void end_shared_variables(std::uint64_t owner) noexcept {
  SharedVariables& all = shared_variables();
  const std::lock_guard lock(all.mutex);
  std::erase_if(all.mapped, [owner](const auto& entry) { return entry.second.owner == owner; });
  std::erase_if(all.copied, [owner](const auto& entry) {
    if (entry.second.owner != owner) return false;
    remove_mirrors(entry.first, entry.second.bytes);
    return true;
  });
}

}  // namespace vgpu::guest
