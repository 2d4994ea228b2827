#include "fixture/fixture.hpp"

// Kernel parameters of every size and alignment, by pointers and as one buffer: each byte arrives
// where the layout says.

namespace vgpu::conformance::test_kernel_parameters {

CONFORMANCE_SUITE(KernelParameters, Context);

struct Parameter {
  std::size_t bytes;
  std::size_t alignment;
};

std::size_t align(std::size_t offset, std::size_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

/// A kernel whose first parameter is an address, to which it copies all bytes of the others,
/// without padding between them.
std::string text_of(const std::vector<Parameter>& parameters) {
  std::string declared = ".param .u64 to";
  std::string body;
  std::size_t at = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string name = "p" + std::to_string(i);
    declared += ", .param .align " + std::to_string(parameters[i].alignment) + " .b8 " + name +
                "[" + std::to_string(parameters[i].bytes) + "]";
    for (std::size_t byte = 0; byte < parameters[i].bytes; ++byte, ++at) {
      body += "ld.param.u8 %r1, [" + name + "+" + std::to_string(byte) + "];\n";
      body += "st.global.u8 [%rd1+" + std::to_string(at) + "], %r1;\n";
    }
  }
  return ".version 7.0\n.target sm_75\n.address_size 64\n.visible .entry all(" + declared +
         ") {\n.reg .b32 %r<2>;\n.reg .b64 %rd<2>;\nld.param.u64 %rd0, [to];\n"
         "cvta.to.global.u64 %rd1, %rd0;\n" +
         body + "ret;\n}\n";
}

/// Launches the kernel both ways with random bytes.
void expect_arrive(const std::vector<Parameter>& parameters) {
  std::size_t total = 0;
  for (const Parameter& parameter : parameters) total += parameter.bytes;
  CUmodule module = nullptr;
  CUfunction function = nullptr;
  check(driver().cuModuleLoadData(&module, text_of(parameters).c_str()), "cuModuleLoadData");
  check(driver().cuModuleGetFunction(&function, module, "all"), "cuModuleGetFunction");
  for (const bool as_buffer : {false, true}) {
    const DeviceBuffer<unsigned char> out(total);
    const auto sent = random_vector<unsigned char>(total);
    CUdeviceptr address = out;
    std::vector<std::vector<unsigned char>> values;
    std::vector<unsigned char> packed(sizeof address);
    std::memcpy(packed.data(), &address, sizeof address);
    std::size_t at = 0;
    for (const Parameter& parameter : parameters) {
      const auto begin = sent.begin() + static_cast<std::ptrdiff_t>(at);
      const auto end = begin + static_cast<std::ptrdiff_t>(parameter.bytes);
      values.emplace_back(begin, end);
      packed.resize(align(packed.size(), parameter.alignment), 0xee);
      packed.insert(packed.end(), begin, end);
      at += parameter.bytes;
    }
    std::vector<void*> pointers{&address};
    for (auto& value : values) pointers.push_back(value.data());
    std::size_t packed_bytes = packed.size();
    void* extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, packed.data(), CU_LAUNCH_PARAM_BUFFER_SIZE,
                     &packed_bytes, CU_LAUNCH_PARAM_END};
    const Stream stream;
    EXPECT_CUDA_OK(driver().cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, stream,
                                           as_buffer ? nullptr : pointers.data(),
                                           as_buffer ? extra : nullptr));
    stream.synchronize();
    EXPECT_EQ(out.read(), sent) << (as_buffer ? "as one buffer" : "by pointers");
  }
  check(driver().cuModuleUnload(module), "cuModuleUnload");
}

TEST_F(KernelParameters, OneOfEverySize) {
  for (const std::size_t bytes : {1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 33, 64, 100, 255}) {
    SCOPED_TRACE(bytes);
    expect_arrive({{bytes, 1}});
  }
}

TEST_F(KernelParameters, EveryAlignmentBehindAByte) {
  for (const std::size_t alignment : {1, 2, 4, 8, 16}) {
    SCOPED_TRACE(alignment);
    expect_arrive({{1, 1}, {alignment, alignment}, {3, 1}, {alignment * 3, alignment}});
  }
}

TEST_F(KernelParameters, ManyOfRandomSizesAndAlignments) {
  for (int round = 0; round < 5; ++round) {
    std::vector<Parameter> parameters;
    for (int i = 0; i < 40; ++i) {
      parameters.push_back({1 + random_below(24), std::size_t{1} << random_below(5)});
    }
    expect_arrive(parameters);
  }
}

TEST_F(KernelParameters, AsMuchAsEveryKernelMayTake) {
  expect_arrive({{4096 - 8 - 4, 4}});
}

TEST_F(KernelParameters, ABufferOfAnotherSizeIsRefusedAtOnceOrTaken) {
  CUmodule module = nullptr;
  CUfunction function = nullptr;
  check(driver().cuModuleLoadData(&module, text_of({{4, 4}, {4, 4}}).c_str()), "cuModuleLoadData");
  check(driver().cuModuleGetFunction(&function, module, "all"), "cuModuleGetFunction");
  const DeviceBuffer<unsigned> out(2);
  struct {
    CUdeviceptr to;
    unsigned words[2];
    char more[64];
  } packed{out, {11, 22}, {}};
  const auto launch = [&](std::size_t bytes) {
    void* extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &packed, CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes,
                     CU_LAUNCH_PARAM_END};
    return driver().cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, extra);
  };
  EXPECT_CUDA_OK(launch(16));
  EXPECT_CUDA_OK(driver().cuCtxSynchronize());
  EXPECT_EQ(out.read(), (std::vector<unsigned>{11, 22}));
  // What the documentation leaves open must not turn into an error of a later call.
  for (const std::size_t bytes : {std::size_t{15}, std::size_t{17}, sizeof packed}) {
    const CUresult result = launch(bytes);
    EXPECT_TRUE(result == CUDA_SUCCESS || result == CUDA_ERROR_INVALID_VALUE ||
                result == CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES)
        << bytes << " bytes: " << result_text(result);
    EXPECT_CUDA_OK(driver().cuCtxSynchronize());
  }
  check(driver().cuModuleUnload(module), "cuModuleUnload");
}

TEST_F(KernelParameters, RefusesAnUnknownOrUnfinishedList) {
  const Module module;
  const Kernel fill = module.kernel("fill");
  std::size_t bytes = 16;
  char packed[16] = {};
  void* unknown[] = {reinterpret_cast<void*>(std::uintptr_t{0x77}), packed, CU_LAUNCH_PARAM_END};
  void* no_pointer[] = {CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes, CU_LAUNCH_PARAM_END};
  void* no_size[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, packed, CU_LAUNCH_PARAM_END};
  for (void** extra : {unknown, no_pointer, no_size}) {
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,  // Undocumented.
                driver().cuLaunchKernel(fill, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, extra));
  }
}

TEST_F(KernelParameters, RefusesToLaunchWithout) {
  const Module module;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuLaunchKernel(module.kernel("fill"), 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr,
                                      nullptr));
}

}  // namespace vgpu::conformance::test_kernel_parameters
