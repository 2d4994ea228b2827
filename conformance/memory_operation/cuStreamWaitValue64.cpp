#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamWaitValue64 {

CONFORMANCE_SUITE(cuStreamWaitValue64, Context);
CONFORMANCE_SUITE(cuStreamWaitValue64_fresh, Uninitialised);

using Word = cuuint64_t;
using Buffer = DeviceBuffer<Word>;

/// The current forms; the ones without suffix are those of an older interface, see below.
auto forms() {
  return std::array{driver().cuStreamWaitValue64_v2, driver().cuStreamWaitValue64_v2_ptsz};
}

CUresult wait_default(CUstream stream, CUdeviceptr address) {
  return driver().cuStreamWaitValue64_v2(stream, address, 1, CU_STREAM_WAIT_VALUE_EQ);
}

/// Work of another stream, from start to end: lets whatever could run without waiting run. Made
/// before anything waits, because making and freeing memory and modules may wait for the device.
struct Others {
  DeviceBuffer<unsigned> buffer{100};
  Module module;
  Kernel fill = module.kernel("fill");
  Stream stream{CU_STREAM_NON_BLOCKING};

  void run() const {
    fill.over(buffer, stream, 1U);
    stream.synchronize();
  }
};

/// A stream that waits for `word` to be what `flags` and `value` ask for goes on with the values
/// that `satisfy` it and not with those before.
void expect_waits(unsigned flags, Word value, const std::vector<Word>& too_early, Word satisfies) {
  SCOPED_TRACE("flags " + std::to_string(flags) + ", value " + std::to_string(value));
  const Others others;
  for (const auto form : forms()) {
    const Buffer word(std::vector<Word>{too_early.front()});
    const Buffer after(std::vector<Word>{0});
    const Stream stream(CU_STREAM_NON_BLOCKING);
    EXPECT_CUDA_OK(form(stream, word, value, flags));
    EXPECT_CUDA_OK(driver().cuMemsetD8Async(after, 0xff, sizeof(Word), stream));
    for (const Word early : too_early) {
      write_device(word, &early, sizeof early);
      others.run();
      EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream)) << "at " << early;
      EXPECT_EQ(after.read()[0], 0U) << "at " << early;
    }
    write_device(word, &satisfies, sizeof satisfies);
    stream.synchronize();
    EXPECT_EQ(after.read()[0], static_cast<Word>(~Word{0})) << "at " << satisfies;
  }
}

TEST_F(cuStreamWaitValue64, GreaterOrEqualIsCyclic) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS);
  const Word value = 0x1000 + static_cast<Word>(random_below(1000));
  expect_waits(CU_STREAM_WAIT_VALUE_GEQ, value, {static_cast<Word>(value - 1), 0}, value);
  expect_waits(CU_STREAM_WAIT_VALUE_GEQ, value, {static_cast<Word>(value - 1)},
               static_cast<Word>(value + 1000));
  // Beyond the wrap-around a small number is later than a large one.
  const auto large = static_cast<Word>(-5);
  expect_waits(CU_STREAM_WAIT_VALUE_GEQ, large, {static_cast<Word>(large - 1)}, 3);
  expect_waits(CU_STREAM_WAIT_VALUE_GEQ, 3, {large, 2}, 4);
}

TEST_F(cuStreamWaitValue64, Equal) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS);
  const auto value = static_cast<Word>(random_value<Word>() | 1);
  expect_waits(CU_STREAM_WAIT_VALUE_EQ, value,
               {static_cast<Word>(value + 1), static_cast<Word>(value - 1),
                static_cast<Word>(value ^ 0x8000000000000000U)},
               value);
}

TEST_F(cuStreamWaitValue64, And) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS);
  const Word mask = 0x8000000000000000U | 0x10;
  expect_waits(CU_STREAM_WAIT_VALUE_AND, mask, {0, 0x0f, static_cast<Word>(~mask)}, 0x30);
  expect_waits(CU_STREAM_WAIT_VALUE_AND, mask, {0}, 0x8000000000000000U);
}

TEST_F(cuStreamWaitValue64, Nor) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS);
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_STREAM_WAIT_VALUE_NOR);
  const Word value = static_cast<Word>(~Word{0}) & static_cast<Word>(~(0x8000000000000000U | 0x10));
  expect_waits(CU_STREAM_WAIT_VALUE_NOR, value,
               {0x8000000000000000U | 0x10, static_cast<Word>(~Word{0})},
               static_cast<Word>(~(Word{0x10})));
}

TEST_F(cuStreamWaitValue64, AConditionThatHoldsDoesNotWait) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS);
  const auto value = random_value<Word>();
  const Buffer word(std::vector<Word>{value});
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(stream, word, value, CU_STREAM_WAIT_VALUE_EQ));
    EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream));
  }
  EXPECT_EQ(word.read()[0], value);
}

TEST_F(cuStreamWaitValue64, WaitsForAKernelOfAnotherStream) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS);
  const Buffer word(std::vector<Word>{0});
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Stream waiting(CU_STREAM_NON_BLOCKING);
  const Stream writing(CU_STREAM_NON_BLOCKING);
  EXPECT_CUDA_OK(driver().cuStreamWaitValue64_v2(waiting, word, 0x77, CU_STREAM_WAIT_VALUE_EQ));
  fill.launch({}, {32}, 0, writing, word.address(), 1U, 0x77U);
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(waiting));
}

TEST_F(cuStreamWaitValue64, WaitsForTheHostInPinnedMemory) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS);
  const PinnedMemory pinned(sizeof(Word));
  volatile Word* const word = pinned.host<Word>();
  const Others others;
  const Stream stream(CU_STREAM_NON_BLOCKING);
  EXPECT_CUDA_OK(
      driver().cuStreamWaitValue64_v2(stream, pinned.device(), 5, CU_STREAM_WAIT_VALUE_GEQ));
  others.run();
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  *word = 5;
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream));
}

TEST_F(cuStreamWaitValue64, DefaultStreamIsTheLegacyOne) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS);
  const Buffer word(std::vector<Word>{1});
  const auto done = [] { return driver().cuStreamQuery(CU_STREAM_LEGACY) == CUDA_SUCCESS; };
  expect_legacy_default_stream([&] { return wait_default(nullptr, word); }, done);
  expect_legacy_default_stream([&] { return wait_default(CU_STREAM_LEGACY, word); }, done);
}

TEST_F(cuStreamWaitValue64, PtszDefaultStreamIsTheThreadsOwn) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS);
  const Buffer word(std::vector<Word>{0});
  const Stream ordinary;
  EXPECT_CUDA_OK(driver().cuStreamWaitValue64_v2_ptsz(nullptr, word, 1, CU_STREAM_WAIT_VALUE_EQ));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(CU_STREAM_PER_THREAD));
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(ordinary));
  const Word one = 1;
  write_device(word, &one, sizeof one);
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(CU_STREAM_PER_THREAD));
}

TEST_F(cuStreamWaitValue64, RefusesUnalignedAddresses) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS);
  const Buffer words(4);
  for (const auto form : forms()) {
    for (unsigned offset = 1; offset < sizeof(Word); ++offset) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                  form(nullptr, words + offset, 0, CU_STREAM_WAIT_VALUE_GEQ))
          << "offset " << offset;
    }
  }
}

TEST_F(cuStreamWaitValue64, RefusesAddressesThatTheDriverDoesNotKnow) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS);
  for (const CUdeviceptr address : {CUdeviceptr{0}, garbage_address, stale_address()}) {
    for (const auto form : forms()) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, address, 0, CU_STREAM_WAIT_VALUE_EQ));
    }
  }
}

TEST_F(cuStreamWaitValue64, RefusesUnknownFlags) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS);
  const Buffer word(1);
  for (const auto form : forms()) {
    for (const unsigned flags : {4U, 0x10U, 0x80000000U}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, word, word.read()[0], flags))
          << "flags " << flags;
    }
  }
}

TEST_F(cuStreamWaitValue64, FlushesRemoteWritesWhereTheDeviceCan) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS);
  const Buffer word(std::vector<Word>{1});
  const bool can = device_attribute(CU_DEVICE_ATTRIBUTE_CAN_FLUSH_REMOTE_WRITES) != 0;
  EXPECT_CUDA(can ? CUDA_SUCCESS : CUDA_ERROR_NOT_SUPPORTED,
              driver().cuStreamWaitValue64_v2(
                  nullptr, word, 1, CU_STREAM_WAIT_VALUE_EQ | CU_STREAM_WAIT_VALUE_FLUSH));
}

// Undocumented.
TEST_F(cuStreamWaitValue64, TakesAStreamOfAnotherContext) {
  const Buffer word(std::vector<Word>{1});
  const Foreign foreign;
  EXPECT_CUDA_OK(wait_default(foreign.stream(), word));
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
}

TEST_F(cuStreamWaitValue64, NeedsACurrentContext) {
  const Buffer word(std::vector<Word>{1});
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(nullptr, word, 1, CU_STREAM_WAIT_VALUE_EQ));
  }
}

TEST_F(cuStreamWaitValue64, IsRecordedDuringCapture) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS);
  const Buffer word(std::vector<Word>{1});
  const Graph graph = expect_recorded_in_capture(
      CU_GRAPH_NODE_TYPE_BATCH_MEM_OP, [&](CUstream stream) { return wait_default(stream, word); });
  graph.run();
}

TEST_F(cuStreamWaitValue64, IntoTheLegacyStreamEndsACapture) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS);
  const Buffer word(std::vector<Word>{1});
  expect_implicit_in_capture([&] { return wait_default(nullptr, word); });
}

// The interface before CUDA 11.7 has attributes of its own, and newer drivers do not offer it.
TEST_F(cuStreamWaitValue64, OldFormsWorkWhereTheDeviceSaysSo) {
  const Buffer word(std::vector<Word>{1});
  const bool can = device_attribute(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS_V1) != 0;
  const Stream stream;
  for (const auto form : {driver().cuStreamWaitValue64, driver().cuStreamWaitValue64_ptsz}) {
    EXPECT_CUDA(can ? CUDA_SUCCESS : CUDA_ERROR_NOT_SUPPORTED,
                form(stream, word, 1, CU_STREAM_WAIT_VALUE_EQ));
  }
  stream.synchronize();
}

TEST_F(cuStreamWaitValue64_fresh, BeforeInit) {
  for (const auto form : {driver().cuStreamWaitValue64, driver().cuStreamWaitValue64_ptsz,
                          driver().cuStreamWaitValue64_v2, driver().cuStreamWaitValue64_v2_ptsz}) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr, garbage_address, 0, 0));
  }
}

}  // namespace vgpu::conformance::test_cuStreamWaitValue64
