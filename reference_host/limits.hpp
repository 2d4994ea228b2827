#pragma once

/// \file
/// The budgets of a guest that the command line can set.

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "vgpu/host/session.hpp"
#include "vgpu/support/result.hpp"

namespace vgpu::host {

/// For --help: the names that apply_limit() knows.
inline constexpr std::string_view limit_names =
    "objects, ranges, channels, message-bytes, scratch-bytes, staging-bytes, device-bytes";

/// Sets one limit from "name=number". The error is a sentence.
inline support::Result<void> apply_limit(SessionLimits& limits, std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const std::string_view digits = equals == text.npos ? "" : text.substr(equals + 1);
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || problem != std::errc{} || end != digits.data() + digits.size()) {
    return support::Error{"\"" + std::string(text) + "\" is no limit, as in objects=100000"};
  }
  if (name == "objects") {
    limits.objects = value;
  } else if (name == "ranges") {
    limits.ranges = value;
  } else if (name == "channels") {
    limits.channels = value;
  } else if (name == "message-bytes") {
    limits.message_bytes = value;
  } else if (name == "scratch-bytes") {
    limits.scratch_bytes = value;
  } else if (name == "staging-bytes") {
    limits.staging_bytes = value;
  } else if (name == "device-bytes") {
    limits.device_bytes = value;
  } else {
    return support::Error{"no limit is called \"" + std::string(name) + "\"; there are " +
                          std::string(limit_names)};
  }
  return {};
}

}  // namespace vgpu::host
