#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "fake_host.hpp"
#include "vgpu/guest/initialise.hpp"

namespace vgpu::guest {
namespace {

using testing_support::FakeHost;

/// What `body` writes to standard error.
template <class Body>
std::string said_by(Body&& body) {
  ::testing::internal::CaptureStderr();
  body();
  return ::testing::internal::GetCapturedStderr();
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// The tests share one process and run in this order: no host, refusals, then a session that ends.

TEST(NoHost, IsNoDeviceAndOneLineThatSaysWhy) {
  ::setenv("VGPU_HOST", "shm:///nonexistent/vgpu.sock", 1);
  CUresult result = CUDA_SUCCESS;
  const std::string said = said_by([&] { result = initialise(); });
  EXPECT_EQ(result, CUDA_ERROR_NO_DEVICE);
  EXPECT_EQ(lines(said), 1U) << said;
  EXPECT_NE(said.find("shm:///nonexistent/vgpu.sock"), said.npos) << said;
  EXPECT_NE(said.find("VGPU_HOST"), said.npos) << said;
  EXPECT_NE(said.find("vgpu-host --listen"), said.npos) << said;
  EXPECT_EQ(enter(call::ContextNeed::none), CUDA_ERROR_NOT_INITIALIZED);
}

TEST(NoHost, AMalformedUrlIsExplained) {
  ::setenv("VGPU_HOST", "carrier-pigeon://coop", 1);
  CUresult result = CUDA_SUCCESS;
  const std::string said = said_by([&] { result = initialise(); });
  EXPECT_EQ(result, CUDA_ERROR_NO_DEVICE);
  EXPECT_EQ(lines(said), 1U) << said;
  EXPECT_NE(said.find("carrier-pigeon"), said.npos) << said;
}

TEST(NoHost, ARefusalIsPassedOn) {
  FakeHost host;
  host.refusal_reason = "this host speaks protocol 9";
  CUresult result = CUDA_SUCCESS;
  const std::string said = said_by([&] {
    result = initialise_with({"test://", "the test"}, host.dialer(), 0);
  });
  EXPECT_EQ(result, CUDA_ERROR_NO_DEVICE);
  EXPECT_NE(said.find("this host speaks protocol 9"), said.npos) << said;
}

TEST(NoHost, AHostWithoutDevicesIsNoDevice) {
  FakeHost host;
  host.device_count = 0;
  const std::string said = said_by([&] {
    EXPECT_EQ(initialise_with({"test://", "the test"}, host.dialer(), 0), CUDA_ERROR_NO_DEVICE);
  });
  EXPECT_NE(said.find("no CUDA device"), said.npos) << said;
}

TEST(VisibleDevices, SelectByOrdinalAndUuid) {
  std::vector<Device> devices(3);
  for (std::size_t i = 0; i < 3; ++i) devices[i].uuid.fill(static_cast<std::byte>(i + 1));
  using Chosen = std::vector<std::size_t>;
  EXPECT_EQ(detail::visible_devices("0,1", devices), (Chosen{0, 1}));
  EXPECT_EQ(detail::visible_devices(" 2 , 0", devices), (Chosen{2, 0}));
  EXPECT_EQ(detail::visible_devices("", devices), Chosen{});
  EXPECT_EQ(detail::visible_devices("-1", devices), Chosen{});
  EXPECT_EQ(detail::visible_devices("0,7,1", devices), Chosen{0}) << "the rest is not looked at";
  EXPECT_EQ(detail::visible_devices("0,0", devices), Chosen{});
  EXPECT_EQ(detail::visible_devices("GPU-02020202-0202", devices), Chosen{1});
  EXPECT_EQ(detail::visible_devices("GPU-09", devices), Chosen{});
}

TEST(SessionLoss, IsStickyAndComesWithinASecond) {
  auto host = std::make_unique<FakeHost>();
  ASSERT_EQ(initialise_with({"test://", "the test"}, host->dialer(), 0), CUDA_SUCCESS);
  std::atomic<bool> waiting{false};
  host->handle(static_cast<std::uint16_t>(call::Operation::ping),
               [&](const testing_support::SeenRequest&) {
                 waiting = true;
                 while (waiting) std::this_thread::yield();
                 return FakeHost::Answer{};
               });
  CUresult result = CUDA_SUCCESS;
  std::chrono::steady_clock::time_point returned;
  ReplyOf<calls::Ping> reply;
  std::string said = said_by([&] {
    std::thread caller([&] {
      ReplyOf<calls::Ping> answer;
      result = call<calls::Ping>({}, answer);
      returned = std::chrono::steady_clock::now();
    });
    while (!waiting) std::this_thread::yield();
    const auto died = std::chrono::steady_clock::now();
    std::thread killer([&] { host->stop(); });
    // stop() closes the channels first and then joins their threads, one of which still waits.
    caller.join();
    waiting = false;
    killer.join();
    EXPECT_LT(returned - died, std::chrono::seconds(1));
  });
  EXPECT_EQ(result, session_lost);
  EXPECT_EQ(lines(said), 1U) << said;
  said = said_by([&] {
    EXPECT_EQ(enter(call::ContextNeed::none), session_lost);
    EXPECT_EQ(call<calls::Ping>({}, reply), session_lost);
    EXPECT_EQ(post<calls::Ping>({}), session_lost);
    EXPECT_EQ(initialise(), session_lost);
    std::thread([&] {
      ReplyOf<calls::Ping> answer;
      EXPECT_EQ(call<calls::Ping>({}, answer), session_lost);
    }).join();
  });
  EXPECT_EQ(said, "") << "said once";
  EXPECT_EQ(device_count(), 1) << "what the guest knows stays";
}

}  // namespace
}  // namespace vgpu::guest
