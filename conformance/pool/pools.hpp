#pragma once

/// \file
/// What the files of this folder share: the fixture, a pool that is destroyed at the end of its
/// scope, and stream-ordered memory.

#include "fixture/fixture.hpp"

namespace vgpu::conformance {

/// Context, on a device that claims memory pools.
class PoolContext : public Context {
 protected:
  void SetUp() override {
    Context::SetUp();
    REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
  }
};

constexpr std::size_t mebibyte = std::size_t{1} << 20;
/// More than any device has.
constexpr std::size_t one_pebibyte = std::size_t{1} << 50;

/// Device 0 as a location, and another one of this type.
inline CUmemLocation device_location(int id = 0) {
  return {CU_MEM_LOCATION_TYPE_DEVICE, id};
}

inline CUmemPoolProps pool_properties() {
  CUmemPoolProps properties{};
  properties.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
  properties.handleTypes = CU_MEM_HANDLE_TYPE_NONE;
  properties.location = device_location();
  return properties;
}

/// A pool on device 0.
class Pool {
 public:
  explicit Pool(const CUmemPoolProps& properties = pool_properties()) {
    check(driver().cuMemPoolCreate(&pool_, &properties), "cuMemPoolCreate");
  }
  ~Pool() {
    if (pool_ != nullptr) driver().cuMemPoolDestroy(pool_);
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  [[nodiscard]] CUmemoryPool get() const noexcept { return pool_; }
  operator CUmemoryPool() const noexcept { return pool_; }
  /// The test takes it over and destroys it.
  [[nodiscard]] CUmemoryPool release() noexcept { return std::exchange(pool_, nullptr); }

 private:
  CUmemoryPool pool_ = nullptr;
};

inline CUmemoryPool stale_pool() {
  const Pool pool;
  return pool;
}

inline CUmemoryPool default_pool() {
  CUmemoryPool pool = nullptr;
  check(driver().cuDeviceGetDefaultMemPool(&pool, 0), "cuDeviceGetDefaultMemPool");
  return pool;
}

inline CUmemoryPool current_pool() {
  CUmemoryPool pool = nullptr;
  check(driver().cuDeviceGetMemPool(&pool, 0), "cuDeviceGetMemPool");
  return pool;
}

/// `pool` is device 0's current one while this lives.
class CurrentPool {
 public:
  explicit CurrentPool(CUmemoryPool pool) : before_(current_pool()) {
    check(driver().cuDeviceSetMemPool(0, pool), "cuDeviceSetMemPool");
  }
  ~CurrentPool() { driver().cuDeviceSetMemPool(0, before_); }
  CurrentPool(const CurrentPool&) = delete;
  CurrentPool& operator=(const CurrentPool&) = delete;

 private:
  CUmemoryPool before_;
};

/// An attribute whose value has 64 bits.
inline cuuint64_t pool_attribute(CUmemoryPool pool, CUmemPool_attribute attribute) {
  cuuint64_t value = 0;
  check(driver().cuMemPoolGetAttribute(pool, attribute, &value), "cuMemPoolGetAttribute");
  return value;
}

/// Memory allocated in the order of `stream`, from `pool`.
inline CUdeviceptr allocate_ordered(std::size_t bytes, CUmemoryPool pool, CUstream stream) {
  CUdeviceptr address = 0;
  check(driver().cuMemAllocFromPoolAsync(&address, bytes, pool, stream), "cuMemAllocFromPoolAsync");
  return address;
}
inline void free_ordered(CUdeviceptr address, CUstream stream) {
  check(driver().cuMemFreeAsync(address, stream), "cuMemFreeAsync");
}

/// Fails the test unless all of the memory can be written and read, in `stream`'s order.
inline void expect_usable(CUdeviceptr address, std::size_t bytes, const Stream& stream) {
  const auto written = random_vector<unsigned char>(bytes);
  std::vector<unsigned char> found(bytes);
  EXPECT_CUDA_OK(driver().cuMemcpyHtoDAsync_v2(address, written.data(), bytes, stream));
  EXPECT_CUDA_OK(driver().cuMemcpyDtoHAsync_v2(found.data(), address, bytes, stream));
  stream.synchronize();
  EXPECT_TRUE(found == written) << bytes << " bytes do not hold what was written";
}

/// The driver knows some kinds of places that it has no pools for, and others not at all.
inline void expect_wrong_location(CUresult result) {
  EXPECT_TRUE(result == CUDA_ERROR_INVALID_VALUE || result == CUDA_ERROR_NOT_SUPPORTED)
      << result_text(result);
}

/// The pool that memory came from.
inline CUmemoryPool pool_of(CUdeviceptr address) {
  CUmemoryPool pool = nullptr;
  check(driver().cuPointerGetAttribute(&pool, CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE, address),
        "cuPointerGetAttribute MEMPOOL_HANDLE");
  return pool;
}

}  // namespace vgpu::conformance
