#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuEventRecordWithFlags {

CONFORMANCE_SUITE(cuEventRecordWithFlags, Context);
CONFORMANCE_SUITE(cuEventRecordWithFlags_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuEventRecordWithFlags, driver().cuEventRecordWithFlags_ptsz};
}

TEST_F(cuEventRecordWithFlags, WithoutFlagsMarksTheEndOfTheWorkSoFar) {
  for (const auto form : forms()) {
    const Event event;
    const Stream stream;
    Blocker blocker(stream);
    EXPECT_CUDA_OK(form(event, stream, CU_EVENT_RECORD_DEFAULT));
    EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event));
    blocker.finish();
    EXPECT_CUDA_OK(driver().cuEventQuery(event));
  }
}

TEST_F(cuEventRecordWithFlags, WithoutFlagsAddsNoNodeToACapture) {
  const Event event;
  for (const auto form : forms()) {
    const Stream stream;
    Capture capture(stream);
    EXPECT_CUDA_OK(form(event, stream, CU_EVENT_RECORD_DEFAULT));
    EXPECT_TRUE(capture.end().node_types().empty());
  }
}

TEST_F(cuEventRecordWithFlags, ExternalIsRecordedAsANode) {
  const Event event;
  for (const auto form : forms()) {
    expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_EVENT_RECORD, [&](CUstream stream) {
      return form(event, stream, CU_EVENT_RECORD_EXTERNAL);
    });
  }
}

TEST_F(cuEventRecordWithFlags, AnExternalEventIsRecordedWhenTheGraphRuns) {
  const Module module;
  const Event start;
  const Event end;
  const Stream stream;
  Capture capture(stream);
  EXPECT_CUDA_OK(driver().cuEventRecordWithFlags(start, stream, CU_EVENT_RECORD_EXTERNAL));
  module.kernel("spin").launch({}, {}, 0, stream, 20'000'000ULL);
  EXPECT_CUDA_OK(driver().cuEventRecordWithFlags(end, stream, CU_EVENT_RECORD_EXTERNAL));
  const Graph graph = capture.end();
  EXPECT_CUDA_OK(driver().cuEventQuery(end)) << "it is no captured event, and not recorded yet";
  graph.run();
  EXPECT_CUDA_OK(driver().cuEventQuery(end));
  float milliseconds = 0;
  EXPECT_CUDA_OK(driver().cuEventElapsedTime_v2(&milliseconds, start, end));
  EXPECT_GE(milliseconds, 18.0F);
}

TEST_F(cuEventRecordWithFlags, ExternalIsInvalidOutsideOfACapture) {
  const Event event;
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_ILLEGAL_STATE, form(event, stream, CU_EVENT_RECORD_EXTERNAL));
  }
}

TEST_F(cuEventRecordWithFlags, RefusesUnknownFlags) {
  const Event event;
  const Stream stream;
  for (const auto form : forms()) {
    for (const unsigned flags : {2U, 3U, 0x80000000U}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(event, stream, flags)) << "flags " << flags;
    }
  }
}

TEST_F(cuEventRecordWithFlags, DefaultStreamIsTheLegacyOne) {
  const Event event;
  expect_legacy_default_stream([&] { return driver().cuEventRecordWithFlags(event, nullptr, 0); },
                               [&] { return driver().cuEventQuery(event) == CUDA_SUCCESS; });
}

TEST_F(cuEventRecordWithFlags, PtszDefaultStreamIsTheThreadsOwn) {
  const Event event;
  expect_per_thread_default_stream(
      [&] { return driver().cuEventRecordWithFlags_ptsz(event, nullptr, 0); },
      [&] { return driver().cuEventQuery(event) == CUDA_SUCCESS; });
  const Blocker blocker(CU_STREAM_PER_THREAD);
  EXPECT_CUDA_OK(driver().cuEventRecordWithFlags_ptsz(event, nullptr, 0));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuEventQuery(event));
}

TEST_F(cuEventRecordWithFlags, RefusesAStreamOfAnotherContext) {
  const Foreign foreign;
  const Event event;
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, form(event, foreign.stream(), 0));
    EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, form(foreign.event(), stream, 0));
  }
}

TEST_F(cuEventRecordWithFlags, RefusesANullEvent) {
  const Stream stream;
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, form(nullptr, stream, 0));
}

TEST_F(cuEventRecordWithFlags, NeedsACurrentContextForADefaultStream) {
  const Event event;
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(event, nullptr, 0));
  }
}

TEST_F(cuEventRecordWithFlags, IntoTheLegacyStreamEndsACapture) {
  const Event event;
  expect_implicit_in_capture([&] { return driver().cuEventRecordWithFlags(event, nullptr, 0); });
}

// Undocumented.
TEST_F(cuEventRecordWithFlags, NeedsNoCurrentContextForAStream) {
  const Event event;
  const Stream stream;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuEventRecordWithFlags(event, stream, 0)); });
  EXPECT_CUDA_OK(driver().cuEventSynchronize(event));
}

TEST_F(cuEventRecordWithFlags_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr, nullptr, 0));
  }
}

}  // namespace vgpu::conformance::test_cuEventRecordWithFlags
