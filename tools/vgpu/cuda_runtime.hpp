#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "elf_file.hpp"
#include "library_search.hpp"

namespace vgpu::tool {

/// A CUDA runtime (cudart) that a program brings along.
struct CudaRuntime {
  std::filesystem::path
      carrier;          ///< the file it is in: the program, a library, libcudart.so itself
  bool shared = false;  ///< the carrier is libcudart.so
  int version = 0;      ///< 13000 as far as the file tells, 0 = it does not tell
};

/// Looks for runtimes in the program and in the libraries that it and they name, system libraries
/// left out. What a program opens later by dlopen is not found.
std::vector<CudaRuntime> find_runtimes(const ElfFile& program, const LibrarySearch& search);

/// "13.0" for 13000.
std::string version_in_words(int version);

}  // namespace vgpu::tool
