#include "copy/places.hpp"
#include "fixture/arrays.hpp"

namespace vgpu::conformance::test_cuMemcpyHtoAAsync {

CONFORMANCE_SUITE(cuMemcpyHtoAAsync, Context);
CONFORMANCE_SUITE(cuMemcpyHtoAAsync_fresh, Uninitialised);

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
  return std::array{driver().cuMemcpyHtoAAsync_v2, driver().cuMemcpyHtoAAsync_v2_ptsz};
}

TEST_F(cuMemcpyHtoAAsync, CopiesAPartOfARow) {
  for (const auto form : forms()) {
    for (const Kind kind : host_kinds()) {
      const Array array(row());
      const Place source(kind, array.bytes());
      const Part part(array.bytes());
      const Stream stream;
      EXPECT_CUDA_OK(form(array, part.offset, source.host(), part.size, stream));
      stream.synchronize();
      Bytes expected = array.before();
      const Bytes bytes = source.before();
      std::copy_n(bytes.begin(), part.size,
                  expected.begin() + static_cast<std::ptrdiff_t>(part.offset));
      EXPECT_TRUE(array.read() == expected) << name_of(kind);
    }
  }
}

TEST_F(cuMemcpyHtoAAsync, CopiesAWholeRow) {
  const Array array(row());
  const Place source(Kind::pageable, array.bytes());
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuMemcpyHtoAAsync_v2(array, 0, source.host(), array.bytes(), stream));
  stream.synchronize();
  EXPECT_TRUE(array.read() == source.before());
}

TEST_F(cuMemcpyHtoAAsync, CopiesNothingWhenTheSizeIsZero) {
  const Array array(row(64));
  const Place source(Kind::pageable, 64);
  for (const auto form : forms()) EXPECT_CUDA_OK(form(array, 0, source.host(), 0, nullptr));
  finish();
  EXPECT_EQ(array.read(), array.before());
}

TEST_F(cuMemcpyHtoAAsync, RefusesMoreThanTheRowHas) {
  const Array array(row(64));
  const Place source(Kind::pageable, 512);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(array, 0, source.host(), 260, nullptr));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(array, 252, source.host(), 8, nullptr));
  }
  finish();
  EXPECT_EQ(array.read(), array.before());
}

TEST_F(cuMemcpyHtoAAsync, RefusesNoSource) {
  const Array array(row(64));
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(array, 0, nullptr, 64, nullptr));
  }
}

TEST_F(cuMemcpyHtoAAsync, NeedsACurrentContext) {
  const Array array(row(64));
  const Place source(Kind::pageable, 64);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(array, 0, source.host(), 64, nullptr));
  }
}

TEST_F(cuMemcpyHtoAAsync, KeepsTheOrderOfItsStream) {
  const Array array(row(1000));
  const PinnedMemory pinned(4000);
  const Bytes bytes = random_bytes(4000);
  std::memcpy(pinned.host(), bytes.data(), bytes.size());
  const Stream stream;
  Blocker blocker(stream);
  EXPECT_CUDA_OK(driver().cuMemcpyHtoAAsync_v2(array, 0, pinned.host(), 4000, stream));
  EXPECT_CUDA(CUDA_ERROR_NOT_READY, driver().cuStreamQuery(stream));
  blocker.finish();
  EXPECT_EQ(array.read(), bytes);
}

// A stale stream: the vendor's driver crashes.

TEST_F(cuMemcpyHtoAAsync, IsRecordedDuringCapture) {
  const Array array(row(1000));
  const PinnedMemory pinned(4000);
  const Bytes bytes = random_bytes(4000);
  std::memcpy(pinned.host(), bytes.data(), bytes.size());
  const Graph graph = expect_recorded_in_capture(CU_GRAPH_NODE_TYPE_MEMCPY, [&](CUstream stream) {
    return driver().cuMemcpyHtoAAsync_v2(array, 0, pinned.host(), 4000, stream);
  });
  graph.run();
  EXPECT_EQ(array.read(), bytes);
}

// Undocumented.
TEST_F(cuMemcpyHtoAAsync, NeedsNoCurrentContextForAStream) {
  const Array array(row(1000));
  const Place source(Kind::pageable, 4000);
  const Stream stream;
  on_other_thread([&] {
    EXPECT_CUDA_OK(driver().cuMemcpyHtoAAsync_v2(array, 0, source.host(), 4000, stream));
  });
  stream.synchronize();
  EXPECT_EQ(array.read(), source.before());
}

TEST_F(cuMemcpyHtoAAsync_fresh, BeforeInit) {
  const unsigned char byte = 0;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(garbage_handle<CUarray>(), 0, &byte, 1, nullptr));
  }
}

}  // namespace vgpu::conformance::test_cuMemcpyHtoAAsync
