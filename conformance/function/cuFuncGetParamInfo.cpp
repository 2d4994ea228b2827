#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuFuncGetParamInfo {

CONFORMANCE_SUITE(cuFuncGetParamInfo, Context);
CONFORMANCE_SUITE(cuFuncGetParamInfo_fresh, Uninitialised);

struct Place {
  std::size_t offset;
  std::size_t size;
};

/// The parameters of `name` lie at `places`, and there are no more.
void expect_places(const Module& module, const char* name, const std::vector<Place>& places) {
  const Kernel kernel = module.kernel(name);
  for (std::size_t i = 0; i < places.size(); ++i) {
    SCOPED_TRACE(std::string(name) + ", parameter " + std::to_string(i));
    const auto results =
        expect_writes<std::size_t, std::size_t>([&](std::size_t* offset, std::size_t* size) {
          return driver().cuFuncGetParamInfo(kernel, i, offset, size);
        });
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(std::get<0>(results[0]), places[i].offset);
    EXPECT_EQ(std::get<1>(results[0]), places[i].size);
  }
  for (const std::size_t behind : {places.size(), places.size() + 1, std::size_t{SIZE_MAX}}) {
    expect_leaves<std::size_t, std::size_t>(
        CUDA_ERROR_INVALID_VALUE, [&](std::size_t* offset, std::size_t* size) {
          return driver().cuFuncGetParamInfo(kernel, behind, offset, size);
        });
  }
}

// Each parameter at the next place that suits its alignment, as the kernel's source says.
TEST_F(cuFuncGetParamInfo, TellsWhereEachParameterLies) {
  const Module module;
  expect_places(module, "fill", {{0, 8}, {8, 4}, {12, 4}});
  expect_places(module, "many_parameters",
                {{0, 8},
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

TEST_F(cuFuncGetParamInfo, TellsAStructuresWholeSize) {
  expect_places(Module(), "struct_parameter", {{0, 8}, {8, 48}});
}

TEST_F(cuFuncGetParamInfo, FindsNoneOfAKernelWithoutParameters) {
  expect_places(Module(), "empty", {});
}

// "paramSize can be set to NULL if only the parameter offset is desired."
TEST_F(cuFuncGetParamInfo, TheSizeIsOptional) {
  const Module module;
  const Kernel kernel = module.kernel("fill");
  const auto [first, second] = expect_writes<std::size_t>(
      [&](std::size_t* offset) { return driver().cuFuncGetParamInfo(kernel, 2, offset, nullptr); });
  EXPECT_EQ(first, 12U);
  EXPECT_EQ(second, 12U);
}

TEST_F(cuFuncGetParamInfo, TheOffsetIsNot) {
  const Module module;
  std::size_t size = 77;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuFuncGetParamInfo(module.kernel("fill"), 0, nullptr, &size));
  EXPECT_EQ(size, 77U);
}

// Undocumented.
TEST_F(cuFuncGetParamInfo, RefusesANullFunction) {
  expect_leaves<std::size_t, std::size_t>(
      CUDA_ERROR_INVALID_VALUE, [](std::size_t* offset, std::size_t* size) {
        return driver().cuFuncGetParamInfo(nullptr, 0, offset, size);
      });
}

TEST_F(cuFuncGetParamInfo, AnswersOnOtherThreads) {
  const Module module;
  const Kernel kernel = module.kernel("fill");
  EXPECT_EQ(on_other_thread(context,
                            [&] {
                              std::size_t offset = 0;
                              check(driver().cuFuncGetParamInfo(kernel, 1, &offset, nullptr),
                                    "cuFuncGetParamInfo");
                              return offset;
                            }),
            8U);
}

TEST_F(cuFuncGetParamInfo, IsSafeDuringCapture) {
  const Module module;
  const Kernel kernel = module.kernel("fill");
  expect_safe_in_capture([&] {
    std::size_t offset = 0;
    std::size_t size = 0;
    return driver().cuFuncGetParamInfo(kernel, 0, &offset, &size);
  });
}

// Undocumented.
TEST_F(cuFuncGetParamInfo, NeedsNoCurrentContext) {
  const Module module;
  const Kernel kernel = module.kernel("fill");
  const NoContext none;
  std::size_t offset = 0;
  std::size_t size = 0;
  EXPECT_CUDA_OK(driver().cuFuncGetParamInfo(kernel, 0, &offset, &size));
}

TEST_F(cuFuncGetParamInfo_fresh, BeforeInit) {
  expect_leaves<std::size_t, std::size_t>(
      CUDA_ERROR_NOT_INITIALIZED, [](std::size_t* offset, std::size_t* size) {
        return driver().cuFuncGetParamInfo(garbage_handle<CUfunction>(), 0, offset, size);
      });
}

}  // namespace vgpu::conformance::test_cuFuncGetParamInfo
