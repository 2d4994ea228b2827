#include "doctor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "cuda_runtime.hpp"
#include "elf_file.hpp"
#include "installation.hpp"
#include "library_search.hpp"
#include "private_host.hpp"
#include "probe.hpp"
#include "process.hpp"
#include "trace_reader.hpp"

namespace vgpu::tool {

namespace fs = std::filesystem;

namespace {

constexpr const char* driver_name = "libcuda.so.1";

/// Prints findings, one sentence or a few per line, and counts what is wrong.
class Report {
 public:
  void heading(std::string_view text) { fmt::print("\n{}\n", text); }
  void good(std::string_view text) { fmt::print("  ok     {}\n", text); }
  void note(std::string_view text) { fmt::print("  note   {}\n", text); }
  void wrong(std::string_view text) {
    fmt::print("  WRONG  {}\n", text);
    if (wrong_++ == 0) first_ = text;
  }
  void advice(std::string_view text) { fmt::print("         What to do: {}\n", text); }
  void quote(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) fmt::print("         | {}\n", line);
  }

  int finish() {
    if (wrong_ == 0) {
      fmt::print("\nNothing is wrong.\n");
    } else if (wrong_ == 1) {
      fmt::print("\nOne thing is wrong: {}\n", first_);
    } else {
      fmt::print("\n{} things are wrong; begin with the first: {}\n", wrong_, first_);
    }
    return wrong_ == 0 ? 0 : 1;
  }

 private:
  int wrong_ = 0;
  std::string first_;
};

class Doctor {
 public:
  Doctor(const DoctorOptions& options, const Installation& installation)
      : options_(options), installation_(installation) {}

  int run() {
    open_program();
    examine_library();
    examine_host();
    examine_runtimes();
    if (!options_.program.empty()) run_program();
    return report_.finish();
  }

 private:
  void open_program();
  void examine_library();
  void examine_host();
  void examine_runtimes();
  void examine_runtime(const CudaRuntime& runtime);
  void run_program();
  void explain_failure(const Ending& ending, const std::vector<TracedCall>& calls);
  [[nodiscard]] Environment guest_environment() const;
  [[nodiscard]] std::string run_command() const;

  const DoctorOptions& options_;
  const Installation& installation_;
  Report report_;
  std::optional<ElfFile> program_;
  std::vector<CudaRuntime> runtimes_;
  std::string host_url_;
  Probe probe_;
};

Environment Doctor::guest_environment() const {
  Environment environment;
  environment.prepend_path("LD_LIBRARY_PATH", installation_.guest_folder.string());
  environment.set("VGPU_HOST", host_url_);
  return environment;
}

std::string Doctor::run_command() const {
  return fmt::format(
      "{} run -- {}", installation_.executable.string(),
      options_.program.empty() ? "PROGRAM" : fmt::format("{}", fmt::join(options_.program, " ")));
}

void Doctor::open_program() {
  if (options_.program.empty()) return;
  report_.heading("The program");
  auto path = find_program(options_.program.front(), Environment());
  if (!path) {
    report_.wrong(fmt::format("It cannot be started: {}.", path.message()));
    return;
  }
  auto file = ElfFile::open(*path);
  if (!file) {
    report_.note(fmt::format("{}, perhaps a script; what it starts is examined only by running it.",
                             file.message()));
    return;
  }
  program_ = std::move(*file);
  report_.good(fmt::format("It is {}.", fs::absolute(*path).lexically_normal().string()));
}

void Doctor::examine_library() {
  report_.heading("1. The library that stands for the GPU's driver");
  const std::string who = options_.program.empty() ? "A program" : "The program";
  const ElfFile* program = program_ ? &*program_ : nullptr;
  const Environment as_is;
  const auto now = LibrarySearch(as_is, program).find_all(driver_name);
  if (now.empty()) {
    report_.note(
        fmt::format("{} started from this shell as it is finds no {}; `vgpu run` is what "
                    "shows it ours.",
                    who, driver_name));
  } else {
    const LibrarySearch::Found& first = now.front();
    const auto library = ElfFile::open(first.path);
    const DriverLibrary kind = library ? identify_driver_library(*library) : DriverLibrary::vendor;
    const std::string loads =
        fmt::format("{} started from this shell loads {}, because it is in {}", who,
                    first.path.string(), first.because);
    const bool chosen = first.because.find("LD_") != std::string::npos ||
                        first.because.find("RPATH") != std::string::npos;
    if (kind == DriverLibrary::ours) {
      report_.good(fmt::format("{}; it is vgpu's.", loads));
    } else if (kind == DriverLibrary::stub) {
      report_.wrong(
          fmt::format("{}; it is the stub of the CUDA toolkit, which is for linking only: "
                      "every call to it fails.",
                      loads));
      report_.advice(fmt::format(
          "take {} out of the search path, or start the program by `{}`, which "
          "puts {} first.",
          first.path.parent_path().string(), run_command(), installation_.guest_folder.string()));
    } else if (chosen) {
      report_.wrong(fmt::format("{}; it is not vgpu's but another driver's.", loads));
      report_.advice(fmt::format("put {} first in LD_LIBRARY_PATH, or start the program by `{}`.",
                                 installation_.guest_folder.string(), run_command()));
    } else {
      report_.note(fmt::format("{}; it is the driver of this machine, not vgpu's.", loads));
    }
    for (std::size_t i = 1; i < now.size(); ++i) {
      const auto other = ElfFile::open(now[i].path);
      if (kind != DriverLibrary::ours && other &&
          identify_driver_library(*other) == DriverLibrary::ours) {
        report_.note(fmt::format("vgpu's library {} is on the way too ({}), but comes later.",
                                 now[i].path.string(), now[i].because));
      }
    }
  }

  Environment with_ours;
  with_ours.prepend_path("LD_LIBRARY_PATH", installation_.guest_folder.string());
  const auto ours = LibrarySearch(with_ours, program).find(driver_name);
  const auto library = ours ? ElfFile::open(ours->path)
                            : support::Result<ElfFile>(support::Error{"it is not there"});
  if (library && identify_driver_library(*library) == DriverLibrary::ours) {
    report_.good(
        fmt::format("Started by `vgpu run` it loads {}, which is vgpu's.", ours->path.string()));
  } else if (ours) {
    report_.wrong(
        fmt::format("Even started by `vgpu run` it loads {}, because that is in {}, which "
                    "the linker searches before LD_LIBRARY_PATH.",
                    ours->path.string(), ours->because));
    report_.advice(
        "remove that entry: `unset LD_PRELOAD`, or `patchelf --remove-rpath` on a copy of "
        "the program.");
  } else {
    report_.wrong(fmt::format("{} cannot be read: {}.", installation_.guest_library.string(),
                              library.message()));
  }
}

void Doctor::examine_host() {
  report_.heading("2. The host");
  host_url_ = options_.host.empty() ? Environment().get("VGPU_HOST") : options_.host;
  const bool named = !host_url_.empty();
  if (!named) {
    auto host = start_private_host(installation_, options_.driver);
    if (!host) {
      report_.wrong(fmt::format(
          "No host is named (--host, VGPU_HOST), and none could be started: {}", host.message()));
      return;
    }
    host_url_ = host->url;
    report_.note(
        fmt::format("No host is named (--host, VGPU_HOST), so one was started, as `vgpu run` "
                    "does, on {}.",
                    host->driver.string()));
  }
  fs::path runtime;
  if (program_) {
    const Environment environment = guest_environment();
    runtimes_ = find_runtimes(*program_, LibrarySearch(environment, &*program_));
    for (const CudaRuntime& found : runtimes_) {
      if (found.shared) runtime = found.carrier;
    }
  }
  probe_ = probe_library(installation_, installation_.guest_library, guest_environment(), runtime);
  if (probe_.init < 0) {
    report_.wrong(fmt::format("{} could not be asked: {}.", installation_.guest_library.string(),
                              probe_.failure));
    report_.quote(probe_.standard_error);
    return;
  }
  if (probe_.init != 0) {
    report_.wrong(fmt::format("No host answers at {}: cuInit returned {} ({}).", host_url_,
                              probe_.init_name, probe_.init));
    if (!probe_.standard_error.empty()) {
      report_.note("The library's own words:");
      report_.quote(probe_.standard_error);
    }
    if (named) {
      report_.advice(
          fmt::format("start one there by `{} --listen {}`, or leave the host out and let "
                      "`vgpu run` start a private one.",
                      installation_.host.string(), host_url_));
    } else {
      report_.advice(
          "see what vgpu-host says on standard error; with VGPU_LOG=debug the library says more.");
    }
    return;
  }
  report_.good(fmt::format("The host at {} answers; its driver is for CUDA {}.", host_url_,
                           version_in_words(probe_.driver_version)));
  if (probe_.devices.empty()) {
    report_.wrong("It has no device.");
    report_.advice("look for CUDA_VISIBLE_DEVICES in the host's environment and in the program's.");
  }
  for (std::size_t i = 0; i < probe_.devices.size(); ++i) {
    const Probe::Device& device = probe_.devices[i];
    report_.good(fmt::format("Device {} is {}, with {:.1f} GiB and compute capability {}.{}.", i,
                             device.name, static_cast<double>(device.total_memory) / (1u << 30),
                             device.capability_major, device.capability_minor));
  }
}

void Doctor::examine_runtimes() {
  report_.heading("3. What the CUDA runtime asks beyond the public interface");
  if (probe_.init != 0) {
    report_.note("It cannot be examined before a host answers.");
  } else {
    if (!probe_.failure.empty()) {
      report_.wrong(fmt::format("The examination broke off: {}.", probe_.failure));
      report_.quote(probe_.standard_error);
    }
    int held = 0;
    for (const Probe::Table& table : probe_.tables) {
      if (table.complaint.empty()) {
        ++held;
      } else if (table.needed) {
        report_.wrong(fmt::format("Table {}: {}.", table.name, table.complaint));
        report_.advice("this is a fault of vgpu; please report it with this output.");
      } else {
        report_.note(fmt::format("Table {}: {}.", table.name, table.complaint));
      }
    }
    if (held > 0) {
      report_.good(fmt::format("{} of {} private tables hold.", held, probe_.tables.size()));
    }
    const auto bad = std::find_if(probe_.handshakes.begin(), probe_.handshakes.end(),
                                  [](const auto& shake) { return !shake.complaint.empty(); });
    if (bad != probe_.handshakes.end()) {
      report_.wrong(
          fmt::format("The handshake for version {}: {}; every call of that runtime fails "
                      "with error 103.",
                      bad->version, bad->complaint));
      report_.advice("this is a fault of vgpu; please report it with this output.");
    } else if (!probe_.handshakes.empty()) {
      report_.good("The handshake holds, for the runtimes of CUDA 11.8, 12.6 and 13.0.");
    }
  }
  if (program_ && runtimes_.empty()) {
    report_.note(
        "The program brings no CUDA runtime that can be seen from outside; it may open one "
        "later, or use the driver directly.");
  }
  for (const CudaRuntime& runtime : runtimes_) examine_runtime(runtime);
}

void Doctor::examine_runtime(const CudaRuntime& runtime) {
  const bool tried = runtime.shared && probe_.runtime_version != 0;
  const int version = tried ? probe_.runtime_version : runtime.version;
  const std::string what =
      runtime.shared
          ? fmt::format("The program loads a shared CUDA runtime, {}", runtime.carrier.string())
          : fmt::format("{} has a static CUDA runtime inside", runtime.carrier.string());
  if (version == 0) {
    report_.note(fmt::format("{}, whose version it does not tell.", what));
    return;
  }
  report_.note(fmt::format("{}, of CUDA {}.", what, version_in_words(version)));
  if (probe_.init != 0) return;
  if (probe_.driver_version / 1000 < version / 1000) {
    report_.wrong(fmt::format(
        "The host's driver is for CUDA {} and older than this runtime of CUDA {}: every call fails "
        "with \"CUDA driver version is insufficient for CUDA runtime version\" (error 35).",
        version_in_words(probe_.driver_version), version_in_words(version)));
    report_.advice(
        fmt::format("update the driver on the host to one for CUDA {}.0 or later, or build "
                    "the program with a toolkit of CUDA {}.",
                    version / 1000, probe_.driver_version / 1000));
  } else if (tried && probe_.runtime_result != 0) {
    report_.wrong(fmt::format("Its cudaGetDeviceCount fails: {} (error {}).", probe_.runtime_error,
                              probe_.runtime_result));
    report_.quote(probe_.standard_error);
  } else if (tried) {
    report_.good(fmt::format("Its cudaGetDeviceCount says {}.", probe_.runtime_devices));
  } else {
    report_.good("The host's driver is new enough for it.");
  }
}

void Doctor::run_program() {
  report_.heading("4. The program, run as `vgpu run` would");
  if (host_url_.empty()) {
    report_.note("It is not run, since there is no host.");
    return;
  }
  std::error_code ignored;
  std::string folder = (fs::temp_directory_path(ignored) / "vgpu-doctor-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    report_.wrong(fmt::format("There is no place for the trace: cannot make {}.", folder));
    return;
  }
  const fs::path trace = fs::path(folder) / "trace";
  Environment environment = guest_environment();
  environment.set("VGPU_TRACE", trace.string());
  std::fflush(stdout);
  const auto ending = run_foreground(options_.program, environment);
  if (!ending) {
    report_.wrong(fmt::format("It could not be started: {}.", ending.message()));
  } else {
    const std::vector<TracedCall> calls = read_trace(trace);
    if (ending->success()) {
      report_.good(fmt::format("It {} after {} driver calls.", ending->in_words(), calls.size()));
    } else {
      explain_failure(*ending, calls);
    }
  }
  fs::remove_all(folder, ignored);
}

void Doctor::explain_failure(const Ending& ending, const std::vector<TracedCall>& calls) {
  report_.wrong(fmt::format("It {} after {} driver calls.", ending.in_words(), calls.size()));
  const auto failed = std::find_if(calls.begin(), calls.end(), [](const TracedCall& call) {
    return call.failed() && !expected_failure(call);
  });
  if (failed == calls.end()) {
    if (calls.empty()) {
      report_.note(
          "It made no driver call: it failed before it came to CUDA, or its CUDA runtime did "
          "not load our library.");
    } else {
      report_.note(
          fmt::format("No driver call failed that should not; the last one was {}({}) = {}. The "
                      "reason is in the "
                      "program or in its CUDA runtime.",
                      calls.back().symbol, calls.back().arguments, calls.back().result));
    }
    return;
  }
  report_.note(fmt::format("The first driver call that failed is number {}: {}({}) = {}.",
                           failed - calls.begin() + 1, failed->symbol, failed->arguments,
                           failed->result));
  const std::string_view result = failed->result;
  if (result == "CUDA_ERROR_NOT_SUPPORTED" || result == "801") {
    report_.advice(
        fmt::format("vgpu does not serve {} yet (`vgpu coverage` lists what it serves); "
                    "please report that the program needs it.",
                    failed->symbol));
  } else if (result == "CUDA_ERROR_OUT_OF_MEMORY" || result == "2") {
    report_.advice("give the host a device with more memory, or the program a smaller task.");
  } else if (result == "CUDA_ERROR_NO_BINARY_FOR_GPU" || result == "209") {
    report_.advice(
        "compile the program so that it carries PTX for compute capability 7.5 or the "
        "device's own (nvcc -gencode arch=compute_75,code=compute_75).");
  } else if (result == "CUDA_ERROR_NO_DEVICE" || result == "100") {
    report_.advice("see what part 2 above says about the host.");
  } else {
    report_.advice(
        fmt::format("see what the CUDA documentation says about {} and that error; with "
                    "VGPU_LOG=debug the library tells its reason.",
                    failed->symbol));
  }
}

}  // namespace

int doctor(const DoctorOptions& options) {
  const auto installation = find_installation();
  if (!installation) {
    fmt::print("  WRONG  {}\n", installation.message());
    return 1;
  }
  return Doctor(options, *installation).run();
}

}  // namespace vgpu::tool
