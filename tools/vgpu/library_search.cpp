#include "library_search.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string_view>
#include <system_error>

namespace vgpu::tool {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> split(const std::string& list, std::string_view separators) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find_first_of(separators, begin), list.size());
    parts.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool usable(const fs::path& library) {
  std::error_code ignored;
  return fs::is_regular_file(library, ignored) && ElfFile::open(library).ok();
}

struct CacheEntry {
  std::string name;
  fs::path path;
};

/// The linker's cache, as `ldconfig -p` prints it:
///   libc.so.6 (libc6,x86-64) => /lib/x86_64-linux-gnu/libc.so.6
std::vector<CacheEntry> read_cache() {
  std::vector<CacheEntry> entries;
  const char* const program = ::access("/sbin/ldconfig", X_OK) == 0
                                  ? "/sbin/ldconfig -p 2>/dev/null"
                                  : "ldconfig -p 2>/dev/null";
  const auto close = [](std::FILE* stream) { ::pclose(stream); };
  const std::unique_ptr<std::FILE, decltype(close)> stream(::popen(program, "re"), close);
  if (!stream) return entries;
  char* line = nullptr;
  std::size_t capacity = 0;
  while (::getline(&line, &capacity, stream.get()) > 0) {
    const std::string_view text(line);
    const std::size_t name = text.find_first_not_of(" \t");
    const std::size_t kind = text.find(" (", name);
    const std::size_t arrow = text.find(" => ", kind);
    if (name == text.npos || kind == text.npos || arrow == text.npos) continue;
    if (text.substr(kind, arrow - kind).find("x86-64") == text.npos) continue;
    std::string_view path = text.substr(arrow + 4);
    path = path.substr(0, path.find('\n'));
    entries.push_back({std::string(text.substr(name, kind - name)), fs::path(path)});
  }
  std::free(line);
  return entries;
}

const std::vector<CacheEntry>& cache() {
  static const std::vector<CacheEntry> entries = read_cache();
  return entries;
}

}  // namespace

LibrarySearch::LibrarySearch(const Environment& environment, const ElfFile* program) {
  for (const std::string& library : split(environment.get("LD_PRELOAD"), ": ")) {
    if (!library.empty()) preloaded_.push_back({library, "LD_PRELOAD names it"});
  }
  const auto add = [](std::vector<Folder>& folders, const std::string& list,
                      const std::string& of) {
    if (list.empty()) return;
    int number = 0;
    for (const std::string& folder : split(list, ":;")) {
      folders.push_back({folder.empty() ? fs::path(".") : fs::path(folder),
                         "folder " + std::to_string(++number) + " of " + of});
    }
  };
  if (program != nullptr && program->runpath().empty()) {
    add(rpath_, program->rpath(), "the program's RPATH");
  }
  add(library_path_, environment.get("LD_LIBRARY_PATH"), "LD_LIBRARY_PATH");
  if (program != nullptr) add(runpath_, program->runpath(), "the program's RUNPATH");
}

std::vector<LibrarySearch::Found> LibrarySearch::find_all(const std::string& name,
                                                          const ElfFile* from) const {
  std::vector<Found> found;
  const auto consider = [&](const fs::path& path, const std::string& because) {
    if (!usable(path)) return;
    const auto same = [&](const Found& other) {
      std::error_code ignored;
      return fs::equivalent(other.path, path, ignored);
    };
    if (std::none_of(found.begin(), found.end(), same)) {
      found.push_back({fs::absolute(path).lexically_normal(), because});
    }
  };
  const auto consider_folders = [&](const std::vector<Folder>& folders) {
    for (const Folder& folder : folders) consider(folder.path / name, folder.because);
  };
  for (const Found& preloaded : preloaded_) {
    const auto library = ElfFile::open(preloaded.path);
    if (library && library->soname() == name) consider(preloaded.path, preloaded.because);
  }
  consider_folders(rpath_);
  consider_folders(library_path_);
  if (from == nullptr) {
    consider_folders(runpath_);
  } else if (!from->runpath().empty()) {
    for (const std::string& folder : split(from->runpath(), ":")) {
      consider(fs::path(folder) / name, "the RUNPATH of " + from->path().string());
    }
  }
  for (const CacheEntry& entry : cache()) {
    if (entry.name == name) consider(entry.path, "the cache of ldconfig");
  }
  for (const char* folder : {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64",
                             "/usr/lib64", "/lib", "/usr/lib"}) {
    consider(fs::path(folder) / name, "a folder where the linker always looks");
  }
  return found;
}

std::optional<LibrarySearch::Found> LibrarySearch::find(const std::string& name,
                                                        const ElfFile* from) const {
  std::vector<Found> all = find_all(name, from);
  if (all.empty()) return std::nullopt;
  return std::move(all.front());
}

DriverLibrary identify_driver_library(const ElfFile& library) {
  // Only our guest asks the environment for this name.
  if (library.contains("VGPU_HOST")) return DriverLibrary::ours;
  // The toolkit's stub is about 100 KB of functions that do nothing; a driver is tens of megabytes.
  constexpr std::size_t largest_stub = 1 << 20;
  return library.bytes().size() < largest_stub ? DriverLibrary::stub : DriverLibrary::vendor;
}

}  // namespace vgpu::tool
