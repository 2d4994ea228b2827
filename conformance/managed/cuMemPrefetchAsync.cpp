#include <functional>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemPrefetchAsync {

CONFORMANCE_SUITE(cuMemPrefetchAsync, Context);
CONFORMANCE_SUITE(cuMemPrefetchAsync_fresh, Uninitialised);

constexpr std::size_t bytes = std::size_t{1} << 20;
constexpr CUmemLocation to_device{CU_MEM_LOCATION_TYPE_DEVICE, Driver::device};
constexpr CUmemLocation to_host{CU_MEM_LOCATION_TYPE_HOST, 0};

/// The forms with a location, and those with a device ordinal.
auto forms() {
  return std::array{driver().cuMemPrefetchAsync_v2, driver().cuMemPrefetchAsync_v2_ptsz};
}
auto old_forms() {
  return std::array{driver().cuMemPrefetchAsync, driver().cuMemPrefetchAsync_ptsz};
}

/// CU_DEVICE_CPU, a device, or CU_DEVICE_INVALID.
int last_prefetch(CUdeviceptr address, std::size_t length = bytes) {
  int where = 77;
  check(driver().cuMemRangeGetAttribute(
            &where, sizeof where, CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION, address, length),
        "cuMemRangeGetAttribute");
  return where;
}

TEST_F(cuMemPrefetchAsync, KeepsWhatTheMemoryHolds) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const auto values = random_vector<unsigned char>(bytes);
  std::memcpy(memory.host(), values.data(), bytes);
  const Stream stream;
  for (const auto form : forms()) {
    for (const CUmemLocation& location : {to_device, to_host}) {
      EXPECT_CUDA_OK(form(memory, bytes, location, 0, stream));
      stream.synchronize();
      EXPECT_EQ(std::memcmp(memory.host(), values.data(), bytes), 0);
    }
  }
}

TEST_F(cuMemPrefetchAsync, IsRememberedForTheRange) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  EXPECT_EQ(last_prefetch(memory), CU_DEVICE_INVALID);
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(memory, bytes, to_device, 0, stream));
    EXPECT_EQ(last_prefetch(memory), device);
    EXPECT_CUDA_OK(form(memory, bytes, to_host, 0, stream));
    EXPECT_EQ(last_prefetch(memory), CU_DEVICE_CPU);
  }
  for (const auto form : old_forms()) {
    EXPECT_CUDA_OK(form(memory, bytes, device, stream));
    EXPECT_EQ(last_prefetch(memory), device);
    EXPECT_CUDA_OK(form(memory, bytes, CU_DEVICE_CPU, stream));
    EXPECT_EQ(last_prefetch(memory), CU_DEVICE_CPU);
  }
  stream.synchronize();
}

TEST_F(cuMemPrefetchAsync, MovesOnlyTheRange) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuMemPrefetchAsync_v2(memory, bytes, to_host, 0, stream));
  EXPECT_CUDA_OK(driver().cuMemPrefetchAsync_v2(memory, bytes / 2, to_device, 0, stream));
  EXPECT_EQ(last_prefetch(memory, bytes / 2), device);
  EXPECT_EQ(last_prefetch(memory + bytes / 2, bytes / 2), CU_DEVICE_CPU);
  EXPECT_EQ(last_prefetch(memory), CU_DEVICE_INVALID) << "not all of it went to one place";
  stream.synchronize();
}

TEST_F(cuMemPrefetchAsync, IsOneOfItsStreamsWorks) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const auto value = random_value<unsigned>();
  const Module module;
  const Kernel fill = module.kernel("fill");
  const Stream stream;
  Blocker blocker(stream);
  constexpr unsigned count = bytes / sizeof(unsigned);
  fill.launch({count / 128}, {128}, 0, stream, memory.address(), count, value);
  EXPECT_CUDA_OK(driver().cuMemPrefetchAsync_v2(memory, bytes, to_host, 0, stream));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  blocker.finish();
  const auto* const words = memory.host<unsigned>();
  EXPECT_EQ(std::count(words, words + count, value), static_cast<std::ptrdiff_t>(count));
}

TEST_F(cuMemPrefetchAsync, DefaultStreams) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const auto legacy_done = [] { return driver().cuStreamQuery(CU_STREAM_LEGACY) == CUDA_SUCCESS; };
  const auto own_done = [] { return driver().cuStreamQuery(CU_STREAM_PER_THREAD) == CUDA_SUCCESS; };
  expect_legacy_default_stream(
      [&] { return driver().cuMemPrefetchAsync_v2(memory, bytes, to_host, 0, nullptr); },
      legacy_done);
  expect_legacy_default_stream(
      [&] { return driver().cuMemPrefetchAsync(memory, bytes, CU_DEVICE_CPU, nullptr); },
      legacy_done);
  expect_per_thread_default_stream(
      [&] { return driver().cuMemPrefetchAsync_v2_ptsz(memory, bytes, to_host, 0, nullptr); },
      own_done);
  expect_per_thread_default_stream(
      [&] { return driver().cuMemPrefetchAsync_ptsz(memory, bytes, CU_DEVICE_CPU, nullptr); },
      own_done);
}

TEST_F(cuMemPrefetchAsync, RefusesFlags) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(memory, bytes, to_device, 1, nullptr));
  }
}

TEST_F(cuMemPrefetchAsync, RefusesUnknownDevices) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  for (const int unknown : {device_count(), 1000, -7}) {
    const CUmemLocation nowhere{CU_MEM_LOCATION_TYPE_DEVICE, unknown};
    for (const auto form : forms()) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE, form(memory, bytes, nowhere, 0, nullptr));
    }
    for (const auto form : old_forms()) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_DEVICE, form(memory, bytes, unknown, nullptr));
    }
  }
  EXPECT_EQ(last_prefetch(memory), CU_DEVICE_INVALID);
}

// Undocumented.
TEST_F(cuMemPrefetchAsync, RefusesUnknownKindsOfLocation) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  for (const int type : {int{CU_MEM_LOCATION_TYPE_INVALID}, 1000}) {
    const CUmemLocation nowhere{static_cast<CUmemLocationType>(type), 0};
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuMemPrefetchAsync_v2(memory, bytes, nowhere, 0, nullptr));
  }
}

TEST_F(cuMemPrefetchAsync, RefusesMemoryThatIsNotManaged) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const DeviceMemory memory(bytes);
  const PinnedMemory pinned(bytes);
  for (const CUdeviceptr address : {memory.address(), pinned.device(), garbage_address}) {
    for (const auto form : forms()) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(address, 4096, to_device, 0, nullptr));
    }
    for (const auto form : old_forms()) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(address, 4096, device, nullptr));
    }
  }
}

TEST_F(cuMemPrefetchAsync, RefusesRangesThatAreTooLong) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemPrefetchAsync_v2(memory, std::size_t{1} << 40, to_device, 0, nullptr));
}

TEST_F(cuMemPrefetchAsync, RefusesFreedMemory) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  CUdeviceptr stale = 0;
  ASSERT_CUDA_OK(driver().cuMemAllocManaged(&stale, bytes, CU_MEM_ATTACH_GLOBAL));
  ASSERT_CUDA_OK(driver().cuMemFree_v2(stale));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemPrefetchAsync_v2(stale, 4096, to_device, 0, nullptr));
}

// Undocumented.
TEST_F(cuMemPrefetchAsync, TakesAStreamOfAnotherContext) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const Foreign foreign;
  EXPECT_CUDA_OK(driver().cuMemPrefetchAsync_v2(memory, bytes, to_device, 0, foreign.stream()));
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
}

TEST_F(cuMemPrefetchAsync, NeedsACurrentContext) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const NoContext none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              driver().cuMemPrefetchAsync_v2(memory, bytes, to_device, 0, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              driver().cuMemPrefetchAsync(memory, bytes, device, nullptr));
}

// No node of a graph can be one. Undocumented.
TEST_F(cuMemPrefetchAsync, CannotBeCaptured) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const Stream stream;
  Capture capture(stream, CU_STREAM_CAPTURE_MODE_RELAXED);
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
              driver().cuMemPrefetchAsync_v2(memory, bytes, to_device, 0, stream));
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
}

// The thread's own stream is capturing: stream 0 is that one, or the legacy one that would wait.
TEST_F(cuMemPrefetchAsync, StreamZeroDuringACaptureOfTheThreadsOwnStream) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(bytes);
  const auto expect = [](CUresult expected, const std::function<CUresult()>& call) {
    Capture capture(CU_STREAM_PER_THREAD, CU_STREAM_CAPTURE_MODE_RELAXED);
    EXPECT_CUDA(expected, call());
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
  };
  expect(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
         [&] { return driver().cuMemPrefetchAsync_v2_ptsz(memory, bytes, to_host, 0, nullptr); });
  expect(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
         [&] { return driver().cuMemPrefetchAsync_ptsz(memory, bytes, CU_DEVICE_CPU, nullptr); });
  expect(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
         [&] { return driver().cuMemPrefetchAsync_v2(memory, bytes, to_host, 0, nullptr); });
  expect(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
         [&] { return driver().cuMemPrefetchAsync(memory, bytes, CU_DEVICE_CPU, nullptr); });
}

TEST_F(cuMemPrefetchAsync_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_address, bytes, to_host, 0, nullptr));
  }
  for (const auto form : old_forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_address, bytes, CU_DEVICE_CPU, nullptr));
  }
}

}  // namespace vgpu::conformance::test_cuMemPrefetchAsync
