#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuLibraryGetGlobal {

CONFORMANCE_SUITE(cuLibraryGetGlobal, Context);
CONFORMANCE_SUITE(cuLibraryGetGlobal_fresh, Uninitialised);

CUdeviceptr address_of(CUlibrary library, const char* name) {
  CUdeviceptr address = 0;
  check(driver().cuLibraryGetGlobal(&address, nullptr, library, name), "cuLibraryGetGlobal");
  return address;
}

TEST_F(cuLibraryGetGlobal, GivesAddressAndSize) {
  const Library library;
  const struct {
    const char* name;
    std::size_t bytes;
  } variables[] = {{"global_value", 4}, {"global_array", 64}, {"constant_table", 64}};
  for (const auto& variable : variables) {
    const auto results =
        expect_writes<CUdeviceptr, std::size_t>([&](CUdeviceptr* address, std::size_t* bytes) {
          return driver().cuLibraryGetGlobal(address, bytes, library, variable.name);
        });
    EXPECT_EQ(results[0], results[1]);
    EXPECT_NE(std::get<0>(results[0]), 0U);
    EXPECT_EQ(std::get<1>(results[0]), variable.bytes) << variable.name;
  }
}

TEST_F(cuLibraryGetGlobal, KernelsReadAndWriteIt) {
  const DeviceBuffer<unsigned> out(1);
  const Library library;
  const CUdeviceptr address = address_of(library, "global_value");
  unsigned value = 0;
  read_device(&value, address, sizeof value);
  EXPECT_EQ(value, 41U);
  value = random_value<unsigned>();
  write_device(address, &value, sizeof value);
  const Stream stream;
  Kernel(reinterpret_cast<CUfunction>(library.kernel("read_global")))
      .launch({}, {}, 0, stream, out.address());
  stream.synchronize();
  EXPECT_EQ(out.read()[0], value);
  Kernel(reinterpret_cast<CUfunction>(library.kernel("write_global")))
      .launch({}, {}, 0, stream, value + 5);
  stream.synchronize();
  unsigned got = 0;
  read_device(&got, address, sizeof got);
  EXPECT_EQ(got, value + 5);
}

TEST_F(cuLibraryGetGlobal, EveryContextHasItsOwn) {
  const ExtraContext extra;
  const Library library;
  const unsigned seven = 7;
  const CUdeviceptr here = address_of(library, "global_value");
  write_device(here, &seven, sizeof seven);
  {
    const Current current(extra);
    EXPECT_NE(address_of(library, "global_value"), here);
    unsigned value = 0;
    read_device(&value, address_of(library, "global_value"), sizeof value);
    EXPECT_EQ(value, 41U);
  }
  EXPECT_EQ(address_of(library, "global_value"), here);
}

TEST_F(cuLibraryGetGlobal, ItIsTheModulesVariable) {
  const Library library;
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(
      driver().cuModuleGetGlobal_v2(&address, nullptr, library.module(), "global_array"));
  EXPECT_EQ(address, address_of(library, "global_array"));
}

TEST_F(cuLibraryGetGlobal, OneOfTheOutputsMayBeNull) {
  const Library library;
  const auto [first, second] = expect_writes<std::size_t>([&](std::size_t* bytes) {
    return driver().cuLibraryGetGlobal(nullptr, bytes, library, "global_array");
  });
  EXPECT_EQ(first, 64U);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuLibraryGetGlobal(nullptr, nullptr, library, "global_array"));
}

TEST_F(cuLibraryGetGlobal, RefusesAMissingName) {
  const Library library;
  const auto expect_missing = [&](const char* name, CUresult error) {
    SCOPED_TRACE(std::string("name '") + name + "'");
    expect_leaves<CUdeviceptr, std::size_t>(error, [&](CUdeviceptr* address, std::size_t* bytes) {
      return driver().cuLibraryGetGlobal(address, bytes, library, name);
    });
  };
  for (const char* name : {"no_such_variable", "only_here"}) {
    expect_missing(name, CUDA_ERROR_NOT_FOUND);
  }
  // Undocumented: a kernel's name, and none.
  for (const char* name : {"fill", ""}) expect_missing(name, CUDA_ERROR_INVALID_VALUE);
}

TEST_F(cuLibraryGetGlobal, RefusesANullName) {
  const Library library;
  CUdeviceptr address = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuLibraryGetGlobal(&address, nullptr, library, nullptr));
}

TEST_F(cuLibraryGetGlobal, RefusesANullLibrary) {
  expect_leaves<CUdeviceptr, std::size_t>(
      CUDA_ERROR_INVALID_HANDLE, [](CUdeviceptr* address, std::size_t* bytes) {
        return driver().cuLibraryGetGlobal(address, bytes, nullptr, "global_value");
      });
}

TEST_F(cuLibraryGetGlobal, NeedsACurrentContext) {
  const Library library;
  const NoContext none;
  expect_leaves<CUdeviceptr, std::size_t>(
      CUDA_ERROR_INVALID_CONTEXT, [&](CUdeviceptr* address, std::size_t* bytes) {
        return driver().cuLibraryGetGlobal(address, bytes, library, "global_value");
      });
}

// Undocumented.
TEST_F(cuLibraryGetGlobal, IsSafeDuringCapture) {
  const Library library;
  library.module();  // is loaded into the context already
  expect_safe_in_capture([&] {
    CUdeviceptr address = 0;
    return driver().cuLibraryGetGlobal(&address, nullptr, library, "global_value");
  });
}

TEST_F(cuLibraryGetGlobal_fresh, BeforeInit) {
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  EXPECT_REFUSED_BEFORE_INIT(
      CUDA_ERROR_INVALID_HANDLE,
      driver().cuLibraryGetGlobal(&address, &bytes, nullptr, "global_value"));
}

}  // namespace vgpu::conformance::test_cuLibraryGetGlobal
