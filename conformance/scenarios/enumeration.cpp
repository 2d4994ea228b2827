#include "fixture/fixture.hpp"
#include "fixture/private_tables.hpp"

// A program may look at all devices without making a context anywhere: many do so only to choose.

namespace vgpu::conformance::test_enumeration {

CONFORMANCE_SUITE(Enumeration_fresh, Uninitialised);

/// What the driver says of one device, in the order in which CUDA's runtime asks.
struct Description {
  CUdevice device = -1;
  std::string name;
  std::size_t memory = 0;
  std::array<char, 16> uuid{};
  std::array<char, 32> bus{};
  std::vector<int> attributes;
  bool operator==(const Description&) const = default;
};

Description describe(int ordinal) {
  Description found;
  check(driver().cuDeviceGet(&found.device, ordinal), "cuDeviceGet");
  if (serves_the_runtime()) {
    EXPECT_NE(primary_handle(found.device), nullptr);
  }
  char name[256] = "";
  check(driver().cuDeviceGetName(name, sizeof name, found.device), "cuDeviceGetName");
  found.name = name;
  check(driver().cuDeviceTotalMem_v2(&found.memory, found.device), "cuDeviceTotalMem_v2");
  CUuuid uuid;
  check(driver().cuDeviceGetUuid_v2(&uuid, found.device), "cuDeviceGetUuid_v2");
  std::memcpy(found.uuid.data(), uuid.bytes, sizeof uuid.bytes);
  check(driver().cuDeviceGetPCIBusId(found.bus.data(), 32, found.device), "cuDeviceGetPCIBusId");
  for (int attribute = 1; attribute < CU_DEVICE_ATTRIBUTE_MAX; ++attribute) {
    int value = -12345;
    driver().cuDeviceGetAttribute(&value, static_cast<CUdevice_attribute>(attribute), found.device);
    found.attributes.push_back(value);
  }
  return found;
}

std::vector<Description> describe_all() {
  int count = 0;
  check(driver().cuDeviceGetCount(&count), "cuDeviceGetCount");
  std::vector<Description> all;
  for (int ordinal = 0; ordinal < count; ++ordinal) all.push_back(describe(ordinal));
  return all;
}

void expect_no_context() {
  EXPECT_EQ(current_context(), nullptr);
  int count = 0;
  check(driver().cuDeviceGetCount(&count), "cuDeviceGetCount");
  for (CUdevice device = 0; device < count; ++device) {
    unsigned flags = 77;
    int active = 77;
    EXPECT_CUDA_OK(driver().cuDevicePrimaryCtxGetState(device, &flags, &active));
    EXPECT_EQ(active, 0) << "device " << device;
    EXPECT_EQ(flags, 0U) << "device " << device;
  }
}

TEST_F(Enumeration_fresh, MakesNoContext) {
  check(driver().cuInit(0), "cuInit");
  const auto all = describe_all();
  ASSERT_FALSE(all.empty());
  expect_no_context();
  CUdeviceptr address = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_CONTEXT, driver().cuMemAlloc_v2(&address, 16));
  expect_no_context();
}

TEST_F(Enumeration_fresh, OtherQuestionsMakeNoContextEither) {
  check(driver().cuInit(0), "cuInit");
  const int devices = device_count();
  for (CUdevice device = 0; device < devices; ++device) {
    int value = 0;
    unsigned word = 0;
    char luid[8];
    CUmemoryPool pool = nullptr;
    EXPECT_CUDA_OK(driver().cuDeviceCanAccessPeer(&value, device, (device + 1) % devices));
    driver().cuDeviceGetLuid(luid, &word, device);
    if (device_attribute(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED) != 0) {
      EXPECT_CUDA_OK(driver().cuDeviceGetDefaultMemPool(&pool, device));
    }
  }
  expect_no_context();
}

TEST_F(Enumeration_fresh, DevicesAreFoundByTheirBus) {
  check(driver().cuInit(0), "cuInit");
  for (const Description& found : describe_all()) {
    CUdevice device = -1;
    EXPECT_CUDA_OK(driver().cuDeviceGetByPCIBusId(&device, found.bus.data()));
    EXPECT_EQ(device, found.device);
  }
  expect_no_context();
}

TEST_F(Enumeration_fresh, EveryThreadFindsTheSame) {
  check(driver().cuInit(0), "cuInit");
  const auto here = describe_all();
  std::array<std::vector<Description>, 4> there;
  std::vector<std::thread> threads;
  for (auto& found : there) threads.emplace_back([&] { found = describe_all(); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& found : there) EXPECT_TRUE(found == here);
  expect_no_context();
}

TEST_F(Enumeration_fresh, AContextChangesNothingOfIt) {
  check(driver().cuInit(0), "cuInit");
  const auto before = describe_all();
  const ExtraContext extra;
  const Current current(extra);
  EXPECT_TRUE(describe_all() == before);
}

TEST_F(Enumeration_fresh, ThereIsNoDeviceBehindTheLast) {
  check(driver().cuInit(0), "cuInit");
  const int count = device_count();
  for (const int ordinal : {count, count + 1, -1, 1 << 20}) {
    expect_leaves<CUdevice>(CUDA_ERROR_INVALID_DEVICE, [&](CUdevice* device) {
      return driver().cuDeviceGet(device, ordinal);
    });
  }
}

}  // namespace vgpu::conformance::test_enumeration
