#include "vgpu/guest/handles.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace vgpu::guest {
namespace {

using call::HandleId;
using call::HandleKind;

class Handles : public ::testing::Test {
 protected:
  std::unique_ptr<HandleTable> table = std::make_unique<HandleTable>();
};

TEST_F(Handles, LiveFromMintToRetire) {
  const std::uint64_t id = table->mint(HandleKind::event);
  ASSERT_NE(id, 0U);
  EXPECT_TRUE(table->valid(HandleKind::event, id));
  EXPECT_TRUE(table->retire(id));
  EXPECT_FALSE(table->valid(HandleKind::event, id));
  EXPECT_FALSE(table->retire(id));
}

TEST_F(Handles, AreTyped) {
  const std::uint64_t id = table->mint(HandleKind::event);
  EXPECT_FALSE(table->valid(HandleKind::stream, id));
  const HandleId handle{id};
  const auto forged = HandleId::make(HandleKind::stream, handle.index(), handle.generation());
  EXPECT_FALSE(table->valid(HandleKind::stream, forged.value));
}

TEST_F(Handles, RefuseWhatNeverWasOne) {
  for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0},
                                 HandleId::make(HandleKind::event, 5, 5).value,
                                 reinterpret_cast<std::uint64_t>(table.get())}) {
    EXPECT_FALSE(table->valid(HandleKind::event, id)) << id;
    EXPECT_FALSE(table->valid(HandleKind::none, id)) << id;
    EXPECT_FALSE(table->retire(id)) << id;
  }
}

TEST_F(Handles, AnOldIdStaysDeadWhenItsIndexIsUsedAgain) {
  const std::uint64_t first = table->mint(HandleKind::event);
  table->retire(first);
  bool reused = false;
  for (int i = 0; i < 4096 && !reused; ++i) {
    const std::uint64_t next = table->mint(HandleKind::event);
    ASSERT_NE(next, first);
    reused = HandleId{next}.index() == HandleId{first}.index();
    table->retire(next);
  }
  EXPECT_TRUE(reused);
  EXPECT_FALSE(table->valid(HandleKind::event, first));
}

TEST_F(Handles, AnIdDoesNotComeBackSoon) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t id = table->mint(HandleKind::event);
    ASSERT_TRUE(seen.insert(id).second) << "after " << i;
    table->retire(id);
  }
}

TEST_F(Handles, CarryAnObject) {
  int object = 0;
  int other = 0;
  const std::uint64_t id = table->mint(HandleKind::stream, &object);
  EXPECT_EQ(table->object(HandleKind::stream, id), &object);
  EXPECT_EQ(table->object(HandleKind::event, id), nullptr);
  EXPECT_TRUE(table->set_object(id, &other));
  EXPECT_EQ(table->object(HandleKind::stream, id), &other);
  table->retire(id);
  EXPECT_EQ(table->object(HandleKind::stream, id), nullptr);
  EXPECT_FALSE(table->set_object(id, &object));
}

TEST_F(Handles, TakeInIdsOfTheHostOnly) {
  const auto of_host = HandleId::make(HandleKind::kernel, HandleId::host_index_begin + 7, 3);
  const auto of_guest = HandleId::make(HandleKind::kernel, 7, 3);
  EXPECT_FALSE(table->adopt(of_guest.value));
  EXPECT_TRUE(table->adopt(of_host.value));
  EXPECT_FALSE(table->adopt(of_host.value));
  EXPECT_TRUE(table->valid(HandleKind::kernel, of_host.value));
  EXPECT_TRUE(table->retire(of_host.value));
  EXPECT_TRUE(table->adopt(of_host.value));
}

TEST_F(Handles, AreUniqueAcrossThreads) {
  constexpr int threads = 4;
  constexpr int rounds = 20'000;
  std::atomic<int> wrong{0};
  std::vector<std::vector<std::uint64_t>> kept(threads);
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      for (int i = 0; i < rounds; ++i) {
        const std::uint64_t id = table->mint(HandleKind::event, &kept[static_cast<std::size_t>(t)]);
        if (!table->valid(HandleKind::event, id)) ++wrong;
        if (table->object(HandleKind::event, id) != &kept[static_cast<std::size_t>(t)]) ++wrong;
        if (i % 16 == 0) {
          kept[static_cast<std::size_t>(t)].push_back(id);
        } else if (!table->retire(id)) {
          ++wrong;
        }
      }
    });
  }
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(wrong, 0);
  std::set<std::uint64_t> all;
  for (const auto& list : kept) all.insert(list.begin(), list.end());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(threads * rounds / 16));
}

}  // namespace
}  // namespace vgpu::guest
