#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <set>
#include <string>

#include "driver.hpp"
#include "event.hpp"
#include "graph.hpp"
#include "pool.hpp"
#include "virtual_memory.hpp"

namespace vgpu::softdevice {
namespace {

std::atomic<Driver*> instance{nullptr};
std::atomic<bool> forked{false};
std::mutex init_mutex;

unsigned long long environment_number(const char* name, unsigned long long fallback) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return fallback;
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text, &end, 0);
  if (end == text || *end != '\0') {
    log_line(std::string("ignored ") + name + "=" + text + ": not a number");
    return fallback;
  }
  return value;
}

/// How many of `count` devices CUDA_VISIBLE_DEVICES leaves: those of its list up to the first
/// number that no device has, each once; all where it is not set. They are all alike, so which ones
/// does not matter.
unsigned long long visible_devices(unsigned long long count) {
  const char* text = std::getenv("CUDA_VISIBLE_DEVICES");
  if (text == nullptr) return count;
  std::set<unsigned long long> seen;
  while (*text >= '0' && *text <= '9') {
    char* end = nullptr;
    const unsigned long long number = std::strtoull(text, &end, 10);
    if (number >= count || !seen.insert(number).second) break;
    text = *end == ',' ? end + 1 : "";
  }
  return seen.size();
}

std::size_t default_memory() {
  const auto pages = static_cast<std::size_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
  const auto page = static_cast<std::size_t>(std::max(1L, ::sysconf(_SC_PAGESIZE)));
  return std::min(std::size_t{8} << 30, pages / 2 * page);
}

}  // namespace

bool is_initialised() noexcept {
  return instance.load(std::memory_order_acquire) != nullptr &&
         !forked.load(std::memory_order_relaxed);
}

namespace {

enum class LogChoice { none, important, all };

LogChoice log_choice() noexcept {
  static const LogChoice choice = [] {
    const char* value = std::getenv("VGPU_SOFT_LOG");
    if (value == nullptr || *value == '\0') return LogChoice::important;
    return std::string_view(value) == "0" ? LogChoice::none : LogChoice::all;
  }();
  return choice;
}

void write_line(std::string_view text) noexcept {
  std::fprintf(stderr, "vgpu-softdevice: %.*s\n", static_cast<int>(text.size()), text.data());
}

}  // namespace

void log_line(std::string_view text) noexcept {
  if (log_choice() == LogChoice::all) write_line(text);
}

void tell(std::string_view text) noexcept {
  if (log_choice() != LogChoice::none) write_line(text);
}

Driver& driver() noexcept {
  return *instance.load(std::memory_order_acquire);
}

Device* find_device(CUdevice device) noexcept {
  auto& devices = driver().devices;
  if (device < 0 || static_cast<std::size_t>(device) >= devices.size()) return nullptr;
  return devices[static_cast<std::size_t>(device)].get();
}

}  // namespace vgpu::softdevice

using namespace vgpu::softdevice;

extern "C" {

CUresult cuInit(unsigned int flags) {
  return guarded([&]() -> CUresult {
    if (forked) return CUDA_ERROR_NOT_INITIALIZED;
    if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
    const std::lock_guard lock(init_mutex);
    if (instance.load() != nullptr) return CUDA_SUCCESS;
    const auto capability = environment_number("VGPU_SOFT_CC", default_capability);
    const auto count =
        visible_devices(std::clamp(environment_number("VGPU_SOFT_DEVICES", 1), 1ULL, 8ULL));
    if (count == 0) return CUDA_ERROR_NO_DEVICE;
    const auto memory = environment_number("VGPU_SOFT_MEMORY", default_memory());
    if (capability < 50 || capability > 129 || memory < (1U << 20)) {
      log_line("VGPU_SOFT_CC must lie between 50 and 129, VGPU_SOFT_MEMORY be 1 MiB or more");
      return CUDA_ERROR_NO_DEVICE;
    }
    pthread_atfork(nullptr, nullptr, [] { forked = true; });
    auto made = std::make_unique<Driver>();
    constexpr unsigned long long longest = 1'000'000'000;  // seconds
    made->kernel_time =
        std::chrono::seconds(std::min(environment_number("VGPU_SOFT_TIMEOUT", 0), longest));
    made->lateness =
        std::chrono::microseconds(std::min(environment_number("VGPU_SOFT_LATE", 0), longest));
    for (unsigned long long i = 0; i < count; ++i) {
      auto device = std::make_unique<Device>(static_cast<int>(i), static_cast<int>(capability),
                                             static_cast<std::size_t>(memory));
      if (device->memory().capacity() == 0) {
        log_line("no address space for the device's memory");
        return CUDA_ERROR_OUT_OF_MEMORY;
      }
      device->primary()->handle = made->contexts.add(device->primary());
      made->devices.push_back(std::move(device));
    }
    Driver* const all = made.release();
    for (const auto& device : all->devices) create_default_pool(*all, *device);
    instance.store(all, std::memory_order_release);
    return CUDA_SUCCESS;
  });
}

CUresult cuDriverGetVersion(int* version) {
  if (version == nullptr) return CUDA_ERROR_INVALID_VALUE;
  // For tests of what a program says to an older driver; its surface stays that of this build.
  const char* claimed = std::getenv("VGPU_SOFT_DRIVER_VERSION");
  const int parsed = claimed != nullptr ? std::atoi(claimed) : 0;
  *version = parsed > 0 && parsed < CUDA_VERSION ? parsed : CUDA_VERSION;
  return CUDA_SUCCESS;
}

}  // extern "C"
