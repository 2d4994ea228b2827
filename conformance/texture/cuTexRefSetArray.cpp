#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefSetArray {

CONFORMANCE_SUITE(cuTexRefSetArray, Context);
CONFORMANCE_SUITE(cuTexRefSetArray_fresh, Uninitialised);

TEST_F(cuTexRefSetArray, KernelsOfTheModuleReadTheArray) {
  const ReferenceModule module;
  std::vector<float> values(40);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(random_below(1000));
  }
  Array array(describe(values.size()));
  array.write(values);
  EXPECT_CUDA_OK(driver().cuTexRefSetArray(module.image(), array, CU_TRSA_OVERRIDE_FORMAT));
  EXPECT_EQ(module.read_image(40), values);
}

TEST_F(cuTexRefSetArray, ReplacesWhatWasBound) {
  const Array first(describe(16));
  const Array second(describe(8, 8));
  const TextureReference reference;
  for (const CUarray array : {first.get(), second.get()}) {
    EXPECT_CUDA_OK(driver().cuTexRefSetArray(reference, array, CU_TRSA_OVERRIDE_FORMAT));
    CUarray now = nullptr;
    EXPECT_CUDA_OK(driver().cuTexRefGetArray(&now, reference));
    EXPECT_EQ(now, array);
  }
}

TEST_F(cuTexRefSetArray, RefusesOtherFlags) {
  const Array array(describe(16));
  const TextureReference reference;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuTexRefSetArray(reference, array, 0x80));
}

TEST_F(cuTexRefSetArray, RefusesNoReferenceAndNoArray) {
  const Array array(describe(16));
  const TextureReference reference;
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE,
              driver().cuTexRefSetArray(nullptr, array, CU_TRSA_OVERRIDE_FORMAT));
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE,
              driver().cuTexRefSetArray(reference, nullptr, CU_TRSA_OVERRIDE_FORMAT));
}

TEST_F(cuTexRefSetArray, NeedsNoCurrentContext) {
  const Array array(describe(16));
  const TextureReference reference;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuTexRefSetArray(reference, array, CU_TRSA_OVERRIDE_FORMAT));
}

// Undocumented.
TEST_F(cuTexRefSetArray, IsSafeDuringCapture) {
  const Array array(describe(16));
  const TextureReference reference;
  expect_safe_in_capture(
      [&] { return driver().cuTexRefSetArray(reference, array, CU_TRSA_OVERRIDE_FORMAT); });
}

TEST_F(cuTexRefSetArray_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuTexRefSetArray(nullptr, nullptr, CU_TRSA_OVERRIDE_FORMAT));
}

}  // namespace vgpu::conformance::test_cuTexRefSetArray
