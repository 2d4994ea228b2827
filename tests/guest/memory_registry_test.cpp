#include "vgpu/guest/memory_registry.hpp"

#include <gtest/gtest.h>

namespace vgpu::guest {
namespace {

class MemoryRegistryTest : public ::testing::Test {
 protected:
  void TearDown() override {
    memory_registry().erase_if([](const Range&) { return true; });
  }
};

TEST_F(MemoryRegistryTest, KnowsWhatWasRememberedAndNothingElse) {
  remember_memory(0x10000, 100, RangeKind::device, 7);
  EXPECT_EQ(find_memory(0x10000 + 99).begin, 0x10000U);
  EXPECT_FALSE(find_memory(0x10000 + 100));
  EXPECT_EQ(forget_memory(0x10000).attributes.context, 7U);
  EXPECT_FALSE(find_memory(0x10000));
}

TEST_F(MemoryRegistryTest, NewMemoryReplacesStaleRangesThatItOverlaps) {
  remember_memory(0x10000, 0x1000, RangeKind::device, 1);
  remember_memory(0x12000, 0x1000, RangeKind::device, 1);
  remember_memory(0x14000, 0x1000, RangeKind::device, 1);
  remember_memory(0x10800, 0x2000, RangeKind::device, 2);
  EXPECT_FALSE(find_memory(0x10000));
  EXPECT_EQ(find_memory(0x12000).attributes.context, 2U);
  EXPECT_FALSE(find_memory(0x12900));
  EXPECT_TRUE(find_memory(0x14000));
}

TEST_F(MemoryRegistryTest, AContextTakesItsDeviceMemoryAndLeavesPinnedMemory) {
  remember_memory(0x10000, 16, RangeKind::device, 1);
  remember_memory(0x20000, 16, RangeKind::pinned, 1);
  remember_memory(0x30000, 16, RangeKind::device, 2);
  forget_context_memory(1);
  EXPECT_FALSE(find_memory(0x10000));
  EXPECT_TRUE(find_memory(0x20000));
  EXPECT_TRUE(find_memory(0x30000));
}

TEST_F(MemoryRegistryTest, AModuleTakesItsVariables) {
  remember_memory(0x10000, 16, RangeKind::module_variable, 1, 42);
  remember_memory(0x20000, 16, RangeKind::module_variable, 1, 43);
  forget_owned_memory(42);
  EXPECT_FALSE(find_memory(0x10000));
  EXPECT_TRUE(find_memory(0x20000));
}

TEST_F(MemoryRegistryTest, TranslatesAddressesOfMemoryThatIsElsewhereOnTheHost) {
  RangeAttributes attributes;
  attributes.kind = RangeKind::pinned;
  attributes.tag = 0x900000;
  remember_memory(0x10010, 0x100, attributes);
  EXPECT_EQ(host_address(find_memory(0x10020), 0x10020), 0x900010U);
  remember_memory(0x20000, 0x100, RangeKind::pinned, 1);
  EXPECT_EQ(host_address(find_memory(0x20020), 0x20020), 0x20020U);
}

}  // namespace
}  // namespace vgpu::guest
