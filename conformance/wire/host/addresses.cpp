/// Addresses outside of what the session has allocated. Under unified addressing, one that reaches
/// the driver unchecked reads or writes memory of the host itself.

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <vgpu/calls/copy.hpp>
#include <vgpu/calls/managed.hpp>
#include <vgpu/calls/memory.hpp>
#include <vgpu/calls/memory_operation.hpp>
#include <vgpu/calls/memset.hpp>
#include <vgpu/calls/session.hpp>

#include "wire/client.hpp"

namespace vgpu::conformance::wire {
namespace {

constexpr std::uint64_t size = 4096;

/// A session with one allocation of `size` bytes of known content, which nothing may change.
class OneAllocation {
 public:
  OneAllocation() : content_(random_bytes(size)) {
    begin = session.allocate(size);
    session.write(begin, content_);
  }

  void expect_untouched() { EXPECT_EQ(session.read(begin, size), content_); }

  DeviceSession session;
  std::uint64_t begin = 0;

 private:
  std::vector<std::byte> content_;
};

struct Range {
  std::uint64_t address;
  std::uint64_t bytes;
  const char* what;
};

/// Ranges that are not all inside of [begin, begin + size).
std::vector<Range> bad_ranges(std::uint64_t begin) {
  static const int variable = 0;
  return {
      {0, 8, "NULL"},
      {8, 8, "near NULL"},
      {begin - 1, 8, "begins before it"},
      {begin - 8, 8, "ends where it begins"},
      {begin + size - 7, 8, "one byte too many"},
      {begin + size, 8, "behind it"},
      {begin, size + 1, "all of it and one byte"},
      {begin, ~std::uint64_t{0}, "all there is"},
      {begin + 16, ~std::uint64_t{0} - 8, "wraps around into itself"},
      {begin + 8, std::uint64_t{1} << 63, "half of all there is"},
      {reinterpret_cast<std::uint64_t>(&variable), 4, "somebody's program"},
      {0x400000, 8, "where programs are loaded"},
      {0x00007fffffffe000U, 8, "a stack"},
      {0xffffffff'fffff000U, 8, "the kernel"},
      {0x8000'0000'0000'0000U, 8, "not canonical"},
  };
}

/// Everything that takes an address, with `range` in that place.
void expect_refused(OneAllocation& own, const Range& range) {
  SCOPED_TRACE(fmt::format("{}: {:#x}, {:#x} bytes", range.what, range.address, range.bytes));
  Channel& channel = own.session.channel();
  const auto refused = [&](std::int32_t result, const char* call) {
    EXPECT_NE(result, status::success) << call;
  };
  {
    calls::MemcpyDtoH::Request request;
    request.srcDevice = range.address;
    request.byteCount = range.bytes;
    calls::MemcpyDtoH::Reply reply;
    const Answer answer = channel.ask<calls::MemcpyDtoH>(request, reply);
    refused(answer.status(), "cuMemcpyDtoH");
    EXPECT_TRUE(answer.trailing().empty()) << "a failed copy brought bytes";
  }
  // The bytes that a copy to the device says it has, as far as they can be sent.
  const std::vector<std::byte> bytes(std::min<std::uint64_t>(range.bytes, 2 * size),
                                     std::byte{0xee});
  {
    calls::MemcpyHtoD::Request request;
    request.dstDevice = range.address;
    request.byteCount = range.bytes;
    refused(channel.ask<calls::MemcpyHtoD>(request, bytes), "cuMemcpyHtoD");
  }
  {
    calls::MemcpyHtoDAsync::Request request;
    request.dstDevice = range.address;
    request.byteCount = range.bytes;
    refused(channel.ask<calls::MemcpyHtoDAsync>(request, bytes), "cuMemcpyHtoDAsync");
  }
  {
    calls::MemcpyDtoD::Request request;
    request.dstDevice = own.begin;
    request.srcDevice = range.address;
    request.byteCount = range.bytes;
    refused(channel.ask<calls::MemcpyDtoD>(request), "cuMemcpyDtoD from there");
    request.dstDevice = range.address;
    request.srcDevice = own.begin;
    refused(channel.ask<calls::MemcpyDtoD>(request), "cuMemcpyDtoD to there");
  }
  {
    calls::MemcpyDtoDAsync::Request request;
    request.dstDevice = own.begin;
    request.srcDevice = range.address;
    request.byteCount = range.bytes;
    refused(channel.ask<calls::MemcpyDtoDAsync>(request), "cuMemcpyDtoDAsync from there");
  }
  {
    calls::Memcpy::Request request;
    request.dst = own.begin;
    request.src = range.address;
    request.byteCount = range.bytes;
    refused(channel.ask<calls::Memcpy>(request), "cuMemcpy from there");
  }
  {
    calls::MemsetD8::Request request;
    request.dstDevice = range.address;
    request.n = range.bytes;
    refused(channel.ask<calls::MemsetD8>(request), "cuMemsetD8");
  }
}

WIRE_TEST(WireAddresses, OutsideOfEveryAllocationAreRefused) {
  OneAllocation own;
  for (const Range& range : bad_ranges(own.begin)) expect_refused(own, range);
  own.expect_untouched();
}

WIRE_TEST(WireAddresses, OfFreedMemoryAreRefused) {
  OneAllocation own;
  const std::uint64_t freed = own.session.allocate(size);
  ASSERT_EQ(own.session.channel().ask<calls::MemFree>({.dptr = freed}), status::success);
  expect_refused(own, {freed, 8, "freed"});
  EXPECT_NE(own.session.channel().ask<calls::MemFree>({.dptr = freed}), status::success);
  own.expect_untouched();
}

WIRE_TEST(WireAddresses, OfAnotherSessionAreRefused) {
  OneAllocation victim;
  OneAllocation thief;
  // Two sessions may have the same addresses for different memory.
  std::uint64_t place = victim.begin;
  if (place + size > thief.begin && place < thief.begin + size) {
    place = thief.begin + size;
  }
  expect_refused(thief, {place, 8, "of another session"});
  if (place == victim.begin) {
    EXPECT_NE(thief.session.channel().ask<calls::MemFree>({.dptr = place}), status::success);
  }
  victim.expect_untouched();
}

WIRE_TEST(WireAddresses, InsideOfAnAllocationCannotBeFreed) {
  OneAllocation own;
  for (const std::uint64_t address : {own.begin + 1, own.begin + 256, own.begin + size,
                                      std::uint64_t{0x1000}, ~std::uint64_t{0}}) {
    EXPECT_NE(own.session.channel().ask<calls::MemFree>({.dptr = address}), status::success);
  }
  EXPECT_EQ(own.session.channel().ask<calls::MemFree>({.dptr = 0}), status::success)
      << "CUDA frees NULL without complaint";
  own.expect_untouched();
}

WIRE_TEST(WireAddresses, ALyingLengthIsRefused) {
  OneAllocation own;
  Channel& channel = own.session.channel();
  const auto bytes = random_bytes(64);
  calls::MemcpyHtoD::Request request;
  request.dstDevice = own.begin;
  for (const std::uint64_t said : {std::uint64_t{65}, size, std::uint64_t{63}}) {
    request.byteCount = said;
    EXPECT_NE(channel.ask<calls::MemcpyHtoD>(request, bytes), status::success)
        << said << " bytes said, 64 sent";
  }
  own.expect_untouched();
}

/// Places of a copy's host side that the guest did not share.
WIRE_TEST(WireAddresses, AHostSideThatIsNotSharedIsRefused) {
  OneAllocation own;
  Channel& channel = own.session.channel();
  static const int variable = 0;
  constexpr std::uint32_t staging = 1;
  constexpr std::uint32_t shared = 2;
  struct Place {
    std::uint32_t location;
    std::uint64_t offset;
  };
  for (const Place& place :
       {Place{staging, 0}, Place{staging, ~std::uint64_t{0} - 4}, Place{shared, 0},
        Place{shared, 0x400000}, Place{shared, reinterpret_cast<std::uint64_t>(&variable)},
        Place{shared, own.begin - 4}, Place{shared, ~std::uint64_t{0} - 4}, Place{3, 0},
        Place{0xffffffff, 0}}) {
    SCOPED_TRACE(fmt::format("location {}, {:#x}", place.location, place.offset));
    calls::MemcpyHtoD::Request write;
    write.dstDevice = own.begin;
    write.byteCount = 8;
    write.location = place.location;
    write.stagingOffset = place.offset;
    EXPECT_NE(channel.ask<calls::MemcpyHtoD>(write), status::success);
    calls::MemcpyDtoH::Request read;
    read.srcDevice = own.begin;
    read.byteCount = 8;
    read.location = place.location;
    read.stagingOffset = place.offset;
    EXPECT_NE(channel.ask<calls::MemcpyDtoH>(read), status::success);
  }
  own.expect_untouched();
}

WIRE_TEST(WireAddresses, MirroredMemoryIsCheckedToo) {
  OneAllocation own;
  Channel& channel = own.session.channel();
  for (const Range& range : bad_ranges(own.begin)) {
    SCOPED_TRACE(range.what);
    EXPECT_NE(channel.ask<calls::MirrorRead>({.address = range.address, .byteCount = range.bytes}),
              status::success);
    const std::vector<std::byte> bytes(9, std::byte{0xff});
    EXPECT_NE(channel.ask<calls::MirrorWrite>({.address = range.address, .byteCount = 8}, bytes),
              status::success);
  }
  own.expect_untouched();
}

WIRE_TEST(WireAddresses, HostMemoryIsNotMappedWhereTheGuestLikes) {
  OneAllocation own;
  Channel& channel = own.session.channel();
  static const int variable = 0;
  for (const std::uint64_t address :
       {std::uint64_t{0x1000}, std::uint64_t{0x400000}, own.begin,
        reinterpret_cast<std::uint64_t>(&variable) & ~std::uint64_t{4095},
        std::uint64_t{0x7fff'ffff'e000}, ~std::uint64_t{4095}}) {
    SCOPED_TRACE(fmt::format("{:#x}", address));
    EXPECT_NE(channel.ask<calls::MemHostAlloc>({.bytesize = 4096, .address = address}),
              status::success);
    EXPECT_NE(channel.ask<calls::MemFreeHost>({.p = address}), status::success);
    EXPECT_NE(channel.ask<calls::MemHostUnregister>({.p = address}), status::success);
  }
  own.expect_untouched();
}

WIRE_TEST(WireAddresses, StreamsNeitherWaitForNorWriteForeignWords) {
  OneAllocation own;
  Channel& channel = own.session.channel();
  for (const std::uint64_t address :
       {std::uint64_t{0x1000}, own.begin - 4, own.begin + size, own.begin + size - 2}) {
    EXPECT_NE(channel.ask<calls::StreamWriteValue32>({.addr = address, .value = 1}),
              status::success);
    EXPECT_NE(channel.ask<calls::StreamWaitValue32>({.addr = address, .value = 1}),
              status::success);
  }
  own.expect_untouched();
}

// --- The staging area ---

UniqueFd memory_file(std::size_t bytes, int seals) {
  UniqueFd file(::memfd_create("wire-test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0 ||
      ::fcntl(file.get(), F_ADD_SEALS, seals) != 0) {
    throw PeerError("this machine makes no sealed memory file");
  }
  return file;
}

std::int32_t share_staging(Channel& channel, int descriptor, std::uint64_t bytes) {
  FrameHeader header;
  header.operation = static_cast<std::uint16_t>(calls::StagingShare::operation);
  header.data_words = 1;
  header.ticket = channel.take_ticket();
  if (!channel.link().send(header, std::as_bytes(std::span(&bytes, 1)), descriptor)) {
    throw PeerError("the host did not take a descriptor");
  }
  return channel.receive(header.operation, header.ticket).status();
}

void need_staging(Channel& channel) {
  if ((channel.session().welcome.features & guest::feature::staging) == 0) {
    throw NotClaimed("the host does not have the feature `staging` here");
  }
}

WIRE_TEST(WireStaging, AFileThatCouldShrinkIsRefused) {
  DeviceSession session;
  Channel& channel = session.channel();
  need_staging(channel);
  constexpr std::size_t bytes = 1 << 20;
  EXPECT_NE(share_staging(channel, memory_file(bytes, 0).get(), bytes), status::success);
  EXPECT_NE(share_staging(channel, memory_file(bytes, F_SEAL_GROW).get(), bytes), status::success);
  const UniqueFd good = memory_file(bytes, F_SEAL_SHRINK);
  EXPECT_NE(share_staging(channel, good.get(), bytes + 1), status::success);
  EXPECT_NE(share_staging(channel, good.get(), 0), status::success);
  EXPECT_NE(share_staging(channel, good.get(), ~std::uint64_t{0}), status::success);
  EXPECT_NE(channel.ask<calls::StagingShare>({.bytes = bytes}), status::success)
      << "no descriptor came";
  EXPECT_EQ(share_staging(channel, good.get(), bytes), status::success);
  EXPECT_NE(share_staging(channel, good.get(), bytes), status::success) << "one per session";
}

WIRE_TEST(WireStaging, CarriesCopiesAndNothingBeyond) {
  OneAllocation own;
  Channel& channel = own.session.channel();
  need_staging(channel);
  constexpr std::size_t bytes = 1 << 20;
  const UniqueFd file = memory_file(bytes, F_SEAL_SHRINK);
  auto mapping = support::Mapping::map(file.get(), bytes);
  ASSERT_TRUE(mapping.ok()) << mapping.message();
  ASSERT_EQ(share_staging(channel, file.get(), bytes), status::success);
  calls::MemcpyHtoD::Request write;
  write.dstDevice = own.begin;
  write.byteCount = size;
  write.location = 1;
  for (const std::uint64_t offset :
       {bytes - size + 1, std::uint64_t{bytes}, ~std::uint64_t{0} - 100, std::uint64_t{1} << 63}) {
    write.stagingOffset = offset;
    EXPECT_NE(channel.ask<calls::MemcpyHtoD>(write), status::success);
  }
  own.expect_untouched();
  const auto content = random_bytes(size);
  std::memcpy(mapping->data() + bytes - size, content.data(), size);
  write.stagingOffset = bytes - size;
  ASSERT_EQ(channel.ask<calls::MemcpyHtoD>(write), status::success);
  EXPECT_EQ(own.session.read(own.begin, size), content);
  calls::MemcpyDtoH::Request read;
  read.srcDevice = own.begin;
  read.byteCount = size;
  read.location = 1;
  ASSERT_EQ(channel.ask<calls::MemcpyDtoH>(read), status::success);
  EXPECT_EQ(std::memcmp(mapping->data(), content.data(), size), 0);
}

}  // namespace
}  // namespace vgpu::conformance::wire
