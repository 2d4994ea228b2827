/// Kernels that the program compiles itself, by NVRTC, and loads as PTX.

#include <nvrtc.h>

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "driver_program.hpp"

namespace vgpu::driver_test {
namespace {

#define ASSERT_CUDA(call)                                             \
  do {                                                                \
    const CUresult assert_result = (call);                            \
    ASSERT_EQ(assert_result, CUDA_SUCCESS) << name_of(assert_result); \
  } while (false)

constexpr const char* source = R"(
template <class T, int Width>
struct Tile {
  T cells[Width];
};

namespace scaled {
template <class T, int Width>
__global__ void block_sums(const T* values, T* sums, int count, T scale) {
  __shared__ Tile<T, Width> tile;
  const int i = blockIdx.x * Width + threadIdx.x;
  tile.cells[threadIdx.x] = i < count ? values[i] * scale : T{};
  for (int half = Width / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) tile.cells[threadIdx.x] += tile.cells[threadIdx.x + half];
  }
  if (threadIdx.x == 0) sums[blockIdx.x] = tile.cells[0];
}
}  // namespace scaled

__constant__ float offset = 0.5f;

extern "C" __global__ void waves(float* values, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) values[i] = sinf(values[i]) + offset AMPLITUDE;
}
)";

constexpr const char* float_sums = "scaled::block_sums<float, 128>";
constexpr const char* long_sums = "&scaled::block_sums<long long, 64>";

class RuntimeCompilation : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(nvrtcCreateProgram(&program_, source, "kernels.cu", 0, nullptr, nullptr),
              NVRTC_SUCCESS);
  }
  void TearDown() override { nvrtcDestroyProgram(&program_); }

  /// For the device that this process has, as programs do it.
  nvrtcResult compile(const std::string& amplitude) {
    int major = 0;
    int minor = 0;
    cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 0);
    cuDeviceGetAttribute(&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 0);
    const std::string architecture =
        "--gpu-architecture=compute_" + std::to_string(major) + std::to_string(minor);
    const std::string definition = "-DAMPLITUDE=" + amplitude;
    const char* options[] = {architecture.c_str(), definition.c_str(), "--std=c++17"};
    EXPECT_EQ(nvrtcAddNameExpression(program_, float_sums), NVRTC_SUCCESS);
    EXPECT_EQ(nvrtcAddNameExpression(program_, long_sums), NVRTC_SUCCESS);
    const nvrtcResult result = nvrtcCompileProgram(program_, 3, options);
    std::size_t size = 0;
    EXPECT_EQ(nvrtcGetProgramLogSize(program_, &size), NVRTC_SUCCESS);
    log_.resize(size);
    EXPECT_EQ(nvrtcGetProgramLog(program_, log_.data()), NVRTC_SUCCESS);
    return result;
  }

  std::string ptx() {
    std::size_t size = 0;
    EXPECT_EQ(nvrtcGetPTXSize(program_, &size), NVRTC_SUCCESS);
    std::string text(size, '\0');
    EXPECT_EQ(nvrtcGetPTX(program_, text.data()), NVRTC_SUCCESS);
    return text;
  }

  std::string lowered(const char* expression) {
    const char* name = nullptr;
    EXPECT_EQ(nvrtcGetLoweredName(program_, expression, &name), NVRTC_SUCCESS);
    return name != nullptr ? name : "";
  }

  PrimaryContext context_;
  nvrtcProgram program_ = nullptr;
  std::string log_;
};

/// Memory on the device with these values in it.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(const std::vector<T>& values) : count_(values.size()) {
    EXPECT_EQ(cuMemAlloc(&address, count_ * sizeof(T)), CUDA_SUCCESS);
    EXPECT_EQ(cuMemcpyHtoD(address, values.data(), count_ * sizeof(T)), CUDA_SUCCESS);
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  ~DeviceArray() { cuMemFree(address); }
  std::vector<T> read() const {
    std::vector<T> values(count_);
    EXPECT_EQ(cuMemcpyDtoH(values.data(), address, count_ * sizeof(T)), CUDA_SUCCESS);
    return values;
  }
  CUdeviceptr address = 0;

 private:
  std::size_t count_;
};

/// Runs an instance of block_sums on 1, 2, 3 ... and checks what comes out.
template <class T>
void expect_sums(CUfunction function, unsigned width) {
  int count = 1000;
  T scale = 3;
  std::vector<T> host(static_cast<std::size_t>(count));
  std::iota(host.begin(), host.end(), T{1});
  const unsigned blocks = (static_cast<unsigned>(count) + width - 1) / width;
  DeviceArray<T> values(host);
  DeviceArray<T> sums{std::vector<T>(blocks)};
  void* arguments[] = {&values.address, &sums.address, &count, &scale};
  ASSERT_CUDA(cuLaunchKernel(function, blocks, 1, 1, width, 1, 1, 0, nullptr, arguments, nullptr));
  const std::vector<T> result = sums.read();
  for (std::size_t block = 0; block < blocks; ++block) {
    const auto begin = host.begin() + static_cast<std::ptrdiff_t>(block * width);
    const auto end = block + 1 == blocks ? host.end() : begin + static_cast<int>(width);
    EXPECT_EQ(result[block], scale * std::accumulate(begin, end, T{})) << block;
  }
}

TEST_F(RuntimeCompilation, TemplatesRunFromAModule) {
  ASSERT_EQ(compile("*2"), NVRTC_SUCCESS) << log_;
  CUmodule module = nullptr;
  const std::string text = ptx();
  ASSERT_CUDA(cuModuleLoadData(&module, text.c_str()));
  CUfunction function = nullptr;
  ASSERT_CUDA(cuModuleGetFunction(&function, module, lowered(float_sums).c_str()));
  expect_sums<float>(function, 128);
  ASSERT_CUDA(cuModuleGetFunction(&function, module, lowered(long_sums).c_str()));
  expect_sums<long long>(function, 64);
  EXPECT_EQ(cuModuleGetFunction(&function, module, "block_sums"), CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(cuModuleUnload(module), CUDA_SUCCESS);
}

TEST_F(RuntimeCompilation, KernelsRunFromALibrary) {
  ASSERT_EQ(compile("*4"), NVRTC_SUCCESS) << log_;
  CUlibrary library = nullptr;
  const std::string text = ptx();
  ASSERT_CUDA(cuLibraryLoadData(&library, text.c_str(), nullptr, nullptr, 0, nullptr, nullptr, 0));
  CUkernel kernel = nullptr;
  CUfunction function = nullptr;
  ASSERT_CUDA(cuLibraryGetKernel(&kernel, library, lowered(float_sums).c_str()));
  ASSERT_CUDA(cuKernelGetFunction(&function, kernel));
  expect_sums<float>(function, 128);

  // A kernel with a C name, a constant that the host changes, and a macro the host chose.
  CUdeviceptr offset = 0;
  std::size_t offset_size = 0;
  ASSERT_CUDA(cuLibraryGetGlobal(&offset, &offset_size, library, "offset"));
  ASSERT_EQ(offset_size, sizeof(float));
  const float shifted = 0.25F;
  ASSERT_CUDA(cuMemcpyHtoD(offset, &shifted, sizeof shifted));
  ASSERT_CUDA(cuLibraryGetKernel(&kernel, library, "waves"));
  ASSERT_CUDA(cuKernelGetFunction(&function, kernel));
  int count = 300;
  std::vector<float> host(300);
  for (std::size_t i = 0; i < host.size(); ++i) host[i] = 0.01F * static_cast<float>(i) - 1;
  DeviceArray<float> values(host);
  void* arguments[] = {&values.address, &count};
  ASSERT_CUDA(cuLaunchKernel(function, 3, 1, 1, 128, 1, 1, 0, nullptr, arguments, nullptr));
  const std::vector<float> result = values.read();
  for (std::size_t i = 0; i < host.size(); ++i)
    EXPECT_NEAR(result[i], std::sin(host[i]) + shifted * 4, 1e-6) << i;
  EXPECT_EQ(cuLibraryUnload(library), CUDA_SUCCESS);
}

TEST_F(RuntimeCompilation, TheCompilersErrorNamesTheLine) {
  EXPECT_EQ(compile("* nothing"), NVRTC_ERROR_COMPILATION);
  EXPECT_NE(log_.find("kernels.cu(25)"), std::string::npos) << log_;
  EXPECT_NE(log_.find("nothing"), std::string::npos) << log_;
}

}  // namespace
}  // namespace vgpu::driver_test
