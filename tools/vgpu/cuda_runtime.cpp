#include "cuda_runtime.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "runtime_tables.hpp"

namespace vgpu::tool {

namespace {

/// The linker's name of a shared runtime is libcudart.so.13 or libcudart.so.11.0.
constexpr std::string_view shared_name = "libcudart.so";

int version_from_soname(std::string_view soname) {
  if (!soname.starts_with(shared_name) || soname.size() <= shared_name.size() + 1) return 0;
  return std::atoi(std::string(soname.substr(shared_name.size() + 1)).c_str()) * 1000;
}

/// nvcc writes "Cuda compilation tools, release 13.0, V13.0.88" into what it compiles; the runtime
/// linked with it is nearly always of that release. The newest one counts.
int version_from_compiler(const ElfFile& file) {
  constexpr std::string_view mark = "Cuda compilation tools, release ";
  int newest = 0;
  for (std::size_t at = file.find(mark); at != ElfFile::npos; at = file.find(mark, at + 1)) {
    const std::size_t begin = at + mark.size();
    const std::size_t length = std::min<std::size_t>(file.bytes().size() - begin, 8);
    const std::string text(reinterpret_cast<const char*>(file.bytes().data()) + begin, length);
    const std::size_t dot = text.find('.');
    if (dot == std::string::npos) continue;
    newest =
        std::max(newest, std::atoi(text.c_str()) * 1000 + std::atoi(text.c_str() + dot + 1) * 10);
  }
  return newest;
}

bool worth_opening(const std::string& library) {
  static const std::set<std::string> system = {
      "libc.so.6",      "libm.so.6",     "libdl.so.2",           "libpthread.so.0", "librt.so.1",
      "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "libgomp.so.1",    "libcuda.so.1"};
  return system.count(library) == 0;
}

}  // namespace

std::vector<CudaRuntime> find_runtimes(const ElfFile& program, const LibrarySearch& search) {
  std::vector<CudaRuntime> runtimes;
  std::set<std::string> seen;
  const auto visit = [&](const auto& self, const ElfFile& file) -> void {
    const bool shared = file.soname().starts_with(shared_name);
    if (shared || file.contains(runtime_interface.bytes())) {
      runtimes.push_back(
          {file.path(), shared,
           shared ? version_from_soname(file.soname()) : version_from_compiler(file)});
    }
    for (const std::string& name : file.needed()) {
      if (!worth_opening(name) || !seen.insert(name).second) continue;
      const bool is_program = file.path() == program.path();
      const auto found = search.find(name, is_program ? nullptr : &file);
      if (!found) continue;
      const auto library = ElfFile::open(found->path);
      if (library) self(self, *library);
    }
  };
  visit(visit, program);
  return runtimes;
}

std::string version_in_words(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

}  // namespace vgpu::tool
