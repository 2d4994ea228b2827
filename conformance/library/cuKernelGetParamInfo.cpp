#include "fixture/fixture.hpp"
#include "fixture/library.hpp"

namespace vgpu::conformance::test_cuKernelGetParamInfo {

CONFORMANCE_SUITE(cuKernelGetParamInfo, Context);
CONFORMANCE_SUITE(cuKernelGetParamInfo_fresh, Uninitialised);

struct Place {
  std::size_t offset;
  std::size_t bytes;
};

void expect_layout(CUkernel kernel, const std::vector<Place>& layout) {
  for (std::size_t i = 0; i < layout.size(); ++i) {
    const auto results =
        expect_writes<std::size_t, std::size_t>([&](std::size_t* offset, std::size_t* bytes) {
          return driver().cuKernelGetParamInfo(kernel, i, offset, bytes);
        });
    EXPECT_EQ(results[0], std::make_tuple(layout[i].offset, layout[i].bytes)) << "parameter " << i;
    EXPECT_EQ(results[1], results[0]);
  }
  expect_leaves<std::size_t, std::size_t>(
      CUDA_ERROR_INVALID_VALUE, [&](std::size_t* offset, std::size_t* bytes) {
        return driver().cuKernelGetParamInfo(kernel, layout.size(), offset, bytes);
      });
}

TEST_F(cuKernelGetParamInfo, SaysWhereParametersOfMixedWidthsLie) {
  const Library library;
  expect_layout(library.kernel("many_parameters"), {{0, 8},
                                                    {8, 1},
                                                    {10, 2},
                                                    {12, 1},
                                                    {16, 4},
                                                    {20, 1},
                                                    {24, 8},
                                                    {32, 2},
                                                    {36, 4},
                                                    {40, 8},
                                                    {48, 1}});
}

TEST_F(cuKernelGetParamInfo, SaysWhereAStructureLies) {
  const Library library;
  expect_layout(library.kernel("struct_parameter"), {{0, 8}, {8, 48}});
}

TEST_F(cuKernelGetParamInfo, AKernelWithoutParametersHasNone) {
  const Library library;
  expect_layout(library.kernel("empty"), {});
}

TEST_F(cuKernelGetParamInfo, TheSizeIsOptional) {
  const Library library;
  const CUkernel kernel = library.kernel("many_parameters");
  const auto [first, second] = expect_writes<std::size_t>([&](std::size_t* offset) {
    return driver().cuKernelGetParamInfo(kernel, 4, offset, nullptr);
  });
  EXPECT_EQ(first, 16U);
}

TEST_F(cuKernelGetParamInfo, TheOffsetIsNot) {
  const Library library;
  std::size_t bytes = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuKernelGetParamInfo(library.kernel("fill"), 0, nullptr, &bytes));
}

TEST_F(cuKernelGetParamInfo, RefusesAHugeIndex) {
  const Library library;
  std::size_t offset = 0;
  std::size_t bytes = 0;
  for (const std::size_t index : {std::size_t{1} << 32, ~std::size_t{0}}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
                driver().cuKernelGetParamInfo(library.kernel("fill"), index, &offset, &bytes));
  }
}

// Undocumented.
TEST_F(cuKernelGetParamInfo, NeedsACurrentContext) {
  const NoContext none;
  const Library library;
  std::size_t offset = 0;
  std::size_t bytes = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              driver().cuKernelGetParamInfo(library.kernel("fill"), 1, &offset, &bytes));
}

TEST_F(cuKernelGetParamInfo, RefusesANullKernel) {
  expect_leaves<std::size_t, std::size_t>(
      CUDA_ERROR_INVALID_VALUE, [](std::size_t* offset, std::size_t* bytes) {
        return driver().cuKernelGetParamInfo(nullptr, 0, offset, bytes);
      });
}

// Undocumented.
TEST_F(cuKernelGetParamInfo, IsSafeDuringCapture) {
  const Library library;
  const CUkernel kernel = library.kernel("fill");
  expect_safe_in_capture([&] {
    std::size_t offset = 0;
    std::size_t bytes = 0;
    return driver().cuKernelGetParamInfo(kernel, 0, &offset, &bytes);
  });
}

TEST_F(cuKernelGetParamInfo_fresh, BeforeInit) {
  std::size_t offset = 0;
  std::size_t bytes = 0;
  EXPECT_REFUSED_BEFORE_INIT(CUDA_ERROR_INVALID_VALUE,
                             driver().cuKernelGetParamInfo(nullptr, 0, &offset, &bytes));
}

}  // namespace vgpu::conformance::test_cuKernelGetParamInfo
