#pragma once

/// \file
/// What kernels print, kept until CUDA shows it.

#include <atomic>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>

namespace vgpu::softdevice {

/// The printf buffer of a context, and the messages of its failed assertions. Text is shown in the
/// order in which it was printed, at the points that CUDA documents: kernel launches, all kinds of
/// synchronisation, blocking copies, loading and unloading of modules, the end of the context, and
/// before a stream's callbacks. Thread-safe.
class KernelOutput {
 public:
  /// Begins anew, with nothing to show.
  void reset(std::size_t capacity);
  /// False once a kernel has printed: the buffer's size is then fixed.
  bool set_capacity(std::size_t capacity);

  /// Adds one printf's text; a full buffer loses its oldest.
  void print(std::string text);
  /// Adds a line for stderr.
  void complain(std::string line);

  /// Writes what is there to stdout and stderr, through the C library's streams, so that it keeps
  /// its order with what the program prints.
  void show() noexcept;

 private:
  /// What a printf takes of the buffer beside its text.
  static constexpr std::size_t record_bytes = 16;

  std::atomic<bool> waiting_{false};
  std::atomic<bool> being_shown_{false};  ///< by a thread whose text another one may wait for
  std::mutex showing_;                    ///< held while text is written; taken before mutex_
  std::mutex mutex_;
  std::deque<std::string> texts_;
  std::size_t used_ = 0;
  std::size_t capacity_ = 0;
  bool printed_ = false;
  std::string complaints_;
};

}  // namespace vgpu::softdevice
