#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vgpu/support/mapping.hpp"
#include "vgpu/support/result.hpp"

namespace vgpu::tool {

/// An x86-64 executable or shared library on disk, and what the dynamic linker reads in it.
/// Every offset in the file is checked: a damaged file gives empty answers, never a crash.
class ElfFile {
 public:
  /// Fails for what is no 64-bit little-endian ELF file (a script, for instance).
  static support::Result<ElfFile> open(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return mapping_.bytes(); }
  [[nodiscard]] const std::string& soname() const { return soname_; }
  [[nodiscard]] const std::vector<std::string>& needed() const { return needed_; }
  /// Colon-separated, `$ORIGIN` and `${ORIGIN}` replaced. The linker ignores RPATH beside RUNPATH.
  [[nodiscard]] const std::string& rpath() const { return rpath_; }
  [[nodiscard]] const std::string& runpath() const { return runpath_; }

  /// Position of `pattern` in the file at or after `from`, or npos.
  [[nodiscard]] std::size_t find(std::string_view pattern, std::size_t from = 0) const;
  [[nodiscard]] bool contains(std::string_view pattern) const { return find(pattern) != npos; }

  static constexpr std::size_t npos = std::string_view::npos;

 private:
  ElfFile() = default;
  void read_dynamic_section();
  [[nodiscard]] std::string_view text_at(std::size_t offset) const;
  [[nodiscard]] std::size_t file_offset(std::size_t address) const;

  std::filesystem::path path_;
  support::Mapping mapping_;
  std::string soname_;
  std::vector<std::string> needed_;
  std::string rpath_;
  std::string runpath_;
};

}  // namespace vgpu::tool
