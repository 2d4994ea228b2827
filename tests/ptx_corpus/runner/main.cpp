// ptx-corpus: runs the PTX corpus on a CUDA driver library, records what it computes or checks it
// against what was recorded.
//
//   ptx-corpus record --driver LIB --corpus DIR --expected DIR [--family NAME] [--part I/N]
//   ptx-corpus merge --corpus DIR --from DIR --expected DIR
//   ptx-corpus compare --corpus DIR --from DIR --expected DIR
//   ptx-corpus check --driver LIB --corpus DIR --expected DIR --unsupported FILE
//   [--coverage] [--strict] [--only TEXT]

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <sstream>

#include "corpus.hpp"
#include "device.hpp"

namespace vgpu::ptx_corpus {
namespace {

struct Options {
  std::string mode;
  std::string driver;
  std::string corpus;
  std::string expected;
  std::string unsupported;
  std::string family;
  std::string only;
  std::string from;
  std::size_t part = 0;  ///< of `parts`: every so many'th case
  std::size_t parts = 1;
  bool coverage = false;
  bool skip_unrecorded = false;
  bool strict = false;  ///< a case listed as unsupported that works is a failure
};

constexpr std::chrono::seconds case_limit{20};

Options read_options(int count, char** words) {
  Options options;
  if (count > 1) options.mode = words[1];
  for (int i = 2; i < count; ++i) {
    const std::string word = words[i];
    const std::map<std::string, std::string Options::*> texts = {
        {"--driver", &Options::driver},     {"--corpus", &Options::corpus},
        {"--expected", &Options::expected}, {"--unsupported", &Options::unsupported},
        {"--family", &Options::family},     {"--only", &Options::only},
        {"--from", &Options::from}};
    if (const auto it = texts.find(word); it != texts.end() && i + 1 < count)
      options.*it->second = words[++i];
    else if (word == "--part" && i + 1 < count) {
      char slash = 0;
      std::istringstream(words[++i]) >> options.part >> slash >> options.parts;
      if (options.parts == 0) throw std::runtime_error("--part needs I/N");
    } else if (word == "--coverage")
      options.coverage = true;
    else if (word == "--skip-unrecorded")
      options.skip_unrecorded = true;
    else if (word == "--strict")
      options.strict = true;
    else
      throw std::runtime_error("unknown option " + word);
  }
  if (options.mode != "record" && options.mode != "check" && options.mode != "merge" &&
      options.mode != "compare")
    throw std::runtime_error("the first word is record, merge, compare or check");
  return options;
}

bool chosen(const Options& options, const Case& item) {
  return (options.family.empty() || item.family == options.family) &&
         (options.only.empty() || item.name.find(options.only) != std::string::npos);
}

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text)
    if (c == '\n') c = '|';
  return text;
}

/// The status of a case that did not end; `merge` leaves it out.
constexpr std::uint32_t never_ended = UINT32_MAX;
/// The exit status of `record` when the device is lost and cases are left: it is to be called
/// again.
constexpr int more_to_do = 3;

/// Runs a case. \return what it did; nothing when it cannot be loaded.
std::optional<Expectation> record_case(Device& device, const Case& item, bool& lost) {
  Expectation expectation;
  expectation.identity = identity(item);
  expectation.only_hash = item.only_hash;
  Outcome outcome;
  try {
    outcome = device.run(item, case_limit);
  } catch (const DriverError& error) {
    std::cout << "LOST at " << item.name << ": " << error.what() << std::endl;
    lost = true;
    return std::nullopt;
  }
  if (outcome.timed_out) {
    std::cout << "TIMED OUT " << item.name << std::endl;
    lost = true;
    expectation.status = never_ended;
    return expectation;
  }
  if (outcome.stage == Outcome::Stage::load) {
    std::cout << "NOT LOADED " << item.name << ": " << outcome.status << " "
              << one_line(outcome.log) << std::endl;
    return std::nullopt;
  }
  if (outcome.status != CUDA_SUCCESS)
    std::cout << "FAULT " << item.name << ": " << outcome.status << std::endl;
  lost = outcome.context_lost;
  expectation.status = static_cast<std::uint32_t>(outcome.status);
  expectation.output = std::move(outcome.output);
  if (item.only_hash && outcome.status == CUDA_SUCCESS) {
    const std::uint64_t hash = hash_bytes(expectation.output);
    expectation.output.resize(sizeof hash);
    std::memcpy(expectation.output.data(), &hash, sizeof hash);
  }
  return expectation;
}

/// Runs the chosen cases that are not recorded yet and writes a file a family.
int record(const Options& options, const Corpus& corpus) {
  Device device(options.driver);
  const std::string part = options.parts > 1 ? "." + std::to_string(options.part) : "";
  std::map<std::string, Expectations> families;
  const Expectations earlier = read_expectations(options.expected);
  bool lost = false;
  std::size_t number = 0;
  for (const Case& item : corpus.cases) {
    if (!chosen(options, item) || number++ % options.parts != options.part) continue;
    const auto found = earlier.find(item.name);
    if (found != earlier.end() && found->second.identity == identity(item)) {
      families[item.family].insert(*found);
    } else if (!lost) {
      if (auto expectation = record_case(device, item, lost))
        families[item.family].insert_or_assign(item.name, std::move(*expectation));
    }
  }
  for (const auto& [family, expectations] : families)
    write_expectations(options.expected, family + part, expectations);
  std::cout << "recorded on " << device.name() << std::endl;
  // A kernel that does not end would hold up the destruction of its context.
  if (lost) _exit(more_to_do);
  return 0;
}

/// Brings what was recorded in parts, for cases that still are what they were, into a file a
/// family.
int merge(const Options& options, const Corpus& corpus) {
  const Expectations all = read_expectations(options.from);
  std::map<std::string, Expectations> families;
  int missing = 0;
  for (const Case& item : corpus.cases) {
    const auto found = all.find(item.name);
    if (found != all.end() && found->second.identity == identity(item) &&
        found->second.status != never_ended)
      families[item.family].insert(*found);
    else
      ++missing;
  }
  for (const auto& [family, expectations] : families)
    write_expectations(options.expected, family, expectations);
  std::cout << all.size() << " recorded, " << missing << " cases without" << std::endl;
  return 0;
}

/// Compares what was recorded twice. \return how many cases differ.
int compare(const Options& options, const Corpus& corpus) {
  const Expectations first = read_expectations(options.expected);
  const Expectations second = read_expectations(options.from);
  int same = 0;
  int different = 0;
  for (const Case& item : corpus.cases) {
    const auto one = first.find(item.name);
    const auto other = second.find(item.name);
    if (one == first.end() || other == second.end()) continue;
    std::optional<std::string> found;
    if (one->second.status != other->second.status)
      found = "ends differently";
    else if (one->second.status == CUDA_SUCCESS && !one->second.only_hash)
      found = difference(item, one->second, other->second.output);
    else if (one->second.output != other->second.output)
      found = "the output's hash differs";
    if (found) std::cout << "FAILED " << item.name << ": " << *found << "\n";
    found ? ++different : ++same;
  }
  std::cout << same << " alike, " << different << " different" << std::endl;
  return different;
}

/// Lines "NAME reason"; NAME may end in '*'.
class CaseList {
 public:
  explicit CaseList(const std::string& path) {
    if (path.empty()) return;
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path);
    std::string line;
    while (std::getline(file, line)) {
      std::istringstream words(line);
      std::string name;
      if (words >> name && name[0] != '#') names_.insert(name);
    }
  }
  bool contains(const std::string& name) const {
    for (const std::string& listed : names_) {
      if (listed == name) return true;
      if (listed.back() == '*' &&
          name.compare(0, listed.size() - 1, listed, 0, listed.size() - 1) == 0)
        return true;
    }
    return false;
  }

 private:
  std::set<std::string> names_;
};

enum class Verdict { passed, unsupported, failed, unrecorded };

struct Checked {
  Verdict verdict = Verdict::passed;
  std::string reason;
};

Checked check_case(Device& device, const Case& item, const Expectations& expectations) {
  const Outcome outcome = device.run(item, case_limit);
  if (outcome.timed_out) return {Verdict::failed, "does not end"};
  if (outcome.stage == Outcome::Stage::load)
    return {Verdict::unsupported, std::to_string(outcome.status) + " " + one_line(outcome.log)};
  const auto expected = expectations.find(item.name);
  if (expected == expectations.end() || expected->second.identity != identity(item)) {
    if (outcome.status != CUDA_SUCCESS)
      return {Verdict::unrecorded, "not recorded; ends with " + std::to_string(outcome.status)};
    return {Verdict::unrecorded, "not recorded"};
  }
  if (expected->second.status != static_cast<std::uint32_t>(outcome.status))
    return {Verdict::failed, "ends with " + std::to_string(outcome.status) + ", expected " +
                                 std::to_string(expected->second.status)};
  if (outcome.status != CUDA_SUCCESS) return {};
  if (auto found = difference(item, expected->second, outcome.output))
    return {Verdict::failed, *found};
  return {};
}

/// As check_case, in a process of its own: a fault ends a process's use of the device.
Checked check_apart(const Options& options, const Case& item, const Expectations& expectations) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child == 0) {
    Checked checked{Verdict::failed, "the process has no device"};
    try {
      Device device(options.driver);
      checked = check_case(device, item, expectations);
    } catch (const std::exception& error) {
      checked.reason = error.what();
    }
    const std::string text = std::to_string(static_cast<int>(checked.verdict)) + checked.reason;
    const bool written = ::write(ends[1], text.data(), text.size()) >= 0;
    ::_exit(written ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  char block[512];
  for (ssize_t bytes = 0; (bytes = ::read(ends[0], block, sizeof block)) > 0;) {
    text.append(block, static_cast<std::size_t>(bytes));
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  if (text.empty()) return {Verdict::failed, "its process died"};
  return {static_cast<Verdict>(text[0] - '0'), text.substr(1)};
}

/// Whether the GPU ended the case with a fault, or nobody knows what it does.
bool may_fault(const Case& item, const Expectations& expectations) {
  const auto expected = expectations.find(item.name);
  return expected == expectations.end() || expected->second.identity != identity(item) ||
         expected->second.status != CUDA_SUCCESS;
}

/// Prints, for every opcode, how many of its forms there are, how many a case has and how many are
/// in cases that passed. \return the number of forms that no case has and nobody explains, and of
/// forms in cases that the inventory lacks.
int print_coverage(const Corpus& corpus, const std::map<std::string, Verdict>& verdicts) {
  struct Row {
    int forms = 0;
    int covered = 0;
    int passed = 0;
    int explained = 0;
    std::set<std::string> cases;
  };
  std::map<std::string, std::pair<std::set<std::string>, bool>> users;  // form -> cases, passed
  for (const Case& item : corpus.cases) {
    const auto verdict = verdicts.find(item.name);
    const bool passed = verdict != verdicts.end() && verdict->second == Verdict::passed;
    for (const std::string& form : item.forms) {
      users[form].first.insert(item.name);
      users[form].second |= passed;
    }
  }
  std::map<std::string, Row> rows;
  int missing = 0;
  std::set<std::string> known;
  for (const Form& form : corpus.inventory) {
    known.insert(form.name);
    Row& row = rows[form.name.substr(0, form.name.find('.'))];
    ++row.forms;
    const auto user = users.find(form.name);
    if (user != users.end()) {
      ++row.covered;
      row.passed += user->second.second;
      row.cases.insert(user->second.first.begin(), user->second.first.end());
    } else if (!form.explanation.empty()) {
      ++row.explained;
      std::cout << "explained: " << form.name << ": " << form.explanation << "\n";
    } else {
      ++missing;
      std::cout << "NOT COVERED: " << form.name << "\n";
    }
  }
  for (const auto& [form, user] : users)
    if (!known.contains(form)) {
      ++missing;
      std::cout << "NOT IN THE INVENTORY: " << form << " (" << *user.first.begin() << ")\n";
    }
  std::printf("%-14s %6s %8s %7s %10s %6s\n", "opcode", "forms", "covered", "passed", "explained",
              "cases");
  Row total;
  for (const auto& [opcode, row] : rows) {
    std::printf("%-14s %6d %8d %7d %10d %6zu\n", opcode.c_str(), row.forms, row.covered, row.passed,
                row.explained, row.cases.size());
    total.forms += row.forms;
    total.covered += row.covered;
    total.passed += row.passed;
    total.explained += row.explained;
  }
  std::printf("%-14s %6d %8d %7d %10d %6zu\n", "all", total.forms, total.covered, total.passed,
              total.explained, corpus.cases.size());
  std::fflush(stdout);
  return missing;
}

int check(const Options& options, const Corpus& corpus) {
  const Expectations expectations = read_expectations(options.expected);
  const CaseList listed(options.unsupported);
  // Before this process uses the device: a fork would not have it.
  std::map<std::string, Checked> apart;
  std::size_t place = 0;
  for (const Case& item : corpus.cases) {
    if (!chosen(options, item) || place++ % options.parts != options.part) continue;
    if (may_fault(item, expectations)) {
      apart.emplace(item.name, check_apart(options, item, expectations));
    }
  }
  Device device(options.driver);
  std::map<std::string, Verdict> verdicts;
  std::map<Verdict, int> counts;
  int failures = 0;
  int expected_unsupported = 0;
  std::size_t number = 0;
  for (const Case& item : corpus.cases) {
    if (!chosen(options, item) || number++ % options.parts != options.part) continue;
    const auto known = apart.find(item.name);
    const Checked checked =
        known != apart.end() ? known->second : check_case(device, item, expectations);
    verdicts[item.name] = checked.verdict;
    const bool is_listed = listed.contains(item.name);
    ++counts[checked.verdict];
    if (checked.verdict == Verdict::passed) {
      if (!is_listed) continue;
      std::cout << "NOW RIGHT, take it off the list: " << item.name << "\n";
      failures += options.strict;
    } else if (checked.verdict == Verdict::unsupported && is_listed) {
      ++expected_unsupported;
    } else if (checked.verdict == Verdict::unrecorded && is_listed) {
      continue;
    } else if (checked.verdict == Verdict::unrecorded && options.skip_unrecorded) {
      continue;
    } else {
      static constexpr const char* words[] = {"", "UNSUPPORTED ", "FAILED ", "UNRECORDED "};
      std::cout << words[static_cast<int>(checked.verdict)] << item.name << ": " << checked.reason
                << "\n";
      ++failures;
    }
  }
  std::cout.flush();
  int missing = 0;
  if (options.coverage) missing = print_coverage(corpus, verdicts);
  std::cout << counts[Verdict::passed] << " passed, " << counts[Verdict::failed] << " failed, "
            << counts[Verdict::unrecorded] << " unrecorded, " << counts[Verdict::unsupported]
            << " unsupported (" << expected_unsupported << " of them listed), " << missing
            << " forms neither covered nor explained" << std::endl;
  return failures + missing;
}

int run(int count, char** words) {
  const Options options = read_options(count, words);
  const Corpus corpus = read_corpus(options.corpus);
  if (options.mode == "merge") return merge(options, corpus);
  if (options.mode == "compare") return compare(options, corpus);
  return options.mode == "record" ? record(options, corpus) : check(options, corpus);
}

}  // namespace
}  // namespace vgpu::ptx_corpus

int main(int count, char** words) {
  try {
    return vgpu::ptx_corpus::run(count, words) == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "ptx-corpus: " << error.what() << "\n";
    return 2;
  }
}
