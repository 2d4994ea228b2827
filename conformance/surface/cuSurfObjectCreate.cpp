#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuSurfObjectCreate {

CONFORMANCE_SUITE(cuSurfObjectCreate, Context);
CONFORMANCE_SUITE(cuSurfObjectCreate_fresh, Uninitialised);

CUDA_ARRAY3D_DESCRIPTOR writable(std::size_t width, std::size_t height) {
  return describe(width, height, 0, CU_AD_FORMAT_UNSIGNED_INT32, 1, CUDA_ARRAY3D_SURFACE_LDST);
}

TEST_F(cuSurfObjectCreate, WritesTheObject) {
  const Array array(writable(16, 16));
  const CUDA_RESOURCE_DESC resource = resource_of(array);
  const auto [first, second] = expect_writes<CUsurfObject>(
      [&](CUsurfObject* out) { return driver().cuSurfObjectCreate(out, &resource); });
  EXPECT_NE(first, second);
  EXPECT_CUDA_OK(driver().cuSurfObjectDestroy(first));
  EXPECT_CUDA_OK(driver().cuSurfObjectDestroy(second));
}

TEST_F(cuSurfObjectCreate, KernelsWriteAndReadTheArray) {
  constexpr unsigned width = 37;
  constexpr unsigned height = 11;
  const Array array(writable(width, height));
  const Surface surface(array);
  const Module module("textures");
  const auto first = random_value<unsigned>();
  module.kernel("write_surface")
      .launch({(width * height + 63) / 64}, {64}, 0, nullptr, surface.get(), width, height, first);
  const DeviceBuffer<unsigned> to(width * height);
  module.kernel("read_surface")
      .launch({(width * height + 63) / 64}, {64}, 0, nullptr, to.address(), surface.get(), width,
              height);
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
  std::vector<unsigned> expected(width * height);
  for (unsigned i = 0; i < width * height; ++i) expected[i] = first + i;
  EXPECT_EQ(to.read(), expected);
  std::vector<unsigned> stored(width * height);
  read_array(array, array.descriptor(), stored.data());
  EXPECT_EQ(stored, expected);
}

TEST_F(cuSurfObjectCreate, RefusesWhatIsNoArray) {
  const DeviceMemory memory(4096);
  CUDA_RESOURCE_DESC resource{};
  resource.resType = CU_RESOURCE_TYPE_LINEAR;
  resource.res.linear.devPtr = memory;
  resource.res.linear.format = CU_AD_FORMAT_UNSIGNED_INT32;
  resource.res.linear.numChannels = 1;
  resource.res.linear.sizeInBytes = 4096;
  CUsurfObject surface = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuSurfObjectCreate(&surface, &resource));
}

// Undocumented for objects. Of references it is documented that the array has to be made for them.
TEST_F(cuSurfObjectCreate, TakesAnArrayThatWasNotMadeForSurfaces) {
  const Array array(describe(16, 16, 0, CU_AD_FORMAT_UNSIGNED_INT32));
  const CUDA_RESOURCE_DESC resource = resource_of(array);
  CUsurfObject surface = 0;
  EXPECT_CUDA_OK(driver().cuSurfObjectCreate(&surface, &resource));
  EXPECT_CUDA_OK(driver().cuSurfObjectDestroy(surface));
}

// No output or no description: the vendor's driver crashes.

TEST_F(cuSurfObjectCreate, NeedsACurrentContext) {
  const Array array(writable(16, 16));
  const CUDA_RESOURCE_DESC resource = resource_of(array);
  const NoContext none;
  expect_leaves<CUsurfObject>(CUDA_ERROR_INVALID_CONTEXT, [&](CUsurfObject* out) {
    return driver().cuSurfObjectCreate(out, &resource);
  });
}

// Undocumented.
TEST_F(cuSurfObjectCreate, IsSafeDuringCapture) {
  const Array array(writable(16, 16));
  const CUDA_RESOURCE_DESC resource = resource_of(array);
  std::vector<CUsurfObject> made;
  expect_safe_in_capture(
      [&] { return driver().cuSurfObjectCreate(&made.emplace_back(), &resource); });
  for (const CUsurfObject one : made) EXPECT_CUDA_OK(driver().cuSurfObjectDestroy(one));
}

TEST_F(cuSurfObjectCreate_fresh, BeforeInit) {
  const CUDA_RESOURCE_DESC resource{};
  CUsurfObject surface = 0;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuSurfObjectCreate(&surface, &resource));
}

}  // namespace vgpu::conformance::test_cuSurfObjectCreate
