#pragma once

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "vgpu/host/log.hpp"

namespace vgpu::host {

/// Writes lines to a descriptor that is not this process's stderr.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit DescriptorSink(int descriptor) : descriptor_(descriptor) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const char* at = line.data();
    std::size_t left = line.size();
    while (left != 0) {
      const ssize_t written = ::write(descriptor_, at, left);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;
      at += written;
      left -= static_cast<std::size_t>(written);
    }
  }
  void flush_() override {}

  int descriptor_;
};

/// Sends spdlog's default logger to stderr or to `descriptor`, as "time name[process] level: text".
inline void set_up_logging(const std::string& name, const std::string& level, int descriptor = -1) {
  spdlog::sink_ptr sink;
  if (descriptor >= 0) {
    sink = std::make_shared<DescriptorSink>(descriptor);
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  }
  auto logger = std::make_shared<spdlog::logger>(name, std::move(sink));
  logger->set_pattern("%H:%M:%S.%e %n[%P] %l: %v");
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

/// The host core's reports, through spdlog.
inline LogSink log_sink() {
  return [](LogLevel level, std::string_view line) {
    constexpr spdlog::level::level_enum levels[] = {spdlog::level::trace, spdlog::level::debug,
                                                    spdlog::level::info, spdlog::level::warn,
                                                    spdlog::level::err};
    spdlog::log(levels[static_cast<std::size_t>(level)], "{}", line);
  };
}

}  // namespace vgpu::host
