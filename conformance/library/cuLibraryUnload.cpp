#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuLibraryUnload {

CONFORMANCE_SUITE(cuLibraryUnload, Context);
CONFORMANCE_SUITE(cuLibraryUnload_fresh, Uninitialised);

TEST_F(cuLibraryUnload, OtherLibrariesStayUsable) {
  const DeviceBuffer<unsigned> buffer(30);
  const Library kept;
  Library gone;
  gone.module();
  EXPECT_CUDA_OK(driver().cuLibraryUnload(gone.release()));
  const Stream stream;
  Kernel(reinterpret_cast<CUfunction>(kept.kernel("fill"))).over(buffer, stream, 6U);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(30, 6));
}

TEST_F(cuLibraryUnload, WorkBeforeItIsDoneWhole) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(500, 1));
  const Stream stream;
  Library library;
  const Kernel scale_add(reinterpret_cast<CUfunction>(library.kernel("scale_add")));
  unsigned expected = 1;
  for (unsigned i = 0; i < 40; ++i) {
    scale_add.over(buffer, stream, 5U, i);
    expected = expected * 5 + i;
  }
  EXPECT_CUDA_OK(driver().cuLibraryUnload(library.release()));
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(500, expected));
}

TEST_F(cuLibraryUnload, UnloadsFromEveryContext) {
  const ExtraContext extra;
  Library library("other");
  library.module();
  {
    const Current current(extra);
    library.module();
  }
  EXPECT_CUDA_OK(driver().cuLibraryUnload(library.release()));
}

TEST_F(cuLibraryUnload, NeedsNoCurrentContext) {
  Library library;
  library.module();
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuLibraryUnload(library.release()));
}

TEST_F(cuLibraryUnload, LoadingAgainStartsAfresh) {
  const auto value_of = [](const Library& library) {
    CUdeviceptr address = 0;
    check(driver().cuLibraryGetGlobal(&address, nullptr, library, "global_value"),
          "cuLibraryGetGlobal");
    unsigned value = 0;
    read_device(&value, address, sizeof value);
    const unsigned changed = 7;
    write_device(address, &changed, sizeof changed);
    return value;
  };
  for (int i = 0; i < 3; ++i) {
    const Library library;
    EXPECT_EQ(value_of(library), 41U);
  }
}

TEST_F(cuLibraryUnload, RefusesANullLibrary) {
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, driver().cuLibraryUnload(nullptr));  // Undocumented.
}

// Undocumented.
TEST_F(cuLibraryUnload, IsUnsafeDuringCapture) {
  CUlibrary library = nullptr;
  std::vector<CUlibrary> left;
  expect_unsafe_in_capture(
      [&] {
        const CUresult result = driver().cuLibraryUnload(library);
        if (result != CUDA_SUCCESS) left.push_back(library);
        return result;
      },
      [&] {
        Library loaded;
        loaded.module();
        library = loaded.release();
      });
  for (const CUlibrary one : left) EXPECT_CUDA_OK(driver().cuLibraryUnload(one));
}

TEST_F(cuLibraryUnload_fresh, BeforeInit) {
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_HANDLE, driver().cuLibraryUnload(nullptr));
}

}  // namespace vgpu::conformance::test_cuLibraryUnload
