#include <algorithm>
#include <bit>

#include "capture.hpp"
#include "driver.hpp"
#include "image_objects.hpp"

namespace vgpu::softdevice {

std::shared_ptr<ArrayStorage> ArrayStorage::take(Device& device, std::size_t size) {
  if (device.free_bytes() < size) return nullptr;
  const std::uintptr_t address = device.memory().allocate(size, 512);
  if (address == 0) return nullptr;
  return std::shared_ptr<ArrayStorage>(new ArrayStorage(device, address));
}

ArrayStorage::~ArrayStorage() {
  device_.memory().release(address_);
}

}  // namespace vgpu::softdevice

using namespace vgpu::softdevice;

namespace {

constexpr unsigned known_flags =
    CUDA_ARRAY3D_LAYERED | CUDA_ARRAY3D_SURFACE_LDST | CUDA_ARRAY3D_CUBEMAP |
    CUDA_ARRAY3D_TEXTURE_GATHER | CUDA_ARRAY3D_DEPTH_TEXTURE | CUDA_ARRAY3D_COLOR_ATTACHMENT |
    CUDA_ARRAY3D_SPARSE | CUDA_ARRAY3D_DEFERRED_MAPPING | CUDA_ARRAY3D_VIDEO_ENCODE_DECODE;
constexpr unsigned refused_flags = CUDA_ARRAY3D_DEPTH_TEXTURE | CUDA_ARRAY3D_SPARSE |
                                   CUDA_ARRAY3D_DEFERRED_MAPPING | CUDA_ARRAY3D_VIDEO_ENCODE_DECODE;

/// Attributes that bound the extents of one kind of array; 0 = no bound.
struct Limits {
  CUdevice_attribute width{};
  CUdevice_attribute height{};
  CUdevice_attribute depth{};
};

Limits limits_of(const CUDA_ARRAY3D_DESCRIPTOR& d, bool mipmapped) {
  const bool surface = (d.Flags & CUDA_ARRAY3D_SURFACE_LDST) != 0;
  const bool layered = (d.Flags & CUDA_ARRAY3D_LAYERED) != 0;
  if ((d.Flags & CUDA_ARRAY3D_CUBEMAP) != 0) {
    if (layered && surface) {
      return {CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACECUBEMAP_LAYERED_WIDTH,
              CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACECUBEMAP_LAYERED_WIDTH,
              CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACECUBEMAP_LAYERED_LAYERS};
    }
    if (layered) {
      return {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURECUBEMAP_LAYERED_WIDTH,
              CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURECUBEMAP_LAYERED_WIDTH,
              CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURECUBEMAP_LAYERED_LAYERS};
    }
    const auto width = surface ? CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACECUBEMAP_WIDTH
                               : CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURECUBEMAP_WIDTH;
    return {width, width, {}};
  }
  if (layered && d.Height == 0) {
    return surface ? Limits{CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE1D_LAYERED_WIDTH,
                            {},
                            CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE1D_LAYERED_LAYERS}
                   : Limits{CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LAYERED_WIDTH,
                            {},
                            CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LAYERED_LAYERS};
  }
  if (layered) {
    return surface ? Limits{CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE2D_LAYERED_WIDTH,
                            CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE2D_LAYERED_HEIGHT,
                            CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE2D_LAYERED_LAYERS}
                   : Limits{CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_LAYERED_WIDTH,
                            CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_LAYERED_HEIGHT,
                            CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_LAYERED_LAYERS};
  }
  if (d.Depth != 0) {
    return surface ? Limits{CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE3D_WIDTH,
                            CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE3D_HEIGHT,
                            CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE3D_DEPTH}
                   : Limits{CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE3D_WIDTH,
                            CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE3D_HEIGHT,
                            CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE3D_DEPTH};
  }
  if (d.Height != 0) {
    if ((d.Flags & CUDA_ARRAY3D_TEXTURE_GATHER) != 0) {
      return {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_GATHER_WIDTH,
              CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_GATHER_HEIGHT,
              {}};
    }
    if (mipmapped) {
      return {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_MIPMAPPED_WIDTH,
              CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_MIPMAPPED_HEIGHT,
              {}};
    }
    return surface ? Limits{CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE2D_WIDTH,
                            CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE2D_HEIGHT,
                            {}}
                   : Limits{CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_WIDTH,
                            CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_HEIGHT,
                            {}};
  }
  if (mipmapped) return {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_MIPMAPPED_WIDTH, {}, {}};
  return {surface ? CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE1D_WIDTH
                  : CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_WIDTH,
          {},
          {}};
}

bool within(const Device& device, std::size_t extent, CUdevice_attribute attribute) {
  int limit = 0;
  if (attribute == CUdevice_attribute{}) return true;
  return device.attribute(attribute, limit) && extent <= static_cast<std::size_t>(limit);
}

CUresult check(const Device& device, const CUDA_ARRAY3D_DESCRIPTOR& d, bool mipmapped) {
  if ((d.Flags & ~known_flags) != 0 || d.Width == 0 || d.NumChannels == 0 || d.NumChannels > 4) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const bool layered = (d.Flags & CUDA_ARRAY3D_LAYERED) != 0;
  const bool cube = (d.Flags & CUDA_ARRAY3D_CUBEMAP) != 0;
  if (layered && d.Depth == 0) return CUDA_ERROR_INVALID_VALUE;
  if (!layered && d.Depth != 0 && d.Height == 0) return CUDA_ERROR_INVALID_VALUE;
  if (cube && (d.Width != d.Height || (layered ? d.Depth % 6 != 0 : d.Depth != 6))) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if ((d.Flags & CUDA_ARRAY3D_TEXTURE_GATHER) != 0 &&
      (d.Height == 0 || (d.Depth != 0 && !layered))) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (channel_bytes(d.Format) == 0) {
    log_line("arrays of format " + std::to_string(d.Format) +
             " are not supported by the software device");
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  if (d.NumChannels == 3) return CUDA_ERROR_INVALID_VALUE;
  if ((d.Flags & refused_flags) != 0) {
    log_line("sparse, deferred, depth and video arrays are not supported by the software device");
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  const Limits limits = limits_of(d, mipmapped);
  return within(device, d.Width, limits.width) && within(device, d.Height, limits.height) &&
                 within(device, d.Depth, limits.depth)
             ? CUDA_SUCCESS
             : CUDA_ERROR_INVALID_VALUE;
}

/// The texels of an array without their place.
Image image_of(const CUDA_ARRAY3D_DESCRIPTOR& d) {
  Image image;
  image.format = d.Format;
  image.channels = d.NumChannels;
  image.width = d.Width;
  image.height = std::max<std::size_t>(d.Height, 1);
  image.depth = std::max<std::size_t>(d.Depth, 1);
  image.row_pitch = image.width * image.texel_bytes();
  image.slice_pitch = image.row_pitch * image.height;
  return image;
}

std::size_t bytes_of(const Image& image) {
  return image.slice_pitch * image.depth;
}

std::shared_ptr<Array> make_array(const std::shared_ptr<Context>& context,
                                  const CUDA_ARRAY3D_DESCRIPTOR& descriptor) {
  auto array = std::make_shared<Array>();
  array->context = context;
  array->descriptor = descriptor;
  array->image = image_of(descriptor);
  return array;
}

CUresult create(CUarray* out, const CUDA_ARRAY3D_DESCRIPTOR* descriptor) {
  std::shared_ptr<Context> context;
  if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
  if (out == nullptr || descriptor == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult result = check(context->device(), *descriptor, false);
      result != CUDA_SUCCESS) {
    return result;
  }
  if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
  const auto array = make_array(context, *descriptor);
  array->storage = ArrayStorage::take(context->device(), bytes_of(array->image));
  if (array->storage == nullptr) return CUDA_ERROR_OUT_OF_MEMORY;
  array->image.data = array->storage->address();
  *out = array->handle = driver().arrays.add(array);
  return CUDA_SUCCESS;
}

/// Levels of a mipmap down to one texel. Layers stay as many as they are.
unsigned most_levels(const CUDA_ARRAY3D_DESCRIPTOR& d) {
  std::size_t largest = std::max(d.Width, d.Height);
  if ((d.Flags & (CUDA_ARRAY3D_LAYERED | CUDA_ARRAY3D_CUBEMAP)) == 0) {
    largest = std::max(largest, d.Depth);
  }
  return static_cast<unsigned>(std::bit_width(largest));
}

CUDA_ARRAY3D_DESCRIPTOR level_descriptor(CUDA_ARRAY3D_DESCRIPTOR d, unsigned level) {
  const auto shrink = [level](std::size_t extent) {
    return extent == 0 ? 0 : std::max<std::size_t>(extent >> level, 1);
  };
  d.Width = shrink(d.Width);
  d.Height = shrink(d.Height);
  if ((d.Flags & (CUDA_ARRAY3D_LAYERED | CUDA_ARRAY3D_CUBEMAP)) == 0) d.Depth = shrink(d.Depth);
  return d;
}

CUresult create_mipmapped(CUmipmappedArray* out, const CUDA_ARRAY3D_DESCRIPTOR* descriptor,
                          unsigned count) {
  std::shared_ptr<Context> context;
  if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
  if (out == nullptr || descriptor == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult result = check(context->device(), *descriptor, true); result != CUDA_SUCCESS) {
    return result;
  }
  if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
  const auto mipmap = std::make_shared<MipmappedArray>();
  mipmap->context = context;
  mipmap->descriptor = *descriptor;
  std::size_t size = 0;
  for (unsigned level = 0; level < std::clamp(count, 1U, most_levels(*descriptor)); ++level) {
    auto array = make_array(context, level_descriptor(*descriptor, level));
    array->is_level = true;
    array->image.data = size;
    size += (bytes_of(array->image) + 511) / 512 * 512;
    mipmap->levels.push_back(std::move(array));
  }
  const auto storage = ArrayStorage::take(context->device(), size);
  if (storage == nullptr) return CUDA_ERROR_OUT_OF_MEMORY;
  for (const auto& level : mipmap->levels) {
    level->storage = storage;
    level->image.data += storage->address();
    level->handle = driver().arrays.add(level);
  }
  *out = mipmap->handle = driver().mipmapped_arrays.add(mipmap);
  return CUDA_SUCCESS;
}

/// Finds an array; no context has to be current for that.
template <class Table, class Handle, class Object>
CUresult find(const Table& table, Handle handle, std::shared_ptr<Object>& object) {
  object = table.find(handle);
  return object == nullptr ? CUDA_ERROR_INVALID_HANDLE : CUDA_SUCCESS;
}

unsigned narrow(std::size_t size) {
  return static_cast<unsigned>(std::min<std::size_t>(size, 0xffffffffU));
}

template <class Body>
CUresult in_old_context(Body&& body) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    const CUresult result = require_old_context(context);
    return result == CUDA_SUCCESS ? body() : result;
  });
}

CUresult destroy_array(CUarray handle) {
  std::shared_ptr<Array> array;
  if (const CUresult result = find(driver().arrays, handle, array); result != CUDA_SUCCESS) {
    return result;
  }
  if (array->is_level) return CUDA_ERROR_INVALID_HANDLE;
  if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
  // Copies and kernels that are under way keep the texels.
  driver().arrays.remove(handle);
  return CUDA_SUCCESS;
}

}  // namespace

extern "C" {

CUresult cuArrayCreate_v2(CUarray* array, const CUDA_ARRAY_DESCRIPTOR* descriptor) {
  return entry([&]() -> CUresult {
    if (descriptor == nullptr) return create(array, nullptr);
    const CUDA_ARRAY3D_DESCRIPTOR whole{descriptor->Width,  descriptor->Height,      0,
                                        descriptor->Format, descriptor->NumChannels, 0};
    return create(array, &whole);
  });
}

CUresult cuArrayCreate(CUarray* array, const CUDA_ARRAY_DESCRIPTOR_v1* descriptor) {
  return in_old_context([&]() -> CUresult {
    if (descriptor == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const CUDA_ARRAY3D_DESCRIPTOR whole{descriptor->Width,  descriptor->Height,      0,
                                        descriptor->Format, descriptor->NumChannels, 0};
    return create(array, &whole);
  });
}

CUresult cuArray3DCreate_v2(CUarray* array, const CUDA_ARRAY3D_DESCRIPTOR* descriptor) {
  return entry([&] { return create(array, descriptor); });
}

CUresult cuArray3DCreate(CUarray* array, const CUDA_ARRAY3D_DESCRIPTOR_v1* descriptor) {
  return in_old_context([&]() -> CUresult {
    if (descriptor == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const CUDA_ARRAY3D_DESCRIPTOR whole{descriptor->Width,       descriptor->Height,
                                        descriptor->Depth,       descriptor->Format,
                                        descriptor->NumChannels, descriptor->Flags};
    return create(array, &whole);
  });
}

CUresult cuArrayDestroy(CUarray array) {
  return entry([&] { return destroy_array(array); });
}

CUresult cuArrayGetDescriptor_v2(CUDA_ARRAY_DESCRIPTOR* descriptor, CUarray handle) {
  return entry([&]() -> CUresult {
    if (descriptor == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Array> array;
    if (const CUresult result = find(driver().arrays, handle, array); result != CUDA_SUCCESS) {
      return result;
    }
    const CUDA_ARRAY3D_DESCRIPTOR& d = array->descriptor;
    *descriptor = {d.Width, d.Height, d.Format, d.NumChannels};
    return CUDA_SUCCESS;
  });
}

CUresult cuArrayGetDescriptor(CUDA_ARRAY_DESCRIPTOR_v1* descriptor, CUarray handle) {
  return in_old_context([&]() -> CUresult {
    if (descriptor == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Array> array;
    if (const CUresult result = find(driver().arrays, handle, array); result != CUDA_SUCCESS) {
      return result;
    }
    const CUDA_ARRAY3D_DESCRIPTOR& d = array->descriptor;
    *descriptor = {narrow(d.Width), narrow(d.Height), d.Format, d.NumChannels};
    return CUDA_SUCCESS;
  });
}

CUresult cuArray3DGetDescriptor_v2(CUDA_ARRAY3D_DESCRIPTOR* descriptor, CUarray handle) {
  return entry([&]() -> CUresult {
    if (descriptor == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Array> array;
    if (const CUresult result = find(driver().arrays, handle, array); result != CUDA_SUCCESS) {
      return result;
    }
    *descriptor = array->descriptor;
    return CUDA_SUCCESS;
  });
}

CUresult cuArray3DGetDescriptor(CUDA_ARRAY3D_DESCRIPTOR_v1* descriptor, CUarray handle) {
  return in_old_context([&]() -> CUresult {
    if (descriptor == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Array> array;
    if (const CUresult result = find(driver().arrays, handle, array); result != CUDA_SUCCESS) {
      return result;
    }
    const CUDA_ARRAY3D_DESCRIPTOR& d = array->descriptor;
    *descriptor = {narrow(d.Width), narrow(d.Height), narrow(d.Depth),
                   d.Format,        d.NumChannels,    d.Flags};
    return CUDA_SUCCESS;
  });
}

// Sparse arrays, arrays whose memory is mapped later, and formats with several planes are refused
// when they are created. So no array has what the following functions ask for.

CUresult cuArrayGetSparseProperties(CUDA_ARRAY_SPARSE_PROPERTIES*, CUarray array) {
  return entry([&] {
    return driver().arrays.find(array) == nullptr ? CUDA_ERROR_INVALID_HANDLE
                                                  : CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuMipmappedArrayGetSparseProperties(CUDA_ARRAY_SPARSE_PROPERTIES*,
                                             CUmipmappedArray array) {
  return entry([&] {
    return driver().mipmapped_arrays.find(array) == nullptr ? CUDA_ERROR_INVALID_HANDLE
                                                            : CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuArrayGetMemoryRequirements(CUDA_ARRAY_MEMORY_REQUIREMENTS*, CUarray array, CUdevice) {
  return entry([&] {
    return driver().arrays.find(array) == nullptr ? CUDA_ERROR_INVALID_HANDLE
                                                  : CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuMipmappedArrayGetMemoryRequirements(CUDA_ARRAY_MEMORY_REQUIREMENTS*,
                                               CUmipmappedArray array, CUdevice) {
  return entry([&] {
    return driver().mipmapped_arrays.find(array) == nullptr ? CUDA_ERROR_INVALID_HANDLE
                                                            : CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuArrayGetPlane(CUarray* plane, CUarray handle, unsigned int) {
  return entry([&]() -> CUresult {
    if (plane == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<Array> array;
    const CUresult result = find(driver().arrays, handle, array);
    return result == CUDA_SUCCESS ? CUDA_ERROR_INVALID_VALUE : result;
  });
}

CUresult cuMipmappedArrayCreate(CUmipmappedArray* array, const CUDA_ARRAY3D_DESCRIPTOR* descriptor,
                                unsigned int levels) {
  return entry([&] { return create_mipmapped(array, descriptor, levels); });
}

CUresult cuMipmappedArrayGetLevel(CUarray* level, CUmipmappedArray handle, unsigned int number) {
  return entry([&]() -> CUresult {
    if (level == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::shared_ptr<MipmappedArray> mipmap;
    if (const CUresult result = find(driver().mipmapped_arrays, handle, mipmap);
        result != CUDA_SUCCESS) {
      return result;
    }
    if (number >= mipmap->levels.size()) return CUDA_ERROR_INVALID_VALUE;
    *level = mipmap->levels[number]->handle;
    return CUDA_SUCCESS;
  });
}

CUresult cuMipmappedArrayDestroy(CUmipmappedArray handle) {
  return entry([&]() -> CUresult {
    std::shared_ptr<MipmappedArray> mipmap;
    if (const CUresult result = find(driver().mipmapped_arrays, handle, mipmap);
        result != CUDA_SUCCESS) {
      return result;
    }
    if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
    for (const auto& level : mipmap->levels) driver().arrays.remove(level->handle);
    driver().mipmapped_arrays.remove(handle);
    return CUDA_SUCCESS;
  });
}

}  // extern "C"
