/// Devices: all of it is answered from what cuInit fetched.

#include <cctype>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vgpu/guest_written.hpp>

#include "vgpu/guest/core.hpp"

namespace vgpu::guest::written {
namespace {

/// Copies `text` and its NUL, cut to `size` bytes.
CUresult copy_text(std::string_view text, char* out, int size) noexcept {
  if (size <= 0) return CUDA_ERROR_INVALID_VALUE;
  const std::size_t room = static_cast<std::size_t>(size) - 1;
  const std::size_t length = text.size() < room ? text.size() : room;
  std::memcpy(out, text.data(), length);
  out[length] = '\0';
  return CUDA_SUCCESS;
}

struct PciAddress {
  unsigned domain = 0;
  unsigned bus = 0;
  unsigned device = 0;

  friend bool operator==(const PciAddress&, const PciAddress&) = default;
};

/// Reads hexadecimal digits up to `end`; false when there are none or something else.
bool read_hex(std::string_view digits, unsigned& value) noexcept {
  if (digits.empty() || digits.size() > 8) return false;
  value = 0;
  for (const char c : digits) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return false;
    const auto lower = std::tolower(static_cast<unsigned char>(c));
    value = value * 16 + static_cast<unsigned>(lower >= 'a' ? lower - 'a' + 10 : lower - '0');
  }
  return true;
}

/// domain:bus:device.function, domain:bus:device, bus:device.function, all hexadecimal.
bool parse_pci(std::string_view text, PciAddress& out) noexcept {
  const std::size_t dot = text.find('.');
  if (dot != std::string_view::npos) {
    unsigned function = 0;
    if (!read_hex(text.substr(dot + 1), function)) return false;
    text = text.substr(0, dot);
  }
  const std::size_t last = text.rfind(':');
  if (last == std::string_view::npos) return false;
  if (!read_hex(text.substr(last + 1), out.device)) return false;
  text = text.substr(0, last);
  const std::size_t first = text.find(':');
  if (first == std::string_view::npos) return read_hex(text, out.bus);
  return read_hex(text.substr(0, first), out.domain) && read_hex(text.substr(first + 1), out.bus);
}

int attribute_or(const Device& device, CUdevice_attribute attribute, int otherwise) noexcept {
  int value = otherwise;
  static_cast<void>(device.attribute(attribute, &value));
  return value;
}

}  // namespace

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  if (find_device(ordinal) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  *device = ordinal;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int* count) {
  *count = device_count();
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char* name, int length, CUdevice ordinal) {
  const Device* device = find_device(ordinal);
  if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  return copy_text(device->name, name, length);
}

CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice ordinal) {
  const Device* device = find_device(ordinal);
  if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  static_assert(sizeof(*uuid) == sizeof(device->uuid));
  std::memcpy(uuid, device->uuid.data(), sizeof *uuid);
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetLuid(char* luid, unsigned int* node_mask, CUdevice ordinal) {
  const Device* device = find_device(ordinal);
  if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  if (device->luid_result != 0) return static_cast<CUresult>(device->luid_result);
  std::memcpy(luid, device->luid.data(), device->luid.size());
  *node_mask = device->node_mask;
  return CUDA_SUCCESS;
}

CUresult cuDeviceTotalMem_v2(std::size_t* bytes, CUdevice ordinal) {
  const Device* device = find_device(ordinal);
  if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  *bytes = device->total_memory;
  return CUDA_SUCCESS;
}

CUresult cuDeviceTotalMem(unsigned int* bytes, CUdevice ordinal) {
  if (const CUresult entered = enter(call::ContextNeed::none); entered != CUDA_SUCCESS) {
    return entered;
  }
  if (bytes == nullptr) return CUDA_ERROR_INVALID_VALUE;
  std::size_t all = 0;
  const CUresult result = cuDeviceTotalMem_v2(&all, ordinal);
  if (result != CUDA_SUCCESS) return result;
  constexpr auto most = std::numeric_limits<unsigned int>::max();
  *bytes = all < most ? static_cast<unsigned int>(all) : most;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice ordinal) {
  const Device* device = find_device(ordinal);
  if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  return static_cast<CUresult>(device->attribute(static_cast<int>(attribute), value));
}

CUresult cuDeviceGetProperties(CUdevprop* properties, CUdevice ordinal) {
  const Device* device = find_device(ordinal);
  if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  const auto value = [device](CUdevice_attribute attribute) {
    return attribute_or(*device, attribute, 0);
  };
  properties->maxThreadsPerBlock = value(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
  properties->maxThreadsDim[0] = value(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X);
  properties->maxThreadsDim[1] = value(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y);
  properties->maxThreadsDim[2] = value(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z);
  properties->maxGridSize[0] = value(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X);
  properties->maxGridSize[1] = value(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y);
  properties->maxGridSize[2] = value(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z);
  properties->sharedMemPerBlock = value(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK);
  properties->totalConstantMemory = value(CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY);
  properties->SIMDWidth = value(CU_DEVICE_ATTRIBUTE_WARP_SIZE);
  properties->memPitch = value(CU_DEVICE_ATTRIBUTE_MAX_PITCH);
  properties->regsPerBlock = value(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK);
  properties->clockRate = value(CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
  properties->textureAlign = value(CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT);
  return CUDA_SUCCESS;
}

CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice ordinal) {
  const Device* device = find_device(ordinal);
  if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  *major = attribute_or(*device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 0);
  *minor = attribute_or(*device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 0);
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetByPCIBusId(CUdevice* out, const char* text) {
  PciAddress wanted;
  if (out == nullptr || text == nullptr || !parse_pci(text, wanted)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  for (int ordinal = 0; ordinal < device_count(); ++ordinal) {
    PciAddress address;
    if (parse_pci(find_device(ordinal)->pci_bus_id, address) && address == wanted) {
      *out = ordinal;
      return CUDA_SUCCESS;
    }
  }
  return CUDA_ERROR_INVALID_DEVICE;
}

CUresult cuDeviceGetPCIBusId(char* text, int length, CUdevice ordinal) {
  const Device* device = find_device(ordinal);
  if (device == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  if (text == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const CUresult copied = copy_text(device->pci_bus_id, text, length);
  if (copied != CUDA_SUCCESS) return copied;
  const bool complete = static_cast<std::size_t>(length) > device->pci_bus_id.size();
  return complete ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

}  // namespace vgpu::guest::written
