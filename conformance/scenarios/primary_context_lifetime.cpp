#include <ostream>

#include "fixture/fixture.hpp"
#include "fixture/private_tables.hpp"

// When a primary context, and what lives in it, begins and ends.

namespace vgpu::conformance::test_primary_context_lifetime {

CONFORMANCE_SUITE(PrimaryContextLifetime_fresh, Uninitialised);

void initialise() {
  check(driver().cuInit(0), "cuInit");
}

bool active() {
  unsigned flags = 0;
  int is_active = -1;
  check(driver().cuDevicePrimaryCtxGetState(0, &flags, &is_active), "cuDevicePrimaryCtxGetState");
  return is_active == 1;
}

CUcontext retain() {
  CUcontext context = nullptr;
  check(driver().cuDevicePrimaryCtxRetain(&context, 0), "cuDevicePrimaryCtxRetain");
  return context;
}

CUresult allocate(CUdeviceptr* address) {
  return driver().cuMemAlloc_v2(address, 4096);
}

/// What destructors were called with, in their order. The thread's current context, none in these
/// tests, stays what it is.
struct Destroyed {
  CUcontext context;
  void* key;
  void* value;
  CUcontext current;
  bool operator==(const Destroyed&) const = default;

  friend std::ostream& operator<<(std::ostream& out, const Destroyed& one) {
    return out << "{context " << one.context << ", key " << one.key << ", value " << one.value
               << ", current " << one.current << "}";
  }
};
std::vector<Destroyed>& destroyed() {
  static std::vector<Destroyed> all;
  return all;
}
void note_destroyed(CUcontext context, void* key, void* value) {
  destroyed().push_back({context, key, value, current_context()});
}

char keys[3];
char values[3];

CUresult put(CUcontext context, int key, int value) {
  return context_storage().put(context, &keys[key], &values[value], &note_destroyed);
}
/// The value's number; -1 when there is none.
int get(CUcontext context, int key) {
  void* value = nullptr;
  const CUresult result = context_storage().get(&value, context, &keys[key]);
  if (result == CUDA_ERROR_INVALID_HANDLE) return -1;
  check(result, "get of the context's storage");
  return static_cast<int>(static_cast<char*>(value) - values);
}

TEST_F(PrimaryContextLifetime_fresh, LivesUntilTheLastRelease) {
  initialise();
  const CUcontext context = retain();
  EXPECT_EQ(retain(), context);
  EXPECT_EQ(on_other_thread([] { return retain(); }), context);
  const Current current(context);
  CUdeviceptr address = 0;
  for (int i = 0; i < 2; ++i) {
    EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(0));
    EXPECT_TRUE(active());
    EXPECT_CUDA_OK(allocate(&address));
  }
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(0));
  EXPECT_FALSE(active());
  EXPECT_EQ(current_context(), context) << "stays current";
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, allocate(&address));
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuDevicePrimaryCtxRelease_v2(0));
}

TEST_F(PrimaryContextLifetime_fresh, ReturnsUnderTheSameHandle) {
  initialise();
  const CUcontext context = retain();
  const Current current(context);
  for (int i = 0; i < 3; ++i) {
    CUdeviceptr address = 0;
    EXPECT_CUDA_OK(allocate(&address));
    EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(0));
    EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, allocate(&address));
    EXPECT_EQ(retain(), context);
  }
}

TEST_F(PrimaryContextLifetime_fresh, WhatItHeldEndsWithIt) {
  const MemoryTurn turn;
  initialise();
  const Current current(retain());
  const std::size_t bytes = turn.noticeable_bytes();
  const std::size_t before = turn.free_bytes();
  CUdeviceptr large = 0;
  ASSERT_CUDA_OK(driver().cuMemAlloc_v2(&large, bytes));
  EXPECT_LT(turn.free_bytes() + bytes / 2, before);
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxReset_v2(0));
  retain();
  EXPECT_GT(turn.free_bytes() + bytes / 2, before);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemFree_v2(large));
}

TEST_F(PrimaryContextLifetime_fresh, WorkIsDoneBeforeItEnds) {
  initialise();
  const CUcontext context = retain();
  const Current current(context);
  static std::atomic<int> calls{0};
  const Module module;
  const Kernel spin = module.kernel("spin");
  CUstream stream = nullptr;
  ASSERT_CUDA_OK(driver().cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  spin.launch({}, {}, 0, stream, 20'000'000ULL);
  ASSERT_CUDA_OK(driver().cuLaunchHostFunc(
      stream, [](void*) { ++calls; }, nullptr));
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream));
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxReset_v2(0));
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(active());
}

TEST_F(PrimaryContextLifetime_fresh, OtherThreadsSeeItsEnd) {
  initialise();
  const CUcontext context = retain();
  std::atomic<bool> is_current{false};
  std::atomic<bool> is_reset{false};
  CUresult after{};
  CUcontext still = nullptr;
  std::thread other([&] {
    driver().cuCtxSetCurrent(context);
    is_current = true;
    while (!is_reset) std::this_thread::yield();
    CUdeviceptr address = 0;
    after = allocate(&address);
    still = current_context();
  });
  while (!is_current) std::this_thread::yield();
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxReset_v2(0));
  is_reset = true;
  other.join();
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, after);
  EXPECT_EQ(still, context);
}

TEST_F(PrimaryContextLifetime_fresh, ACreatedContextIsNotTouched) {
  initialise();
  const ExtraContext extra;
  const Current current(extra);
  const DeviceBuffer<unsigned> buffer(std::vector<unsigned>(10, 3));
  retain();
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxReset_v2(0));
  EXPECT_EQ(current_context(), extra.get());
  EXPECT_CUDA_OK(driver().cuCtxSynchronize());
  EXPECT_EQ(buffer.read(), std::vector<unsigned>(10, 3));
}

// What the runtime does first: the handle, current, before anything is active.
TEST_F(PrimaryContextLifetime_fresh, ItsHandleIsKnownBefore) {
  REQUIRE_RUNTIME_TABLES();
  initialise();
  const CUcontext handle = primary_handle(0);
  EXPECT_NE(handle, nullptr);
  EXPECT_FALSE(active());
  EXPECT_EQ(current_context(), nullptr);
  const Current current(handle);
  EXPECT_EQ(current_context(), handle);
  CUdevice device = -1;
  EXPECT_CUDA_OK(driver().cuCtxGetDevice(&device));
  EXPECT_EQ(device, 0);
  CUdeviceptr address = 0;
  EXPECT_CUDA(CUDA_ERROR_CONTEXT_IS_DESTROYED, allocate(&address));
  EXPECT_FALSE(active());
  EXPECT_EQ(retain(), handle);
  EXPECT_CUDA_OK(allocate(&address));
}

TEST_F(PrimaryContextLifetime_fresh, StorageIsPerContextAndKey) {
  REQUIRE_RUNTIME_TABLES();
  initialise();
  const ExtraContext extra;
  const CUcontext context = retain();
  EXPECT_CUDA_OK(put(context, 0, 0));
  EXPECT_CUDA_OK(put(context, 1, 1));
  EXPECT_CUDA_OK(put(extra, 0, 2));
  EXPECT_EQ(get(context, 0), 0);
  EXPECT_EQ(get(context, 1), 1);
  EXPECT_EQ(get(extra, 0), 2);
  EXPECT_EQ(get(extra, 1), -1);
  const Current current(extra);
  EXPECT_EQ(get(nullptr, 0), 2) << "no context means the current one";
  void* value = &values[1];
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              on_other_thread([&] { return context_storage().get(&value, nullptr, &keys[0]); }));
  EXPECT_EQ(value, &values[1]);
}

TEST_F(PrimaryContextLifetime_fresh, AStoredValueIsNotReplaced) {
  REQUIRE_RUNTIME_TABLES();
  initialise();
  const CUcontext context = retain();
  EXPECT_CUDA_OK(put(context, 0, 0));
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, put(context, 0, 1));
  EXPECT_EQ(get(context, 0), 0);
  EXPECT_CUDA_OK(context_storage().remove(context, &keys[0]));
  EXPECT_TRUE(destroyed().empty()) << "removing does not destroy";
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE, context_storage().remove(context, &keys[0]));
  EXPECT_EQ(get(context, 0), -1);
  EXPECT_CUDA_OK(put(context, 0, 1));
  EXPECT_EQ(get(context, 0), 1);
}

TEST_F(PrimaryContextLifetime_fresh, TheLastReleaseDestroysWhatIsStored) {
  REQUIRE_RUNTIME_TABLES();
  initialise();
  const CUcontext context = retain();
  retain();
  EXPECT_CUDA_OK(put(context, 0, 0));
  EXPECT_CUDA_OK(put(context, 1, 1));
  EXPECT_CUDA_OK(put(context, 2, 2));
  EXPECT_CUDA_OK(context_storage().remove(context, &keys[1]));
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(0));
  EXPECT_TRUE(destroyed().empty());
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxRelease_v2(0));
  const std::vector<Destroyed> expected{{context, &keys[2], &values[2], nullptr},
                                        {context, &keys[0], &values[0], nullptr}};
  EXPECT_EQ(destroyed(), expected) << "newest first";
  EXPECT_EQ(current_context(), nullptr);
  EXPECT_EQ(retain(), context);
  EXPECT_EQ(get(context, 0), -1);
}

TEST_F(PrimaryContextLifetime_fresh, AResetDestroysWhatIsStored) {
  REQUIRE_RUNTIME_TABLES();
  initialise();
  const CUcontext context = retain();
  retain();
  EXPECT_CUDA_OK(put(context, 0, 1));
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxReset_v2(0));
  EXPECT_EQ(destroyed(), (std::vector<Destroyed>{{context, &keys[0], &values[1], nullptr}}));
  retain();
  EXPECT_EQ(get(context, 0), -1);
  EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxReset_v2(0));
  EXPECT_EQ(destroyed().size(), 1U) << "once";
}

TEST_F(PrimaryContextLifetime_fresh, DestroyingAContextDestroysWhatIsStored) {
  REQUIRE_RUNTIME_TABLES();
  initialise();
  ExtraContext extra;
  const CUcontext context = extra;
  const CUcontext primary = retain();
  EXPECT_CUDA_OK(put(primary, 0, 0));
  EXPECT_CUDA_OK(put(context, 0, 1));
  extra.destroy();
  EXPECT_EQ(destroyed(), (std::vector<Destroyed>{{context, &keys[0], &values[1], nullptr}}));
  EXPECT_EQ(get(primary, 0), 0);
}

}  // namespace vgpu::conformance::test_primary_context_lifetime
