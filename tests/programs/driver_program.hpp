#pragma once
// What the tests that speak to the driver itself share. They are linked as any program is, against
// the toolkit's libcuda.so, and run by `vgpu run`.

#include <cuda.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string_view>

namespace vgpu::driver_test {

/// "cuGetErrorName" of a result, for messages.
inline const char* name_of(CUresult result) {
  const char* name = nullptr;
  return cuGetErrorName(result, &name) == CUDA_SUCCESS ? name : "a result without a name";
}

/// A slot of one of the driver's private tables.
template <class F>
F* private_function(const CUuuid& id, std::size_t slot) {
  const void* table = nullptr;
  if (cuGetExportTable(&table, &id) != CUDA_SUCCESS || table == nullptr) return nullptr;
  return reinterpret_cast<F*>(static_cast<const std::uintptr_t*>(table)[slot]);
}

/// Requests that this process has sent to its host; needs VGPU_TEST_HOOKS=1.
inline std::uint64_t requests_sent() {
  static std::uint64_t (*const count)() = [] {
    CUuuid id{};
    std::memcpy(id.bytes, "vgpu-test-hooks", sizeof id.bytes);
    return private_function<std::uint64_t()>(id, 1);
  }();
  return count != nullptr ? count() : ~std::uint64_t{0};
}

/// The primary context of device 0, current while this object lives.
class PrimaryContext {
 public:
  PrimaryContext() {
    EXPECT_EQ(cuInit(0), CUDA_SUCCESS);
    EXPECT_EQ(cuDevicePrimaryCtxRetain(&context_, 0), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxSetCurrent(context_), CUDA_SUCCESS);
  }
  PrimaryContext(const PrimaryContext&) = delete;
  PrimaryContext& operator=(const PrimaryContext&) = delete;
  ~PrimaryContext() { cuDevicePrimaryCtxRelease(0); }
  CUcontext get() const { return context_; }

 private:
  CUcontext context_ = nullptr;
};

}  // namespace vgpu::driver_test
