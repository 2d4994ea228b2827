#include <thread>

#include "tests/software_device/engine_fixture.hpp"

namespace vgpu::softdevice {
namespace {

std::string kernel_text(const std::string& body) {
  return ".version 7.0\n.target sm_75\n.address_size 64\n"
         ".visible .entry k(.param .u64 p)\n{\n"
         ".reg .pred %p<4>;\n.reg .b16 %rs<4>;\n.reg .b32 %r<8>;\n.reg .b64 %rd<8>;\n.reg .f32 "
         "%f<4>;\n"
         "ld.param.u64 %rd1, [p];\nmov.u32 %r1, %tid.x;\n" +
         body + "\nret;\n}\n";
}

LaunchFault run(Device& device, const std::string& body, void* argument, unsigned threads = 32) {
  EXPECT_TRUE(device.load(kernel_text(body))) << device.error.message;
  return device.launch("k", line(1, threads), argument);
}

TEST(Faults, AddressOutsideEveryAllocation) {
  Device device;
  int* data = device.upload(std::vector<int>(31));
  const std::string body =
      "mul.wide.u32 %rd2, %r1, 4;\nadd.s64 %rd3, %rd1, %rd2;\nst.global.u32 [%rd3], %r1;";
  const LaunchFault fault = run(device, body, data);
  EXPECT_EQ(fault.result, CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_NE(fault.message.find("thread (31,0,0)"), std::string::npos) << fault.message;
  EXPECT_NE(fault.message.find("PTX line 15"), std::string::npos) << fault.message;
  EXPECT_EQ(run(device, body, data, 31).result, CUDA_SUCCESS);
  EXPECT_EQ(run(device, body, nullptr).result, CUDA_ERROR_ILLEGAL_ADDRESS);
}

TEST(Faults, ReleasedMemoryIsNoLongerReachable) {
  Device device;
  int* data = device.upload(std::vector<int>(32));
  const std::string body = "ld.global.u32 %r2, [%rd1];";
  EXPECT_EQ(run(device, body, data).result, CUDA_SUCCESS);
  EXPECT_TRUE(device.memory.release(reinterpret_cast<std::uintptr_t>(data)));
  EXPECT_EQ(run(device, body, data).result, CUDA_ERROR_ILLEGAL_ADDRESS);
}

TEST(Faults, Misalignment) {
  Device device;
  char* data = device.upload(std::vector<char>(64));
  EXPECT_EQ(run(device, "ld.global.u32 %r2, [%rd1+2];", data).result,
            CUDA_ERROR_MISALIGNED_ADDRESS);
  EXPECT_EQ(run(device, "ld.global.v2.u32 {%r2, %r3}, [%rd1+4];", data).result,
            CUDA_ERROR_MISALIGNED_ADDRESS);
}

TEST(Faults, Trap) {
  Device device;
  EXPECT_EQ(run(device, "setp.eq.u32 %p1, %r1, 5;\n@%p1 trap;", nullptr, 5).result, CUDA_SUCCESS);
  EXPECT_EQ(run(device, "setp.eq.u32 %p1, %r1, 5;\n@%p1 trap;", nullptr).result,
            CUDA_ERROR_LAUNCH_FAILED);
}

TEST(Faults, StopEndsAnEndlessKernel) {
  Device device;
  std::thread stopper([&] { device.stop = true; });
  const LaunchFault fault = run(device, "$L: bra $L;", nullptr);
  stopper.join();
  EXPECT_EQ(fault.result, CUDA_SUCCESS);
}

TEST(Faults, BarrierThatCannotComplete) {
  Device device;
  const LaunchFault fault = run(device, "bar.sync 1, 64;", nullptr);
  EXPECT_EQ(fault.result, CUDA_ERROR_LAUNCH_TIMEOUT) << fault.message;
}

TEST(Faults, UnknownInstructionIsNamed) {
  Device device;
  ASSERT_TRUE(device.load(kernel_text("frobnicate.u32 %r1, %r2;")));
  std::string error;
  CUresult result = CUDA_SUCCESS;
  EXPECT_EQ(device.module().find_kernel("k", error, result), nullptr);
  EXPECT_EQ(result, CUDA_ERROR_INVALID_PTX);
  EXPECT_NE(error.find("line 13"), std::string::npos) << error;
  EXPECT_NE(error.find("frobnicate.u32"), std::string::npos) << error;
  EXPECT_EQ(device.module().find_kernel("other", error, result), nullptr);
  EXPECT_EQ(result, CUDA_ERROR_NOT_FOUND);
}

TEST(Faults, BadTextIsRefusedWithItsLine) {
  for (const char* body :
       {"add.u32 %r1, %r2;", "add.u32 %r1, %r2, %nothing;", "add.u32 %r1, %r2, %rd1;",
        "bra $nowhere;", "ld.global.u32 %r1, [%nothing];", "mov.u32 %r1 %r2;"}) {
    Device device;
    ASSERT_TRUE(device.load(kernel_text(body)));
    std::string error;
    CUresult result = CUDA_SUCCESS;
    EXPECT_EQ(device.module().find_kernel("k", error, result), nullptr) << body;
    EXPECT_NE(result, CUDA_SUCCESS) << body;
    EXPECT_NE(error.find("line 1"), std::string::npos) << error;
  }
}

TEST(Faults, MinorVersionsToComeAreReadAndMajorOnesRefused) {
  const auto load_version = [](const std::string& version) {
    std::string text = kernel_text("");
    text.replace(text.find("7.0"), 3, version);
    Device device;
    device.load(text);
    return device.error.result;
  };
  EXPECT_EQ(load_version("9.0"), CUDA_SUCCESS);
  EXPECT_EQ(load_version("9.4"), CUDA_SUCCESS);
  EXPECT_EQ(load_version("10.0"), CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
}

TEST(Execution, SubtractionLeavesTheInverseOfItsBorrow) {
  Device device;
  std::uint32_t* const out = device.upload(std::vector<std::uint32_t>(4));
  VGPU_EXPECT_RUNS(run(device,
                       "sub.cc.u32 %r2, 5, 3;\naddc.u32 %r3, 0, 0;\nst.global.u32 [%rd1], %r3;\n"
                       "sub.cc.u32 %r2, 3, 5;\naddc.u32 %r3, 0, 0;\nst.global.u32 [%rd1+4], %r3;\n"
                       "sub.cc.u32 %r2, 3, 5;\nsubc.u32 %r3, 9, 1;\nst.global.u32 [%rd1+8], %r3;\n"
                       "add.cc.u32 %r2, -1, 1;\nsubc.u32 %r3, 9, 1;\nst.global.u32 [%rd1+12], %r3;",
                       out, 1));
  EXPECT_EQ(std::vector<std::uint32_t>(out, out + 4), (std::vector<std::uint32_t>{1, 0, 7, 8}));
}

TEST(Execution, InstructionsAreCounted) {
  Device device;
  // All lanes run five together, and each half two of its own.
  ASSERT_TRUE(
      device.load(kernel_text("setp.lt.u32 %p1, %r1, 16;\n@%p1 bra $LOW;\n"
                              "mov.u32 %r2, 1;\nbra $END;\n"
                              "$LOW: mov.u32 %r2, 2;\nmov.u32 %r2, 3;\n$END:")));
  const LaunchFault fault = device.launch("k", line(6, 32), nullptr);
  ASSERT_EQ(fault.result, CUDA_SUCCESS) << fault.message;
  constexpr std::uint64_t warps = 6;
  EXPECT_EQ(fault.executed.warp_instructions, warps * 9);
  EXPECT_EQ(fault.executed.thread_instructions, warps * (5 * 32 + 4 * 16));
}

TEST(Faults, TruncatedTextIsRefused) {
  const std::string text = read_kernel_file("language.ptx");
  for (std::size_t size = 0; size < text.size(); size += 997) {
    DeviceMemory memory(1 << 24);
    LoadError error;
    const std::string part = text.substr(0, size);
    const auto module = load_module(part.c_str(), 75, memory, error);
    EXPECT_EQ(module == nullptr, !error.message.empty());
  }
}

TEST(Memory, AllocationsAreZeroAlignedAndAccounted) {
  DeviceMemory memory(1 << 20);
  const std::uintptr_t a = memory.allocate(1000);
  const std::uintptr_t b = memory.allocate(10, 65536);
  ASSERT_NE(a, 0u);
  EXPECT_EQ(a % 512, 0u);
  EXPECT_EQ(b % 65536, 0u);
  EXPECT_EQ(memory.find(a + 999, 1).begin, a);
  EXPECT_EQ(memory.find(a, 1000).size, 1000u);
  EXPECT_EQ(memory.find(a, 1001).size, 0u);
  EXPECT_EQ(memory.find(a + 999, 2).size, 0u);
  EXPECT_EQ(memory.find(a + 1000, 0).size, 0u);
  EXPECT_EQ(memory.free_bytes(), (1u << 20) - 1024 - 512);
  EXPECT_EQ(memory.allocate(1 << 20), 0u);
  std::memset(reinterpret_cast<void*>(a), 0x5a, 1000);
  EXPECT_FALSE(memory.release(a + 1));
  EXPECT_TRUE(memory.release(a));
  EXPECT_FALSE(memory.release(a));
  EXPECT_EQ(memory.find(a, 1).size, 0u);
  const std::uintptr_t c = memory.allocate(1000);
  for (std::size_t i = 0; i < 1000; ++i) ASSERT_EQ(reinterpret_cast<char*>(c)[i], 0);
}

TEST(Memory, ExternalRangesAndReservations) {
  DeviceMemory memory(1 << 20);
  std::vector<char> mine(4096);
  const auto begin = reinterpret_cast<std::uintptr_t>(mine.data());
  EXPECT_TRUE(memory.add_external({begin, mine.size()}));
  EXPECT_FALSE(memory.add_external({begin + 10, 10}));
  EXPECT_EQ(memory.find(begin + 100, 8).begin, begin);
  EXPECT_TRUE(memory.remove_external(begin));
  EXPECT_EQ(memory.find(begin + 100, 8).size, 0u);
  const std::uintptr_t space = memory.reserve(1 << 22, 1 << 21, 0);
  EXPECT_EQ(space % (1 << 21), 0u);
  EXPECT_EQ(memory.find(space, 1).size, 0u);
  EXPECT_EQ(memory.free_bytes(), 1u << 20);
  EXPECT_FALSE(memory.unreserve(space, 1 << 21));
  EXPECT_TRUE(memory.unreserve(space, 1 << 22));
  EXPECT_EQ(memory.reserve(1 << 22, 1 << 21, space), space);
}

}  // namespace
}  // namespace vgpu::softdevice
