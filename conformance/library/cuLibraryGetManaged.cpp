#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuLibraryGetManaged {

class cuLibraryGetManaged : public Context {
 protected:
  void SetUp() override {
    Context::SetUp();
    REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  }
};

CONFORMANCE_SUITE(cuLibraryGetManaged_fresh, Uninitialised);

TEST_F(cuLibraryGetManaged, HostAndKernelsShareTheVariable) {
  const DeviceBuffer<unsigned> out(1);
  const Library library("managed");
  library.module();
  const auto results =
      expect_writes<CUdeviceptr, std::size_t>([&](CUdeviceptr* address, std::size_t* bytes) {
        return driver().cuLibraryGetManaged(address, bytes, library, "managed_value");
      });
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(std::get<1>(results[0]), sizeof(unsigned));
  auto* variable = reinterpret_cast<volatile unsigned*>(std::get<0>(results[0]));
  ASSERT_NE(variable, nullptr);
  EXPECT_EQ(*variable, 17U);
  const auto value = random_value<unsigned>();
  *variable = value;
  const Stream stream;
  Kernel(reinterpret_cast<CUfunction>(library.kernel("read_managed")))
      .launch({}, {}, 0, stream, out.address());
  stream.synchronize();
  EXPECT_EQ(out.read()[0], value);
  Kernel(reinterpret_cast<CUfunction>(library.kernel("write_managed")))
      .launch({}, {}, 0, stream, ~value);
  stream.synchronize();
  EXPECT_EQ(*variable, ~value);
}

TEST_F(cuLibraryGetManaged, OneOfTheOutputsMayBeNull) {
  const Library library("managed");
  library.module();
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  EXPECT_CUDA_OK(driver().cuLibraryGetManaged(&address, nullptr, library, "managed_value"));
  EXPECT_NE(address, 0U);
  EXPECT_CUDA_OK(driver().cuLibraryGetManaged(nullptr, &bytes, library, "managed_value"));
  EXPECT_EQ(bytes, sizeof(unsigned));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuLibraryGetManaged(nullptr, nullptr, library, "managed_value"));
}

TEST_F(cuLibraryGetManaged, RefusesAMissingName) {
  const Library library("managed");
  library.module();
  expect_leaves<CUdeviceptr, std::size_t>(
      CUDA_ERROR_NOT_FOUND, [&](CUdeviceptr* address, std::size_t* bytes) {
        return driver().cuLibraryGetManaged(address, bytes, library, "no_such_variable");
      });
}

TEST_F(cuLibraryGetManaged, RefusesAVariableThatIsNotManaged) {
  const Library library;
  library.module();
  expect_leaves<CUdeviceptr, std::size_t>(
      CUDA_ERROR_NOT_FOUND, [&](CUdeviceptr* address, std::size_t* bytes) {
        return driver().cuLibraryGetManaged(address, bytes, library, "global_value");
      });
}

TEST_F(cuLibraryGetManaged, RefusesANullLibrary) {
  expect_leaves<CUdeviceptr, std::size_t>(
      CUDA_ERROR_INVALID_HANDLE, [](CUdeviceptr* address, std::size_t* bytes) {
        return driver().cuLibraryGetManaged(address, bytes, nullptr, "managed_value");
      });
}

TEST_F(cuLibraryGetManaged, RefusesANullName) {
  const Library library("managed");
  CUdeviceptr address = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuLibraryGetManaged(&address, nullptr, library, nullptr));
}

// Undocumented.
TEST_F(cuLibraryGetManaged, IsSafeDuringCapture) {
  const Library library("managed");
  library.module();
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  expect_safe_in_capture(
      [&] { return driver().cuLibraryGetManaged(&address, &bytes, library, "managed_value"); });
}

// Undocumented.
TEST_F(cuLibraryGetManaged, NeedsNoCurrentContext) {
  const Library library("managed");
  library.module();
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuLibraryGetManaged(&address, &bytes, library, "managed_value"));
}

TEST_F(cuLibraryGetManaged_fresh, BeforeInit) {
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  EXPECT_REFUSED_BEFORE_INIT(
      CUDA_ERROR_INVALID_HANDLE,
      driver().cuLibraryGetManaged(&address, &bytes, nullptr, "managed_value"));
}

}  // namespace vgpu::conformance::test_cuLibraryGetManaged
