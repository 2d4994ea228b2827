#include <sys/mman.h>

#include "tests/software_device/engine_fixture.hpp"

namespace vgpu::softdevice {
namespace {

class Fatbin : public testing::TestWithParam<const char*> {};

TEST_P(Fatbin, LoadsAndRuns) {
  const std::string image = read_kernel_file(GetParam());
  EXPECT_EQ(image_size(image.data()), image.size());
  Device device;
  ASSERT_TRUE(device.load(image)) << device.error.message;
  float* c = device.upload(std::vector<float>(100, 0));
  VGPU_EXPECT_RUNS(device.launch("vector_add", line(1, 128),
                                 device.upload(std::vector<float>(100, 2)),
                                 device.upload(std::vector<float>(100, 3)), c, 100));
  for (int i = 0; i < 100; ++i) ASSERT_EQ(c[i], 5.0f);
  const bool several = std::string(GetParam()) == "programs_many.fatbin";
  EXPECT_EQ(device.kernel("vector_add")->traits().ptx_version, several ? 80 : 75);
}

INSTANTIATE_TEST_SUITE_P(Engine, Fatbin,
                         testing::Values("programs_zstd.fatbin", "programs_lz4.fatbin",
                                         "programs_raw.fatbin", "programs_many.fatbin"),
                         [](const auto& info) {
                           const std::string name = info.param;
                           return name.substr(9, name.size() - 16);
                         });

TEST(FatbinChoice, WrapperVersions) {
  struct Wrapper {
    std::uint32_t magic;
    std::uint32_t version;
    const void* data;
    const void* const* list;
  };
  const std::string first = read_kernel_file("programs_zstd.fatbin");
  const void* list[] = {first.data(), nullptr};
  DeviceMemory memory(1 << 20);
  LoadError error;
  const Wrapper one{0x466243b1, 1, first.data(), nullptr};
  EXPECT_NE(load_module(&one, 75, memory, error), nullptr) << error.message;
  const Wrapper two{0x466243b1, 2, nullptr, list};
  EXPECT_NE(load_module(&two, 75, memory, error), nullptr) << error.message;
  const Wrapper none{0x466243b1, 1, nullptr, nullptr};
  EXPECT_EQ(load_module(&none, 75, memory, error), nullptr);
  EXPECT_EQ(error.result, CUDA_ERROR_INVALID_IMAGE);
}

TEST(FatbinChoice, HighestArchitectureTheDeviceHas) {
  const std::string image = read_kernel_file("programs_many.fatbin");
  DeviceMemory memory(1 << 20);
  const int cases[][2] = {{75, 75}, {86, 80}, {90, 90}, {70, 75}};
  for (const auto& [capability, target] : cases) {
    LoadError error;
    const auto module = load_module(image.data(), capability, memory, error);
    ASSERT_NE(module, nullptr) << error.message;
    std::string reason;
    CUresult result = CUDA_SUCCESS;
    EXPECT_EQ(module->find_kernel("vector_add", reason, result)->traits().ptx_version, target);
  }
}

TEST(FatbinChoice, MachineCodeAloneSaysHowToBuild) {
  DeviceMemory memory(1 << 20);
  for (const char* name : {"programs_sass.fatbin", "programs.cubin"}) {
    const std::string image = read_kernel_file(name);
    LoadError error;
    EXPECT_EQ(load_module(image.data(), 75, memory, error), nullptr);
    EXPECT_EQ(error.result, CUDA_ERROR_NO_BINARY_FOR_GPU);
    EXPECT_NE(error.message.find("compute_75"), std::string::npos) << error.message;
  }
}

TEST(FatbinChoice, DamagedHeadersAreRefusedOrSurvived) {
  const std::string good = read_kernel_file("programs_zstd.fatbin");
  DeviceMemory memory(std::size_t{64} << 20);
  // The container's own size is what the caller vouches for; everything inside may be wrong.
  int refused = 0;
  for (std::size_t at = 16; at < 160; ++at) {
    for (const unsigned char value : {0x00, 0x7f, 0xff}) {
      std::string bad = good;
      bad[at] = static_cast<char>(value);
      LoadError error;
      if (load_module(bad.data(), 75, memory, error) == nullptr) {
        ++refused;
        EXPECT_NE(error.result, CUDA_SUCCESS);
        EXPECT_FALSE(error.message.empty());
      }
    }
  }
  EXPECT_GT(refused, 0);
}

// Nobody says how long an image is: all that is certain is its own text up to the NUL.
TEST(FatbinChoice, NothingBehindAShortImageIsRead) {
  const std::size_t page = 4096;
  void* const pages =
      ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  char* const end = static_cast<char*>(pages) + page;
  ASSERT_EQ(::mprotect(end, page, PROT_NONE), 0);
  DeviceMemory memory(1 << 20);
  LoadError error;
  for (const char* text : {"", "P", "\x7f",
                           "\x7f"
                           "E",
                           "\x50\xed", "\xb1\x43\x62", ".", "/"}) {
    const std::size_t size = std::strlen(text) + 1;
    std::memcpy(end - size, text, size);
    EXPECT_LE(image_size(end - size), size) << text;
    EXPECT_EQ(load_module(end - size, 75, memory, error), nullptr) << text;
  }
  ::munmap(pages, 2 * page);
}

TEST(FatbinChoice, OtherBytes) {
  DeviceMemory memory(1 << 20);
  LoadError error;
  EXPECT_EQ(image_size("hello there"), 0u);
  EXPECT_EQ(load_module("hello there", 75, memory, error), nullptr);
  EXPECT_EQ(error.result, CUDA_ERROR_INVALID_IMAGE);
  const char* text = "// c\n.version 7.0\n.target sm_75\n.address_size 64\n";
  EXPECT_EQ(image_size(text), std::strlen(text) + 1);
  EXPECT_NE(load_module(text, 75, memory, error), nullptr) << error.message;
}

}  // namespace
}  // namespace vgpu::softdevice
