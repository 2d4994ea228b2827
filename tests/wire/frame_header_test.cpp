#include "vgpu/wire/frame_header.hpp"

#include <capnp/message.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "session.capnp.h"

namespace vgpu::wire {
namespace {

using schema::session::FrameFlag;
using Schema = schema::session::FrameHeader;
using Words = std::array<capnp::word, sizeof(FrameHeader) / sizeof(capnp::word)>;

static_assert(capnp::_::structSize<Schema>().data == Words{}.size());
static_assert(capnp::_::structSize<Schema>().pointers == 0);

template <class Bit>
constexpr std::uint8_t mask(Bit bit) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(bit));
}

TEST(FrameHeader, HasTheBytesThatCapnProtoReads) {
  FrameHeader header{0x01020304, 0x0506, 0x07, 0x08, 0x090a0b0c, -77, 0x1112131415161718};
  Words words;
  std::memcpy(static_cast<void*>(words.data()), &header, sizeof(header));
  auto reader = capnp::readDataStruct<Schema>(kj::ArrayPtr<const capnp::word>(words.data(), 3));
  EXPECT_EQ(reader.getSequence(), header.sequence);
  EXPECT_EQ(reader.getOperation(), header.operation);
  EXPECT_EQ(reader.getFlags(), header.flags);
  EXPECT_EQ(reader.getDataWords(), header.data_words);
  EXPECT_EQ(reader.getLength(), header.length);
  EXPECT_EQ(reader.getStatus(), header.status);
  EXPECT_EQ(reader.getTicket(), header.ticket);
}

TEST(FrameHeader, HasTheBytesThatCapnProtoWrites) {
  capnp::MallocMessageBuilder message;
  auto builder = message.initRoot<Schema>();
  builder.setSequence(UINT32_MAX);
  builder.setOperation(2);
  builder.setFlags(3);
  builder.setDataWords(4);
  builder.setLength(5);
  builder.setStatus(-6);
  builder.setTicket(UINT64_MAX - 7);
  kj::ArrayPtr<const capnp::word> segment = message.getSegmentsForOutput()[0];
  ASSERT_EQ(segment.size(), 4u);  // a pointer, then the struct
  FrameHeader header;
  std::memcpy(static_cast<void*>(&header), segment.begin() + 1, sizeof(header));
  EXPECT_EQ(header, (FrameHeader{UINT32_MAX, 2, 3, 4, 5, -6, UINT64_MAX - 7}));
}

TEST(FrameHeader, FlagBitsAreThoseOfTheSchema) {
  EXPECT_EQ(frame_flag::reply, mask(FrameFlag::REPLY));
  EXPECT_EQ(frame_flag::more, mask(FrameFlag::MORE));
  EXPECT_EQ(frame_flag::no_reply, mask(FrameFlag::NO_REPLY));
  EXPECT_EQ(frame_flag::padding, mask(FrameFlag::PADDING));
  EXPECT_EQ(frame_flag::descriptor, mask(FrameFlag::DESCRIPTOR));
}

TEST(FrameHeader, SequencesSkipZero) {
  EXPECT_EQ(next_sequence(0), 1u);
  EXPECT_EQ(next_sequence(41), 42u);
  EXPECT_EQ(next_sequence(UINT32_MAX), 1u);
}

}  // namespace
}  // namespace vgpu::wire
