#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuPointerGetAttributes {

CONFORMANCE_SUITE(cuPointerGetAttributes, Context);
CONFORMANCE_SUITE(cuPointerGetAttributes_fresh, Uninitialised);

/// Attributes of three widths and kinds, as one call gives them.
struct Answers {
  CUcontext context;
  unsigned type;
  CUdeviceptr device_pointer;
  void* host_pointer;
  unsigned long long buffer_id;
  int ordinal;
  CUdeviceptr start;
  std::size_t size;
};

constexpr std::array attributes{
    CU_POINTER_ATTRIBUTE_CONTEXT,          CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
    CU_POINTER_ATTRIBUTE_DEVICE_POINTER,   CU_POINTER_ATTRIBUTE_HOST_POINTER,
    CU_POINTER_ATTRIBUTE_BUFFER_ID,        CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL,
    CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, CU_POINTER_ATTRIBUTE_RANGE_SIZE};

CUresult ask(Answers* answers, CUdeviceptr address) {
  auto asked = attributes;
  std::array<void*, attributes.size()> data{
      &answers->context,   &answers->type,    &answers->device_pointer, &answers->host_pointer,
      &answers->buffer_id, &answers->ordinal, &answers->start,          &answers->size};
  return driver().cuPointerGetAttributes(asked.size(), asked.data(), data.data(), address);
}

/// All of the answers, each of which both calls wrote (the range's if it is one that the driver
/// knows); the second call's outputs were different.
Answers answers_for(CUdeviceptr address) {
  Answers first;
  Answers second;
  std::memset(static_cast<void*>(&first), 0x5a, sizeof first);
  std::memset(static_cast<void*>(&second), 0xa5, sizeof second);
  EXPECT_CUDA_OK(ask(&first, address));
  EXPECT_CUDA_OK(ask(&second, address));
  EXPECT_EQ(first.context, second.context);
  EXPECT_EQ(first.type, second.type);
  EXPECT_EQ(first.device_pointer, second.device_pointer);
  EXPECT_EQ(first.host_pointer, second.host_pointer);
  EXPECT_EQ(first.buffer_id, second.buffer_id);
  EXPECT_EQ(first.ordinal, second.ordinal);
  if (first.context != nullptr) {
    EXPECT_EQ(first.start, second.start);
    EXPECT_EQ(first.size, second.size);
  }
  return first;
}

void expect_nothing_known(CUdeviceptr address) {
  const Answers none = answers_for(address);
  EXPECT_EQ(none.context, nullptr);
  EXPECT_EQ(none.type, 0U);
  EXPECT_EQ(none.device_pointer, 0U);
  // The driver takes what it does not know for memory of the host. Undocumented.
  EXPECT_EQ(reinterpret_cast<CUdeviceptr>(none.host_pointer), address);
  EXPECT_EQ(none.buffer_id, 0U);
  EXPECT_EQ(none.ordinal, CU_DEVICE_INVALID);
}

TEST_F(cuPointerGetAttributes, DeviceMemory) {
  const DeviceMemory memory(5000);
  const Answers answers = answers_for(memory + 17);
  EXPECT_EQ(answers.context, context);
  EXPECT_EQ(answers.type, static_cast<unsigned>(CU_MEMORYTYPE_DEVICE));
  EXPECT_EQ(answers.device_pointer, memory + 17);
  EXPECT_EQ(answers.host_pointer, nullptr) << "what an address has not is NULL, and no error";
  EXPECT_EQ(answers.ordinal, device);
  EXPECT_EQ(answers.start, memory.address());
  EXPECT_EQ(answers.size, 5000U);
}

TEST_F(cuPointerGetAttributes, PinnedMemory) {
  const PinnedMemory pinned(5000);
  const Answers answers = answers_for(pinned.device() + 17);
  EXPECT_EQ(answers.context, context);
  EXPECT_EQ(answers.type, static_cast<unsigned>(CU_MEMORYTYPE_HOST));
  EXPECT_EQ(answers.device_pointer, pinned.device() + 17);
  EXPECT_EQ(answers.host_pointer, pinned.host() + 17);
}

TEST_F(cuPointerGetAttributes, ManagedMemory) {
  REQUIRE_ATTRIBUTE(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
  const ManagedMemory memory(5000);
  const Answers answers = answers_for(memory + 17);
  EXPECT_EQ(answers.type, static_cast<unsigned>(CU_MEMORYTYPE_DEVICE));
  EXPECT_EQ(answers.device_pointer, memory + 17);
  EXPECT_EQ(answers.host_pointer, memory.host() + 17);
}

TEST_F(cuPointerGetAttributes, SaysWhatTheSingleCallSays) {
  const DeviceMemory memory(5000);
  const Answers answers = answers_for(memory + 17);
  unsigned long long id = 0;
  EXPECT_CUDA_OK(driver().cuPointerGetAttribute(&id, CU_POINTER_ATTRIBUTE_BUFFER_ID, memory));
  EXPECT_EQ(answers.buffer_id, id);
}

TEST_F(cuPointerGetAttributes, WritesInTheOrderAskedFor) {
  const DeviceMemory memory(5000);
  CUpointer_attribute asked[] = {CU_POINTER_ATTRIBUTE_RANGE_SIZE,
                                 CU_POINTER_ATTRIBUTE_RANGE_START_ADDR,
                                 CU_POINTER_ATTRIBUTE_RANGE_SIZE};
  unsigned long long values[] = {1, 2, 3};
  void* data[] = {&values[0], &values[1], &values[2]};
  EXPECT_CUDA_OK(driver().cuPointerGetAttributes(3, asked, data, memory));
  EXPECT_EQ(values[0], 5000U);
  EXPECT_EQ(values[1], memory.address());
  EXPECT_EQ(values[2], 5000U);
}

TEST_F(cuPointerGetAttributes, WritesAsManyAsAskedFor) {
  const DeviceMemory memory(5000);
  CUpointer_attribute asked[] = {CU_POINTER_ATTRIBUTE_RANGE_SIZE,
                                 CU_POINTER_ATTRIBUTE_RANGE_START_ADDR};
  unsigned long long values[] = {1, 2};
  void* data[] = {&values[0], &values[1]};
  EXPECT_CUDA_OK(driver().cuPointerGetAttributes(1, asked, data, memory));
  EXPECT_EQ(values[0], 5000U);
  EXPECT_EQ(values[1], 2U);
}

TEST_F(cuPointerGetAttributes, WritesFourBytesOfTheMemoryType) {
  const DeviceMemory memory(16);
  CUpointer_attribute asked[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE};
  struct {
    unsigned type, behind;
  } out{0, 0x12345678};
  void* data[] = {&out.type};
  EXPECT_CUDA_OK(driver().cuPointerGetAttributes(1, asked, data, memory));
  EXPECT_EQ(out.type, static_cast<unsigned>(CU_MEMORYTYPE_DEVICE));
  EXPECT_EQ(out.behind, 0x12345678U);
}

// "The attributes are assigned default NULL values and CUDA_SUCCESS is returned", but the driver
// writes nothing for the two of the range.
TEST_F(cuPointerGetAttributes, AddressesThatTheDriverDoesNotKnowHaveNullAttributes) {
  expect_nothing_known(0);
  expect_nothing_known(garbage_address);
  expect_nothing_known(stale_address());
  const int ordinary = 0;
  expect_nothing_known(reinterpret_cast<CUdeviceptr>(&ordinary));
}

TEST_F(cuPointerGetAttributes, RefusesUnknownAttributes) {
  const DeviceMemory memory(16);
  for (const int unknown : {0, -1, 1000}) {
    CUpointer_attribute asked[] = {static_cast<CUpointer_attribute>(unknown)};
    unsigned long long value = 0;
    void* data[] = {&value};
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuPointerGetAttributes(1, asked, data, memory));
  }
}

TEST_F(cuPointerGetAttributes, RefusesNulls) {
  const DeviceMemory memory(16);
  CUpointer_attribute asked[] = {CU_POINTER_ATTRIBUTE_CONTEXT};
  CUcontext owner = nullptr;
  void* data[] = {&owner};
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuPointerGetAttributes(1, nullptr, data, memory));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuPointerGetAttributes(1, asked, nullptr, memory));
}

// Undocumented.
TEST_F(cuPointerGetAttributes, RefusesToAnswerNothing) {
  const DeviceMemory memory(16);
  CUpointer_attribute asked[] = {CU_POINTER_ATTRIBUTE_CONTEXT};
  CUcontext owner = nullptr;
  void* data[] = {&owner};
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuPointerGetAttributes(0, asked, data, memory));
}

// Undocumented.
TEST_F(cuPointerGetAttributes, NeedsNoCurrentContext) {
  const DeviceMemory memory(16);
  const NoContext none;
  CUpointer_attribute asked[] = {CU_POINTER_ATTRIBUTE_CONTEXT};
  CUcontext owner = nullptr;
  void* data[] = {&owner};
  EXPECT_CUDA_OK(driver().cuPointerGetAttributes(1, asked, data, memory));
  EXPECT_EQ(owner, context);
}

TEST_F(cuPointerGetAttributes, IsSafeDuringCapture) {
  const DeviceMemory memory(16);
  expect_safe_in_capture([&] {
    Answers answers{};
    return ask(&answers, memory);
  });
}

TEST_F(cuPointerGetAttributes_fresh, BeforeInit) {
  Answers answers{};
  answers.size = 77;
  EXPECT_CUDA(CUDA_ERROR_NOT_INITIALIZED, ask(&answers, garbage_address));
  EXPECT_EQ(answers.size, 77U);
}

}  // namespace vgpu::conformance::test_cuPointerGetAttributes
