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

std::string number_text(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", number);
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
      const double time = nanoseconds(run);
      figure.repetitions.push_back(time);
      for (const auto& [name, counter] : run.counters) {
        if (name != quiet_counter) figure.paired[name].emplace_back(time, counter.value);
      }
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
      out << "\npaired: medians over the repetitions, each with its control measured beside it; "
             "else "
             "first quartiles of both.\n";
      line("%-34s %10s  %-32s %10s %7s %8s", "figure", "time", "control", "time", "ratio",
           "at most");
    }
    double time = figure->quantile(0.25);
    double control_time = control->quantile(0.25);
    double ratio = time / control_time;
    const char* how = "";
    const auto paired = figure->paired.find(comparison.control);
    if (paired != figure->paired.end()) {
      std::vector<double> times;
      std::vector<double> control_times;
      std::vector<double> ratios;
      for (const auto& [one, beside] : paired->second) {
        times.push_back(one);
        control_times.push_back(beside);
        ratios.push_back(one / beside);
      }
      time = bench::quantile(times, 0.5);
      control_time = bench::quantile(control_times, 0.5);
      ratio = bench::quantile(ratios, 0.5);
      how = "paired";
    }
    std::string bound = "-";
    const char* verdict = "";
    if (comparison.at_most > 0) {
      bound = number_text(comparison.at_most);
      const bool kept = ratio <= comparison.at_most;
      verdict = kept ? "ok" : "MISSED";
      if (!kept) ++missed;
    }
    line("%-34s %10s  %-32s %10s %7s %8s  %-6s %s", std::string(comparison.figure).c_str(),
         time_text(time).c_str(), std::string(comparison.control).c_str(),
         time_text(control_time).c_str(), number_text(ratio).c_str(), bound.c_str(), how, verdict);
  }
  return missed;
}

}  // namespace vgpu::bench
