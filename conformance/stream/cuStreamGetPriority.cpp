#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamGetPriority {

CONFORMANCE_SUITE(cuStreamGetPriority, Context);
CONFORMANCE_SUITE(cuStreamGetPriority_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuStreamGetPriority, driver().cuStreamGetPriority_ptsz};
}

/// What both forms say of a stream that is no default stream.
int of(CUstream stream) {
  int said{};
  for (const auto form : forms()) {
    const auto [first, second] = expect_writes<int>([&](int* out) { return form(stream, out); });
    EXPECT_EQ(first, second);
    if (form == forms().front()) said = first;
    EXPECT_EQ(first, said) << "the two forms differ";
  }
  return said;
}

TEST_F(cuStreamGetPriority, IsThatOfTheCreation) {
  int greatest = 0;
  ASSERT_CUDA_OK(driver().cuCtxGetStreamPriorityRange(nullptr, &greatest));
  for (int priority = greatest; priority <= 0; ++priority) {
    CUstream stream = nullptr;
    ASSERT_CUDA_OK(driver().cuStreamCreateWithPriority(&stream, CU_STREAM_NON_BLOCKING, priority));
    EXPECT_EQ(of(stream), priority);
    EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(stream));
  }
}

TEST_F(cuStreamGetPriority, AStreamMadeWithoutOneHasTheDefault) {
  EXPECT_EQ(of(Stream()), 0);
  EXPECT_EQ(of(Stream(CU_STREAM_NON_BLOCKING)), 0);
}

TEST_F(cuStreamGetPriority, OfTheDefaultStreamsIsTheDefault) {
  for (const CUstream stream : {CUstream{nullptr}, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD}) {
    EXPECT_EQ(of(stream), 0);
  }
}

TEST_F(cuStreamGetPriority, TakesAStreamOfAnotherContext) {
  const Foreign foreign;
  EXPECT_EQ(of(foreign.stream()), 0);
}

TEST_F(cuStreamGetPriority, AnswersOnAnyThreadAndWhileTheStreamIsBusy) {
  const Stream stream;
  const int idle = of(stream);
  const Blocker blocker(stream);
  EXPECT_EQ(of(stream), idle);
  EXPECT_EQ(on_other_thread(context, [&] { return of(stream); }), idle);
}

TEST_F(cuStreamGetPriority, RefusesANullOutput) {
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, nullptr));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, nullptr));
  }
}

TEST_F(cuStreamGetPriority, NeedsACurrentContextForADefaultStream) {
  const NoContext none;
  for (const auto form : forms()) {
    for (const CUstream stream : {CUstream{nullptr}, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD}) {
      expect_leaves<int>(CUDA_ERROR_INVALID_CONTEXT, [&](int* out) { return form(stream, out); });
    }
  }
}

TEST_F(cuStreamGetPriority, IsSafeDuringCapture) {
  const Stream other;
  expect_safe_in_capture([&] {
    int out{};
    return driver().cuStreamGetPriority(other, &out);
  });
}

TEST_F(cuStreamGetPriority, MayBeAskedOfACapturingStream) {
  const Stream stream;
  const int before = of(stream);
  Capture capture(stream);
  EXPECT_EQ(of(stream), before);
  EXPECT_CUDA_OK(capture.try_end());
}

// Undocumented.
TEST_F(cuStreamGetPriority, NeedsNoCurrentContextForAStream) {
  const Stream stream;
  int found = 77;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuStreamGetPriority(stream, &found)); });
  EXPECT_EQ(found, 0);
}

TEST_F(cuStreamGetPriority_fresh, BeforeInit) {
  for (const auto form : forms()) {
    expect_leaves<int>(CUDA_ERROR_NOT_INITIALIZED, [&](int* out) { return form(nullptr, out); });
  }
}

}  // namespace vgpu::conformance::test_cuStreamGetPriority
