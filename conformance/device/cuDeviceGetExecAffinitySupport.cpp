#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDeviceGetExecAffinitySupport {

CONFORMANCE_SUITE(cuDeviceGetExecAffinitySupport, Driver);
CONFORMANCE_SUITE(cuDeviceGetExecAffinitySupport_fresh, Uninitialised);

TEST_F(cuDeviceGetExecAffinitySupport, SaysYesOrNoAndAlwaysTheSame) {
  const auto [first, second] = expect_writes<int>([](int* supported) {
    return driver().cuDeviceGetExecAffinitySupport(supported, CU_EXEC_AFFINITY_TYPE_SM_COUNT,
                                                   device);
  });
  EXPECT_EQ(first, second);
  EXPECT_EQ(first & ~1, 0);
}

// Contexts with such a parameter can be made where it is supported, and nowhere else.
TEST_F(cuDeviceGetExecAffinitySupport, AgreesWithWhatContextCreationDoes) {
  int supported = 0;
  ASSERT_CUDA_OK(
      driver().cuDeviceGetExecAffinitySupport(&supported, CU_EXEC_AFFINITY_TYPE_SM_COUNT, device));
  CUexecAffinityParam one_multiprocessor{};
  one_multiprocessor.type = CU_EXEC_AFFINITY_TYPE_SM_COUNT;
  one_multiprocessor.param.smCount.val = 1;
  CUcontext context = nullptr;
  const CUresult result = driver().cuCtxCreate_v3(&context, &one_multiprocessor, 1, 0, device);
  EXPECT_CUDA(supported != 0 ? CUDA_SUCCESS : CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY, result);
  if (result == CUDA_SUCCESS) {
    EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(context));
  }
}

// Undocumented: only the device is checked.
TEST_F(cuDeviceGetExecAffinitySupport, TakesUnknownTypes) {
  for (const int type : {1, 77}) {
    int supported = 0;
    EXPECT_CUDA_OK(driver().cuDeviceGetExecAffinitySupport(
        &supported, static_cast<CUexecAffinityType>(type), device));
  }
}

TEST_F(cuDeviceGetExecAffinitySupport, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDeviceGetExecAffinitySupport(
                                            nullptr, CU_EXEC_AFFINITY_TYPE_SM_COUNT, device));
}

TEST_F(cuDeviceGetExecAffinitySupport, RefusesUnknownDevices) {
  for (const CUdevice unknown : {-1, device_count()}) {
    expect_leaves<int>(CUDA_ERROR_INVALID_DEVICE, [unknown](int* supported) {
      return driver().cuDeviceGetExecAffinitySupport(supported, CU_EXEC_AFFINITY_TYPE_SM_COUNT,
                                                     unknown);
    });
  }
}

TEST_F(cuDeviceGetExecAffinitySupport, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    int supported = 0;
    return driver().cuDeviceGetExecAffinitySupport(&supported, CU_EXEC_AFFINITY_TYPE_SM_COUNT,
                                                   device);
  });
}

TEST_F(cuDeviceGetExecAffinitySupport_fresh, BeforeInit) {
  expect_leaves<int>(CUDA_ERROR_NOT_INITIALIZED, [](int* supported) {
    return driver().cuDeviceGetExecAffinitySupport(supported, CU_EXEC_AFFINITY_TYPE_SM_COUNT, 0);
  });
}

}  // namespace vgpu::conformance::test_cuDeviceGetExecAffinitySupport
