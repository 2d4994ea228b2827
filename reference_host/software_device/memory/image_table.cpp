#include <mutex>
#include <utility>

#include "reference_host/software_device/image.hpp"

namespace vgpu::softdevice {
namespace {

template <class Map, class Object>
void enter(Map& map, std::uint64_t handle, std::shared_ptr<const Object>& object) {
  const bool ends = object == nullptr;
  map[handle].swap(object);
  if (ends) map.erase(handle);
}

template <class Map>
typename Map::mapped_type find(const Map& map, std::uint64_t handle) {
  const auto found = map.find(handle);
  return found == map.end() ? nullptr : found->second;
}

}  // namespace

std::size_t channel_bytes(CUarray_format format) noexcept {
  switch (format) {
    case CU_AD_FORMAT_UNSIGNED_INT8:
    case CU_AD_FORMAT_SIGNED_INT8:
      return 1;
    case CU_AD_FORMAT_UNSIGNED_INT16:
    case CU_AD_FORMAT_SIGNED_INT16:
    case CU_AD_FORMAT_HALF:
      return 2;
    case CU_AD_FORMAT_UNSIGNED_INT32:
    case CU_AD_FORMAT_SIGNED_INT32:
    case CU_AD_FORMAT_FLOAT:
      return 4;
    default:
      return 0;
  }
}

// What was there is destroyed after the lock: it may give memory back.
void ImageTable::set(std::uint64_t handle, std::shared_ptr<const Texture> texture) {
  const std::unique_lock lock(mutex_);
  enter(textures_, handle, texture);
}

void ImageTable::set(std::uint64_t handle, std::shared_ptr<const Surface> surface) {
  const std::unique_lock lock(mutex_);
  enter(surfaces_, handle, surface);
}

std::shared_ptr<const Texture> ImageTable::texture(std::uint64_t handle) const {
  const std::shared_lock lock(mutex_);
  return find(textures_, handle);
}

std::shared_ptr<const Surface> ImageTable::surface(std::uint64_t handle) const {
  const std::shared_lock lock(mutex_);
  return find(surfaces_, handle);
}

ImageTable& images() {
  static ImageTable& table = *new ImageTable;
  return table;
}

}  // namespace vgpu::softdevice
