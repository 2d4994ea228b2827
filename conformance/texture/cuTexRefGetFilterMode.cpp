#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefGetFilterMode {

CONFORMANCE_SUITE(cuTexRefGetFilterMode, Context);
CONFORMANCE_SUITE(cuTexRefGetFilterMode_fresh, Uninitialised);

CUresult set(CUtexref reference, CUfilter_mode value) {
  return driver().cuTexRefSetFilterMode(reference, value);
}
CUresult get(CUfilter_mode* value, CUtexref reference) {
  return driver().cuTexRefGetFilterMode(value, reference);
}

TEST_F(cuTexRefGetFilterMode, SaysWhatWasSetLast) {
  const TextureReference reference;
  for (const CUfilter_mode value : {CU_TR_FILTER_MODE_LINEAR, CU_TR_FILTER_MODE_POINT}) {
    EXPECT_CUDA_OK(set(reference, value));
    const auto [first, second] =
        expect_writes<CUfilter_mode>([&](CUfilter_mode* out) { return get(out, reference); });
    EXPECT_EQ(first, value);
    EXPECT_EQ(second, value);
  }
}

TEST_F(cuTexRefGetFilterMode, RefusesNoReferenceAndNoOutput) {
  const TextureReference reference;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, get(nullptr, reference));
  CUfilter_mode value{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, get(&value, nullptr));
}

TEST_F(cuTexRefGetFilterMode, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  CUfilter_mode value{};
  EXPECT_CUDA_OK(get(&value, reference));
}

// Undocumented.
TEST_F(cuTexRefGetFilterMode, IsSafeDuringCapture) {
  const TextureReference reference;
  CUfilter_mode value{};
  expect_safe_in_capture([&] { return get(&value, reference); });
}

TEST_F(cuTexRefGetFilterMode_fresh, BeforeInit) {
  CUfilter_mode value{};
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefGetFilterMode(&value, nullptr));
}

}  // namespace vgpu::conformance::test_cuTexRefGetFilterMode
