/// VGPU_SOFT_MEMCHECK=1, which this program sets for itself.

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/software_device/driver_library.hpp"

namespace vgpu::softdevice_test {
namespace {

class Memcheck : public WithContext {
 protected:
  void SetUp() override {
    ::setenv("VGPU_SOFT_MEMCHECK", "1", 1);
    WithContext::SetUp();
    std::ifstream file(std::string(VGPU_ENGINE_KERNEL_DIR) + "/runtime.ptx");
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    ASSERT_EQ(call("cuModuleLoadData", &module_, static_cast<const void*>(text.c_str())),
              CUDA_SUCCESS);
  }

  /// What is reported while a kernel runs to its end, in good order.
  template <class... T>
  std::string reports(const char* name, unsigned threads, T... arguments) {
    CUfunction function = nullptr;
    EXPECT_EQ(call("cuModuleGetFunction", &function, module_, name), CUDA_SUCCESS);
    void* parameters[] = {&arguments..., nullptr};
    testing::internal::CaptureStderr();
    EXPECT_EQ(call("cuLaunchKernel", function, 1U, 1U, 1U, threads, 1U, 1U, 0U, CUstream{},
                   static_cast<void**>(parameters), static_cast<void**>(nullptr)),
              CUDA_SUCCESS);
    EXPECT_EQ(call("cuCtxSynchronize"), CUDA_SUCCESS);
    return testing::internal::GetCapturedStderr();
  }

  CUmodule module_ = nullptr;
};

TEST_F(Memcheck, ARaceIsReportedWithBothPlaces) {
  const CUdeviceptr out = allocate(64 * 4);
  const std::string text = reports("reverse_racing", 64, out);
  EXPECT_NE(text.find("memcheck: kernel reverse_racing, block (0,0,0), thread ("),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("(race)"), std::string::npos) << text;
  const auto first = text.find("PTX line ");
  ASSERT_NE(first, std::string::npos) << text;
  EXPECT_NE(text.find("PTX line ", first + 1), std::string::npos) << text;
}

TEST_F(Memcheck, WhatBarriersAndAtomicsOrderIsNoRace) {
  const CUdeviceptr out = allocate(64 * 4);
  EXPECT_EQ(reports("reverse", 64, out), "");
  EXPECT_EQ(reports("hand_over", 64, out), "");
}

TEST_F(Memcheck, ReadingWhatNobodyHasWrittenIsReported) {
  const CUdeviceptr from = allocate(32 * 4);
  const CUdeviceptr to = allocate(32 * 4);
  EXPECT_NE(reports("read_unwritten_shared", 32, to).find("which nobody has written"),
            std::string::npos);
  EXPECT_NE(reports("copy_words", 32, from, to).find("device memory that nobody has written"),
            std::string::npos);
}

TEST_F(Memcheck, CopiesFillsAndKernelsWrite) {
  const CUdeviceptr from = allocate(32 * 4);
  const CUdeviceptr to = allocate(32 * 4);
  const CUdeviceptr last = allocate(32 * 4);
  const int words[16] = {};
  ASSERT_EQ(call("cuMemcpyHtoD_v2", from, static_cast<const void*>(words), sizeof words),
            CUDA_SUCCESS);
  ASSERT_EQ(call("cuMemsetD32_v2", from + 64, 1U, std::size_t{16}), CUDA_SUCCESS);
  EXPECT_EQ(reports("copy_words", 32, from, to), "");
  EXPECT_EQ(reports("copy_words", 32, to, last), "");
}

}  // namespace
}  // namespace vgpu::softdevice_test
