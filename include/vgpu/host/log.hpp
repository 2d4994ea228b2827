#pragma once

/// \file
/// How the host core reports what it has to say; the program around it decides where that goes.

#include <cstdint>
#include <functional>
#include <string_view>

namespace vgpu::host {

enum class LogLevel : std::uint8_t { trace, debug, info, warning, error };

/// Takes one line without its newline. Called from any thread.
using LogSink = std::function<void(LogLevel, std::string_view)>;

}  // namespace vgpu::host
