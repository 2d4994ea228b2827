#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuCtxSynchronize {

CONFORMANCE_SUITE(cuCtxSynchronize, Context);
CONFORMANCE_SUITE(cuCtxSynchronize_fresh, Uninitialised);

CUresult old_form() {
  return driver().cuCtxSynchronize();
}
CUresult new_form() {
  return driver().cuCtxSynchronize_v2(nullptr);
}
constexpr std::array forms{old_form, new_form};

TEST_F(cuCtxSynchronize, WaitsForOrdinaryStreams) {
  for (const auto form : forms) expect_waits_for_other_streams(form);
  expect_waits_for_other_streams([&] { return driver().cuCtxSynchronize_v2(context); });
}

TEST_F(cuCtxSynchronize, WaitsForStreamsOfEveryKind) {
  const Module module;
  const Kernel spin = module.kernel("spin");
  const Kernel fill = module.kernel("fill");
  const Stream ordinary;
  const Stream apart(CU_STREAM_NON_BLOCKING);
  const std::array<CUstream, 4> streams{ordinary, apart, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD};
  for (const auto form : forms) {
    const DeviceBuffer<unsigned> buffer(streams.size());
    for (unsigned i = 0; i < streams.size(); ++i) {
      spin.launch({}, {}, 0, streams[i], 5'000'000ULL);
      fill.launch({}, {}, 0, streams[i], buffer.at(i), 1U, i);
    }
    EXPECT_CUDA_OK(form());
    EXPECT_EQ(buffer.read(), (std::vector<unsigned>{0, 1, 2, 3}));
    for (const CUstream stream : streams) EXPECT_CUDA_OK(driver().cuStreamQuery(stream));
  }
}

TEST_F(cuCtxSynchronize, WaitsForAnotherThreadsStream) {
  const Module module;
  const Kernel spin = module.kernel("spin");
  const Kernel fill = module.kernel("fill");
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{0});
  on_other_thread(context, [&] {
    spin.launch({}, {}, 0, CU_STREAM_PER_THREAD, 5'000'000ULL);
    fill.launch({}, {}, 0, CU_STREAM_PER_THREAD, buffer.address(), 1U, 7U);
  });
  EXPECT_CUDA_OK(driver().cuCtxSynchronize());
  EXPECT_EQ(buffer.read(), (std::vector<unsigned>{7}));
}

TEST_F(cuCtxSynchronize, DoesNotWaitForOtherContexts) {
  const Foreign foreign;
  const Current other(foreign.context());
  const Stream busy;
  const Blocker blocker(busy);
  {
    const Current mine(context);
    for (const auto form : forms) EXPECT_CUDA_OK(form());
    EXPECT_CUDA_OK(driver().cuCtxSynchronize_v2(context));
  }
  EXPECT_CUDA_OK(driver().cuCtxSynchronize_v2(context)) << "named, while another is current";
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(busy));
}

TEST_F(cuCtxSynchronize, WaitsForTheNamedContext) {
  const ExtraContext other;
  const Current current(other);
  const Module module;
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{0});
  const Stream stream;
  module.kernel("spin").launch({}, {}, 0, stream, 5'000'000ULL);
  module.kernel("fill").over(buffer, stream, 9U);
  {
    const Current mine(context);
    EXPECT_CUDA_OK(driver().cuCtxSynchronize_v2(other));
    EXPECT_EQ(current_context(), context) << "the current context is another one now";
  }
  EXPECT_EQ(buffer.read(), (std::vector<unsigned>{9}));
  EXPECT_CUDA_OK(driver().cuStreamQuery(stream));
}

TEST_F(cuCtxSynchronize, SucceedsWhenThereIsNothingToWaitFor) {
  for (const auto form : forms) EXPECT_CUDA_OK(form());
}

TEST_F(cuCtxSynchronize, NeedsACurrentContext) {
  const NoContext none;
  for (const auto form : forms) EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form());
  EXPECT_CUDA_OK(driver().cuCtxSynchronize_v2(context)) << "unless one is named";
}

TEST_F(cuCtxSynchronize, NeedsACurrentContextOnEachThread) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, on_other_thread(old_form));
  EXPECT_CUDA_OK(on_other_thread(context, old_form));
}

TEST_F(cuCtxSynchronize, RefusesACurrentContextThatWasDestroyed) {
  CUcontext created = nullptr;
  ASSERT_CUDA_OK(driver().cuCtxCreate_v4(&created, nullptr, 0, device));
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(created)); });
  for (const auto form : forms) EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, form());
}

// A context encompasses its capturing streams: no mode permits to wait for it.
TEST_F(cuCtxSynchronize, InvalidatesACaptureOfItsContextInEveryMode) {
  for (const auto mode : {CU_STREAM_CAPTURE_MODE_GLOBAL, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL,
                          CU_STREAM_CAPTURE_MODE_RELAXED}) {
    SCOPED_TRACE("mode " + std::to_string(mode));
    for (const auto form : forms) {
      const Stream stream;
      Capture capture(stream, mode);
      EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, form());
      EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
    }
  }
}

TEST_F(cuCtxSynchronize_fresh, BeforeInit) {
  for (const auto form : forms) EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form());
}

TEST_F(cuCtxSynchronize_fresh, ReturnsTheErrorOfTheWorkAgainAndAgain) {
  check(driver().cuInit(0), "cuInit");
  ExtraContext own;
  const Current current(own);
  const Module module;
  const Stream stream;
  module.kernel("bad_address").launch({}, {}, 0, stream);
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, driver().cuCtxSynchronize());
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, driver().cuCtxSynchronize_v2(nullptr));
  EXPECT_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, driver().cuCtxSynchronize_v2(own));
}

// A process of its own, because a driver may look behind the handle.
TEST_F(cuCtxSynchronize_fresh, RefusesADestroyedContext) {
  check(driver().cuInit(0), "cuInit");
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED,
              of_stale_context(driver().cuCtxSynchronize_v2(stale_context())));
}

}  // namespace vgpu::conformance::test_cuCtxSynchronize
