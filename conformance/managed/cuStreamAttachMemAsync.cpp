#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamAttachMemAsync {

CONFORMANCE_SUITE(cuStreamAttachMemAsync, Context);
CONFORMANCE_SUITE(cuStreamAttachMemAsync_fresh, Uninitialised);

constexpr std::size_t bytes = 10'000;

/// Both exported forms, for what they have in common.
auto forms() {
  return std::array{driver().cuStreamAttachMemAsync, driver().cuStreamAttachMemAsync_ptsz};
}

TEST_F(cuStreamAttachMemAsync, TakesEveryAssociationOfWholeAllocations) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(bytes);
  const Stream stream;
  for (const auto form : forms()) {
    for (const unsigned flags : {CU_MEM_ATTACH_SINGLE, CU_MEM_ATTACH_HOST, CU_MEM_ATTACH_GLOBAL}) {
      for (const std::size_t length : {std::size_t{0}, bytes}) {
        EXPECT_CUDA_OK(form(stream, memory, length, flags)) << "flags " << flags;
      }
    }
  }
  stream.synchronize();
}

// An association changes who may touch the memory, never what it holds.
TEST_F(cuStreamAttachMemAsync, KernelsOfTheStreamStillUseTheMemory) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  constexpr unsigned count = bytes / sizeof(unsigned);
  const ManagedMemory memory(bytes, CU_MEM_ATTACH_HOST);
  auto* const words = memory.host<unsigned>();
  const auto before = random_vector<unsigned>(count);
  std::copy(before.begin(), before.end(), words);
  const Module module;
  const Stream stream;
  ASSERT_CUDA_OK(driver().cuStreamAttachMemAsync(stream, memory, 0, CU_MEM_ATTACH_SINGLE));
  stream.synchronize();
  module.kernel("add").launch({(count + 127) / 128}, {128}, 0, stream, memory.address(), count, 3U);
  stream.synchronize();
  for (unsigned i = 0; i < count; ++i) ASSERT_EQ(words[i], before[i] + 3) << i;
}

TEST_F(cuStreamAttachMemAsync, EndsWithItsStream) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(bytes);
  {
    const Stream stream;
    ASSERT_CUDA_OK(driver().cuStreamAttachMemAsync(stream, memory, 0, CU_MEM_ATTACH_SINGLE));
    stream.synchronize();
  }
  const auto value = random_value<unsigned>();
  const Module module;
  const Stream other;
  module.kernel("fill").launch({}, {100}, 0, other, memory.address(), 100U, value);
  other.synchronize();
  EXPECT_EQ(std::count(memory.host<unsigned>(), memory.host<unsigned>() + 100, value), 100);
}

TEST_F(cuStreamAttachMemAsync, WaitsForTheWorkBeforeItInItsStream) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(bytes);
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuStreamAttachMemAsync(stream, memory, 0, CU_MEM_ATTACH_GLOBAL));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  blocker.finish();
}

// "It is illegal to attach singly to the NULL stream." Undocumented: with which error.
TEST_F(cuStreamAttachMemAsync, RefusesToAttachSinglyToTheNullStream) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(bytes);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuStreamAttachMemAsync(nullptr, memory, 0, CU_MEM_ATTACH_SINGLE));
}

TEST_F(cuStreamAttachMemAsync, AttachesToTheHostInDefaultStreams) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(bytes);
  for (const auto form : forms()) {
    EXPECT_CUDA_OK(form(nullptr, memory, 0, CU_MEM_ATTACH_HOST));
    EXPECT_CUDA_OK(form(CU_STREAM_LEGACY, memory, 0, CU_MEM_ATTACH_GLOBAL));
    EXPECT_CUDA_OK(form(CU_STREAM_PER_THREAD, memory, 0, CU_MEM_ATTACH_GLOBAL));
  }
  EXPECT_CUDA_OK(driver().cuCtxSynchronize());
}

TEST_F(cuStreamAttachMemAsync, RefusesAPartOfAnAllocation) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(2 * bytes);
  const Stream stream;
  for (const auto form : forms()) {
    for (const std::size_t length : {std::size_t{1}, bytes, 4 * bytes, SIZE_MAX}) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, memory, length, CU_MEM_ATTACH_GLOBAL))
          << "length " << length;
    }
  }
}

TEST_F(cuStreamAttachMemAsync, RefusesMemoryThatIsNotManaged) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const DeviceMemory memory(bytes);
  const PinnedMemory pinned(bytes);
  const Stream stream;
  for (const CUdeviceptr address :
       {memory.address(), pinned.device(), garbage_address, stale_address(), CUdeviceptr{0}}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuStreamAttachMemAsync(stream, address, 0, CU_MEM_ATTACH_GLOBAL));
  }
}

// Undocumented.
TEST_F(cuStreamAttachMemAsync, TakesAStreamOfAnotherContext) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(bytes);
  const Foreign foreign;
  EXPECT_CUDA_OK(
      driver().cuStreamAttachMemAsync(foreign.stream(), memory, 0, CU_MEM_ATTACH_GLOBAL));
  check(driver().cuStreamSynchronize(foreign.stream()), "cuStreamSynchronize");
}

TEST_F(cuStreamAttachMemAsync, NeedsACurrentContext) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(bytes);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(nullptr, memory, 0, CU_MEM_ATTACH_GLOBAL));
  }
}

// No node of a graph can be one. Undocumented.
TEST_F(cuStreamAttachMemAsync, CannotBeCaptured) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(bytes);
  const Stream stream;
  Capture capture(stream, CU_STREAM_CAPTURE_MODE_RELAXED);
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
              driver().cuStreamAttachMemAsync(stream, memory, 0, CU_MEM_ATTACH_GLOBAL));
  EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
}

// The thread's own stream is capturing: stream 0 is that one, or the legacy one that would wait.
TEST_F(cuStreamAttachMemAsync, StreamZeroDuringACaptureOfTheThreadsOwnStream) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(bytes);
  const std::array expected{CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
                            CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED};
  for (std::size_t i = 0; i < forms().size(); ++i) {
    Capture capture(CU_STREAM_PER_THREAD, CU_STREAM_CAPTURE_MODE_RELAXED);
    EXPECT_CUDA(expected[i], forms()[i](nullptr, memory, 0, CU_MEM_ATTACH_HOST));
    EXPECT_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture.try_end());
  }
}

TEST_F(cuStreamAttachMemAsync_fresh, BeforeInit) {
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
                form(nullptr, garbage_address, 0, CU_MEM_ATTACH_GLOBAL));
  }
}

}  // namespace vgpu::conformance::test_cuStreamAttachMemAsync
