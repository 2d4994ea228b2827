#include "kernel_profile.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "driver.hpp"

namespace vgpu::softdevice {
namespace {

int open_profile() noexcept {
  const char* path = std::getenv("VGPU_SOFT_PROFILE");
  if (path == nullptr || *path == '\0') return -1;
  const int file = ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) log_line(std::string("cannot write VGPU_SOFT_PROFILE=") + path);
  return file;
}

std::uint64_t volume(const Dim3& size) {
  return std::uint64_t{size.x} * size.y * size.z;
}

}  // namespace

void profile_kernel(const Kernel& kernel, const LaunchConfig& config,
                    const ExecutionCount& executed, std::chrono::duration<double> time) noexcept {
  static const int file = open_profile();
  if (file < 0) return;
  // Template instances have names of some kilobytes.
  char line[8192];
  const std::string_view name = kernel.name();
  const int size = std::snprintf(
      line, sizeof line, "%.*s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%.6f\n",
      static_cast<int>(name.size() < 8000 ? name.size() : 8000), name.data(), volume(config.grid),
      volume(config.block), executed.warp_instructions, executed.thread_instructions, time.count());
  // A short write would be a full disk, about which a profile can do nothing.
  [[maybe_unused]] const ssize_t written = ::write(file, line, static_cast<std::size_t>(size));
}

}  // namespace vgpu::softdevice
