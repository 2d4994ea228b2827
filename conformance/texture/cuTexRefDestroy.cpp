#include "fixture/arrays.hpp"
#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTexRefDestroy {

CONFORMANCE_SUITE(cuTexRefDestroy, Context);
CONFORMANCE_SUITE(cuTexRefDestroy_fresh, Uninitialised);

TEST_F(cuTexRefDestroy, LeavesWhatWasBoundAlone) {
  const Array array(describe(16));
  TextureReference reference;
  check(driver().cuTexRefSetArray(reference, array, CU_TRSA_OVERRIDE_FORMAT), "cuTexRefSetArray");
  EXPECT_CUDA_OK(driver().cuTexRefDestroy(reference.release()));
  EXPECT_EQ(array.read(), array.before());
}

TEST_F(cuTexRefDestroy, RefusesNoReference) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuTexRefDestroy(nullptr));
}

TEST_F(cuTexRefDestroy, NeedsNoCurrentContext) {
  TextureReference reference;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuTexRefDestroy(reference.release()));
}

// Undocumented.
TEST_F(cuTexRefDestroy, IsSafeDuringCapture) {
  CUtexref reference = nullptr;
  expect_safe_in_capture([&] { return driver().cuTexRefDestroy(reference); },
                         [&] { reference = TextureReference().release(); });
}

TEST_F(cuTexRefDestroy_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuTexRefDestroy(nullptr));
}

}  // namespace vgpu::conformance::test_cuTexRefDestroy
