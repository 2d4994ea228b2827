#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <string>

#include "compare/compare.hpp"
#include "runner/child.hpp"
#include "runner/missing.hpp"
#include "runner/options.hpp"
#include "self_test/self_test.hpp"
#include "wire/guest_program.hpp"
#include "wire/run.hpp"

namespace {

using namespace vgpu::conformance;

/// Sets `code` to the exit code of what was asked for. A subcommand is a folder with a function.
void define(CLI::App& app, int& code) {
  app.set_version_flag("--version", "vgpu-conformance " VGPU_VERSION);
  app.require_subcommand(0, 1);

  static RunOptions run;
  app.add_option("--driver", run.driver,
                 "library under test, shaped like libcuda.so.1; default: our guest on a host")
      ->check(CLI::ExistingFile);
  app.add_option("--prefix", run.prefix,
                 "installation with our guest, host and software device; default: this program's")
      ->check(CLI::ExistingDirectory);
  app.add_option("--host", run.host, "URL of the host for the guest; default: a private one");
  app.add_option("--backend", run.backend,
                 "library a private host executes on; default: the software device")
      ->check(CLI::ExistingFile);
  app.add_option("--transport", run.transport, "how the guest reaches a private host")
      ->check(CLI::IsMember({"shm", "unix", "tcp"}))
      ->capture_default_str();
  app.add_option("--filter", run.filter,
                 "suites or suite.test, with * and ? (\"*Capture*\" finds either), separated by "
                 "':'; after '-' unwanted ones");
  app.add_flag("--list", run.list, "print the tests, run none");
  app.add_option("--report", run.report, "folder for report.html, report.json and junit.xml");
  app.add_option("--jobs", run.jobs, "test processes at a time")->capture_default_str();
  app.add_option("--timeout", run.timeout_seconds, "seconds for one test")->capture_default_str();
  app.add_option("--seed", run.seed, "of the random data; default: another one in every run");

  static CompareOptions compare;
  CLI::App* compare_app = app.add_subcommand("compare", "print how two runs differ");
  compare_app->add_option("first", compare.first, "report.json of one run")->required();
  compare_app->add_option("second", compare.second, "report.json of the other")->required();
  compare_app->add_option("--reasons", compare.reasons,
                          "JSON object: test pattern -> why the two may differ in it");
  compare_app->callback([&code] { code = compare_reports(compare); });

  static MissingOptions missing;
  CLI::App* missing_app = app.add_subcommand(
      "missing", "print served functions whose conformance file is missing or incomplete");
  missing_app->add_option("--source", missing.source, "conformance/ of the source tree");
  missing_app->callback([&code] { code = print_missing(missing); });

  static SelfTestOptions self;
  CLI::App* self_app =
      app.add_subcommand("self-test", "run the suite on drivers that are wrong in one way each");
  self_app->add_option("--mutant", self.mutants, "names with * and ?, separated by ':'");
  self_app
      ->add_option("--driver", self.driver,
                   "right library behind them; default: the software device")
      ->check(CLI::ExistingFile);
  self_app->add_option("--prefix", self.prefix, "installation with the software device")
      ->check(CLI::ExistingDirectory);
  self_app->add_flag("--full", self.full, "the whole suite on each, not only what it names");
  self_app->add_flag(
      "--symbols", self.symbols,
      "in their place, drivers in which a symbol does nothing or what its variant does");
  self_app->add_flag("--list", self.list, "print the mutants, run none");
  self_app->add_option("--jobs", self.jobs, "mutants at a time")->capture_default_str();
  self_app->add_option("--timeout", self.timeout_seconds, "seconds for one test")
      ->capture_default_str();
  self_app->add_option("--seed", self.seed, "of the random data");
  self_app->callback([&code] { code = self_test(self); });

  static wire::Options wire;
  CLI::App* wire_app = app.add_subcommand(
      "wire", "check a host (or, with --listen, a guest) against the protocol itself");
  wire_app->add_option("--connect", wire.connect,
                       "URL of the host; default: a private vgpu-host on the software device");
  wire_app->add_option(
      "--listen", wire.listen,
      "URL at which to be a host for the guest; or shm, unix, tcp for a place of its own");
  wire_app->add_option("--token", wire.token, "what the host wants; default: VGPU_TOKEN");
  wire_app->add_option("--prefix", wire.prefix, "installation of vgpu; default: this program's")
      ->check(CLI::ExistingDirectory);
  wire_app->add_option("--transport", wire.transport, "of a private host")
      ->check(CLI::IsMember({"shm", "unix", "tcp"}))
      ->default_str("shm")
      ->default_val("shm");
  wire_app
      ->add_option("--backend", wire.backend,
                   "library a private host executes on; default: the software device")
      ->check(CLI::ExistingFile);
  wire_app->add_flag("--wait", wire.wait, "with --listen: start no guest, wait for one");
  wire_app->add_option("program", wire.program,
                       "with --listen, after --: the guest to start; default: a small program on "
                       "our libcuda.so.1");
  wire_app->add_option("--filter", wire.filter, "as above");
  wire_app->add_flag("--list", wire.list, "print the tests, run none");
  wire_app->add_option("--report", wire.report, "folder for the reports");
  wire_app->add_option("--jobs", wire.jobs, "test processes at a time")->capture_default_str();
  wire_app->add_option("--timeout", wire.timeout_seconds, "seconds for one test")
      ->capture_default_str();
  wire_app
      ->add_option("--patience", wire.patience_milliseconds,
                   "milliseconds that the peer may take for any one step")
      ->capture_default_str();
  wire_app->add_option("--seed", wire.seed, "of the random data");
  wire_app->callback([&code] { code = wire::run(wire); });

  static ChildOptions child;
  CLI::App* child_app = app.add_subcommand("child", "")->group("");
  child_app->add_option("--report-fd", child.report_fd)->required();
  child_app->add_option("--driver", child.driver);
  child_app->add_option("--wire-connect", child.wire_connect);
  child_app->add_option("--wire-listen", child.wire_listen);
  child_app->add_option("--wire-program", child.wire_program);
  child_app->add_option("--wire-patience", child.wire_patience);
  child_app->add_flag("--wire-own-program", child.wire_own_program);
  child_app->add_option("--tests", child.filter);
  child_app->add_option("--seed", child.seed);
  child_app->add_flag("--describe", child.describe);
  child_app->callback([&code] { code = run_child(child); });

  static std::string guest_driver;
  CLI::App* guest_app = app.add_subcommand("guest-program", "")->group("");
  guest_app->add_option("--driver", guest_driver)->required();
  guest_app->callback([&code] { code = wire::run_guest_program(guest_driver); });

  app.callback([&app, &code] {
    if (app.get_subcommands().empty()) code = run_suite(run);
  });
}

}  // namespace

int main(int argc, char** argv) {
  // GoogleTest's own flags are no part of this program; it still has to be initialised.
  int gtest_argc = 1;
  testing::InitGoogleTest(&gtest_argc, argv);
  CLI::App app("Checks a CUDA-driver-shaped library against what CUDA documents and does.",
               "vgpu-conformance");
  int code = 0;
  define(app, code);
  CLI11_PARSE(app, argc, argv);
  return code;
}
