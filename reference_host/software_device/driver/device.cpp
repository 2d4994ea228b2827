#include "device.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>

#include "driver.hpp"
#include "reference_host/software_device/image.hpp"

using namespace vgpu::softdevice;

namespace {

template <class Body>
CUresult with_device(CUdevice number, Body&& body) noexcept {
  return entry([&]() -> CUresult {
    Device* device = find_device(number);
    if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    return body(*device);
  });
}

CUresult get_uuid(CUuuid* uuid, CUdevice dev) {
  return with_device(dev, [&](Device& device) {
    if (uuid == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *uuid = device.uuid();
    return CUDA_SUCCESS;
  });
}

}  // namespace

extern "C" {

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return entry([&]() -> CUresult {
    if (device == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (find_device(ordinal) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    *device = ordinal;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetCount(int* count) {
  return entry([&]() -> CUresult {
    if (count == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *count = static_cast<int>(driver().devices.size());
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetName(char* name, int len, CUdevice dev) {
  return with_device(dev, [&](Device& device) {
    if (name == nullptr || len <= 0) return CUDA_ERROR_INVALID_VALUE;
    const std::size_t length = std::min(device.name().size(), static_cast<std::size_t>(len) - 1);
    std::memcpy(name, device.name().data(), length);
    name[length] = '\0';
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice dev) {
  return get_uuid(uuid, dev);
}
CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice dev) {
  return get_uuid(uuid, dev);
}

CUresult cuDeviceGetLuid(char* luid, unsigned int* mask, CUdevice dev) {
  return with_device(dev, [&](Device&) {
    if (luid == nullptr || mask == nullptr) return CUDA_ERROR_INVALID_VALUE;
    log_line("cuDeviceGetLuid: locally unique identifiers exist on Windows only");
    return CUDA_ERROR_NOT_SUPPORTED;
  });
}

CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice dev) {
  return with_device(dev, [&](Device& device) {
    if (bytes == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *bytes = device.memory().capacity();
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceTotalMem(unsigned int* bytes, CUdevice dev) {
  return with_device(dev, [&](Device& device) {
    if (bytes == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *bytes = static_cast<unsigned>(std::min<std::size_t>(device.memory().capacity(), 0xffffffffU));
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice dev) {
  return with_device(dev, [&](Device& device) {
    if (value == nullptr || !device.attribute(attribute, *value)) return CUDA_ERROR_INVALID_VALUE;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetProperties(CUdevprop* properties, CUdevice dev) {
  return with_device(dev, [&](Device&) {
    if (properties == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *properties = CUdevprop{};
    properties->maxThreadsPerBlock = 1024;
    properties->maxThreadsDim[0] = properties->maxThreadsDim[1] = 1024;
    properties->maxThreadsDim[2] = 64;
    properties->maxGridSize[0] = 2147483647;
    properties->maxGridSize[1] = properties->maxGridSize[2] = 65535;
    properties->sharedMemPerBlock = 49152;
    properties->totalConstantMemory = 65536;
    properties->SIMDWidth = 32;
    properties->memPitch = 2147483647;
    properties->regsPerBlock = 65536;
    properties->clockRate = 1000000;
    properties->textureAlign = 512;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice dev) {
  return with_device(dev, [&](Device& device) {
    if (major == nullptr || minor == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *major = device.compute_capability() / 10;
    *minor = device.compute_capability() % 10;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetPCIBusId(char* text, int len, CUdevice dev) {
  return with_device(dev, [&](Device& device) {
    const std::string id = device.pci_bus_id();
    if (text == nullptr || len <= 0 || static_cast<std::size_t>(len) < id.size() + 1) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    std::memcpy(text, id.c_str(), id.size() + 1);
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetByPCIBusId(CUdevice* device, const char* text) {
  return entry([&]() -> CUresult {
    if (device == nullptr || text == nullptr) return CUDA_ERROR_INVALID_VALUE;
    unsigned domain = 0;
    unsigned bus = 0;
    unsigned slot = 0;
    unsigned function = 0;
    char* end = nullptr;
    const unsigned long first = std::strtoul(text, &end, 16);
    if (end == text || *end != ':') return CUDA_ERROR_INVALID_VALUE;
    const char* rest = end + 1;
    const unsigned long second = std::strtoul(rest, &end, 16);
    if (end == rest) return CUDA_ERROR_INVALID_VALUE;
    if (*end == ':') {
      domain = static_cast<unsigned>(first);
      bus = static_cast<unsigned>(second);
      rest = end + 1;
      slot = static_cast<unsigned>(std::strtoul(rest, &end, 16));
      if (end == rest) return CUDA_ERROR_INVALID_VALUE;
    } else {
      bus = static_cast<unsigned>(first);
      slot = static_cast<unsigned>(second);
    }
    if (*end == '.') {
      rest = end + 1;
      function = static_cast<unsigned>(std::strtoul(rest, &end, 16));
      if (end == rest) return CUDA_ERROR_INVALID_VALUE;
    }
    if (*end != '\0') return CUDA_ERROR_INVALID_VALUE;
    const bool exists =
        domain == 0 && slot == 0 && function == 0 && bus >= 1 && bus <= driver().devices.size();
    if (!exists) return CUDA_ERROR_INVALID_DEVICE;
    *device = static_cast<CUdevice>(bus - 1);
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceCanAccessPeer(int* can, CUdevice dev, CUdevice peer) {
  return with_device(dev, [&](Device&) {
    if (can == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (find_device(peer) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    *can = 0;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetP2PAttribute(int* value, CUdevice_P2PAttribute attribute, CUdevice source,
                                 CUdevice target) {
  return with_device(source, [&](Device&) {
    if (value == nullptr || attribute < CU_DEVICE_P2P_ATTRIBUTE_PERFORMANCE_RANK ||
        attribute > CU_DEVICE_P2P_ATTRIBUTE_ONLY_PARTIAL_NATIVE_ATOMIC_SUPPORTED) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (source == target || find_device(target) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    *value = 0;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetExecAffinitySupport(int* supported, CUexecAffinityType, CUdevice dev) {
  return with_device(dev, [&](Device&) {
    if (supported == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *supported = 0;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetGraphMemAttribute(CUdevice dev, CUgraphMem_attribute attribute, void* value) {
  return with_device(dev, [&](Device& device) {
    if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const Device::GraphMemoryUse use = device.graph_memory_use();
    auto& number = *static_cast<cuuint64_t*>(value);
    switch (attribute) {
      case CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT:
      case CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT:
        number = use.used;
        return CUDA_SUCCESS;
      case CU_GRAPH_MEM_ATTR_USED_MEM_HIGH:
        number = use.used_high;
        return CUDA_SUCCESS;
      case CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH:
        number = use.reserved_high;
        return CUDA_SUCCESS;
      default:
        return CUDA_ERROR_INVALID_VALUE;
    }
  });
}

CUresult cuDeviceSetGraphMemAttribute(CUdevice dev, CUgraphMem_attribute attribute, void* value) {
  return with_device(dev, [&](Device& device) {
    const bool used = attribute == CU_GRAPH_MEM_ATTR_USED_MEM_HIGH;
    if (value == nullptr || (!used && attribute != CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH) ||
        *static_cast<const cuuint64_t*>(value) != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    device.reset_graph_memory_high(used);
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGraphMemTrim(CUdevice dev) {
  return with_device(dev, [](Device&) { return CUDA_SUCCESS; });
}

CUresult cuDevicePrimaryCtxRetain(CUcontext* pctx, CUdevice dev) {
  return with_device(dev, [&](Device& device) {
    if (pctx == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (const CUresult error = driver().lasting_error; error != CUDA_SUCCESS) return error;
    const std::lock_guard lock(device.primary_mutex);
    if (!device.primary()->is_active()) device.primary()->activate();
    ++device.primary_retains;
    *pctx = device.primary()->handle;
    return CUDA_SUCCESS;
  });
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice dev) {
  return with_device(dev, [&](Device& device) {
    const std::lock_guard lock(device.primary_mutex);
    if (device.primary_retains == 0) return CUDA_ERROR_INVALID_CONTEXT;
    if (--device.primary_retains == 0 && device.primary()->is_active()) {
      device.primary()->deactivate();
      device.primary()->flags = 0;
    }
    return CUDA_SUCCESS;
  });
}

/// The old form does not tell that there was nothing to release.
CUresult cuDevicePrimaryCtxRelease(CUdevice dev) {
  const CUresult result = cuDevicePrimaryCtxRelease_v2(dev);
  return result == CUDA_ERROR_INVALID_CONTEXT ? CUDA_SUCCESS : result;
}

CUresult cuDevicePrimaryCtxReset_v2(CUdevice dev) {
  return with_device(dev, [&](Device& device) {
    const std::lock_guard lock(device.primary_mutex);
    // Whoever retained it still has to release it.
    if (device.primary()->is_active()) device.primary()->deactivate();
    return CUDA_SUCCESS;
  });
}

CUresult cuDevicePrimaryCtxReset(CUdevice dev) {
  return cuDevicePrimaryCtxReset_v2(dev);
}

CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice dev, unsigned int flags) {
  return with_device(dev, [&](Device& device) {
    if ((flags & ~static_cast<unsigned>(CU_CTX_FLAGS_MASK)) != 0 ||
        (flags & CU_CTX_SCHED_MASK) == 3 || (flags & CU_CTX_SCHED_MASK) > 4) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    device.primary()->flags = flags;
    return CUDA_SUCCESS;
  });
}

/// The old form changes no context that is active.
CUresult cuDevicePrimaryCtxSetFlags(CUdevice dev, unsigned int flags) {
  const CUresult allowed = with_device(dev, [](Device& device) {
    return device.primary()->is_active() ? CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE : CUDA_SUCCESS;
  });
  return allowed == CUDA_SUCCESS ? cuDevicePrimaryCtxSetFlags_v2(dev, flags) : allowed;
}

CUresult cuDeviceGetTexture1DLinearMaxWidth(size_t* width, CUarray_format format, unsigned channels,
                                            CUdevice dev) {
  return with_device(dev, [&](Device& device) {
    if (width == nullptr || channel_bytes(format) == 0 ||
        (channels != 1 && channels != 2 && channels != 4)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    int most = 0;
    static_cast<void>(device.attribute(CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LINEAR_WIDTH, most));
    *width = static_cast<std::size_t>(most);
    return CUDA_SUCCESS;
  });
}

CUresult cuDevicePrimaryCtxGetState(CUdevice dev, unsigned int* flags, int* active) {
  return with_device(dev, [&](Device& device) {
    if (flags == nullptr || active == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *flags = device.primary()->flags;
    *active = device.primary()->is_active() ? 1 : 0;
    return CUDA_SUCCESS;
  });
}

}  // extern "C"
