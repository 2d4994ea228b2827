#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuGetExportTable {

CONFORMANCE_SUITE(cuGetExportTable, Driver);
CONFORMANCE_SUITE(cuGetExportTable_fresh, Uninitialised);

CUuuid uuid(const std::array<unsigned char, 16>& bytes) {
  CUuuid id;
  std::memcpy(&id, bytes.data(), sizeof id);
  return id;
}

/// The table that the runtime asks for first, before cuInit.
const CUuuid runtime_table = uuid({0x6b, 0xd5, 0xfb, 0x6c, 0x5b, 0xf4, 0xe7, 0x4a, 0x89, 0x87, 0xd9,
                                   0x39, 0x12, 0xfd, 0x9d, 0xf9});

CUuuid random_uuid() {
  CUuuid id;
  for (char& byte : id.bytes) byte = random_value<char>();
  return id;
}

void expect_unknown(const CUuuid& id) {
  const void* table = &id;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGetExportTable(&table, &id));
  EXPECT_EQ(table, nullptr);
}

/// A driver need not have the table; if it has, it is one that can be used.
void expect_usable_or_absent() {
  const void* table = &runtime_table;
  const CUresult result = driver().cuGetExportTable(&table, &runtime_table);
  EXPECT_EQ(table != nullptr, result == CUDA_SUCCESS) << result_text(result);
  if (table == nullptr) return;
  // The first word is the size in bytes of the whole table, which is one of pointers.
  std::size_t bytes = 0;
  std::memcpy(&bytes, table, sizeof bytes);
  EXPECT_GE(bytes, 3 * sizeof(void*));
  EXPECT_LT(bytes, 4096U);
  EXPECT_EQ(bytes % sizeof(void*), 0U);
  const void* again = nullptr;
  EXPECT_CUDA_OK(driver().cuGetExportTable(&again, &runtime_table));
  EXPECT_EQ(again, table);
}

// Undocumented: an unknown table's pointer is set to null.
TEST_F(cuGetExportTable, RefusesUnknownTables) {
  for (int i = 0; i < 16; ++i) expect_unknown(random_uuid());
  expect_unknown(uuid({}));
}

TEST_F(cuGetExportTable, ComparesTheWholeIdentifier) {
  for (std::size_t byte = 0; byte < sizeof(CUuuid); ++byte) {
    SCOPED_TRACE(byte);
    CUuuid almost = runtime_table;
    almost.bytes[byte] = static_cast<char>(almost.bytes[byte] ^ 1);
    expect_unknown(almost);
  }
}

TEST_F(cuGetExportTable, TheRuntimesTableStaysWhereItIs) {
  expect_usable_or_absent();
}

TEST_F(cuGetExportTable, RefusesNullPointers) {
  const void* table = nullptr;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGetExportTable(nullptr, &runtime_table));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGetExportTable(&table, nullptr));
}

TEST_F(cuGetExportTable, IsTheSameOnEveryThread) {
  const auto find = [] {
    const void* table = nullptr;
    const CUresult result = driver().cuGetExportTable(&table, &runtime_table);
    return std::pair(result, table);
  };
  EXPECT_EQ(on_other_thread(find), find());
}

// Undocumented. The runtime asks whenever it needs a table, in captures too.
TEST_F(cuGetExportTable, MayBeAskedDuringCapture) {
  const ExtraContext extra;
  const Current current(extra);
  const void* outside = nullptr;
  const CUresult expected = driver().cuGetExportTable(&outside, &runtime_table);
  const Stream stream;
  Capture capture(stream);
  const void* inside = nullptr;
  EXPECT_CUDA(expected, driver().cuGetExportTable(&inside, &runtime_table));
  EXPECT_EQ(inside, outside);
  EXPECT_CUDA(CUDA_SUCCESS, capture.try_end());
}

TEST_F(cuGetExportTable_fresh, AnswersBeforeInit) {
  expect_usable_or_absent();
  expect_unknown(random_uuid());
}

TEST_F(cuGetExportTable_fresh, GivesTheSameTableBeforeAndAfterInit) {
  const void* before = nullptr;
  const void* after = nullptr;
  const CUresult result = driver().cuGetExportTable(&before, &runtime_table);
  ASSERT_CUDA_OK(driver().cuInit(0));
  EXPECT_CUDA(result, driver().cuGetExportTable(&after, &runtime_table));
  EXPECT_EQ(after, before);
}

}  // namespace vgpu::conformance::test_cuGetExportTable
