#include "vgpu/guest/call_log.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "vgpu/guest/entry.hpp"

namespace vgpu::guest {
namespace {

class CallLog : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    char name[] = "/tmp/vgpu-call-log-XXXXXX";
    const int file = ::mkstemp(name);
    ASSERT_GE(file, 0);
    ::close(file);
    path = name;
    ::setenv("VGPU_TRACE", name, 1);
    ASSERT_TRUE(call_log_enabled());
  }
  static void TearDownTestSuite() { ::unlink(path.c_str()); }
  void SetUp() override { ASSERT_EQ(::truncate(path.c_str(), 0), 0); }

  static std::vector<std::string> lines() {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
      lines.push_back(line.substr(line.find(' ') + 1));
    }
    return lines;
  }
  static std::string path;
};
std::string CallLog::path;

TEST_F(CallLog, HasArgumentsAndResult) {
  int object = 0;
  const char* text = "kernel \"name\"";
  unsigned long long address = 0x7f00;
  const CUresult result = run_entry(
      "cuExample", [] { return CUDA_ERROR_NOT_FOUND; }, argument("name", text),
      argument("count", 12U), argument("dptr", address),
      argument("out", static_cast<int*>(nullptr)));
  EXPECT_EQ(result, CUDA_ERROR_NOT_FOUND);
  static_cast<void>(object);
  EXPECT_EQ(lines(), (std::vector<std::string>{
                         "cuExample(name=\"kernel .name.\", count=12, dptr=0x7f00, out=NULL) = 500 "
                         "CUDA_ERROR_NOT_FOUND"}));
}

TEST_F(CallLog, SurvivesTextThatCannotBeRead) {
  // The second page is not there: the text begins at the very end of the first one.
  char* pages = static_cast<char*>(
      ::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(pages, MAP_FAILED);
  ASSERT_EQ(::munmap(pages + 4096, 4096), 0);
  pages[4095] = 'x';
  const char* unterminated = pages + 4095;
  const char* nowhere = reinterpret_cast<const char*>(16);
  log_call("cuExample", 0, argument("a", unterminated), argument("b", nowhere));
  ::munmap(pages, 4096);
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_NE(lines()[0].find("b=0x10) = 0 CUDA_SUCCESS"), std::string::npos) << lines()[0];
}

TEST_F(CallLog, LinesOfThreadsDoNotMix) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 500; ++i) log_call("cuExample", 0, argument("value", 12345678));
    });
  }
  for (auto& thread : threads) thread.join();
  const auto all = lines();
  EXPECT_EQ(all.size(), 2000U);
  for (const auto& line : all) ASSERT_EQ(line, "cuExample(value=12345678) = 0 CUDA_SUCCESS");
}

TEST_F(CallLog, ExceptionsBecomeErrors) {
  EXPECT_EQ(run_entry("cuExample", []() -> CUresult { throw std::bad_alloc(); }),
            CUDA_ERROR_OUT_OF_MEMORY);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_entry("cuExample", []() -> CUresult { throw 1; }), CUDA_ERROR_UNKNOWN);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("cuExample"), std::string::npos);
}

TEST(ResultNames, CoverEveryResultAndNothingElse) {
  EXPECT_STREQ(result_name(CUDA_SUCCESS), "CUDA_SUCCESS");
  EXPECT_STREQ(find_result(700)->name, "CUDA_ERROR_ILLEGAL_ADDRESS");
  EXPECT_STREQ(find_result(2)->description, "out of memory");
  EXPECT_EQ(find_result(7777), nullptr);
  EXPECT_EQ(find_result(-1), nullptr);
  int before = -1;
  for (const ResultText& text : result_texts) {
    EXPECT_GT(text.result, before);
    before = text.result;
    EXPECT_EQ(find_result(text.result), &text);
  }
  // Every enumerator of the header, by its own text.
  std::ifstream header(VGPU_CUDA_HEADER);
  std::stringstream content;
  content << header.rdbuf();
  const std::string all = content.str();
  const std::size_t begin = all.find("typedef enum cudaError_enum");
  const std::size_t end = all.find("} CUresult");
  ASSERT_NE(begin, std::string::npos);
  std::istringstream body(all.substr(begin, end - begin));
  std::size_t found = 0;
  for (std::string line; std::getline(body, line);) {
    const std::size_t name = line.find("CUDA_");
    const std::size_t equals = line.find('=');
    if (name == std::string::npos || equals == std::string::npos || line.find('*') < name) continue;
    const std::string symbol = line.substr(name, line.find_first_of(" =", name) - name);
    const int value = std::atoi(line.c_str() + equals + 1);
    EXPECT_EQ(result_name(value), symbol);
    ++found;
  }
  EXPECT_EQ(found, result_texts.size());
}

}  // namespace
}  // namespace vgpu::guest
