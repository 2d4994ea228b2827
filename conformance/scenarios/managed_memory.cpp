#include <cstdio>

#include "fixture/fixture.hpp"

// What host and device see of each other's writes to managed memory.

namespace vgpu::conformance::test_managed_memory {

CONFORMANCE_SUITE(ManagedMemoryVisibility, Context);

constexpr unsigned count = 50'000;
constexpr unsigned blocks = (count + 127) / 128;

TEST_F(ManagedMemoryVisibility, HostAndKernelsTakeTurns) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(count * sizeof(unsigned));
  auto* const words = memory.host<unsigned>();
  const Module module;
  const Kernel scale_add = module.kernel("scale_add");
  const Stream stream;
  for (int turn = 0; turn < 4; ++turn) {
    const auto values = random_vector<unsigned>(count);
    std::copy(values.begin(), values.end(), words);
    scale_add.launch({blocks}, {128}, 0, stream, memory.address(), count, 3U, 11U);
    stream.synchronize();
    for (unsigned i = 0; i < count; ++i) ASSERT_EQ(words[i], values[i] * 3 + 11) << i;
  }
}

TEST_F(ManagedMemoryVisibility, TheHostChangesSingleBytesBetweenKernels) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(count * sizeof(unsigned));
  auto* const words = memory.host<unsigned>();
  std::fill_n(words, count, 0U);
  const Module module;
  const Kernel add = module.kernel("add");
  const Stream stream;
  std::vector<unsigned> expected(count, 0);
  for (unsigned turn = 1; turn <= 8; ++turn) {
    const auto at = random_below(count);
    words[at] = turn * 1000;
    expected[at] = turn * 1000;
    add.launch({blocks}, {128}, 0, stream, memory.address(), count, turn);
    stream.synchronize();
    for (unsigned& value : expected) value += turn;
  }
  EXPECT_EQ(std::vector<unsigned>(words, words + count), expected);
}

TEST_F(ManagedMemoryVisibility, AManagedVariableIsTheHostsToo) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const DeviceBuffer<unsigned> seen(1);
  const Module module("managed");
  auto* const variable = reinterpret_cast<volatile unsigned*>(module.variable("managed_value"));
  const Stream stream;
  EXPECT_EQ(*variable, 17U) << "its initial value";
  *variable = 1234;
  module.kernel("read_managed").launch({}, {}, 0, stream, seen.address());
  stream.synchronize();
  EXPECT_EQ(seen.read()[0], 1234U);
  module.kernel("write_managed").launch({}, {}, 0, stream, 4321U);
  stream.synchronize();
  EXPECT_EQ(*variable, 4321U);
}

// Without concurrent access the host must stay away while any kernel runs.
TEST_F(ManagedMemoryVisibility, ARunningKernelSeesWhatTheHostWrites) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(2 * sizeof(unsigned));
  auto* const words = memory.host<volatile unsigned>();
  words[0] = 0;
  words[1] = 0;
  const Module module;
  const Kernel wait_on_flag = module.kernel("wait_on_flag");
  const Stream stream;
  wait_on_flag.launch({}, {}, 0, stream, memory.address(), memory.address() + sizeof(unsigned),
                      10'000'000'000ULL);
  words[0] = 1;
  EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream));
  EXPECT_EQ(words[1], 0U) << "the kernel never saw the host's write";
}

TEST_F(ManagedMemoryVisibility, CopiesSeeHostAndKernels) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(count * sizeof(unsigned));
  auto* const words = memory.host<unsigned>();
  const DeviceBuffer<unsigned> buffer(count);
  const auto values = random_vector<unsigned>(count);
  const Module module;
  const Stream stream;
  std::copy(values.begin(), values.end(), words);
  EXPECT_CUDA_OK(driver().cuMemcpyDtoDAsync_v2(buffer, memory, buffer.bytes(), stream));
  stream.synchronize();
  EXPECT_EQ(buffer.read(), values);
  module.kernel("fill").over(buffer, stream, 9U);
  EXPECT_CUDA_OK(driver().cuMemcpyDtoDAsync_v2(memory, buffer, buffer.bytes(), stream));
  stream.synchronize();
  EXPECT_EQ(std::count(words, words + count, 9U), static_cast<std::ptrdiff_t>(count));
}

TEST_F(ManagedMemoryVisibility, AnEventSaysWhenAKernelsWritesAreThere) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
  const ManagedMemory memory(count * sizeof(unsigned));
  const auto value = random_value<unsigned>();
  const Module module;
  const Event event;
  const Stream stream;
  module.kernel("fill").launch({blocks}, {128}, 0, stream, memory.address(), count, value);
  event.record(stream);
  while (driver().cuEventQuery(event) == CUDA_ERROR_NOT_READY) {
  }
  const auto* const words = memory.host<unsigned>();
  EXPECT_EQ(std::count(words, words + count, value), static_cast<std::ptrdiff_t>(count));
}

TEST_F(ManagedMemoryVisibility, SystemCallsWorkOnTheMemory) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  constexpr std::size_t bytes = 20'000;
  const ManagedMemory memory(bytes);
  const auto values = random_vector<unsigned char>(bytes);
  ASSERT_CUDA_OK(driver().cuMemcpyHtoD_v2(memory, values.data(), bytes));
  std::FILE* const file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(std::fwrite(memory.host(), 1, bytes, file), bytes);
  std::rewind(file);
  std::memset(memory.host(), 0, bytes);
  EXPECT_EQ(std::fread(memory.host(), 1, bytes, file), bytes);
  std::fclose(file);
  std::vector<unsigned char> found(bytes);
  ASSERT_CUDA_OK(driver().cuMemcpyDtoH_v2(found.data(), memory, bytes));
  EXPECT_EQ(found, values);
}

}  // namespace vgpu::conformance::test_managed_memory
