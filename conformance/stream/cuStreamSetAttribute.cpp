#include <cstring>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamSetAttribute {

CONFORMANCE_SUITE(cuStreamSetAttribute, Context);
CONFORMANCE_SUITE(cuStreamSetAttribute_fresh, Uninitialised);

/// What a stream has before a policy is set; undocumented.
constexpr int unset_policy = -1;

auto forms() {
  return std::array{driver().cuStreamSetAttribute, driver().cuStreamSetAttribute_ptsz};
}

CUstreamAttrValue get(CUstream stream, CUstreamAttrID attribute) {
  CUstreamAttrValue value{};
  check(driver().cuStreamGetAttribute(stream, attribute, &value), "cuStreamGetAttribute");
  return value;
}

/// The policy as a number: unset, it is none of the enumeration.
int policy_number(CUstream stream) {
  const CUstreamAttrValue value = get(stream, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY);
  int number = 0;
  std::memcpy(&number, &value, sizeof number);
  return number;
}

CUstreamAttrValue policy(CUsynchronizationPolicy policy) {
  CUstreamAttrValue value{};
  value.syncPolicy = policy;
  return value;
}

TEST_F(cuStreamSetAttribute, SynchronizationPolicyIsKept) {
  for (const auto form : forms()) {
    const Stream stream;
    for (const auto wanted : {CU_SYNC_POLICY_SPIN, CU_SYNC_POLICY_YIELD,
                              CU_SYNC_POLICY_BLOCKING_SYNC, CU_SYNC_POLICY_AUTO}) {
      const CUstreamAttrValue value = policy(wanted);
      EXPECT_CUDA_OK(form(stream, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY, &value));
      EXPECT_EQ(get(stream, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY).syncPolicy, wanted);
    }
  }
}

TEST_F(cuStreamSetAttribute, ConcernsOneStreamAndOneAttribute) {
  const Stream stream;
  const Stream other;
  const CUstreamAttrValue value = policy(CU_SYNC_POLICY_SPIN);
  ASSERT_CUDA_OK(
      driver().cuStreamSetAttribute(stream, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY, &value));
  EXPECT_EQ(policy_number(other), unset_policy);
  EXPECT_EQ(get(stream, CU_LAUNCH_ATTRIBUTE_PRIORITY).priority, 0);
  EXPECT_EQ(get(stream, CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW).accessPolicyWindow.num_bytes, 0U);
}

TEST_F(cuStreamSetAttribute, AccessPolicyWindowIsKept) {
  REQUIRE_ATTRIBUTE_AT_LEAST(CU_DEVICE_ATTRIBUTE_MAX_ACCESS_POLICY_WINDOW_SIZE, 4096);
  const DeviceMemory memory(4096);
  const Stream stream;
  CUstreamAttrValue value{};
  value.accessPolicyWindow.base_ptr = reinterpret_cast<void*>(memory.address());
  value.accessPolicyWindow.num_bytes = memory.bytes();
  value.accessPolicyWindow.hitRatio = 1.0F;
  value.accessPolicyWindow.hitProp = CU_ACCESS_PROPERTY_PERSISTING;
  value.accessPolicyWindow.missProp = CU_ACCESS_PROPERTY_STREAMING;
  EXPECT_CUDA_OK(
      driver().cuStreamSetAttribute(stream, CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW, &value));
  const auto found = get(stream, CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW).accessPolicyWindow;
  EXPECT_EQ(found.base_ptr, value.accessPolicyWindow.base_ptr);
  EXPECT_EQ(found.num_bytes, memory.bytes());
  EXPECT_EQ(found.hitProp, CU_ACCESS_PROPERTY_PERSISTING);
  EXPECT_EQ(found.missProp, CU_ACCESS_PROPERTY_STREAMING);
}

TEST_F(cuStreamSetAttribute, AccessPolicyWindowRefusesPersistingMisses) {
  REQUIRE_ATTRIBUTE_AT_LEAST(CU_DEVICE_ATTRIBUTE_MAX_ACCESS_POLICY_WINDOW_SIZE, 4096);
  const DeviceMemory memory(4096);
  const Stream stream;
  CUstreamAttrValue value{};
  value.accessPolicyWindow.base_ptr = reinterpret_cast<void*>(memory.address());
  value.accessPolicyWindow.num_bytes = memory.bytes();
  value.accessPolicyWindow.hitRatio = 1.0F;
  value.accessPolicyWindow.missProp = CU_ACCESS_PROPERTY_PERSISTING;
  EXPECT_CUDA(
      CUDA_ERROR_INVALID_VALUE,
      driver().cuStreamSetAttribute(stream, CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW, &value));
}

TEST_F(cuStreamSetAttribute, MemorySynchronizationDomainIsKept) {
  REQUIRE_ATTRIBUTE_AT_LEAST(CU_DEVICE_ATTRIBUTE_MEM_SYNC_DOMAIN_COUNT, 2);
  const Stream stream;
  CUstreamAttrValue value{};
  value.memSyncDomain = CU_LAUNCH_MEM_SYNC_DOMAIN_REMOTE;
  EXPECT_CUDA_OK(
      driver().cuStreamSetAttribute(stream, CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN, &value));
  EXPECT_EQ(get(stream, CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN).memSyncDomain,
            CU_LAUNCH_MEM_SYNC_DOMAIN_REMOTE);
}

TEST_F(cuStreamSetAttribute, WorkStillRunsInOrder) {
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(500, 1));
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Stream stream;
  const CUstreamAttrValue value = policy(CU_SYNC_POLICY_BLOCKING_SYNC);
  scale_add.over(buffer, stream, 3U, 1U);
  EXPECT_CUDA_OK(
      driver().cuStreamSetAttribute(stream, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY, &value));
  scale_add.over(buffer, stream, 5U, 7U);
  stream.synchronize();
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(500, 27));
}

TEST_F(cuStreamSetAttribute, RefusesAttributesThatStreamsDoNotHave) {
  const Stream stream;
  const CUstreamAttrValue value{};
  for (const auto attribute :
       {CU_LAUNCH_ATTRIBUTE_COOPERATIVE, CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION,
        static_cast<CUstreamAttrID>(1000)}) {
    for (const auto form : forms()) {
      EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(stream, attribute, &value)) << attribute;
    }
  }
}

TEST_F(cuStreamSetAttribute, RefusesAnUnknownPolicy) {
  const Stream stream;
  const CUstreamAttrValue value = policy(static_cast<CUsynchronizationPolicy>(1000));
  EXPECT_CUDA(
      CUDA_ERROR_INVALID_VALUE,
      driver().cuStreamSetAttribute(stream, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY, &value));
  EXPECT_EQ(policy_number(stream), unset_policy);
}

// Undocumented: that the default streams have policies of their own.
TEST_F(cuStreamSetAttribute, NullIsTheThreadsStreamInThePerThreadForm) {
  const ExtraContext context;
  const Current current(context);
  const CUstreamAttrValue spin = policy(CU_SYNC_POLICY_SPIN);
  const CUstreamAttrValue yield = policy(CU_SYNC_POLICY_YIELD);
  EXPECT_CUDA_OK(
      driver().cuStreamSetAttribute(nullptr, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY, &yield));
  EXPECT_CUDA_OK(driver().cuStreamSetAttribute_ptsz(
      nullptr, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY, &spin));
  EXPECT_EQ(policy_number(CU_STREAM_LEGACY), CU_SYNC_POLICY_YIELD);
  EXPECT_EQ(policy_number(CU_STREAM_PER_THREAD), CU_SYNC_POLICY_SPIN);
  EXPECT_EQ(on_other_thread(context, [] { return policy_number(CU_STREAM_PER_THREAD); }),
            unset_policy);
}

TEST_F(cuStreamSetAttribute, NeedsACurrentContextForADefaultStream) {
  const CUstreamAttrValue value = policy(CU_SYNC_POLICY_AUTO);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
                form(nullptr, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY, &value));
  }
}

TEST_F(cuStreamSetAttribute, IsSafeDuringCapture) {
  const Stream other;
  const CUstreamAttrValue value = policy(CU_SYNC_POLICY_YIELD);
  expect_safe_in_capture([&] {
    return driver().cuStreamSetAttribute(other, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY, &value);
  });
}

// Undocumented.
TEST_F(cuStreamSetAttribute, NeedsNoCurrentContextForAStream) {
  const Stream stream;
  CUstreamAttrValue value{};
  value.syncPolicy = CU_SYNC_POLICY_YIELD;
  on_other_thread([&] {
    EXPECT_CUDA_OK(
        driver().cuStreamSetAttribute(stream, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY, &value));
  });
}

TEST_F(cuStreamSetAttribute_fresh, BeforeInit) {
  const CUstreamAttrValue value = policy(CU_SYNC_POLICY_AUTO);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
                form(nullptr, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY, &value));
  }
}

}  // namespace vgpu::conformance::test_cuStreamSetAttribute
