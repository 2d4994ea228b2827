#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuProfilerStop {

CONFORMANCE_SUITE(cuProfilerStop, Context);
CONFORMANCE_SUITE(cuProfilerStop_fresh, Uninitialised);

// Without a profiler attached it has no effect and succeeds, in any order and as often as one
// likes.
TEST_F(cuProfilerStop, SucceedsWithoutAProfiler) {
  EXPECT_CUDA_OK(driver().cuProfilerStop());
  EXPECT_CUDA_OK(driver().cuProfilerStop());
  EXPECT_CUDA_OK(driver().cuProfilerStart());
  EXPECT_CUDA_OK(driver().cuProfilerStop());
  EXPECT_CUDA_OK(driver().cuProfilerStop());
}

TEST_F(cuProfilerStop, LeavesWorkAndContextAlone) {
  const DeviceBuffer<unsigned> buffer(1000);
  const auto value = random_value<unsigned>();
  const Module module;
  const Stream stream;
  module.kernel("fill").over(buffer, stream, value);
  EXPECT_CUDA_OK(driver().cuProfilerStop());
  module.kernel("add").over(buffer, stream, 1U);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(1000, value + 1));
  EXPECT_EQ(current_context(), context);
}

TEST_F(cuProfilerStop, NeedsACurrentContext) {
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuProfilerStop());
}

TEST_F(cuProfilerStop, NeedsACurrentContextOnEachThread) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              on_other_thread([] { return driver().cuProfilerStop(); }));
  EXPECT_CUDA_OK(on_other_thread(context, [] { return driver().cuProfilerStop(); }));
}

// Undocumented.
TEST_F(cuProfilerStop, IsUnsafeDuringCapture) {
  expect_unsafe_in_capture([] { return driver().cuProfilerStop(); });
}

TEST_F(cuProfilerStop_fresh, BeforeInit) {
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuProfilerStop());
}

}  // namespace vgpu::conformance::test_cuProfilerStop
