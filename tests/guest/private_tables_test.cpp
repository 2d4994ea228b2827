#include "private_tables.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "fake_host.hpp"
#include "vgpu/guest/initialise.hpp"
#include "vgpu/guest/integrity.hpp"

// What the tables call of the library, in place of its entry points.
namespace {
std::vector<std::string> called;
}
extern "C" {
CUresult cuModuleLoadData(CUmodule*, const void*) {
  called.push_back("load");
  return CUDA_SUCCESS;
}
CUresult cuModuleLoadDataEx(CUmodule*, const void*, unsigned, CUjit_option*, void**) {
  called.push_back("load with options");
  return CUDA_SUCCESS;
}
CUresult cuModuleUnload(CUmodule) {
  called.push_back("unload");
  return CUDA_SUCCESS;
}
CUresult cuLaunchKernel(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                        unsigned, CUstream, void**, void**) {
  called.push_back("launch");
  return CUDA_SUCCESS;
}
CUresult cuStreamGetId(CUstream stream, unsigned long long* id) {
  *id = 1000 + reinterpret_cast<std::uintptr_t>(stream);
  return CUDA_SUCCESS;
}
CUresult cuModuleGetFunctionCount(unsigned* count, CUmodule) {
  *count = 2;
  return CUDA_SUCCESS;
}
CUresult cuModuleEnumerateFunctions(CUfunction* functions, unsigned count, CUmodule) {
  for (unsigned i = 0; i < count; ++i) functions[i] = reinterpret_cast<CUfunction>(i + 1UL);
  return CUDA_SUCCESS;
}
}

namespace vgpu::guest {
namespace {

using Word = std::uint64_t;

CUuuid uuid(std::string_view text) {
  CUuuid id{};
  std::size_t digit = 0;
  for (const char c : text) {
    if (c == '-') continue;
    const int value = c <= '9' ? c - '0' : c - 'a' + 10;
    auto& byte = id.bytes[digit / 2];
    byte = static_cast<char>(digit % 2 == 0 ? value << 4 : static_cast<int>(byte) | value);
    ++digit;
  }
  return id;
}

const Word* table(std::string_view text) {
  return static_cast<const Word*>(find_private_table(uuid(text)));
}

template <class F>
F* slot(const Word* words, std::size_t index) {
  return reinterpret_cast<F*>(words[index]);
}

constexpr std::string_view cudart = "6bd5fb6c-5bf4-e74a-8987-d93912fd9df9";
constexpr std::string_view callbacks = "a094798c-2e74-2e74-93f2-0800200c0a66";
constexpr std::string_view thread_table = "42d85a81-23f6-cb47-8298-f6e78a3aecdc";
constexpr std::string_view storage = "c693336e-1121-df11-a8c3-68f355d89593";
constexpr std::string_view checks = "263e8860-7cd2-6143-92f6-bbd5006dfa7e";
constexpr std::string_view integrity = "d4082055-bde6-704b-8d34-ba123c66e1f2";
constexpr std::string_view tools_context = "21318c60-9714-3248-8ca6-41ff7324c8f2";
constexpr std::string_view tools_module = "6e163fbe-b958-444d-835c-e182aff1991e";

using GetPrimary = CUresult(CUcontext*, CUdevice);
using GetCurrent = CUresult(CUcontext*);
using Put = CUresult(CUcontext, void*, void*, void (*)(CUcontext, void*, void*));
using Remove = CUresult(CUcontext, void*);
using Get = CUresult(void**, CUcontext, void*);
using Check = CUresult(std::uint32_t, std::uint64_t, std::uint64_t*);

const auto untouched = reinterpret_cast<CUcontext>(std::uintptr_t{5});

// Runs first: the process is not initialised yet.
TEST(PrivateTables, AreThereBeforeInitialisation) {
  for (const auto& [id, bytes] :
       std::vector<std::pair<std::string_view, Word>>{{cudart, 0x68},
                                                      {callbacks, 0x38},
                                                      {thread_table, 0x18},
                                                      {checks, 0x78},
                                                      {integrity, 0x18},
                                                      {tools_context, 760},
                                                      {tools_module, 0x318}}) {
    const Word* words = table(id);
    ASSERT_NE(words, nullptr) << id;
    EXPECT_EQ(words[0], bytes) << id;
    for (std::size_t i = 1; i < bytes / 8; ++i) EXPECT_NE(words[i], 0U) << id << " slot " << i;
    EXPECT_EQ(words, table(id)) << "the address never changes";
  }
  const Word* words = table(storage);
  ASSERT_NE(words, nullptr);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NE(words[i], 0U);
  EXPECT_EQ(words[3], 0U);

  CUcontext context = untouched;
  EXPECT_EQ(slot<GetCurrent>(table(thread_table), 2)(&context), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(slot<GetPrimary>(table(cudart), 2)(&context, 0), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(context, untouched);
  int key = 0;
  void* value = &key;
  EXPECT_EQ(slot<Get>(words, 2)(&value, nullptr, &key), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(value, &key);
}

TEST(PrivateTables, OthersAreRefused) {
  for (const std::string_view id :
       {"69a28e9f-2449-8b47-b030-c5da330ea4e9", "f8cff951-2146-8b4e-b9e2-fb469e7c0dd9",
        "da9151d3-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"}) {
    EXPECT_EQ(table(id), nullptr) << id;
  }
}

TEST(PrivateTables, TheTestHooksNeedTheirVariable) {
  CUuuid id{};
  std::memcpy(id.bytes, "vgpu-test-hooks", 16);
  ::unsetenv("VGPU_TEST_HOOKS");
  EXPECT_EQ(find_private_table(id), nullptr);
  ::setenv("VGPU_TEST_HOOKS", "1", 1);
  ASSERT_NE(find_private_table(id), nullptr);
  EXPECT_EQ(slot<std::uint64_t()>(static_cast<const Word*>(find_private_table(id)), 1)(), 0U);
}

class Slots : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    host = new testing_support::FakeHost;
    host->device_count = 2;
    ASSERT_EQ(initialise_with({"test://", "the test"}, host->dialer(), 0), CUDA_SUCCESS);
  }
  static void TearDownTestSuite() { delete host; }
  void TearDown() override {
    while (this_thread().contexts.pop() != nullptr) {
    }
  }
  static CUcontext primary(int device = 0) {
    CUcontext context = nullptr;
    EXPECT_EQ(slot<GetPrimary>(table(cudart), 2)(&context, device), CUDA_SUCCESS);
    return context;
  }
  static void make_current(CUcontext context) {
    ASSERT_EQ(contexts()->set_current(this_thread().contexts, context), CUDA_SUCCESS);
  }
  static testing_support::FakeHost* host;
};
testing_support::FakeHost* Slots::host = nullptr;

TEST_F(Slots, GetPrimaryGivesTheHandleWithoutRetaining) {
  CUcontext context = untouched;
  EXPECT_EQ(slot<GetPrimary>(table(cudart), 2)(&context, 99), CUDA_ERROR_INVALID_DEVICE);
  EXPECT_EQ(context, untouched);
  const CUcontext handle = primary();
  unsigned flags = 5;
  int active = 5;
  contexts()->get_state(0, &flags, &active);
  EXPECT_EQ(flags, 0U);
  EXPECT_EQ(active, 0);
  EXPECT_NE(handle, primary(1));
  CUcontext retained = nullptr;
  contexts()->retain(0, &retained);
  EXPECT_EQ(retained, handle);
  contexts()->release(0);
}

TEST_F(Slots, CurrentContextIsNullOrTheTop) {
  auto* get = slot<GetCurrent>(table(thread_table), 2);
  CUcontext context = untouched;
  EXPECT_EQ(get(&context), CUDA_SUCCESS);
  EXPECT_EQ(context, nullptr);
  EXPECT_EQ(get(nullptr), CUDA_ERROR_INVALID_VALUE);
  make_current(primary());
  EXPECT_EQ(get(&context), CUDA_SUCCESS);
  EXPECT_EQ(context, primary());
}

TEST_F(Slots, StorageIsKeyedByContextAndKey) {
  auto* put = slot<Put>(table(storage), 0);
  auto* remove = slot<Remove>(table(storage), 1);
  auto* get = slot<Get>(table(storage), 2);
  int key = 0;
  int a = 0;
  void* value = &key;
  EXPECT_EQ(get(&value, nullptr, &key), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(value, &key);
  EXPECT_EQ(put(primary(), &key, &a, nullptr), CUDA_SUCCESS) << "an inactive context has storage";
  EXPECT_EQ(put(primary(), &key, &key, nullptr), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(get(&value, primary(1), &key), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(get(&value, primary(), &key), CUDA_SUCCESS);
  EXPECT_EQ(value, &a);
  make_current(primary());
  value = nullptr;
  EXPECT_EQ(get(&value, nullptr, &key), CUDA_SUCCESS);
  EXPECT_EQ(value, &a);
  const auto minus_one = reinterpret_cast<CUcontext>(~std::uintptr_t{0});
  EXPECT_EQ(get(&value, minus_one, &key), CUDA_SUCCESS);
  std::thread([&] {
    void* other = nullptr;
    EXPECT_EQ(get(&other, nullptr, &key), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_EQ(get(&other, primary(), &key), CUDA_SUCCESS);
  }).join();
  EXPECT_EQ(remove(primary(), &key), CUDA_SUCCESS);
  EXPECT_EQ(remove(primary(), &key), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(get(&value, untouched, &key), CUDA_ERROR_INVALID_CONTEXT);
}

TEST_F(Slots, UnwrapLeavesInnerAlone) {
  std::uint32_t wrapped = 5;
  CUcontext inner = untouched;
  EXPECT_EQ((slot<CUresult(CUcontext, std::uint32_t*, CUcontext*)>(table(checks), 2)(
                primary(), &wrapped, &inner)),
            CUDA_SUCCESS);
  EXPECT_EQ(wrapped, 0U);
  EXPECT_EQ(inner, untouched);
  EXPECT_EQ(slot<std::uint32_t()>(table(checks), 3)(), 0U);
}

TEST_F(Slots, CallbackFlagsAreAllZero) {
  using GetFlags = CUresult(void**, std::size_t*);
  for (const auto& [index, expected] :
       std::vector<std::pair<std::size_t, std::size_t>>{{2, 1024}, {6, 14}}) {
    void* flags = nullptr;
    std::size_t count = 0;
    EXPECT_EQ(slot<GetFlags>(table(callbacks), index)(&flags, &count), CUDA_SUCCESS);
    ASSERT_EQ(count, expected);
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(static_cast<std::uint32_t*>(flags)[i], 0U);
  }
}

TEST_F(Slots, TheIntegrityDigestCoversWhatThePublicSideReports) {
  std::uint64_t answer[2] = {};
  auto* check = slot<Check>(table(integrity), 1);
  ASSERT_EQ(check(13002, 1234567, answer), CUDA_SUCCESS);
  IntegrityQuestion question{13000,
                             13002,
                             static_cast<std::uint32_t>(::getpid()),
                             static_cast<std::uint32_t>(::pthread_self()),
                             reinterpret_cast<Word>(table(cudart)),
                             reinterpret_cast<Word>(table(integrity)),
                             table(integrity)[1],
                             1234567};
  std::vector<IntegrityDevice> devices(2);
  for (IntegrityDevice& device : devices) {
    device.uuid.fill(7);
    device.pci_domain = 50;
    device.pci_bus = 33;
    device.pci_device = 34;
  }
  const IntegrityAnswer expected = integrity_answer(question, devices);
  EXPECT_EQ(answer[0], expected[0]);
  EXPECT_EQ(answer[1], expected[1]);
  ASSERT_EQ(check(13000, 1234567, answer), CUDA_SUCCESS);
  EXPECT_EQ(answer[0], 0x3341181C03CB675CU);
}

TEST_F(Slots, ContextIdsAreThoseOfTheLivingContext) {
  auto* get = slot<CUresult(CUcontext, std::uint64_t*)>(table(tools_context), 4);
  std::uint64_t id = 77;
  EXPECT_EQ(get(nullptr, &id), CUDA_SUCCESS);
  EXPECT_EQ(id, 0U);
  CUcontext context = nullptr;
  contexts()->retain(0, &context);
  EXPECT_EQ(get(context, &id), CUDA_SUCCESS);
  EXPECT_EQ(id, contexts()->primary(0)->unique_id);
  EXPECT_EQ(get(untouched, &id), CUDA_ERROR_INVALID_CONTEXT);
  contexts()->release(0);
}

TEST_F(Slots, PrivateStreamsLeadBackToTheirId) {
  auto* to_private = slot<CUresult(CUcontext, CUstream, void**, int)>(table(tools_context), 51);
  auto* identity = slot<CUresult(CUcontext, const void*, std::uint64_t*)>(table(tools_context), 39);
  CUcontext context = nullptr;
  contexts()->retain(0, &context);
  const std::uint64_t created = mint_handle(call::HandleKind::stream);
  const auto id_of = [&](std::uint64_t stream, int per_thread) {
    void* token = nullptr;
    std::uint64_t id = 0;
    EXPECT_EQ(to_private(context, reinterpret_cast<CUstream>(stream), &token, per_thread),
              CUDA_SUCCESS);
    EXPECT_NE(reinterpret_cast<std::uint64_t>(token), stream);
    EXPECT_EQ(identity(context, token, &id), CUDA_SUCCESS);
    return id - 1000;
  };
  EXPECT_EQ(id_of(0, 0), 1U);
  EXPECT_EQ(id_of(0, 1), 2U);
  EXPECT_EQ(id_of(1, 1), 1U);
  EXPECT_EQ(id_of(2, 0), 2U);
  EXPECT_EQ(id_of(created, 0), created);
  void* token = nullptr;
  EXPECT_EQ(to_private(context, reinterpret_cast<CUstream>(~std::uintptr_t{0}), &token, 0),
            CUDA_ERROR_INVALID_HANDLE);
  std::uint64_t id = 0;
  EXPECT_EQ(identity(context, nullptr, &id), CUDA_ERROR_INVALID_VALUE);
  contexts()->release(0);
}

TEST_F(Slots, ModuleVisitGivesTheFunctionHandles) {
  CUcontext context = nullptr;
  contexts()->retain(0, &context);
  std::vector<void*> nodes;
  using Visit = Word(CUcontext, CUmodule, void (*)(void*, void*, Word), void*, CUmodule, Word);
  const Word count = slot<Visit>(table(tools_module), 7)(
      context, nullptr,
      [](void* user, void* node, Word) { static_cast<std::vector<void*>*>(user)->push_back(node); },
      &nodes, nullptr, 0);
  EXPECT_EQ(count, 2U);
  EXPECT_EQ(nodes, (std::vector<void*>{reinterpret_cast<void*>(1), reinterpret_cast<void*>(2)}));
  contexts()->release(0);
}

TEST_F(Slots, UnservedOnesCanBeCalledAndSaySoOnce) {
  detail::log_level = static_cast<int>(LogLevel::warn);
  auto* unserved = slot<Word(Word, Word, Word, Word, Word, Word)>(table(tools_context), 91);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(unserved(1, 2, 3, 4, 5, 0xabc), CUDA_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(unserved(1, 2, 3, 4, 5, 6), CUDA_ERROR_NOT_SUPPORTED);
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
  EXPECT_NE(said.find("21318c60 slot 91"), said.npos) << said;
  EXPECT_NE(said.find("0xabc"), said.npos) << said;
  detail::log_level = static_cast<int>(LogLevel::error);
}

TEST_F(Slots, CudartsLoadersReachTheLibrary) {
  called.clear();
  const Word* words = table(cudart);
  CUmodule module = nullptr;
  EXPECT_EQ((slot<CUresult(CUmodule*, const void*)>(words, 1)(&module, &module)), CUDA_SUCCESS);
  EXPECT_EQ((slot<CUresult(CUmodule*, const void*, void*, void*, unsigned)>(words, 6)(
                &module, &module, nullptr, nullptr, 0)),
            CUDA_SUCCESS);
  EXPECT_EQ((slot<CUresult(const void*, CUmodule*, void*, void*, unsigned)>(words, 8)(
                &module, &module, nullptr, nullptr, 0)),
            CUDA_SUCCESS);
  slot<void(CUmodule)>(words, 7)(module);
  EXPECT_EQ(slot<CUresult()>(words, 12)(), CUDA_SUCCESS);
  EXPECT_EQ(called,
            (std::vector<std::string>{"load", "load with options", "load with options", "unload"}));
}

}  // namespace
}  // namespace vgpu::guest
