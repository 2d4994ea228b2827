#include "installation.hpp"

#include <string>
#include <system_error>

namespace vgpu::tool {

namespace fs = std::filesystem;

support::Result<Installation> find_installation() {
  std::error_code failed;
  Installation found;
  found.executable = fs::read_symlink("/proc/self/exe", failed);
  if (failed) {
    return support::Error{"cannot read /proc/self/exe: " + failed.message(), failed.value()};
  }
  const fs::path prefix = found.executable.parent_path().parent_path();
  found.guest_library = (prefix / VGPU_GUEST_LIBRARY).lexically_normal();
  found.guest_folder = found.guest_library.parent_path();
  found.host = (prefix / VGPU_HOST_PROGRAM).lexically_normal();
  found.software_device = (prefix / VGPU_SOFTWARE_DEVICE).lexically_normal();
  for (const fs::path* part : {&found.guest_library, &found.host, &found.software_device}) {
    if (!fs::exists(*part, failed)) {
      return support::Error{part->string() + " is missing: this vgpu (" +
                            found.executable.string() +
                            ") is not completely installed; build the target `stage` or run "
                            "`cmake --install`, and use the vgpu in bin/ there."};
    }
  }
  return found;
}

}  // namespace vgpu::tool
