#include <map>

#include "fixture/fixture.hpp"

// A program that knows the driver by cuGetProcAddress only, as CUDA's runtime does: one sweep over
// the names with the version it was built for, then calls through what it got.

namespace vgpu::conformance::test_symbol_resolution {

CONFORMANCE_SUITE(SymbolResolution, Driver);
CONFORMANCE_SUITE(SymbolResolution_fresh, Uninitialised);

constexpr cuuint64_t legacy = CU_GET_PROC_ADDRESS_LEGACY_STREAM;
constexpr cuuint64_t per_thread = CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;

void* find(const char* name, int version, cuuint64_t flags = legacy) {
  void* found = nullptr;
  check(driver().cuGetProcAddress_v2(name, &found, version, flags, nullptr), "cuGetProcAddress_v2");
  if (found == nullptr) throw SetUpFailure(std::string("no ") + name);
  return found;
}

/// The function `name` of `version`, which has the type of the exported `F`.
template <class F>
F resolved(F /*of this type*/, const char* name, int version, cuuint64_t flags = legacy) {
  return reinterpret_cast<F>(find(name, version, flags));
}

/// "cuMemcpyHtoD_v2_ptds" -> "cuMemcpyHtoD"
std::string base_name(std::string symbol) {
  for (const std::string_view suffix : {"_ptds", "_ptsz"}) {
    if (symbol.ends_with(suffix)) symbol.resize(symbol.size() - suffix.size());
  }
  const std::size_t at = symbol.rfind("_v");
  if (at != std::string::npos && symbol.find_first_not_of("0123456789", at + 2) == symbol.npos) {
    symbol.resize(at);
  }
  return symbol;
}

/// The exported functions by base name.
std::map<std::string, std::vector<void*>> exports() {
  std::map<std::string, std::vector<void*>> all;
  DriverTable table = driver();
  table.for_each([&]<class F>(const char* symbol, F*& slot) {
    if (exports_symbol(symbol)) all[base_name(symbol)].push_back(reinterpret_cast<void*>(slot));
  });
  return all;
}

int driver_version() {
  int version = 0;
  check(driver().cuDriverGetVersion(&version), "cuDriverGetVersion");
  return version;
}

TEST_F(SymbolResolution, ASweepFindsEveryExportedFunction) {
  const int version = driver_version();
  const auto all = exports();
  EXPECT_GT(all.size(), 300U);
  for (const auto& [name, functions] : all) {
    for (const cuuint64_t flags : {cuuint64_t{CU_GET_PROC_ADDRESS_DEFAULT}, legacy, per_thread}) {
      void* found = nullptr;
      CUdriverProcAddressQueryResult status{};
      EXPECT_CUDA_OK(driver().cuGetProcAddress_v2(name.c_str(), &found, version, flags, &status));
      EXPECT_EQ(status, CU_GET_PROC_ADDRESS_SUCCESS) << name;
      EXPECT_EQ(std::count(functions.begin(), functions.end(), found), 1) << name;
    }
  }
}

TEST_F(SymbolResolution, EveryThreadFindsTheSame) {
  const int version = driver_version();
  const auto all = exports();
  const auto sweep = [&] {
    std::vector<void*> found;
    for (const auto& [name, functions] : all) found.push_back(find(name.c_str(), version));
    return found;
  };
  const auto here = sweep();
  std::array<std::vector<void*>, 4> there;
  std::vector<std::thread> threads;
  for (auto& found : there) threads.emplace_back([&] { found = sweep(); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& found : there) EXPECT_EQ(found, here);
}

// An older program keeps the functions it was built for, whatever came later.
TEST_F(SymbolResolution, ANewerVersionNeverTakesAFunctionAway) {
  const int newest = driver_version();
  for (const auto& [name, functions] : exports()) {
    bool seen = false;
    for (const int version :
         {2000, 3020, 4000, 6000, 7000, 8000, 10000, 11000, 11030, 12000, 12040, 12080, 13000}) {
      if (version > newest) break;
      void* found = nullptr;
      CUdriverProcAddressQueryResult status{};
      ASSERT_CUDA_OK(driver().cuGetProcAddress_v2(name.c_str(), &found, version, legacy, &status));
      EXPECT_EQ(found == nullptr, status == CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT) << name;
      EXPECT_TRUE(found != nullptr || !seen) << name << " is gone in " << version;
      seen = seen || found != nullptr;
    }
  }
}

TEST_F(SymbolResolution, TheVersionChoosesTheSignature) {
  const int version = driver_version();
  struct Guarded {
    std::size_t bytes;
    std::size_t behind;
  } wide{~std::size_t{0}, 0x55};
  const auto total = resolved(driver().cuDeviceTotalMem_v2, "cuDeviceTotalMem", version);
  EXPECT_CUDA_OK(total(&wide.bytes, device));
  EXPECT_GT(wide.bytes, std::size_t{1} << 20);
  EXPECT_EQ(wide.behind, 0x55U);

  CUcontext context = nullptr;
  ASSERT_CUDA_OK(resolved(driver().cuCtxCreate_v2, "cuCtxCreate", 11000)(&context, 0, device));
  EXPECT_EQ(current_context(), context);
  EXPECT_CUDA_OK(resolved(driver().cuCtxDestroy_v2, "cuCtxDestroy", 11000)(context));
  ASSERT_CUDA_OK(
      resolved(driver().cuCtxCreate_v4, "cuCtxCreate", 12050)(&context, nullptr, 0, device));
  EXPECT_EQ(current_context(), context);
  EXPECT_CUDA_OK(resolved(driver().cuCtxSynchronize, "cuCtxSynchronize", 12000)());
  EXPECT_CUDA_OK(resolved(driver().cuCtxDestroy_v2, "cuCtxDestroy", 12050)(context));
}

TEST_F(SymbolResolution, AFunctionOfThirteenTakesItsContext) {
  if (driver_version() < 13000) return;  // the version above is refused; see cuGetProcAddress
  const ExtraContext extra;
  CUdevice found = -1;
  EXPECT_CUDA_OK(
      resolved(driver().cuCtxGetDevice_v2, "cuCtxGetDevice", 13000)(&found, extra.get()));
  EXPECT_EQ(found, device);
  EXPECT_CUDA_OK(resolved(driver().cuCtxSynchronize_v2, "cuCtxSynchronize", 13000)(extra.get()));
  EXPECT_EQ(current_context(), nullptr);
}

// The resolver resolves itself: the older form has four arguments and another protocol.
TEST_F(SymbolResolution, TheResolverHasTwoForms) {
  const auto old = resolved(driver().cuGetProcAddress, "cuGetProcAddress", 11030);
  const auto recent = resolved(driver().cuGetProcAddress_v2, "cuGetProcAddress", 12000);
  void* marker = &marker;
  EXPECT_CUDA(CUDA_ERROR_NOT_FOUND, old("cuNoSuchFunction", &marker, 11030, legacy));
  EXPECT_EQ(marker, &marker);
  CUdriverProcAddressQueryResult status{};
  EXPECT_CUDA_OK(recent("cuNoSuchFunction", &marker, 12000, legacy, &status));
  EXPECT_EQ(marker, nullptr);
  EXPECT_EQ(status, CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
}

// The flag decides which default stream a program without streams uses.
TEST_F(SymbolResolution, TheFlagChoosesTheDefaultStream) {
  const ExtraContext extra;
  const Current current(extra);
  const int version = driver_version();
  const DeviceBuffer<unsigned> counter(std::vector<unsigned>{0});
  const Module module;
  const Kernel count = module.kernel("count");
  CUdeviceptr address = counter;
  void* parameters[] = {&address};
  const auto launch = [&](cuuint64_t flags) {
    return resolved(driver().cuLaunchKernel, "cuLaunchKernel", version, flags)(
        count, 1, 1, 1, 1, 1, 1, 0, nullptr, parameters, nullptr);
  };
  expect_legacy_default_stream([&] { return launch(legacy); },
                               [&] { return counter.read()[0] == 1; });
  expect_per_thread_default_stream([&] { return launch(per_thread); },
                                   [&] { return counter.read()[0] == 2; });
}

TEST_F(SymbolResolution, AProgramRunsOnResolvedFunctionsOnly) {
  const auto value = random_value<unsigned>();
  for (const int version : {11030, 12000, driver_version()}) {
    CUcontext context = nullptr;
    CUmodule module = nullptr;
    CUfunction fill = nullptr;
    CUdeviceptr memory = 0;
    CUstream stream = nullptr;
    unsigned count = 100;
    unsigned sent = value;
    std::vector<unsigned> got(count);
    void* parameters[] = {&memory, &count, &sent};
    const DriverTable& of = driver();
    EXPECT_CUDA_OK(resolved(of.cuInit, "cuInit", version)(0));
    EXPECT_CUDA_OK(
        resolved(of.cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain", version)(&context, 0));
    EXPECT_CUDA_OK(resolved(of.cuCtxSetCurrent, "cuCtxSetCurrent", version)(context));
    EXPECT_CUDA_OK(
        resolved(of.cuModuleLoadData, "cuModuleLoadData", version)(&module, ptx("basic").data()));
    EXPECT_CUDA_OK(
        resolved(of.cuModuleGetFunction, "cuModuleGetFunction", version)(&fill, module, "fill"));
    EXPECT_CUDA_OK(resolved(of.cuMemAlloc_v2, "cuMemAlloc", version)(&memory, 400));
    EXPECT_CUDA_OK(resolved(of.cuStreamCreate, "cuStreamCreate", version)(&stream, 0));
    EXPECT_CUDA_OK(resolved(of.cuLaunchKernel, "cuLaunchKernel", version)(
        fill, 1, 1, 1, 128, 1, 1, 0, stream, parameters, nullptr));
    EXPECT_CUDA_OK(resolved(of.cuMemcpyDtoHAsync_v2, "cuMemcpyDtoHAsync", version)(
        got.data(), memory, 400, stream));
    EXPECT_CUDA_OK(resolved(of.cuStreamSynchronize, "cuStreamSynchronize", version)(stream));
    EXPECT_EQ(got, std::vector<unsigned>(100, value)) << version;
    EXPECT_CUDA_OK(resolved(of.cuStreamDestroy_v2, "cuStreamDestroy", version)(stream));
    EXPECT_CUDA_OK(resolved(of.cuMemFree_v2, "cuMemFree", version)(memory));
    EXPECT_CUDA_OK(resolved(of.cuModuleUnload, "cuModuleUnload", version)(module));
    EXPECT_CUDA_OK(
        resolved(of.cuDevicePrimaryCtxRelease_v2, "cuDevicePrimaryCtxRelease", version)(0));
  }
}

TEST_F(SymbolResolution_fresh, ResolvesBeforeInit) {
  const auto start = resolved(driver().cuInit, "cuInit", 11030);
  const auto count = resolved(driver().cuDeviceGetCount, "cuDeviceGetCount", 11030);
  int devices = 0;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, count(&devices));
  EXPECT_CUDA_OK(start(0));
  EXPECT_CUDA_OK(count(&devices));
  EXPECT_GT(devices, 0);
}

}  // namespace vgpu::conformance::test_symbol_resolution
