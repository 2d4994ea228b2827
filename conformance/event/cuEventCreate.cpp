#include <set>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuEventCreate {

CONFORMANCE_SUITE(cuEventCreate, Context);
CONFORMANCE_SUITE(cuEventCreate_fresh, Uninitialised);

CUresult create_and_destroy(unsigned flags) {
  CUevent event = nullptr;
  const CUresult result = driver().cuEventCreate(&event, flags);
  if (result == CUDA_SUCCESS) check(driver().cuEventDestroy_v2(event), "cuEventDestroy_v2");
  return result;
}

TEST_F(cuEventCreate, WritesTheHandle) {
  const auto [first, second] =
      expect_writes<CUevent>([](CUevent* out) { return driver().cuEventCreate(out, 0); });
  EXPECT_NE(first, nullptr);
  EXPECT_NE(first, second);
  EXPECT_CUDA_OK(driver().cuEventQuery(first)) << "an event starts out done";
  EXPECT_CUDA_OK(driver().cuEventDestroy_v2(first));
  EXPECT_CUDA_OK(driver().cuEventDestroy_v2(second));
}

TEST_F(cuEventCreate, MakesAsManyAsAreWanted) {
  constexpr std::size_t many = 500;
  std::set<CUevent> events;
  for (std::size_t i = 0; i < many; ++i) {
    CUevent event = nullptr;
    ASSERT_CUDA_OK(driver().cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
    events.insert(event);
  }
  EXPECT_EQ(events.size(), many);
  for (const CUevent event : events) EXPECT_CUDA_OK(driver().cuEventDestroy_v2(event));
}

TEST_F(cuEventCreate, TakesEveryCombinationOfFlags) {
  for (const unsigned flags : {unsigned{CU_EVENT_DEFAULT}, unsigned{CU_EVENT_BLOCKING_SYNC},
                               unsigned{CU_EVENT_DISABLE_TIMING},
                               unsigned{CU_EVENT_BLOCKING_SYNC | CU_EVENT_DISABLE_TIMING}}) {
    EXPECT_CUDA_OK(create_and_destroy(flags)) << "flags " << flags;
  }
}

TEST_F(cuEventCreate, TimesUnlessTimingIsDisabled) {
  const Stream stream;
  for (const unsigned flags : {unsigned{CU_EVENT_DEFAULT}, unsigned{CU_EVENT_BLOCKING_SYNC},
                               unsigned{CU_EVENT_DISABLE_TIMING}}) {
    const Event event(flags);
    event.record(stream);
    event.synchronize();
    float milliseconds = -1;
    EXPECT_CUDA((flags & CU_EVENT_DISABLE_TIMING) != 0 ? CUDA_ERROR_INVALID_HANDLE : CUDA_SUCCESS,
                driver().cuEventElapsedTime_v2(&milliseconds, event, event))
        << "flags " << flags;
  }
}

TEST_F(cuEventCreate, InterprocessEventsMustNotTime) {
  expect_leaves<CUevent>(CUDA_ERROR_INVALID_VALUE, [](CUevent* out) {
    return driver().cuEventCreate(out, CU_EVENT_INTERPROCESS);
  });
}

TEST_F(cuEventCreate, MakesInterprocessEvents) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_IPC_EVENT_SUPPORTED);
  EXPECT_CUDA_OK(create_and_destroy(CU_EVENT_INTERPROCESS | CU_EVENT_DISABLE_TIMING));
}

TEST_F(cuEventCreate, RefusesUnknownFlags) {
  for (const unsigned flags : {8U, 16U, 0x80000000U}) {
    expect_leaves<CUevent>(CUDA_ERROR_INVALID_VALUE,
                           [&](CUevent* out) { return driver().cuEventCreate(out, flags); });
  }
}

TEST_F(cuEventCreate, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuEventCreate(nullptr, 0));
}

// A stream of another context cannot record it.
TEST_F(cuEventCreate, BelongsToTheCurrentContext) {
  const Foreign foreign;
  const Event here;
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuEventRecord(here, foreign.stream()));
  const Current other(foreign.context());
  const Event there;
  EXPECT_CUDA_OK(driver().cuEventRecord(there, foreign.stream()));
  EXPECT_CUDA_OK(driver().cuEventSynchronize(there));
}

TEST_F(cuEventCreate, NeedsACurrentContext) {
  const NoContext none;
  expect_leaves<CUevent>(CUDA_ERROR_INVALID_CONTEXT,
                         [](CUevent* out) { return driver().cuEventCreate(out, 0); });
}

TEST_F(cuEventCreate, NeedsACurrentContextOnEachThread) {
  const auto call = [] { return create_and_destroy(0); };
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, on_other_thread(call));
  EXPECT_CUDA_OK(on_other_thread(context, call));
}

TEST_F(cuEventCreate, IsSafeDuringCapture) {
  expect_safe_in_capture([] { return create_and_destroy(0); });
}

TEST_F(cuEventCreate_fresh, BeforeInit) {
  expect_leaves<CUevent>(CUDA_ERROR_NOT_INITIALIZED,
                         [](CUevent* out) { return driver().cuEventCreate(out, 0); });
}

}  // namespace vgpu::conformance::test_cuEventCreate
