#include <set>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamCreate {

CONFORMANCE_SUITE(cuStreamCreate, Context);
CONFORMANCE_SUITE(cuStreamCreate_fresh, Uninitialised);

CUresult create_and_destroy() {
  CUstream stream = nullptr;
  const CUresult result = driver().cuStreamCreate(&stream, 0);
  if (result == CUDA_SUCCESS) check(driver().cuStreamDestroy_v2(stream), "cuStreamDestroy_v2");
  return result;
}

TEST_F(cuStreamCreate, WritesTheHandle) {
  for (const unsigned flags : {CU_STREAM_DEFAULT, CU_STREAM_NON_BLOCKING}) {
    const auto [first, second] =
        expect_writes<CUstream>([&](CUstream* out) { return driver().cuStreamCreate(out, flags); });
    EXPECT_NE(first, second);
    for (const CUstream stream : {first, second}) {
      EXPECT_NE(stream, nullptr);
      EXPECT_NE(stream, CU_STREAM_LEGACY);
      EXPECT_NE(stream, CU_STREAM_PER_THREAD);
      EXPECT_CUDA_OK(driver().cuStreamQuery(stream)) << "a stream starts out empty";
      EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(stream));
    }
  }
}

TEST_F(cuStreamCreate, MakesAsManyAsAreWanted) {
  constexpr std::size_t many = 200;
  std::set<CUstream> streams;
  for (std::size_t i = 0; i < many; ++i) {
    CUstream stream = nullptr;
    ASSERT_CUDA_OK(driver().cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    streams.insert(stream);
  }
  EXPECT_EQ(streams.size(), many);
  for (const CUstream stream : streams) EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(stream));
}

TEST_F(cuStreamCreate, StreamsRunIndependently) {
  const DeviceBuffer<unsigned> buffer(256);
  const auto value = random_value<unsigned>();
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Stream busy;
  const Stream free;
  const Blocker blocker(busy);
  fill.over(buffer, free, value);
  free.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(buffer.size(), value));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(busy));
}

TEST_F(cuStreamCreate, KeepsTheOrderOfItsWork) {
  std::vector<unsigned> expected = random_vector<unsigned>(1000);
  const DeviceBuffer<unsigned> buffer(expected);
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Stream stream(CU_STREAM_NON_BLOCKING);
  for (unsigned i = 0; i < 50; ++i) {
    scale_add.over(buffer, stream, 3 + 2 * i, i);
    for (unsigned& value : expected) value = value * (3 + 2 * i) + i;
  }
  stream.synchronize();
  EXPECT_EQ(buffer.read(), expected);
}

TEST_F(cuStreamCreate, AnOrdinaryStreamWaitsForTheLegacyOne) {
  const Stream ordinary;
  const Stream apart(CU_STREAM_NON_BLOCKING);
  const Module module;
  const Kernel empty = module.kernel("empty");
  Blocker blocker(CU_STREAM_LEGACY);
  empty.launch({}, {}, 0, ordinary);
  empty.launch({}, {}, 0, apart);
  apart.synchronize();
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(ordinary));
  blocker.finish();
  ordinary.synchronize();
}

TEST_F(cuStreamCreate, TheLegacyStreamWaitsForAnOrdinaryOne) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{0});
  const Module module;
  const Kernel fill = module.kernel("fill");
  for (const bool apart : {false, true}) {
    const Stream stream(apart ? CU_STREAM_NON_BLOCKING : CU_STREAM_DEFAULT);
    const unsigned value = apart ? 2 : 1;
    Blocker blocker(stream);
    fill.over(buffer, nullptr, value);
    if (apart) {
      EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_LEGACY));
    }
    EXPECT_EQ(buffer.read()[0], apart ? 2U : 0U) << (apart ? "non-blocking" : "ordinary");
    blocker.finish();
    EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_LEGACY));
    EXPECT_EQ(buffer.read()[0], value);
  }
}

TEST_F(cuStreamCreate, BelongsToTheCurrentContext) {
  const ExtraContext other;
  CUstream stream = nullptr;
  CUcontext owner = nullptr;
  {
    const Current current(other);
    ASSERT_CUDA_OK(driver().cuStreamCreate(&stream, 0));
  }
  EXPECT_CUDA_OK(driver().cuStreamGetCtx(stream, &owner));
  EXPECT_EQ(owner, other.get());
}

TEST_F(cuStreamCreate, RefusesUnknownFlags) {
  for (const unsigned flags : {2U, 3U, 0x80000000U}) {
    expect_leaves<CUstream>(CUDA_ERROR_INVALID_VALUE,
                            [&](CUstream* out) { return driver().cuStreamCreate(out, flags); });
  }
}

TEST_F(cuStreamCreate, RefusesANullOutput) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuStreamCreate(nullptr, 0));
}

TEST_F(cuStreamCreate, NeedsACurrentContext) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, on_other_thread(create_and_destroy));
  EXPECT_CUDA_OK(on_other_thread(context, create_and_destroy));
  const NoContext none;
  CUstream stream = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuStreamCreate(&stream, 0));
}

TEST_F(cuStreamCreate, RefusesADestroyedCurrentContext) {
  CUcontext created = nullptr;
  ASSERT_CUDA_OK(driver().cuCtxCreate_v4(&created, nullptr, 0, device));
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuCtxDestroy_v2(created)); });
  CUstream stream = nullptr;
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, driver().cuStreamCreate(&stream, 0));
}

TEST_F(cuStreamCreate, IsSafeDuringCapture) {
  expect_safe_in_capture(create_and_destroy);
}

TEST_F(cuStreamCreate_fresh, BeforeInit) {
  CUstream stream = nullptr;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, driver().cuStreamCreate(&stream, 0));
}

}  // namespace vgpu::conformance::test_cuStreamCreate
