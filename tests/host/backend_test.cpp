#include "vgpu/host/backend.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using vgpu::host::Backend;

TEST(Backend, LoadsAndInitialisesADriver) {
  auto backend = Backend::open(VGPU_MOCK_DRIVER);
  ASSERT_TRUE(backend) << backend.message();
  EXPECT_EQ(backend->path(), VGPU_MOCK_DRIVER);
  ASSERT_TRUE(backend->initialise());
  EXPECT_EQ(backend->driver_version(), 13000);
  EXPECT_EQ(backend->device_count(), 1);
  EXPECT_EQ(backend->table().cuMemAlloc_v2, nullptr) << "absent functions stay absent";
}

TEST(Backend, SaysWhyALibraryCannotBeLoaded) {
  const auto backend = Backend::open("/nonexistent/libcuda.so.1");
  ASSERT_FALSE(backend);
  EXPECT_NE(backend.message().find("/nonexistent/libcuda.so.1"), std::string::npos);
  EXPECT_NE(backend.message().find("No such file"), std::string::npos) << backend.message();
}

TEST(Backend, SaysThatALibraryIsNoDriver) {
  const auto backend = Backend::open("libm.so.6");
  ASSERT_FALSE(backend);
  EXPECT_NE(backend.message().find("is no CUDA driver: it has no cuInit"), std::string::npos);
}

TEST(Backend, RefusesTheGuestLibrary) {
  const auto backend = Backend::open(VGPU_MARKED_DRIVER);
  ASSERT_FALSE(backend);
  EXPECT_NE(backend.message().find("is vgpu's own guest library"), std::string::npos)
      << backend.message();
}

}  // namespace
