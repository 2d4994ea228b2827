#include <functional>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxCreate {

CONFORMANCE_SUITE(cuCtxCreate, Driver);
CONFORMANCE_SUITE(cuCtxCreate_fresh, Uninitialised);

struct Form {
  const char* name;
  std::function<CUresult(CUcontext*, unsigned, CUdevice)> call;
};

/// The four exported forms, without any parameters beside flags and device.
std::vector<Form> forms() {
  return {{"cuCtxCreate", [](CUcontext* out, unsigned flags,
                             CUdevice device) { return driver().cuCtxCreate(out, flags, device); }},
          {"cuCtxCreate_v2",
           [](CUcontext* out, unsigned flags, CUdevice device) {
             return driver().cuCtxCreate_v2(out, flags, device);
           }},
          {"cuCtxCreate_v3",
           [](CUcontext* out, unsigned flags, CUdevice device) {
             return driver().cuCtxCreate_v3(out, nullptr, 0, flags, device);
           }},
          {"cuCtxCreate_v4", [](CUcontext* out, unsigned flags, CUdevice device) {
             return driver().cuCtxCreate_v4(out, nullptr, flags, device);
           }}};
}

CUresult create_and_destroy() {
  CUcontext created = nullptr;
  const CUresult result = driver().cuCtxCreate_v4(&created, nullptr, 0, 0);
  if (result == CUDA_SUCCESS) driver().cuCtxDestroy_v2(created);
  return result;
}

TEST_F(cuCtxCreate, MakesTheNewContextCurrentOverTheOldOne) {
  for (const Form& form : forms()) {
    SCOPED_TRACE(form.name);
    const auto [first, second] =
        expect_writes<CUcontext>([&](CUcontext* out) { return form.call(out, 0, device); });
    EXPECT_NE(first, nullptr);
    EXPECT_NE(first, second);
    EXPECT_EQ(current_context(), second);
    EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(second));
    EXPECT_EQ(current_context(), first);
    EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(first));
    EXPECT_EQ(current_context(), nullptr);
  }
}

// A context of the first form refuses calls of CUDA 3.2 and later (INVALID_CONTEXT).
TEST_F(cuCtxCreate, TheContextIsUsable) {
  for (const Form& form : forms()) {
    if (form.name == std::string_view("cuCtxCreate")) continue;
    SCOPED_TRACE(form.name);
    CUcontext created = nullptr;
    ASSERT_CUDA_OK(form.call(&created, 0, device));
    {
      const DeviceBuffer<unsigned> buffer(1000);
      const auto value = random_value<unsigned>();
      const Module module;
      const Stream stream;
      module.kernel("fill").over(buffer, stream, value);
      stream.synchronize();
      EXPECT_EQ(buffer.read(), std::vector<unsigned>(buffer.size(), value));
    }
    EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(created));
  }
}

TEST_F(cuCtxCreate, KeepsTheSchedulingFlag) {
  for (const Form& form : forms()) {
    for (const unsigned flags :
         {CU_CTX_SCHED_AUTO, CU_CTX_SCHED_SPIN, CU_CTX_SCHED_YIELD, CU_CTX_SCHED_BLOCKING_SYNC}) {
      SCOPED_TRACE(std::string(form.name) + " flags " + std::to_string(flags));
      CUcontext created = nullptr;
      ASSERT_CUDA_OK(form.call(&created, flags, device));
      unsigned found = ~0U;
      EXPECT_CUDA_OK(driver().cuCtxGetFlags(&found));
      EXPECT_EQ(found & unsigned{CU_CTX_SCHED_MASK}, flags);
      EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(created));
    }
  }
}

TEST_F(cuCtxCreate, RefusesFlagsThatMeanNothing) {
  for (const Form& form : forms()) {
    for (const unsigned flags : {3U, 5U, 0x100U, 0x80000000U}) {
      SCOPED_TRACE(std::string(form.name) + " flags " + std::to_string(flags));
      expect_leaves<CUcontext>(CUDA_ERROR_INVALID_VALUE,
                               [&](CUcontext* out) { return form.call(out, flags, device); });
    }
  }
  EXPECT_EQ(current_context(), nullptr);
}

TEST_F(cuCtxCreate, RefusesAnUnknownDevice) {
  for (const Form& form : forms()) {
    for (const CUdevice unknown : {-1, device_count(), 1000}) {
      SCOPED_TRACE(std::string(form.name) + " device " + std::to_string(unknown));
      expect_leaves<CUcontext>(CUDA_ERROR_INVALID_DEVICE,
                               [&](CUcontext* out) { return form.call(out, 0, unknown); });
    }
  }
  EXPECT_EQ(current_context(), nullptr);
}

TEST_F(cuCtxCreate, RefusesANullOutput) {
  for (const Form& form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form.call(nullptr, 0, device)) << form.name;
  }
  EXPECT_EQ(current_context(), nullptr);
}

TEST_F(cuCtxCreate, TakesParametersThatAskForNothing) {
  CUctxCreateParams parameters{};
  CUcontext created = nullptr;
  ASSERT_CUDA_OK(driver().cuCtxCreate_v4(&created, &parameters, CU_CTX_SCHED_YIELD, device));
  EXPECT_EQ(current_context(), created);
  EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(created));
}

// Documented for MPS only.
TEST_F(cuCtxCreate, RefusesAnExecutionAffinityWithoutMps) {
  CUexecAffinityParam affinity{};
  affinity.type = CU_EXEC_AFFINITY_TYPE_SM_COUNT;
  affinity.param.smCount.val = 1;
  expect_leaves<CUcontext>(CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY, [&](CUcontext* out) {
    return driver().cuCtxCreate_v3(out, &affinity, 1, 0, device);
  });
  CUctxCreateParams parameters{};
  parameters.execAffinityParams = &affinity;
  parameters.numExecAffinityParams = 1;
  expect_leaves<CUcontext>(CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY, [&](CUcontext* out) {
    return driver().cuCtxCreate_v4(out, &parameters, 0, device);
  });
  EXPECT_EQ(current_context(), nullptr);
}

TEST_F(cuCtxCreate, RefusesACountWithoutAffinities) {
  expect_leaves<CUcontext>(CUDA_ERROR_INVALID_VALUE, [](CUcontext* out) {
    return driver().cuCtxCreate_v3(out, nullptr, 1, 0, device);
  });
}

TEST_F(cuCtxCreate, RefusesSharingWithAGraphicsClientThatTheDeviceCannot) {
  if (device_attribute(CU_DEVICE_ATTRIBUTE_D3D12_CIG_SUPPORTED) != 0) return;
  CUctxCigParam cig{};
  cig.sharedDataType = CIG_DATA_TYPE_D3D12_COMMAND_QUEUE;
  cig.sharedData = garbage_handle<void*>();
  CUctxCreateParams parameters{};
  parameters.cigParams = &cig;
  expect_leaves<CUcontext>(CUDA_ERROR_NOT_SUPPORTED, [&](CUcontext* out) {
    return driver().cuCtxCreate_v4(out, &parameters, 0, device);
  });
}

TEST_F(cuCtxCreate, LeavesOtherThreadsAlone) {
  const ExtraContext mine;
  const Current current(mine);
  const CUcontext theirs = on_other_thread([] {
    CUcontext created = nullptr;
    check(driver().cuCtxCreate_v4(&created, nullptr, 0, device), "cuCtxCreate_v4");
    EXPECT_EQ(current_context(), created);
    return created;
  });
  EXPECT_EQ(current_context(), mine.get());
  EXPECT_NE(theirs, mine.get());
  EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(theirs)) << "it outlives the thread that made it";
}

TEST_F(cuCtxCreate, LeavesThePrimaryContextInactive) {
  unsigned flags = 0;
  int before = 0;
  int after = 0;
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxGetState(device, &flags, &before));
  const ExtraContext extra;
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxGetState(device, &flags, &after));
  EXPECT_EQ(after, before);
}

TEST_F(cuCtxCreate, IsSafeDuringCapture) {
  const ExtraContext own;
  const Current current(own);
  expect_safe_in_capture(create_and_destroy);  // Undocumented.
}

TEST_F(cuCtxCreate_fresh, BeforeInit) {
  for (const Form& form : forms()) {
    SCOPED_TRACE(form.name);
    expect_leaves<CUcontext>(CUDA_ERROR_NOT_INITIALIZED,
                             [&](CUcontext* out) { return form.call(out, 0, 0); });
  }
}

}  // namespace vgpu::conformance::test_cuCtxCreate
