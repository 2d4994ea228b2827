#include <atomic>
#include <thread>
#include <vector>

#include "driver_library.hpp"

using namespace vgpu::softdevice_test;

class Capture : public WithContext {
 protected:
  CUresult begin(CUstream s, CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_GLOBAL) {
    return call("cuStreamBeginCapture_v2", s, mode);
  }
  CUevent event() {
    CUevent made = nullptr;
    EXPECT_EQ(call("cuEventCreate", &made, unsigned{CU_EVENT_DISABLE_TIMING}), CUDA_SUCCESS);
    return made;
  }
};

TEST_F(Capture, ForkedWorkIsReplayedAtEveryLaunch) {
  const CUfunction add = kernel("add");
  const CUdeviceptr words = allocate(64 * 4);
  ASSERT_EQ(call("cuMemsetD32_v2", words, 0U, std::size_t{64}), CUDA_SUCCESS);
  const CUstream s = stream();
  const CUstream side = stream();
  const CUevent fork = event();
  const CUevent join = event();
  ASSERT_EQ(begin(s), CUDA_SUCCESS);
  ASSERT_EQ(launch_add(add, words, 64, 1, s), CUDA_SUCCESS);
  ASSERT_EQ(call("cuEventRecord", fork, s), CUDA_SUCCESS);
  ASSERT_EQ(call("cuStreamWaitEvent", side, fork, 0U), CUDA_SUCCESS);
  ASSERT_EQ(launch_add(add, words, 64, 10, side), CUDA_SUCCESS);
  ASSERT_EQ(call("cuEventRecord", join, side), CUDA_SUCCESS);
  ASSERT_EQ(call("cuStreamWaitEvent", s, join, 0U), CUDA_SUCCESS);
  CUgraph graph = nullptr;
  ASSERT_EQ(call("cuStreamEndCapture", s, &graph), CUDA_SUCCESS);
  std::size_t nodes = 0;
  std::size_t edges = 0;
  ASSERT_EQ(call("cuGraphGetNodes", graph, static_cast<CUgraphNode*>(nullptr), &nodes),
            CUDA_SUCCESS);
  EXPECT_EQ(nodes, 2U);
  ASSERT_EQ(call("cuGraphGetEdges", graph, static_cast<CUgraphNode*>(nullptr),
                 static_cast<CUgraphNode*>(nullptr), &edges),
            CUDA_SUCCESS);
  EXPECT_EQ(edges, 1U);
  std::vector<unsigned> result(64);
  ASSERT_EQ(call("cuMemcpyDtoH_v2", static_cast<void*>(result.data()), words, std::size_t{256}),
            CUDA_SUCCESS);
  EXPECT_EQ(result[0], 0U) << "capturing runs nothing";
  CUgraphExec exec = nullptr;
  ASSERT_EQ(call("cuGraphInstantiateWithFlags", &exec, graph, 0ULL), CUDA_SUCCESS);
  EXPECT_EQ(call("cuGraphDestroy", graph), CUDA_SUCCESS);
  ASSERT_EQ(call("cuGraphLaunch", exec, s), CUDA_SUCCESS);
  ASSERT_EQ(call("cuGraphLaunch", exec, s), CUDA_SUCCESS);
  ASSERT_EQ(call("cuStreamSynchronize", s), CUDA_SUCCESS);
  ASSERT_EQ(call("cuMemcpyDtoH_v2", static_cast<void*>(result.data()), words, std::size_t{256}),
            CUDA_SUCCESS);
  EXPECT_EQ(result, std::vector<unsigned>(64, 22));
  EXPECT_EQ(call("cuGraphExecDestroy", exec), CUDA_SUCCESS);
  EXPECT_EQ(call("cuGraphLaunch", exec, s), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(Capture, UnjoinedWorkFailsTheCapture) {
  const CUdeviceptr words = allocate(256);
  const CUstream s = stream();
  const CUstream side = stream();
  const CUevent fork = event();
  ASSERT_EQ(begin(s), CUDA_SUCCESS);
  ASSERT_EQ(call("cuEventRecord", fork, s), CUDA_SUCCESS);
  ASSERT_EQ(call("cuStreamWaitEvent", side, fork, 0U), CUDA_SUCCESS);
  ASSERT_EQ(call("cuMemsetD32Async", words, 1U, std::size_t{1}, side), CUDA_SUCCESS);
  CUgraph graph = nullptr;
  EXPECT_EQ(call("cuStreamEndCapture", side, &graph), CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
  EXPECT_EQ(call("cuStreamEndCapture", s, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  ASSERT_EQ(begin(s), CUDA_SUCCESS);
  ASSERT_EQ(call("cuEventRecord", fork, s), CUDA_SUCCESS);
  ASSERT_EQ(call("cuStreamWaitEvent", side, fork, 0U), CUDA_SUCCESS);
  ASSERT_EQ(call("cuMemsetD32Async", words, 1U, std::size_t{1}, side), CUDA_SUCCESS);
  EXPECT_EQ(call("cuStreamEndCapture", s, &graph), CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
  EXPECT_EQ(graph, nullptr);
}

TEST_F(Capture, UnsafeCallsInvalidateUnlessRelaxed) {
  const CUstream s = stream();
  CUdeviceptr address = 0;
  CUgraph graph = nullptr;
  ASSERT_EQ(begin(s), CUDA_SUCCESS);
  EXPECT_EQ(call("cuMemAlloc_v2", &address, std::size_t{16}),
            CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  EXPECT_EQ(call("cuStreamEndCapture", s, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  ASSERT_EQ(begin(s, CU_STREAM_CAPTURE_MODE_RELAXED), CUDA_SUCCESS);
  EXPECT_EQ(call("cuMemAlloc_v2", &address, std::size_t{16}), CUDA_SUCCESS);
  EXPECT_EQ(call("cuStreamEndCapture", s, &graph), CUDA_SUCCESS);
}

TEST_F(Capture, ErrorsOfCaptureAreCudasOwn) {
  const CUdeviceptr words = allocate(256);
  EXPECT_EQ(begin(nullptr), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  const CUstream s = stream(CU_STREAM_DEFAULT);
  const CUevent before = event();
  ASSERT_EQ(call("cuEventRecord", before, stream()), CUDA_SUCCESS);
  CUgraph graph = nullptr;
  EXPECT_EQ(call("cuStreamEndCapture", s, &graph), CUDA_ERROR_ILLEGAL_STATE);

  ASSERT_EQ(begin(s), CUDA_SUCCESS);
  EXPECT_EQ(call("cuMemsetD32Async", words, 1U, std::size_t{1}, CUstream{nullptr}),
            CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
  EXPECT_EQ(call("cuStreamEndCapture", s, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);

  ASSERT_EQ(begin(s), CUDA_SUCCESS);
  EXPECT_EQ(call("cuStreamWaitEvent", s, before, 0U), CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
  EXPECT_EQ(call("cuStreamEndCapture", s, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);

  const CUevent inside = event();
  ASSERT_EQ(begin(s), CUDA_SUCCESS);
  ASSERT_EQ(call("cuEventRecord", inside, s), CUDA_SUCCESS);
  EXPECT_EQ(call("cuEventQuery", inside), CUDA_ERROR_CAPTURED_EVENT);
  EXPECT_EQ(call("cuStreamEndCapture", s, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);

  ASSERT_EQ(begin(s), CUDA_SUCCESS);
  CUresult other_thread = CUDA_SUCCESS;
  std::thread([&] {
    call("cuCtxSetCurrent", context_);
    other_thread = call("cuStreamEndCapture", s, &graph);
  }).join();
  EXPECT_EQ(other_thread, CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
  EXPECT_EQ(call("cuStreamEndCapture", s, &graph), CUDA_SUCCESS);
}

TEST_F(Capture, OneThreadCapturesWhileAnotherInstantiates) {
  const CUfunction add = kernel("add");
  const CUdeviceptr words = allocate(4);
  CUgraph graph = nullptr;
  ASSERT_EQ(call("cuGraphCreate", &graph, 0U), CUDA_SUCCESS);
  std::atomic<bool> instantiating{true};
  std::thread capturing([&] {
    EXPECT_EQ(call("cuCtxSetCurrent", context_), CUDA_SUCCESS);
    const CUstream s = stream();
    EXPECT_EQ(begin(s, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL), CUDA_SUCCESS);
    while (instantiating) EXPECT_EQ(launch_add(add, words, 1, 1, s), CUDA_SUCCESS);
    CUgraph captured = nullptr;
    EXPECT_EQ(call("cuStreamEndCapture", s, &captured), CUDA_SUCCESS);
    EXPECT_EQ(call("cuGraphDestroy", captured), CUDA_SUCCESS);
  });
  for (int i = 0; i < 20000; ++i) {
    CUgraphExec exec = nullptr;
    EXPECT_EQ(call("cuGraphInstantiateWithFlags", &exec, graph, 0ULL), CUDA_SUCCESS);
    EXPECT_EQ(call("cuGraphExecDestroy", exec), CUDA_SUCCESS);
  }
  instantiating = false;
  capturing.join();
  EXPECT_EQ(call("cuGraphDestroy", graph), CUDA_SUCCESS);
}
