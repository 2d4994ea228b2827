#pragma once

/// \file
/// Host memory that the device sees and the guest calls its own: mapped at the guest's address,
/// page-locked in the backend, entered in the session's memory map.
///
/// In that map such a range has `owner` = where the mapping begins and `tag` = how many bytes it
/// has, so that the range alone says how to undo it.

#include <cstddef>
#include <cstdint>
#include <vgpu/driver_table.hpp>

#include "vgpu/host/call_context.hpp"
#include "vgpu/host/solid_file.hpp"

namespace vgpu::host {

/// RangeAttributes::flags bit of memory that came by cuMemHostRegister.
inline constexpr std::uint32_t range_registered = 1U << 20;

/// RangeAttributes::flags bit of a module's variable that host and device share.
inline constexpr std::uint32_t range_managed_variable = 1U << 21;

/// Whether advice and mirroring apply to the range: managed memory of either origin.
inline bool is_managed(const memory::RangeAttributes& attributes) noexcept {
  return attributes.kind == memory::RangeKind::managed ||
         (attributes.kind == memory::RangeKind::module_variable &&
          (attributes.flags & range_managed_variable) != 0);
}

inline constexpr std::uint64_t host_page = 4096;

/// Maps, page-locks and enters [address, address + bytes) of the session's window: the memory that
/// came as a descriptor, or private memory where nothing is shared.
CUresult map_window_memory(CallContext& context, std::uint64_t address, std::uint64_t bytes,
                           memory::RangeKind kind, std::uint32_t flags);

/// Undoes that, and cuMemHostRegister: `range` was taken out of the memory map.
CUresult unmap_host_memory(CallContext& context, const memory::Range& range);

/// Runs driver calls that CUDA forbids while any stream of the process captures, and that have
/// nothing to do with any capture.
class RelaxedCapture {
 public:
  explicit RelaxedCapture(const DriverTable& driver) noexcept : driver_(driver) {
    if (driver_.cuThreadExchangeStreamCaptureMode != nullptr) {
      active_ = driver_.cuThreadExchangeStreamCaptureMode(&mode_) == CUDA_SUCCESS;
    }
  }
  RelaxedCapture(const RelaxedCapture&) = delete;
  RelaxedCapture& operator=(const RelaxedCapture&) = delete;
  ~RelaxedCapture() {
    if (active_) driver_.cuThreadExchangeStreamCaptureMode(&mode_);
  }

 private:
  const DriverTable& driver_;
  CUstreamCaptureMode mode_ = CU_STREAM_CAPTURE_MODE_RELAXED;
  bool active_ = false;
};

}  // namespace vgpu::host
