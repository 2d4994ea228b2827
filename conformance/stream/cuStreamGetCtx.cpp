#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamGetCtx {

CONFORMANCE_SUITE(cuStreamGetCtx, Context);
CONFORMANCE_SUITE(cuStreamGetCtx_fresh, Uninitialised);

const std::array<CUstream, 3> default_streams{nullptr, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD};

auto old_forms() {
  return std::array{driver().cuStreamGetCtx, driver().cuStreamGetCtx_ptsz};
}
auto new_forms() {
  return std::array{driver().cuStreamGetCtx_v2, driver().cuStreamGetCtx_v2_ptsz};
}

/// All four forms say that `stream` belongs to the ordinary context `expected`.
void expect_context(CUcontext expected, CUstream stream) {
  for (const auto form : old_forms()) {
    EXPECT_EQ(expect_writes<CUcontext>([&](CUcontext* out) { return form(stream, out); }),
              (std::array{expected, expected}));
  }
  for (const auto form : new_forms()) {
    const auto [first, second] = expect_writes<CUcontext, CUgreenCtx>(
        [&](CUcontext* out, CUgreenCtx* green) { return form(stream, out, green); });
    EXPECT_EQ(first, second);
    EXPECT_EQ(first, (std::tuple<CUcontext, CUgreenCtx>{expected, nullptr}));
  }
}

TEST_F(cuStreamGetCtx, IsTheContextOfTheCreation) {
  const Foreign foreign;
  const Stream here;
  expect_context(context, here);
  expect_context(foreign.context(), foreign.stream());
  const Current other(foreign.context());
  expect_context(context, here);
  expect_context(foreign.context(), foreign.stream());
}

TEST_F(cuStreamGetCtx, OfADefaultStreamIsTheCurrentOne) {
  for (const CUstream stream : default_streams) expect_context(context, stream);
  const ExtraContext extra;
  const Current current(extra);
  for (const CUstream stream : default_streams) expect_context(extra, stream);
}

TEST_F(cuStreamGetCtx, OfADefaultStreamIsThatOfTheThread) {
  const ExtraContext extra;
  on_other_thread(extra, [&] {
    for (const CUstream stream : default_streams) expect_context(extra, stream);
  });
  expect_context(context, nullptr);
}

TEST_F(cuStreamGetCtx, NeedsACurrentContextForADefaultStream) {
  const NoContext none;
  for (const CUstream stream : default_streams) {
    for (const auto form : old_forms()) {
      expect_leaves<CUcontext>(CUDA_ERROR_INVALID_CONTEXT,
                               [&](CUcontext* out) { return form(stream, out); });
    }
    for (const auto form : new_forms()) {
      CUcontext found = nullptr;
      CUgreenCtx green = nullptr;
      EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(stream, &found, &green));
    }
  }
}

TEST_F(cuStreamGetCtx, RefusesANullOutput) {
  const Stream stream;
  for (const auto form : old_forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, nullptr));
  for (const auto form : new_forms()) {
    CUgreenCtx green = nullptr;
    EXPECT_CUDA_OK(form(stream, nullptr, &green)) << "the second form writes what is asked for";
  }
}

TEST_F(cuStreamGetCtx, IsSafeDuringCapture) {
  const Stream other;
  expect_safe_in_capture([&] {
    CUcontext found = nullptr;
    return driver().cuStreamGetCtx(other, &found);
  });
}

TEST_F(cuStreamGetCtx, MayBeAskedOfACapturingStream) {
  const Stream stream;
  Capture capture(stream);
  expect_context(context, stream);
  EXPECT_CUDA_OK(capture.try_end());
}

// Undocumented.
TEST_F(cuStreamGetCtx, NeedsNoCurrentContextForAStream) {
  const Stream stream;
  CUcontext found = nullptr;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuStreamGetCtx(stream, &found)); });
  EXPECT_EQ(found, context);
}

TEST_F(cuStreamGetCtx_fresh, BeforeInit) {
  for (const auto form : old_forms()) {
    expect_leaves<CUcontext>(CUDA_ERROR_NOT_INITIALIZED,
                             [&](CUcontext* out) { return form(nullptr, out); });
  }
  for (const auto form : new_forms()) {
    expect_leaves<CUcontext, CUgreenCtx>(
        CUDA_ERROR_NOT_INITIALIZED,
        [&](CUcontext* out, CUgreenCtx* green) { return form(nullptr, out, green); });
  }
}

}  // namespace vgpu::conformance::test_cuStreamGetCtx
