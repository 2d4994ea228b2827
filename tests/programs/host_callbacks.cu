// Host functions run in stream order, after what precedes them and before what follows.
#include <atomic>

#include "program.hpp"

__global__ void set(int* where, int value) { *where = value; }

struct Step {
  std::atomic<int>* order;
  const int* pinned;
  int seen_order;
  int seen_value;
};

static void CUDART_CB note_step(void* data) {
  Step* step = static_cast<Step*>(data);
  step->seen_order = step->order->fetch_add(1);
  step->seen_value = *step->pinned;
}

static void CUDART_CB note_callback(cudaStream_t, cudaError_t status, void* data) {
  if (status == cudaSuccess) note_step(data);
}

int main() {
  int *pinned = nullptr, *device_view = nullptr;
  CHECK(cudaHostAlloc(&pinned, sizeof(int), cudaHostAllocMapped));
  CHECK(cudaHostGetDevicePointer(&device_view, pinned, 0));
  *pinned = 0;
  cudaStream_t stream;
  CHECK(cudaStreamCreate(&stream));
  std::atomic<int> order{0};
  constexpr int count = 20;
  std::vector<Step> steps(count);
  for (int i = 0; i < count; ++i) {
    steps[i] = {&order, pinned, -1, -1};
    set<<<1, 1, 0, stream>>>(device_view, 100 + i);
    if (i % 2 == 0) {
      CHECK(cudaLaunchHostFunc(stream, note_step, &steps[i]));
    } else {
      CHECK(cudaStreamAddCallback(stream, note_callback, &steps[i], 0));
    }
  }
  CHECK(cudaStreamSynchronize(stream));
  EXPECT(order.load() == count);
  for (int i = 0; i < count; ++i) {
    EXPECT(steps[i].seen_order == i);
    EXPECT(steps[i].seen_value == 100 + i);
  }
  CHECK(cudaStreamDestroy(stream));
  CHECK(cudaFreeHost(pinned));
  return finish("host_callbacks");
}
