#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefGetFlags {

CONFORMANCE_SUITE(cuTexRefGetFlags, Context);
CONFORMANCE_SUITE(cuTexRefGetFlags_fresh, Uninitialised);

CUresult set(CUtexref reference, unsigned value) {
  return driver().cuTexRefSetFlags(reference, value);
}
CUresult get(unsigned* value, CUtexref reference) {
  return driver().cuTexRefGetFlags(value, reference);
}

TEST_F(cuTexRefGetFlags, SaysWhatWasSetLast) {
  const TextureReference reference;
  for (const unsigned value :
       {unsigned{CU_TRSF_READ_AS_INTEGER}, unsigned{CU_TRSF_NORMALIZED_COORDINATES}, 0U,
        unsigned{CU_TRSF_READ_AS_INTEGER | CU_TRSF_NORMALIZED_COORDINATES}}) {
    EXPECT_CUDA_OK(set(reference, value));
    const auto [first, second] =
        expect_writes<unsigned>([&](unsigned* out) { return get(out, reference); });
    EXPECT_EQ(first, value);
    EXPECT_EQ(second, value);
  }
}

TEST_F(cuTexRefGetFlags, RefusesNoReferenceAndNoOutput) {
  const TextureReference reference;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, get(nullptr, reference));
  unsigned value{};
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, get(&value, nullptr));
}

TEST_F(cuTexRefGetFlags, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  unsigned value{};
  EXPECT_CUDA_OK(get(&value, reference));
}

// Undocumented.
TEST_F(cuTexRefGetFlags, IsSafeDuringCapture) {
  const TextureReference reference;
  unsigned value{};
  expect_safe_in_capture([&] { return get(&value, reference); });
}

TEST_F(cuTexRefGetFlags_fresh, BeforeInit) {
  unsigned value{};
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefGetFlags(&value, nullptr));
}

}  // namespace vgpu::conformance::test_cuTexRefGetFlags
