#include "copy/places.hpp"
#include "fixture/arrays.hpp"

namespace vgpu::conformance::test_cuMemcpyAtoHAsync {

CONFORMANCE_SUITE(cuMemcpyAtoHAsync, Context);
CONFORMANCE_SUITE(cuMemcpyAtoHAsync_fresh, Uninitialised);

/// One row, wider than what travels inside a message.
CUDA_ARRAY3D_DESCRIPTOR row(std::size_t texels = 20'000) {
  return describe(texels, 0, 0, CU_AD_FORMAT_UNSIGNED_INT32);
}

void finish() {
  check(driver().cuCtxSynchronize(), "cuCtxSynchronize");
}

/// A part of `bytes` bytes in whole texels.
struct Part {
  std::size_t offset, size;

  explicit Part(std::size_t bytes)
      : offset(4 * random_below(bytes / 8)), size(4 * (1 + random_below(bytes / 8 - 1))) {}
};

auto forms() {
  return std::array{driver().cuMemcpyAtoHAsync_v2, driver().cuMemcpyAtoHAsync_v2_ptsz};
}

TEST_F(cuMemcpyAtoHAsync, CopiesAPartOfARow) {
  for (const auto form : forms()) {
    for (const Kind kind : host_kinds()) {
      const Array array(row());
      const Place target(kind, array.bytes());
      const Part part(array.bytes());
      const Stream stream;
      EXPECT_CUDA_OK(form(target.host(), array, part.offset, part.size, stream));
      stream.synchronize();
      Bytes expected = target.before();
      std::copy_n(array.before().begin() + static_cast<std::ptrdiff_t>(part.offset), part.size,
                  expected.begin());
      EXPECT_TRUE(target.read() == expected) << name_of(kind);
    }
  }
}

TEST_F(cuMemcpyAtoHAsync, CopiesAWholeRow) {
  const Array array(row());
  const Place target(Kind::pageable, array.bytes());
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuMemcpyAtoHAsync_v2(target.host(), array, 0, array.bytes(), stream));
  stream.synchronize();
  EXPECT_TRUE(target.read() == array.before());
}

TEST_F(cuMemcpyAtoHAsync, CopiesNothingWhenTheSizeIsZero) {
  const Array array(row(64));
  const Place target(Kind::pageable, 64);
  for (const auto form : forms()) EXPECT_CUDA_OK(form(target.host(), array, 0, 0, nullptr));
  finish();
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyAtoHAsync, RefusesMoreThanTheRowHas) {
  const Array array(row(64));
  const Place target(Kind::pageable, 512);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(target.host(), array, 0, 260, nullptr));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(target.host(), array, 252, 8, nullptr));
  }
  finish();
  EXPECT_EQ(target.read(), target.before());
}

TEST_F(cuMemcpyAtoHAsync, RefusesNoTarget) {
  const Array array(row(64));
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, array, 0, 64, nullptr));
  }
}

TEST_F(cuMemcpyAtoHAsync, NeedsACurrentContext) {
  const Array array(row(64));
  const Place target(Kind::pageable, 64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(target.host(), array, 0, 64, nullptr));
  }
}

TEST_F(cuMemcpyAtoHAsync, KeepsTheOrderOfItsStream) {
  const Array array(row(1000));
  const PinnedMemory pinned(4000);
  const Bytes bytes = random_bytes(4000);
  std::memcpy(pinned.host(), bytes.data(), bytes.size());
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuMemcpyAtoHAsync_v2(pinned.host(), array, 0, 4000, stream));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  blocker.finish();
  EXPECT_EQ(Bytes(pinned.host(), pinned.host() + 4000), array.before());
}

// A stale stream: the vendor's driver crashes.

TEST_F(cuMemcpyAtoHAsync, IsRecordedDuringCapture) {
  const Array array(row(1000));
  const PinnedMemory pinned(4000);
  const Bytes bytes = random_bytes(4000);
  std::memcpy(pinned.host(), bytes.data(), bytes.size());
  const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_MEMCPY, [&](CUstream stream) {
    return driver().cuMemcpyAtoHAsync_v2(pinned.host(), array, 0, 4000, stream);
  });
  graph.run();
  EXPECT_EQ(Bytes(pinned.host(), pinned.host() + 4000), array.before());
}

// Undocumented.
TEST_F(cuMemcpyAtoHAsync, NeedsNoCurrentContextForAStream) {
  const Array array(row(1000));
  const Place target(Kind::pageable, 4000);
  const Stream stream;
  on_other_thread([&] {
    EXPECT_CUDA_OK(driver().cuMemcpyAtoHAsync_v2(target.host(), array, 0, 4000, stream));
  });
  stream.synchronize();
  EXPECT_EQ(target.read(), array.before());
}

TEST_F(cuMemcpyAtoHAsync_fresh, BeforeInit) {
  unsigned char byte = 0;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(&byte, garbage_handle<CUarray>(), 0, 1, nullptr));
  }
}

}  // namespace vgpu::conformance::test_cuMemcpyAtoHAsync
