#include "elf_file.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "vgpu/support/unique_fd.hpp"

namespace vgpu::tool {

namespace {

/// Copies a T out of the file; false when it does not lie within.
template <class T>
bool read_at(std::span<const std::byte> bytes, std::size_t offset, T& out) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return false;
  std::memcpy(&out, bytes.data() + offset, sizeof(T));
  return true;
}

void replace_all(std::string& text, std::string_view what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

support::Result<ElfFile> ElfFile::open(const std::filesystem::path& path) {
  const support::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return support::system_error("cannot open " + path.string(), errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    return support::system_error("cannot read " + path.string(), errno);
  }
  ElfFile file;
  file.path_ = path;
  Elf64_Ehdr header{};
  if (status.st_size >= static_cast<off_t>(sizeof header)) {
    auto mapping = support::Mapping::map(fd.get(), static_cast<std::size_t>(status.st_size),
                                         PROT_READ, MAP_PRIVATE);
    if (!mapping) return mapping.error();
    file.mapping_ = std::move(*mapping);
  }
  if (!read_at(file.bytes(), 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return support::Error{path.string() + " is no ELF file"};
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64) {
    return support::Error{path.string() + " is no x86-64 ELF file"};
  }
  file.read_dynamic_section();
  return file;
}

std::size_t ElfFile::file_offset(std::size_t address) const {
  Elf64_Ehdr header{};
  if (!read_at(bytes(), 0, header)) return npos;
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    if (!read_at(bytes(), header.e_phoff + i * sizeof segment, segment)) return npos;
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
        address - segment.p_vaddr < segment.p_filesz) {
      return address - segment.p_vaddr + segment.p_offset;
    }
  }
  return npos;
}

std::string_view ElfFile::text_at(std::size_t offset) const {
  if (offset >= bytes().size()) return {};
  const char* text = reinterpret_cast<const char*>(bytes().data()) + offset;
  return {text, ::strnlen(text, bytes().size() - offset)};
}

void ElfFile::read_dynamic_section() {
  Elf64_Ehdr header{};
  Elf64_Phdr dynamic{};
  if (!read_at(bytes(), 0, header)) return;
  bool found = false;
  for (std::size_t i = 0; i < header.e_phnum && !found; ++i) {
    if (!read_at(bytes(), header.e_phoff + i * sizeof dynamic, dynamic)) return;
    found = dynamic.p_type == PT_DYNAMIC;
  }
  if (!found) return;

  std::vector<std::size_t> needed;
  std::size_t strings = npos;
  std::size_t soname = npos;
  std::size_t rpath = npos;
  std::size_t runpath = npos;
  for (std::size_t at = dynamic.p_offset;; at += sizeof(Elf64_Dyn)) {
    Elf64_Dyn entry{};
    if (!read_at(bytes(), at, entry) || entry.d_tag == DT_NULL) break;
    switch (entry.d_tag) {
      case DT_STRTAB:
        strings = file_offset(entry.d_un.d_ptr);
        break;
      case DT_NEEDED:
        needed.push_back(entry.d_un.d_val);
        break;
      case DT_SONAME:
        soname = entry.d_un.d_val;
        break;
      case DT_RPATH:
        rpath = entry.d_un.d_val;
        break;
      case DT_RUNPATH:
        runpath = entry.d_un.d_val;
        break;
      default:
        break;
    }
  }
  if (strings == npos) return;
  const auto text = [&](std::size_t offset) {
    return offset == npos ? std::string() : std::string(text_at(strings + offset));
  };
  for (const std::size_t offset : needed) needed_.push_back(text(offset));
  soname_ = text(soname);
  rpath_ = text(rpath);
  runpath_ = text(runpath);
  std::error_code ignored;
  const std::string origin = std::filesystem::canonical(path_, ignored).parent_path().string();
  for (std::string* list : {&rpath_, &runpath_}) {
    replace_all(*list, "${ORIGIN}", origin);
    replace_all(*list, "$ORIGIN", origin);
  }
}

std::size_t ElfFile::find(std::string_view pattern, std::size_t from) const {
  if (from >= bytes().size()) return npos;
  const void* hit =
      ::memmem(bytes().data() + from, bytes().size() - from, pattern.data(), pattern.size());
  if (hit == nullptr) return npos;
  return static_cast<std::size_t>(static_cast<const std::byte*>(hit) - bytes().data());
}

}  // namespace vgpu::tool
