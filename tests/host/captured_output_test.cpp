#include "captured_output.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace vgpu::host {
namespace {

class CapturedStreamTest : public testing::Test {
 protected:
  void SetUp() override {
    auto file = CapturedStream::make_file("test");
    ASSERT_TRUE(file) << file.message();
    file_ = std::move(*file);
    const auto opened = stream_.open(file_.get());
    ASSERT_TRUE(opened) << opened.message();
  }
  void write(const std::string& text) {
    ASSERT_EQ(::write(file_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string take(std::size_t most, bool& more) {
    std::string text;
    more = stream_.take(text, most);
    return text;
  }

  support::UniqueFd file_;
  CapturedStream stream_;
};

TEST_F(CapturedStreamTest, SeesTextAndTakesItInOrder) {
  bool more = true;
  EXPECT_FALSE(stream_.waiting());
  EXPECT_EQ(take(100, more), "");
  EXPECT_FALSE(more);
  write("one ");
  write("two");
  EXPECT_TRUE(stream_.waiting());
  EXPECT_EQ(take(5, more), "one t");
  EXPECT_TRUE(more);
  EXPECT_TRUE(stream_.waiting());
  EXPECT_EQ(take(5, more), "wo");
  EXPECT_FALSE(more);
  EXPECT_FALSE(stream_.waiting());
  write("three");
  EXPECT_TRUE(stream_.waiting());
  EXPECT_EQ(take(100, more), "three");
}

TEST_F(CapturedStreamTest, LongTextLosesNothingAndLeavesNoPagesBehind) {
  std::string all;
  std::string taken;
  for (int i = 0; i < 2000; ++i) {
    std::string line(static_cast<std::size_t>(i % 700), 'x');
    line += std::to_string(i) + "\n";
    write(line);
    all += line;
    bool more = i % 3 == 0;
    while (more) taken += take(1000, more);
  }
  bool more = true;
  while (more) taken += take(100'000, more);
  EXPECT_EQ(taken, all);
  struct stat status {};
  ASSERT_EQ(::fstat(file_.get(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 256 << 10);
}

TEST_F(CapturedStreamTest, KeepsALimitedAmountForAGuestThatNeverAsks) {
  const std::string megabyte(1 << 20, 'x');
  for (int i = 0; i < 140; ++i) write(megabyte);
  write("the end");
  stream_.bound();
  EXPECT_TRUE(stream_.waiting());
  std::string text;
  for (bool more = true; more;) more = stream_.take(text, 1 << 24);
  EXPECT_LE(text.size(), std::size_t{128} << 20);
  EXPECT_EQ(text.substr(text.size() - 7), "the end");
}

}  // namespace
}  // namespace vgpu::host
