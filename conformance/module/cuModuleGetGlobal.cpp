#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuModuleGetGlobal {

CONFORMANCE_SUITE(cuModuleGetGlobal, Context);
CONFORMANCE_SUITE(cuModuleGetGlobal_fresh, Uninitialised);

TEST_F(cuModuleGetGlobal, GivesAddressAndSize) {
  const Module module;
  const struct {
    const char* name;
    std::size_t bytes;
  } variables[] = {{"global_value", 4}, {"global_array", 64}, {"constant_table", 64}};
  std::vector<CUdeviceptr> addresses;
  for (const auto& variable : variables) {
    const auto results =
        expect_writes<CUdeviceptr, std::size_t>([&](CUdeviceptr* address, std::size_t* bytes) {
          return driver().cuModuleGetGlobal_v2(address, bytes, module, variable.name);
        });
    EXPECT_EQ(results[0], results[1]) << variable.name;
    EXPECT_EQ(std::get<1>(results[0]), variable.bytes) << variable.name;
    EXPECT_NE(std::get<0>(results[0]), 0U) << variable.name;
    addresses.push_back(std::get<0>(results[0]));
  }
  EXPECT_NE(addresses[0], addresses[1]);
  EXPECT_NE(addresses[1], addresses[2]);
}

TEST_F(cuModuleGetGlobal, TheVariableHasItsInitialValue) {
  const Module module;
  unsigned value = 0;
  read_device(&value, module.variable("global_value"), sizeof value);
  EXPECT_EQ(value, 41U);
  std::array<unsigned, 16> array{};
  array.fill(5);
  read_device(array.data(), module.variable("global_array"), sizeof array);
  EXPECT_EQ(array, (std::array<unsigned, 16>{}));
}

TEST_F(cuModuleGetGlobal, KernelsReadWhatIsWrittenThere) {
  const DeviceBuffer<unsigned> out(16);
  const Module module;
  const auto value = random_value<unsigned>();
  const auto table = random_vector<unsigned>(16);
  write_device(module.variable("global_value"), &value, sizeof value);
  write_device(module.variable("constant_table"), table.data(), 64);
  const Stream stream;
  module.kernel("read_global").launch({}, {}, 0, stream, out.address());
  stream.synchronize();
  EXPECT_EQ(out.read()[0], value);
  module.kernel("read_constant").launch({}, {16}, 0, stream, out.address());
  stream.synchronize();
  EXPECT_EQ(out.read(), table);
}

TEST_F(cuModuleGetGlobal, KernelsWriteToIt) {
  const Module module;
  const auto value = random_value<unsigned>();
  const Stream stream;
  module.kernel("write_global").launch({}, {}, 0, stream, value);
  stream.synchronize();
  unsigned got = ~value;
  read_device(&got, module.variable("global_value"), sizeof got);
  EXPECT_EQ(got, value);
}

TEST_F(cuModuleGetGlobal, EveryModuleHasItsOwn) {
  const Module first;
  const Module again;
  const Module other("other");
  EXPECT_NE(first.variable("global_value"), again.variable("global_value"));
  const unsigned one = 1;
  write_device(first.variable("global_value"), &one, sizeof one);
  unsigned value = 0;
  read_device(&value, again.variable("global_value"), sizeof value);
  EXPECT_EQ(value, 41U);
  read_device(&value, other.variable("global_value"), sizeof value);
  EXPECT_EQ(value, 1000U);
}

TEST_F(cuModuleGetGlobal, OneOfTheOutputsMayBeNull) {
  const Module module;
  const auto [address, again] = expect_writes<CUdeviceptr>([&](CUdeviceptr* out) {
    return driver().cuModuleGetGlobal_v2(out, nullptr, module, "global_array");
  });
  EXPECT_EQ(address, module.variable("global_array"));
  const auto [bytes, bytes_again] = expect_writes<std::size_t>([&](std::size_t* out) {
    return driver().cuModuleGetGlobal_v2(nullptr, out, module, "global_array");
  });
  EXPECT_EQ(bytes, 64U);
}

TEST_F(cuModuleGetGlobal, NotBothOutputsMayBeNull) {
  const Module module;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuModuleGetGlobal_v2(nullptr, nullptr, module, "global_value"));
}

TEST_F(cuModuleGetGlobal, RefusesAMissingName) {
  const Module module;
  const auto look_up = [&](const char* name) {
    CUdeviceptr address = 0;
    std::size_t bytes = 0;
    return driver().cuModuleGetGlobal_v2(&address, &bytes, module, name);
  };
  for (const char* name : {"no_such_variable", "global", "only_here"}) {
    EXPECT_CUDA(CUDA_ERROR_NOT_FOUND, look_up(name)) << "name '" << name << "'";
  }
  // Undocumented: a kernel's name, and none.
  for (const char* name : {"fill", ""}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, look_up(name)) << "name '" << name << "'";
  }
}

TEST_F(cuModuleGetGlobal, RefusesANullName) {
  const Module module;
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuModuleGetGlobal_v2(&address, &bytes, module, nullptr));
}

// Undocumented. A call that fails may write its outputs.
TEST_F(cuModuleGetGlobal, RefusesANullModule) {
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  EXPECT_CUDA(CUDA_ERROR_INVALID_HANDLE,
              driver().cuModuleGetGlobal_v2(&address, &bytes, nullptr, "global_value"));
}

// A module knows its context.
TEST_F(cuModuleGetGlobal, NeedsNoCurrentContext) {
  const Module module;
  const CUdeviceptr known = module.variable("global_value");
  const NoContext none;
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  EXPECT_CUDA_OK(driver().cuModuleGetGlobal_v2(&address, &bytes, module, "global_value"));
  EXPECT_EQ(address, known);
  EXPECT_EQ(bytes, sizeof(unsigned));
}

// The form of CUDA 2: addresses and sizes of 32 bits.
TEST_F(cuModuleGetGlobal, OldFormWrites32Bits) {
  const Module module;
  struct {
    CUdeviceptr_v1 address;
    unsigned behind_address;
    unsigned bytes;
    unsigned behind_bytes;
  } out{0, 0x12345678, 0, 0x87654321};
  const CUresult result =
      driver().cuModuleGetGlobal(&out.address, &out.bytes, module, "global_array");
  EXPECT_EQ(out.behind_address, 0x12345678U);
  EXPECT_EQ(out.behind_bytes, 0x87654321U);
  if (result == CUDA_SUCCESS) {
    EXPECT_EQ(out.bytes, 64U);
  }
}

TEST_F(cuModuleGetGlobal, IsSafeDuringCapture) {
  const Module module;
  static_cast<void>(module.variable("global_array"));
  CUdeviceptr address = 0;
  expect_safe_in_capture(
      [&] { return driver().cuModuleGetGlobal_v2(&address, nullptr, module, "global_array"); });
}

TEST_F(cuModuleGetGlobal_fresh, BeforeInit) {
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED,
              driver().cuModuleGetGlobal_v2(&address, &bytes, nullptr, "global_value"));
}

}  // namespace vgpu::conformance::test_cuModuleGetGlobal
