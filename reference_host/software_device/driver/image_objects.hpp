#pragma once

/// \file
/// Arrays, and what is made from them: textures and surfaces, as objects and as references.

#include <cuda.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "../image.hpp"
#include "context.hpp"

namespace vgpu::softdevice {

class Device;
class Module;

/// Memory of an array. Everything that can still read or write the array shares it.
class ArrayStorage {
 public:
  /// \return null when the device has no room.
  static std::shared_ptr<ArrayStorage> take(Device& device, std::size_t size);
  ~ArrayStorage();
  ArrayStorage(const ArrayStorage&) = delete;
  ArrayStorage& operator=(const ArrayStorage&) = delete;
  std::uintptr_t address() const noexcept { return address_; }

 private:
  ArrayStorage(Device& device, std::uintptr_t address) : device_(device), address_(address) {}
  Device& device_;
  const std::uintptr_t address_;
};

struct Array {
  CUarray handle = nullptr;
  std::weak_ptr<Context> context;
  CUDA_ARRAY3D_DESCRIPTOR descriptor{};
  Image image;
  std::shared_ptr<ArrayStorage> storage;
  bool is_level = false;  ///< of a mipmapped array, with which it ends
};

struct MipmappedArray {
  CUmipmappedArray handle = nullptr;
  std::weak_ptr<Context> context;
  CUDA_ARRAY3D_DESCRIPTOR descriptor{};
  std::vector<std::shared_ptr<Array>> levels;
};

struct TextureObject {
  std::weak_ptr<Context> context;
  CUDA_RESOURCE_DESC resource{};
  CUDA_TEXTURE_DESC texture{};
  CUDA_RESOURCE_VIEW_DESC view{};
};

struct SurfaceObject {
  std::weak_ptr<Context> context;
  CUDA_RESOURCE_DESC resource{};
};

/// Attributes, and what is bound. The kernels of the module find it at once by `place`.
struct TextureReference {
  CUtexref handle = nullptr;
  std::weak_ptr<Context> context;
  std::uint64_t place = 0;  ///< see LoadedModule::find_reference; 0 for one that a program made
  std::mutex mutex;         ///< guards what follows
  CUDA_RESOURCE_DESC resource{};
  bool bound = false;
  CUarray_format format = CU_AD_FORMAT_FLOAT;
  unsigned channels = 1;
  CUDA_TEXTURE_DESC texture{};
};

struct SurfaceReference {
  CUsurfref handle = nullptr;
  std::weak_ptr<Context> context;
  std::uint64_t place = 0;
  std::mutex mutex;  ///< guards what follows
  CUarray array = nullptr;
};

/// What a kernel sees of a resource read as `texture` says.
/// \return CUDA_ERROR_INVALID_VALUE for what CUDA documents as not allowed.
CUresult make_texture(Context& context, const CUDA_RESOURCE_DESC& resource,
                      const CUDA_TEXTURE_DESC& texture, const CUDA_RESOURCE_VIEW_DESC* view,
                      Texture& result);

/// What a kernel sees of an array made for surfaces; CUDA_ERROR_INVALID_VALUE for any other one.
CUresult make_surface(CUarray array, Surface& result);

/// Ends everything of this file that belongs to a context.
void end_images(const Context& context);

/// Ends the references of a module.
void end_references(const std::vector<CUtexref>& textures, const std::vector<CUsurfref>& surfaces);

}  // namespace vgpu::softdevice
