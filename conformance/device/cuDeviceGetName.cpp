#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuDeviceGetName {

CONFORMANCE_SUITE(cuDeviceGetName, Driver);
CONFORMANCE_SUITE(cuDeviceGetName_fresh, Uninitialised);

std::string name() {
  char text[256] = {};
  check(driver().cuDeviceGetName(text, sizeof text, Driver::device), "cuDeviceGetName");
  return text;
}

/// What a buffer filled with '#' holds after a call that may use `length` bytes of it.
std::string written(int length) {
  std::string buffer(300, '#');
  EXPECT_CUDA_OK(driver().cuDeviceGetName(buffer.data(), length, Driver::device));
  return buffer;
}

TEST_F(cuDeviceGetName, IsPrintableAndAlwaysTheSame) {
  const std::string text = name();
  EXPECT_FALSE(text.empty());
  for (const char c : text) EXPECT_TRUE(c >= ' ' && c <= '~') << static_cast<int>(c);
  EXPECT_EQ(name(), text);
  EXPECT_EQ(on_other_thread([] { return name(); }), text);
}

TEST_F(cuDeviceGetName, FitsExactly) {
  const std::string text = name();
  const std::string buffer = written(static_cast<int>(text.size()) + 1);
  EXPECT_STREQ(buffer.c_str(), text.c_str());
  EXPECT_EQ(buffer[text.size() + 1], '#');
}

// "name is shortened to the specified len, if len is less than the device name"
TEST_F(cuDeviceGetName, IsShortenedAndStillTerminated) {
  const std::string text = name();
  for (const std::size_t length : {text.size(), std::size_t{4}, std::size_t{2}, std::size_t{1}}) {
    SCOPED_TRACE(length);
    const std::string buffer = written(static_cast<int>(length));
    EXPECT_STREQ(buffer.c_str(), text.substr(0, length - 1).c_str());
    EXPECT_EQ(buffer.substr(length), std::string(buffer.size() - length, '#'));
  }
}

TEST_F(cuDeviceGetName, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuDeviceGetName(nullptr, 16, device));
}

TEST_F(cuDeviceGetName, RefusesUnknownDevices) {
  for (const CUdevice unknown : {-1, device_count(), 100000}) {
    char first = '#';
    EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE, driver().cuDeviceGetName(&first, 1, unknown));
    EXPECT_EQ(first, '#');
  }
}

TEST_F(cuDeviceGetName, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    char text[64];
    return driver().cuDeviceGetName(text, sizeof text, device);
  });
}

TEST_F(cuDeviceGetName_fresh, BeforeInit) {
  char text[] = "####";
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuDeviceGetName(text, sizeof text, 0));
  EXPECT_STREQ(text, "####");
}

}  // namespace vgpu::conformance::test_cuDeviceGetName
