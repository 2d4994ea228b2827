#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "driver.hpp"
#include "image_objects.hpp"

namespace vgpu::softdevice {
namespace {

constexpr unsigned known_texture_flags = CU_TRSF_READ_AS_INTEGER | CU_TRSF_NORMALIZED_COORDINATES |
                                         CU_TRSF_SRGB | CU_TRSF_DISABLE_TRILINEAR_OPTIMIZATION |
                                         CU_TRSF_SEAMLESS_CUBEMAP;

std::size_t limit(const Device& device, CUdevice_attribute attribute) {
  int value = 0;
  return device.attribute(attribute, value) ? static_cast<std::size_t>(value) : 0;
}

/// Format and channels that a view's format means; false for none and the compressed ones.
bool view_format(CUresourceViewFormat format, CUarray_format& base, unsigned& channels) {
  static constexpr CUarray_format bases[] = {CU_AD_FORMAT_UNSIGNED_INT8,  CU_AD_FORMAT_SIGNED_INT8,
                                             CU_AD_FORMAT_UNSIGNED_INT16, CU_AD_FORMAT_SIGNED_INT16,
                                             CU_AD_FORMAT_UNSIGNED_INT32, CU_AD_FORMAT_SIGNED_INT32,
                                             CU_AD_FORMAT_HALF,           CU_AD_FORMAT_FLOAT};
  if (format < CU_RES_VIEW_FORMAT_UINT_1X8 || format > CU_RES_VIEW_FORMAT_FLOAT_4X32) return false;
  const unsigned place = format - CU_RES_VIEW_FORMAT_UINT_1X8;
  base = bases[place / 3];
  channels = 1U << place % 3;
  return true;
}

/// Linear memory: one row, indexed by integers.
CUresult linear_image(const Device& device, const CUDA_RESOURCE_DESC& resource, Image& image) {
  const auto& linear = resource.res.linear;
  image.data = linear.devPtr;
  image.format = linear.format;
  image.channels = linear.numChannels;
  const std::size_t texel = image.texel_bytes();
  if (texel == 0 || image.channels == 3 || image.channels > 4 ||
      linear.devPtr % limit(device, CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT) != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  image.width = linear.sizeInBytes / texel;
  image.row_pitch = image.slice_pitch = linear.sizeInBytes;
  if (image.width == 0 ||
      image.width > limit(device, CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LINEAR_WIDTH) ||
      !is_accessible(linear.devPtr, linear.sizeInBytes)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

CUresult pitched_image(const Device& device, const CUDA_RESOURCE_DESC& resource, Image& image) {
  const auto& pitched = resource.res.pitch2D;
  image.data = pitched.devPtr;
  image.format = pitched.format;
  image.channels = pitched.numChannels;
  image.width = pitched.width;
  image.height = pitched.height;
  image.row_pitch = pitched.pitchInBytes;
  const std::size_t texel = image.texel_bytes();
  if (texel == 0 || image.channels == 3 || image.channels > 4 || image.width == 0 ||
      image.height == 0 ||
      pitched.devPtr % limit(device, CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT) != 0 ||
      pitched.pitchInBytes % limit(device, CU_DEVICE_ATTRIBUTE_TEXTURE_PITCH_ALIGNMENT) != 0 ||
      image.width > limit(device, CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_LINEAR_WIDTH) ||
      image.height > limit(device, CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_LINEAR_HEIGHT) ||
      image.row_pitch > limit(device, CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_LINEAR_PITCH) ||
      image.row_pitch < image.width * texel) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  image.slice_pitch = image.row_pitch * image.height;
  const std::size_t bytes = image.row_pitch * (image.height - 1) + image.width * texel;
  return is_accessible(pitched.devPtr, bytes) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

/// Narrows the levels of a texture to what a view shows of them.
CUresult apply_view(const CUDA_ARRAY3D_DESCRIPTOR& array, const CUDA_RESOURCE_VIEW_DESC& view,
                    Texture& texture) {
  std::vector<Image>& levels = texture.levels;
  if (view.width != array.Width || view.height != array.Height || view.depth != array.Depth ||
      view.firstMipmapLevel > view.lastMipmapLevel || view.lastMipmapLevel >= levels.size() ||
      view.firstLayer > view.lastLayer) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const bool layered = (array.Flags & (CUDA_ARRAY3D_LAYERED | CUDA_ARRAY3D_CUBEMAP)) != 0;
  if (layered ? view.lastLayer >= array.Depth : view.lastLayer != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  levels.erase(levels.begin() + view.lastMipmapLevel + 1, levels.end());
  levels.erase(levels.begin(), levels.begin() + view.firstMipmapLevel);
  for (Image& level : levels) {
    if (view.format != CU_RES_VIEW_FORMAT_NONE) {
      const std::size_t texel = level.texel_bytes();
      if (!view_format(view.format, level.format, level.channels)) {
        log_line("textures of compressed formats are not supported by the software device");
        return CUDA_ERROR_NOT_SUPPORTED;
      }
      if (level.texel_bytes() != texel) return CUDA_ERROR_INVALID_VALUE;
    }
    if (layered) {
      level.data += view.firstLayer * level.slice_pitch;
      level.depth = view.lastLayer - view.firstLayer + 1;
    }
  }
  return CUDA_SUCCESS;
}

}  // namespace

CUresult make_texture(Context& context, const CUDA_RESOURCE_DESC& resource,
                      const CUDA_TEXTURE_DESC& desc, const CUDA_RESOURCE_VIEW_DESC* view,
                      Texture& texture) {
  if (resource.flags != 0 || (desc.flags & ~known_texture_flags) != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  for (const CUaddress_mode mode : desc.addressMode) {
    if (mode > CU_TR_ADDRESS_MODE_BORDER) return CUDA_ERROR_INVALID_VALUE;
  }
  if (desc.filterMode > CU_TR_FILTER_MODE_LINEAR ||
      desc.mipmapFilterMode > CU_TR_FILTER_MODE_LINEAR) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const bool normalized = (desc.flags & CU_TRSF_NORMALIZED_COORDINATES) != 0;
  const CUDA_ARRAY3D_DESCRIPTOR* array_descriptor = nullptr;
  std::shared_ptr<Array> array;
  std::shared_ptr<MipmappedArray> mipmap;
  texture.levels.resize(1);
  switch (resource.resType) {
    case CU_RESOURCE_TYPE_ARRAY:
      array = driver().arrays.find(resource.res.array.hArray);
      if (array == nullptr) return CUDA_ERROR_INVALID_VALUE;
      texture.levels.front() = array->image;
      texture.storage = array->storage;
      array_descriptor = &array->descriptor;
      break;
    case CU_RESOURCE_TYPE_MIPMAPPED_ARRAY:
      mipmap = driver().mipmapped_arrays.find(resource.res.mipmap.hMipmappedArray);
      if (mipmap == nullptr) return CUDA_ERROR_INVALID_VALUE;
      texture.levels.clear();
      for (const auto& level : mipmap->levels) texture.levels.push_back(level->image);
      texture.storage = mipmap->levels.front()->storage;
      array_descriptor = &mipmap->descriptor;
      break;
    case CU_RESOURCE_TYPE_LINEAR:
      if (const CUresult result = linear_image(context.device(), resource, texture.levels.front());
          result != CUDA_SUCCESS) {
        return result;
      }
      texture.linear_memory = true;
      break;
    case CU_RESOURCE_TYPE_PITCH2D:
      if (const CUresult result = pitched_image(context.device(), resource, texture.levels.front());
          result != CUDA_SUCCESS) {
        return result;
      }
      break;
    default:
      return CUDA_ERROR_INVALID_VALUE;
  }
  const bool cube =
      array_descriptor != nullptr && (array_descriptor->Flags & CUDA_ARRAY3D_CUBEMAP) != 0;
  if ((desc.flags & CU_TRSF_SEAMLESS_CUBEMAP) != 0 && !cube) return CUDA_ERROR_INVALID_VALUE;
  // Linear memory is seen as it is.
  if (view != nullptr && array_descriptor != nullptr) {
    if (const CUresult result = apply_view(*array_descriptor, *view, texture);
        result != CUDA_SUCCESS) {
      return result;
    }
  }
  std::copy_n(desc.addressMode, texture.address.size(), texture.address.begin());
  texture.filter = desc.filterMode;
  texture.mipmap_filter = desc.mipmapFilterMode;
  texture.normalized_coordinates = normalized;
  texture.read_as_integer = (desc.flags & CU_TRSF_READ_AS_INTEGER) != 0;
  texture.srgb = (desc.flags & CU_TRSF_SRGB) != 0;
  texture.seamless = (desc.flags & CU_TRSF_SEAMLESS_CUBEMAP) != 0;
  texture.level_bias = desc.mipmapLevelBias;
  texture.min_level = desc.minMipmapLevelClamp;
  texture.max_level = desc.maxMipmapLevelClamp;
  std::copy_n(desc.borderColor, texture.border.size(), texture.border.begin());
  return CUDA_SUCCESS;
}

CUresult make_surface(CUarray handle, Surface& surface) {
  const auto array = driver().arrays.find(handle);
  if (array == nullptr) return CUDA_ERROR_INVALID_VALUE;
  surface.image = array->image;
  surface.storage = array->storage;
  return CUDA_SUCCESS;
}

namespace {

bool belongs(const std::weak_ptr<Context>& owner, const Context& context) {
  return owner.lock().get() == &context;
}

}  // namespace

void end_images(const Context& context) {
  Driver& all = driver();
  for (const auto& [handle, object] : all.textures.entries()) {
    if (!belongs(object->context, context)) continue;
    images().set(handle, std::shared_ptr<const Texture>());
    all.textures.remove(handle);
  }
  for (const auto& [handle, object] : all.surfaces.entries()) {
    if (!belongs(object->context, context)) continue;
    images().set(handle, std::shared_ptr<const Surface>());
    all.surfaces.remove(handle);
  }
  std::vector<CUtexref> textures;
  for (const auto& reference : all.texture_references.all()) {
    if (belongs(reference->context, context)) textures.push_back(reference->handle);
  }
  std::vector<CUsurfref> surfaces;
  for (const auto& reference : all.surface_references.all()) {
    if (belongs(reference->context, context)) surfaces.push_back(reference->handle);
  }
  end_references(textures, surfaces);
  for (const auto& array : all.arrays.all()) {
    if (belongs(array->context, context)) all.arrays.remove(array->handle);
  }
  for (const auto& mipmap : all.mipmapped_arrays.all()) {
    if (belongs(mipmap->context, context)) all.mipmapped_arrays.remove(mipmap->handle);
  }
}

}  // namespace vgpu::softdevice

using namespace vgpu::softdevice;

namespace {

/// Finds an object for a question about it, and copies one part of it out.
template <class Table, class Handle, class Structure, class Read>
CUresult read(Table Driver::*table, Handle handle, Structure* out, Read&& part) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    const auto object = (driver().*table).find(handle);
    if (out == nullptr || object == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *out = part(*object);
    return CUDA_SUCCESS;
  });
}

}  // namespace

extern "C" {

CUresult cuTexObjectCreate(CUtexObject* out, const CUDA_RESOURCE_DESC* resource,
                           const CUDA_TEXTURE_DESC* texture, const CUDA_RESOURCE_VIEW_DESC* view) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    if (out == nullptr || resource == nullptr || texture == nullptr) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    auto image = std::make_shared<Texture>();
    if (const CUresult result = make_texture(*context, *resource, *texture, view, *image);
        result != CUDA_SUCCESS) {
      return result;
    }
    const auto object = std::make_shared<TextureObject>();
    object->context = context;
    object->resource = *resource;
    object->texture = *texture;
    object->texture.maxAnisotropy = std::clamp(texture->maxAnisotropy, 1U, 16U);
    if (view != nullptr) object->view = *view;
    const CUtexObject handle = driver().textures.add(object);
    images().set(handle, std::shared_ptr<const Texture>(std::move(image)));
    *out = handle;
    return CUDA_SUCCESS;
  });
}

CUresult cuTexObjectDestroy(CUtexObject handle) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    if (driver().textures.remove(handle) == nullptr) return CUDA_ERROR_INVALID_VALUE;
    images().set(handle, std::shared_ptr<const Texture>());
    return CUDA_SUCCESS;
  });
}

CUresult cuTexObjectGetResourceDesc(CUDA_RESOURCE_DESC* desc, CUtexObject handle) {
  return read(&Driver::textures, handle, desc, [](const auto& object) { return object.resource; });
}

CUresult cuTexObjectGetTextureDesc(CUDA_TEXTURE_DESC* desc, CUtexObject handle) {
  return read(&Driver::textures, handle, desc, [](const auto& object) { return object.texture; });
}

CUresult cuTexObjectGetResourceViewDesc(CUDA_RESOURCE_VIEW_DESC* desc, CUtexObject handle) {
  return read(&Driver::textures, handle, desc, [](const auto& object) { return object.view; });
}

CUresult cuSurfObjectCreate(CUsurfObject* out, const CUDA_RESOURCE_DESC* resource) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    if (out == nullptr || resource == nullptr || resource->resType != CU_RESOURCE_TYPE_ARRAY ||
        resource->flags != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    auto image = std::make_shared<Surface>();
    if (const CUresult result = make_surface(resource->res.array.hArray, *image);
        result != CUDA_SUCCESS) {
      return result;
    }
    const auto object = std::make_shared<SurfaceObject>();
    object->context = context;
    object->resource = *resource;
    const CUsurfObject handle = driver().surfaces.add(object);
    images().set(handle, std::shared_ptr<const Surface>(std::move(image)));
    *out = handle;
    return CUDA_SUCCESS;
  });
}

CUresult cuSurfObjectDestroy(CUsurfObject handle) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    if (driver().surfaces.remove(handle) == nullptr) return CUDA_ERROR_INVALID_VALUE;
    images().set(handle, std::shared_ptr<const Surface>());
    return CUDA_SUCCESS;
  });
}

CUresult cuSurfObjectGetResourceDesc(CUDA_RESOURCE_DESC* desc, CUsurfObject handle) {
  return read(&Driver::surfaces, handle, desc, [](const auto& object) { return object.resource; });
}

}  // extern "C"
