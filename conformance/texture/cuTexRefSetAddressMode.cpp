#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefSetAddressMode {

CONFORMANCE_SUITE(cuTexRefSetAddressMode, Context);
CONFORMANCE_SUITE(cuTexRefSetAddressMode_fresh, Uninitialised);

CUresult set(CUtexref reference, CUaddress_mode value) {
  return driver().cuTexRefSetAddressMode(reference, 1, value);
}
CUresult get(CUaddress_mode* value, CUtexref reference) {
  return driver().cuTexRefGetAddressMode(value, reference, 1);
}

TEST_F(cuTexRefSetAddressMode, SetsWhatTheReferenceHas) {
  const TextureReference reference;
  for (const CUaddress_mode value : {CU_TR_ADDRESS_MODE_WRAP, CU_TR_ADDRESS_MODE_CLAMP,
                                     CU_TR_ADDRESS_MODE_MIRROR, CU_TR_ADDRESS_MODE_BORDER}) {
    EXPECT_CUDA_OK(set(reference, value));
    CUaddress_mode now{};
    EXPECT_CUDA_OK(get(&now, reference));
    EXPECT_EQ(now, value);
  }
}

TEST_F(cuTexRefSetAddressMode, SetsOneReferenceOnly) {
  const TextureReference reference;
  const TextureReference other;
  CUaddress_mode before{};
  EXPECT_CUDA_OK(get(&before, other));
  for (const CUaddress_mode value : {CU_TR_ADDRESS_MODE_WRAP, CU_TR_ADDRESS_MODE_CLAMP,
                                     CU_TR_ADDRESS_MODE_MIRROR, CU_TR_ADDRESS_MODE_BORDER}) {
    EXPECT_CUDA_OK(set(reference, value));
    CUaddress_mode now{};
    EXPECT_CUDA_OK(get(&now, other));
    EXPECT_EQ(now, before);
  }
}

TEST_F(cuTexRefSetAddressMode, RefusesNoReference) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, set(nullptr, CU_TR_ADDRESS_MODE_WRAP));
}

TEST_F(cuTexRefSetAddressMode, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  EXPECT_CUDA_OK(set(reference, CU_TR_ADDRESS_MODE_WRAP));
}

// Undocumented.
TEST_F(cuTexRefSetAddressMode, IsSafeDuringCapture) {
  const TextureReference reference;
  expect_safe_in_capture([&] { return set(reference, CU_TR_ADDRESS_MODE_WRAP); });
}

TEST_F(cuTexRefSetAddressMode_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuTexRefSetAddressMode(nullptr, 0, CU_TR_ADDRESS_MODE_WRAP));
}

}  // namespace vgpu::conformance::test_cuTexRefSetAddressMode
