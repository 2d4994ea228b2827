/// The built libcuda.so.1, loaded as a program loads it. No host is needed.

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "vgpu/call/cuda_types.hpp"

namespace {

class Library : public ::testing::Test {
 protected:
  void SetUp() override {
    handle = ::dlopen(VGPU_GUEST_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(handle, nullptr) << ::dlerror();
  }
  template <class F>
  F* symbol(const char* name) const {
    auto* address = reinterpret_cast<F*>(::dlsym(handle, name));
    EXPECT_NE(address, nullptr) << name;
    return address;
  }
  void* handle = nullptr;
};

struct Variant {
  int since;
  std::string exported;
};

std::vector<Variant> variants(const std::string& column) {
  std::vector<Variant> list;
  std::istringstream words(column);
  for (std::string word; words >> word;) {
    const std::size_t colon = word.find(':');
    list.push_back({std::stoi(word.substr(0, colon)), word.substr(colon + 1)});
  }
  return list;
}

/// Functions of the graphics headers: found by name, though the toolkit's stub does not export
/// them.
bool is_interop(const std::string& name) {
  for (const char* part : {"GL", "EGL", "Egl", "VDPAU"}) {
    if (name.find(part) != std::string::npos) return true;
  }
  return false;
}

TEST_F(Library, FindsEveryFunctionAsTheTableSays) {
  auto* find = symbol<decltype(cuGetProcAddress_v2)>("cuGetProcAddress_v2");
  auto* find_v1 = symbol<decltype(cuGetProcAddress)>("cuGetProcAddress");
  std::ifstream table(VGPU_GETPROC_TABLE);
  std::size_t rows = 0;
  for (std::string line; std::getline(table, line);) {
    if (line.empty() || line[0] == '#') continue;
    ++rows;
    std::istringstream columns(line);
    std::string name;
    std::string legacy_column;
    std::string per_thread_column;
    std::getline(columns, name, '\t');
    std::getline(columns, legacy_column, '\t');
    std::getline(columns, per_thread_column, '\t');
    for (const cuuint64_t flags : {0U, 1U, 2U}) {
      const bool per_thread = flags == 2 && !per_thread_column.empty();
      const auto list = variants(per_thread ? per_thread_column : legacy_column);
      std::set<int> versions{0, 1000, 13000};
      for (const Variant& variant : list) {
        versions.insert(variant.since);
        versions.insert(variant.since - 1);
      }
      for (const int version : versions) {
        const Variant* expected = nullptr;
        for (const Variant& variant : list) {
          if (variant.since <= version) expected = &variant;
        }
        void* address = &rows;
        auto status = CUdriverProcAddressQueryResult{};
        ASSERT_EQ(find(name.c_str(), &address, version, flags, &status), CUDA_SUCCESS);
        void* wanted = expected != nullptr ? ::dlsym(handle, expected->exported.c_str()) : nullptr;
        if (expected != nullptr && wanted == nullptr && is_interop(name)) wanted = address;
        EXPECT_EQ(address, wanted) << name << " at " << version << " with flags " << flags;
        EXPECT_EQ(status, expected != nullptr ? CU_GET_PROC_ADDRESS_SUCCESS
                                              : CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT)
            << name << " at " << version;
        EXPECT_EQ(address != nullptr, expected != nullptr) << name;
        void* untouched = &rows;
        const CUresult result = find_v1(name.c_str(), &untouched, version, flags);
        EXPECT_EQ(result, expected != nullptr ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND);
        EXPECT_EQ(untouched, expected != nullptr ? wanted : &rows);
      }
    }
  }
  EXPECT_GT(rows, 400U);
}

TEST_F(Library, RefusesStrangeQuestionsAsTheVendorsDoes) {
  auto* find = symbol<decltype(cuGetProcAddress_v2)>("cuGetProcAddress_v2");
  void* address = &address;
  auto status = static_cast<CUdriverProcAddressQueryResult>(7);
  EXPECT_EQ(find("cuMemAlloc", &address, 13010, 0, &status), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(find("cuMemAlloc", &address, 12000, 4, &status), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(address, &address);
  EXPECT_EQ(status, 7);
  EXPECT_EQ(find("cuMemAlloc", &address, 12000, 3, &status), CUDA_SUCCESS);
  for (const char* name : {"", "cuMemAlloc_v2", "cuLaunchKernel_ptsz", "cuNothing"}) {
    EXPECT_EQ(find(name, &address, 12000, 2, nullptr), CUDA_SUCCESS);
    EXPECT_EQ(address, nullptr) << name;
  }
}

TEST_F(Library, WorksBeforeInitialisationWhereTheVendorsDoes) {
  int version = 0;
  EXPECT_EQ(symbol<decltype(cuDriverGetVersion)>("cuDriverGetVersion")(&version), CUDA_SUCCESS);
  EXPECT_EQ(version, 13000);
  const char* text = nullptr;
  EXPECT_EQ(symbol<decltype(cuGetErrorName)>("cuGetErrorName")(CUDA_ERROR_ILLEGAL_ADDRESS, &text),
            CUDA_SUCCESS);
  EXPECT_STREQ(text, "CUDA_ERROR_ILLEGAL_ADDRESS");
  EXPECT_EQ(
      symbol<decltype(cuGetErrorString)>("cuGetErrorString")(static_cast<CUresult>(7777), &text),
      CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(text, nullptr);
  const void* table = &text;
  const CUuuid unknown{};
  EXPECT_EQ(symbol<decltype(cuGetExportTable)>("cuGetExportTable")(&table, &unknown),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(table, nullptr);

  int count = 5;
  EXPECT_EQ(symbol<decltype(cuDeviceGetCount)>("cuDeviceGetCount")(&count),
            CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(count, 5);
  auto* const five = reinterpret_cast<CUcontext>(std::uintptr_t{5});
  CUcontext context = five;
  EXPECT_EQ(symbol<decltype(cuCtxGetCurrent)>("cuCtxGetCurrent")(&context),
            CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(context, five);
  EXPECT_EQ(symbol<decltype(cuInit)>("cuInit")(1), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(Library, WithoutAHostThereIsNoDeviceAndOneLineSaysWhy) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  auto* init = symbol<decltype(cuInit)>("cuInit");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::dup2(pipe[1], STDERR_FILENO);
    ::dup2(pipe[1], STDOUT_FILENO);
    ::setenv("VGPU_HOST", "unix:///nonexistent/host", 1);
    const CUresult result = init(0);
    ::dlclose(handle);
    ::_exit(static_cast<int>(result));
  }
  ::close(pipe[1]);
  std::string said;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(pipe[0], buffer, sizeof buffer)) > 0;) {
    said.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(pipe[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), CUDA_ERROR_NO_DEVICE);
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  EXPECT_NE(said.find("unix:///nonexistent/host"), std::string::npos) << said;
}

TEST_F(Library, StartsNoThreadByItself) {
  std::ifstream status("/proc/self/status");
  std::string threads;
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("Threads:", 0) == 0) threads = line;
  }
  EXPECT_NE(threads.find("\t1"), std::string::npos) << threads;
}

}  // namespace
