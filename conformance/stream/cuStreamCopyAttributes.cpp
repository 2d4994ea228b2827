#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamCopyAttributes {

CONFORMANCE_SUITE(cuStreamCopyAttributes, Context);
CONFORMANCE_SUITE(cuStreamCopyAttributes_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuStreamCopyAttributes, driver().cuStreamCopyAttributes_ptsz};
}

void set_policy(CUstream stream, CUsynchronizationPolicy policy) {
  CUstreamAttrValue value{};
  value.syncPolicy = policy;
  check(driver().cuStreamSetAttribute(stream, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY, &value),
        "cuStreamSetAttribute");
}

CUsynchronizationPolicy policy_of(CUstream stream) {
  CUstreamAttrValue value{};
  check(driver().cuStreamGetAttribute(stream, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY, &value),
        "cuStreamGetAttribute");
  return value.syncPolicy;
}

TEST_F(cuStreamCopyAttributes, CopiesFromTheSecondToTheFirst) {
  for (const auto form : forms()) {
    const Stream to;
    const Stream from;
    set_policy(to, CU_SYNC_POLICY_YIELD);
    set_policy(from, CU_SYNC_POLICY_SPIN);
    EXPECT_CUDA_OK(form(to, from));
    EXPECT_EQ(policy_of(to), CU_SYNC_POLICY_SPIN);
    EXPECT_EQ(policy_of(from), CU_SYNC_POLICY_SPIN);
  }
}

TEST_F(cuStreamCopyAttributes, IsACopyAndNoLink) {
  const Stream to;
  const Stream from;
  set_policy(from, CU_SYNC_POLICY_SPIN);
  ASSERT_CUDA_OK(driver().cuStreamCopyAttributes(to, from));
  set_policy(from, CU_SYNC_POLICY_BLOCKING_SYNC);
  EXPECT_EQ(policy_of(to), CU_SYNC_POLICY_SPIN);
}

TEST_F(cuStreamCopyAttributes, LeavesFlagsAsTheyWere) {
  const Stream to(CU_STREAM_NON_BLOCKING);
  const Stream from;
  ASSERT_CUDA_OK(driver().cuStreamCopyAttributes(to, from));
  unsigned flags = 0;
  EXPECT_CUDA_OK(driver().cuStreamGetFlags(to, &flags));
  EXPECT_EQ(flags, unsigned{CU_STREAM_NON_BLOCKING});
}

TEST_F(cuStreamCopyAttributes, ToItselfChangesNothing) {
  const Stream stream;
  set_policy(stream, CU_SYNC_POLICY_SPIN);
  EXPECT_CUDA_OK(driver().cuStreamCopyAttributes(stream, stream));
  EXPECT_EQ(policy_of(stream), CU_SYNC_POLICY_SPIN);
}

TEST_F(cuStreamCopyAttributes, RefusesStreamsOfTwoContexts) {
  const Foreign foreign;
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, foreign.stream()));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(foreign.stream(), stream));
  }
}

// Undocumented: that the default streams have policies of their own.
TEST_F(cuStreamCopyAttributes, NullIsTheThreadsStreamInThePerThreadForm) {
  const ExtraContext context;
  const Current current(context);
  set_policy(CU_STREAM_LEGACY, CU_SYNC_POLICY_YIELD);
  set_policy(CU_STREAM_PER_THREAD, CU_SYNC_POLICY_SPIN);
  const Stream stream;
  EXPECT_CUDA_OK(driver().cuStreamCopyAttributes(stream, nullptr));
  EXPECT_EQ(policy_of(stream), CU_SYNC_POLICY_YIELD);
  EXPECT_CUDA_OK(driver().cuStreamCopyAttributes_ptsz(stream, nullptr));
  EXPECT_EQ(policy_of(stream), CU_SYNC_POLICY_SPIN);
  set_policy(stream, CU_SYNC_POLICY_BLOCKING_SYNC);
  EXPECT_CUDA_OK(driver().cuStreamCopyAttributes_ptsz(nullptr, stream));
  EXPECT_EQ(policy_of(CU_STREAM_PER_THREAD), CU_SYNC_POLICY_BLOCKING_SYNC);
  EXPECT_EQ(policy_of(CU_STREAM_LEGACY), CU_SYNC_POLICY_YIELD);
  EXPECT_CUDA_OK(driver().cuStreamCopyAttributes(nullptr, CU_STREAM_PER_THREAD));
  EXPECT_EQ(policy_of(CU_STREAM_LEGACY), CU_SYNC_POLICY_BLOCKING_SYNC);
}

TEST_F(cuStreamCopyAttributes, NeedsACurrentContextForADefaultStream) {
  const NoContext none;
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(nullptr, nullptr));
}

TEST_F(cuStreamCopyAttributes, IsSafeDuringCapture) {
  const Stream to;
  const Stream from;
  expect_safe_in_capture([&] { return driver().cuStreamCopyAttributes(to, from); });
}

// Undocumented.
TEST_F(cuStreamCopyAttributes, NeedsNoCurrentContextForAStream) {
  const Stream stream;
  const Stream other;
  on_other_thread([&] { EXPECT_CUDA_OK(driver().cuStreamCopyAttributes(stream, other)); });
}

TEST_F(cuStreamCopyAttributes_fresh, BeforeInit) {
  for (const auto form : forms()) EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(nullptr, nullptr));
}

}  // namespace vgpu::conformance::test_cuStreamCopyAttributes
