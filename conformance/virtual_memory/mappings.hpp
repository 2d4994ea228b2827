#pragma once

/// \file
/// What the files of this folder share: the fixture, and reservations, allocations and mappings
/// that end with their scope.

#include "fixture/fixture.hpp"

namespace vgpu::conformance {

/// Context, on a device that claims virtual memory management.
class VirtualMemoryContext : public Context {
 protected:
  void SetUp() override {
    Context::SetUp();
    REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED);
  }
};

inline CUmemAllocationProp allocation_properties() {
  CUmemAllocationProp properties{};
  properties.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  properties.requestedHandleTypes = CU_MEM_HANDLE_TYPE_NONE;
  properties.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
  return properties;
}

/// The least that can be allocated and mapped, the unit of all sizes.
inline std::size_t granularity() {
  const CUmemAllocationProp properties = allocation_properties();
  std::size_t bytes = 0;
  check(
      driver().cuMemGetAllocationGranularity(&bytes, &properties, CU_MEM_ALLOC_GRANULARITY_MINIMUM),
      "cuMemGetAllocationGranularity");
  return bytes;
}

/// MemoryTurn's noticeable bytes in whole units.
inline std::size_t noticeable_bytes(const MemoryTurn& turn) {
  return turn.noticeable_bytes() / granularity() * granularity();
}

class Reservation {
 public:
  explicit Reservation(std::size_t bytes) : bytes_(bytes) {
    check(driver().cuMemAddressReserve(&address_, bytes, 0, 0, 0), "cuMemAddressReserve");
  }
  ~Reservation() {
    if (address_ != 0) driver().cuMemAddressFree(address_, bytes_);
  }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  operator CUdeviceptr() const noexcept { return address_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// The test takes it over and frees it.
  [[nodiscard]] CUdeviceptr release() noexcept { return std::exchange(address_, 0); }

 private:
  CUdeviceptr address_ = 0;
  std::size_t bytes_;
};

/// Physical memory of device 0.
class Physical {
 public:
  explicit Physical(std::size_t bytes) : bytes_(bytes) {
    const CUmemAllocationProp properties = allocation_properties();
    check(driver().cuMemCreate(&handle_, bytes, &properties, 0), "cuMemCreate");
  }
  ~Physical() {
    if (handle_ != 0) driver().cuMemRelease(handle_);
  }
  Physical(const Physical&) = delete;
  Physical& operator=(const Physical&) = delete;

  operator CUmemGenericAllocationHandle() const noexcept { return handle_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// The test takes it over and releases it.
  [[nodiscard]] CUmemGenericAllocationHandle release() noexcept {
    return std::exchange(handle_, 0);
  }

 private:
  CUmemGenericAllocationHandle handle_ = 0;
  std::size_t bytes_;
};

inline CUresult set_access(CUdeviceptr address, std::size_t bytes,
                           CUmemAccess_flags flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE) {
  const CUmemAccessDesc description{{CU_MEM_LOCATION_TYPE_DEVICE, 0}, flags};
  return driver().cuMemSetAccess(address, bytes, &description, 1);
}

inline unsigned long long get_access(CUdeviceptr address) {
  const CUmemLocation location{CU_MEM_LOCATION_TYPE_DEVICE, 0};
  unsigned long long flags = 0;
  check(driver().cuMemGetAccess(&flags, &location, address), "cuMemGetAccess");
  return flags;
}

/// `physical` at `address`, accessible unless the test wants to see to that.
class Mapped {
 public:
  Mapped(CUdeviceptr address, const Physical& physical, bool accessible = true)
      : address_(address), bytes_(physical.bytes()) {
    check(driver().cuMemMap(address, bytes_, 0, physical, 0), "cuMemMap");
    if (accessible) check(set_access(address, bytes_), "cuMemSetAccess");
  }
  ~Mapped() {
    if (address_ != 0) driver().cuMemUnmap(address_, bytes_);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  operator CUdeviceptr() const noexcept { return address_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// The test takes it over and unmaps it.
  [[nodiscard]] CUdeviceptr release() noexcept { return std::exchange(address_, 0); }
  void unmap() { check(driver().cuMemUnmap(release(), bytes_), "cuMemUnmap"); }

 private:
  CUdeviceptr address_;
  std::size_t bytes_;
};

/// Writes fresh random data to all of the range and returns it.
inline std::vector<unsigned> write_random(CUdeviceptr address, std::size_t bytes) {
  const auto values = random_vector<unsigned>(bytes / sizeof(unsigned));
  write_device(address, values.data(), bytes);
  return values;
}
inline std::vector<unsigned> read_words(CUdeviceptr address, std::size_t bytes) {
  std::vector<unsigned> values(bytes / sizeof(unsigned));
  read_device(values.data(), address, bytes);
  return values;
}

}  // namespace vgpu::conformance
