/// Host functions. They run on one thread of the guest, in the order in which the host asks for
/// them; a stream waits for its function's return.

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vgpu/calls/graph_exec.hpp>
#include <vgpu/calls/graph_node.hpp>
#include <vgpu/calls/launch.hpp>
#include <vgpu/calls/session.hpp>
#include <vgpu/guest_written.hpp>

#include "graph_objects.hpp"
#include "mirrored_memory.hpp"
#include "object_note.hpp"
#include "vgpu/call/convert.hpp"

namespace vgpu::guest {
namespace {

constexpr auto callback_run = static_cast<std::uint16_t>(calls::CallbackRun::operation);

/// Memory that only looks shared is the same on both sides while the function runs, and again when
/// its stream goes on.
void share_in() noexcept {
  mirror_in();
}
void share_out() noexcept {
  if (detail::mirrored_regions.load(std::memory_order_relaxed) == 0) return;
  mirror_out();
  // What was sent goes another way than the answer that lets the stream go on: wait until it is
  // there.
  ReplyOf<calls::Ping> reply;
  call<calls::Ping>({}, reply);
}

void run(const calls::CallbackRun::Request& request) {
  auto* user_data = reinterpret_cast<void*>(request.userData);
  constexpr std::uint32_t stream_callback = 1;
  if (request.kind == stream_callback) {
    reinterpret_cast<CUstreamCallback>(request.function)(reinterpret_cast<CUstream>(request.stream),
                                                         static_cast<CUresult>(request.status),
                                                         user_data);
  } else {
    reinterpret_cast<CUhostFn>(request.function)(user_data);
  }
}

/// Runs what the host asks for, until the channel ends.
void serve(transport::Channel& channel) {
  transport::ReceivedFrame frame;
  for (;;) {
    const transport::ReceiveStatus status = channel.receive(frame, transport::forever);
    if (status == transport::ReceiveStatus::timeout) continue;
    if (status != transport::ReceiveStatus::frame) return;
    calls::CallbackRun::Request request;
    std::span<const std::byte> rest;
    if (frame.header.operation != callback_run ||
        !call::decode(frame.body, frame.header.data_words, request, rest) ||
        request.function == 0) {
      log(LogLevel::error, "the host asked for something that is no host function");
      return;
    }
    wire::FrameHeader answer;
    answer.operation = callback_run;
    answer.flags = wire::frame_flag::reply;
    answer.ticket = frame.header.ticket;
    if ((frame.header.flags & wire::frame_flag::output) != 0) detail::take_output();
    share_in();
    before_host_functions.acquire();
    run(request);
    after_host_functions.release();
    share_out();
    if (channel.reserve(0) == nullptr || !channel.publish(answer)) return;
  }
}

void* callback_thread(void* channel) {
  const std::unique_ptr<transport::Channel> owned(static_cast<transport::Channel*>(channel));
  ::pthread_setname_np(::pthread_self(), "vgpu-callbacks");
  detail::in_host_function = true;
  serve(*owned);
  return nullptr;
}

/// Starts the thread that owns `channel`. It takes no signals: they are the program's own threads'.
bool start_callback_thread(std::unique_ptr<transport::Channel> channel) noexcept {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  if (::pthread_sigmask(SIG_SETMASK, &all, &before) != 0) return false;
  pthread_attr_t attributes;
  pthread_t thread{};
  bool started = false;
  if (::pthread_attr_init(&attributes) == 0) {
    started = ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
              ::pthread_create(&thread, &attributes, &callback_thread, channel.get()) == 0;
    ::pthread_attr_destroy(&attributes);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (started) static_cast<void>(channel.release());
  return started;
}

/// Makes sure that the host can call back; the first use of a host function opens the way.
CUresult ensure_callbacks() noexcept {
  static constinit std::atomic<bool> ready{false};
  static constinit std::mutex mutex;
  if (ready.load(std::memory_order_acquire)) return CUDA_SUCCESS;
  try {
    const std::lock_guard lock(mutex);
    if (ready.load(std::memory_order_relaxed)) return CUDA_SUCCESS;
    auto channel = session()->join(ChannelRole::callbacks);
    if (!channel) {
      log(LogLevel::error, "host functions cannot run: no callback channel: ", channel.message());
      return CUDA_ERROR_OPERATING_SYSTEM;
    }
    if (!start_callback_thread(std::move(*channel))) {
      log(LogLevel::error, "host functions cannot run: no thread for them");
      return CUDA_ERROR_OPERATING_SYSTEM;
    }
    ready.store(true, std::memory_order_release);
    return CUDA_SUCCESS;
  } catch (...) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
}

}  // namespace

namespace written {

using call::to_wire;

CUresult cuLaunchHostFunc(CUstream hStream, CUhostFn fn, void* userData) {
  if (const CUresult result = check_stream(hStream); result != CUDA_SUCCESS) return result;
  if (const CUresult result = ensure_callbacks(); result != CUDA_SUCCESS) return result;
  return post<calls::LaunchHostFunc>({.hStream = to_wire<std::uint64_t>(hStream),
                                      .fn = to_wire<std::uint64_t>(fn),
                                      .userData = to_wire<std::uint64_t>(userData)});
}

CUresult cuStreamAddCallback(CUstream hStream, CUstreamCallback callback, void* userData,
                             unsigned int flags) {
  if (const CUresult result = check_stream(hStream); result != CUDA_SUCCESS) return result;
  if (const CUresult result = ensure_callbacks(); result != CUDA_SUCCESS) return result;
  // Waited for: the callback is told of an error of the stream, so it has to be in the stream
  // before anything that the program does next can make the stream fail.
  return ask<calls::StreamAddCallback>({.hStream = to_wire<std::uint64_t>(hStream),
                                        .callback = to_wire<std::uint64_t>(callback),
                                        .userData = to_wire<std::uint64_t>(userData),
                                        .flags = flags});
}

// Host nodes of graphs.

CUresult cuGraphAddHostNode(CUgraphNode* phGraphNode, CUgraph hGraph,
                            const CUgraphNode* dependencies, size_t numDependencies,
                            const CUDA_HOST_NODE_PARAMS* nodeParams) {
  if (!is_graph(hGraph) || nodeParams->fn == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult result = ensure_callbacks(); result != CUDA_SUCCESS) return result;
  calls::GraphAddHostNode::Request request;
  request.hGraph = id_of(hGraph);
  request.dependencies = ids_of(dependencies, numDependencies);
  request.numDependencies = numDependencies;
  request.nodeParams = bytes_of(nodeParams, 1);
  ReplyOf<calls::GraphAddHostNode> reply;
  const CUresult result = call<calls::GraphAddHostNode>(request, reply);
  if (result == CUDA_SUCCESS) *phGraphNode = reinterpret_cast<CUgraphNode>(reply.value.node);
  return result;
}

CUresult cuGraphHostNodeGetParams(CUgraphNode hNode, CUDA_HOST_NODE_PARAMS* nodeParams) {
  if (!is_node(hNode)) return CUDA_ERROR_INVALID_VALUE;
  ReplyOf<calls::GraphHostNodeGetParams> reply;
  const CUresult result = call<calls::GraphHostNodeGetParams>({.hNode = id_of(hNode)}, reply);
  if (result != CUDA_SUCCESS) return result;
  return call::copy_layout(reply.value.nodeParams, *nodeParams) ? CUDA_SUCCESS : CUDA_ERROR_UNKNOWN;
}

CUresult cuGraphHostNodeSetParams(CUgraphNode hNode, const CUDA_HOST_NODE_PARAMS* nodeParams) {
  if (!is_node(hNode) || nodeParams->fn == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult result = ensure_callbacks(); result != CUDA_SUCCESS) return result;
  calls::GraphHostNodeSetParams::Request request;
  request.hNode = id_of(hNode);
  request.nodeParams = bytes_of(nodeParams, 1);
  return ask<calls::GraphHostNodeSetParams>(request);
}

CUresult cuGraphExecHostNodeSetParams(CUgraphExec hGraphExec, CUgraphNode hNode,
                                      const CUDA_HOST_NODE_PARAMS* nodeParams) {
  if (!is_executable(hGraphExec) || !is_node(hNode) || nodeParams->fn == nullptr) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (const CUresult result = ensure_callbacks(); result != CUDA_SUCCESS) return result;
  calls::GraphExecHostNodeSetParams::Request request;
  request.hGraphExec = id_of(hGraphExec);
  request.hNode = id_of(hNode);
  request.nodeParams = bytes_of(nodeParams, 1);
  return ask<calls::GraphExecHostNodeSetParams>(request);
}

}  // namespace written
}  // namespace vgpu::guest
