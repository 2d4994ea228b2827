#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDriverGetVersion {

CONFORMANCE_SUITE(cuDriverGetVersion, Driver);
CONFORMANCE_SUITE(cuDriverGetVersion_fresh, Uninitialised);

int version() {
  int value = 0;
  check(driver().cuDriverGetVersion(&value), "cuDriverGetVersion");
  return value;
}

TEST_F(cuDriverGetVersion, WritesTheSameEachTime) {
  const auto [first, second] =
      expect_writes<int>([](int* value) { return driver().cuDriverGetVersion(value); });
  EXPECT_EQ(first, second);
}

// 1000 * major + 10 * minor
TEST_F(cuDriverGetVersion, IsMadeOfMajorAndMinor) {
  EXPECT_GE(version() / 1000, 11);
  EXPECT_LT(version() / 1000, 100);
  EXPECT_EQ(version() % 10, 0);
}

// The newest version that symbols can be asked for is the driver's.
TEST_F(cuDriverGetVersion, IsTheNewestThatSymbolsAreGivenFor) {
  void* function = nullptr;
  EXPECT_CUDA_OK(driver().cuGetProcAddress_v2("cuInit", &function, version(),
                                              CU_GET_PROC_ADDRESS_DEFAULT, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGetProcAddress_v2("cuInit", &function, version() + 10,
                                           CU_GET_PROC_ADDRESS_DEFAULT, nullptr));
}

TEST_F(cuDriverGetVersion, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDriverGetVersion(nullptr));
}

TEST_F(cuDriverGetVersion, AnswersOnOtherThreads) {
  EXPECT_EQ(on_other_thread([] { return version(); }), version());
}

TEST_F(cuDriverGetVersion, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    int value = 0;
    return driver().cuDriverGetVersion(&value);
  });
}

TEST_F(cuDriverGetVersion_fresh, AnswersBeforeInitWhatItAnswersAfter) {
  const auto [before, again] =
      expect_writes<int>([](int* value) { return driver().cuDriverGetVersion(value); });
  EXPECT_EQ(before, again);
  ASSERT_CUDA_OK(driver().cuInit(0));
  EXPECT_EQ(version(), before);
}

TEST_F(cuDriverGetVersion_fresh, RefusesANullOutputBeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDriverGetVersion(nullptr));
}

}  // namespace vgpu::conformance::test_cuDriverGetVersion
