#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuGetErrorString {

CONFORMANCE_SUITE(cuGetErrorString, Driver);
CONFORMANCE_SUITE(cuGetErrorString_fresh, Uninitialised);

struct Description {
  CUresult code;
  const char* text;
};

// Programs print these; they have not changed for many versions.
constexpr Description descriptions[] = {
    {CUDA_SUCCESS, "no error"},
    {CUDA_ERROR_INVALID_VALUE, "invalid argument"},
    {CUDA_ERROR_OUT_OF_MEMORY, "out of memory"},
    {CUDA_ERROR_NOT_INITIALIZED, "initialization error"},
    {CUDA_ERROR_NO_DEVICE, "no CUDA-capable device is detected"},
    {CUDA_ERROR_INVALID_DEVICE, "invalid device ordinal"},
    {CUDA_ERROR_INVALID_CONTEXT, "invalid device context"},
    {CUDA_ERROR_INVALID_HANDLE, "invalid resource handle"},
    {CUDA_ERROR_NOT_FOUND, "named symbol not found"},
    {CUDA_ERROR_NOT_READY, "device not ready"},
    {CUDA_ERROR_ILLEGAL_ADDRESS, "an illegal memory access was encountered"},
    {CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "too many resources requested for launch"},
    {CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure"},
    {CUDA_ERROR_NOT_SUPPORTED, "operation not supported"},
    {CUDA_ERROR_UNKNOWN, "unknown error"},
};

TEST_F(cuGetErrorString, DescribesWellKnownErrors) {
  for (const Description& description : descriptions) {
    const char* text = nullptr;
    EXPECT_CUDA_OK(driver().cuGetErrorString(description.code, &text));
    EXPECT_STREQ(text, description.text) << result_text(description.code);
  }
}

// A code has either both, a name and a description, or none.
TEST_F(cuGetErrorString, KnowsTheCodesThatHaveAName) {
  for (int code = 0; code < 1100; ++code) {
    const char* name = nullptr;
    const char* text = nullptr;
    const CUresult named = driver().cuGetErrorName(static_cast<CUresult>(code), &name);
    EXPECT_CUDA(named, driver().cuGetErrorString(static_cast<CUresult>(code), &text))
        << "code " << code;
    EXPECT_EQ(text != nullptr && *text != '\0', name != nullptr) << "code " << code;
  }
}

TEST_F(cuGetErrorString, WritesThePointerAndAlwaysTheSame) {
  const auto [first, second] = expect_writes<const char*>(
      [](const char** text) { return driver().cuGetErrorString(CUDA_ERROR_NOT_READY, text); });
  EXPECT_EQ(first, second);
}

TEST_F(cuGetErrorString, GivesNullForUnknownCodes) {
  for (const int code : {9, 599, 998, 123456, -1}) {
    const char* text = "unwritten";
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuGetErrorString(static_cast<CUresult>(code), &text))
        << "code " << code;
    EXPECT_EQ(text, nullptr) << "code " << code;
  }
}

TEST_F(cuGetErrorString, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    const char* text = nullptr;
    return driver().cuGetErrorString(CUDA_ERROR_UNKNOWN, &text);
  });
}

TEST_F(cuGetErrorString_fresh, AnswersBeforeInit) {
  const char* text = nullptr;
  EXPECT_CUDA_OK(driver().cuGetErrorString(CUDA_ERROR_NOT_INITIALIZED, &text));
  EXPECT_STREQ(text, "initialization error");
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGetErrorString(static_cast<CUresult>(123456), &text));
  EXPECT_EQ(text, nullptr);
}

}  // namespace vgpu::conformance::test_cuGetErrorString
