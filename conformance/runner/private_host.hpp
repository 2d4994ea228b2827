#pragma once

/// \file
/// A vgpu-host of this run's own, and where the parts of vgpu lie.

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "vgpu/support/result.hpp"

namespace vgpu::conformance {

/// The parts of the installation that this program belongs to.
struct Parts {
  std::filesystem::path guest;            ///< libcuda.so.1
  std::filesystem::path host;             ///< vgpu-host
  std::filesystem::path software_device;  ///< libvgpu-softdevice.so
};

/// Finds them under `prefix`, or beside the running program when that is empty; fails with a
/// sentence that names what is missing.
support::Result<Parts> find_parts(std::filesystem::path prefix);

/// A vgpu-host process that serves until this object ends. It ends with this process too.
class PrivateHost {
 public:
  /// \param transport  shm, unix or tcp
  /// \param backend    the library it executes on
  /// \param more       further arguments of vgpu-host
  static support::Result<PrivateHost> start(const std::filesystem::path& program,
                                            const std::string& transport,
                                            const std::filesystem::path& backend,
                                            const std::vector<std::string>& more = {});
  PrivateHost(PrivateHost&& other) noexcept;
  PrivateHost& operator=(PrivateHost&&) = delete;
  ~PrivateHost();

  [[nodiscard]] const std::string& url() const noexcept { return url_; }

 private:
  PrivateHost() = default;

  pid_t process_ = -1;
  std::string url_;
  std::filesystem::path folder_;
};

}  // namespace vgpu::conformance
