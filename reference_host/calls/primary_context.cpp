/// Primary contexts. A warm worker holds one retain of device 0's, of which the guest must see
/// nothing: its own count decides when the context is active, and with its last release the
/// context really ends.

#include <cstdint>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

#include "context.hpp"

namespace vgpu::host {
namespace {

auto newest_release(const DriverTable& driver) {
  return driver.cuDevicePrimaryCtxRelease_v2 != nullptr ? driver.cuDevicePrimaryCtxRelease_v2
                                                        : driver.cuDevicePrimaryCtxRelease;
}

void forget(Session& session, PrimaryContexts::State& state) {
  const std::uint64_t id = session.handles().id_of(call::HandleKind::context,
                                                   reinterpret_cast<std::uint64_t>(state.context));
  if (id != 0) forget_contents(session, id);
}

}  // namespace

CUresult execute(CallContext& context, const calls::DevicePrimaryCtxRetain::Request& request,
                 calls::DevicePrimaryCtxRetain::Reply&) {
  const DriverTable& driver = context.driver();
  if (driver.cuDevicePrimaryCtxRetain == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  if (!PrimaryContexts::valid(request.dev)) return CUDA_ERROR_INVALID_DEVICE;
  return context.session().primary_contexts().with(request.dev, [&](PrimaryContexts::State& state) {
    CUcontext retained = nullptr;
    const CUresult result = driver.cuDevicePrimaryCtxRetain(&retained, request.dev);
    if (result != CUDA_SUCCESS) return result;
    const auto give_back = [&](CUresult error) {
      const auto release = newest_release(driver);
      if (release != nullptr) release(request.dev);
      return error;
    };
    // The guest uses one id for ever; the driver may give the context another address.
    CUcontext known = nullptr;
    if (request.pctx == 0) return give_back(CUDA_ERROR_INVALID_HANDLE);
    if (context.resolve(call::HandleKind::context, request.pctx, known)) {
      if (known != retained) {
        if (known != state.context) return give_back(CUDA_ERROR_INVALID_HANDLE);
        context.release(call::HandleKind::context, request.pctx);
        known = nullptr;
      }
    }
    if (known == nullptr && !context.bind_new(call::HandleKind::context, request.pctx, retained)) {
      return give_back(CUDA_ERROR_INVALID_HANDLE);
    }
    state.context = retained;
    ++state.retains;
    return CUDA_SUCCESS;
  });
}

CUresult execute(CallContext& context, const calls::DevicePrimaryCtxRelease::Request& request,
                 calls::DevicePrimaryCtxRelease::Reply&) {
  const auto release = newest_release(context.driver());
  if (release == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  if (!PrimaryContexts::valid(request.dev)) return CUDA_ERROR_INVALID_DEVICE;
  return context.session().primary_contexts().with(request.dev, [&](PrimaryContexts::State& state) {
    if (state.retains == 0) return CUDA_ERROR_INVALID_CONTEXT;
    const CUresult result = release(request.dev);
    if (--state.retains != 0) return result;
    if (state.warm) {
      state.warm = false;
      release(request.dev);
    }
    forget(context.session(), state);
    return result;
  });
}

CUresult execute(CallContext& context, const calls::DevicePrimaryCtxSetFlags::Request& request,
                 calls::DevicePrimaryCtxSetFlags::Reply&) {
  const DriverTable& driver = context.driver();
  const auto set_flags = driver.cuDevicePrimaryCtxSetFlags_v2 != nullptr
                             ? driver.cuDevicePrimaryCtxSetFlags_v2
                             : driver.cuDevicePrimaryCtxSetFlags;
  return set_flags == nullptr ? CUDA_ERROR_NOT_SUPPORTED : set_flags(request.dev, request.flags);
}

CUresult execute(CallContext& context, const calls::DevicePrimaryCtxReset::Request& request,
                 calls::DevicePrimaryCtxReset::Reply&) {
  const DriverTable& driver = context.driver();
  const auto reset = driver.cuDevicePrimaryCtxReset_v2 != nullptr
                         ? driver.cuDevicePrimaryCtxReset_v2
                         : driver.cuDevicePrimaryCtxReset;
  if (reset == nullptr) return CUDA_ERROR_NOT_SUPPORTED;
  if (!PrimaryContexts::valid(request.dev)) return CUDA_ERROR_INVALID_DEVICE;
  return context.session().primary_contexts().with(request.dev, [&](PrimaryContexts::State& state) {
    const CUresult result = reset(request.dev);
    if (result != CUDA_SUCCESS) return result;
    forget(context.session(), state);
    // A reset does not release; the guest counts on by itself, and its next retain begins anew.
    const auto release = newest_release(driver);
    const std::uint64_t held = state.retains + (state.warm ? 1 : 0);
    for (std::uint64_t i = 0; release != nullptr && i < held; ++i) release(request.dev);
    state.retains = 0;
    state.warm = false;
    return CUDA_SUCCESS;
  });
}

}  // namespace vgpu::host
