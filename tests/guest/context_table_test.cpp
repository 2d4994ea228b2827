#include "vgpu/guest/context_table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace vgpu::guest {
namespace {

/// Writes down what it is asked, and answers `result`.
class RecordingHost final : public ContextHost {
 public:
  CUresult retain_primary(std::uint64_t, int device) override { return note("retain", device); }
  CUresult release_primary(int device) override { return note("release", device); }
  CUresult reset_primary(int device) override { return note("reset", device); }
  CUresult set_primary_flags(int device, unsigned) override { return note("flags", device); }
  CUresult destroy(std::uint64_t) override { return note("destroy", -1); }

  std::vector<std::string> asked;
  CUresult result = CUDA_SUCCESS;

 private:
  CUresult note(const char* what, int device) {
    asked.push_back(std::string(what) + " " + std::to_string(device));
    return result;
  }
};

class Contexts : public ::testing::Test {
 protected:
  void SetUp() override {
    table.set_device_count(2);
    primary = table.primary(0)->handle();
  }
  CUcontext create() {
    return table.adopt_created(thread, handles->mint(call::HandleKind::context), 0, 0)->handle();
  }
  CUcontext current() const {
    return thread.current() != nullptr ? thread.current()->handle() : nullptr;
  }
  int active(int device = 0) const {
    unsigned flags = 0;
    int active = -1;
    EXPECT_EQ(table.get_state(device, &flags, &active), CUDA_SUCCESS);
    return active;
  }
  unsigned flags(int device = 0) const {
    unsigned flags = 77;
    int active = -1;
    EXPECT_EQ(table.get_state(device, &flags, &active), CUDA_SUCCESS);
    return flags;
  }

  std::unique_ptr<HandleTable> handles = std::make_unique<HandleTable>();
  RecordingHost host;
  ContextTable table{*handles, host};
  ThreadContexts thread;
  CUcontext primary = nullptr;
};

TEST_F(Contexts, APrimaryHandleExistsBeforeItIsRetained) {
  EXPECT_NE(primary, nullptr);
  EXPECT_NE(primary, table.primary(1)->handle());
  EXPECT_EQ(active(), 0);
  EXPECT_EQ(flags(), 0U);
  EXPECT_EQ(table.set_current(thread, primary), CUDA_SUCCESS);
  EXPECT_EQ(current(), primary);
  EXPECT_TRUE(host.asked.empty());
}

TEST_F(Contexts, TheHostHearsOfTheFirstRetainAndTheLastRelease) {
  CUcontext first = nullptr;
  CUcontext second = nullptr;
  EXPECT_EQ(table.retain(0, &first), CUDA_SUCCESS);
  EXPECT_EQ(table.retain(0, &second), CUDA_SUCCESS);
  EXPECT_EQ(first, primary);
  EXPECT_EQ(second, primary);
  EXPECT_EQ(current(), nullptr) << "retaining makes nothing current";
  EXPECT_EQ(table.release(0), CUDA_SUCCESS);
  EXPECT_EQ(active(), 1);
  EXPECT_EQ(table.release(0), CUDA_SUCCESS);
  EXPECT_EQ(active(), 0);
  EXPECT_EQ(table.release(0), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(host.asked, (std::vector<std::string>{"retain 0", "release 0"}));
  EXPECT_EQ(table.retain(0, &first), CUDA_SUCCESS);
  EXPECT_EQ(first, primary);
}

TEST_F(Contexts, AFailedRetainChangesNothing) {
  host.result = CUDA_ERROR_OUT_OF_MEMORY;
  CUcontext out = nullptr;
  EXPECT_EQ(table.retain(0, &out), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(active(), 0);
  EXPECT_EQ(table.release(0), CUDA_ERROR_INVALID_CONTEXT);
}

TEST_F(Contexts, ResetKeepsTheCountAndForgetsTheFlags) {
  CUcontext out = nullptr;
  EXPECT_EQ(table.reset(0), CUDA_SUCCESS);
  EXPECT_TRUE(host.asked.empty()) << "an inactive context has nothing to reset";
  table.set_flags(0, CU_CTX_SCHED_BLOCKING_SYNC);
  table.retain(0, &out);
  const std::uint64_t id = table.primary(0)->unique_id;
  EXPECT_EQ(table.reset(0), CUDA_SUCCESS);
  EXPECT_EQ(active(), 0);
  EXPECT_EQ(flags(), 0U);
  table.retain(0, &out);
  EXPECT_EQ(active(), 1);
  EXPECT_NE(table.primary(0)->unique_id, id);
  EXPECT_EQ(table.release(0), CUDA_SUCCESS);
  EXPECT_EQ(active(), 1);
  EXPECT_EQ(table.release(0), CUDA_SUCCESS);
  EXPECT_EQ(active(), 0);
  EXPECT_EQ(table.release(0), CUDA_ERROR_INVALID_CONTEXT);
}

TEST_F(Contexts, FlagsAreCheckedAndRemembered) {
  for (const unsigned good : {0U, 1U, 2U, 4U, 0x10U, 0x20U, 0x80U}) {
    EXPECT_EQ(table.set_flags(0, good), CUDA_SUCCESS) << good;
    EXPECT_EQ(flags(), good);
  }
  for (const unsigned bad : {3U, 8U, 0xffU, 0x300U}) {
    EXPECT_EQ(table.set_flags(0, bad), CUDA_ERROR_INVALID_VALUE) << bad;
  }
  EXPECT_EQ(flags(), 0x80U);
  EXPECT_EQ(flags(1), 0U);
  EXPECT_EQ(table.set_flags(9, 0), CUDA_ERROR_INVALID_DEVICE);
}

TEST_F(Contexts, ReportedFlagsOfAPrimaryContextIncludeMapHost) {
  CUcontext out = nullptr;
  const Context& context = *table.primary(0);
  table.set_flags(0, CU_CTX_SCHED_BLOCKING_SYNC);
  EXPECT_EQ(ContextTable::reported_flags(context), 0U);
  table.retain(0, &out);
  EXPECT_EQ(ContextTable::reported_flags(context), 12U);
}

TEST_F(Contexts, PushPopAndSetWorkOnAStack) {
  CUcontext popped = reinterpret_cast<CUcontext>(5);
  EXPECT_EQ(table.pop_current(thread, &popped), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(popped, reinterpret_cast<CUcontext>(5));
  const CUcontext a = create();
  const CUcontext b = create();
  EXPECT_EQ(current(), b);
  EXPECT_EQ(table.set_current(thread, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(current(), a);
  EXPECT_EQ(table.push_current(thread, primary), CUDA_SUCCESS);
  EXPECT_EQ(table.set_current(thread, b), CUDA_SUCCESS);
  EXPECT_EQ(thread.depth(), 2U);
  EXPECT_EQ(table.pop_current(thread, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(current(), a);
  EXPECT_EQ(table.push_current(thread, nullptr), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(Contexts, UnknownHandlesAreRefused) {
  const auto unknown = reinterpret_cast<CUcontext>(std::uintptr_t{0x1234560});
  const auto minus_one = reinterpret_cast<CUcontext>(~std::uintptr_t{0});
  for (const CUcontext handle : {unknown, minus_one}) {
    EXPECT_EQ(table.set_current(thread, handle), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_EQ(table.push_current(thread, handle), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_EQ(table.destroy(thread, handle), CUDA_ERROR_INVALID_CONTEXT);
  }
  EXPECT_EQ(current(), nullptr);
}

TEST_F(Contexts, DestroyingMakesThePreviousOneCurrent) {
  const CUcontext a = create();
  const CUcontext b = create();
  EXPECT_EQ(table.destroy(thread, b), CUDA_SUCCESS);
  EXPECT_EQ(current(), a);
  EXPECT_EQ(table.destroy(thread, b), CUDA_ERROR_CONTEXT_IS_DESTROYED);
  EXPECT_EQ(table.destroy(thread, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(table.destroy(thread, primary), CUDA_ERROR_INVALID_CONTEXT);
}

TEST_F(Contexts, ADestroyedOneStaysCurrentInOtherThreads) {
  const CUcontext a = create();
  ThreadContexts other;
  table.set_current(other, a);
  table.destroy(thread, a);
  EXPECT_EQ(current(), nullptr);
  ASSERT_NE(other.current(), nullptr);
  EXPECT_EQ(other.current()->handle(), a);
  EXPECT_EQ(other.current()->state, ContextState::destroyed);
  EXPECT_EQ(table.set_current(thread, a), CUDA_SUCCESS) << "as with the vendor's driver";
}

struct Seen {
  Contexts* fixture = nullptr;
  ThreadContexts* thread = nullptr;
  std::vector<std::string> calls;
};
Seen* seen = nullptr;

void note_destructor(CUcontext context, void* key, void*) {
  const Context* now = seen->thread->current();
  std::string line = "key " + std::to_string(reinterpret_cast<std::uintptr_t>(key));
  line += now != nullptr && now->handle() == context ? ", current" : ", not current";
  line += now != nullptr && now->state == ContextState::active ? ", active" : ", ended";
  seen->calls.push_back(line);
}

TEST_F(Contexts, EndingRunsTheStoragesDestructorsInTheThreadsCurrentContext) {
  Seen notes{this, &thread, {}};
  seen = &notes;
  const auto fill = [](Context& context) {
    context.storage.put(reinterpret_cast<void*>(1), nullptr, note_destructor);
    context.storage.put(reinterpret_cast<void*>(2), nullptr, note_destructor);
  };
  const std::vector<std::string> elsewhere{"key 2, not current, ended",
                                           "key 1, not current, ended"};
  const std::vector<std::string> here{"key 2, current, ended", "key 1, current, ended"};
  CUcontext out = nullptr;

  table.retain(0, &out);
  table.retain(0, &out);
  fill(*table.primary(0));
  table.release(0);
  EXPECT_TRUE(notes.calls.empty()) << "somebody still retains it";
  table.release(0);
  EXPECT_EQ(notes.calls, elsewhere);

  notes.calls.clear();
  table.retain(0, &out);
  fill(*table.primary(0));
  table.reset(0);
  EXPECT_EQ(notes.calls, elsewhere);
  EXPECT_EQ(current(), nullptr);

  notes.calls.clear();
  const CUcontext a = create();
  fill(*table.find(a));
  table.destroy(thread, a);
  EXPECT_EQ(notes.calls, here);
  EXPECT_EQ(current(), nullptr);
}

TEST_F(Contexts, RetainsOfManyThreadsAreCounted) {
  constexpr int threads = 4;
  constexpr int rounds = 500;
  std::vector<std::thread> workers;
  std::atomic<int> wrong{0};
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&] {
      for (int i = 0; i < rounds; ++i) {
        CUcontext out = nullptr;
        if (table.retain(0, &out) != CUDA_SUCCESS || out != primary) ++wrong;
        if (active() != 1) ++wrong;
        if (table.release(0) != CUDA_SUCCESS) ++wrong;
      }
    });
  }
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(active(), 0);
  EXPECT_EQ(table.release(0), CUDA_ERROR_INVALID_CONTEXT);
}

}  // namespace
}  // namespace vgpu::guest
