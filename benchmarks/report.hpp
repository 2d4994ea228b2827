#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vgpu::bench {

/// A figure beside its control, both by the names of their benchmarks without what says how the
/// time was taken: "null_call/shm", "publish/shm/40".
struct Comparison {
  std::string_view figure;
  std::string_view control;
  double at_most = 0;  ///< bound of figure / control; 0 = none was promised
};

/// Passes runs on to Google Benchmark's own reporter, of which the console one is spared the single
/// repetitions, and keeps the times for a table of ratios.
class Report final : public benchmark::BenchmarkReporter {
 public:
  explicit Report(std::unique_ptr<benchmark::BenchmarkReporter> display);

  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override;

  /// Whether a benchmark ended with an error.
  bool failed() const noexcept { return failed_; }
  /// True when the display is a console, where a table may follow.
  bool on_console() const noexcept { return on_console_; }

  /// Writes the comparisons whose two sides ran. Where a repetition measured its control itself (a
  /// counter with the control's name), the median of the repetitions' own ratios decides; else the
  /// ratio of the first quartiles of the repetitions' quiet times: what else the machine does only
  /// ever adds time, and a lucky repetition does not count. \return how many bounds were missed.
  int print_ratios(std::ostream& out, std::span<const Comparison> comparisons) const;

 private:
  /// Of one benchmark, in ns per iteration.
  struct Figure {
    std::vector<double> repetitions;
    /// Controls that repetitions measured themselves, by name: figure and control of each.
    std::map<std::string, std::vector<std::pair<double, double>>, std::less<>> paired;
    double reported_median = 0;  ///< when only aggregates were reported

    /// The time that `part` of the repetitions stay below: 0.5 is the median.
    double quantile(double part) const;
  };

  const Figure* find(std::string_view name) const;

  std::unique_ptr<benchmark::BenchmarkReporter> display_;
  bool on_console_;
  bool failed_ = false;
  std::map<std::string, Figure, std::less<>> figures_;
};

}  // namespace vgpu::bench
