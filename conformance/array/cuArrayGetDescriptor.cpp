#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuArrayGetDescriptor {

CONFORMANCE_SUITE(cuArrayGetDescriptor, Context);
CONFORMANCE_SUITE(cuArrayGetDescriptor_fresh, Uninitialised);

TEST_F(cuArrayGetDescriptor, SaysWhatTheArrayWasMadeFrom) {
  for (const CUarray_format format : plain_formats) {
    for (const unsigned channels : {1U, 2U, 4U}) {
      for (const std::size_t height : {std::size_t{0}, std::size_t{7}}) {
        const Array array(describe(33, height, 0, format, channels));
        const auto both = expect_writes<CUDA_ARRAY_DESCRIPTOR>([&](CUDA_ARRAY_DESCRIPTOR* out) {
          return driver().cuArrayGetDescriptor_v2(out, array);
        });
        for (const CUDA_ARRAY_DESCRIPTOR& descriptor : both) {
          EXPECT_EQ(descriptor.Width, 33U);
          EXPECT_EQ(descriptor.Height, height);
          EXPECT_EQ(descriptor.Format, format);
          EXPECT_EQ(descriptor.NumChannels, channels);
        }
      }
    }
  }
}

TEST_F(cuArrayGetDescriptor, RefusesNoOutput) {
  const Array array(describe(16));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuArrayGetDescriptor_v2(nullptr, array));
}

TEST_F(cuArrayGetDescriptor, RefusesNoArray) {
  CUDA_ARRAY_DESCRIPTOR descriptor{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuArrayGetDescriptor_v2(&descriptor, nullptr));
}

TEST_F(cuArrayGetDescriptor, NeedsNoCurrentContext) {
  const Array array(describe(16));
  const NoContext none;
  CUDA_ARRAY_DESCRIPTOR descriptor{};
  EXPECT_CUDA_OK(driver().cuArrayGetDescriptor_v2(&descriptor, array));
  EXPECT_EQ(descriptor.Width, 16U);
}

// Undocumented.
TEST_F(cuArrayGetDescriptor, IsSafeDuringCapture) {
  const Array array(describe(16));
  CUDA_ARRAY_DESCRIPTOR descriptor{};
  expect_safe_in_capture([&] { return driver().cuArrayGetDescriptor_v2(&descriptor, array); });
}

TEST_F(cuArrayGetDescriptor_fresh, BeforeInit) {
  CUDA_ARRAY_DESCRIPTOR descriptor{};
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE,
                             driver().cuArrayGetDescriptor_v2(&descriptor, nullptr));
}

}  // namespace vgpu::conformance::test_cuArrayGetDescriptor
