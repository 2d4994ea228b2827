#include "self_test/mutant_list.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <map>
#include <string_view>
#include <system_error>

#include "mutants/mutant.hpp"
#include "vgpu/symbols.hpp"

namespace vgpu::conformance {

namespace fs = std::filesystem;

support::Result<fs::path> find_mutant_library() {
  std::error_code failed;
  const fs::path here = fs::read_symlink("/proc/self/exe", failed).parent_path();
  std::string looked;
  for (const fs::path& folder : {here.parent_path() / "lib", here / "lib"}) {
    fs::path candidate = folder / "vgpu-conformance" / "libmutant.so";
    if (fs::exists(candidate, failed)) return candidate;
    looked += " " + candidate.string();
  }
  return support::Error{"libmutant.so is missing; looked for:" + looked};
}

support::Result<std::vector<MutantEntry>> list_mutants(const fs::path& library) {
  // It opens a driver only when it is told to.
  ::unsetenv("VGPU_MUTANT_DRIVER");
  void* const handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return support::Error{std::string("cannot open it: ") + ::dlerror()};
  auto* const list = reinterpret_cast<mutants::ListMutants*>(::dlsym(handle, "vgpu_list_mutants"));
  if (list == nullptr) return support::Error{library.string() + " has no list of mutants"};
  std::vector<MutantEntry> entries;
  list(&entries, [](void* user, const char* object, const mutants::Mutant* mutant) {
    static_cast<std::vector<MutantEntry>*>(user)->push_back(
        {std::string(object) + "." + mutant->name, mutant->breaks, mutant->suites,
         mutant->behind_guest});
  });
  ::dlclose(handle);
  return entries;
}

std::vector<MutantEntry> list_symbol_mutants() {
  std::vector<MutantEntry> entries;
  const auto add = [&](const std::string& name, const std::string& breaks, std::string_view base) {
    entries.push_back({name, breaks, std::string(base), false});
  };
  const auto add_like = [&](std::string_view symbol, std::string_view other,
                            std::string_view base) {
    const std::string one(symbol);
    const std::string another(other);
    add("like." + one + "." + another, one + " does what " + another + " does", base);
  };
  constexpr std::string_view suffix = "_ptsz";
  std::map<std::string_view, std::string_view> newest;  // of a base name, without per-thread forms
  for (const call::Symbol& symbol : call::symbols) {
    if (symbol.served && !symbol.per_thread) newest[symbol.base] = symbol.exported;
  }
  for (const call::Symbol& symbol : call::symbols) {
    if (!symbol.served) continue;
    const std::string name(symbol.exported);
    add("nothing." + name, name + " does nothing and succeeds", symbol.base);
    if (symbol.per_thread) {
      const auto legacy = symbol.exported.substr(0, symbol.exported.size() - suffix.size());
      add_like(symbol.exported, legacy, symbol.base);
      add_like(legacy, symbol.exported, symbol.base);
    } else if (newest[symbol.base] != symbol.exported) {
      add_like(symbol.exported, newest[symbol.base], symbol.base);
    }
  }
  return entries;
}

}  // namespace vgpu::conformance
