#define __CUDA_API_VERSION_INTERNAL

#include "probe.hpp"

#include <cuda.h>
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "integrity.hpp"
#include "runtime_tables.hpp"

namespace vgpu::tool {

namespace {

using nlohmann::json;

template <class Function>
Function* symbol(void* library, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(library, name));
}

/// The driver calls that the runtime makes at its start.
struct Driver {
  explicit Driver(void* library)
      : init(symbol<decltype(cuInit)>(library, "cuInit")),
        version(symbol<decltype(cuDriverGetVersion)>(library, "cuDriverGetVersion")),
        error_name(symbol<decltype(cuGetErrorName)>(library, "cuGetErrorName")),
        device_count(symbol<decltype(cuDeviceGetCount)>(library, "cuDeviceGetCount")),
        device(symbol<decltype(cuDeviceGet)>(library, "cuDeviceGet")),
        device_name(symbol<decltype(cuDeviceGetName)>(library, "cuDeviceGetName")),
        total_memory(symbol<decltype(cuDeviceTotalMem_v2)>(library, "cuDeviceTotalMem_v2")),
        attribute(symbol<decltype(cuDeviceGetAttribute)>(library, "cuDeviceGetAttribute")),
        uuid(symbol<decltype(cuDeviceGetUuid_v2)>(library, "cuDeviceGetUuid_v2")),
        export_table(symbol<decltype(cuGetExportTable)>(library, "cuGetExportTable")) {}

  [[nodiscard]] bool complete() const {
    return init && version && error_name && device_count && device && device_name && total_memory &&
           attribute && uuid && export_table;
  }

  decltype(cuInit)* init;
  decltype(cuDriverGetVersion)* version;
  decltype(cuGetErrorName)* error_name;
  decltype(cuDeviceGetCount)* device_count;
  decltype(cuDeviceGet)* device;
  decltype(cuDeviceGetName)* device_name;
  decltype(cuDeviceTotalMem_v2)* total_memory;
  decltype(cuDeviceGetAttribute)* attribute;
  decltype(cuDeviceGetUuid_v2)* uuid;
  decltype(cuGetExportTable)* export_table;
};

const std::uint64_t* get_table(const Driver& driver, const RuntimeTable& table, CUresult& result) {
  CUuuid uuid;
  std::memcpy(uuid.bytes, table.uuid.data(), sizeof uuid.bytes);
  const void* words = nullptr;
  result = driver.export_table(&words, &uuid);
  return static_cast<const std::uint64_t*>(words);
}

std::string examine_table(const Driver& driver, const RuntimeTable& table) {
  CUresult result = CUDA_SUCCESS;
  const std::uint64_t* words = get_table(driver, table, result);
  if (result != CUDA_SUCCESS) return "refused with CUresult " + std::to_string(result);
  if (words == nullptr) return "granted, but NULL";
  if (table.least_words != 0) {
    if (words[0] % 8 != 0 || words[0] / 8 < table.least_words) {
      return "too short: it says that it has " + std::to_string(words[0]) + " bytes, and " +
             std::to_string(table.least_words * 8) + " are needed";
    }
  }
  for (const int slot : table.slots) {
    if (slot != 0 && words[slot] == 0) return "slot " + std::to_string(slot) + " is NULL";
  }
  return {};
}

std::vector<IntegrityDevice> integrity_devices(const Driver& driver) {
  int count = 0;
  driver.device_count(&count);
  std::vector<IntegrityDevice> devices;
  for (int ordinal = 0; ordinal < count; ++ordinal) {
    IntegrityDevice entry{};
    CUuuid uuid{};
    driver.uuid(&uuid, ordinal);
    std::memcpy(entry.uuid.data(), uuid.bytes, sizeof uuid.bytes);
    driver.attribute(&entry.pci_domain, CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID, ordinal);
    driver.attribute(&entry.pci_bus, CU_DEVICE_ATTRIBUTE_PCI_BUS_ID, ordinal);
    driver.attribute(&entry.pci_device, CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID, ordinal);
    devices.push_back(entry);
  }
  return devices;
}

std::string examine_handshake(const Driver& driver, int driver_version, unsigned version) {
  CUresult result = CUDA_SUCCESS;
  const std::uint64_t* interface = get_table(driver, runtime_interface, result);
  const std::uint64_t* integrity = get_table(driver, integrity_table, result);
  if (interface == nullptr || integrity == nullptr || integrity[1] == 0) {
    return "the tables that it needs are missing";
  }
  const IntegrityInput input{static_cast<std::uint32_t>(driver_version),
                             version,
                             static_cast<std::uint32_t>(::getpid()),
                             static_cast<std::uint32_t>(::pthread_self()),
                             reinterpret_cast<std::uint64_t>(interface),
                             reinterpret_cast<std::uint64_t>(integrity),
                             integrity[1],
                             static_cast<std::uint64_t>(std::time(nullptr))};
  using Check = CUresult(unsigned, std::uint64_t, Digest*);
  Digest answer{};
  result = reinterpret_cast<Check*>(integrity[1])(version, input.unix_seconds, &answer);
  if (result != CUDA_SUCCESS) return "refused with CUresult " + std::to_string(result);
  if (answer != expected_integrity(input, integrity_devices(driver))) {
    return "the answer is not the one that the runtime computes";
  }
  return {};
}

void examine_devices(const Driver& driver, json& report) {
  int count = 0;
  if (driver.device_count(&count) != CUDA_SUCCESS) count = 0;
  for (int ordinal = 0; ordinal < count; ++ordinal) {
    char name[256] = "";
    std::size_t memory = 0;
    int major = 0;
    int minor = 0;
    CUdevice device = 0;
    driver.device(&device, ordinal);
    driver.device_name(name, sizeof name, device);
    driver.total_memory(&memory, device);
    driver.attribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device);
    driver.attribute(&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device);
    report["devices"].push_back(
        {{"name", name}, {"total_memory", memory}, {"major", major}, {"minor", minor}});
  }
}

void examine_runtime(const std::string& path, json& report) {
  void* runtime = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (runtime == nullptr) return;
  auto* version = symbol<int(int*)>(runtime, "cudaRuntimeGetVersion");
  auto* count = symbol<int(int*)>(runtime, "cudaGetDeviceCount");
  auto* text = symbol<const char*(int)>(runtime, "cudaGetErrorString");
  if (version == nullptr || count == nullptr || text == nullptr) return;
  int value = 0;
  version(&value);
  report["runtime_version"] = value;
  value = 0;
  const int result = count(&value);
  report["runtime_result"] = result;
  report["runtime_error"] = text(result);
  report["runtime_devices"] = value;
}

/// Sends what is known so far; a later call of the library may crash.
void send(const json& report, int fd) {
  const std::string line = report.dump() + "\n";
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t written = ::write(fd, line.data() + sent, line.size() - sent);
    if (written <= 0) return;
    sent += static_cast<std::size_t>(written);
  }
}

void examine(void* library, const std::string& runtime, bool brief, int report_fd, json& report) {
  const Driver driver(library);
  if (!driver.complete()) {
    report["failure"] = "it lacks functions that every libcuda.so.1 exports";
    return;
  }
  link_map* map = nullptr;
  if (::dlinfo(library, RTLD_DI_LINKMAP, &map) == 0) report["loaded"] = map->l_name;
  report["during"] = "cuInit";
  send(report, report_fd);
  const CUresult init = driver.init(0);
  report["init"] = static_cast<int>(init);
  const char* name = nullptr;
  driver.error_name(init, &name);
  report["init_name"] = name != nullptr ? name : "unknown error";
  int version = 0;
  driver.version(&version);
  report["driver_version"] = version;
  report["during"] = "the questions about devices";
  send(report, report_fd);
  if (init == CUDA_SUCCESS) examine_devices(driver, report);
  if (brief) return;
  report["during"] = "the questions about private tables";
  send(report, report_fd);
  for (const RuntimeTable& table : runtime_tables) {
    report["tables"].push_back({{"name", table.name},
                                {"needed", table.needed},
                                {"complaint", examine_table(driver, table)}});
  }
  if (init == CUDA_SUCCESS) {
    report["during"] = "the handshake";
    send(report, report_fd);
    for (const unsigned base : {11080u, 12060u, 13000u}) {
      for (unsigned step = 0; step < 3; ++step) {
        report["handshakes"].push_back(
            {{"version", base + step},
             {"complaint", examine_handshake(driver, version, base + step)}});
      }
    }
  }
  if (!runtime.empty()) {
    report["during"] = "the CUDA runtime's own start";
    send(report, report_fd);
    examine_runtime(runtime, report);
  }
}

Probe parse(const std::string& line) {
  Probe probe;
  const json report = json::parse(line, nullptr, false);
  if (report.is_discarded()) {
    probe.failure = "the probe did not get as far as opening it";
    return probe;
  }
  probe.failure = report.value("failure", "");
  probe.loaded = report.value("loaded", "");
  probe.init = report.value("init", -1);
  probe.init_name = report.value("init_name", "");
  probe.driver_version = report.value("driver_version", 0);
  for (const json& device : report.value("devices", json::array())) {
    probe.devices.push_back(
        {device.at("name"), device.at("total_memory"), device.at("major"), device.at("minor")});
  }
  for (const json& table : report.value("tables", json::array())) {
    probe.tables.push_back({table.at("name"), table.at("needed"), table.at("complaint")});
  }
  for (const json& handshake : report.value("handshakes", json::array())) {
    probe.handshakes.push_back({handshake.at("version"), handshake.at("complaint")});
  }
  probe.runtime_version = report.value("runtime_version", 0);
  probe.runtime_result = report.value("runtime_result", -1);
  probe.runtime_error = report.value("runtime_error", "");
  probe.runtime_devices = report.value("runtime_devices", 0);
  return probe;
}

}  // namespace

int run_probe(const std::string& library, const std::string& runtime, bool brief, int report_fd) {
  json report;
  void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    report["failure"] = ::dlerror();
  } else {
    examine(handle, runtime, brief, report_fd, report);
  }
  report["complete"] = true;
  send(report, report_fd);
  return 0;
}

Probe probe_library(const Installation& installation, const std::filesystem::path& library,
                    const Environment& environment, const std::filesystem::path& runtime) {
  std::vector<std::string> arguments = {installation.executable.string(), "probe", "--library",
                                        library.string()};
  if (library != installation.guest_library) arguments.emplace_back("--brief");
  if (!runtime.empty()) {
    arguments.emplace_back("--runtime");
    arguments.push_back(runtime.string());
  }
  auto captured =
      run_captured(std::move(arguments), environment, "--report-fd", std::chrono::seconds(60));
  if (!captured) {
    Probe probe;
    probe.failure = captured.message();
    return probe;
  }
  // The last line that arrived whole.
  std::string text = captured->report.substr(0, captured->report.rfind('\n'));
  const std::size_t last = text.rfind('\n');
  if (last != std::string::npos) text.erase(0, last + 1);
  Probe probe = parse(text);
  probe.standard_error = captured->errors;
  const json report = json::parse(text, nullptr, false);
  const bool complete = !report.is_discarded() && report.value("complete", false);
  if (!complete && probe.failure.empty()) {
    const std::string during = report.is_discarded() ? "" : report.value("during", "");
    probe.failure = "the probing process " + captured->ending.in_words() +
                    (during.empty() ? "" : " during " + during);
  }
  return probe;
}

}  // namespace vgpu::tool
