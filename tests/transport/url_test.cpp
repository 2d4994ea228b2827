#include "vgpu/transport/url.hpp"

#include <gtest/gtest.h>

namespace vgpu::transport {
namespace {

TEST(Url, ReadsWhatItWrites) {
  for (std::string text : {"shm:///run/vgpu/host.socket", "unix:///tmp/a b", "tcp://localhost:4000",
                           "tcp://10.0.0.1:65535", "tcp://[::1]:0"}) {
    support::Result<Url> url = parse_url(text);
    ASSERT_TRUE(url.ok()) << url.message();
    EXPECT_EQ(url->text(), text);
  }
}

TEST(Url, TakesUrlsApart) {
  support::Result<Url> shm = parse_url("shm:///a/b");
  ASSERT_TRUE(shm.ok());
  EXPECT_EQ(shm->scheme, Url::Scheme::shm);
  EXPECT_EQ(shm->path, "/a/b");
  support::Result<Url> tcp = parse_url("tcp://[fe80::1]:80");
  ASSERT_TRUE(tcp.ok());
  EXPECT_EQ(tcp->scheme, Url::Scheme::tcp);
  EXPECT_EQ(tcp->host, "fe80::1");
  EXPECT_EQ(tcp->port, 80);
}

struct Wrong {
  const char* text;
  const char* says;
};

class WrongUrl : public testing::TestWithParam<Wrong> {};

TEST_P(WrongUrl, IsQuotedAndExplained) {
  support::Result<Url> url = parse_url(GetParam().text);
  ASSERT_FALSE(url.ok());
  EXPECT_NE(url.message().find(GetParam().text), std::string::npos) << url.message();
  EXPECT_NE(url.message().find(GetParam().says), std::string::npos) << url.message();
}

const std::string long_url = "unix:///" + std::string(200, 'x');

INSTANTIATE_TEST_SUITE_P(
    Url, WrongUrl,
    testing::Values(Wrong{"", "shm:///path"}, Wrong{"/run/socket", "shm:///path"},
                    Wrong{"vsock://3:4000", "\"vsock\" is unknown"},
                    Wrong{"SHM:///x", "\"SHM\" is unknown"}, Wrong{"shm://relative", "absolute"},
                    Wrong{"unix://", "absolute"}, Wrong{long_url.c_str(), "the system allows 107"},
                    Wrong{"tcp://localhost", "no port"}, Wrong{"tcp://:4000", "no host"},
                    Wrong{"tcp://localhost:", "number"}, Wrong{"tcp://localhost:65536", "number"},
                    Wrong{"tcp://localhost:80x", "number"}, Wrong{"tcp://localhost:-1", "number"},
                    Wrong{"tcp://::1:4000", "brackets"}, Wrong{"tcp://[::1:4000", "not closed"},
                    Wrong{"tcp://[::1]", "no port"}, Wrong{"tcp://a/b:1", "slash"}));

}  // namespace
}  // namespace vgpu::transport
