#include "report.hpp"

#include <cstdio>
#include <utility>

#include "slices.hpp"

namespace vgpu::bench {
namespace {

/// Function and arguments.
std::string short_name(const benchmark::BenchmarkName& name) {
  return name.args.empty() ? name.function_name : name.function_name + "/" + name.args;
}

double nanoseconds(const benchmark::BenchmarkReporter::Run& run) {
  const auto quiet = run.counters.find(quiet_counter);
  if (quiet != run.counters.end()) return quiet->second.value;
  return run.GetAdjustedRealTime() * 1e9 / benchmark::GetTimeUnitMultiplier(run.time_unit);
}

std::string time_text(double nanoseconds) {
  char text[32];
  if (nanoseconds <= 0) {
    return "-";
  } else if (nanoseconds < 100) {
    std::snprintf(text, sizeof text, "%.1f ns", nanoseconds);
  } else if (nanoseconds < 10'000) {
    std::snprintf(text, sizeof text, "%.0f ns", nanoseconds);
  } else {
    std::snprintf(text, sizeof text, "%.1f us", nanoseconds / 1000);
  }
  return text;
}

std::string ratio_text(double figure, double control) {
  char text[32];
  if (figure <= 0 || control <= 0) return "-";
  std::snprintf(text, sizeof text, "%.2f", figure / control);
  return text;
}

/// libbenchmark 1.8 has another name for it.
template <class Run>
bool run_failed(const Run& run) {
  if constexpr (requires { run.error_occurred; }) {
    return run.error_occurred;
  } else {
    return run.skipped != 0;
  }
}

}  // namespace

double Report::Figure::quantile(double part) const {
  return repetitions.empty() ? reported_median : bench::quantile(repetitions, part);
}

Report::Report(std::unique_ptr<benchmark::BenchmarkReporter> display)
    : display_(std::move(display)),
      on_console_(dynamic_cast<benchmark::ConsoleReporter*>(display_.get()) != nullptr) {}

bool Report::ReportContext(const Context& context) {
  return display_->ReportContext(context);
}

void Report::ReportRuns(const std::vector<Run>& runs) {
  std::vector<Run> shown;
  for (const Run& run : runs) {
    Figure& figure = figures_[short_name(run.run_name)];
    const bool single = run.run_type == Run::RT_Iteration;
    if (run_failed(run)) {
      failed_ = true;
    } else if (single) {
      figure.repetitions.push_back(nanoseconds(run));
    } else if (run.aggregate_name == "median") {
      figure.reported_median = nanoseconds(run);
    }
    if (!on_console_ || run_failed(run) || run.repetitions <= 1 ||
        (!single && (run.aggregate_name == "median" || run.aggregate_name == "cv"))) {
      shown.push_back(run);
    }
  }
  if (!shown.empty()) display_->ReportRuns(shown);
}

void Report::Finalize() {
  display_->Finalize();
}

const Report::Figure* Report::find(std::string_view name) const {
  const auto found = figures_.find(name);
  return found == figures_.end() || found->second.quantile(0.5) <= 0 ? nullptr : &found->second;
}

int Report::print_ratios(std::ostream& out, std::span<const Comparison> comparisons) const {
  int missed = 0;
  bool first = true;
  const auto line = [&out](const char* format, auto... columns) {
    char text[256];
    std::snprintf(text, sizeof text, format, columns...);
    out << text << '\n';
  };
  for (const Comparison& comparison : comparisons) {
    const Figure* figure = find(comparison.figure);
    const Figure* control = find(comparison.control);
    if (figure == nullptr || control == nullptr) continue;
    if (std::exchange(first, false)) {
      out << "\nOf each repetition its quiet_ns; of those the first quartile, and the ratio of the "
             "medians.\n";
      line("%-22s %10s  %-22s %10s %7s %8s  %7s", "figure", "time", "control", "time", "ratio",
           "at most", "medians");
    }
    const double time = figure->quantile(0.25);
    const double control_time = control->quantile(0.25);
    std::string bound = "-";
    const char* verdict = "";
    if (comparison.at_most > 0) {
      bound = ratio_text(comparison.at_most, 1);
      const bool kept = time <= comparison.at_most * control_time;
      verdict = kept ? "ok" : "MISSED";
      if (!kept) ++missed;
    }
    line("%-22s %10s  %-22s %10s %7s %8s  %7s %s", std::string(comparison.figure).c_str(),
         time_text(time).c_str(), std::string(comparison.control).c_str(),
         time_text(control_time).c_str(), ratio_text(time, control_time).c_str(), bound.c_str(),
         ratio_text(figure->quantile(0.5), control->quantile(0.5)).c_str(), verdict);
  }
  return missed;
}

}  // namespace vgpu::bench
