#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxGetApiVersion {

CONFORMANCE_SUITE(cuCtxGetApiVersion, Driver);
CONFORMANCE_SUITE(cuCtxGetApiVersion_fresh, Uninitialised);

unsigned version_of(CUcontext context) {
  const auto [first, second] = expect_writes<unsigned>(
      [&](unsigned* out) { return driver().cuCtxGetApiVersion(context, out); });
  EXPECT_EQ(first, second);
  return first;
}

TEST_F(cuCtxGetApiVersion, IsThatOfTheCreatingFunction) {
  CUcontext created = nullptr;
  ASSERT_CUDA_OK(driver().cuCtxCreate(&created, 0, device));
  EXPECT_EQ(version_of(created), 3010U);
  EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(created));
  ASSERT_CUDA_OK(driver().cuCtxCreate_v2(&created, 0, device));
  EXPECT_EQ(version_of(created), 3020U);
  EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(created));
  ASSERT_CUDA_OK(driver().cuCtxCreate_v3(&created, nullptr, 0, 0, device));
  EXPECT_EQ(version_of(created), 3020U);
  EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(created));
  ASSERT_CUDA_OK(driver().cuCtxCreate_v4(&created, nullptr, 0, device));
  EXPECT_EQ(version_of(created), 3020U);
  EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(created));
}

TEST_F(cuCtxGetApiVersion, OfThePrimaryContext) {
  CUcontext primary = nullptr;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRetain(&primary, device));
  EXPECT_EQ(version_of(primary), 3020U);
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
}

TEST_F(cuCtxGetApiVersion, NullMeansTheCurrentContext) {
  const ExtraContext extra;
  const Current current(extra);
  EXPECT_EQ(version_of(nullptr), 3020U);
  EXPECT_EQ(on_other_thread(extra, [] { return version_of(nullptr); }), 3020U);
}

TEST_F(cuCtxGetApiVersion, RefusesWithoutAContext) {
  expect_leaves<unsigned>(CUDA_ERROR_INVALID_CONTEXT,
                          [](unsigned* out) { return driver().cuCtxGetApiVersion(nullptr, out); });
}

TEST_F(cuCtxGetApiVersion, RefusesAReleasedPrimaryContext) {
  CUcontext primary = nullptr;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRetain(&primary, device));
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
  expect_leaves<unsigned>(CUDA_ERROR_INVALID_CONTEXT,
                          [&](unsigned* out) { return driver().cuCtxGetApiVersion(primary, out); });
}

TEST_F(cuCtxGetApiVersion, RefusesANullOutput) {
  const ExtraContext extra;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuCtxGetApiVersion(extra, nullptr));
}

TEST_F(cuCtxGetApiVersion, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    unsigned version = 0;
    return driver().cuCtxGetApiVersion(nullptr, &version);
  });
}

TEST_F(cuCtxGetApiVersion_fresh, BeforeInit) {
  expect_leaves<unsigned>(CUDA_ERROR_NOT_INITIALIZED,
                          [](unsigned* out) { return driver().cuCtxGetApiVersion(nullptr, out); });
}

// A process of its own, because a driver may look behind the handle.
TEST_F(cuCtxGetApiVersion_fresh, RefusesADestroyedContext) {
  check(driver().cuInit(0), "cuInit");
  const CUcontext stale = stale_context();
  expect_leaves<unsigned>(CUDA_ERROR_CONTEXT_IS_DESTROYED, [&](unsigned* out) {
    return of_stale_context(driver().cuCtxGetApiVersion(stale, out));
  });
}

}  // namespace vgpu::conformance::test_cuCtxGetApiVersion
