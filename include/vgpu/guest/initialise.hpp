#pragma once

/// \file
/// cuInit: the moment at which the guest's state comes into being.

#include <pthread.h>

#include <charconv>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vgpu/guest/connect.hpp"
#include "vgpu/guest/context_host.hpp"
#include "vgpu/guest/core.hpp"
#include "vgpu/memory/address_window.hpp"

namespace vgpu::guest {

namespace detail {

inline constinit std::mutex init_mutex;
inline constinit std::atomic<bool> initialising{false};
inline constinit bool fork_handler_set = false;

/// In the child nothing of the session is usable, nor may it be touched: the channels are the
/// parent's.
inline void after_fork_in_child() noexcept {
  if (phase.load(std::memory_order_relaxed) != Phase::uninitialised ||
      initialising.load(std::memory_order_relaxed)) {
    phase.store(Phase::forked, std::memory_order_relaxed);
  }
}

/// What CUDA_VISIBLE_DEVICES leaves of `devices`: the entries before the first that names none.
/// Ordinals of this process are those of the host, so a selection must be a beginning of the host's
/// list; any other is refused by leaving nothing, and `problem` says why.
inline std::vector<std::size_t> visible_devices(std::string_view selection,
                                                const std::vector<Device>& devices) {
  std::vector<std::size_t> chosen;
  while (!selection.empty()) {
    const std::size_t comma = selection.find(',');
    std::string_view entry = selection.substr(0, comma);
    selection = comma == std::string_view::npos ? "" : selection.substr(comma + 1);
    while (!entry.empty() && entry.front() == ' ') entry.remove_prefix(1);
    while (!entry.empty() && entry.back() == ' ') entry.remove_suffix(1);
    std::size_t index = devices.size();
    if (entry.starts_with("GPU-")) {
      std::size_t matches = 0;
      for (std::size_t i = 0; i < devices.size(); ++i) {
        static constexpr char digits[] = "0123456789abcdef";
        std::string name = "GPU-";
        for (std::size_t byte = 0; byte < devices[i].uuid.size(); ++byte) {
          if (byte == 4 || byte == 6 || byte == 8 || byte == 10) name += '-';
          const auto value = std::to_integer<unsigned>(devices[i].uuid[byte]);
          name += digits[value >> 4];
          name += digits[value & 15];
        }
        if (name.starts_with(entry)) {
          index = i;
          ++matches;
        }
      }
      if (matches != 1) break;
    } else {
      const auto parsed = std::from_chars(entry.data(), entry.data() + entry.size(), index);
      if (parsed.ec != std::errc{} || index >= devices.size()) break;
    }
    for (const std::size_t earlier : chosen) {
      if (earlier == index) return {};
    }
    chosen.push_back(index);
  }
  return chosen;
}

/// Applies CUDA_VISIBLE_DEVICES. The error says why the selection cannot be served.
inline support::Result<void> select_devices(std::vector<Device>& devices) {
  const char* selection = std::getenv("CUDA_VISIBLE_DEVICES");
  if (selection == nullptr) return {};
  const std::vector<std::size_t> chosen = visible_devices(selection, devices);
  if (chosen.empty()) {
    return support::Error{"CUDA_VISIBLE_DEVICES=\"" + std::string(selection) +
                          "\" leaves none of the host's " + std::to_string(devices.size()) +
                          " devices"};
  }
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (chosen[i] != i) {
      return support::Error{"CUDA_VISIBLE_DEVICES=\"" + std::string(selection) +
                            "\" reorders or skips devices, which a guest cannot do; set it for "
                            "vgpu-host instead"};
    }
  }
  devices.resize(chosen.size());
  return {};
}

inline CUresult no_device(const HostAddress& address, std::string_view reason) noexcept {
  log(LogLevel::error, "no device: ", address.url, " (", address.source, "): ", reason,
      "; start `vgpu-host --listen ", address.url,
      "` or set VGPU_HOST to the URL of a running one, and see `vgpu doctor`");
  return CUDA_ERROR_NO_DEVICE;
}

}  // namespace detail

/// Connects to the host through `dialer` and makes the guest's state. A second call of an
/// initialised process does nothing. CUDA_ERROR_NO_DEVICE, and one line on standard error, when no
/// host answers or it has no device; a later call tries again.
inline CUresult initialise_with(const HostAddress& address, Dialer dialer,
                                std::uint64_t window_bytes) noexcept {
  using namespace detail;
  switch (phase.load(std::memory_order_acquire)) {
    case Phase::ready:
      return CUDA_SUCCESS;
    case Phase::uninitialised:
      break;
    case Phase::lost:
    case Phase::forked:
      return phase_error(phase.load(std::memory_order_acquire));
  }
  try {
    const std::lock_guard lock(init_mutex);
    if (phase.load(std::memory_order_acquire) == Phase::ready) return CUDA_SUCCESS;
    if (!fork_handler_set) {
      if (::pthread_atfork(nullptr, nullptr, after_fork_in_child) != 0) {
        return CUDA_ERROR_OUT_OF_MEMORY;
      }
      fork_handler_set = true;
    }
    struct Flag {
      Flag() { initialising.store(true); }
      ~Flag() { initialising.store(false); }
    } const flag;
    auto opened = Session::open(std::move(dialer), address.url, window_bytes);
    if (!opened) return no_device(address, opened.message());
    if (opened->session->devices().empty()) {
      return no_device(address, "the host has no CUDA device");
    }
    if (auto selected = select_devices(opened->session->mutable_devices()); !selected) {
      return no_device(address, selected.error().message);
    }
    if (!thread_key_made.load(std::memory_order_relaxed)) {
      if (::pthread_key_create(&thread_key, end_thread) != 0) return CUDA_ERROR_OUT_OF_MEMORY;
      thread_key_made.store(true, std::memory_order_release);
    }
    static SessionContextHost* const context_host = new SessionContextHost;
    ThreadState& thread = ensure_thread_state();
    auto state = std::make_unique<Process>(std::move(opened->session), *context_host);
    thread.channel = std::move(opened->channel);
    state->first_channel = thread.channel.get();
    process.store(state.release(), std::memory_order_release);
    phase.store(Phase::ready, std::memory_order_release);
    const Session& session = *process.load()->session;
    log(LogLevel::info, "session with ", address.url, ": ", session.devices().size(),
        " device(s), CUDA ", session.driver_version(), ", backend ", session.backend(), " on ",
        session.host_name());
    return CUDA_SUCCESS;
  } catch (...) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
}

/// cuInit: the host is the one of host_address().
inline CUresult initialise() noexcept {
  if (detail::phase.load(std::memory_order_acquire) != detail::Phase::uninitialised) {
    const auto now = detail::phase.load(std::memory_order_acquire);
    return now == detail::Phase::ready ? CUDA_SUCCESS : detail::phase_error(now);
  }
  try {
    const HostAddress address = host_address();
    auto url = transport::parse_url(address.url);
    if (!url) return detail::no_device(address, url.message());
    return initialise_with(address, url_dialer(std::move(*url)), memory::window_bytes);
  } catch (...) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
}

}  // namespace vgpu::guest
