#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "elf_file.hpp"
#include "process.hpp"

namespace vgpu::tool {

/// Where the dynamic linker looks for a library, in its own order (ld.so(8)).
class LibrarySearch {
 public:
  /// \param program  the executable; its RPATH and RUNPATH take part. May be null.
  LibrarySearch(const Environment& environment, const ElfFile* program);

  struct Found {
    std::filesystem::path path;
    std::string because;  ///< "folder 2 of LD_LIBRARY_PATH", "the cache of ldconfig"
  };

  /// Every file of that name on the way, first the one that is loaded.
  /// \param from  the library that asks for it, if not the program: its RUNPATH counts, the
  ///              program's does not
  [[nodiscard]] std::vector<Found> find_all(const std::string& name,
                                            const ElfFile* from = nullptr) const;
  [[nodiscard]] std::optional<Found> find(const std::string& name,
                                          const ElfFile* from = nullptr) const;

 private:
  struct Folder {
    std::filesystem::path path;
    std::string because;
  };
  std::vector<Found> preloaded_;
  std::vector<Folder> rpath_;
  std::vector<Folder> library_path_;
  std::vector<Folder> runpath_;
};

/// Which kind of libcuda.so.1 a file is.
enum class DriverLibrary {
  ours,    ///< the guest library of a vgpu
  stub,    ///< the toolkit's, for linking only: every call of it fails
  vendor,  ///< anything else: the driver of a GPU
};

DriverLibrary identify_driver_library(const ElfFile& library);

}  // namespace vgpu::tool
