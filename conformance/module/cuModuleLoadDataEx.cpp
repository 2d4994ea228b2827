#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuModuleLoadDataEx {

CONFORMANCE_SUITE(cuModuleLoadDataEx, Context);
CONFORMANCE_SUITE(cuModuleLoadDataEx_fresh, Uninitialised);

constexpr const char* broken_ptx =
    ".version 7.0\n.target sm_75\n.address_size 64\n"
    ".visible .entry broken() {\n  mov.u32 this is no instruction;\n}\n";

void* number(std::size_t value) {
  return reinterpret_cast<void*>(value);
}
/// Sizes come back in the lower half of the value.
unsigned size_in(const void* value) {
  return static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(value));
}

CUresult load(const void* image, std::vector<CUjit_option> options, std::vector<void*>& values,
              CUmodule* out = nullptr) {
  CUmodule module = nullptr;
  const CUresult result = driver().cuModuleLoadDataEx(
      &module, image, static_cast<unsigned>(options.size()), options.data(), values.data());
  if (result == CUDA_SUCCESS && out == nullptr) {
    check(driver().cuModuleUnload(module), "cuModuleUnload");
  }
  if (out != nullptr) *out = module;
  return result;
}

/// A log buffer that sees what is written behind the bytes the driver was told of.
struct Log {
  explicit Log(std::size_t room) : room(room), bytes(room + 64, '\x7e') {}

  /// Text up to the terminator; fails the test when there is none or more was written.
  std::string text() const {
    EXPECT_EQ(std::string(bytes.begin() + static_cast<std::ptrdiff_t>(room), bytes.end()),
              std::string(64, '\x7e'))
        << "written behind the buffer";
    const std::size_t end = std::string_view(bytes.data(), room).find('\0');
    EXPECT_NE(end, std::string_view::npos) << "not terminated within the buffer";
    return end == std::string_view::npos ? std::string() : std::string(bytes.data(), end);
  }

  std::size_t room;
  std::vector<char> bytes;
};

TEST_F(cuModuleLoadDataEx, LoadsWithoutOptions) {
  CUmodule module = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleLoadDataEx(&module, ptx("other").data(), 0, nullptr, nullptr));
  const DeviceBuffer<unsigned> buffer(20);
  CUfunction fill = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleGetFunction(&fill, module, "fill"));
  const Stream stream;
  Kernel(fill).over(buffer, stream, 3U);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(20, ~3U));
  EXPECT_CUDA_OK(driver().cuModuleUnload(module));
}

TEST_F(cuModuleLoadDataEx, TakesTheCompilersOptions) {
  std::vector<void*> values{number(32), number(1), nullptr,
                            number(1),  number(0), number(CU_JIT_CACHE_OPTION_CA),
                            number(0)};
  CUmodule module = nullptr;
  ASSERT_CUDA_OK(load(ptx("basic").data(),
                      {CU_JIT_MAX_REGISTERS, CU_JIT_OPTIMIZATION_LEVEL,
                       CU_JIT_TARGET_FROM_CUCONTEXT, CU_JIT_GENERATE_LINE_INFO, CU_JIT_LOG_VERBOSE,
                       CU_JIT_CACHE_MODE, CU_JIT_GENERATE_DEBUG_INFO},
                      values, &module));
  const auto words = random_vector<unsigned>(64);
  const DeviceBuffer<unsigned> buffer(words);
  CUfunction reverse = nullptr;
  ASSERT_CUDA_OK(driver().cuModuleGetFunction(&reverse, module, "reverse_in_shared"));
  const Stream stream;
  Kernel(reverse).launch({}, {64}, 256, stream, buffer.address());
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(words.rbegin(), words.rend()));
  EXPECT_CUDA_OK(driver().cuModuleUnload(module));
}

TEST_F(cuModuleLoadDataEx, SaysInTheErrorLogWhatIsWrong) {
  Log log(4096);
  std::vector<void*> values{log.bytes.data(), number(log.room)};
  EXPECT_CUDA(
      CUDA_ERROR_INVALID_PTX,
      load(broken_ptx, {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES}, values));
  const std::string text = log.text();
  EXPECT_GT(text.size(), 10U);
  EXPECT_NE(text.find("line 5"), std::string::npos) << text;
  EXPECT_EQ(values[0], log.bytes.data()) << "the buffer's address is not an output";
  EXPECT_GE(size_in(values[1]), text.size());
  EXPECT_LE(size_in(values[1]), text.size() + 1);
}

TEST_F(cuModuleLoadDataEx, TheOrderOfTheOptionsDoesNotMatter) {
  Log error(1024);
  Log info(1024);
  std::vector<void*> values{number(error.room), number(info.room), info.bytes.data(),
                            error.bytes.data()};
  EXPECT_CUDA(CUDA_ERROR_INVALID_PTX,
              load(broken_ptx,
                   {CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES,
                    CU_JIT_INFO_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER},
                   values));
  EXPECT_FALSE(error.text().empty());
  EXPECT_GT(size_in(values[0]), 0U);
  EXPECT_LE(size_in(values[1]), info.room);
}

TEST_F(cuModuleLoadDataEx, CutsTheLogAtItsSize) {
  for (const std::size_t room : {std::size_t{16}, std::size_t{1}}) {
    Log log(room);
    std::vector<void*> values{log.bytes.data(), number(room)};
    EXPECT_CUDA(
        CUDA_ERROR_INVALID_PTX,
        load(broken_ptx, {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES}, values));
    EXPECT_LT(log.text().size(), room);
    EXPECT_LE(size_in(values[1]), room);
  }
}

TEST_F(cuModuleLoadDataEx, ASuccessHasNoErrors) {
  Log error(1024);
  Log info(4096);
  error.bytes[0] = 'x';
  std::vector<void*> values{error.bytes.data(), number(error.room), info.bytes.data(),
                            number(info.room), number(1)};
  EXPECT_CUDA_OK(
      load(ptx("other").data(),
           {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, CU_JIT_INFO_LOG_BUFFER,
            CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES, CU_JIT_LOG_VERBOSE},
           values));
  EXPECT_EQ(size_in(values[1]), 0U);
  EXPECT_EQ(error.text(), "");
  EXPECT_LE(size_in(values[3]), info.room);
}

// The driver terminates even the text in a buffer of no bytes.
TEST_F(cuModuleLoadDataEx, ABufferOfNoBytesGetsNoText) {
  Log log(0);
  std::vector<void*> values{log.bytes.data(), number(0)};
  EXPECT_CUDA(
      CUDA_ERROR_INVALID_PTX,
      load(broken_ptx, {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES}, values));
  EXPECT_EQ(std::string(log.bytes.begin() + 1, log.bytes.end()), std::string(63, '\x7e'));
  EXPECT_EQ(size_in(values[1]), 0U);
}

TEST_F(cuModuleLoadDataEx, RefusesBadImages) {
  std::vector<void*> none;
  EXPECT_CUDA(CUDA_ERROR_INVALID_IMAGE, load("garbage", {}, none));
  EXPECT_CUDA(CUDA_ERROR_INVALID_PTX, load(broken_ptx, {}, none));
}

TEST_F(cuModuleLoadDataEx, RefusesAnUnknownOption) {
  std::vector<void*> values{nullptr};
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              load(ptx("other").data(), {static_cast<CUjit_option>(4000)}, values));
}

TEST_F(cuModuleLoadDataEx, RefusesNullArguments) {
  CUmodule module = nullptr;
  void* value = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuModuleLoadDataEx(nullptr, ptx("other").data(), 0, nullptr, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuModuleLoadDataEx(&module, nullptr, 0, nullptr, nullptr));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuModuleLoadDataEx(&module, ptx("other").data(), 1, nullptr, &value));
}

TEST_F(cuModuleLoadDataEx, LeavesTheHandleOnFailure) {
  expect_leaves<CUmodule>(CUDA_ERROR_INVALID_PTX, [](CUmodule* module) {
    return driver().cuModuleLoadDataEx(module, broken_ptx, 0, nullptr, nullptr);
  });
}

TEST_F(cuModuleLoadDataEx, NeedsACurrentContext) {
  const NoContext none;
  expect_leaves<CUmodule>(CUDA_ERROR_INVALID_CONTEXT, [](CUmodule* module) {
    return driver().cuModuleLoadDataEx(module, ptx("other").data(), 0, nullptr, nullptr);
  });
}

// Undocumented.
TEST_F(cuModuleLoadDataEx, IsSafeDuringCapture) {
  std::vector<CUmodule> loaded;
  expect_safe_in_capture([&] {
    CUmodule module = nullptr;
    const CUresult result =
        driver().cuModuleLoadDataEx(&module, ptx("other").data(), 0, nullptr, nullptr);
    if (result == CUDA_SUCCESS) loaded.push_back(module);
    return result;
  });
  // Unloading is unsafe.
  for (const CUmodule module : loaded) EXPECT_CUDA_OK(driver().cuModuleUnload(module));
}

TEST_F(cuModuleLoadDataEx_fresh, BeforeInit) {
  expect_leaves<CUmodule>(CUDA_ERROR_NOT_INITIALIZED, [](CUmodule* module) {
    return driver().cuModuleLoadDataEx(module, ptx("other").data(), 0, nullptr, nullptr);
  });
}

}  // namespace vgpu::conformance::test_cuModuleLoadDataEx
