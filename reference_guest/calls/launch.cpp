#include <array>
#include <cstring>
#include <type_traits>
#include <vgpu/guest_written.hpp>

#include "code.hpp"
#include "mirrored_memory.hpp"

namespace vgpu::guest {
namespace {

/// The geometry of a launch, as all its forms have it.
struct Geometry {
  unsigned grid_x;
  unsigned grid_y;
  unsigned grid_z;
  unsigned block_x;
  unsigned block_y;
  unsigned block_z;
  unsigned shared_bytes;
};

int device_limit(const Device& device, CUdevice_attribute attribute) noexcept {
  int value = 0;
  return device.attribute(attribute, &value) == CUDA_SUCCESS ? value : 0;
}

/// Asks the host for the limits of one function. Not on the fast path: once per function.
CUresult fetch_limits(Callable& callable, int device) {
  const bool kernel = call::HandleId{callable.id}.kind() == call::HandleKind::kernel;
  const auto ask = [&](CUfunction_attribute attribute, std::atomic<int>& into) {
    if (kernel) {
      ReplyOf<calls::KernelGetAttribute> reply;
      const CUresult result = call<calls::KernelGetAttribute>(
          {.attrib = static_cast<std::uint32_t>(attribute), .dev = device, .kernel = callable.id},
          reply);
      into.store(reply.value.pi, std::memory_order_relaxed);
      return result;
    }
    ReplyOf<calls::FuncGetAttribute> reply;
    const CUresult result = call<calls::FuncGetAttribute>(
        {.attrib = static_cast<std::uint32_t>(attribute), .hfunc = callable.id}, reply);
    into.store(reply.value.pi, std::memory_order_relaxed);
    return result;
  };
  CUresult result = ask(CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, callable.max_threads_per_block);
  if (result != CUDA_SUCCESS) return result;
  result = ask(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, callable.max_dynamic_shared_bytes);
  if (result == CUDA_SUCCESS) callable.limits_known.store(true, std::memory_order_release);
  return result;
}

bool within_function_limits(const Callable& callable, const Geometry& geometry) noexcept {
  const std::uint64_t threads =
      std::uint64_t{geometry.block_x} * geometry.block_y * geometry.block_z;
  return threads <= static_cast<std::uint64_t>(
                        callable.max_threads_per_block.load(std::memory_order_relaxed)) &&
         geometry.shared_bytes <= static_cast<std::uint64_t>(callable.max_dynamic_shared_bytes.load(
                                      std::memory_order_relaxed));
}

/// CUDA's immediate error for a launch that cannot be, so that publishing it needs no answer.
CUresult validate(Callable& callable, const Geometry& geometry, CUstream stream) {
  if (!handle_valid(call::HandleKind::stream, call::to_wire<std::uint64_t>(stream)))
    return CUDA_ERROR_INVALID_HANDLE;
  if (const CUresult result = ensure_layout(callable); result != CUDA_SUCCESS) return result;
  const Context* context = current_context();
  if (callable.context != 0 && callable.context != context->id) return CUDA_ERROR_INVALID_HANDLE;
  const Device* device = find_device(context->device);
  if (device == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
  const auto over = [device](unsigned value, CUdevice_attribute attribute) {
    return value > static_cast<unsigned>(device_limit(*device, attribute));
  };
  if (geometry.grid_x == 0 || geometry.grid_y == 0 || geometry.grid_z == 0 ||
      geometry.block_x == 0 || geometry.block_y == 0 || geometry.block_z == 0 ||
      over(geometry.grid_x, CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X) ||
      over(geometry.grid_y, CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y) ||
      over(geometry.grid_z, CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z) ||
      over(geometry.block_x, CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X) ||
      over(geometry.block_y, CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y) ||
      over(geometry.block_z, CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (callable.limits_known.load(std::memory_order_acquire) &&
      within_function_limits(callable, geometry)) {
    return CUDA_SUCCESS;
  }
  // Limits change when attributes are set through another handle of the same code: ask again before
  // refusing.
  if (const CUresult result = fetch_limits(callable, context->device); result != CUDA_SUCCESS)
    return result;
  return within_function_limits(callable, geometry) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

/// The parameter block of one launch, behind whatever else trails the request.
class ParameterBlock {
 public:
  /// Lays the block out. `lead` bytes are left free at its front.
  CUresult gather(const Callable& callable, void** parameters, void** extra, std::size_t lead) {
    if (extra != nullptr) return copy_extra(extra, lead);
    if (parameters == nullptr && !callable.parameters.empty()) return CUDA_ERROR_INVALID_VALUE;
    std::byte* block = take(lead, callable.parameter_bytes);
    for (std::size_t i = 0; i < callable.parameters.size(); ++i) {
      const KernelParameter& parameter = callable.parameters[i];
      std::memcpy(block + parameter.offset, parameters[i], parameter.size);
    }
    return CUDA_SUCCESS;
  }

  std::span<std::byte> bytes() noexcept { return bytes_; }
  std::uint32_t parameter_bytes() const noexcept { return parameter_bytes_; }

 private:
  CUresult copy_extra(void** extra, std::size_t lead) {
    std::span<const std::byte> given;
    if (const CUresult result = read_extra(extra, given); result != CUDA_SUCCESS) return result;
    std::byte* block = take(lead, given.size());
    if (!given.empty()) std::memcpy(block, given.data(), given.size());
    return CUDA_SUCCESS;
  }

  std::byte* take(std::size_t lead, std::size_t size) {
    const std::size_t total = lead + size;
    std::byte* place = near_.data();
    if (total > near_.size()) {
      far_ = std::make_unique<std::byte[]>(total);
      place = far_.get();
    }
    // Padding between parameters travels too, and must not carry what the stack held before.
    std::memset(place, 0, total);
    bytes_ = {place, total};
    parameter_bytes_ = static_cast<std::uint32_t>(size);
    return place + lead;
  }

  // Kernel parameters seldom exceed this, so a launch seldom allocates.
  std::array<std::byte, 4096> near_;
  std::unique_ptr<std::byte[]> far_;
  std::span<std::byte> bytes_;
  std::uint32_t parameter_bytes_ = 0;
};

/// Launches without attributes: plain and cooperative have the same request.
template <class Call>
CUresult launch(CUfunction f, const Geometry& geometry, CUstream stream, void** parameters,
                void** extra) {
  Callable* callable = find_callable(call::to_wire<std::uint64_t>(f));
  if (callable == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (const CUresult result = validate(*callable, geometry, stream); result != CUDA_SUCCESS)
    return result;
  ParameterBlock block;
  if (const CUresult result = block.gather(*callable, parameters, extra, 0); result != CUDA_SUCCESS)
    return result;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  const typename Call::Request request{.function = callable->id,
                                       .gridDimX = geometry.grid_x,
                                       .gridDimY = geometry.grid_y,
                                       .gridDimZ = geometry.grid_z,
                                       .blockDimX = geometry.block_x,
                                       .blockDimY = geometry.block_y,
                                       .blockDimZ = geometry.block_z,
                                       .sharedMemBytes = geometry.shared_bytes,
                                       .parameterBytes = block.parameter_bytes(),
                                       .hStream = call::to_wire<std::uint64_t>(stream)};
  if constexpr (std::is_same_v<Call, calls::LaunchCooperativeKernel>) {
    // Whether all blocks fit at once only the driver knows, and CUDA says so at once.
    ReplyOf<Call> reply;
    return call<Call>(request, reply, block.bytes());
  }
  return post<Call>(request, block.bytes());
}

/// Whether a launch needs all its blocks at once: if they fit only the driver knows, and CUDA says
/// so immediately.
bool is_cooperative(const CUlaunchConfig& config) noexcept {
  for (unsigned i = 0; i < config.numAttrs; ++i) {
    const CUlaunchAttribute& attribute = config.attrs[i];
    if (attribute.id == CU_LAUNCH_ATTRIBUTE_COOPERATIVE && attribute.value.cooperative != 0)
      return true;
  }
  return false;
}

}  // namespace

namespace written {

CUresult cuLaunchKernel(CUfunction f, unsigned int gridDimX, unsigned int gridDimY,
                        unsigned int gridDimZ, unsigned int blockDimX, unsigned int blockDimY,
                        unsigned int blockDimZ, unsigned int sharedMemBytes, CUstream hStream,
                        void** kernelParams, void** extra) {
  return launch<calls::LaunchKernel>(
      f, {gridDimX, gridDimY, gridDimZ, blockDimX, blockDimY, blockDimZ, sharedMemBytes}, hStream,
      kernelParams, extra);
}

CUresult cuLaunchCooperativeKernel(CUfunction f, unsigned int gridDimX, unsigned int gridDimY,
                                   unsigned int gridDimZ, unsigned int blockDimX,
                                   unsigned int blockDimY, unsigned int blockDimZ,
                                   unsigned int sharedMemBytes, CUstream hStream,
                                   void** kernelParams) {
  return launch<calls::LaunchCooperativeKernel>(
      f, {gridDimX, gridDimY, gridDimZ, blockDimX, blockDimY, blockDimZ, sharedMemBytes}, hStream,
      kernelParams, nullptr);
}

CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction f, void** kernelParams,
                          void** extra) {
  Callable* callable = find_callable(call::to_wire<std::uint64_t>(f));
  if (callable == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (config->numAttrs != 0 && config->attrs == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (kernelParams != nullptr && extra != nullptr) return CUDA_ERROR_INVALID_VALUE;
  constexpr unsigned most_attributes = 64;
  if (config->numAttrs > most_attributes) return CUDA_ERROR_INVALID_VALUE;
  const Geometry geometry{config->gridDimX,      config->gridDimY,  config->gridDimZ,
                          config->blockDimX,     config->blockDimY, config->blockDimZ,
                          config->sharedMemBytes};
  if (const CUresult result = validate(*callable, geometry, config->hStream);
      result != CUDA_SUCCESS)
    return result;
  const std::size_t attribute_bytes = std::size_t{config->numAttrs} * sizeof(CUlaunchAttribute);
  ParameterBlock block;
  if (const CUresult result = block.gather(*callable, kernelParams, extra, attribute_bytes);
      result != CUDA_SUCCESS) {
    return result;
  }
  if (attribute_bytes != 0) std::memcpy(block.bytes().data(), config->attrs, attribute_bytes);
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  const calls::LaunchKernelEx::Request request{
      .function = callable->id,
      .gridDimX = geometry.grid_x,
      .gridDimY = geometry.grid_y,
      .gridDimZ = geometry.grid_z,
      .blockDimX = geometry.block_x,
      .blockDimY = geometry.block_y,
      .blockDimZ = geometry.block_z,
      .sharedMemBytes = geometry.shared_bytes,
      .numAttrs = config->numAttrs,
      .hStream = call::to_wire<std::uint64_t>(config->hStream),
      .parameterBytes = block.parameter_bytes()};
  if (is_cooperative(*config)) {
    ReplyOf<calls::LaunchKernelEx> reply;
    return call<calls::LaunchKernelEx>(request, reply, block.bytes());
  }
  return post<calls::LaunchKernelEx>(request, block.bytes());
}

}  // namespace written
}  // namespace vgpu::guest
