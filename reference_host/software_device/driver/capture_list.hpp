#pragma once

#include <memory>

#include "capture.hpp"

namespace vgpu::softdevice {

/// All under `capture_mutex()`.
void add_capture_locked(const std::shared_ptr<Capture>& capture);
/// Takes every stream out of the capture.
void end_capture_locked(const std::shared_ptr<Capture>& capture);
/// The origin stream has waited for everything that other streams captured.
bool is_joined_locked(const Capture& capture);
/// A blocking stream of the context captures: the legacy stream cannot be used. Changes nothing.
bool beside_blocking_capture_locked(const Context& context);

}  // namespace vgpu::softdevice
