#pragma once

#include <filesystem>
#include <string>

#include "installation.hpp"
#include "process.hpp"
#include "vgpu/support/result.hpp"

namespace vgpu::tool {

/// A vgpu-host of our own: `shm://` socket in a fresh directory that only this user can enter.
struct PrivateHost {
  std::string url;
  std::filesystem::path driver;  ///< the backend library it was started on
};

/// Starts one and returns when it is ready. It ends, and its directory goes, when this process ends
/// for whatever reason (SIGKILL included), or after this process has become another program by
/// exec. \param driver  backend library; empty = the driver of this machine's GPU when one works,
/// else the
///                software device
support::Result<PrivateHost> start_private_host(const Installation& installation,
                                                const std::filesystem::path& driver);

/// The vendor's libcuda.so.1, when this machine has one that finds a device; else the reason.
support::Result<std::filesystem::path> find_working_driver(const Installation& installation,
                                                           const Environment& environment);

}  // namespace vgpu::tool
