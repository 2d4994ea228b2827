#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefSetFlags {

CONFORMANCE_SUITE(cuTexRefSetFlags, Context);
CONFORMANCE_SUITE(cuTexRefSetFlags_fresh, Uninitialised);

CUresult set(CUtexref reference, unsigned value) {
  return driver().cuTexRefSetFlags(reference, value);
}
CUresult get(unsigned* value, CUtexref reference) {
  return driver().cuTexRefGetFlags(value, reference);
}

TEST_F(cuTexRefSetFlags, SetsWhatTheReferenceHas) {
  const TextureReference reference;
  for (const unsigned value :
       {unsigned{CU_TRSF_READ_AS_INTEGER}, unsigned{CU_TRSF_NORMALIZED_COORDINATES}, 0U,
        unsigned{CU_TRSF_READ_AS_INTEGER | CU_TRSF_NORMALIZED_COORDINATES}}) {
    EXPECT_CUDA_OK(set(reference, value));
    unsigned now{};
    EXPECT_CUDA_OK(get(&now, reference));
    EXPECT_EQ(now, value);
  }
}

TEST_F(cuTexRefSetFlags, SetsOneReferenceOnly) {
  const TextureReference reference;
  const TextureReference other;
  unsigned before{};
  EXPECT_CUDA_OK(get(&before, other));
  for (const unsigned value :
       {unsigned{CU_TRSF_READ_AS_INTEGER}, unsigned{CU_TRSF_NORMALIZED_COORDINATES}, 0U,
        unsigned{CU_TRSF_READ_AS_INTEGER | CU_TRSF_NORMALIZED_COORDINATES}}) {
    EXPECT_CUDA_OK(set(reference, value));
    unsigned now{};
    EXPECT_CUDA_OK(get(&now, other));
    EXPECT_EQ(now, before);
  }
}

TEST_F(cuTexRefSetFlags, RefusesNoReference) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, set(nullptr, unsigned{CU_TRSF_READ_AS_INTEGER}));
}

TEST_F(cuTexRefSetFlags, NeedsNoCurrentContext) {
  const TextureReference reference;
  const NoContext none;
  EXPECT_CUDA_OK(set(reference, unsigned{CU_TRSF_READ_AS_INTEGER}));
}

// Undocumented.
TEST_F(cuTexRefSetFlags, IsSafeDuringCapture) {
  const TextureReference reference;
  expect_safe_in_capture([&] { return set(reference, unsigned{CU_TRSF_READ_AS_INTEGER}); });
}

TEST_F(cuTexRefSetFlags_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuTexRefSetFlags(nullptr, unsigned{CU_TRSF_READ_AS_INTEGER}));
}

}  // namespace vgpu::conformance::test_cuTexRefSetFlags
