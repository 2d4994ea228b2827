#include "wire/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <system_error>

#include "runner/private_host.hpp"
#include "runner/results.hpp"
#include "runner/schedule.hpp"
#include "vgpu/transport/url.hpp"

namespace vgpu::conformance::wire {

namespace {

constexpr int cannot_run = 2;

int fail(const std::string& reason) {
  fmt::print(stderr, "vgpu-conformance: {}\n", reason);
  return cannot_run;
}

/// A host of this run's own, with limits small enough to be exceeded by a test, and over TCP a
/// token.
class LimitedHost {
 public:
  support::Result<std::string> start(const Options& options) {
    const auto parts = find_parts(options.prefix);
    if (!parts) return parts.error();
    std::vector<std::string> arguments;
    for (const char* limit :
         {"message-bytes=4194304", "scratch-bytes=4194304", "objects=2000", "channels=64"}) {
      arguments.insert(arguments.end(), {"--limit", limit});
    }
    if (options.transport == "tcp") {
      token_file_ = "/tmp/vgpu-wire-token-XXXXXX";
      const support::UniqueFd file(::mkstemp(token_file_.data()));
      const std::string token = "the wire suite's own";
      if (!file || ::write(file.get(), token.data(), token.size()) < 0) {
        return support::system_error("cannot write a token file", errno);
      }
      ::setenv("VGPU_TOKEN", token.c_str(), 1);
      arguments.insert(arguments.end(), {"--token-file", token_file_});
    }
    const std::filesystem::path backend =
        options.backend.empty() ? parts->software_device : std::filesystem::path(options.backend);
    auto started = PrivateHost::start(parts->host, options.transport, backend, arguments);
    if (!started) return started.error();
    host_.emplace(std::move(*started));
    return host_->url();
  }
  LimitedHost() = default;
  LimitedHost(const LimitedHost&) = delete;
  LimitedHost& operator=(const LimitedHost&) = delete;
  ~LimitedHost() {
    if (!token_file_.empty()) ::unlink(token_file_.c_str());
  }

 private:
  std::optional<PrivateHost> host_;
  std::string token_file_;
};

void print_summary(const Run& run) {
  for (const Outcome& outcome : run.outcomes) {
    if (outcome.result == Result::failed) fmt::print(stderr, "failed: {}\n", outcome.test.id());
  }
  fmt::print(stderr, "{} wire tests in {:.1f} s on {}: {} passed, {} failed, {} skipped\n{}\n",
             run.outcomes.size(), run.seconds, run.driver, run.count(Result::passed),
             run.count(Result::failed), run.count(Result::skipped), claim_of(run).text);
}

/// The guest that tests of guests start, as words of a command line.
support::Result<std::vector<std::string>> guest_program(const Options& options) {
  if (!options.program.empty()) return options.program;
  const auto parts = find_parts(options.prefix);
  if (!parts) return parts.error();
  return std::vector<std::string>{"/proc/self/exe", "guest-program", "--driver", parts->guest};
}

/// A folder for a socket, removed with this object.
class PrivateFolder {
 public:
  PrivateFolder() = default;
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  ~PrivateFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  /// A URL nobody else listens at; over TCP the listener gets a port.
  support::Result<std::string> url(const std::string& transport) {
    if (transport == "tcp") return std::string("tcp://127.0.0.1:0");
    std::string path = "/tmp/vgpu-wire-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return support::system_error("no folder", errno);
    path_ = path;
    return transport + "://" + path + "/host";
  }

 private:
  std::string path_;
};

}  // namespace

int run(const Options& given) {
  Options options = given;
  const bool listens = !options.listen.empty();
  PrivateFolder folder;
  if (options.listen == "shm" || options.listen == "unix" || options.listen == "tcp") {
    auto url = folder.url(options.listen);
    if (!url) return fail(url.message());
    options.listen = *url;
  }
  if (listens && !options.connect.empty()) return fail("--connect and --listen exclude each other");
  for (const std::string& text : {options.connect, options.listen}) {
    if (text.empty()) continue;
    if (auto url = transport::parse_url(text); !url) return fail(url.message());
  }
  const Suite suite = listens ? Suite::wire_guest : Suite::wire_host;
  const std::vector<TestCase> tests = list_tests(options.filter, suite);
  if (options.list) {
    for (const TestCase& test : tests) fmt::print("{:<20} {}\n", test.object, test.id());
    return 0;
  }
  if (tests.empty()) return fail("no test matches " + options.filter);
  if (!options.token.empty()) ::setenv("VGPU_TOKEN", options.token.c_str(), 1);

  Run run;
  run.suite = suite;
  run.filter = options.filter;
  run.date = now_utc();
  run.seed = options.seed != 0 ? options.seed : std::random_device()() + 1ULL;
  std::vector<std::string> target;
  unsigned jobs = options.jobs;
  LimitedHost host;
  if (listens) {
    run.driver = options.listen;
    target = {"--wire-listen", options.listen};
    if (!options.wait) {
      auto program = guest_program(options);
      if (!program) return fail(program.message());
      if (options.program.empty()) target.emplace_back("--wire-own-program");
      for (const std::string& word : *program) {
        // With '=', so that a word may begin with a dash.
        target.push_back("--wire-program=" + word);
      }
    }
    jobs = 1;  // there is one place to listen at
    if (options.wait) {
      fmt::print(stderr, "Listening at {}; a guest is wanted {} times.\n", options.listen,
                 tests.size() + 1);
    }
  } else {
    run.driver = options.connect;
    if (run.driver.empty()) {
      auto started = host.start(options);
      if (!started) return fail(started.message());
      run.driver = *started;
    }
    target = {"--wire-connect", run.driver};
  }

  target.insert(target.begin(), {"--wire-patience", std::to_string(options.patience_milliseconds)});
  Schedule schedule({target, jobs, options.timeout_seconds, run.seed});
  const auto description = schedule.describe();
  if (!description) return fail(description.message());
  run.device = *description;
  const auto start = std::chrono::steady_clock::now();
  run.outcomes = schedule.run(tests);
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  print_summary(run);
  if (!options.report.empty()) {
    const std::string failure = write_reports(run, options.report);
    if (!failure.empty()) return fail(failure);
    fmt::print(stderr, "report: {}\n",
               (std::filesystem::path(options.report) / "report.html").string());
  }
  return run.count(Result::failed) == 0 ? 0 : 1;
}

}  // namespace vgpu::conformance::wire
