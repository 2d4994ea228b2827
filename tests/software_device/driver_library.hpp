#pragma once

/// \file
/// Opens the library under test and looks its functions up, as a program would.

#include <cuda.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace vgpu::softdevice_test {

/// The library named by VGPU_SOFTDEVICE in the environment or by the build.
inline void* library() {
  static void* const handle = [] {
    const char* path = std::getenv("VGPU_SOFTDEVICE");
#ifdef VGPU_SOFTDEVICE_PATH
    if (path == nullptr) path = VGPU_SOFTDEVICE_PATH;
#endif
    void* const opened = path == nullptr ? nullptr : dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (opened == nullptr) {
      std::fprintf(stderr, "cannot open the software device: %s\n",
                   path == nullptr ? "VGPU_SOFTDEVICE is not set" : dlerror());
      std::abort();
    }
    return opened;
  }();
  return handle;
}

/// Calls an exported function by name; the types are those of the arguments.
template <class... Arguments>
CUresult call(const char* name, Arguments... arguments) {
  void* const symbol = dlsym(library(), name);
  if (symbol == nullptr) {
    ADD_FAILURE() << name << " is not exported";
    return CUDA_ERROR_UNKNOWN;
  }
  return reinterpret_cast<CUresult (*)(Arguments...)>(symbol)(arguments...);
}

/// PTX of the kernels that the tests launch.
inline constexpr char kernels_ptx[] = R"(.version 7.5
.target sm_75
.address_size 64

.visible .entry add(.param .u64 p, .param .u32 n, .param .u32 v)
{
  .reg .pred %q;
  .reg .b32 %r<6>;
  .reg .b64 %d<4>;
  ld.param.u64 %d1, [p];
  ld.param.u32 %r1, [n];
  ld.param.u32 %r2, [v];
  mov.u32 %r3, %ctaid.x;
  mov.u32 %r4, %ntid.x;
  mov.u32 %r5, %tid.x;
  mad.lo.s32 %r3, %r3, %r4, %r5;
  setp.ge.u32 %q, %r3, %r1;
  @%q bra done;
  cvta.to.global.u64 %d1, %d1;
  mul.wide.u32 %d2, %r3, 4;
  add.s64 %d3, %d1, %d2;
  ld.global.u32 %r4, [%d3];
  add.s32 %r4, %r4, %r2;
  st.global.u32 [%d3], %r4;
done:
  ret;
}

.visible .entry fault()
{
  .reg .b32 %r<2>;
  .reg .b64 %d<2>;
  mov.u64 %d1, 64;
  mov.u32 %r1, 1;
  st.global.u32 [%d1], %r1;
  ret;
}
)";

/// A test with the primary context of device 0 current.
class WithContext : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(call("cuInit", 0U), CUDA_SUCCESS);
    ASSERT_EQ(call("cuDevicePrimaryCtxRetain", &context_, 0), CUDA_SUCCESS);
    ASSERT_EQ(call("cuCtxSetCurrent", context_), CUDA_SUCCESS);
  }
  void TearDown() override {
    EXPECT_EQ(call("cuDevicePrimaryCtxReset_v2", 0), CUDA_SUCCESS);
    EXPECT_EQ(call("cuCtxSetCurrent", CUcontext{nullptr}), CUDA_SUCCESS);
  }

  CUdeviceptr allocate(std::size_t size) {
    CUdeviceptr address = 0;
    EXPECT_EQ(call("cuMemAlloc_v2", &address, size), CUDA_SUCCESS);
    return address;
  }
  CUfunction kernel(const char* name) {
    CUmodule module = nullptr;
    CUfunction function = nullptr;
    EXPECT_EQ(call("cuModuleLoadData", &module, static_cast<const void*>(kernels_ptx)),
              CUDA_SUCCESS);
    EXPECT_EQ(call("cuModuleGetFunction", &function, module, name), CUDA_SUCCESS);
    return function;
  }
  CUstream stream(unsigned flags = CU_STREAM_NON_BLOCKING) {
    CUstream made = nullptr;
    EXPECT_EQ(call("cuStreamCreate", &made, flags), CUDA_SUCCESS);
    return made;
  }
  /// Launches `add` over `count` words.
  CUresult launch_add(CUfunction function, CUdeviceptr words, unsigned count, unsigned value,
                      CUstream on) {
    void* parameters[] = {&words, &count, &value};
    return call("cuLaunchKernel", function, (count + 63) / 64, 1U, 1U, 64U, 1U, 1U, 0U, on,
                static_cast<void**>(parameters), static_cast<void**>(nullptr));
  }

  CUcontext context_ = nullptr;
};

}  // namespace vgpu::softdevice_test
