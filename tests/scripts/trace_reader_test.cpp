#include "trace_reader.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace vgpu::tool {
namespace {

TEST(ParseTraceLine, CallWithResultByNumberAndName) {
  const auto call = parse_trace_line(
      "4711.4712 cuMemAlloc_v2(dptr=0x7ffd5c3a1e08, bytesize=1024) = 2 CUDA_ERROR_OUT_OF_MEMORY");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->symbol, "cuMemAlloc_v2");
  EXPECT_EQ(call->arguments, "dptr=0x7ffd5c3a1e08, bytesize=1024");
  EXPECT_EQ(call->result, "CUDA_ERROR_OUT_OF_MEMORY");
  EXPECT_TRUE(call->failed());
}

TEST(ParseTraceLine, ArgumentsMayLookLikeACall) {
  const auto call = parse_trace_line(
      "1.1 cuModuleGetFunction(name=\"cuFake(x) = 1\") = 500 CUDA_ERROR_NOT_FOUND");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->symbol, "cuModuleGetFunction");
  EXPECT_EQ(call->arguments, "name=\"cuFake(x) = 1\"");
  EXPECT_EQ(call->result, "CUDA_ERROR_NOT_FOUND");
}

TEST(ParseTraceLine, OtherLinesAreNoCalls) {
  EXPECT_FALSE(parse_trace_line(""));
  EXPECT_FALSE(parse_trace_line("4711.4712 cuInit(Flags=0"));
  EXPECT_FALSE(parse_trace_line("vgpu: error: cannot connect"));
  EXPECT_FALSE(parse_trace_line(") = 0 CUDA_SUCCESS"));
}

TEST(ExpectedFailure, QuestionsAreNoFaults) {
  EXPECT_TRUE(
      expected_failure(*parse_trace_line("1.1 cuEventQuery(e=1) = 600 CUDA_ERROR_NOT_READY")));
  EXPECT_TRUE(expected_failure(*parse_trace_line("1.1 cuGetExportTable(t=1) = 1")));
  EXPECT_FALSE(
      expected_failure(*parse_trace_line("1.1 cuMemFree_v2(d=1) = 1 CUDA_ERROR_INVALID_VALUE")));
}

TEST(ReadTrace, KeepsOrderAndLineNumbers) {
  const auto path = std::filesystem::temp_directory_path() / "vgpu-trace-reader-test";
  std::ofstream(path) << "1.1 cuInit(Flags=0) = 0 CUDA_SUCCESS\nnoise\n"
                         "1.1 cuCtxSynchronize() = 700 CUDA_ERROR_ILLEGAL_ADDRESS\n";
  const auto calls = read_trace(path);
  std::filesystem::remove(path);
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_FALSE(calls[0].failed());
  EXPECT_EQ(calls[1].symbol, "cuCtxSynchronize");
  EXPECT_EQ(calls[1].line, 3U);
}

}  // namespace
}  // namespace vgpu::tool
