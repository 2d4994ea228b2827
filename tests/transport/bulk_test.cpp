#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <thread>
#include <vector>

#include "channel_pairs.hpp"
#include "vgpu/transport/message.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define VGPU_SLOW_BUILD 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VGPU_SLOW_BUILD 1
#endif

namespace vgpu::transport {
namespace {

using test::Kind;

constexpr std::size_t part_bytes = std::size_t{16} << 20;
#ifdef VGPU_SLOW_BUILD
constexpr std::size_t total_parts = 16;
#else
constexpr std::size_t total_parts = 192;  // 3 GiB
#endif

/// Depends on the value and the place of every word.
class Checksum {
 public:
  void add(std::span<const std::byte> bytes) {
    std::uint64_t sum = 0;
    std::uint64_t weight = 2 * words_ + 1;
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8, weight += 2) {
      std::uint64_t word;
      std::memcpy(&word, bytes.data() + at, 8);
      sum += word * weight;
    }
    words_ += bytes.size() / 8;
    sum_ += sum;
    whole_ = whole_ && bytes.size() % 8 == 0;
  }
  std::uint64_t sum() const { return sum_; }
  bool whole() const { return whole_; }

 private:
  std::uint64_t words_ = 0;
  std::uint64_t sum_ = 0;
  bool whole_ = true;
};

class Bulk : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(All, Bulk, testing::ValuesIn(test::all_kinds),
                         [](const auto& info) { return test::name_of(info.param); });

TEST_P(Bulk, AMessageOfThreeGibibytesCrossesInBoundedMemory) {
  auto [guest, host] = test::make_pair(GetParam());
  std::vector<std::uint64_t> words(part_bytes / 8 + total_parts * 8);
  std::uint64_t state = 1;
  for (std::uint64_t& word : words)
    word = state = state * 6364136223846793005u + 1442695040888963407u;
  // Each part begins elsewhere in the buffer, so no two are the same.
  std::vector<std::span<const std::byte>> parts;
  for (std::size_t i = 0; i < total_parts; ++i) {
    parts.push_back(std::as_bytes(std::span(words)).subspan(i * 64, part_bytes));
  }
  Checksum expected;
  for (std::span<const std::byte> part : parts) expected.add(part);

  rusage before{};
  ASSERT_EQ(::getrusage(RUSAGE_SELF, &before), 0);
  std::thread sender([&channel = *guest, &parts] {
    FrameHeader header;
    header.operation = 60;
    header.ticket = 77;
    EXPECT_TRUE(send_message(channel, header, parts)) << channel.error();
  });
  MessageReceiver receiver(*host, 0);
  ReceivedMessage message;
  Checksum received;
  MessageStatus status =
      receiver.receive_into(message, std::chrono::seconds(30),
                            [&](std::span<const std::byte> bytes) { received.add(bytes); });
  sender.join();
  rusage after{};
  ASSERT_EQ(::getrusage(RUSAGE_SELF, &after), 0);
  EXPECT_EQ(status, MessageStatus::message) << receiver.error();
  EXPECT_EQ(message.header.ticket, 77u);
  EXPECT_EQ(message.size, std::uint64_t{part_bytes} * total_parts);
  EXPECT_TRUE(received.whole());
  EXPECT_EQ(received.sum(), expected.sum());
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 32 << 10) << "KiB of growth";
}

}  // namespace
}  // namespace vgpu::transport
