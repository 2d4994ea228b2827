#include <set>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamGetId {

CONFORMANCE_SUITE(cuStreamGetId, Context);
CONFORMANCE_SUITE(cuStreamGetId_fresh, Uninitialised);

using Id = unsigned long long;

auto forms() {
  return std::array{driver().cuStreamGetId, driver().cuStreamGetId_ptsz};
}

/// What both forms say of a stream that is no default stream.
Id of(CUstream stream) {
  Id said{};
  for (const auto form : forms()) {
    const auto [first, second] = expect_writes<Id>([&](Id* out) { return form(stream, out); });
    EXPECT_EQ(first, second);
    if (form == forms().front()) said = first;
    EXPECT_EQ(first, said) << "the two forms differ";
  }
  return said;
}

TEST_F(cuStreamGetId, IsUniqueAmongLiveStreams) {
  const std::array<Stream, 20> streams;
  std::set<Id> ids{of(CU_STREAM_LEGACY), of(CU_STREAM_PER_THREAD)};
  for (const Stream& stream : streams) ids.insert(of(stream));
  EXPECT_EQ(ids.size(), streams.size() + 2);
  for (const Stream& stream : streams) ids.insert(of(stream));
  EXPECT_EQ(ids.size(), streams.size() + 2) << "the ids changed";
}

TEST_F(cuStreamGetId, IsNeverUsedAgain) {
  std::set<Id> ids;
  for (int i = 0; i < 20; ++i) ids.insert(of(Stream()));
  EXPECT_EQ(ids.size(), 20U);
}

TEST_F(cuStreamGetId, IsUniqueAcrossContexts) {
  const Foreign foreign;
  const Stream here;
  const Id legacy = of(CU_STREAM_LEGACY);
  const std::set<Id> ids{of(here), of(foreign.stream()), legacy};
  EXPECT_EQ(ids.size(), 3U);
  const Current other(foreign.context());
  EXPECT_NE(of(CU_STREAM_LEGACY), legacy);
  EXPECT_TRUE(ids.count(of(foreign.stream())));
}

TEST_F(cuStreamGetId, NullMeansTheLegacyStream) {
  Id id = 0;
  EXPECT_CUDA_OK(driver().cuStreamGetId(nullptr, &id));
  EXPECT_EQ(id, of(CU_STREAM_LEGACY));
}

TEST_F(cuStreamGetId, PtszNullMeansTheThreadsOwnStream) {
  Id id = 0;
  EXPECT_CUDA_OK(driver().cuStreamGetId_ptsz(nullptr, &id));
  EXPECT_EQ(id, of(CU_STREAM_PER_THREAD));
  EXPECT_NE(id, of(CU_STREAM_LEGACY));
}

TEST_F(cuStreamGetId, EachThreadHasAStreamOfItsOwn) {
  const auto mine = of(CU_STREAM_PER_THREAD);
  EXPECT_NE(on_other_thread(context, [] { return of(CU_STREAM_PER_THREAD); }), mine);
  EXPECT_EQ(of(CU_STREAM_PER_THREAD), mine);
  const auto legacy = of(CU_STREAM_LEGACY);
  EXPECT_EQ(on_other_thread(context, [] { return of(CU_STREAM_LEGACY); }), legacy);
}

TEST_F(cuStreamGetId, AnswersOnAnyThreadAndWhileTheStreamIsBusy) {
  const Stream stream;
  const Id idle = of(stream);
  const Blocker blocker(stream);
  EXPECT_EQ(of(stream), idle);
  EXPECT_EQ(on_other_thread(context, [&] { return of(stream); }), idle);
}

TEST_F(cuStreamGetId, RefusesANullOutput) {
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, nullptr));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, nullptr));
  }
}

TEST_F(cuStreamGetId, NeedsACurrentContextForADefaultStream) {
  const NoContext none;
  for (const auto form : forms()) {
    for (const CUstream stream : {CUstream{nullptr}, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD}) {
      expect_leaves<Id>(CUDA_ERROR_INVALID_CONTEXT, [&](Id* out) { return form(stream, out); });
    }
  }
}

TEST_F(cuStreamGetId, IsSafeDuringCapture) {
  const Stream other;
  expect_safe_in_capture([&] {
    Id out{};
    return driver().cuStreamGetId(other, &out);
  });
}

// Undocumented. The priority and the context of such a stream may be asked for.
TEST_F(cuStreamGetId, RefusesACapturingStream) {
  for (const auto form : forms()) {
    const Stream stream;
    Capture capture(stream);
    expect_leaves<Id>(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
                      [&](Id* out) { return form(stream, out); });
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
  }
}

// Undocumented.
TEST_F(cuStreamGetId, NeedsNoCurrentContextForAStream) {
  const Stream stream;
  unsigned long long found = 0;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuStreamGetId(stream, &found)); });
  EXPECT_NE(found, 0U);
}

TEST_F(cuStreamGetId_fresh, BeforeInit) {
  for (const auto form : forms()) {
    expect_leaves<Id>(CUDA_ERROR_NOT_INITIALIZED, [&](Id* out) { return form(nullptr, out); });
  }
}

}  // namespace vgpu::conformance::test_cuStreamGetId
