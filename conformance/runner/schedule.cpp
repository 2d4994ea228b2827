#include "runner/schedule.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <list>
#include <optional>

#include "runner/test_process.hpp"

namespace vgpu::conformance {

namespace {

using nlohmann::json;
using Clock = TestProcess::Clock;

/// Between two lines of progress where they cannot overwrite each other.
constexpr std::chrono::seconds progress_interval{5};
/// Tests per process at most: an address that only breaks after hours is still found soon.
constexpr int poll_milliseconds = 200;

/// Tests for one process, as places in the list of all.
using Batch = std::deque<std::size_t>;

struct Running {
  TestProcess process;
  Batch batch;                         ///< without an outcome yet, in order
  std::optional<std::size_t> started;  ///< the test it is in
  std::optional<std::size_t> last;     ///< the test it ended last
  std::string fatal;                   ///< why the process could not run anything
  bool spoilt = false;                 ///< it ended itself: the next test needs a sound driver
};

class Board {
 public:
  Board(const std::vector<TestCase>& tests, bool quiet)
      : tests_(tests), outcomes_(tests.size()), quiet_(quiet) {
    for (std::size_t i = 0; i < tests.size(); ++i) outcomes_[i].test = tests[i];
  }

  void record(std::size_t test, Outcome outcome) {
    outcome.test = tests_[test];
    outcomes_[test] = std::move(outcome);
    ++done_;
    count(outcomes_[test]);
    if (outcomes_[test].result == Result::failed) fail(test);
    print_progress(tests_[test].suite);
  }

  /// A test that has an outcome failed after all.
  void fail_later(std::size_t test, const std::string& message) {
    Outcome& outcome = outcomes_[test];
    if (outcome.result == Result::skipped) --skipped_;
    if (outcome.result != Result::failed) ++failed_;
    outcome.result = Result::failed;
    outcome.messages.push_back(message);
    fail(test);
  }

  /// What failed first.
  [[nodiscard]] std::optional<Outcome> first_failure() const {
    if (!first_failed_) return std::nullopt;
    return outcomes_[*first_failed_];
  }

  std::vector<Outcome> take() {
    clear_line();
    return std::move(outcomes_);
  }

 private:
  void count(const Outcome& outcome) {
    if (outcome.result == Result::failed) ++failed_;
    if (outcome.result == Result::skipped) ++skipped_;
  }

  void fail(std::size_t test) {
    if (!first_failed_) first_failed_ = test;
    print_failure(outcomes_[test]);
  }

  void print_failure(const Outcome& outcome) {
    if (quiet_) return;
    clear_line();
    fmt::print(stderr, "FAILED {}\n", outcome.test.id());
    for (const std::string& message : outcome.messages) {
      std::string_view rest = message;
      while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        fmt::print(stderr, "    {}\n", line);
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      }
    }
  }

  void print_progress(const std::string& suite) {
    const auto now = Clock::now();
    if (quiet_) return;
    if (!terminal_ && now - printed_ < progress_interval) return;
    printed_ = now;
    fmt::print(stderr, "{}[{}/{}] {} failed, {} skipped  {}{}", terminal_ ? "\r\033[K" : "", done_,
               tests_.size(), failed_, skipped_, suite, terminal_ ? "" : "\n");
  }

  void clear_line() const {
    if (terminal_ && !quiet_) fmt::print(stderr, "\r\033[K");
  }

  const std::vector<TestCase>& tests_;
  std::vector<Outcome> outcomes_;
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
  std::size_t skipped_ = 0;
  std::optional<std::size_t> first_failed_;
  bool quiet_;
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  Clock::time_point printed_ = Clock::now();
};

std::deque<Batch> make_batches(const std::vector<TestCase>& tests) {
  std::deque<Batch> batches;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const bool goes_on = i > 0 && tests[i].suite == tests[i - 1].suite && !is_fresh(tests[i].suite);
    if (!goes_on) batches.emplace_back();
    batches.back().push_back(i);
  }
  return batches;
}

/// Reports are UTF-8, a process may print anything.
std::string valid_utf8(const std::string& text) {
  const json quoted = text;
  return json::parse(quoted.dump(-1, ' ', false, json::error_handler_t::replace));
}

Outcome failed(const std::string& message, const std::string& output) {
  Outcome outcome;
  outcome.result = Result::failed;
  outcome.messages.push_back(
      output.empty() ? message : message + "\nThe process printed:\n" + valid_utf8(output));
  return outcome;
}

class Session {
 public:
  Session(const ScheduleOptions& options, const std::vector<TestCase>& tests)
      : options_(options),
        tests_(tests),
        waiting_(make_batches(tests)),
        board_(tests, options.quiet) {}

  std::vector<Outcome> run() {
    while (step()) {
    }
    return board_.take();
  }

  std::optional<Outcome> first_failure() {
    while (!board_.first_failure() && step()) {
    }
    return board_.first_failure();
  }

 private:
  /// Returns false when there is nothing left to do.
  bool step() {
    if (waiting_.empty() && running_.empty()) return false;
    while (!waiting_.empty() && running_.size() < std::max(1U, options_.jobs)) start_next();
    wait_for_news();
    for (auto it = running_.begin(); it != running_.end();) {
      it = advance(*it) ? std::next(it) : running_.erase(it);
    }
    return true;
  }

  void start_next() {
    Batch batch = std::move(waiting_.front());
    waiting_.pop_front();
    std::string filter;
    for (const std::size_t test : batch) filter += (filter.empty() ? "" : ":") + tests_[test].id();
    std::vector<std::string> arguments = options_.target;
    for (const std::string& word :
         {std::string("--seed"), std::to_string(options_.seed), std::string("--tests"), filter}) {
      arguments.push_back(word);
    }
    auto process = TestProcess::start(arguments, options_.environment);
    if (!process) {
      for (const std::size_t test : batch) board_.record(test, failed(process.message(), {}));
      return;
    }
    running_.push_back({std::move(*process), std::move(batch), {}, {}, {}, false});
  }

  void wait_for_news() {
    std::vector<pollfd> watched;
    for (const Running& running : running_) {
      watched.push_back({running.process.report_fd(), POLLIN, 0});
      watched.push_back({running.process.output_fd(), POLLIN, 0});
      watched.push_back({running.process.exit_fd(), POLLIN, 0});
    }
    ::poll(watched.data(), watched.size(), poll_milliseconds);
    // A closed pipe is always readable; do not spin until the process is gone too.
    if (std::any_of(watched.begin(), watched.end(), [](const pollfd& entry) {
          return (entry.revents & (POLLHUP | POLLIN)) == POLLHUP;
        })) {
      ::usleep(1000);
    }
  }

  /// Returns false when the process is done with.
  bool advance(Running& running) {
    pollfd end{running.process.exit_fd(), POLLIN, 0};
    const bool ended = ::poll(&end, 1, 0) > 0;
    for (const std::string& line : running.process.read_lines()) take(running, line);
    if (ended) {
      finish(running, running.process.wait());
      return false;
    }
    const std::chrono::seconds limit{options_.timeout_seconds};
    if (Clock::now() - running.process.last_sign > limit) {
      running.process.kill();
      running.process.wait();
      finish(running, fmt::format("gave no result within {} s", options_.timeout_seconds));
      return false;
    }
    return true;
  }

  void take(Running& running, const std::string& line) {
    const json report = json::parse(line, nullptr, false);
    if (!report.is_object()) return;
    const std::string event = report.value("event", "");
    if (event == "fatal") running.fatal = report.value("message", "");
    if (event == "spoilt") running.spoilt = true;
    if (event == "outside") {
      const std::string message = "outside of any test: " + report.value("message", "");
      if (running.last) {
        board_.fail_later(*running.last, message);
      } else {
        running.fatal = message;
      }
    }
    if (event != "start" && event != "end") return;
    const std::string id = report.value("test", "");
    const auto place = std::find_if(running.batch.begin(), running.batch.end(),
                                    [&](std::size_t test) { return tests_[test].id() == id; });
    if (place == running.batch.end()) return;
    if (event == "start") {
      running.started = *place;
      return;
    }
    Outcome outcome;
    const std::string result = report.value("result", "");
    outcome.result = result == "passed"    ? Result::passed
                     : result == "skipped" ? Result::skipped
                                           : Result::failed;
    outcome.reason = report.value("reason", "");
    outcome.messages = report.value("messages", std::vector<std::string>{});
    outcome.seconds = report.value("seconds", 0.0);
    if (outcome.result == Result::failed) {
      outcome.messages.push_back(fmt::format("(--seed {})", options_.seed));
    }
    board_.record(*place, std::move(outcome));
    running.last = *place;
    running.started.reset();
    running.batch.erase(place);
  }

  /// The process is gone. What it left over goes on in a new one, if that can be of use.
  void finish(Running& running, const std::string& how) {
    const std::string& output = running.process.output();
    if (!running.fatal.empty()) {
      for (const std::size_t test : running.batch) board_.record(test, failed(running.fatal, {}));
      return;
    }
    const std::string end = how.empty() ? "ended" : how;
    if (running.started) {
      board_.record(*running.started,
                    failed("the process " + end + " in the middle of the test", output));
      std::erase(running.batch, *running.started);
    } else if (running.batch.empty()) {
      if (!how.empty() && running.last) {
        board_.fail_later(*running.last,
                          "the process " + how + " after its last test" +
                              (output.empty() ? "" : "\nIt printed:\n" + valid_utf8(output)));
      }
    } else if (!running.spoilt) {
      const std::size_t next = running.batch.front();
      board_.record(next, failed("the process " + end + " before the test", output));
      running.batch.pop_front();
    }
    if (!running.batch.empty()) waiting_.push_front(std::move(running.batch));
  }

  const ScheduleOptions& options_;
  const std::vector<TestCase>& tests_;
  std::deque<Batch> waiting_;
  std::list<Running> running_;
  Board board_;
};

}  // namespace

support::Result<nlohmann::ordered_json> Schedule::describe() const {
  std::vector<std::string> arguments = options_.target;
  arguments.emplace_back("--describe");
  auto process = TestProcess::start(arguments, options_.environment);
  if (!process) return process.error();
  const auto limit = Clock::now() + std::chrono::seconds(options_.timeout_seconds);
  std::string how;
  pollfd end{process->exit_fd(), POLLIN, 0};
  std::vector<std::string> lines;
  while (::poll(&end, 1, poll_milliseconds) == 0) {
    for (std::string& line : process->read_lines()) lines.push_back(std::move(line));
    if (Clock::now() < limit) continue;
    process->kill();
    how = "gave no answer";
    break;
  }
  for (std::string& line : process->read_lines()) lines.push_back(std::move(line));
  const std::string ended = process->wait();
  if (how.empty()) how = ended;
  for (const std::string& line : lines) {
    const auto report = nlohmann::ordered_json::parse(line, nullptr, false);
    if (!report.is_object()) continue;
    if (report.contains("device")) return report["device"];
    if (report.contains("message")) return support::Error{report["message"].get<std::string>()};
  }
  return support::Error{"a process that only asked " + options_.target.back() + " what it is " +
                        (how.empty() ? "said nothing" : how) + "\n" + process->output()};
}

std::vector<Outcome> Schedule::run(const std::vector<TestCase>& tests) const {
  return Session(options_, tests).run();
}

std::optional<Outcome> Schedule::first_failure(const std::vector<TestCase>& tests) const {
  return Session(options_, tests).first_failure();
}

}  // namespace vgpu::conformance
