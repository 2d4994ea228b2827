#pragma once

/// \file
/// Streams: first-in first-out queues, each served by a thread that starts with the first
/// asynchronous operation.

#include <cuda.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "completion.hpp"

namespace vgpu::softdevice {

struct Capture;
class Context;
struct GraphNode;

/// One entry of a stream's queue.
struct Operation {
  /// Does the work; anything but CUDA_SUCCESS becomes the context's sticky error.
  std::function<CUresult(Context&)> run;
  /// Runs even after the context has failed (event records, frees, stream callbacks).
  bool always = false;
  std::vector<CompletionPtr> after;  ///< of other streams
  CompletionPtr done = std::make_shared<Completion>();
};

class Stream : public std::enable_shared_from_this<Stream> {
 public:
  enum class Kind { legacy, per_thread, created };

  Stream(const std::shared_ptr<Context>& context, Kind kind, unsigned flags, int priority);

  Kind kind() const noexcept { return kind_; }
  unsigned flags() const noexcept { return flags_; }
  int priority() const noexcept { return priority_; }
  std::uint64_t id() const noexcept { return id_; }
  /// Null once the context is gone.
  std::shared_ptr<Context> context() const { return context_.lock(); }
  /// Takes part in the implicit synchronisation with the legacy stream.
  bool is_blocking() const noexcept { return (flags_ & CU_STREAM_NON_BLOCKING) == 0; }

  CUstream handle = nullptr;  ///< as cuStreamCreate gave it; null for the default streams

  /// Puts an operation at the end of the queue. Only the context calls this, under its order lock.
  void push(Operation operation, bool start_worker);
  /// Runs the operation that ends with `done` on the calling thread if it is at the front and
  /// nobody else runs; else waits for it.
  void help(const CompletionPtr& done);
  /// The last operation that was pushed; null when there was none.
  CompletionPtr last() const;
  /// No further operations will come: the worker ends when the queue is empty.
  void close();

  /// What cuStreamSetAttribute set; the others are at their defaults.
  std::mutex attributes_mutex;
  std::map<CUstreamAttrID, CUstreamAttrValue> attributes;

  /// State of a capture; guarded by `capture_mutex()`.
  std::shared_ptr<Capture> capture;
  std::vector<std::shared_ptr<GraphNode>> capture_dependencies;
  std::vector<CUgraphNode> capture_handles;        ///< what cuStreamGetCaptureInfo handed out
  std::vector<CUgraphEdgeData> capture_edge_data;  ///< likewise

 private:
  void start_worker_locked();
  void work();
  static void execute(Operation& operation, const std::shared_ptr<Context>& context);

  const std::weak_ptr<Context> context_;
  const Kind kind_;
  const unsigned flags_;
  const int priority_;
  const std::uint64_t id_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Operation> queue_;
  CompletionPtr last_;
  bool busy_ = false;
  bool closing_ = false;
  bool has_worker_ = false;
};

/// Finds the stream behind a handle; null and CU_STREAM_LEGACY and CU_STREAM_PER_THREAD are the
/// default streams of the current context. \param per_thread what a null handle means.
/// \return INVALID_CONTEXT, CONTEXT_IS_DESTROYED, INVALID_HANDLE, or the context's sticky error.
CUresult resolve_stream(CUstream handle, bool per_thread, std::shared_ptr<Stream>& stream,
                        std::shared_ptr<Context>& context);

}  // namespace vgpu::softdevice
