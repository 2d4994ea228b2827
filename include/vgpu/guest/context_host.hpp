#pragma once

#include <vgpu/calls/context.hpp>
#include <vgpu/calls/primary_context.hpp>

#include "vgpu/guest/core.hpp"

namespace vgpu::guest {

/// The host of a session, as its context table asks it.
class SessionContextHost final : public ContextHost {
 public:
  CUresult retain_primary(std::uint64_t id, int device) override {
    ReplyOf<calls::DevicePrimaryCtxRetain> reply;
    return call<calls::DevicePrimaryCtxRetain>({.pctx = id, .dev = device}, reply);
  }
  CUresult release_primary(int device) override {
    ReplyOf<calls::DevicePrimaryCtxRelease> reply;
    return call<calls::DevicePrimaryCtxRelease>({.dev = device}, reply);
  }
  CUresult reset_primary(int device) override {
    ReplyOf<calls::DevicePrimaryCtxReset> reply;
    return call<calls::DevicePrimaryCtxReset>({.dev = device}, reply);
  }
  CUresult set_primary_flags(int device, unsigned flags) override {
    ReplyOf<calls::DevicePrimaryCtxSetFlags> reply;
    return call<calls::DevicePrimaryCtxSetFlags>({.dev = device, .flags = flags}, reply);
  }
  CUresult destroy(std::uint64_t id) override {
    ReplyOf<calls::CtxDestroy> reply;
    return call<calls::CtxDestroy>({.ctx = id}, reply);
  }
};

}  // namespace vgpu::guest
