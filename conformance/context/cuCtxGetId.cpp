#include <set>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxGetId {

CONFORMANCE_SUITE(cuCtxGetId, Driver);
CONFORMANCE_SUITE(cuCtxGetId_fresh, Uninitialised);

using Id = unsigned long long;

Id id_of(CUcontext context) {
  const auto [first, second] =
      expect_writes<Id>([&](Id* out) { return driver().cuCtxGetId(context, out); });
  EXPECT_EQ(first, second);
  return first;
}

TEST_F(cuCtxGetId, IsUniqueAmongLiveContexts) {
  const std::array<ExtraContext, 3> contexts;
  std::set<Id> ids;
  for (const ExtraContext& context : contexts) ids.insert(id_of(context));
  EXPECT_EQ(ids.size(), contexts.size());
  for (const ExtraContext& context : contexts) ids.insert(id_of(context));
  EXPECT_EQ(ids.size(), contexts.size()) << "the ids changed";
}

TEST_F(cuCtxGetId, IsNeverUsedAgain) {
  std::set<Id> ids;
  for (int i = 0; i < 4; ++i) {
    const ExtraContext context;
    ids.insert(id_of(context));
  }
  EXPECT_EQ(ids.size(), 4U);
}

TEST_F(cuCtxGetId, NullMeansTheCurrentContext) {
  const ExtraContext a;
  const ExtraContext b;
  const Current current(a);
  EXPECT_EQ(id_of(nullptr), id_of(a));
  ASSERT_CUDA_OK(driver().cuCtxSetCurrent(b));
  EXPECT_EQ(id_of(nullptr), id_of(b));
}

TEST_F(cuCtxGetId, IsTheSameOnEveryThread) {
  const ExtraContext a;
  const Id here = id_of(a);
  EXPECT_EQ(on_other_thread([&] { return id_of(a); }), here);
  EXPECT_EQ(on_other_thread(a, [&] { return id_of(nullptr); }), here);
}

// A primary context that is made anew is another one, behind the same handle.
TEST_F(cuCtxGetId, ChangesWhenThePrimaryContextIsMadeAnew) {
  std::set<Id> ids;
  for (int turn = 0; turn < 2; ++turn) {
    CUcontext primary = nullptr;
    ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRetain(&primary, device));
    ids.insert(id_of(primary));
    EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
  }
  EXPECT_EQ(ids.size(), 2U);
}

TEST_F(cuCtxGetId, RefusesAReleasedPrimaryContext) {
  CUcontext primary = nullptr;
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRetain(&primary, device));
  ASSERT_CUDA_OK(driver().cuCtxSetCurrent(primary));
  ASSERT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(device));
  for (const CUcontext context : {primary, CUcontext{nullptr}}) {
    expect_leaves<Id>(CUDA_ERROR_CONTEXT_IS_DESTROYED,
                      [&](Id* out) { return driver().cuCtxGetId(context, out); });
  }
}

TEST_F(cuCtxGetId, RefusesWithoutAContext) {
  expect_leaves<Id>(CUDA_ERROR_INVALID_CONTEXT,
                    [](Id* out) { return driver().cuCtxGetId(nullptr, out); });
}

TEST_F(cuCtxGetId, RefusesACurrentContextThatWasDestroyed) {
  CUcontext created = nullptr;
  ASSERT_CUDA_OK(driver().cuCtxCreate_v4(&created, nullptr, 0, device));
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(created)); });
  expect_leaves<Id>(CUDA_ERROR_CONTEXT_IS_DESTROYED,
                    [](Id* out) { return driver().cuCtxGetId(nullptr, out); });
}

TEST_F(cuCtxGetId, RefusesANullOutput) {
  const ExtraContext a;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuCtxGetId(a, nullptr));
}

TEST_F(cuCtxGetId, IsSafeDuringCapture) {
  const ExtraContext a;
  const Current current(a);
  expect_safe_in_capture([] {
    Id id = 0;
    return driver().cuCtxGetId(nullptr, &id);
  });
}

TEST_F(cuCtxGetId_fresh, BeforeInit) {
  expect_leaves<Id>(CUDA_ERROR_NOT_INITIALIZED,
                    [](Id* out) { return driver().cuCtxGetId(nullptr, out); });
}

// A process of its own, because a driver may look behind the handle.
TEST_F(cuCtxGetId_fresh, RefusesADestroyedContext) {
  check(driver().cuInit(0), "cuInit");
  const CUcontext stale = stale_context();
  expect_leaves<Id>(CUDA_ERROR_CONTEXT_IS_DESTROYED,
                    [&](Id* out) { return of_stale_context(driver().cuCtxGetId(stale, out)); });
}

}  // namespace vgpu::conformance::test_cuCtxGetId
