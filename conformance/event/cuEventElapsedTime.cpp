#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuEventElapsedTime {

CONFORMANCE_SUITE(cuEventElapsedTime, Context);
CONFORMANCE_SUITE(cuEventElapsedTime_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuEventElapsedTime, driver().cuEventElapsedTime_v2};
}

float between(CUevent start, CUevent end) {
  const auto [first, second] = expect_writes<float>(
      [&](float* out) { return driver().cuEventElapsedTime_v2(out, start, end); });
  EXPECT_EQ(first, second);
  return first;
}

/// Both forms refuse and leave the output alone.
void expect_refused(CUresult error, CUevent start, CUevent end) {
  for (const auto form : forms()) {
    expect_leaves<float>(error, [&](float* out) { return form(out, start, end); });
  }
}

TEST_F(cuEventElapsedTime, IsTheTimeOfTheWorkInBetween) {
  const Module module;
  const Kernel spin = module.kernel("spin");
  const Event start;
  const Event end;
  const Stream stream;
  for (const unsigned long long milliseconds : {10ULL, 40ULL}) {
    start.record(stream);
    spin.launch({}, {}, 0, stream, milliseconds * 1'000'000);
    end.record(stream);
    end.synchronize();
    EXPECT_GE(between(start, end), static_cast<float>(milliseconds) * 0.9F);
    EXPECT_LE(between(start, end), 10'000.0F);
  }
}

TEST_F(cuEventElapsedTime, BothFormsAgree) {
  const Event start;
  const Event end;
  const Stream stream;
  start.record(stream);
  end.record(stream);
  stream.synchronize();
  float old_form = -1;
  float new_form = -2;
  EXPECT_CUDA_OK(driver().cuEventElapsedTime(&old_form, start, end));
  EXPECT_CUDA_OK(driver().cuEventElapsedTime_v2(&new_form, start, end));
  EXPECT_EQ(old_form, new_form);
}

TEST_F(cuEventElapsedTime, NeverRunsBackwardsInAStream) {
  const Module module;
  const Kernel empty = module.kernel("empty");
  const std::array<Event, 8> events;
  const Stream stream;
  for (const Event& event : events) {
    empty.launch({}, {}, 0, stream);
    event.record(stream);
  }
  stream.synchronize();
  for (std::size_t i = 0; i + 1 < events.size(); ++i) {
    EXPECT_GE(between(events[i], events[i + 1]), 0.0F);
    EXPECT_GE(between(events[0], events[i + 1]), between(events[0], events[i]));
  }
}

TEST_F(cuEventElapsedTime, IsNegativeTheOtherWayRound) {
  const Module module;
  const Event start;
  const Event end;
  const Stream stream;
  start.record(stream);
  module.kernel("spin").launch({}, {}, 0, stream, 5'000'000ULL);
  end.record(stream);
  stream.synchronize();
  const float forwards = between(start, end);
  EXPECT_GT(forwards, 0.0F);
  EXPECT_NEAR(between(end, start), -forwards, 0.01F);
  EXPECT_EQ(between(start, start), 0.0F);
}

TEST_F(cuEventElapsedTime, ComparesEventsOfDifferentStreams) {
  const Module module;
  const Event start;
  const Event end;
  const Stream first;
  const Stream second;
  start.record(first);
  module.kernel("spin").launch({}, {}, 0, first, 5'000'000ULL);
  first.synchronize();
  end.record(second);
  second.synchronize();
  EXPECT_GE(between(start, end), 4.5F);
}

TEST_F(cuEventElapsedTime, UsesTheLatestRecord) {
  const Module module;
  const Event start;
  const Event end;
  const Stream stream;
  start.record(stream);
  module.kernel("spin").launch({}, {}, 0, stream, 20'000'000ULL);
  end.record(stream);
  stream.synchronize();
  const float with_spin = between(start, end);
  start.record(stream);
  end.record(stream);
  stream.synchronize();
  EXPECT_LT(between(start, end), with_spin);
}

TEST_F(cuEventElapsedTime, RefusesEventsNeverRecorded) {
  const Event recorded;
  const Event never;
  const Stream stream;
  recorded.record(stream);
  stream.synchronize();
  expect_refused(CUDA_ERROR_INVALID_HANDLE, recorded, never);
  expect_refused(CUDA_ERROR_INVALID_HANDLE, never, recorded);
  expect_refused(CUDA_ERROR_INVALID_HANDLE, never, never);
}

TEST_F(cuEventElapsedTime, IsNotReadyBeforeBothAreDone) {
  const Event start;
  const Event end;
  const Stream stream;
  start.record(stream);
  stream.synchronize();
  Blocker blocker(stream);
  end.record(stream);
  expect_refused(CUDA_ERROR_NOT_READY, start, end);
  expect_refused(CUDA_ERROR_NOT_READY, end, start);
  blocker.finish();
  EXPECT_GT(between(start, end), 0.0F);
}

TEST_F(cuEventElapsedTime, RefusesEventsThatDoNotTime) {
  const Event timed;
  const Event untimed(CU_EVENT_DISABLE_TIMING);
  const Stream stream;
  timed.record(stream);
  untimed.record(stream);
  stream.synchronize();
  expect_refused(CUDA_ERROR_INVALID_HANDLE, timed, untimed);
  expect_refused(CUDA_ERROR_INVALID_HANDLE, untimed, timed);
}

TEST_F(cuEventElapsedTime, RefusesEventsOfTwoContexts) {
  const Foreign foreign;
  const Event event;
  const Stream stream;
  event.record(stream);
  stream.synchronize();
  {
    const Current other(foreign.context());
    ASSERT_CUDA_OK(driver().cuEventRecord(foreign.event(), foreign.stream()));
    ASSERT_CUDA_OK(driver().cuEventSynchronize(foreign.event()));
  }
  expect_refused(CUDA_ERROR_INVALID_HANDLE, event, foreign.event());  // Undocumented.
}

TEST_F(cuEventElapsedTime, RefusesNullArguments) {
  const Event event;
  const Stream stream;
  event.record(stream);
  stream.synchronize();
  expect_refused(CUDA_ERROR_INVALID_HANDLE, nullptr, event);
  expect_refused(CUDA_ERROR_INVALID_HANDLE, event, nullptr);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, form(nullptr, event, event));
  }
}

TEST_F(cuEventElapsedTime, IsSafeDuringCapture) {
  const Event event;
  const Stream stream;
  event.record(stream);
  stream.synchronize();
  expect_safe_in_capture([&] {  // Undocumented.
    float milliseconds = 0;
    return driver().cuEventElapsedTime_v2(&milliseconds, event, event);
  });
}

TEST_F(cuEventElapsedTime, RefusesAnEventThatACaptureRecorded) {
  const Event event;
  const Stream stream;
  Capture capture(stream, CU_STREAM_CAPTURE_MODE_RELAXED);
  event.record(stream);
  expect_refused(CUDA_ERROR_CAPTURED_EVENT, event, event);  // Undocumented.
}

// Undocumented.
TEST_F(cuEventElapsedTime, NeedsNoCurrentContext) {
  const Event event;
  const Stream stream;
  event.record(stream);
  stream.synchronize();
  const NoContext none;
  float milliseconds = 0;
  EXPECT_CUDA_OK(driver().cuEventElapsedTime_v2(&milliseconds, event, event));
}

TEST_F(cuEventElapsedTime_fresh, BeforeInit) {
  for (const auto form : forms()) {
    float milliseconds = -7;
    EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE, form(&milliseconds, nullptr, nullptr));
    EXPECT_EQ(milliseconds, -7);
  }
}

}  // namespace vgpu::conformance::test_cuEventElapsedTime
