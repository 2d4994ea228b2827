#include "staging.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vgpu/calls/session.hpp>

#include "vgpu/guest/core.hpp"
#include "vgpu/support/unique_fd.hpp"

namespace vgpu::guest {

Staging* Staging::find() {
  static Staging* const area = share();
  return area;
}

Staging* Staging::share() {
  if (!session()->has(feature::staging | feature::descriptors)) return nullptr;
  constexpr std::size_t bytes = lane_bytes * lane_count;
  const support::UniqueFd file(::memfd_create("vgpu-staging", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0 ||
      ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
    log(LogLevel::warn, "no staging area: ", std::strerror(errno), "; copies travel in messages");
    return nullptr;
  }
  auto mapping = support::Mapping::map(file.get(), bytes);
  if (!mapping) {
    log(LogLevel::warn, "no staging area: ", mapping.message(), "; copies travel in messages");
    return nullptr;
  }
  ReplyOf<calls::StagingShare> reply;
  const CUresult result = call<calls::StagingShare>({.bytes = bytes}, reply, {}, file.get());
  if (result != CUDA_SUCCESS) {
    log(LogLevel::warn, "the host refused the staging area (CUDA error ", result,
        "); copies travel in messages");
    return nullptr;
  }
  return new Staging(std::move(*mapping));  // never destroyed: the program may copy until the end
}

}  // namespace vgpu::guest
