#include <gtest/gtest.h>

#include <cstdint>
#include <vgpu/driver_table.hpp>
#include <vgpu/host_written.hpp>

namespace {

using namespace vgpu;
using namespace vgpu::host;
using call::HandleId;
using call::HandleKind;

int driver_retains = 0;
const CUcontext primary = reinterpret_cast<CUcontext>(std::uintptr_t{0x500});

CUresult retain(CUcontext* context, CUdevice) {
  ++driver_retains;
  *context = primary;
  return CUDA_SUCCESS;
}
CUresult release(CUdevice) {
  if (driver_retains == 0) return CUDA_ERROR_INVALID_CONTEXT;
  --driver_retains;
  return CUDA_SUCCESS;
}
CUresult reset(CUdevice) {
  driver_retains = 0;
  return CUDA_SUCCESS;
}
CUresult get_state(CUdevice, unsigned int* flags, int* active) {
  *flags = 0;
  *active = driver_retains > 0 ? 1 : 0;
  return CUDA_SUCCESS;
}

constexpr std::uint64_t context_id = HandleId::make(HandleKind::context, 1, 0).value;
constexpr std::uint64_t stream_id = HandleId::make(HandleKind::stream, 1, 0).value;

/// A warm worker: the host holds one retain of its own.
class PrimaryContextTest : public testing::Test {
 protected:
  PrimaryContextTest() {
    driver_retains = 1;
    driver_.cuDevicePrimaryCtxRetain = retain;
    driver_.cuDevicePrimaryCtxRelease_v2 = release;
    driver_.cuDevicePrimaryCtxReset_v2 = reset;
    driver_.cuDevicePrimaryCtxGetState = get_state;
    session_.primary_contexts().with(0, [](PrimaryContexts::State& state) {
      state.warm = true;
      state.context = primary;
    });
  }

  template <class Call>
  CUresult run(const typename Call::Request& request) {
    transport::ReceivedMessage message;
    CallContext context(session_, channel_, message);
    typename Call::Reply reply;
    return execute(context, request, reply);
  }
  CUresult run_retain() {
    return run<calls::DevicePrimaryCtxRetain>({.pctx = context_id, .dev = 0});
  }
  CUresult run_release() { return run<calls::DevicePrimaryCtxRelease>({.dev = 0}); }
  CUresult run_reset() { return run<calls::DevicePrimaryCtxReset>({.dev = 0}); }

  /// What a program makes inside the context.
  void fill() {
    channel_.context = context_id;
    transport::ReceivedMessage message;
    CallContext context(session_, channel_, message);
    ASSERT_TRUE(context.bind_new(HandleKind::stream, stream_id, std::uint64_t{77}));
    ASSERT_TRUE(session_.add_range(0x1000, 0x100,
                                   {.kind = memory::RangeKind::device, .context = context_id}));
  }
  bool empty() const {
    std::uint64_t backend = 0;
    return !session_.handles().find(HandleKind::stream, stream_id, backend) &&
           !session_.memory().owns(0x1000, 1);
  }

  DriverTable driver_;
  Session session_{driver_, {}};
  ChannelState channel_;
};

TEST_F(PrimaryContextTest, TheGuestsLastReleaseReallyEndsAWarmContext) {
  EXPECT_EQ(run_release(), CUDA_ERROR_INVALID_CONTEXT) << "the guest holds nothing yet";
  EXPECT_EQ(driver_retains, 1);
  ASSERT_EQ(run_retain(), CUDA_SUCCESS);
  ASSERT_EQ(run_retain(), CUDA_SUCCESS);
  EXPECT_EQ(driver_retains, 3);
  fill();
  EXPECT_EQ(run_release(), CUDA_SUCCESS);
  EXPECT_FALSE(empty());
  EXPECT_EQ(run_release(), CUDA_SUCCESS);
  EXPECT_EQ(driver_retains, 0);
  EXPECT_TRUE(empty());
  EXPECT_EQ(run_release(), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(run_retain(), CUDA_SUCCESS) << "again, under the same id";
  EXPECT_EQ(driver_retains, 1);
}

TEST_F(PrimaryContextTest, ResetEndsEverythingInsideAndKeepsTheHandle) {
  ASSERT_EQ(run_retain(), CUDA_SUCCESS);
  fill();
  EXPECT_EQ(run_reset(), CUDA_SUCCESS);
  EXPECT_TRUE(empty());
  EXPECT_EQ(driver_retains, 0);
  EXPECT_EQ(run_release(), CUDA_ERROR_INVALID_CONTEXT);
  std::uint64_t backend = 0;
  EXPECT_TRUE(session_.handles().find(HandleKind::context, context_id, backend));
  EXPECT_EQ(run_retain(), CUDA_SUCCESS);
}

TEST_F(PrimaryContextTest, RefusesDevicesAndIdsThatCannotBe) {
  EXPECT_EQ(run<calls::DevicePrimaryCtxRetain>({.pctx = context_id, .dev = -1}),
            CUDA_ERROR_INVALID_DEVICE);
  EXPECT_EQ(run<calls::DevicePrimaryCtxRetain>({.pctx = context_id, .dev = 1 << 20}),
            CUDA_ERROR_INVALID_DEVICE);
  EXPECT_EQ(run<calls::DevicePrimaryCtxRetain>({.pctx = 0, .dev = 0}), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(run<calls::DevicePrimaryCtxRetain>({.pctx = stream_id, .dev = 0}),
            CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(driver_retains, 1) << "what failed is given back";
}

}  // namespace
