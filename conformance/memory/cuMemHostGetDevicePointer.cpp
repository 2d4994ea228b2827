#include <memory>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemHostGetDevicePointer {

CONFORMANCE_SUITE(cuMemHostGetDevicePointer, Context);
CONFORMANCE_SUITE(cuMemHostGetDevicePointer_fresh, Uninitialised);

void expect_refused(CUresult error, void* memory, unsigned flags = 0) {
  expect_leaves_or_clears<CUdeviceptr>(error, [&](CUdeviceptr* address) {
    return driver().cuMemHostGetDevicePointer_v2(address, memory, flags);
  });
}

/// Page-aligned ordinary memory, registered until the end of the scope.
struct Registered {
  Registered() {
    check(driver().cuMemHostRegister_v2(memory, sizeof memory, CU_MEMHOSTREGISTER_DEVICEMAP),
          "cuMemHostRegister_v2");
  }
  ~Registered() { driver().cuMemHostUnregister(memory); }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;

  alignas(4096) unsigned memory[2048] = {};
};

TEST_F(cuMemHostGetDevicePointer, WritesTheSameAddressEachTime) {
  const PinnedMemory pinned(1000);
  const auto [first, second] = expect_writes<CUdeviceptr>([&](CUdeviceptr* address) {
    return driver().cuMemHostGetDevicePointer_v2(address, pinned.host(), 0);
  });
  EXPECT_EQ(first, second);
  EXPECT_NE(first, 0U);
}

TEST_F(cuMemHostGetDevicePointer, KeepsTheOffsetInsideAnAllocation) {
  for (const unsigned flags :
       {CU_MEMHOSTALLOC_DEVICEMAP, CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_WRITECOMBINED}) {
    const PinnedMemory pinned(10'000, flags);
    for (const std::size_t offset : {std::size_t{1}, random_below(10'000), std::size_t{9'999}}) {
      CUdeviceptr address = 0;
      EXPECT_CUDA_OK(driver().cuMemHostGetDevicePointer_v2(&address, pinned.host() + offset, 0));
      EXPECT_EQ(address, pinned.device() + offset) << "flags " << flags;
    }
  }
}

// What a kernel reads and writes there is what the host has.
TEST_F(cuMemHostGetDevicePointer, KernelsFindRegisteredMemoryThere) {
  const auto registered = std::make_unique<Registered>();
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemHostGetDevicePointer_v2(&address, registered->memory + 500, 0));
  registered->memory[500] = random_value<unsigned>();
  const unsigned before = registered->memory[500];
  const Module module;
  const Stream stream;
  module.kernel("scale_add").launch({}, {}, 0, stream, address, 1U, 3U, 7U);
  stream.synchronize();
  EXPECT_EQ(registered->memory[500], before * 3 + 7);
  EXPECT_EQ(registered->memory[499], 0U);
  EXPECT_EQ(registered->memory[501], 0U);
}

TEST_F(cuMemHostGetDevicePointer, RegisteredMemoryHasOneAddressWhereTheDeviceSaysSo) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM);
  const auto registered = std::make_unique<Registered>();
  CUdeviceptr address = 0;
  ASSERT_CUDA_OK(driver().cuMemHostGetDevicePointer_v2(&address, registered->memory, 0));
  EXPECT_EQ(address, reinterpret_cast<CUdeviceptr>(&registered->memory[0]));
}

TEST_F(cuMemHostGetDevicePointer, IsTheSameInAnotherContext) {
  const PinnedMemory pinned(1000);
  const CUdeviceptr here = pinned.device();
  const ExtraContext extra;
  const Current current(extra);
  EXPECT_EQ(pinned.device(), here);
}

TEST_F(cuMemHostGetDevicePointer, RefusesFlags) {
  const PinnedMemory pinned(1000);
  expect_refused(CUDA_ERROR_INVALID_VALUE, pinned.host(), 1);
  expect_refused(CUDA_ERROR_INVALID_VALUE, pinned.host(), 0x80000000U);
}

TEST_F(cuMemHostGetDevicePointer, RefusesNulls) {
  const PinnedMemory pinned(1000);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuMemHostGetDevicePointer_v2(nullptr, pinned.host(), 0));
  expect_refused(CUDA_ERROR_INVALID_VALUE, nullptr);
}

TEST_F(cuMemHostGetDevicePointer, RefusesOrdinaryMemory) {
  std::vector<unsigned char> ordinary(4096);
  expect_refused(CUDA_ERROR_INVALID_VALUE, ordinary.data());
}

TEST_F(cuMemHostGetDevicePointer, RefusesMemoryThatIsNoLongerRegistered) {
  std::vector<unsigned char> ordinary(8192);
  ASSERT_CUDA_OK(driver().cuMemHostRegister_v2(ordinary.data(), ordinary.size(), 0));
  ASSERT_CUDA_OK(driver().cuMemHostUnregister(ordinary.data()));
  expect_refused(CUDA_ERROR_INVALID_VALUE, ordinary.data());
}

TEST_F(cuMemHostGetDevicePointer, RefusesFreedMemory) {
  void* memory = nullptr;
  ASSERT_CUDA_OK(driver().cuMemHostAlloc(&memory, 4096, CU_MEMHOSTALLOC_DEVICEMAP));
  ASSERT_CUDA_OK(driver().cuMemFreeHost(memory));
  expect_refused(CUDA_ERROR_INVALID_VALUE, memory);
}

TEST_F(cuMemHostGetDevicePointer, RefusesDeviceMemory) {
  const DeviceMemory memory(4096);
  expect_refused(CUDA_ERROR_INVALID_VALUE, reinterpret_cast<void*>(memory.address()));
}

TEST_F(cuMemHostGetDevicePointer, NeedsACurrentContext) {
  const PinnedMemory pinned(1000);
  const NoContext none;
  expect_refused(CUDA_ERROR_INVALID_CONTEXT, pinned.host());
}

TEST_F(cuMemHostGetDevicePointer, IsSafeDuringCapture) {
  const PinnedMemory pinned(1000);
  expect_safe_in_capture([&] {
    CUdeviceptr address = 0;
    return driver().cuMemHostGetDevicePointer_v2(&address, pinned.host(), 0);
  });
}

// The form of CUDA 2 has an address of 32 bits and takes no context of a newer interface.
TEST_F(cuMemHostGetDevicePointer, OldFormRefusesNewerContexts) {
  const PinnedMemory pinned(1000);
  struct {
    CUdeviceptr_v1 address;
    unsigned behind;
  } out{0, 0x12345678};
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT,
              driver().cuMemHostGetDevicePointer(&out.address, pinned.host(), 0));
  EXPECT_EQ(out.behind, 0x12345678U);
}

TEST_F(cuMemHostGetDevicePointer_fresh, BeforeInit) {
  int ordinary = 0;
  expect_refused(CUDA_ERROR_NOT_INITIALIZED, &ordinary);
  expect_leaves_or_clears<CUdeviceptr_v1>(CUDA_ERROR_NOT_INITIALIZED, [&](CUdeviceptr_v1* address) {
    return driver().cuMemHostGetDevicePointer(address, &ordinary, 0);
  });
}

}  // namespace vgpu::conformance::test_cuMemHostGetDevicePointer
