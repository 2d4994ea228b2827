#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamGetFlags {

CONFORMANCE_SUITE(cuStreamGetFlags, Context);
CONFORMANCE_SUITE(cuStreamGetFlags_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuStreamGetFlags, driver().cuStreamGetFlags_ptsz};
}

/// What both forms say of a stream that is no default stream.
unsigned of(CUstream stream) {
  unsigned said{};
  for (const auto form : forms()) {
    const auto [first, second] =
        expect_writes<unsigned>([&](unsigned* out) { return form(stream, out); });
    EXPECT_EQ(first, second);
    if (form == forms().front()) said = first;
    EXPECT_EQ(first, said) << "the two forms differ";
  }
  return said;
}

TEST_F(cuStreamGetFlags, AreThoseOfTheCreation) {
  EXPECT_EQ(of(Stream(CU_STREAM_DEFAULT)), unsigned{CU_STREAM_DEFAULT});
  EXPECT_EQ(of(Stream(CU_STREAM_NON_BLOCKING)), unsigned{CU_STREAM_NON_BLOCKING});
}

TEST_F(cuStreamGetFlags, AreNotMixedUpWithThePriority) {
  for (const unsigned flags : {CU_STREAM_DEFAULT, CU_STREAM_NON_BLOCKING}) {
    for (const int priority : {0, -1, -2, -5}) {
      CUstream stream = nullptr;
      ASSERT_CUDA_OK(driver().cuStreamCreateWithPriority(&stream, flags, priority));
      EXPECT_EQ(of(stream), flags) << "priority " << priority;
      EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(stream));
    }
  }
}

TEST_F(cuStreamGetFlags, OfTheDefaultStreamsAreNone) {
  for (const CUstream stream : {CUstream{nullptr}, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD}) {
    EXPECT_EQ(of(stream), 0U);  // Undocumented.
  }
}

TEST_F(cuStreamGetFlags, TakesAStreamOfAnotherContext) {
  const Foreign foreign;
  EXPECT_EQ(of(foreign.stream()), 0U);
}

TEST_F(cuStreamGetFlags, AnswersOnAnyThreadAndWhileTheStreamIsBusy) {
  const Stream stream;
  const unsigned idle = of(stream);
  const Blocker blocker(stream);
  EXPECT_EQ(of(stream), idle);
  EXPECT_EQ(on_other_thread(context, [&] { return of(stream); }), idle);
}

TEST_F(cuStreamGetFlags, RefusesANullOutput) {
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, nullptr));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, nullptr));
  }
}

TEST_F(cuStreamGetFlags, NeedsACurrentContextForADefaultStream) {
  const NoContext none;
  for (const auto form : forms()) {
    for (const CUstream stream : {CUstream{nullptr}, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD}) {
      expect_leaves<unsigned>(CUDA_ERROR_INVALID_CONTEXT,
                              [&](unsigned* out) { return form(stream, out); });
    }
  }
}

TEST_F(cuStreamGetFlags, IsSafeDuringCapture) {
  const Stream other;
  expect_safe_in_capture([&] {
    unsigned out{};
    return driver().cuStreamGetFlags(other, &out);
  });
}

// Undocumented. The priority and the context of such a stream may be asked for.
TEST_F(cuStreamGetFlags, RefusesACapturingStream) {
  for (const auto form : forms()) {
    const Stream stream;
    Capture capture(stream);
    expect_leaves<unsigned>(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
                            [&](unsigned* out) { return form(stream, out); });
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
  }
}

TEST_F(cuStreamGetFlags, PtszNullMeansTheThreadsOwnStream) {
  Capture capture(CU_STREAM_PER_THREAD);
  expect_leaves<unsigned>(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, [&](unsigned* out) {
    return driver().cuStreamGetFlags_ptsz(nullptr, out);
  });
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
}

// Undocumented.
TEST_F(cuStreamGetFlags, NeedsNoCurrentContextForAStream) {
  const Stream stream;
  unsigned found = 77;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuStreamGetFlags(stream, &found)); });
  EXPECT_EQ(found, CU_STREAM_DEFAULT);
}

TEST_F(cuStreamGetFlags_fresh, BeforeInit) {
  for (const auto form : forms()) {
    expect_leaves<unsigned>(CUDA_ERROR_NOT_INITIALIZED,
                            [&](unsigned* out) { return form(nullptr, out); });
  }
}

}  // namespace vgpu::conformance::test_cuStreamGetFlags
