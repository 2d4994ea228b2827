/// ggml's CUDA backend as a third party built it, on the driver that this process finds. What is
/// called here is what llama.cpp calls before it loads a model, and one transfer of data.

#include <cuda.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

/// A library found as a program finds it, by LD_LIBRARY_PATH; stays loaded.
class Library {
 public:
  explicit Library(const char* name) : handle_(::dlopen(name, RTLD_NOW | RTLD_GLOBAL)) {
    if (handle_ == nullptr) ADD_FAILURE() << ::dlerror();
  }
  template <class F>
  F* function(const char* name) const {
    auto* address = handle_ != nullptr ? reinterpret_cast<F*>(::dlsym(handle_, name)) : nullptr;
    if (address == nullptr) throw std::runtime_error(std::string(name) + " is missing");
    return address;
  }

 private:
  void* handle_;
};

/// ggml's own types are of no interest here.
using Handle = void*;

struct Ggml {
  Library base{"libggml-base.so"};
  Library cuda{"libggml-cuda.so"};
};

class GgmlCuda : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ggml = new Ggml; }
  template <class F>
  static F* base(const char* name) {
    return ggml->base.function<F>(name);
  }
  template <class F>
  static F* cuda(const char* name) {
    return ggml->cuda.function<F>(name);
  }
  static Ggml* ggml;
};
Ggml* GgmlCuda::ggml = nullptr;

TEST_F(GgmlCuda, FindsTheOneDevice) {
  ASSERT_EQ(cuda<int()>("ggml_backend_cuda_get_device_count")(), 1);
  std::string description(256, '\0');
  cuda<void(int, char*, std::size_t)>("ggml_backend_cuda_get_device_description")(
      0, description.data(), description.size());
  std::string name(256, '\0');
  CUdevice device = -1;
  ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
  ASSERT_EQ(cuDeviceGet(&device, 0), CUDA_SUCCESS);
  ASSERT_EQ(cuDeviceGetName(name.data(), static_cast<int>(name.size()), device), CUDA_SUCCESS);
  EXPECT_STREQ(description.c_str(), name.c_str());
  EXPECT_STRNE(description.c_str(), "");
}

TEST_F(GgmlCuda, ReportsTheDevicesMemory) {
  std::size_t free = 0;
  std::size_t total = 0;
  cuda<void(int, std::size_t*, std::size_t*)>("ggml_backend_cuda_get_device_memory")(0, &free,
                                                                                     &total);
  ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
  std::size_t expected = 0;
  ASSERT_EQ(cuDeviceTotalMem(&expected, 0), CUDA_SUCCESS);
  EXPECT_EQ(total, expected);
  EXPECT_GT(free, 0U);
  EXPECT_LE(free, total);
}

TEST_F(GgmlCuda, InitialisesAndMovesData) {
  Handle backend = cuda<Handle(int)>("ggml_backend_cuda_init")(0);
  ASSERT_NE(backend, nullptr);
  EXPECT_TRUE(cuda<bool(Handle)>("ggml_backend_is_cuda")(backend));

  constexpr std::size_t bytes = std::size_t{3} << 20 | 4;
  Handle type = cuda<Handle(int)>("ggml_backend_cuda_buffer_type")(0);
  ASSERT_NE(type, nullptr);
  Handle buffer = base<Handle(Handle, std::size_t)>("ggml_backend_buft_alloc_buffer")(type, bytes);
  ASSERT_NE(buffer, nullptr);
  EXPECT_GE(base<std::size_t(Handle)>("ggml_backend_buffer_get_size")(buffer), bytes);
  EXPECT_FALSE(base<bool(Handle)>("ggml_backend_buffer_is_host")(buffer));
  const auto address =
      reinterpret_cast<CUdeviceptr>(base<void*(Handle)>("ggml_backend_buffer_get_base")(buffer));
  ASSERT_NE(address, 0U);

  // The buffer's own way of filling it, then the driver's of reading and writing what is there.
  base<void(Handle, std::uint8_t)>("ggml_backend_buffer_clear")(buffer, 0x5a);
  std::vector<std::uint8_t> read(bytes);
  ASSERT_EQ(cuMemcpyDtoH(read.data(), address, bytes), CUDA_SUCCESS);
  EXPECT_EQ(read, std::vector<std::uint8_t>(bytes, 0x5a));
  std::vector<std::uint8_t> written(bytes);
  std::iota(written.begin(), written.end(), std::uint8_t{1});
  ASSERT_EQ(cuMemcpyHtoD(address, written.data(), bytes), CUDA_SUCCESS);
  ASSERT_EQ(cuMemcpyDtoH(read.data(), address, bytes), CUDA_SUCCESS);
  EXPECT_EQ(read, written);

  base<void(Handle)>("ggml_backend_buffer_free")(buffer);
  base<void(Handle)>("ggml_backend_free")(backend);
}

}  // namespace
