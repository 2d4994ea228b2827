#include "vgpu/host/handle_table.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace {

using vgpu::call::HandleId;
using vgpu::call::HandleKind;
using vgpu::host::HandleTable;

constexpr std::uint64_t id_of(HandleKind kind, std::uint32_t index, std::uint32_t generation = 0) {
  return HandleId::make(kind, index, generation).value;
}

TEST(HandleTable, FindsWhatWasBoundAndNothingElse) {
  HandleTable table;
  const std::uint64_t id = id_of(HandleKind::stream, 7, 3);
  ASSERT_TRUE(table.bind(HandleKind::stream, id, 0x1234));
  std::uint64_t backend = 0;
  EXPECT_TRUE(table.find(HandleKind::stream, id, backend));
  EXPECT_EQ(backend, 0x1234U);
  EXPECT_FALSE(table.find(HandleKind::event, id, backend)) << "another kind";
  EXPECT_EQ(backend, 0U);
  EXPECT_FALSE(table.find(HandleKind::stream, id_of(HandleKind::stream, 7, 4), backend))
      << "another generation";
  EXPECT_FALSE(table.find(HandleKind::stream, id_of(HandleKind::stream, 8, 3), backend));
  EXPECT_FALSE(table.find(HandleKind::stream, id | 1, backend));
  EXPECT_FALSE(table.find(HandleKind::stream, 0, backend)) << "NULL is no live id";
  EXPECT_FALSE(table.find(HandleKind::stream, ~std::uint64_t{0}, backend));
}

TEST(HandleTable, RefusesIdsThatAGuestMustNotChoose) {
  HandleTable table;
  const std::uint64_t id = id_of(HandleKind::event, 1);
  ASSERT_TRUE(table.bind(HandleKind::event, id, 1));
  EXPECT_FALSE(table.bind(HandleKind::event, id, 2)) << "taken";
  EXPECT_FALSE(table.bind(HandleKind::event, id_of(HandleKind::event, 1, 5), 2))
      << "the place is taken, whatever the generation";
  EXPECT_FALSE(table.bind(HandleKind::event, id_of(HandleKind::stream, 2), 2)) << "wrong kind";
  EXPECT_FALSE(
      table.bind(HandleKind::event, id_of(HandleKind::event, HandleId::host_index_begin), 2))
      << "the host's half";
  EXPECT_FALSE(table.bind(HandleKind::event, 0, 2));
  EXPECT_FALSE(table.bind(HandleKind::none, 16, 2));
}

TEST(HandleTable, ReleasedIdsStayDead) {
  HandleTable table;
  const std::uint64_t first = id_of(HandleKind::module, 4, 0);
  ASSERT_TRUE(table.bind(HandleKind::module, first, 1));
  EXPECT_FALSE(table.release(HandleKind::function, first));
  EXPECT_TRUE(table.release(HandleKind::module, first));
  EXPECT_FALSE(table.release(HandleKind::module, first));
  std::uint64_t backend = 0;
  EXPECT_FALSE(table.find(HandleKind::module, first, backend));
  const std::uint64_t second = id_of(HandleKind::module, 4, 1);
  ASSERT_TRUE(table.bind(HandleKind::module, second, 2));
  EXPECT_FALSE(table.find(HandleKind::module, first, backend));
  EXPECT_TRUE(table.find(HandleKind::module, second, backend));
}

TEST(HandleTable, HostChosenIdsAreStablePerObjectAndNeverReused) {
  HandleTable table;
  const std::uint64_t first = table.mint(HandleKind::graph_node, 100);
  ASSERT_NE(first, 0U);
  EXPECT_GE(HandleId{first}.index(), HandleId::host_index_begin);
  EXPECT_EQ(table.mint(HandleKind::graph_node, 100), first);
  EXPECT_EQ(table.id_of(HandleKind::graph_node, 100), first);
  EXPECT_NE(table.mint(HandleKind::graph_node, 101), first);
  ASSERT_TRUE(table.release(HandleKind::graph_node, first));
  EXPECT_EQ(table.id_of(HandleKind::graph_node, 100), 0U);
  const std::uint64_t again = table.mint(HandleKind::graph_node, 100);
  EXPECT_NE(again, 0U);
  EXPECT_NE(again, first);
  EXPECT_EQ(table.mint(HandleKind::graph_node, 0), 0U) << "a NULL object has no id";
}

TEST(HandleTable, ReleasedHostIdIsNotReusedEvenWhenItsGenerationsRunOut) {
  HandleTable table;
  const std::uint64_t first = table.mint(HandleKind::graph, 1);
  std::uint64_t id = first;
  for (std::uint32_t i = 0; i <= HandleId::generation_limit; ++i) {
    ASSERT_TRUE(table.release(HandleKind::graph, id));
    id = table.mint(HandleKind::graph, 1);
    ASSERT_NE(id, 0U);
    ASSERT_NE(id, first);
  }
}

TEST(HandleTable, ChildrenEndWithTheirParent) {
  HandleTable table;
  const std::uint64_t context = id_of(HandleKind::context, 1);
  const std::uint64_t module = id_of(HandleKind::module, 1);
  const std::uint64_t function = id_of(HandleKind::function, 1);
  const std::uint64_t other = id_of(HandleKind::function, 2);
  ASSERT_TRUE(table.bind(HandleKind::context, context, 1));
  ASSERT_TRUE(table.bind(HandleKind::module, module, 2, context));
  ASSERT_TRUE(table.bind(HandleKind::function, function, 3, module));
  ASSERT_TRUE(table.bind(HandleKind::function, other, 4));
  table.release_children(context);
  std::uint64_t backend = 0;
  EXPECT_TRUE(table.find(HandleKind::context, context, backend));
  EXPECT_FALSE(table.find(HandleKind::module, module, backend));
  EXPECT_FALSE(table.find(HandleKind::function, function, backend));
  EXPECT_TRUE(table.find(HandleKind::function, other, backend));
  EXPECT_EQ(table.count(), 2U);
}

TEST(HandleTable, BudgetFailsClosed) {
  HandleTable table(10);
  for (std::uint32_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(table.bind(HandleKind::event, id_of(HandleKind::event, i), i + 1));
  }
  EXPECT_FALSE(table.bind(HandleKind::event, id_of(HandleKind::event, 10), 11));
  EXPECT_EQ(table.mint(HandleKind::graph, 12), 0U);
  ASSERT_TRUE(table.release(HandleKind::event, id_of(HandleKind::event, 0)));
  EXPECT_NE(table.mint(HandleKind::graph, 12), 0U);
}

TEST(HandleTable, SpreadOutIdsCannotMakeItHoldUnboundedPages) {
  HandleTable table(1000);
  int accepted = 0;
  for (std::uint32_t kind = 1; kind < 32; ++kind) {
    for (std::uint32_t index = 0; index < HandleId::host_index_begin; index += 1024) {
      const auto which = static_cast<HandleKind>(kind);
      if (!table.bind(which, id_of(which, index), 1)) continue;
      ++accepted;
      table.release(which, id_of(which, index));
    }
  }
  EXPECT_LE(accepted, 1024);
}

TEST(HandleTable, AttachmentsEndWithTheirId) {
  HandleTable table;
  const std::uint64_t id = id_of(HandleKind::link_state, 1);
  EXPECT_FALSE(table.attach(HandleKind::link_state, id, std::make_shared<int>(1)));
  ASSERT_TRUE(table.bind(HandleKind::link_state, id, 1));
  auto state = std::make_shared<int>(42);
  std::weak_ptr<int> watch = state;
  ASSERT_TRUE(table.attach(HandleKind::link_state, id, std::move(state)));
  EXPECT_EQ(*table.attachment<int>(id), 42);
  table.release(HandleKind::link_state, id);
  EXPECT_EQ(table.attachment<int>(id), nullptr);
  EXPECT_TRUE(watch.expired());
}

TEST(HandleTable, ReadersNeverSeeAnotherIdsBackend) {
  HandleTable table;
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> mismatches{0};
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) {
        for (std::uint32_t generation = 0; generation < 64; ++generation) {
          const std::uint64_t id = id_of(HandleKind::stream, 5, generation);
          std::uint64_t backend = 0;
          if (table.find(HandleKind::stream, id, backend) && backend != generation + 1000) {
            mismatches.fetch_add(1);
          }
        }
      }
    });
  }
  for (int round = 0; round < 500; ++round) {
    for (std::uint32_t generation = 0; generation < 64; ++generation) {
      const std::uint64_t id = id_of(HandleKind::stream, 5, generation);
      ASSERT_TRUE(table.bind(HandleKind::stream, id, generation + 1000));
      ASSERT_TRUE(table.release(HandleKind::stream, id));
    }
  }
  stop = true;
  readers.clear();
  EXPECT_EQ(mismatches.load(), 0U);
}

}  // namespace
