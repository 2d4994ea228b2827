/// The bookkeeping of host functions that a backend holds.

#include <gtest/gtest.h>

#include <vgpu/driver_table.hpp>

#include "calls/host_function.hpp"

namespace vgpu::host {
namespace {

struct HostFunctions : ::testing::Test {
  DriverTable driver;
  Session session{driver, {}};
  Session other{driver, {}};
};

TEST_F(HostFunctions, AFunctionInGraphsKeepsOnePlaceHoweverOftenItIsCaptured) {
  const HostFunction function{0x1000, 0x2000, 0, 0};
  const Trampoline first = run_always(session, function);
  ASSERT_NE(first.argument, nullptr);
  EXPECT_EQ(run_always(session, function).argument, first.argument);
  EXPECT_NE(run_always(session, {0x1000, 0x2008, 0, 0}).argument, first.argument);
  EXPECT_NE(run_always(other, function).argument, first.argument);
}

TEST_F(HostFunctions, OneThatRunsOnceIsNotShared) {
  const HostFunction function{0x1000, 0x3000, 0, 0};
  const Trampoline first = run_once(session, function);
  const Trampoline second = run_once(session, function);
  EXPECT_NE(first.argument, second.argument);
  HostFunction found;
  EXPECT_TRUE(find_host_function(first.function, first.argument, found));
  EXPECT_EQ(found, function);
  forget_host_function(first.argument);
  EXPECT_FALSE(find_host_function(first.function, first.argument, found));
  EXPECT_TRUE(find_host_function(second.function, second.argument, found));
}

TEST_F(HostFunctions, OneInAGraphIsNotForgotten) {
  const Trampoline lasting = run_always(session, {0x1000, 0x4000, 0, 0});
  forget_host_function(lasting.argument);
  HostFunction found;
  EXPECT_TRUE(find_host_function(lasting.function, lasting.argument, found));
}

TEST_F(HostFunctions, AFunctionOfTheBackendsOwnIsNotKnown) {
  const Trampoline known = run_once(session, {0x1000, 0x5000, 0, 0});
  HostFunction found;
  EXPECT_FALSE(find_host_function(nullptr, known.argument, found));
}

TEST_F(HostFunctions, RunningOneWithoutAGuestEndsItAndReturns) {
  session.callbacks().close();
  const Trampoline once = run_once(session, {0x1000, 0x6000, 0, 0});
  once.function(once.argument);
  HostFunction found;
  EXPECT_FALSE(find_host_function(once.function, once.argument, found));
  once.function(once.argument);
}

}  // namespace
}  // namespace vgpu::host
