#pragma once

/// \file
/// The library that executes the calls: anything shaped like CUDA's driver.

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vgpu/driver_table.hpp>

#include "vgpu/call/cuda_types.hpp"
#include "vgpu/support/result.hpp"

namespace vgpu::host {

/// A backend library, loaded for the rest of the process: drivers start threads and register exit
/// handlers, and do not survive dlclose.
class Backend {
 public:
  /// Loads the library at `path` (or one that the loader finds under that name), and looks its
  /// functions up. Runs none of them. Errors, in words: it cannot be loaded, it is no CUDA driver,
  /// or it is vgpu's own guest library.
  ///
  /// RTLD_NOW so that a library with unresolved symbols fails here and not in some call. RTLD_LOCAL
  /// so that its symbols serve nobody else. Not RTLD_DEEPBIND: the program exports no symbols that
  /// could take a library's place, DEEPBIND would cut the library off from a preloaded allocator,
  /// and the sanitizers refuse it.
  static support::Result<Backend> open(const std::string& path) {
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      const char* reason = ::dlerror();
      return support::Error{"cannot load the backend library " + path + ": " +
                            (reason == nullptr ? "no reason given" : reason)};
    }
    Backend backend;
    backend.path_ = path;
    link_map* map = nullptr;
    if (::dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 && map != nullptr) {
      if (map->l_name != nullptr && map->l_name[0] != '\0') backend.path_ = map->l_name;
      if (is_guest_library(*map)) {
        ::dlclose(library);
        return support::Error{
            "the backend library " + backend.path_ +
            " is vgpu's own guest library, which would send every call back here; name the vendor's"
            " libcuda.so.1 with --driver, or take vgpu's folder out of LD_LIBRARY_PATH"};
      }
    }
    backend.table_.load(library);
    if (const char* missing = backend.missing_function(); missing != nullptr) {
      ::dlclose(library);
      return support::Error{"the backend library " + backend.path_ +
                            " is no CUDA driver: it has no " + missing};
    }
    return backend;
  }

  /// Initialises the driver (cuInit). Errors, in words: what the driver returned, or no device.
  support::Result<void> initialise() {
    if (const CUresult result = table_.cuInit(0); result != CUDA_SUCCESS) {
      return support::Error{"cuInit of " + path_ + " returned " + describe(result),
                            static_cast<int>(result)};
    }
    if (const CUresult result = table_.cuDriverGetVersion(&driver_version_);
        result != CUDA_SUCCESS) {
      return support::Error{"cuDriverGetVersion of " + path_ + " returned " + describe(result),
                            static_cast<int>(result)};
    }
    if (const CUresult result = table_.cuDeviceGetCount(&device_count_); result != CUDA_SUCCESS) {
      return support::Error{"cuDeviceGetCount of " + path_ + " returned " + describe(result),
                            static_cast<int>(result)};
    }
    if (device_count_ <= 0) return support::Error{path_ + " has no device"};
    return {};
  }

  const DriverTable& table() const noexcept { return table_; }
  /// Where the library lies.
  const std::string& path() const noexcept { return path_; }
  /// As cuDriverGetVersion counts; 0 before `initialise`.
  int driver_version() const noexcept { return driver_version_; }
  int device_count() const noexcept { return device_count_; }

  /// "2 (CUDA_ERROR_OUT_OF_MEMORY)".
  std::string describe(CUresult result) const {
    std::string text = std::to_string(static_cast<int>(result));
    const char* name = nullptr;
    if (table_.cuGetErrorName != nullptr && table_.cuGetErrorName(result, &name) == CUDA_SUCCESS &&
        name != nullptr) {
      text += std::string(" (") + name + ")";
    }
    return text;
  }

 private:
  Backend() = default;

  const char* missing_function() const noexcept {
    if (table_.cuInit == nullptr) return "cuInit";
    if (table_.cuDriverGetVersion == nullptr) return "cuDriverGetVersion";
    if (table_.cuDeviceGetCount == nullptr) return "cuDeviceGetCount";
    if (table_.cuCtxSetCurrent == nullptr) return "cuCtxSetCurrent";
    return nullptr;
  }

  /// Whether the library carries the note of support/guest_note.hpp.
  static bool is_guest_library(const link_map& map) {
    struct Search {
      ElfW(Addr) base;
      const void* dynamic;
      bool found = false;
    } search{map.l_addr, map.l_ld, false};
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* data) {
          auto& wanted = *static_cast<Search*>(data);
          if (info->dlpi_addr != wanted.base) return 0;
          bool same = false;
          for (int i = 0; i < info->dlpi_phnum; ++i) {
            const auto& header = info->dlpi_phdr[i];
            const auto* begin = reinterpret_cast<const void*>(info->dlpi_addr + header.p_vaddr);
            if (header.p_type == PT_DYNAMIC && begin == wanted.dynamic) same = true;
          }
          if (!same) return 0;
          for (int i = 0; i < info->dlpi_phnum; ++i) {
            const auto& header = info->dlpi_phdr[i];
            if (header.p_type != PT_NOTE) continue;
            const auto* notes =
                reinterpret_cast<const std::byte*>(info->dlpi_addr + header.p_vaddr);
            if (has_guest_note(notes, header.p_memsz, header.p_align)) wanted.found = true;
          }
          return 1;
        },
        &search);
    return search.found;
  }

  static bool has_guest_note(const std::byte* notes, std::size_t size, std::size_t alignment) {
    constexpr std::string_view owner("vgpu\0", 5);
    constexpr std::uint32_t guest_type = 1;
    const std::size_t unit = alignment == 8 ? 8 : 4;
    while (size >= sizeof(ElfW(Nhdr))) {
      ElfW(Nhdr) header;
      std::memcpy(&header, notes, sizeof header);
      notes += sizeof header;
      size -= sizeof header;
      const std::size_t name = (std::size_t{header.n_namesz} + unit - 1) / unit * unit;
      const std::size_t contents = (std::size_t{header.n_descsz} + unit - 1) / unit * unit;
      if (name > size) return false;
      if (header.n_type == guest_type && header.n_namesz == owner.size() &&
          std::memcmp(notes, owner.data(), owner.size()) == 0) {
        return true;
      }
      if (contents > size - name) return false;
      notes += name + contents;
      size -= name + contents;
    }
    return false;
  }

  std::string path_;
  DriverTable table_;
  int driver_version_ = 0;
  int device_count_ = 0;
};

}  // namespace vgpu::host
