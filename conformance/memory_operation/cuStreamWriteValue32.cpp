#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamWriteValue32 {

CONFORMANCE_SUITE(cuStreamWriteValue32, Context);
CONFORMANCE_SUITE(cuStreamWriteValue32_fresh, Uninitialised);

using Word = cuuint32_t;
using Buffer = DeviceBuffer<Word>;

/// The current forms; the ones without suffix are those of an older interface, see below.
auto forms() {
  return std::array{driver().cuStreamWriteValue32_v2, driver().cuStreamWriteValue32_v2_ptsz};
}

TEST_F(cuStreamWriteValue32, WritesOneWordAndNothingElse) {
  for (const auto form : forms()) {
    const auto before = random_vector<Word>(5);
    const Buffer buffer(before);
    const Stream stream;
    auto expected = before;
    expected[2] = static_cast<Word>(~before[2]);
    EXPECT_CUDA_OK(form(stream, buffer.at(2), expected[2], CU_STREAM_WRITE_VALUE_DEFAULT));
    stream.synchronize();
    EXPECT_EQ(buffer.read(), expected);
  }
}

TEST_F(cuStreamWriteValue32, WaitsForTheWorkBeforeItInItsStream) {
  for (const auto form : forms()) {
    const Buffer buffer(std::vector<Word>{1});
    const auto value = static_cast<Word>(random_value<Word>() | 2);
    const Stream stream;
    Blocker blocker(stream);
    EXPECT_CUDA_OK(form(stream, buffer, value, CU_STREAM_WRITE_VALUE_DEFAULT));
    EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
    EXPECT_EQ(buffer.read()[0], 1U);
    blocker.finish();
    EXPECT_EQ(buffer.read()[0], value);
  }
}

TEST_F(cuStreamWriteValue32, KeepsTheOrderOfItsStream) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>{1, 1});
  const auto value = static_cast<unsigned>(random_below(1'000'000));
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Stream stream;
  scale_add.launch({}, {}, 0, stream, buffer.address(), 1U, 3U, 1U);
  EXPECT_CUDA_OK(driver().cuStreamWriteValue32_v2(stream, buffer, value, 0));
  scale_add.launch({}, {}, 0, stream, buffer.address(), 1U, 5U, 7U);
  stream.synchronize();
  EXPECT_EQ(buffer.read()[0], value * 5 + 7);
}

TEST_F(cuStreamWriteValue32, TheHostSeesItInPinnedMemory) {
  const PinnedMemory pinned(2 * sizeof(Word));
  const volatile Word* const words = pinned.host<Word>();
  const auto value = static_cast<Word>(random_value<Word>() | 1);
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuStreamWriteValue32_v2(stream, pinned.device(), value, 0));
  stream.synchronize();
  EXPECT_EQ(words[0], value);
  EXPECT_EQ(words[1], 0U);
}

// "The write will be preceded by a memory barrier": what was written before is seen before.
TEST_F(cuStreamWriteValue32, ReleasesAWaitOfAnotherStreamAfterTheWorkBefore) {
  const DeviceBuffer<unsigned> data(std::vector<unsigned>(10'000, 0));
  const DeviceBuffer<unsigned> seen(data.size());
  const Buffer word(std::vector<Word>{0});
  const auto value = random_value<unsigned>();
  const Module module;
  const Stream writing(CU_STREAM_NON_BLOCKING);
  const Stream waiting(CU_STREAM_NON_BLOCKING);
  const Kernel copy = module.kernel("copy");
  const Kernel fill = module.kernel("fill");
  EXPECT_CUDA_OK(driver().cuStreamWaitValue32_v2(waiting, word, 1, CU_STREAM_WAIT_VALUE_GEQ));
  copy.launch({79}, {128}, 0, waiting, seen.address(), data.address(), 10'000U);
  fill.over(data, writing, value);
  EXPECT_CUDA_OK(driver().cuStreamWriteValue32_v2(writing, word, 1, CU_STREAM_WRITE_VALUE_DEFAULT));
  writing.synchronize();
  waiting.synchronize();
  EXPECT_EQ(seen.read(), std::vector<unsigned>(seen.size(), value));
}

TEST_F(cuStreamWriteValue32, DefaultStreams) {
  const Buffer buffer(std::vector<Word>{1});
  const auto is = [&](Word value) {
    return [&buffer, value] { return buffer.read()[0] == value; };
  };
  expect_legacy_default_stream(
      [&] { return driver().cuStreamWriteValue32_v2(nullptr, buffer, 2, 0); }, is(2));
  expect_per_thread_default_stream(
      [&] { return driver().cuStreamWriteValue32_v2_ptsz(nullptr, buffer, 3, 0); }, is(3));
  for (const auto form : forms()) {
    expect_per_thread_default_stream([&] { return form(CU_STREAM_PER_THREAD, buffer, 4, 0); },
                                     is(4));
    expect_legacy_default_stream([&] { return form(CU_STREAM_LEGACY, buffer, 5, 0); }, is(5));
    const Word reset = 1;
    write_device(buffer, &reset, sizeof reset);
  }
}

TEST_F(cuStreamWriteValue32, RefusesUnalignedAddresses) {
  const auto before = random_vector<Word>(4);
  const Buffer buffer(before);
  for (const auto form : forms()) {
    for (unsigned offset = 1; offset < sizeof(Word); ++offset) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, buffer + offset, 0, 0))
          << "offset " << offset;
    }
  }
  EXPECT_CUDA_OK(driver().cuCtxSynchronize());
  EXPECT_EQ(buffer.read(), before);
}

TEST_F(cuStreamWriteValue32, RefusesAddressesThatTheDriverDoesNotKnow) {
  for (const CUdeviceptr address : {CUdeviceptr{0}, garbage_address, stale_address()}) {
    for (const auto form : forms()) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, address, 0, 0));
    }
  }
}

// CU_STREAM_WRITE_VALUE_NO_MEMORY_BARRIER is none of these forms.
TEST_F(cuStreamWriteValue32, RefusesUnknownFlags) {
  const Buffer buffer(std::vector<Word>{1});
  for (const auto form : forms()) {
    for (const unsigned flags :
         {unsigned{CU_STREAM_WRITE_VALUE_NO_MEMORY_BARRIER}, 2U, 0x10U, 0x80000000U}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, buffer, 7, flags)) << "flags " << flags;
    }
  }
  EXPECT_CUDA_OK(driver().cuCtxSynchronize());
  EXPECT_EQ(buffer.read()[0], 1U);
}

// Undocumented.
TEST_F(cuStreamWriteValue32, TakesAStreamOfAnotherContext) {
  const Buffer buffer(std::vector<Word>{1});
  const Foreign foreign;
  EXPECT_CUDA_OK(driver().cuStreamWriteValue32_v2(foreign.stream(), buffer, 7, 0));
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
  EXPECT_EQ(buffer.read()[0], 7U);
}

TEST_F(cuStreamWriteValue32, NeedsACurrentContext) {
  const Buffer buffer(1);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(nullptr, buffer, 7, 0));
  }
}

TEST_F(cuStreamWriteValue32, IsRecordedDuringCapture) {
  const Buffer buffer(std::vector<Word>{1});
  const auto value = static_cast<Word>(random_value<Word>() | 2);
  const Graph graph = expect_recorded_in_capture(
      CU_GRAPH_NODE_TYPE_BATCH_MEM_OP,
      [&](CUstream stream) { return driver().cuStreamWriteValue32_v2(stream, buffer, value, 0); });
  EXPECT_EQ(buffer.read()[0], 1U);
  graph.run();
  EXPECT_EQ(buffer.read()[0], value);
}

TEST_F(cuStreamWriteValue32, IntoTheLegacyStreamEndsACapture) {
  const Buffer buffer(1);
  expect_implicit_in_capture(
      [&] { return driver().cuStreamWriteValue32_v2(nullptr, buffer, 7, 0); });
}

// The interface before CUDA 11.7 has attributes of its own, and newer drivers do not offer it.
TEST_F(cuStreamWriteValue32, OldFormsWorkWhereTheDeviceSaysSo) {
  const bool can = device_attribute(CU_DEVICE_ATTRIBUTE_CAN_USE_STREAM_MEM_OPS_V1) != 0;
  for (const auto form : {driver().cuStreamWriteValue32, driver().cuStreamWriteValue32_ptsz}) {
    const Buffer buffer(std::vector<Word>{1});
    const Stream stream;
    EXPECT_CUDA(can ? CUDA_SUCCESS : CUDA_ERROR_NOT_SUPPORTED, form(stream, buffer, 7, 0));
    stream.synchronize();
    EXPECT_EQ(buffer.read()[0], can ? 7U : 1U);
  }
}

TEST_F(cuStreamWriteValue32_fresh, BeforeInit) {
  for (const auto form :
       {driver().cuStreamWriteValue32, driver().cuStreamWriteValue32_ptsz,
        driver().cuStreamWriteValue32_v2, driver().cuStreamWriteValue32_v2_ptsz}) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr, garbage_address, 0, 0));
  }
}

}  // namespace vgpu::conformance::test_cuStreamWriteValue32
