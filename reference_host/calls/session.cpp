/// The protocol's own operations, and what belongs to no CUDA object.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

namespace vgpu::host {

CUresult execute(CallContext&, const calls::Ping::Request& request, calls::Ping::Reply& reply) {
  reply.token = request.token;
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::ContextBind::Request& request,
                 calls::ContextBind::Reply&) {
  const DriverTable& driver = context.driver();
  CUcontext wanted = nullptr;
  CUresult result = CUDA_ERROR_INVALID_CONTEXT;
  if (context.resolve(call::HandleKind::context, request.context, wanted)) {
    result = driver.cuCtxSetCurrent(wanted);
  }
  if (result == CUDA_SUCCESS) {
    context.channel_state().context = request.context;
    return CUDA_SUCCESS;
  }
  // The calls behind this one must fail rather than run in the context of before.
  driver.cuCtxSetCurrent(nullptr);
  context.channel_state().context = 0;
  return result;
}

CUresult execute(CallContext& context, const calls::DeviceSnapshot::Request& request,
                 calls::DeviceSnapshot::Reply& reply) {
  const DriverTable& driver = context.driver();
  if (driver.cuDeviceGet == nullptr || driver.cuDeviceGetName == nullptr ||
      driver.cuDeviceTotalMem_v2 == nullptr || driver.cuDeviceGetAttribute == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  CUdevice device = 0;
  if (const CUresult result = driver.cuDeviceGet(&device, request.ordinal);
      result != CUDA_SUCCESS) {
    return result;
  }

  constexpr std::size_t name_bytes = 256;
  const std::span<char> name = context.scratch<char>(name_bytes);
  if (const CUresult result =
          driver.cuDeviceGetName(name.data(), static_cast<int>(name_bytes - 1), device);
      result != CUDA_SUCCESS) {
    return result;
  }
  reply.name = std::string_view(name.data());

  const std::span<char> bus = context.scratch<char>(64);
  if (driver.cuDeviceGetPCIBusId != nullptr) {
    driver.cuDeviceGetPCIBusId(bus.data(), static_cast<int>(bus.size() - 1), device);
  }
  reply.pciBusId = std::string_view(bus.data());

  std::size_t total = 0;
  if (const CUresult result = driver.cuDeviceTotalMem_v2(&total, device); result != CUDA_SUCCESS) {
    return result;
  }
  const std::uint64_t quota = context.session().limits().device_bytes;
  reply.totalMem = quota != 0 && quota < total ? quota : total;

  const std::span<CUuuid> uuid = context.scratch<CUuuid>(1);
  const auto get_uuid =
      driver.cuDeviceGetUuid_v2 != nullptr ? driver.cuDeviceGetUuid_v2 : driver.cuDeviceGetUuid;
  if (get_uuid != nullptr) get_uuid(uuid.data(), device);
  reply.uuid = std::as_bytes(uuid);

  const std::span<char> luid = context.scratch<char>(8);
  reply.luidResult = CUDA_ERROR_NOT_SUPPORTED;
  if (driver.cuDeviceGetLuid != nullptr) {
    reply.luidResult = driver.cuDeviceGetLuid(luid.data(), &reply.deviceNodeMask, device);
  }
  reply.luid = std::as_bytes(luid);

  constexpr std::size_t attributes = CU_DEVICE_ATTRIBUTE_MAX;
  const std::span<std::int32_t> results = context.scratch<std::int32_t>(attributes);
  const std::span<std::int32_t> values = context.scratch<std::int32_t>(attributes);
  for (std::size_t i = 0; i < attributes; ++i) {
    results[i] = i == 0 ? CUDA_ERROR_INVALID_VALUE
                        : driver.cuDeviceGetAttribute(&values[i],
                                                      static_cast<CUdevice_attribute>(i), device);
  }
  reply.attributeResults = results;
  reply.attributes = values;
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::StagingShare::Request& request,
                 calls::StagingShare::Reply&) {
  Session& session = context.session();
  const auto shared = session.staging().share(context.take_descriptor(), request.bytes,
                                              session.limits().staging_bytes);
  if (shared) return CUDA_SUCCESS;
  session.log(LogLevel::warning, "no staging area: " + shared.message());
  return CUDA_ERROR_INVALID_VALUE;
}

CUresult execute(CallContext& context, const calls::OutputTake::Request&,
                 calls::OutputTake::Reply& reply) {
  OutputSource* const output = context.session().output();
  if (output == nullptr) return CUDA_SUCCESS;
  constexpr std::size_t most = std::size_t{256} << 10;
  const KernelOutput taken = output->take(most);
  const auto copy = [&context](const std::string& text) {
    const std::span<std::byte> place = context.scratch<std::byte>(text.size());
    if (!text.empty()) std::memcpy(place.data(), text.data(), text.size());
    return std::span<const std::byte>(place);
  };
  reply.standardOutput = copy(taken.standard_output);
  reply.standardError = copy(taken.standard_error);
  reply.more = taken.more ? 1 : 0;
  return CUDA_SUCCESS;
}

CUresult execute(CallContext& context, const calls::Goodbye::Request&, calls::Goodbye::Reply&) {
  context.channel_state().goodbye = true;
  return CUDA_SUCCESS;
}

}  // namespace vgpu::host
