#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <vgpu/guest_written.hpp>

#include "code.hpp"
#include "mirrored_memory.hpp"
#include "object_note.hpp"

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
/// A launch that is `waited` for leaves to the driver what the function may take.
CUresult validate(Callable& callable, const Geometry& geometry, CUstream stream, bool waited) {
  ObjectNote note;
  if (const CUresult result = check_stream(stream, note); result != CUDA_SUCCESS) return result;
  if (const CUresult result = ensure_layout(callable); result != CUDA_SUCCESS) return result;
  const Context* context = current_context();
  if (note.known() && note.context() != context) return CUDA_ERROR_INVALID_HANDLE;
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
  if (waited) return CUDA_SUCCESS;
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

/// The kernel parameters of one launch as the program gave them.
class Parameters {
 public:
  CUresult read(const Callable& callable, void** parameters, void** extra) noexcept {
    if (extra != nullptr) {
      const CUresult result = read_extra(extra, given_);
      size_ = given_.size();
      odd_ = size_ > callable.parameter_bytes;
      if (result == CUDA_SUCCESS && size_ < callable.parameter_bytes)
        return CUDA_ERROR_INVALID_VALUE;
      return result;
    }
    if (parameters == nullptr && !callable.parameters.empty()) return CUDA_ERROR_INVALID_VALUE;
    layout_ = callable.parameters;
    values_ = parameters;
    size_ = callable.parameter_bytes;
    return CUDA_SUCCESS;
  }

  std::size_t size() const noexcept { return size_; }
  /// Whether there are more bytes than the kernel has parameters: the driver decides what that is.
  bool odd() const noexcept { return odd_; }

  /// Writes the block of size() bytes.
  void write(std::byte* block) const noexcept {
    if (values_ == nullptr) {
      if (size_ != 0) std::memcpy(block, given_.data(), size_);
      return;
    }
    // Padding between parameters travels too, and must not carry what lay there before.
    std::size_t end = 0;
    for (std::size_t i = 0; i < layout_.size(); ++i) {
      const KernelParameter& parameter = layout_[i];
      if (parameter.offset > end) std::memset(block + end, 0, parameter.offset - end);
      copy(block + parameter.offset, values_[i], parameter.size);
      end = parameter.offset + parameter.size;
    }
  }

 private:
  /// Pointers and numbers without the detour of a copy whose size nobody knows.
  static void copy(std::byte* to, const void* from, std::size_t size) noexcept {
    if (size == 8) {
      std::memcpy(to, from, 8);
    } else if (size == 4) {
      std::memcpy(to, from, 4);
    } else {
      std::memcpy(to, from, size);
    }
  }

  std::span<const KernelParameter> layout_;
  void** values_ = nullptr;
  std::span<const std::byte> given_;
  std::size_t size_ = 0;
  bool odd_ = false;
};

/// A request with its bytes in one piece of memory, for a launch that waits for an answer.
class Gathered {
 public:
  template <class Write>
  Gathered(std::size_t size, Write&& write) : size_(size), bytes_(new std::byte[size]) {
    write(bytes_.get());
  }
  std::span<const std::byte> bytes() const noexcept { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> bytes_;
};

/// Launches without attributes: plain and cooperative have the same request.
template <class Call>
CUresult launch(CUfunction f, const Geometry& geometry, CUstream stream, void** parameters,
                void** extra) {
  Callable* callable = find_callable(call::to_wire<std::uint64_t>(f));
  if (callable == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  // Whether all blocks fit at once only the driver knows, and CUDA says so at once.
  constexpr bool cooperative = std::is_same_v<Call, calls::LaunchCooperativeKernel>;
  if (const CUresult result = validate(*callable, geometry, stream, cooperative);
      result != CUDA_SUCCESS)
    return result;
  Parameters given;
  if (const CUresult result = given.read(*callable, parameters, extra); result != CUDA_SUCCESS)
    return result;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  const auto request = [&]() noexcept {
    return typename Call::Request{.function = callable->id,
                                  .gridDimX = geometry.grid_x,
                                  .gridDimY = geometry.grid_y,
                                  .gridDimZ = geometry.grid_z,
                                  .blockDimX = geometry.block_x,
                                  .blockDimY = geometry.block_y,
                                  .blockDimZ = geometry.block_z,
                                  .sharedMemBytes = geometry.shared_bytes,
                                  .parameterBytes = static_cast<std::uint32_t>(given.size()),
                                  .hStream = call::to_wire<std::uint64_t>(stream)};
  };
  const auto write = [&](std::byte* bytes) noexcept { given.write(bytes); };
  if (cooperative || given.odd()) {
    ReplyOf<Call> reply;
    return call<Call>(request(), reply, Gathered(given.size(), write).bytes());
  }
  return post_in_place<Call>(request, given.size(), write);
}

/// What the driver may refuse about a launch at once, as far as the guest cannot know it.
enum class Doubt {
  none,
  cluster,  ///< only a shape of clusters that the kernel has not been launched with yet
  any
};

Doubt doubt_of(const CUlaunchConfig& config) noexcept {
  Doubt doubt = Doubt::none;
  for (unsigned i = 0; i < config.numAttrs; ++i) {
    switch (config.attrs[i].id) {
      case CU_LAUNCH_ATTRIBUTE_IGNORE:
      case CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY:
      case CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
      case CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION:
      case CU_LAUNCH_ATTRIBUTE_PRIORITY:
      case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP:
      case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN:
      case CU_LAUNCH_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
        break;
      case CU_LAUNCH_ATTRIBUTE_COOPERATIVE:
        if (config.attrs[i].value.cooperative != 0) return Doubt::any;
        break;
      case CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION:
        doubt = Doubt::cluster;
        break;
      default:
        return Doubt::any;
    }
  }
  return doubt;
}

/// What decides whether a kernel can be launched in clusters, in one number that is not 0.
std::uint64_t shape_of(const CUlaunchConfig& config) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](unsigned value) { hash = (hash ^ value) * 0x100000001b3; };
  for (unsigned i = 0; i < config.numAttrs; ++i) {
    if (config.attrs[i].id != CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION) continue;
    const auto& cluster = config.attrs[i].value.clusterDim;
    for (const unsigned value : {cluster.x, cluster.y, cluster.z}) add(value);
  }
  for (const unsigned value : {config.gridDimX, config.gridDimY, config.gridDimZ, config.blockDimX,
                               config.blockDimY, config.blockDimZ, config.sharedMemBytes}) {
    add(value);
  }
  return hash | 1;
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
  const CUstream stream = config->hStream != nullptr ? config->hStream : default_stream();
  const Doubt doubt = doubt_of(*config);
  if (const CUresult result = validate(*callable, geometry, stream, doubt == Doubt::any);
      result != CUDA_SUCCESS)
    return result;
  Parameters given;
  if (const CUresult result = given.read(*callable, kernelParams, extra); result != CUDA_SUCCESS)
    return result;
  if (const CUresult result = mirror_out(); result != CUDA_SUCCESS) return result;
  const std::size_t attribute_bytes = std::size_t{config->numAttrs} * sizeof(CUlaunchAttribute);
  const auto request = [&]() noexcept {
    return calls::LaunchKernelEx::Request{
        .function = callable->id,
        .gridDimX = geometry.grid_x,
        .gridDimY = geometry.grid_y,
        .gridDimZ = geometry.grid_z,
        .blockDimX = geometry.block_x,
        .blockDimY = geometry.block_y,
        .blockDimZ = geometry.block_z,
        .sharedMemBytes = geometry.shared_bytes,
        .numAttrs = config->numAttrs,
        .hStream = call::to_wire<std::uint64_t>(stream),
        .parameterBytes = static_cast<std::uint32_t>(given.size())};
  };
  const auto write = [&](std::byte* bytes) noexcept {
    if (attribute_bytes != 0) std::memcpy(bytes, config->attrs, attribute_bytes);
    given.write(bytes + attribute_bytes);
  };
  const std::size_t trailing = attribute_bytes + given.size();
  const std::uint64_t shape = doubt == Doubt::cluster ? shape_of(*config) : 0;
  const bool seen = callable->cluster_shape.load(std::memory_order_relaxed) == shape;
  if (doubt == Doubt::any || (doubt == Doubt::cluster && !seen) || given.odd()) {
    ReplyOf<calls::LaunchKernelEx> reply;
    const CUresult result =
        call<calls::LaunchKernelEx>(request(), reply, Gathered(trailing, write).bytes());
    if (result == CUDA_SUCCESS && shape != 0) {
      callable->cluster_shape.store(shape, std::memory_order_relaxed);
    }
    return result;
  }
  return post_in_place<calls::LaunchKernelEx>(request, trailing, write);
}

}  // namespace written
}  // namespace vgpu::guest
