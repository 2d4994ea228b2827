/// Which calls a guest answers itself. Every call that the schema calls local is asked here, and
/// those others whose answers it knows; the driver's count of requests must stay where it was.

#include <functional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <vgpu/operations.hpp>

#include "driver_program.hpp"

namespace {

using namespace vgpu::driver_test;

/// A kernel that does nothing.
constexpr char code[] = R"(
.version 7.0
.target sm_75
.address_size 64
.visible .entry nothing(.param .u64 pointer, .param .u32 number) { ret; }
)";

struct Row {
  std::string symbol;  ///< base symbol, as the schema has it
  std::function<CUresult()> ask;
};

/// Objects that the calls are asked about.
struct Objects {
  Objects() {
    EXPECT_EQ(cuLibraryLoadData(&library, code, nullptr, nullptr, 0, nullptr, nullptr, 0),
              CUDA_SUCCESS);
    EXPECT_EQ(cuLibraryGetKernel(&kernel, library, "nothing"), CUDA_SUCCESS);
    EXPECT_EQ(cuModuleLoadData(&module, code), CUDA_SUCCESS);
    EXPECT_EQ(cuModuleGetFunction(&function, module, "nothing"), CUDA_SUCCESS);
    EXPECT_EQ(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), CUDA_SUCCESS);
    EXPECT_EQ(cuMemAlloc(&memory, 4096), CUDA_SUCCESS);
    const CUuuid storage{{'\xc6', '\x93', '\x33', '\x6e', '\x11', '\x21', '\xdf', '\x11', '\xa8',
                          '\xc3', '\x68', '\xf3', '\x55', '\xd8', '\x95', '\x93'}};
    using Put = CUresult(CUcontext, void*, void*, void (*)(CUcontext, void* key, void* value));
    auto* put = private_function<Put>(storage, 0);
    get_stored = private_function<CUresult(void**, CUcontext, void*)>(storage, 2);
    const CUuuid thread_table{{'\x42', '\xd8', '\x5a', '\x81', '\x23', '\xf6', '\xcb', '\x47',
                               '\x82', '\x98', '\xf6', '\xe7', '\x8a', '\x3a', '\xec', '\xdc'}};
    get_current = private_function<CUresult(CUcontext*)>(thread_table, 2);
    const CUuuid cudart{{'\x6b', '\xd5', '\xfb', '\x6c', '\x5b', '\xf4', '\xe7', '\x4a', '\x89',
                         '\x87', '\xd9', '\x39', '\x12', '\xfd', '\x9d', '\xf9'}};
    get_primary = private_function<CUresult(CUcontext*, CUdevice)>(cudart, 2);
    EXPECT_EQ(put(context.get(), this, this, nullptr), CUDA_SUCCESS);
  }
  ~Objects() {
    EXPECT_EQ(cuMemFree(memory), CUDA_SUCCESS);
    EXPECT_EQ(cuStreamDestroy(stream), CUDA_SUCCESS);
    EXPECT_EQ(cuModuleUnload(module), CUDA_SUCCESS);
    EXPECT_EQ(cuLibraryUnload(library), CUDA_SUCCESS);
  }
  Objects(const Objects&) = delete;
  Objects& operator=(const Objects&) = delete;

  PrimaryContext context;
  CUlibrary library = nullptr;
  CUkernel kernel = nullptr;
  CUmodule module = nullptr;
  CUfunction function = nullptr;
  CUstream stream = nullptr;
  CUdeviceptr memory = 0;
  CUresult (*get_stored)(void**, CUcontext, void*) = nullptr;
  CUresult (*get_current)(CUcontext*) = nullptr;
  CUresult (*get_primary)(CUcontext*, CUdevice) = nullptr;
};

CUresult every_attribute() {
  for (int attribute = 1; attribute < CU_DEVICE_ATTRIBUTE_MAX; ++attribute) {
    int value = 0;
    const CUresult result =
        cuDeviceGetAttribute(&value, static_cast<CUdevice_attribute>(attribute), 0);
    // Numbers that the device's driver does not know are refused, which is an answer.
    if (result != CUDA_SUCCESS && result != CUDA_ERROR_INVALID_VALUE) return result;
  }
  return CUDA_SUCCESS;
}

CUresult every_error(CUresult (*ask)(CUresult, const char**)) {
  for (const CUresult error : {CUDA_SUCCESS, CUDA_ERROR_OUT_OF_MEMORY, CUDA_ERROR_NOT_READY}) {
    const char* text = nullptr;
    const CUresult result = ask(error, &text);
    if (result != CUDA_SUCCESS) return result;
  }
  return CUDA_SUCCESS;
}

std::vector<Row> entry_rows() {
  return {
      {"cuInit", [] { return cuInit(0); }},
      {"cuDriverGetVersion",
       [] {
         int version = 0;
         return cuDriverGetVersion(&version);
       }},
      {"cuGetErrorName", [] { return every_error(cuGetErrorName); }},
      {"cuGetErrorString", [] { return every_error(cuGetErrorString); }},
      {"cuGetProcAddress",
       [] {
         void* address = nullptr;
         return cuGetProcAddress("cuLaunchKernel", &address, 12000, 0, nullptr);
       }},
      {"cuGetExportTable",
       [] {
         CUuuid unknown{};
         const void* table = nullptr;
         return cuGetExportTable(&table, &unknown) != CUDA_SUCCESS ? CUDA_SUCCESS
                                                                   : CUDA_ERROR_UNKNOWN;
       }},
      {"cuModuleGetLoadingMode",
       [] {
         CUmoduleLoadingMode mode{};
         return cuModuleGetLoadingMode(&mode);
       }},
  };
}

std::vector<Row> device_rows() {
  return {
      {"cuDeviceGet",
       [] {
         CUdevice device = -1;
         return cuDeviceGet(&device, 0);
       }},
      {"cuDeviceGetCount",
       [] {
         int count = 0;
         return cuDeviceGetCount(&count);
       }},
      {"cuDeviceGetName",
       [] {
         char name[256];
         return cuDeviceGetName(name, sizeof name, 0);
       }},
      {"cuDeviceGetUuid",
       [] {
         CUuuid id{};
         return cuDeviceGetUuid(&id, 0);
       }},
      {"cuDeviceGetLuid",
       [] {
         char luid[8];
         unsigned mask = 0;
         const CUresult result = cuDeviceGetLuid(luid, &mask, 0);
         // Only Windows has them.
         return result == CUDA_ERROR_NOT_SUPPORTED ? CUDA_SUCCESS : result;
       }},
      {"cuDeviceTotalMem",
       [] {
         std::size_t bytes = 0;
         return cuDeviceTotalMem(&bytes, 0);
       }},
      {"cuDeviceGetAttribute", every_attribute},
      {"cuDeviceGetProperties",
       [] {
         CUdevprop properties{};
         return cuDeviceGetProperties(&properties, 0);
       }},
      {"cuDeviceComputeCapability",
       [] {
         int major = 0;
         int minor = 0;
         return cuDeviceComputeCapability(&major, &minor, 0);
       }},
      {"cuDeviceGetPCIBusId",
       [] {
         char id[32];
         return cuDeviceGetPCIBusId(id, sizeof id, 0);
       }},
      {"cuDeviceGetByPCIBusId",
       [] {
         char id[32] = {};
         CUdevice device = -1;
         const CUresult result = cuDeviceGetPCIBusId(id, sizeof id, 0);
         return result == CUDA_SUCCESS ? cuDeviceGetByPCIBusId(&device, id) : result;
       }},
      {"cuDevicePrimaryCtxGetState",
       [] {
         unsigned flags = 0;
         int active = 0;
         const CUresult result = cuDevicePrimaryCtxGetState(0, &flags, &active);
         return result == CUDA_SUCCESS && active == 0 ? CUDA_ERROR_UNKNOWN : result;
       }},
  };
}

std::vector<Row> context_rows(const Objects& objects) {
  const CUcontext context = objects.context.get();
  return {
      {"cuCtxGetCurrent",
       [] {
         CUcontext current = nullptr;
         return cuCtxGetCurrent(&current);
       }},
      {"cuCtxSetCurrent", [context] { return cuCtxSetCurrent(context); }},
      {"cuCtxPushCurrent",
       [context] {
         CUcontext popped = nullptr;
         const CUresult result = cuCtxPushCurrent(context);
         return result == CUDA_SUCCESS ? cuCtxPopCurrent(&popped) : result;
       }},
      {"cuCtxPopCurrent",
       [] {
         CUcontext popped = nullptr;
         const CUresult result = cuCtxPopCurrent(&popped);
         return result == CUDA_SUCCESS ? cuCtxPushCurrent(popped) : result;
       }},
      {"cuCtxGetDevice",
       [] {
         CUdevice device = -1;
         return cuCtxGetDevice(&device);
       }},
      {"cuCtxGetFlags",
       [] {
         unsigned flags = 0;
         return cuCtxGetFlags(&flags);
       }},
      {"cuCtxGetId",
       [context] {
         unsigned long long id = 0;
         return cuCtxGetId(context, &id);
       }},
      {"cuCtxGetApiVersion",
       [context] {
         unsigned version = 0;
         return cuCtxGetApiVersion(context, &version);
       }},
      {"private table 42d85a81, slot 2",
       [&objects] {
         CUcontext current = nullptr;
         return objects.get_current(&current);
       }},
      {"private table 6bd5fb6c, slot 2",
       [&objects] {
         CUcontext primary = nullptr;
         return objects.get_primary(&primary, 0);
       }},
      {"private table c693336e, slot 2",
       [&objects] {
         void* value = nullptr;
         auto* key = const_cast<Objects*>(&objects);
         const CUresult result = objects.get_stored(&value, nullptr, key);
         return result == CUDA_SUCCESS && value != key ? CUDA_ERROR_UNKNOWN : result;
       }},
  };
}

std::vector<Row> code_rows(const Objects& objects) {
  return {
      {"cuFuncGetModule",
       [&objects] {
         CUmodule module = nullptr;
         return cuFuncGetModule(&module, objects.function);
       }},
      {"cuFuncGetName",
       [&objects] {
         const char* name = nullptr;
         return cuFuncGetName(&name, objects.function);
       }},
      {"cuFuncGetParamInfo",
       [&objects] {
         std::size_t offset = 0;
         std::size_t size = 0;
         return cuFuncGetParamInfo(objects.function, 1, &offset, &size);
       }},
      {"cuKernelGetLibrary",
       [&objects] {
         CUlibrary library = nullptr;
         return cuKernelGetLibrary(&library, objects.kernel);
       }},
      {"cuKernelGetName",
       [&objects] {
         const char* name = nullptr;
         return cuKernelGetName(&name, objects.kernel);
       }},
      {"cuKernelGetParamInfo",
       [&objects] {
         std::size_t offset = 0;
         std::size_t size = 0;
         return cuKernelGetParamInfo(objects.kernel, 1, &offset, &size);
       }},
  };
}

/// The last rows are of calls that may have to ask, though not about what the guest knows.
std::vector<Row> stream_and_memory_rows(const Objects& objects) {
  return {
      {"cuStreamGetDevice",
       [&objects] {
         CUdevice device = -1;
         return cuStreamGetDevice(objects.stream, &device);
       }},
      {"cuStreamGetCtx",
       [&objects] {
         CUcontext context = nullptr;
         return cuStreamGetCtx(objects.stream, &context);
       }},
      {"cuStreamIsCapturing",
       [&objects] {
         CUstreamCaptureStatus status{};
         return cuStreamIsCapturing(objects.stream, &status);
       }},
      {"cuStreamGetFlags",
       [&objects] {
         unsigned flags = 0;
         return cuStreamGetFlags(objects.stream, &flags);
       }},
      {"cuStreamGetPriority",
       [&objects] {
         int priority = 0;
         return cuStreamGetPriority(objects.stream, &priority);
       }},
      {"cuPointerGetAttribute",
       [&objects] {
         CUmemorytype type{};
         return cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, objects.memory);
       }},
      {"cuPointerGetAttributes",
       [&objects] {
         CUmemorytype type{};
         int device = -1;
         unsigned managed = 1;
         void* data[] = {&type, &device, &managed};
         CUpointer_attribute attributes[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
                                             CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL,
                                             CU_POINTER_ATTRIBUTE_IS_MANAGED};
         return cuPointerGetAttributes(3, attributes, data, objects.memory);
       }},
  };
}

std::vector<Row> all_rows(const Objects& objects) {
  std::vector<Row> rows = entry_rows();
  for (auto&& part : {device_rows(), context_rows(objects), code_rows(objects),
                      stream_and_memory_rows(objects)}) {
    rows.insert(rows.end(), part.begin(), part.end());
  }
  return rows;
}

void expect_no_messages(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const CUresult warm = row.ask();
    EXPECT_EQ(warm, CUDA_SUCCESS) << row.symbol << ": " << name_of(warm);
  }
  for (const Row& row : rows) {
    const std::uint64_t before = requests_sent();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(row.ask(), CUDA_SUCCESS) << row.symbol;
    EXPECT_EQ(requests_sent() - before, 0U) << row.symbol;
  }
}

class LocalCalls : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(requests_sent(), ~std::uint64_t{0}) << "VGPU_TEST_HOOKS=1 is not set";
  }
};

TEST_F(LocalCalls, SendNothingOnceTheyWereAnswered) {
  const Objects objects;
  expect_no_messages(all_rows(objects));
}

TEST_F(LocalCalls, SendNothingFromAnotherThread) {
  const Objects objects;
  std::thread([&objects] {
    ASSERT_EQ(cuCtxSetCurrent(objects.context.get()), CUDA_SUCCESS);
    expect_no_messages(all_rows(objects));
  }).join();
}

TEST_F(LocalCalls, AreAllInTheTable) {
  const Objects objects;
  std::set<std::string, std::less<>> asked;
  for (const Row& row : all_rows(objects)) asked.insert(row.symbol);
  for (const vgpu::call::OperationInfo& call : vgpu::call::operations) {
    if (call.call_class != vgpu::call::CallClass::local || call.symbol.empty()) continue;
    if (call.guest == vgpu::call::Implementation::none) continue;
    EXPECT_TRUE(asked.contains(call.symbol)) << call.symbol;
  }
}

/// What the count is worth: calls that have to reach the host are one request each.
TEST_F(LocalCalls, OthersSendOneRequest) {
  const Objects objects;
  CUdeviceptr pointer = objects.memory;
  unsigned number = 1;
  void* parameters[] = {&pointer, &number};
  std::size_t free = 0;
  std::size_t total = 0;
  const std::vector<Row> rows{
      {"cuLaunchKernel",
       [&] {
         return cuLaunchKernel(objects.function, 1, 1, 1, 32, 1, 1, 0, objects.stream, parameters,
                               nullptr);
       }},
      {"cuMemsetD32Async", [&] { return cuMemsetD32Async(objects.memory, 7, 16, objects.stream); }},
      {"cuStreamSynchronize", [&] { return cuStreamSynchronize(objects.stream); }},
      {"cuStreamQuery", [&] { return cuStreamQuery(objects.stream); }},
      {"cuMemGetInfo", [&] { return cuMemGetInfo(&free, &total); }},
  };
  for (const Row& row : rows) EXPECT_EQ(row.ask(), CUDA_SUCCESS) << row.symbol;
  for (const Row& row : rows) {
    const std::uint64_t before = requests_sent();
    EXPECT_EQ(row.ask(), CUDA_SUCCESS) << row.symbol;
    EXPECT_EQ(requests_sent() - before, 1U) << row.symbol;
  }
}

/// A retain of a context that lives is the guest's own business.
TEST_F(LocalCalls, RetainingAnActivePrimaryContextSendsNothing) {
  const PrimaryContext active;
  const std::uint64_t before = requests_sent();
  CUcontext again = nullptr;
  EXPECT_EQ(cuDevicePrimaryCtxRetain(&again, 0), CUDA_SUCCESS);
  EXPECT_EQ(again, active.get());
  EXPECT_EQ(cuDevicePrimaryCtxRelease(0), CUDA_SUCCESS);
  EXPECT_EQ(requests_sent() - before, 0U);
}

}  // namespace
