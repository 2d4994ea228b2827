#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

#include "driver.hpp"
#include "event.hpp"
#include "graph.hpp"
#include "kernel_profile.hpp"
#include "module.hpp"
#include "work.hpp"

namespace vgpu::softdevice {
namespace {

template <class... Bodies>
struct Overloaded : Bodies... {
  using Bodies::operator()...;
};
template <class... Bodies>
Overloaded(Bodies...) -> Overloaded<Bodies...>;

/// What a kernel asks of its context.
class Services final : public KernelServices {
 public:
  explicit Services(Context& context) : context_(context) {}
  void print(std::string text) override { context_.output.print(std::move(text)); }
  void assertion_failed(std::string line) override { context_.output.complain(std::move(line)); }
  std::uintptr_t heap_allocate(std::size_t size) override { return context_.heap.allocate(size); }
  bool heap_free(std::uintptr_t address) override { return context_.heap.free(address); }
  void report(const std::string& line) override { tell(line); }

 private:
  Context& context_;
};

CUresult run(const KernelWork& work, Context& context) {
  Services services(context);
  const auto begin = std::chrono::steady_clock::now();
  const LaunchFault fault =
      run_grid(*work.function->kernel, work.config, work.parameters, context.device().memory(),
               services, {&context.stop, driver().kernel_time});
  profile_kernel(*work.function->kernel, work.config, fault.executed,
                 std::chrono::steady_clock::now() - begin);
  // A failed assertion has said all in CUDA's own words.
  if (fault.result == CUDA_ERROR_ASSERT) {
    log_line("kernel failed: " + fault.message);
  } else if (fault.result != CUDA_SUCCESS) {
    tell("kernel failed: " + fault.message);
  }
  return fault.result;
}

std::byte* copy_base(CUmemorytype type, const void* host, CUdeviceptr device) {
  if (type == CU_MEMORYTYPE_HOST) {
    return static_cast<std::byte*>(const_cast<void*>(host));
  }
  return reinterpret_cast<std::byte*>(device);
}

void run(const CopyWork& work) {
  const CUDA_MEMCPY3D& p = work.params;
  const std::byte* source = copy_base(p.srcMemoryType, p.srcHost, p.srcDevice) +
                            (p.srcZ * p.srcHeight + p.srcY) * p.srcPitch + p.srcXInBytes;
  std::byte* target = copy_base(p.dstMemoryType, p.dstHost, p.dstDevice) +
                      (p.dstZ * p.dstHeight + p.dstY) * p.dstPitch + p.dstXInBytes;
  for (std::size_t z = 0; z < p.Depth; ++z) {
    for (std::size_t y = 0; y < p.Height; ++y) {
      std::memmove(target + (z * p.dstHeight + y) * p.dstPitch,
                   source + (z * p.srcHeight + y) * p.srcPitch, p.WidthInBytes);
      memcheck_written(
          reinterpret_cast<std::uintptr_t>(target + (z * p.dstHeight + y) * p.dstPitch),
          p.WidthInBytes);
    }
  }
}

template <class Element>
void fill(const CUDA_MEMSET_NODE_PARAMS& p) {
  const Element value = static_cast<Element>(p.value);
  for (std::size_t y = 0; y < p.height; ++y) {
    auto* row = reinterpret_cast<std::byte*>(p.dst) + y * p.pitch;
    if constexpr (sizeof(Element) == 1) {
      std::memset(row, value, p.width);
    } else {
      for (std::size_t x = 0; x < p.width; ++x) {
        std::memcpy(row + x * sizeof(Element), &value, sizeof(Element));
      }
    }
  }
}

void run(const MemsetWork& work) {
  const CUDA_MEMSET_NODE_PARAMS& p = work.params;
  for (std::size_t y = 0; y < p.height; ++y)
    memcheck_written(p.dst + y * p.pitch, p.width * p.elementSize);
  switch (work.params.elementSize) {
    case 1:
      return fill<std::uint8_t>(work.params);
    case 2:
      return fill<std::uint16_t>(work.params);
    default:
      return fill<std::uint32_t>(work.params);
  }
}

template <class Body>
void run_callback(Body&& body) {
  ThreadState& state = thread_state();
  const bool outer = state.in_callback;
  state.in_callback = true;
  body();
  state.in_callback = outer;
}

template <class Word>
void wait_for_value(CUdeviceptr address, Word value, unsigned flags, const Context& context) {
  const std::atomic_ref<Word> word(*reinterpret_cast<Word*>(address));
  using Signed = std::make_signed_t<Word>;
  for (unsigned round = 0; !context.stop.load(std::memory_order_relaxed); ++round) {
    const Word now = word.load(std::memory_order_acquire);
    bool met = false;
    switch (flags & 3U) {
      case CU_STREAM_WAIT_VALUE_GEQ:
        met = static_cast<Signed>(now - value) >= 0;
        break;
      case CU_STREAM_WAIT_VALUE_EQ:
        met = now == value;
        break;
      case CU_STREAM_WAIT_VALUE_AND:
        met = (now & value) != 0;
        break;
      default:
        met = (~(now | value)) != 0;
        break;
    }
    if (met) return;
    if (round < 64) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
}

template <class Word>
void write_value(CUdeviceptr address, Word value) {
  const std::atomic_ref<Word> word(*reinterpret_cast<Word*>(address));
  word.store(value, std::memory_order_release);
}

void run(const MemOpsWork& work, const Context& context) {
  for (const CUstreamBatchMemOpParams& op : work.operations) {
    switch (op.operation) {
      case CU_STREAM_MEM_OP_WAIT_VALUE_32:
        wait_for_value<cuuint32_t>(op.waitValue.address, op.waitValue.value, op.waitValue.flags,
                                   context);
        break;
      case CU_STREAM_MEM_OP_WAIT_VALUE_64:
        wait_for_value<cuuint64_t>(op.waitValue.address, op.waitValue.value64, op.waitValue.flags,
                                   context);
        break;
      case CU_STREAM_MEM_OP_WRITE_VALUE_32:
        write_value<cuuint32_t>(op.writeValue.address, op.writeValue.value);
        break;
      case CU_STREAM_MEM_OP_WRITE_VALUE_64:
        write_value<cuuint64_t>(op.writeValue.address, op.writeValue.value64);
        break;
      default:
        std::atomic_thread_fence(std::memory_order_seq_cst);
        break;
    }
  }
}

CUresult run(const MemFreeWork& work) {
  if (work.owned_by_graph) return CUDA_SUCCESS;
  const auto taken =
      driver().allocations.take(work.address, [](const Allocation&) { return true; });
  if (taken != nullptr) release_allocation(*taken);
  return CUDA_SUCCESS;
}

}  // namespace

CUresult execute(const Work& work, Context& context) {
  return std::visit(
      Overloaded{
          [](const EmptyWork&) { return CUDA_SUCCESS; },
          [&](const KernelWork& w) { return run(w, context); },
          [](const CopyWork& w) {
            run(w);
            return CUDA_SUCCESS;
          },
          [](const MemsetWork& w) {
            run(w);
            return CUDA_SUCCESS;
          },
          [&](const HostWork& w) {
            context.output.show();
            run_callback([&w] { w.function(w.user_data); });
            return CUDA_SUCCESS;
          },
          [&](const CallbackWork& w) {
            context.output.show();
            run_callback([&] { w.function(w.stream, context.sticky(), w.user_data); });
            return CUDA_SUCCESS;
          },
          [](const EventRecordWork& w) {
            const auto completion = std::make_shared<Completion>();
            completion->finish();
            w.event->set_last(completion);
            return CUDA_SUCCESS;
          },
          [](const EventWaitWork& w) {
            if (const CompletionPtr last = w.event->last()) last->wait();
            return CUDA_SUCCESS;
          },
          [&](const ChildGraphWork&) { return CUDA_SUCCESS; },
          [](const MemAllocWork&) { return CUDA_SUCCESS; },
          [](const MemFreeWork& w) { return run(w); },
          [&](const MemOpsWork& w) {
            run(w, context);
            return CUDA_SUCCESS;
          },
      },
      work);
}

bool survives_failure(const Work& work) noexcept {
  return std::holds_alternative<CallbackWork>(work) || std::holds_alternative<MemFreeWork>(work) ||
         std::holds_alternative<EventRecordWork>(work);
}

}  // namespace vgpu::softdevice
