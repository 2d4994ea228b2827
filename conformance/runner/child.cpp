#include "runner/child.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "fixture/driver.hpp"
#include "fixture/session.hpp"
#include "wire/describe.hpp"
#include "wire/link.hpp"
#include "wire/target.hpp"

namespace vgpu::conformance {

namespace {

using nlohmann::json;

constexpr int cannot_run = 3;

/// Writes lines to the runner. Tests that fork keep the child away from it by the process id.
class Report {
 public:
  explicit Report(int fd) : fd_(fd), owner_(::getpid()) {}

  void write(const json& line) const {
    if (::getpid() != owner_) return;
    // Values of a test may be any bytes.
    const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    std::string_view rest = text;
    while (!rest.empty()) {
      const ssize_t written = ::write(fd_, rest.data(), rest.size());
      if (written < 0 && errno != EINTR) ::_exit(cannot_run);
      if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }

 private:
  int fd_;
  pid_t owner_;
};

std::string id(const testing::TestInfo& test) {
  return std::string(test.test_suite_name()) + "." + test.name();
}

std::string place(const testing::TestPartResult& part) {
  if (part.file_name() == nullptr) return {};
  std::string_view file = part.file_name();
  constexpr std::string_view folder = "conformance/";
  const std::size_t at = file.rfind(folder);
  if (at != std::string_view::npos) file.remove_prefix(at + folder.size());
  return fmt::format("{}:{}: ", file, part.line_number());
}

class Listener : public testing::EmptyTestEventListener {
 public:
  explicit Listener(Report report) : report_(report) {}

  void OnTestStart(const testing::TestInfo& test) override {
    in_test_ = true;
    report_.write({{"event", "start"}, {"test", id(test)}});
  }

  void OnTestPartResult(const testing::TestPartResult& part) override {
    if (!in_test_ && part.failed()) {
      report_.write({{"event", "outside"}, {"message", place(part) + part.message()}});
    }
  }

  void OnTestEnd(const testing::TestInfo& test) override {
    in_test_ = false;
    const testing::TestResult& result = *test.result();
    json line{{"event", "end"},
              {"test", id(test)},
              {"result", result.Failed()    ? "failed"
                         : result.Skipped() ? "skipped"
                                            : "passed"},
              {"seconds", static_cast<double>(result.elapsed_time()) / 1000},
              {"messages", json::array()}};
    for (int i = 0; i < result.total_part_count(); ++i) {
      const testing::TestPartResult& part = result.GetTestPartResult(i);
      if (part.failed()) line["messages"].push_back(place(part) + part.message());
      if (part.skipped()) line["reason"] = part.message();
    }
    report_.write(line);
    if (process_spoilt()) {
      report_.write({{"event", "spoilt"}});
      ::_exit(0);
    }
  }

 private:
  Report report_;
  bool in_test_ = false;
};

/// What the driver says of itself; what it does not say is left out.
json describe_driver() {
  json device;
  const auto attribute = [](CUdevice_attribute which) {
    int value = 0;
    driver().cuDeviceGetAttribute(&value, which, 0);
    return value;
  };
  int version = 0;
  if (driver().cuDriverGetVersion(&version) == CUDA_SUCCESS) device["driver_version"] = version;
  const CUresult started = driver().cuInit(0);
  if (started != CUDA_SUCCESS) {
    device["error"] = "cuInit returned " + result_text(started);
    return device;
  }
  int count = 0;
  driver().cuDeviceGetCount(&count);
  device["devices"] = count;
  char name[256] = "";
  if (driver().cuDeviceGetName(name, sizeof name, 0) == CUDA_SUCCESS) device["name"] = name;
  std::size_t bytes = 0;
  if (driver().cuDeviceTotalMem_v2(&bytes, 0) == CUDA_SUCCESS) device["memory_bytes"] = bytes;
  device["compute_capability"] =
      fmt::format("{}.{}", attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                  attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
  device["multiprocessors"] = attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  return device;
}

/// Says why there is no target, or nothing.
std::string open_wire_target(const ChildOptions& options) {
  wire::Target target;
  const bool listens = options.wire_connect.empty();
  auto url = transport::parse_url(listens ? options.wire_listen : options.wire_connect);
  if (!url) return url.message();
  target.url = std::move(*url);
  target.program = options.wire_program;
  target.own_program = options.wire_own_program;
  target.listens = listens;
  if (const char* token = std::getenv("VGPU_TOKEN")) target.token = token;
  wire::set_target(std::move(target));
  wire::set_patience(std::chrono::milliseconds(options.wire_patience));
  return {};
}

}  // namespace

int run_child(const ChildOptions& options) {
  const Report report(options.report_fd);
  set_session_seed(options.seed);
  const bool wire = options.driver.empty();
  const std::string failure = wire ? open_wire_target(options) : open_driver(options.driver);
  if (!failure.empty()) {
    report.write({{"event", "fatal"}, {"message", failure}});
    return cannot_run;
  }
  if (options.describe) {
    try {
      const json device = wire ? wire::describe_target() : describe_driver();
      report.write({{"event", "device"}, {"device", device}});
    } catch (const std::exception& failed) {
      report.write({{"event", "fatal"}, {"message", failed.what()}});
      return cannot_run;
    }
    return 0;
  }
  testing::GTEST_FLAG(filter) = options.filter;
  testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  listeners.Append(new Listener(report));
  return RUN_ALL_TESTS();
}

}  // namespace vgpu::conformance
