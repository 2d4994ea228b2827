#include "kernel_output.hpp"

#include <cstdio>
#include <utility>

namespace vgpu::softdevice {

void KernelOutput::reset(std::size_t capacity) {
  const std::lock_guard lock(mutex_);
  texts_.clear();
  complaints_.clear();
  used_ = 0;
  capacity_ = capacity;
  printed_ = false;
  waiting_ = false;
}

bool KernelOutput::set_capacity(std::size_t capacity) {
  const std::lock_guard lock(mutex_);
  if (printed_) return false;
  capacity_ = capacity;
  return true;
}

void KernelOutput::print(std::string text) {
  const std::lock_guard lock(mutex_);
  printed_ = true;
  used_ += record_bytes + text.size();
  texts_.push_back(std::move(text));
  while (used_ > capacity_ && !texts_.empty()) {
    used_ -= record_bytes + texts_.front().size();
    texts_.pop_front();
  }
  waiting_.store(true, std::memory_order_release);
}

void KernelOutput::complain(std::string line) {
  line += '\n';
  const std::lock_guard lock(mutex_);
  complaints_ += line;
  waiting_.store(true, std::memory_order_release);
}

void KernelOutput::show() noexcept {
  if (!waiting_.load(std::memory_order_acquire) && !being_shown_.load(std::memory_order_acquire))
    return;
  const std::lock_guard order(showing_);
  being_shown_.store(true, std::memory_order_relaxed);
  std::deque<std::string> texts;
  std::string complaints;
  {
    const std::lock_guard lock(mutex_);
    texts.swap(texts_);
    complaints.swap(complaints_);
    used_ = 0;
    waiting_.store(false, std::memory_order_release);
  }
  for (const std::string& text : texts) std::fwrite(text.data(), 1, text.size(), stdout);
  if (!texts.empty()) std::fflush(stdout);
  if (!complaints.empty()) {
    std::fwrite(complaints.data(), 1, complaints.size(), stderr);
    std::fflush(stderr);
  }
  being_shown_.store(false, std::memory_order_release);
}

}  // namespace vgpu::softdevice
