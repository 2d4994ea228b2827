/// What the guest notes about a stream or an event.

#include <gtest/gtest.h>

#include <memory>

#include "calls/object_note.hpp"

namespace vgpu::guest {
namespace {

std::unique_ptr<Context> active_context(std::uint64_t unique_id) {
  auto context = std::make_unique<Context>(0x1230, 3, true);
  context->unique_id.store(unique_id);
  context->state.store(ContextState::active);
  return context;
}

TEST(ObjectNote, GivesBackContextAndTraits) {
  const auto context = active_context(0x12345);
  for (unsigned traits = 0; traits < ObjectNote::trait_limit; ++traits) {
    const ObjectNote note(ObjectNote::pack(*context, traits));
    ASSERT_TRUE(note.known());
    EXPECT_EQ(note.context(), context.get());
    EXPECT_EQ(note.traits(), traits);
    EXPECT_TRUE(note.alive());
  }
}

TEST(ObjectNote, SaysNothingWhenThereIsNoWord) {
  EXPECT_FALSE(ObjectNote(nullptr).known());
}

TEST(ObjectNote, EndsWithItsContext) {
  const auto context = active_context(7);
  const ObjectNote note(ObjectNote::pack(*context, 1));
  context->state.store(ContextState::inactive);
  EXPECT_FALSE(note.alive());
  context->state.store(ContextState::destroyed);
  EXPECT_FALSE(note.alive());
}

TEST(ObjectNote, DoesNotComeBackWithTheNextLifeOfAPrimaryContext) {
  const auto context = active_context(7);
  const ObjectNote old(ObjectNote::pack(*context, 1));
  context->state.store(ContextState::inactive);
  context->unique_id.store(8);
  context->state.store(ContextState::active);
  EXPECT_FALSE(old.alive());
  EXPECT_TRUE(ObjectNote(ObjectNote::pack(*context, 1)).alive());
}

}  // namespace
}  // namespace vgpu::guest
