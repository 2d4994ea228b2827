#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuProfilerStart {

CONFORMANCE_SUITE(cuProfilerStart, Context);
CONFORMANCE_SUITE(cuProfilerStart_fresh, Uninitialised);

// Without a profiler attached it has no effect and succeeds, in any order and as often as one
// likes.
TEST_F(cuProfilerStart, SucceedsWithoutAProfiler) {
  EXPECT_CUDA_OK(driver().cuProfilerStart());
  EXPECT_CUDA_OK(driver().cuProfilerStart());
  EXPECT_CUDA_OK(driver().cuProfilerStart());
  EXPECT_CUDA_OK(driver().cuProfilerStop());
  EXPECT_CUDA_OK(driver().cuProfilerStart());
}

TEST_F(cuProfilerStart, LeavesWorkAndContextAlone) {
  const DeviceBuffer<unsigned> buffer(1000);
  const auto value = random_value<unsigned>();
  const Module module;
  const Stream stream;
  module.kernel("fill").over(buffer, stream, value);
  EXPECT_CUDA_OK(driver().cuProfilerStart());
  module.kernel("add").over(buffer, stream, 1U);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(1000, value + 1));
  EXPECT_EQ(current_context(), context);
}

TEST_F(cuProfilerStart, NeedsACurrentContext) {
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuProfilerStart());
}

TEST_F(cuProfilerStart, NeedsACurrentContextOnEachThread) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              on_other_thread([] { return driver().cuProfilerStart(); }));
  EXPECT_CUDA_OK(on_other_thread(context, [] { return driver().cuProfilerStart(); }));
}

// Undocumented.
TEST_F(cuProfilerStart, IsUnsafeDuringCapture) {
  expect_unsafe_in_capture([] { return driver().cuProfilerStart(); });
}

TEST_F(cuProfilerStart_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuProfilerStart());
}

}  // namespace vgpu::conformance::test_cuProfilerStart
