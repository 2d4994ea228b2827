#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuEventRecord {

CONFORMANCE_SUITE(cuEventRecord, Context);
CONFORMANCE_SUITE(cuEventRecord_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuEventRecord, driver().cuEventRecord_ptsz};
}

TEST_F(cuEventRecord, MarksTheEndOfTheWorkSoFar) {
  for (const auto form : forms()) {
    const Event event;
    const Stream stream;
    Blocker blocker(stream);
    EXPECT_CUDA_OK(form(event, stream));
    EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event));
    blocker.finish();
    EXPECT_CUDA_OK(driver().cuEventQuery(event));
  }
}

TEST_F(cuEventRecord, LaterWorkIsNotPartOfIt) {
  const Event event;
  const Stream stream;
  Blocker before(stream);
  EXPECT_CUDA_OK(driver().cuEventRecord(event, stream));
  const Blocker after(stream);
  before.release();
  EXPECT_CUDA_OK(driver().cuEventSynchronize(event));
  EXPECT_CUDA_OK(driver().cuEventQuery(event));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
}

TEST_F(cuEventRecord, WorkOfOtherStreamsIsNotPartOfIt) {
  const Event event;
  const Stream busy;
  const Stream stream;
  const Blocker blocker(busy);
  EXPECT_CUDA_OK(driver().cuEventRecord(event, stream));
  EXPECT_CUDA_OK(driver().cuEventSynchronize(event));
}

TEST_F(cuEventRecord, AnotherRecordReplacesTheFirst) {
  const Event event;
  const Stream busy;
  const Stream idle;
  Blocker blocker(busy);
  EXPECT_CUDA_OK(driver().cuEventRecord(event, busy));
  EXPECT_CUDA_OK(driver().cuEventRecord(event, idle));
  EXPECT_CUDA_OK(driver().cuEventSynchronize(event));
  EXPECT_CUDA_OK(driver().cuEventRecord(event, busy));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event));
  blocker.finish();
  EXPECT_CUDA_OK(driver().cuEventQuery(event));
}

TEST_F(cuEventRecord, TakesTheTimeWhenTheStreamGetsThere) {
  const Module module;
  const Kernel spin = module.kernel("spin");
  const Event start;
  const Event end;
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuEventRecord(start, stream));
  spin.launch({}, {}, 0, stream, 20'000'000ULL);
  EXPECT_CUDA_OK(driver().cuEventRecord(end, stream));
  end.synchronize();
  float milliseconds = 0;
  EXPECT_CUDA_OK(driver().cuEventElapsedTime_v2(&milliseconds, start, end));
  EXPECT_GE(milliseconds, 18.0F);
}

TEST_F(cuEventRecord, DefaultStreamIsTheLegacyOne) {
  const Event event;
  expect_legacy_default_stream([&] { return driver().cuEventRecord(event, nullptr); },
                               [&] { return driver().cuEventQuery(event) == CUDA_SUCCESS; });
}

TEST_F(cuEventRecord, PtszDefaultStreamIsTheThreadsOwn) {
  const Event event;
  expect_per_thread_default_stream([&] { return driver().cuEventRecord_ptsz(event, nullptr); },
                                   [&] { return driver().cuEventQuery(event) == CUDA_SUCCESS; });
  const Blocker blocker(CU_STREAM_PER_THREAD);
  EXPECT_CUDA_OK(driver().cuEventRecord_ptsz(event, nullptr));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event));
}

TEST_F(cuEventRecord, NamedDefaultStreamsMeanTheSameInBothForms) {
  for (const auto form : forms()) {
    const Event event;
    const auto done = [&] { return driver().cuEventQuery(event) == CUDA_SUCCESS; };
    expect_per_thread_default_stream([&] { return form(event, CU_STREAM_PER_THREAD); }, done);
    expect_legacy_default_stream([&] { return form(event, CU_STREAM_LEGACY); }, done);
  }
}

TEST_F(cuEventRecord, RefusesAStreamOfAnotherContext) {
  const Foreign foreign;
  const Event event;
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, form(event, foreign.stream()));
    EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, form(foreign.event(), stream));
    EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, form(foreign.event(), nullptr));
  }
}

TEST_F(cuEventRecord, TakesBothOfAnotherContext) {
  const Foreign foreign;
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(foreign.event(), foreign.stream()));  // Undocumented.
    EXPECT_CUDA_OK(driver().cuEventSynchronize(foreign.event()));
  }
}

TEST_F(cuEventRecord, RefusesANullEvent) {
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, form(nullptr, stream));
    EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, form(nullptr, nullptr));
  }
}

TEST_F(cuEventRecord, NeedsACurrentContextForADefaultStream) {
  const Event event;
  const NoContext none;
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(event, nullptr));
}

// In a capture it makes an edge for who waits, not a node.
TEST_F(cuEventRecord, AddsNoNodeToACapture) {
  const Event event;
  for (const auto form : forms()) {
    const Stream stream;
    Capture capture(stream);
    EXPECT_CUDA_OK(form(event, stream));
    EXPECT_CUDA(CUDA_ERROR_CAPTURED_EVENT, driver().cuEventQuery(event));
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
  }
  const Stream stream;
  Capture capture(stream);
  EXPECT_CUDA_OK(driver().cuEventRecord(event, stream));
  EXPECT_TRUE(capture.end().node_types().empty());
}

TEST_F(cuEventRecord, RecordingOutsideACaptureMakesTheEventUsableAgain) {
  const Event event;
  const Stream stream;
  {
    const Stream captured;
    Capture capture(captured);
    EXPECT_CUDA_OK(driver().cuEventRecord(event, captured));
    EXPECT_CUDA_OK(capture.try_end());
  }
  EXPECT_CUDA_OK(driver().cuEventRecord(event, stream));
  EXPECT_CUDA_OK(driver().cuEventSynchronize(event));
}

TEST_F(cuEventRecord, IntoTheLegacyStreamEndsACapture) {
  const Event event;
  expect_implicit_in_capture([&] { return driver().cuEventRecord(event, nullptr); });
}

// Undocumented.
TEST_F(cuEventRecord, NeedsNoCurrentContextForAStream) {
  const Event event;
  const Stream stream;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuEventRecord(event, stream)); });
  EXPECT_CUDA_OK(driver().cuEventSynchronize(event));
}

TEST_F(cuEventRecord_fresh, BeforeInit) {
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr, nullptr));
}

}  // namespace vgpu::conformance::test_cuEventRecord
