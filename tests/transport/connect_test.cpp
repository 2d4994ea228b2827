#include "vgpu/transport/connect.hpp"

#include <dirent.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>
#include <thread>

#include "channel_pairs.hpp"

namespace vgpu::transport {
namespace {

using namespace std::chrono_literals;
using test::need;

constexpr auto soon = 20s;

class Connect : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/vgpu-connect-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    ::unlink(path().c_str());
    ::rmdir(folder_.c_str());
  }
  std::string path() const { return folder_ + "/socket"; }
  Url url(const std::string& scheme) const {
    return need(parse_url(scheme == "tcp" ? "tcp://127.0.0.1:0" : scheme + "://" + path()));
  }

  std::string folder_;
};

/// Accepts one connection, completes a handshake and echoes frames until the guest closes.
void serve_one(Listener& listener) {
  socket_io::wait_for(listener.fd(), POLLIN, soon);
  HandshakeSocket socket(need(listener.accept()));
  HandshakeFrame hello = need(socket.receive(soon));
  FrameHeader reply = hello.header;
  reply.flags = wire::frame_flag::reply;
  ASSERT_TRUE(socket.send(reply, hello.body(), soon).ok());
  std::unique_ptr<Channel> channel =
      need(make_channel(socket.release(), std::move(hello.descriptors[0]), Role::host));
  ReceivedFrame frame;
  while (channel->receive(frame, soon) == ReceiveStatus::frame) {
    std::array<std::span<const std::byte>, 1> parts{frame.body};
    ASSERT_TRUE(channel->send(frame.header, parts));
  }
}

TEST_F(Connect, HandshakeAndChannelOverEveryScheme) {
  for (std::string scheme : {"shm", "unix", "tcp"}) {
    Listener listener = need(Listener::open(url(scheme)));
    std::thread host([&] { serve_one(listener); });
    HandshakeSocket socket(need(dial(listener.url(), soon)));
    support::UniqueFd memory;
    std::vector<int> descriptors;
    if (scheme == "shm") {
      memory = need(create_ring_memory());
      descriptors.push_back(memory.get());
    }
    FrameHeader hello;
    hello.operation = handshake_operation;
    ASSERT_TRUE(socket.send(hello, {}, soon, descriptors).ok());
    HandshakeFrame reply = need(socket.receive(soon));
    EXPECT_EQ(reply.header.flags, wire::frame_flag::reply);
    std::unique_ptr<Channel> channel =
        need(make_channel(socket.release(), std::move(memory), Role::guest));
    for (std::uint64_t i = 0; i < 100; ++i) {
      ASSERT_NE(channel->reserve(8), nullptr);
      FrameHeader header;
      header.length = 8;
      header.ticket = i;
      ASSERT_TRUE(channel->publish(header));
      ReceivedFrame frame;
      ASSERT_EQ(channel->receive(frame, soon), ReceiveStatus::frame) << scheme;
      ASSERT_EQ(frame.header.ticket, i);
    }
    channel->close();
    host.join();
  }
}

TEST_F(Connect, SaysWhichUrlFailedAndWhy) {
  support::Result<support::UniqueFd> missing = dial(url("shm"), soon);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ENOENT);
  EXPECT_NE(missing.message().find("shm://" + path()), std::string::npos) << missing.message();
  EXPECT_NE(missing.message().find("is vgpu-host running"), std::string::npos);

  Url unused = url("tcp");
  unused.port = need(Listener::open(unused)).url().port;
  support::Result<support::UniqueFd> refused = dial(unused, soon);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ECONNREFUSED);
  EXPECT_NE(refused.message().find(unused.text()), std::string::npos) << refused.message();

  support::Result<support::UniqueFd> unknown =
      dial(need(parse_url("tcp://no-such-host.invalid:1")), soon);
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.message().find("resolve"), std::string::npos) << unknown.message();
}

TEST_F(Connect, AListenerRemovesItsSocketFile) {
  struct stat status {};
  {
    Listener listener = need(Listener::open(url("unix")));
    Listener moved = std::move(listener);
    EXPECT_EQ(::lstat(path().c_str(), &status), 0);
  }
  EXPECT_NE(::lstat(path().c_str(), &status), 0);
}

TEST_F(Connect, AForkedChildLeavesTheSocketFile) {
  Listener listener = need(Listener::open(url("unix")));
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    listener.close();
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(dial(url("unix"), soon).ok());
}

TEST_F(Connect, ASocketInUseIsNotTakenOver) {
  Listener listener = need(Listener::open(url("unix")));
  support::Result<Listener> second = Listener::open(url("shm"));
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.message().find("another process listens"), std::string::npos);
  EXPECT_TRUE(dial(url("unix"), soon).ok());
}

TEST_F(Connect, ASocketFileLeftBehindIsReplaced) {
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    support::Result<Listener> listener = Listener::open(url("unix"));
    ::_exit(listener.ok() ? 0 : 1);  // without destructors, as a crash would
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  ASSERT_FALSE(dial(url("unix"), soon).ok());
  Listener listener = need(Listener::open(url("unix")));
  EXPECT_TRUE(dial(url("unix"), soon).ok());
}

// As when a host is killed while it starts a worker, which lets go of the socket only at its exec.
TEST_F(Connect, ASocketThatOnlyAChildOfTheDeadStillHasIsReplaced) {
  int hold[2];
  ASSERT_EQ(::pipe(hold), 0);
  const pid_t host = ::fork();
  ASSERT_GE(host, 0);
  if (host == 0) {
    ::close(hold[1]);
    support::Result<Listener> listener = Listener::open(url("unix"));
    if (::fork() == 0) {
      char byte = 0;
      ::_exit(static_cast<int>(::read(hold[0], &byte, 1)));
    }
    ::_exit(listener.ok() ? 0 : 1);  // without destructors, as SIGKILL would
  }
  ::close(hold[0]);
  int status = 1;
  ::waitpid(host, &status, 0);
  ASSERT_EQ(status, 0);
  ASSERT_TRUE(dial(url("unix"), soon).ok()) << "the child has no socket, so this shows nothing";
  {
    Listener listener = need(Listener::open(url("unix")));
    EXPECT_TRUE(dial(url("unix"), soon).ok());
    EXPECT_FALSE(Listener::open(url("unix")).ok()) << "it is a living process's now";
  }
  ::close(hold[1]);
}

TEST_F(Connect, AFileThatIsNoSocketIsNotReplaced) {
  std::ofstream(path()) << "precious";
  EXPECT_FALSE(Listener::open(url("unix")).ok());
  std::string content;
  std::ifstream(path()) >> content;
  EXPECT_EQ(content, "precious");
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

TEST_F(Connect, AThousandConnectionsLeakNoDescriptor) {
  for (test::Kind kind : test::all_kinds) {
    test::make_pair(kind);
    std::size_t before = open_descriptors();
    for (int i = 0; i < 1000; ++i) test::make_pair(kind);
    EXPECT_EQ(open_descriptors(), before) << test::name_of(kind);
  }
}

}  // namespace
}  // namespace vgpu::transport
