#include <dlfcn.h>

#include <sstream>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuGetProcAddress {

CONFORMANCE_SUITE(cuGetProcAddress, Driver);
CONFORMANCE_SUITE(cuGetProcAddress_fresh, Uninitialised);

// Every function that has more than one ABI variant or a per-thread form: name, then the version
// since which a variant is there with what its exported name has behind the name; behind '|' the
// same for the per-thread forms.
constexpr const char* table = R"(
cuCtxCreate 2000 3020_v2 11040_v3 12050_v4; cuCtxDestroy 2000 4000_v2;
cuCtxGetDevice 2000 13000_v2; cuCtxPopCurrent 2000 4000_v2; cuCtxPushCurrent 2000 4000_v2;
cuCtxSynchronize 2000 13000_v2; cuDeviceGetUuid 9020 11040_v2;
cuDevicePrimaryCtxRelease 7000 11000_v2; cuDevicePrimaryCtxReset 7000 11000_v2;
cuDevicePrimaryCtxSetFlags 7000 11000_v2; cuDeviceTotalMem 2000 3020_v2;
cuEventDestroy 2000 4000_v2; cuEventElapsedTime 2000 12080_v2;
cuEventRecord 2000 | 7000_ptsz; cuEventRecordWithFlags 11010 | 11010_ptsz;
cuGetProcAddress 11030 12000_v2; cuGraphAddDependencies 10000 12030_v2;
cuGraphAddKernelNode 10000 12000_v2; cuGraphAddNode 12020 12030_v2;
cuGraphExecKernelNodeSetParams 10010 12000_v2; cuGraphExecUpdate 10020 12000_v2;
cuGraphGetEdges 10000 12030_v2; cuGraphInstantiate 10000 11000_v2;
cuGraphInstantiateWithParams 12000 | 12000_ptsz; cuGraphKernelNodeGetParams 10000 12000_v2;
cuGraphKernelNodeSetParams 10000 12000_v2; cuGraphLaunch 10000 | 10000_ptsz;
cuGraphNodeGetDependencies 10000 12030_v2; cuGraphNodeGetDependentNodes 10000 12030_v2;
cuGraphRemoveDependencies 10000 12030_v2; cuGraphUpload 11010 | 11010_ptsz;
cuIpcOpenMemHandle 4010 11000_v2; cuLaunchCooperativeKernel 9000 | 9000_ptsz;
cuLaunchHostFunc 10000 | 10000_ptsz; cuLaunchKernel 4000 | 7000_ptsz;
cuLaunchKernelEx 11060 | 11060_ptsz; cuMemAdvise 8000 12020_v2; cuMemAlloc 2000 3020_v2;
cuMemAllocAsync 11020 | 11020_ptsz; cuMemAllocFromPoolAsync 11020 | 11020_ptsz;
cuMemAllocHost 2000 3020_v2; cuMemAllocPitch 2000 3020_v2;
cuMemBatchDecompressAsync 12060 | 12060_ptsz;
cuMemDiscardAndPrefetchBatchAsync 13000 | 13000_ptsz;
cuMemDiscardBatchAsync 13000 | 13000_ptsz; cuMemFree 2000 3020_v2;
cuMemFreeAsync 11020 | 11020_ptsz; cuMemGetAddressRange 2000 3020_v2;
cuMemGetInfo 2000 3020_v2; cuMemHostGetDevicePointer 2020 3020_v2;
cuMemHostRegister 4000 6050_v2; cuMemMapArrayAsync 11010 | 11010_ptsz;
cuMemPrefetchAsync 8000 12020_v2 | 8000_ptsz 12020_v2_ptsz;
cuMemPrefetchBatchAsync 13000 | 13000_ptsz; cuMemcpy 4000 | 7000_ptds;
cuMemcpy2D 2000 3020_v2 | 7000_v2_ptds; cuMemcpy2DAsync 2000 3020_v2 | 7000_v2_ptsz;
cuMemcpy2DUnaligned 2000 3020_v2 | 7000_v2_ptds; cuMemcpy3D 2000 3020_v2 | 7000_v2_ptds;
cuMemcpy3DAsync 2000 3020_v2 | 7000_v2_ptsz;
cuMemcpy3DBatchAsync 12080 13000_v2 | 12080_ptsz 13000_v2_ptsz;
cuMemcpy3DPeer 4000 | 7000_ptds; cuMemcpy3DPeerAsync 4000 | 7000_ptsz;
cuMemcpyBatchAsync 12080 13000_v2 | 12080_ptsz 13000_v2_ptsz;
cuMemcpyDtoD 2000 3020_v2 | 7000_v2_ptds; cuMemcpyDtoDAsync 3000 3020_v2 | 7000_v2_ptsz;
cuMemcpyDtoH 2000 3020_v2 | 7000_v2_ptds; cuMemcpyDtoHAsync 2000 3020_v2 | 7000_v2_ptsz;
cuMemcpyHtoD 2000 3020_v2 | 7000_v2_ptds; cuMemcpyHtoDAsync 2000 3020_v2 | 7000_v2_ptsz;
cuMemcpyPeer 4000 | 7000_ptds; cuMemcpyPeerAsync 4000 | 7000_ptsz;
cuMemsetD16 2000 3020_v2 | 7000_v2_ptds; cuMemsetD16Async 3020 | 7000_ptsz;
cuMemsetD2D16 2000 3020_v2 | 7000_v2_ptds; cuMemsetD2D16Async 3020 | 7000_ptsz;
cuMemsetD2D32 2000 3020_v2 | 7000_v2_ptds; cuMemsetD2D32Async 3020 | 7000_ptsz;
cuMemsetD2D8 2000 3020_v2 | 7000_v2_ptds; cuMemsetD2D8Async 3020 | 7000_ptsz;
cuMemsetD32 2000 3020_v2 | 7000_v2_ptds; cuMemsetD32Async 3020 | 7000_ptsz;
cuMemsetD8 2000 3020_v2 | 7000_v2_ptds; cuMemsetD8Async 3020 | 7000_ptsz;
cuModuleGetGlobal 2000 3020_v2; cuStreamAddCallback 5000 | 7000_ptsz;
cuStreamAttachMemAsync 6000 | 7000_ptsz;
cuStreamBatchMemOp 8000 11070_v2 | 8000_ptsz 11070_v2_ptsz;
cuStreamBeginCapture 10000 10010_v2 | 10000_ptsz 10010_v2_ptsz;
cuStreamBeginCaptureToGraph 12030 | 12030_ptsz; cuStreamCopyAttributes 11000 | 11000_ptsz;
cuStreamDestroy 2000 4000_v2; cuStreamEndCapture 10000 | 10000_ptsz;
cuStreamGetAttribute 11000 | 11000_ptsz;
cuStreamGetCaptureInfo 10010 11030_v2 12030_v3 | 10010_ptsz 11030_v2_ptsz 12030_v3_ptsz;
cuStreamGetCtx 9020 12050_v2 | 9020_ptsz 12050_v2_ptsz;
cuStreamGetDevice 12080 | 12080_ptsz; cuStreamGetFlags 5050 | 7000_ptsz;
cuStreamGetId 12000 | 12000_ptsz; cuStreamGetPriority 5050 | 7000_ptsz;
cuStreamIsCapturing 10000 | 10000_ptsz; cuStreamQuery 2000 | 7000_ptsz;
cuStreamSetAttribute 11000 | 11000_ptsz; cuStreamSynchronize 2000 | 7000_ptsz;
cuStreamUpdateCaptureDependencies 11030 12030_v2 | 11030_ptsz 12030_v2_ptsz;
cuStreamWaitEvent 3020 | 7000_ptsz;
cuStreamWaitValue32 8000 11070_v2 | 8000_ptsz 11070_v2_ptsz;
cuStreamWaitValue64 9000 11070_v2 | 9000_ptsz 11070_v2_ptsz;
cuStreamWriteValue32 8000 11070_v2 | 8000_ptsz 11070_v2_ptsz;
cuStreamWriteValue64 9000 11070_v2 | 9000_ptsz 11070_v2_ptsz;
)";

constexpr cuuint64_t legacy = CU_GET_PROC_ADDRESS_LEGACY_STREAM;
constexpr cuuint64_t per_thread = CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;

struct Variant {
  int since;
  std::string exported;
};

struct Row {
  std::string name;
  std::vector<Variant> variants;    ///< oldest first
  std::vector<Variant> per_thread;  ///< empty: it has no such forms
};

std::vector<Row> rows() {
  std::vector<Row> all;
  std::istringstream text(table);
  for (std::string entry; std::getline(text, entry, ';');) {
    std::istringstream words(entry);
    Row row;
    if (!(words >> row.name)) continue;
    bool behind_bar = false;
    for (std::string word; words >> word;) {
      if (word == "|") {
        behind_bar = true;
        continue;
      }
      std::size_t digits = 0;
      const int since = std::stoi(word, &digits);
      (behind_bar ? row.per_thread : row.variants)
          .push_back({since, row.name + word.substr(digits)});
    }
    all.push_back(row);
  }
  return all;
}

int driver_version() {
  int version = 0;
  check(driver().cuDriverGetVersion(&version), "cuDriverGetVersion");
  return version;
}

std::string name_of(void* address) {
  Dl_info info{};
  if (address == nullptr) return "null";
  return ::dladdr(address, &info) != 0 && info.dli_sname != nullptr ? info.dli_sname : "?";
}

/// `name` at `version` is the exported function `exported`; empty: there is none yet.
void expect_found(const std::string& name, int version, cuuint64_t flags,
                  const std::string& exported) {
  SCOPED_TRACE(name + " at " + std::to_string(version) + " with flags " + std::to_string(flags));
  void* found = &found;
  auto status = static_cast<CUdriverProcAddressQueryResult>(77);
  EXPECT_CUDA_OK(driver().cuGetProcAddress_v2(name.c_str(), &found, version, flags, &status));
  if (exported.empty()) {
    EXPECT_EQ(found, nullptr) << name_of(found);
    EXPECT_EQ(status, CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT);
    return;
  }
  void* const symbol = ::dlsym(driver_library(), exported.c_str());
  EXPECT_NE(symbol, nullptr) << exported << " is not exported";
  EXPECT_EQ(found, symbol) << name_of(found) << ", not " << exported;
  EXPECT_EQ(status, CU_GET_PROC_ADDRESS_SUCCESS);
}

/// At each variant's version and one below, and at the newest.
void expect_variants(const std::string& name, const std::vector<Variant>& variants,
                     cuuint64_t flags) {
  const int newest = driver_version();
  std::string before;
  for (const Variant& variant : variants) {
    if (variant.since > newest) break;
    expect_found(name, variant.since - 1, flags, before);
    expect_found(name, variant.since, flags, variant.exported);
    before = variant.exported;
  }
  expect_found(name, newest, flags, before);
}

TEST_F(cuGetProcAddress, GivesTheNewestVariantThatTheVersionKnows) {
  for (const Row& row : rows()) expect_variants(row.name, row.variants, legacy);
}

TEST_F(cuGetProcAddress, TheDefaultIsTheLegacyStream) {
  for (const Row& row : rows()) {
    expect_variants(row.name, row.variants, CU_GET_PROC_ADDRESS_DEFAULT);
  }
}

TEST_F(cuGetProcAddress, GivesThePerThreadFormsOnRequest) {
  for (const Row& row : rows()) {
    if (!row.per_thread.empty()) expect_variants(row.name, row.per_thread, per_thread);
  }
}

TEST_F(cuGetProcAddress, GivesTheLegacyFormWhereThereIsNoPerThreadForm) {
  for (const Row& row : rows()) {
    if (row.per_thread.empty()) expect_variants(row.name, row.variants, per_thread);
  }
}

TEST_F(cuGetProcAddress, WritesItsOutputsWhole) {
  const auto results = expect_writes<void*, CUdriverProcAddressQueryResult>(
      [](void** function, CUdriverProcAddressQueryResult* status) {
        return driver().cuGetProcAddress_v2("cuDeviceGetCount", function, 12000, 0, status);
      });
  EXPECT_EQ(results[0], results[1]);
  expect_writes<void*, CUdriverProcAddressQueryResult>(
      [](void** function, CUdriverProcAddressQueryResult* status) {
        return driver().cuGetProcAddress_v2("cuNoSuchFunction", function, 12000, 0, status);
      });
}

TEST_F(cuGetProcAddress, GivesSomethingThatCanBeCalled) {
  void* found = nullptr;
  ASSERT_CUDA_OK(driver().cuGetProcAddress_v2("cuDeviceGetCount", &found, 12000, 0, nullptr));
  ASSERT_NE(found, nullptr);
  int count = -1;
  EXPECT_CUDA_OK(reinterpret_cast<CUresult (*)(int*)>(found)(&count));
  EXPECT_EQ(count, device_count());
}

// Only base names are known, in exactly this spelling.
TEST_F(cuGetProcAddress, SaysWhichSymbolsDoNotExist) {
  for (const char* name : {"cuNoSuchFunction", "", "cuMemAlloc_v2", "cuMemsetD8Async_ptsz",
                           "cumemalloc", "cuMemAllo", "cuMemAllocX", "malloc"}) {
    SCOPED_TRACE(name);
    void* found = &found;
    auto status = static_cast<CUdriverProcAddressQueryResult>(77);
    EXPECT_CUDA_OK(driver().cuGetProcAddress_v2(name, &found, 12000, 0, &status));
    EXPECT_EQ(found, nullptr);
    EXPECT_EQ(status, CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
  }
}

TEST_F(cuGetProcAddress, FindsNothingAtVersionZero) {
  expect_found("cuInit", 0, legacy, "");
  expect_found("cuInit", 1999, legacy, "");
  expect_found("cuInit", 2000, legacy, "cuInit");
}

// Undocumented: versions are compared without sign.
TEST_F(cuGetProcAddress, GivesTheNewestForANegativeVersion) {
  expect_found("cuMemAlloc", -1, legacy, "cuMemAlloc_v2");
}

TEST_F(cuGetProcAddress, RefusesVersionsAboveTheDrivers) {
  for (const int version : {driver_version() + 1, driver_version() + 1000, INT32_MAX}) {
    SCOPED_TRACE(version);
    expect_leaves<void*, CUdriverProcAddressQueryResult>(
        CUDA_ERROR_INVALID_VALUE,
        [version](void** function, CUdriverProcAddressQueryResult* status) {
          return driver().cuGetProcAddress_v2("cuInit", function, version, 0, status);
        });
  }
}

TEST_F(cuGetProcAddress, RefusesUnknownFlags) {
  for (const cuuint64_t flags : {cuuint64_t{4}, cuuint64_t{1} << 40, cuuint64_t{5}}) {
    SCOPED_TRACE(flags);
    expect_leaves<void*>(CUDA_ERROR_INVALID_VALUE, [flags](void** function) {
      return driver().cuGetProcAddress_v2("cuInit", function, 12000, flags, nullptr);
    });
  }
}

// Undocumented.
TEST_F(cuGetProcAddress, BothFlagsAtOnceMayBeAskedFor) {
  void* plain = nullptr;
  void* both = nullptr;
  EXPECT_CUDA_OK(driver().cuGetProcAddress_v2("cuInit", &plain, 12000, legacy, nullptr));
  EXPECT_CUDA_OK(
      driver().cuGetProcAddress_v2("cuInit", &both, 12000, legacy | per_thread, nullptr));
  EXPECT_EQ(both, plain);
}

// The form with four arguments, of CUDA 11.3.
TEST_F(cuGetProcAddress, OldFormFindsTheSame) {
  for (const Row& row : rows()) {
    for (const cuuint64_t flags : {legacy, per_thread}) {
      void* expected = nullptr;
      void* found = nullptr;
      ASSERT_CUDA_OK(
          driver().cuGetProcAddress_v2(row.name.c_str(), &expected, 11030, flags, nullptr));
      const CUresult result = driver().cuGetProcAddress(row.name.c_str(), &found, 11030, flags);
      EXPECT_CUDA(expected != nullptr ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND, result) << row.name;
      EXPECT_EQ(found, expected) << row.name;
    }
  }
}

TEST_F(cuGetProcAddress, OldFormFailsForWhatIsMissingOrTooNew) {
  expect_leaves<void*>(CUDA_ERROR_NOT_FOUND, [](void** function) {
    return driver().cuGetProcAddress("cuNoSuchFunction", function, 11030, 0);
  });
  expect_leaves<void*>(CUDA_ERROR_NOT_FOUND, [](void** function) {
    return driver().cuGetProcAddress("cuMemAllocAsync", function, 11010, 0);
  });
}

TEST_F(cuGetProcAddress, IsSafeDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  expect_safe_in_capture([] {
    void* function = nullptr;
    return driver().cuGetProcAddress_v2("cuMemAlloc", &function, 12000, 0, nullptr);
  });
}

TEST_F(cuGetProcAddress_fresh, AnswersBeforeInit) {
  expect_found("cuMemAlloc", 3020, legacy, "cuMemAlloc_v2");
  expect_found("cuMemsetD8Async", 12000, per_thread, "cuMemsetD8Async_ptsz");
  expect_found("cuLaunchKernelEx", 11050, legacy, "");
}

}  // namespace vgpu::conformance::test_cuGetProcAddress
