#include "vgpu/guest/context_storage.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace vgpu::guest {
namespace {

std::vector<void*>* destroyed = nullptr;

void record(CUcontext, void*, void* value) {
  destroyed->push_back(value);
}

void* number(std::uintptr_t value) {
  return reinterpret_cast<void*>(value);
}

TEST(ContextStorage, MissLeavesTheOutputAlone) {
  ContextStorage storage;
  void* value = number(5);
  EXPECT_EQ(storage.get(number(1), &value), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(value, number(5));
  EXPECT_EQ(storage.remove(number(1)), CUDA_ERROR_INVALID_HANDLE);
}

TEST(ContextStorage, ASecondPutFailsAndTheOldValueStays) {
  ContextStorage storage;
  void* value = nullptr;
  EXPECT_EQ(storage.put(number(1), number(10), nullptr), CUDA_SUCCESS);
  EXPECT_EQ(storage.put(number(1), number(20), nullptr), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(storage.get(number(1), &value), CUDA_SUCCESS);
  EXPECT_EQ(value, number(10));
}

TEST(ContextStorage, NullIsAKeyLikeAnyOther) {
  ContextStorage storage;
  void* value = number(5);
  EXPECT_EQ(storage.get(nullptr, &value), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(storage.put(nullptr, nullptr, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(storage.get(nullptr, &value), CUDA_SUCCESS);
  EXPECT_EQ(value, nullptr);
}

TEST(ContextStorage, RemoveDoesNotRunTheDestructor) {
  std::vector<void*> seen;
  destroyed = &seen;
  ContextStorage storage;
  void* value = nullptr;
  storage.put(number(1), number(10), record);
  EXPECT_EQ(storage.remove(number(1)), CUDA_SUCCESS);
  EXPECT_EQ(storage.get(number(1), &value), CUDA_ERROR_INVALID_HANDLE);
  storage.clear(nullptr);
  EXPECT_TRUE(seen.empty());
}

TEST(ContextStorage, HoldsManyKeys) {
  ContextStorage storage;
  for (std::uintptr_t key = 1; key <= 500; ++key) {
    ASSERT_EQ(storage.put(number(key), number(key * 7), nullptr), CUDA_SUCCESS);
  }
  for (std::uintptr_t key = 1; key <= 500; key += 2) storage.remove(number(key));
  for (std::uintptr_t key = 1; key <= 500; ++key) {
    void* value = nullptr;
    const CUresult result = storage.get(number(key), &value);
    EXPECT_EQ(result, key % 2 == 1 ? CUDA_ERROR_INVALID_HANDLE : CUDA_SUCCESS);
    if (key % 2 == 0) {
      EXPECT_EQ(value, number(key * 7));
    }
  }
}

TEST(ContextStorage, ClearRunsDestructorsNewestFirst) {
  std::vector<void*> seen;
  destroyed = &seen;
  ContextStorage storage;
  for (std::uintptr_t key = 1; key <= 40; ++key) storage.put(number(key), number(key), record);
  storage.remove(number(3));
  storage.put(number(3), number(3), record);
  storage.clear(nullptr);
  ASSERT_EQ(seen.size(), 40U);
  EXPECT_EQ(seen[0], number(3));
  EXPECT_EQ(seen[1], number(40));
  EXPECT_EQ(seen.back(), number(1));
  void* value = nullptr;
  EXPECT_EQ(storage.get(number(1), &value), CUDA_ERROR_INVALID_HANDLE);
}

ContextStorage* reentered = nullptr;

TEST(ContextStorage, DestructorsMayCallBack) {
  ContextStorage storage;
  reentered = &storage;
  static int again;
  again = 0;
  storage.put(number(1), number(10), [](CUcontext, void* key, void*) {
    void* value = nullptr;
    EXPECT_EQ(reentered->get(key, &value), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(reentered->put(number(2), number(20), [](CUcontext, void*, void*) { ++again; }),
              CUDA_SUCCESS);
  });
  storage.clear(nullptr);
  EXPECT_EQ(again, 1);
}

TEST(ContextStorage, AReaderNeverSeesAnotherKeysValue) {
  ContextStorage storage;
  storage.put(number(1000), number(1000), nullptr);
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) {
        for (std::uintptr_t key = 1; key <= 4; ++key) {
          void* value = nullptr;
          if (storage.get(number(key), &value) == CUDA_SUCCESS && value != number(key)) ++wrong;
        }
        void* value = nullptr;
        if (storage.get(number(1000), &value) != CUDA_SUCCESS || value != number(1000)) ++wrong;
      }
    });
  }
  // The slot after the permanent one changes hands all the time.
  for (int round = 0; round < 50'000; ++round) {
    const auto key = static_cast<std::uintptr_t>(round % 4 + 1);
    storage.put(number(key), number(key), nullptr);
    storage.remove(number(key));
  }
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace vgpu::guest
