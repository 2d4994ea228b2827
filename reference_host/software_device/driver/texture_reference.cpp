#include <algorithm>
#include <utility>

#include "driver.hpp"
#include "image_objects.hpp"

namespace vgpu::softdevice {
namespace {

/// Makes kernels see what the reference says now. Those that were launched before must not, so they
/// are waited for.
CUresult rebind(Context& context, TextureReference& reference) {
  if (!reference.bound) return CUDA_SUCCESS;
  auto texture = std::make_shared<Texture>();
  const CUresult result =
      make_texture(context, reference.resource, reference.texture, nullptr, *texture);
  if (reference.place == 0) return result;
  context.synchronise();
  images().set(reference.place, result == CUDA_SUCCESS
                                    ? std::shared_ptr<const Texture>(std::move(texture))
                                    : nullptr);
  return result;
}

/// Binds a resource, or leaves what was bound when it cannot be.
CUresult bind_resource(Context& context, TextureReference& reference,
                       const CUDA_RESOURCE_DESC& resource) {
  Texture probe;
  CUDA_TEXTURE_DESC texture = reference.texture;
  if (const CUresult result = make_texture(context, resource, texture, nullptr, probe);
      result != CUDA_SUCCESS) {
    return result;
  }
  reference.resource = resource;
  reference.format = probe.levels.front().format;
  reference.channels = probe.levels.front().channels;
  reference.bound = true;
  rebind(context, reference);
  return CUDA_SUCCESS;
}

/// Runs `body(context, reference)` with the reference locked, in the context that it was made in.
/// None has to be current.
template <class Body>
CUresult with_reference(CUtexref handle, Body&& body) noexcept {
  return entry([&]() -> CUresult {
    const auto reference = driver().texture_references.find(handle);
    const auto context = reference == nullptr ? nullptr : reference->context.lock();
    if (context == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    const std::lock_guard lock(reference->mutex);
    return body(*context, *reference);
  });
}

/// Changes an attribute.
template <class Change>
CUresult change(CUtexref handle, Change&& set) noexcept {
  return with_reference(handle, [&](Context& context, TextureReference& reference) -> CUresult {
    if (!set(reference)) return CUDA_ERROR_INVALID_VALUE;
    rebind(context, reference);
    return CUDA_SUCCESS;
  });
}

/// Reads an attribute into `out`; `get` returns false where there is none.
template <class Value, class Get>
CUresult read(CUtexref handle, Value* out, Get&& get) noexcept {
  return with_reference(handle, [&](Context&, TextureReference& reference) -> CUresult {
    return out != nullptr && get(reference, *out) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
  });
}

bool bound_to(const TextureReference& reference, CUresourcetype type) {
  return reference.bound && reference.resource.resType == type;
}

std::shared_ptr<TextureReference> make_reference(const std::shared_ptr<Context>& context,
                                                 std::uint64_t place) {
  auto reference = std::make_shared<TextureReference>();
  reference->context = context;
  reference->place = place;
  reference->texture.maxAnisotropy = 1;
  reference->handle = driver().texture_references.add(reference);
  return reference;
}

}  // namespace

CUresult Module::reference(const char* name, CUtexref& handle) {
  const std::lock_guard lock(mutex_);
  if (const auto known = texture_references_.find(name); known != texture_references_.end()) {
    handle = known->second;
    return CUDA_SUCCESS;
  }
  const std::uint64_t place = code_->find_reference(name, false);
  if (place == 0) return CUDA_ERROR_NOT_FOUND;
  handle = make_reference(context_.lock(), place)->handle;
  texture_references_.emplace(name, handle);
  return CUDA_SUCCESS;
}

CUresult Module::reference(const char* name, CUsurfref& handle) {
  const std::lock_guard lock(mutex_);
  if (const auto known = surface_references_.find(name); known != surface_references_.end()) {
    handle = known->second;
    return CUDA_SUCCESS;
  }
  const std::uint64_t place = code_->find_reference(name, true);
  if (place == 0) return CUDA_ERROR_NOT_FOUND;
  auto reference = std::make_shared<SurfaceReference>();
  reference->context = context_;
  reference->place = place;
  handle = reference->handle = driver().surface_references.add(reference);
  surface_references_.emplace(name, handle);
  return CUDA_SUCCESS;
}

void end_references(const std::vector<CUtexref>& textures, const std::vector<CUsurfref>& surfaces) {
  for (const CUtexref handle : textures) {
    const auto reference = driver().texture_references.remove(handle);
    if (reference != nullptr && reference->place != 0) {
      images().set(reference->place, std::shared_ptr<const Texture>());
    }
  }
  for (const CUsurfref handle : surfaces) {
    const auto reference = driver().surface_references.remove(handle);
    if (reference != nullptr) {
      images().set(reference->place, std::shared_ptr<const Surface>());
    }
  }
}

}  // namespace vgpu::softdevice

using namespace vgpu::softdevice;

namespace {

template <class Handle>
CUresult module_reference(Handle* out, CUmodule module_handle, const char* name) {
  return entry([&]() -> CUresult {
    if (out == nullptr || name == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const auto module = driver().modules.find(module_handle);
    if (module == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    return module->reference(name, *out);
  });
}

}  // namespace

extern "C" {

CUresult cuModuleGetTexRef(CUtexref* reference, CUmodule module, const char* name) {
  return module_reference(reference, module, name);
}

CUresult cuModuleGetSurfRef(CUsurfref* reference, CUmodule module, const char* name) {
  return module_reference(reference, module, name);
}

CUresult cuTexRefCreate(CUtexref* out) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *out = make_reference(context, 0)->handle;
    return CUDA_SUCCESS;
  });
}

CUresult cuTexRefDestroy(CUtexref handle) {
  return entry([&]() -> CUresult {
    const auto reference = driver().texture_references.find(handle);
    if (reference == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    // Those of a module end with it.
    if (reference->place != 0) return CUDA_ERROR_INVALID_VALUE;
    driver().texture_references.remove(handle);
    return CUDA_SUCCESS;
  });
}

CUresult cuTexRefSetArray(CUtexref handle, CUarray array, unsigned int flags) {
  return with_reference(handle, [&](Context& context, TextureReference& reference) -> CUresult {
    if (array == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    if (flags != CU_TRSA_OVERRIDE_FORMAT) return CUDA_ERROR_INVALID_VALUE;
    CUDA_RESOURCE_DESC resource{};
    resource.resType = CU_RESOURCE_TYPE_ARRAY;
    resource.res.array.hArray = array;
    return bind_resource(context, reference, resource);
  });
}

CUresult cuTexRefSetMipmappedArray(CUtexref handle, CUmipmappedArray array, unsigned int flags) {
  return with_reference(handle, [&](Context& context, TextureReference& reference) -> CUresult {
    if (array == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    if (flags != CU_TRSA_OVERRIDE_FORMAT) return CUDA_ERROR_INVALID_VALUE;
    CUDA_RESOURCE_DESC resource{};
    resource.resType = CU_RESOURCE_TYPE_MIPMAPPED_ARRAY;
    resource.res.mipmap.hMipmappedArray = array;
    return bind_resource(context, reference, resource);
  });
}

CUresult cuTexRefSetAddress_v2(size_t* byte_offset, CUtexref handle, CUdeviceptr address,
                               size_t bytes) {
  return with_reference(handle, [&](Context& context, TextureReference& reference) -> CUresult {
    int alignment = 0;
    context.device().attribute(CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT, alignment);
    const std::size_t offset = address % static_cast<std::size_t>(alignment);
    if (byte_offset == nullptr && offset != 0) return CUDA_ERROR_INVALID_VALUE;
    CUDA_RESOURCE_DESC resource{};
    resource.resType = CU_RESOURCE_TYPE_LINEAR;
    resource.res.linear.devPtr = address - offset;
    resource.res.linear.format = reference.format;
    resource.res.linear.numChannels = reference.channels;
    resource.res.linear.sizeInBytes = bytes + offset;
    const CUresult result = bind_resource(context, reference, resource);
    if (result == CUDA_SUCCESS && byte_offset != nullptr) *byte_offset = offset;
    return result;
  });
}

CUresult cuTexRefSetAddress2D_v3(CUtexref handle, const CUDA_ARRAY_DESCRIPTOR* desc,
                                 CUdeviceptr address, size_t pitch) {
  return with_reference(handle, [&](Context& context, TextureReference& reference) -> CUresult {
    if (desc == nullptr) return CUDA_ERROR_INVALID_VALUE;
    CUDA_RESOURCE_DESC resource{};
    resource.resType = CU_RESOURCE_TYPE_PITCH2D;
    resource.res.pitch2D.devPtr = address;
    resource.res.pitch2D.format = desc->Format;
    resource.res.pitch2D.numChannels = desc->NumChannels;
    resource.res.pitch2D.width = desc->Width;
    resource.res.pitch2D.height = desc->Height;
    resource.res.pitch2D.pitchInBytes = pitch;
    return bind_resource(context, reference, resource);
  });
}

CUresult cuTexRefSetAddress2D_v2(CUtexref handle, const CUDA_ARRAY_DESCRIPTOR* desc,
                                 CUdeviceptr address, size_t pitch) {
  return cuTexRefSetAddress2D_v3(handle, desc, address, pitch);
}

CUresult cuTexRefSetFormat(CUtexref handle, CUarray_format format, int channels) {
  return change(handle, [&](TextureReference& reference) {
    if (channel_bytes(format) == 0 || (channels != 1 && channels != 2 && channels != 4)) {
      return false;
    }
    reference.format = format;
    reference.channels = static_cast<unsigned>(channels);
    return true;
  });
}

CUresult cuTexRefSetAddressMode(CUtexref handle, int dim, CUaddress_mode mode) {
  return change(handle, [&](TextureReference& reference) {
    if (dim < 0 || dim > 2 || mode > CU_TR_ADDRESS_MODE_BORDER) return false;
    reference.texture.addressMode[dim] = mode;
    return true;
  });
}

CUresult cuTexRefSetFilterMode(CUtexref handle, CUfilter_mode mode) {
  return change(handle, [&](TextureReference& reference) {
    if (mode > CU_TR_FILTER_MODE_LINEAR) return false;
    reference.texture.filterMode = mode;
    return true;
  });
}

CUresult cuTexRefSetMipmapFilterMode(CUtexref handle, CUfilter_mode mode) {
  return change(handle, [&](TextureReference& reference) {
    if (mode > CU_TR_FILTER_MODE_LINEAR) return false;
    reference.texture.mipmapFilterMode = mode;
    return true;
  });
}

CUresult cuTexRefSetMipmapLevelBias(CUtexref handle, float bias) {
  return change(handle, [&](TextureReference& reference) {
    reference.texture.mipmapLevelBias = bias;
    return true;
  });
}

CUresult cuTexRefSetMipmapLevelClamp(CUtexref handle, float least, float most) {
  return change(handle, [&](TextureReference& reference) {
    reference.texture.minMipmapLevelClamp = least;
    reference.texture.maxMipmapLevelClamp = most;
    return true;
  });
}

CUresult cuTexRefSetMaxAnisotropy(CUtexref handle, unsigned int ratio) {
  return change(handle, [&](TextureReference& reference) {
    reference.texture.maxAnisotropy = std::clamp(ratio, 1U, 16U);
    return true;
  });
}

CUresult cuTexRefSetBorderColor(CUtexref handle, float* colour) {
  return change(handle, [&](TextureReference& reference) {
    if (colour == nullptr) return false;
    std::copy_n(colour, 4, reference.texture.borderColor);
    return true;
  });
}

CUresult cuTexRefSetFlags(CUtexref handle, unsigned int flags) {
  return change(handle, [&](TextureReference& reference) {
    constexpr unsigned known = CU_TRSF_READ_AS_INTEGER | CU_TRSF_NORMALIZED_COORDINATES |
                               CU_TRSF_SRGB | CU_TRSF_DISABLE_TRILINEAR_OPTIMIZATION;
    if ((flags & ~known) != 0) return false;
    reference.texture.flags = flags;
    return true;
  });
}

CUresult cuTexRefGetAddress_v2(CUdeviceptr* address, CUtexref handle) {
  return read(handle, address, [](const TextureReference& reference, CUdeviceptr& out) {
    if (bound_to(reference, CU_RESOURCE_TYPE_LINEAR)) {
      out = reference.resource.res.linear.devPtr;
      return true;
    }
    if (!bound_to(reference, CU_RESOURCE_TYPE_PITCH2D)) return false;
    out = reference.resource.res.pitch2D.devPtr;
    return true;
  });
}

CUresult cuTexRefGetArray(CUarray* array, CUtexref handle) {
  return read(handle, array, [](const TextureReference& reference, CUarray& out) {
    out = reference.resource.res.array.hArray;
    return bound_to(reference, CU_RESOURCE_TYPE_ARRAY);
  });
}

CUresult cuTexRefGetMipmappedArray(CUmipmappedArray* array, CUtexref handle) {
  return read(handle, array, [](const TextureReference& reference, CUmipmappedArray& out) {
    out = reference.resource.res.mipmap.hMipmappedArray;
    return bound_to(reference, CU_RESOURCE_TYPE_MIPMAPPED_ARRAY);
  });
}

CUresult cuTexRefGetAddressMode(CUaddress_mode* mode, CUtexref handle, int dim) {
  return read(handle, mode, [dim](const TextureReference& reference, CUaddress_mode& out) {
    if (dim < 0 || dim > 2) return false;
    out = reference.texture.addressMode[dim];
    return true;
  });
}

CUresult cuTexRefGetFilterMode(CUfilter_mode* mode, CUtexref handle) {
  return read(handle, mode, [](const TextureReference& reference, CUfilter_mode& out) {
    out = reference.texture.filterMode;
    return true;
  });
}

CUresult cuTexRefGetFormat(CUarray_format* format, int* channels, CUtexref handle) {
  return read(handle, format, [channels](const TextureReference& reference, CUarray_format& out) {
    out = reference.format;
    if (channels != nullptr) *channels = static_cast<int>(reference.channels);
    return true;
  });
}

CUresult cuTexRefGetMipmapFilterMode(CUfilter_mode* mode, CUtexref handle) {
  return read(handle, mode, [](const TextureReference& reference, CUfilter_mode& out) {
    out = reference.texture.mipmapFilterMode;
    return true;
  });
}

CUresult cuTexRefGetMipmapLevelBias(float* bias, CUtexref handle) {
  return read(handle, bias, [](const TextureReference& reference, float& out) {
    out = reference.texture.mipmapLevelBias;
    return true;
  });
}

CUresult cuTexRefGetMipmapLevelClamp(float* least, float* most, CUtexref handle) {
  return read(handle, least, [most](const TextureReference& reference, float& out) {
    out = reference.texture.minMipmapLevelClamp;
    if (most != nullptr) *most = reference.texture.maxMipmapLevelClamp;
    return true;
  });
}

CUresult cuTexRefGetMaxAnisotropy(int* ratio, CUtexref handle) {
  return read(handle, ratio, [](const TextureReference& reference, int& out) {
    out = static_cast<int>(reference.texture.maxAnisotropy);
    return true;
  });
}

CUresult cuTexRefGetBorderColor(float* colour, CUtexref handle) {
  return read(handle, colour, [](const TextureReference& reference, float& out) {
    std::copy_n(reference.texture.borderColor, 4, &out);
    return true;
  });
}

CUresult cuTexRefGetFlags(unsigned int* flags, CUtexref handle) {
  return read(handle, flags, [](const TextureReference& reference, unsigned& out) {
    out = reference.texture.flags;
    return true;
  });
}

CUresult cuSurfRefSetArray(CUsurfref handle, CUarray array, unsigned int flags) {
  return entry([&]() -> CUresult {
    const auto reference = driver().surface_references.find(handle);
    const auto context = reference == nullptr ? nullptr : reference->context.lock();
    if (context == nullptr || array == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    const auto known = driver().arrays.find(array);
    if (flags != 0 || known == nullptr ||
        (known->descriptor.Flags & CUDA_ARRAY3D_SURFACE_LDST) == 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    auto surface = std::make_shared<Surface>();
    if (const CUresult result = make_surface(array, *surface); result != CUDA_SUCCESS) {
      return result;
    }
    const std::lock_guard lock(reference->mutex);
    // Kernels that were launched before must not see it.
    context->synchronise();
    images().set(reference->place, std::shared_ptr<const Surface>(std::move(surface)));
    reference->array = array;
    return CUDA_SUCCESS;
  });
}

CUresult cuSurfRefGetArray(CUarray* array, CUsurfref handle) {
  return entry([&]() -> CUresult {
    const auto reference = driver().surface_references.find(handle);
    if (array == nullptr || reference == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const std::lock_guard lock(reference->mutex);
    if (reference->array == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *array = reference->array;
    return CUDA_SUCCESS;
  });
}

}  // extern "C"
