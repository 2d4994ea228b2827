#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefGetAddressMode {

CONFORMANCE_SUITE(cuTexRefGetAddressMode, Context);
CONFORMANCE_SUITE(cuTexRefGetAddressMode_fresh, Uninitialised);

CUresult set(CUtexref reference, CUaddress_mode value) {
  return driver().cuTexRefSetAddressMode(reference, 1, value);
}
CUresult get(CUaddress_mode* value, CUtexref reference) {
  return driver().cuTexRefGetAddressMode(value, reference, 1);
}

TEST_F(cuTexRefGetAddressMode, SaysWhatWasSetLast) {
  const TextureReference reference;
  for (const CUaddress_mode value : {CU_TR_ADDRESS_MODE_WRAP, CU_TR_ADDRESS_MODE_CLAMP,
                                     CU_TR_ADDRESS_MODE_MIRROR, CU_TR_ADDRESS_MODE_BORDER}) {
    EXPECT_CUDA_OK(set(reference, value));
    const auto [first, second] =
        expect_writes<CUaddress_mode>([&](CUaddress_mode* out) { return get(out, reference); });
    EXPECT_EQ(first, value);
    EXPECT_EQ(second, value);
  }
}

TEST_F(cuTexRefGetAddressMode, RefusesNoReferenceAndNoOutput) {
  const TextureReference reference;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, get(nullptr, reference));
  CUaddress_mode value{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, get(&value, nullptr));
}

TEST_F(cuTexRefGetAddressMode, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  CUaddress_mode value{};
  EXPECT_CUDA_OK(get(&value, reference));
}

// Undocumented.
TEST_F(cuTexRefGetAddressMode, IsSafeDuringCapture) {
  const TextureReference reference;
  CUaddress_mode value{};
  expect_safe_in_capture([&] { return get(&value, reference); });
}

TEST_F(cuTexRefGetAddressMode_fresh, BeforeInit) {
  CUaddress_mode value{};
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefGetAddressMode(&value, nullptr, 0));
}

}  // namespace vgpu::conformance::test_cuTexRefGetAddressMode
