/// What the host takes as a staging area from a guest that it does not believe.

#include "vgpu/host/staging_area.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace vgpu::host {
namespace {

constexpr std::uint64_t bytes = 64 << 10;
constexpr std::uint64_t limit = 1 << 20;

support::UniqueFd file_of(std::uint64_t size, int seals) {
  support::UniqueFd file(::memfd_create("staging_area_test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  EXPECT_EQ(::ftruncate(file.get(), static_cast<off_t>(size)), 0);
  EXPECT_EQ(::fcntl(file.get(), F_ADD_SEALS, seals), 0);
  return file;
}

TEST(StagingArea, MapsASealedFileOnce) {
  StagingArea area;
  EXPECT_EQ(area.at(0, 1), nullptr);
  ASSERT_TRUE(area.share(file_of(bytes, F_SEAL_SHRINK), bytes, limit).ok());
  EXPECT_NE(area.at(0, bytes), nullptr);
  EXPECT_EQ(area.at(1, bytes), nullptr);
  EXPECT_EQ(area.at(bytes + 1, 0), nullptr);
  EXPECT_EQ(area.at(~std::uint64_t{0}, 2), nullptr);
  EXPECT_FALSE(area.share(file_of(bytes, F_SEAL_SHRINK), bytes, limit).ok());
}

TEST(StagingArea, RefusesAFileThatCouldShrinkUnderIt) {
  StagingArea area;
  EXPECT_FALSE(area.share(file_of(bytes, F_SEAL_GROW), bytes, limit).ok());
  EXPECT_EQ(area.size(), 0U);
}

TEST(StagingArea, RefusesWhatIsShortOrTooLargeOrNoFile) {
  StagingArea area;
  EXPECT_FALSE(area.share(file_of(bytes - 1, F_SEAL_SHRINK), bytes, limit).ok());
  EXPECT_FALSE(area.share(file_of(2 * limit, F_SEAL_SHRINK), 2 * limit, limit).ok());
  EXPECT_FALSE(area.share(file_of(bytes, F_SEAL_SHRINK), 0, limit).ok());
  EXPECT_FALSE(area.share(support::UniqueFd(), bytes, limit).ok());
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const support::UniqueFd write_end(ends[1]);
  EXPECT_FALSE(area.share(support::UniqueFd(ends[0]), bytes, limit).ok());
  EXPECT_EQ(area.size(), 0U);
}

}  // namespace
}  // namespace vgpu::host
