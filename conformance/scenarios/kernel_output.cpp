#include <unistd.h>

#include <cstdio>

#include "fixture/fixture.hpp"

// What kernels print stands in this process's streams once a call has returned that CUDA documents
// as showing it, behind what the program itself has printed before.

namespace vgpu::conformance::test_kernel_output {

CONFORMANCE_SUITE(KernelOutput, OwnContext);
CONFORMANCE_SUITE(KernelOutput_fresh, Uninitialised);

/// What goes to a stream while the object lives.
class Captured {
 public:
  explicit Captured(std::FILE* stream) : stream_(stream), file_(std::tmpfile()) {
    std::fflush(stream_);
    kept_ = ::dup(::fileno(stream_));
    ::dup2(::fileno(file_), ::fileno(stream_));
  }
  ~Captured() {
    std::fflush(stream_);
    ::dup2(kept_, ::fileno(stream_));
    ::close(kept_);
    std::fclose(file_);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  [[nodiscard]] std::string text() const {
    std::fflush(stream_);
    std::string all;
    std::array<char, 4096> buffer{};
    for (off_t at = 0;;) {
      const ssize_t bytes = ::pread(::fileno(file_), buffer.data(), buffer.size(), at);
      if (bytes <= 0) return all;
      all.append(buffer.data(), static_cast<std::size_t>(bytes));
      at += bytes;
    }
  }

 private:
  std::FILE* stream_;
  std::FILE* file_;
  int kept_ = -1;
};

/// Prints by a kernel and then by the program, with `show` in between; all of it must be there.
template <class Show>
void expect_shown(CUstream stream, Show&& show) {
  const Module module("printing");
  const Kernel print_line = module.kernel("print_line");
  const auto number = static_cast<int>(random_below(1'000'000));
  const Captured output(stdout);
  std::fputs("before\n", stdout);
  print_line.launch({}, {}, 0, stream, number);
  show();
  std::fputs("after\n", stdout);
  EXPECT_EQ(output.text(), "before\nkernel line " + std::to_string(number) + "\nafter\n");
}

TEST_F(KernelOutput, IsThereAfterSynchronisingTheContext) {
  expect_shown(CU_STREAM_LEGACY, [] { EXPECT_CUDA_OK(driver().cuCtxSynchronize()); });
}

TEST_F(KernelOutput, IsThereAfterSynchronisingTheStream) {
  const Stream stream;
  expect_shown(stream, [&] { EXPECT_CUDA_OK(driver().cuStreamSynchronize(stream)); });
}

TEST_F(KernelOutput, IsThereAfterSynchronisingAnEvent) {
  const Stream stream;
  const Event event;
  expect_shown(stream, [&] {
    EXPECT_CUDA_OK(driver().cuEventRecord(event, stream));
    EXPECT_CUDA_OK(driver().cuEventSynchronize(event));
  });
}

TEST_F(KernelOutput, IsThereAfterABlockingCopy) {
  const DeviceBuffer<unsigned> buffer(1);
  unsigned word = 0;
  expect_shown(CU_STREAM_LEGACY, [&] {
    EXPECT_CUDA_OK(driver().cuMemcpyDtoH_v2(&word, buffer.address(), sizeof word));
  });
}

TEST_F(KernelOutput, KeepsTheOrderOfLaunches) {
  const Module module("printing");
  const Kernel print_line = module.kernel("print_line");
  const Stream stream;
  const Captured output(stdout);
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    print_line.launch({}, {}, 0, stream, i);
    expected += "kernel line " + std::to_string(i) + "\n";
  }
  stream.synchronize();
  EXPECT_EQ(output.text(), expected);
}

TEST_F(KernelOutput_fresh, AFailedAssertionIsToldOnStderr) {
  check(driver().cuInit(0), "cuInit");
  const ExtraContext own;
  const Current current(own);
  const Module module("printing");
  const Captured output(stdout);
  std::string text;
  {
    const Captured errors(stderr);
    module.kernel("assert_below").launch({}, {4}, 0, CU_STREAM_LEGACY, 3);
    EXPECT_CUDA(CUDA_ERROR_ASSERT, driver().cuCtxSynchronize());
    text = errors.text();
  }
  EXPECT_NE(text.find("printing.cu:9: "), std::string::npos) << text;
  EXPECT_NE(text.find("block: [0,0,0], thread: [3,0,0] Assertion `"), std::string::npos) << text;
  EXPECT_NE(text.find("` failed."), std::string::npos) << text;
  CUdeviceptr address = 0;
  EXPECT_CUDA(CUDA_ERROR_ASSERT, driver().cuMemAlloc_v2(&address, 64));
}

}  // namespace vgpu::conformance::test_kernel_output
