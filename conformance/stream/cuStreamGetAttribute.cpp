#include <cstring>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuStreamGetAttribute {

CONFORMANCE_SUITE(cuStreamGetAttribute, Context);
CONFORMANCE_SUITE(cuStreamGetAttribute_fresh, Uninitialised);

auto forms() {
  return std::array{driver().cuStreamGetAttribute, driver().cuStreamGetAttribute_ptsz};
}

/// What one form says.
template <class Form>
CUstreamAttrValue get(Form form, CUstream stream, CUstreamAttrID attribute) {
  return expect_writes<CUstreamAttrValue>(
      [&](CUstreamAttrValue* out) { return form(stream, attribute, out); })[0];
}

TEST_F(cuStreamGetAttribute, PriorityIsThatOfTheStream) {
  for (const int priority : {0, -1, -2}) {
    CUstream stream = nullptr;
    int expected = 1;
    ASSERT_CUDA_OK(driver().cuStreamCreateWithPriority(&stream, 0, priority));
    EXPECT_CUDA_OK(driver().cuStreamGetPriority(stream, &expected));
    for (const auto form : forms()) {
      EXPECT_EQ(get(form, stream, CU_LAUNCH_ATTRIBUTE_PRIORITY).priority, expected);
    }
    EXPECT_CUDA_OK(driver().cuStreamDestroy_v2(stream));
  }
}

// Undocumented: none of the policies, not even AUTO.
TEST_F(cuStreamGetAttribute, SynchronizationPolicyIsUnsetAtFirst) {
  const Stream stream;
  for (const auto form : forms()) {
    const CUstreamAttrValue value = get(form, stream, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY);
    int number = 0;
    std::memcpy(&number, &value, sizeof number);
    EXPECT_EQ(number, -1);
  }
}

TEST_F(cuStreamGetAttribute, NoAccessPolicyWindowAtFirst) {
  const Stream stream;
  for (const auto form : forms()) {
    const auto window =
        get(form, stream, CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW).accessPolicyWindow;
    EXPECT_EQ(window.num_bytes, 0U);
    EXPECT_EQ(window.hitProp, CU_ACCESS_PROPERTY_NORMAL);
  }
}

TEST_F(cuStreamGetAttribute, MemorySynchronizationDomainIsTheDefaultAtFirst) {
  const Stream stream;
  for (const auto form : forms()) {
    EXPECT_EQ(get(form, stream, CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN).memSyncDomain,
              CU_LAUNCH_MEM_SYNC_DOMAIN_DEFAULT);
  }
}

TEST_F(cuStreamGetAttribute, TakesTheDefaultStreams) {
  for (const CUstream stream : {CUstream{nullptr}, CU_STREAM_LEGACY, CU_STREAM_PER_THREAD}) {
    for (const auto form : forms()) {
      EXPECT_EQ(get(form, stream, CU_LAUNCH_ATTRIBUTE_PRIORITY).priority, 0);
    }
  }
}

TEST_F(cuStreamGetAttribute, RefusesAttributesThatStreamsDoNotHave) {
  const Stream stream;
  for (const auto attribute :
       {CU_LAUNCH_ATTRIBUTE_COOPERATIVE, CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION,
        static_cast<CUstreamAttrID>(1000)}) {
    for (const auto form : forms()) {
      expect_leaves<CUstreamAttrValue>(CUDA_ERROR_INVALID_VALUE, [&](CUstreamAttrValue* out) {
        return form(stream, attribute, out);
      });
    }
  }
}

TEST_F(cuStreamGetAttribute, NeedsACurrentContextForADefaultStream) {
  const NoContext none;
  for (const auto form : forms()) {
    expect_leaves<CUstreamAttrValue>(CUDA_ERROR_INVALID_CONTEXT, [&](CUstreamAttrValue* out) {
      return form(nullptr, CU_LAUNCH_ATTRIBUTE_PRIORITY, out);
    });
  }
}

TEST_F(cuStreamGetAttribute, IsSafeDuringCapture) {
  const Stream other;
  expect_safe_in_capture([&] {
    CUstreamAttrValue value{};
    return driver().cuStreamGetAttribute(other, CU_LAUNCH_ATTRIBUTE_PRIORITY, &value);
  });
}

// Undocumented.
TEST_F(cuStreamGetAttribute, NeedsNoCurrentContextForAStream) {
  const Stream stream;
  CUstreamAttrValue value{};
  on_other_thread([&] {
    EXPECT_CUDA_OK(driver().cuStreamGetAttribute(stream, CU_LAUNCH_ATTRIBUTE_PRIORITY, &value));
  });
}

TEST_F(cuStreamGetAttribute_fresh, BeforeInit) {
  for (const auto form : forms()) {
    expect_leaves<CUstreamAttrValue>(CUDA_ERROR_NOT_INITIALIZED, [&](CUstreamAttrValue* out) {
      return form(nullptr, CU_LAUNCH_ATTRIBUTE_PRIORITY, out);
    });
  }
}

}  // namespace vgpu::conformance::test_cuStreamGetAttribute
