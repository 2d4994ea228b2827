#include "self_test/mutant_list.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <system_error>

#include "mutants/mutant.hpp"

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

}  // namespace vgpu::conformance
