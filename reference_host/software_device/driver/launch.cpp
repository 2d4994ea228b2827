#include "capture.hpp"
#include "driver.hpp"
#include "event.hpp"
#include "module.hpp"
#include "work.hpp"

using namespace vgpu::softdevice;

namespace {

/// What the attributes of cuLaunchKernelEx ask for, as far as this device has it.
struct LaunchExtras {
  bool cooperative = false;
  std::shared_ptr<Event> event;  ///< to record behind the kernel
};

CUresult read_attributes(const CUlaunchAttribute* attributes, unsigned count,
                         LaunchExtras& extras) {
  if (count > 0 && attributes == nullptr) return CUDA_ERROR_INVALID_VALUE;
  for (unsigned i = 0; i < count; ++i) {
    const CUlaunchAttributeValue& value = attributes[i].value;
    switch (attributes[i].id) {
      case CU_LAUNCH_ATTRIBUTE_COOPERATIVE:
        extras.cooperative = value.cooperative != 0;
        break;
      case CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION:
        if (value.clusterDim.x != 1 || value.clusterDim.y != 1 || value.clusterDim.z != 1) {
          return CUDA_ERROR_INVALID_CLUSTER_SIZE;
        }
        break;
      case CU_LAUNCH_ATTRIBUTE_LAUNCH_COMPLETION_EVENT:
      case CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_EVENT: {
        // Recorded when the kernel has ended: later than asked for, never too early.
        const CUevent handle = attributes[i].id == CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_EVENT
                                   ? value.programmaticEvent.event
                                   : value.launchCompletionEvent.event;
        extras.event = driver().events.find(handle);
        if (extras.event == nullptr) return CUDA_ERROR_INVALID_HANDLE;
        break;
      }
      case CU_LAUNCH_ATTRIBUTE_DEVICE_UPDATABLE_KERNEL_NODE:
        if (value.deviceUpdatableKernelNode.deviceUpdatable != 0) return CUDA_ERROR_NOT_SUPPORTED;
        break;
      case CU_LAUNCH_ATTRIBUTE_IGNORE:
      case CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW:
      case CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
      case CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION:
      case CU_LAUNCH_ATTRIBUTE_PRIORITY:
      case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP:
      case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN:
      case CU_LAUNCH_ATTRIBUTE_PREFERRED_CLUSTER_DIMENSION:
      case CU_LAUNCH_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
      case CU_LAUNCH_ATTRIBUTE_NVLINK_UTIL_CENTRIC_SCHEDULING:
        break;  // hints: any way of running the grid honours them
      default:
        return CUDA_ERROR_INVALID_VALUE;
    }
  }
  return CUDA_SUCCESS;
}

CUresult launch(CUfunction handle, const LaunchConfig& config, CUstream hStream, bool per_thread,
                void** parameters, void** extra, const std::shared_ptr<Event>& event = nullptr) {
  if (handle == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  std::shared_ptr<Stream> stream;
  std::shared_ptr<Context> context;
  if (const CUresult result = resolve_stream(hStream, per_thread, stream, context);
      result != CUDA_SUCCESS) {
    return result;
  }
  std::shared_ptr<Function> function;
  if (const CUresult result = resolve_function(handle, context, function); result != CUDA_SUCCESS) {
    return result;
  }
  if (function->module->context() != context) return CUDA_ERROR_INVALID_HANDLE;
  context->output.show();
  KernelWork work;
  if (const CUresult result = make_kernel_work(function, config, parameters, extra, work);
      result != CUDA_SUCCESS) {
    return result;
  }
  if (driver().functions.find(handle) == nullptr) work.kernel = reinterpret_cast<CUkernel>(handle);
  CompletionPtr done;
  const CUresult result = submit(stream, context, std::move(work), &done);
  if (result == CUDA_SUCCESS && event != nullptr) {
    if (done == nullptr) return submit(stream, context, EventRecordWork{event});
    event->set_last(done);
  }
  return result;
}

CUresult launch_kernel(CUfunction function, Dim3 grid, Dim3 block, unsigned shared, CUstream stream,
                       bool per_thread, bool cooperative, void** parameters, void** extra) {
  return entry([&] {
    LaunchConfig config;
    config.grid = grid;
    config.block = block;
    config.dynamic_shared_bytes = shared;
    config.cooperative = cooperative;
    return launch(function, config, stream, per_thread, parameters, extra);
  });
}

CUresult launch_kernel_ex(const CUlaunchConfig* launch_config, CUfunction function, bool per_thread,
                          void** parameters, void** extra) {
  return entry([&]() -> CUresult {
    if (launch_config == nullptr) return CUDA_ERROR_INVALID_VALUE;
    LaunchExtras extras;
    if (const CUresult result =
            read_attributes(launch_config->attrs, launch_config->numAttrs, extras);
        result != CUDA_SUCCESS) {
      return result;
    }
    LaunchConfig config;
    config.grid = {launch_config->gridDimX, launch_config->gridDimY, launch_config->gridDimZ};
    config.block = {launch_config->blockDimX, launch_config->blockDimY, launch_config->blockDimZ};
    config.dynamic_shared_bytes = launch_config->sharedMemBytes;
    config.cooperative = extras.cooperative;
    return launch(function, config, launch_config->hStream, per_thread, parameters, extra,
                  extras.event);
  });
}

CUresult launch_host(CUstream hStream, bool per_thread, CUhostFn function, void* user_data) {
  return entry([&]() -> CUresult {
    if (function == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Context> context;
    if (const CUresult result = resolve_stream(hStream, per_thread, stream, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    return submit(stream, context, HostWork{function, user_data});
  });
}

CUresult refuse_legacy_launch(const char* name) {
  return entry([&] {
    log_line(std::string(name) + ": the launch functions of CUDA 3 are not supported");
    return CUDA_ERROR_NOT_SUPPORTED;
  });
}

}  // namespace

extern "C" {

CUresult cuLaunchKernel(CUfunction f, unsigned int gx, unsigned int gy, unsigned int gz,
                        unsigned int bx, unsigned int by, unsigned int bz, unsigned int shared,
                        CUstream stream, void** params, void** extra) {
  return launch_kernel(f, {gx, gy, gz}, {bx, by, bz}, shared, stream, false, false, params, extra);
}
CUresult cuLaunchKernel_ptsz(CUfunction f, unsigned int gx, unsigned int gy, unsigned int gz,
                             unsigned int bx, unsigned int by, unsigned int bz, unsigned int shared,
                             CUstream stream, void** params, void** extra) {
  return launch_kernel(f, {gx, gy, gz}, {bx, by, bz}, shared, stream, true, false, params, extra);
}
CUresult cuLaunchCooperativeKernel(CUfunction f, unsigned int gx, unsigned int gy, unsigned int gz,
                                   unsigned int bx, unsigned int by, unsigned int bz,
                                   unsigned int shared, CUstream stream, void** params) {
  return launch_kernel(f, {gx, gy, gz}, {bx, by, bz}, shared, stream, false, true, params, nullptr);
}
CUresult cuLaunchCooperativeKernel_ptsz(CUfunction f, unsigned int gx, unsigned int gy,
                                        unsigned int gz, unsigned int bx, unsigned int by,
                                        unsigned int bz, unsigned int shared, CUstream stream,
                                        void** params) {
  return launch_kernel(f, {gx, gy, gz}, {bx, by, bz}, shared, stream, true, true, params, nullptr);
}
CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction f, void** params, void** extra) {
  return launch_kernel_ex(config, f, false, params, extra);
}
CUresult cuLaunchKernelEx_ptsz(const CUlaunchConfig* config, CUfunction f, void** params,
                               void** extra) {
  return launch_kernel_ex(config, f, true, params, extra);
}

CUresult cuLaunchHostFunc(CUstream stream, CUhostFn fn, void* user_data) {
  return launch_host(stream, false, fn, user_data);
}
CUresult cuLaunchHostFunc_ptsz(CUstream stream, CUhostFn fn, void* user_data) {
  return launch_host(stream, true, fn, user_data);
}

CUresult cuLaunch(CUfunction) {
  return refuse_legacy_launch("cuLaunch");
}
CUresult cuLaunchGrid(CUfunction, int, int) {
  return refuse_legacy_launch("cuLaunchGrid");
}
CUresult cuLaunchGridAsync(CUfunction, int, int, CUstream) {
  return refuse_legacy_launch("cuLaunchGridAsync");
}

}  // extern "C"
