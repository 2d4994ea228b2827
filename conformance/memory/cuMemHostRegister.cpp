#include <sys/mman.h>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuMemHostRegister {

CONFORMANCE_SUITE(cuMemHostRegister, Context);
CONFORMANCE_SUITE(cuMemHostRegister_fresh, Uninitialised);

constexpr std::size_t page = 4096;

/// Pages of ordinary memory; registration is undone at the end of the scope.
struct Pages {
  explicit Pages(std::size_t count, int protection = PROT_READ | PROT_WRITE)
      : bytes(count * page),
        begin(static_cast<unsigned char*>(
            ::mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    if (begin == MAP_FAILED) throw SetUpFailure("mmap failed");
  }
  ~Pages() {
    driver().cuMemHostUnregister(begin);
    ::munmap(begin, bytes);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  std::size_t bytes;
  unsigned char* begin;
};

/// Both exported forms, for what they have in common.
auto forms() {
  return std::array{driver().cuMemHostRegister, driver().cuMemHostRegister_v2};
}

CUdeviceptr device_address(void* memory) {
  CUdeviceptr address = 0;
  check(driver().cuMemHostGetDevicePointer_v2(&address, memory, 0), "cuMemHostGetDevicePointer");
  return address;
}

/// A kernel adds 5 to `count` words at `memory`.
void expect_kernels_reach(void* memory, unsigned count) {
  const auto before = random_vector<unsigned>(count);
  std::memcpy(memory, before.data(), count * sizeof(unsigned));
  const Module module;
  const Stream stream;
  module.kernel("add").launch({(count + 127) / 128}, {128}, 0, stream, device_address(memory),
                              count, 5U);
  stream.synchronize();
  std::vector<unsigned> after(count);
  std::memcpy(after.data(), memory, count * sizeof(unsigned));
  for (unsigned i = 0; i < count; ++i) ASSERT_EQ(after[i], before[i] + 5) << i;
}

TEST_F(cuMemHostRegister, KernelsReachTheMemory) {
  for (const auto form : forms()) {
    for (const unsigned flags : {0, CU_MEMHOSTREGISTER_PORTABLE, CU_MEMHOSTREGISTER_DEVICEMAP,
                                 CU_MEMHOSTREGISTER_PORTABLE | CU_MEMHOSTREGISTER_DEVICEMAP}) {
      const Pages pages(4);
      EXPECT_CUDA_OK(form(pages.begin, pages.bytes, flags)) << "flags " << flags;
      expect_kernels_reach(pages.begin, 4096);
    }
  }
}

TEST_F(cuMemHostRegister, KeepsWhatTheMemoryHolds) {
  const Pages pages(3);
  const auto values = random_vector<unsigned char>(pages.bytes);
  std::memcpy(pages.begin, values.data(), pages.bytes);
  EXPECT_CUDA_OK(driver().cuMemHostRegister_v2(pages.begin, pages.bytes, 0));
  EXPECT_EQ(std::memcmp(pages.begin, values.data(), pages.bytes), 0);
  std::vector<unsigned char> seen(pages.bytes);
  const DeviceMemory memory(pages.bytes);
  ASSERT_CUDA_OK(driver().cuMemcpyDtoD_v2(memory, device_address(pages.begin), pages.bytes));
  read_device(seen.data(), memory, pages.bytes);
  EXPECT_EQ(seen, values);
}

TEST_F(cuMemHostRegister, TakesARangeThatBeginsAndEndsInsidePages) {
  const Pages pages(4);
  unsigned char* const begin = pages.begin + 1000;
  EXPECT_CUDA_OK(driver().cuMemHostRegister_v2(begin, 2 * page + 8, 0));
  expect_kernels_reach(begin, (2 * page + 8) / 4);
  EXPECT_CUDA_OK(driver().cuMemHostUnregister(begin));
}

TEST_F(cuMemHostRegister, TakesMemoryOfTheHeap) {
  std::vector<unsigned> heap(50'000);
  EXPECT_CUDA_OK(driver().cuMemHostRegister_v2(heap.data(), heap.size() * sizeof(unsigned), 0));
  expect_kernels_reach(heap.data(), static_cast<unsigned>(heap.size()));
  EXPECT_CUDA_OK(driver().cuMemHostUnregister(heap.data()));
}

TEST_F(cuMemHostRegister, MakesItHostMemoryOfTheCurrentContext) {
  const Pages pages(1);
  EXPECT_CUDA_OK(driver().cuMemHostRegister_v2(pages.begin, pages.bytes, 0));
  const auto address = reinterpret_cast<CUdeviceptr>(pages.begin);
  unsigned type = 0;
  EXPECT_CUDA_OK(driver().cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, address));
  EXPECT_EQ(type, static_cast<unsigned>(CU_MEMORYTYPE_HOST));
  CUcontext owner = nullptr;
  EXPECT_CUDA_OK(driver().cuPointerGetAttribute(&owner, CU_POINTER_ATTRIBUTE_CONTEXT, address));
  EXPECT_EQ(owner, context);
}

TEST_F(cuMemHostRegister, RefusesMemoryThatIsRegistered) {
  const Pages pages(4);
  ASSERT_CUDA_OK(driver().cuMemHostRegister_v2(pages.begin, pages.bytes, 0));
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED, form(pages.begin, pages.bytes, 0));
    EXPECT_CUDA(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED, form(pages.begin + page, page, 0));
  }
  expect_kernels_reach(pages.begin, 16);
}

TEST_F(cuMemHostRegister, RefusesMemoryOfWhichAPartIsRegistered) {
  const Pages pages(4);
  ASSERT_CUDA_OK(driver().cuMemHostRegister_v2(pages.begin, 2 * page, 0));
  EXPECT_CUDA(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED,
              driver().cuMemHostRegister_v2(pages.begin + page, 2 * page, 0));
  EXPECT_CUDA_OK(driver().cuMemHostRegister_v2(pages.begin + 2 * page, 2 * page, 0));
  EXPECT_CUDA_OK(driver().cuMemHostUnregister(pages.begin + 2 * page));
}

// Undocumented.
TEST_F(cuMemHostRegister, RefusesPinnedMemory) {
  const PinnedMemory pinned(2 * page);
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemHostRegister_v2(pinned.host(), page, 0));
}

TEST_F(cuMemHostRegister, RefusesNullAndNothing) {
  const Pages pages(1);
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(nullptr, page, 0));
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, form(pages.begin, 0, 0));
  }
}

TEST_F(cuMemHostRegister, RefusesUnknownFlags) {
  const Pages pages(1);
  for (const unsigned flags : {0x10U, 0x80000000U}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemHostRegister_v2(pages.begin, page, flags));
  }
}

// Undocumented.
TEST_F(cuMemHostRegister, OldFormIgnoresUnknownFlags) {
  const Pages pages(1);
  EXPECT_CUDA_OK(driver().cuMemHostRegister(pages.begin, page, 0x10));
}

// Undocumented.
TEST_F(cuMemHostRegister, RefusesMemoryThatIsNotMapped) {
  void* hole = nullptr;
  {
    const Pages pages(4);
    hole = pages.begin;
  }
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuMemHostRegister_v2(hole, 4 * page, 0));
}

TEST_F(cuMemHostRegister, TakesReadOnlyMemoryWhereTheDeviceCan) {
  const Pages pages(1, PROT_READ);
  const bool can = device_attribute(CU_DEVICE_ATTRIBUTE_READ_ONLY_HOST_REGISTER_SUPPORTED) != 0;
  EXPECT_CUDA(can ? CUDA_SUCCESS : CUDA_ERROR_NOT_SUPPORTED,
              driver().cuMemHostRegister_v2(pages.begin, page, CU_MEMHOSTREGISTER_READ_ONLY));
}

TEST_F(cuMemHostRegister, NeedsACurrentContext) {
  const Pages pages(1);
  const NoContext none;
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, form(pages.begin, page, 0));
  }
}

TEST_F(cuMemHostRegister, EndsWithItsContext) {
  const Pages pages(1);
  {
    const ExtraContext extra;
    const Current current(extra);
    ASSERT_CUDA_OK(driver().cuMemHostRegister_v2(pages.begin, page, 0));
  }
  EXPECT_CUDA_OK(driver().cuMemHostRegister_v2(pages.begin, page, 0));
}

TEST_F(cuMemHostRegister, IsUnsafeDuringCapture) {
  const Pages pages(1);
  expect_unsafe_in_capture([&] {
    const CUresult result = driver().cuMemHostRegister_v2(pages.begin, page, 0);
    // Undoing it is unsafe too, but permitted wherever this was.
    if (result == CUDA_SUCCESS) driver().cuMemHostUnregister(pages.begin);
    return result;
  });
}

TEST_F(cuMemHostRegister_fresh, BeforeInit) {
  unsigned char ordinary[16] = {};
  for (const auto form : forms()) {
    EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, form(ordinary, sizeof ordinary, 0));
  }
}

}  // namespace vgpu::conformance::test_cuMemHostRegister
