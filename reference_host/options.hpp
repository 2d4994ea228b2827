#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vgpu/transport/url.hpp"

namespace vgpu::host {

/// What the command line says.
struct Options {
  std::vector<transport::Url> listen;
  std::string driver;  ///< backend library; empty = the vendor's, else the software device
  unsigned workers = 1;
  unsigned most_workers = 256;
  std::vector<std::string> limits;  ///< budgets of each guest, "name=number"; see limits.hpp
  std::string token;                ///< what a guest has to present; empty = nothing
  std::string log_level = "info";
  int ready_fd = -1;
};

/// Serves until SIGTERM or SIGINT. Returns the exit code of the program.
int run_supervisor(const Options& options);

/// What a worker process is told on its command line.
struct WorkerOptions {
  int link_fd = -1;    ///< its end of the socket pair to the supervisor
  int supervisor = 0;  ///< process id
  int log_fd = -1;     ///< where the log goes, as stderr is the backend's; -1 = stderr after all
  std::string driver;  ///< as above
  std::vector<std::string> limits;
  std::string log_level = "info";
};

/// Serves one guest process. Does not return before that has ended.
int run_worker(const WorkerOptions& options);

/// The version of vgpu, as --version prints it.
inline constexpr const char* version_text = VGPU_VERSION;

}  // namespace vgpu::host
