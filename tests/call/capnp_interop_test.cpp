/// Our encoding against the reference implementation's: what one writes, the other reads.

#include <capnp/dynamic.h>
#include <capnp/schema-parser.h>
#include <capnp/serialize.h>
#include <gtest/gtest.h>
#include <kj/filesystem.h>

#include <cstring>
#include <map>
#include <vgpu/wire/frame_header.hpp>

#include "messages.hpp"

namespace vgpu::test {
namespace {

/// The schema files, parsed once from source.
class Schemas {
 public:
  ::capnp::StructSchema message(const std::string& file, const std::string& call,
                                const char* which) {
    return parsed(file).getNested(call).getNested(which).asStruct();
  }
  ::capnp::ParsedSchema& parsed(const std::string& file) {
    const auto known = files_.find(file);
    if (known != files_.end()) return known->second;
    const kj::ReadableDirectory* imports[] = {include_.get()};
    return files_
        .emplace(file, parser_.parseFromDirectory(*folder_, kj::Path((file + ".capnp").c_str()),
                                                  kj::arrayPtr(imports, 1)))
        .first->second;
  }

 private:
  kj::Own<kj::Filesystem> disk_ = kj::newDiskFilesystem();
  kj::Own<const kj::ReadableDirectory> folder_ =
      disk_->getRoot().openSubdir(disk_->getCurrentPath().evalNative(VGPU_SCHEMA_DIR));
  kj::Own<const kj::ReadableDirectory> include_ =
      disk_->getRoot().openSubdir(disk_->getCurrentPath().evalNative(VGPU_CAPNP_IMPORT_DIR));
  ::capnp::SchemaParser parser_;
  std::map<std::string, ::capnp::ParsedSchema> files_;
};

/// The words of a message with a root pointer, whichever form it has on the wire.
std::vector<std::uint64_t> rooted(const MessageType& type, const AnyMessage& message) {
  auto words = message.encode();
  if (type.data_only) {
    // A struct of no size lies "before" its pointer.
    words.insert(words.begin(),
                 type.data_words == 0 ? 0xfffffffc : std::uint64_t{type.data_words} << 32);
  }
  return words;
}

std::int64_t signed_element(const Pointer& pointer, std::size_t index) {
  const std::byte* at = pointer.bytes.data() + index * pointer.element_bytes;
  if (pointer.element_bytes == 4) {
    std::int32_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  std::int64_t value = 0;
  std::memcpy(&value, at, pointer.element_bytes);
  return value;
}

std::uint64_t unsigned_element(const Pointer& pointer, std::size_t index) {
  std::uint64_t value = 0;
  std::memcpy(&value, pointer.bytes.data() + index * pointer.element_bytes, pointer.element_bytes);
  return value;
}

std::string_view text_of(const Pointer& pointer) {
  return {reinterpret_cast<const char*>(pointer.bytes.data()), pointer.bytes.size()};
}

float float_of(std::uint64_t bits) {
  const auto low = static_cast<std::uint32_t>(bits);
  float value = 0;
  std::memcpy(&value, &low, sizeof value);
  return value;
}

/// By bits: random ones may be no number.
void expect_same_float(float value, std::uint64_t bits, std::string_view name) {
  std::uint32_t got = 0;
  std::memcpy(&got, &value, sizeof got);
  EXPECT_EQ(got, bits) << name;
}

void expect_same(const ::capnp::DynamicStruct::Reader& root, const Pointer& pointer) {
  const auto value = root.get(std::string(pointer.name).c_str());
  if (pointer.is_text) {
    EXPECT_EQ(std::string_view(value.as<::capnp::Text>().cStr()), text_of(pointer)) << pointer.name;
  } else if (pointer.is_data) {
    const auto data = value.as<::capnp::Data>();
    ASSERT_EQ(data.size(), pointer.bytes.size()) << pointer.name;
    EXPECT_EQ(std::memcmp(data.begin(), pointer.bytes.data(), data.size()), 0) << pointer.name;
  } else {
    const auto list = value.as<::capnp::DynamicList>();
    ASSERT_EQ(list.size(), pointer.bytes.size() / pointer.element_bytes) << pointer.name;
    for (unsigned i = 0; i < list.size(); ++i) {
      if (pointer.is_float) {
        expect_same_float(list[i].as<float>(), unsigned_element(pointer, i), pointer.name);
      } else if (pointer.is_signed) {
        EXPECT_EQ(list[i].as<std::int64_t>(), signed_element(pointer, i)) << pointer.name;
      } else {
        EXPECT_EQ(list[i].as<std::uint64_t>(), unsigned_element(pointer, i)) << pointer.name;
      }
    }
  }
}

TEST(CapnpInterop, TheLibraryReadsWhatWeWrite) {
  Schemas schemas;
  std::mt19937_64 random(31);
  for (const MessageType& type : message_types()) {
    SCOPED_TRACE(type.name());
    std::vector<std::unique_ptr<std::uint64_t[]>> storage;
    const auto message = type.make();
    fill(*message, random, storage);
    const auto words = rooted(type, *message);
    const kj::ArrayPtr<const ::capnp::word> segments[] = {kj::ArrayPtr<const ::capnp::word>(
        reinterpret_cast<const ::capnp::word*>(words.data()), words.size())};
    ::capnp::SegmentArrayMessageReader reader(kj::arrayPtr(segments, 1));
    const auto root =
        reader.getRoot<::capnp::DynamicStruct>(schemas.message(type.file, type.call, type.which));
    for (const auto& [name, number] : message->numbers()) {
      std::visit(
          [&, field_name = std::string(name)](const auto* field) {
            EXPECT_EQ(
                root.get(field_name.c_str()).template as<std::remove_cvref_t<decltype(*field)>>(),
                *field)
                << field_name;
          },
          number);
    }
    for (const Pointer& pointer : message->pointers()) expect_same(root, pointer);
  }
}

void set_pointer(::capnp::DynamicStruct::Builder& root, const Pointer& pointer) {
  const std::string name(pointer.name);
  if (pointer.is_text) {
    const std::string terminated(text_of(pointer));
    root.set(name.c_str(), ::capnp::Text::Reader(terminated.c_str(), terminated.size()));
  } else if (pointer.is_data) {
    root.set(name.c_str(),
             ::capnp::Data::Reader(reinterpret_cast<const kj::byte*>(pointer.bytes.data()),
                                   pointer.bytes.size()));
  } else {
    const auto count = static_cast<unsigned>(pointer.bytes.size() / pointer.element_bytes);
    auto list = root.init(name.c_str(), count).as<::capnp::DynamicList>();
    for (unsigned i = 0; i < count; ++i) {
      if (pointer.is_float) {
        list.set(i, float_of(unsigned_element(pointer, i)));
      } else if (pointer.is_signed) {
        list.set(i, signed_element(pointer, i));
      } else {
        list.set(i, unsigned_element(pointer, i));
      }
    }
  }
}

TEST(CapnpInterop, WeReadWhatTheLibraryWrites) {
  Schemas schemas;
  std::mt19937_64 random(32);
  for (const MessageType& type : message_types()) {
    SCOPED_TRACE(type.name());
    std::vector<std::unique_ptr<std::uint64_t[]>> storage;
    const auto message = type.make();
    fill(*message, random, storage);
    ::capnp::MallocMessageBuilder builder(16 * 1024);
    auto root =
        builder.initRoot<::capnp::DynamicStruct>(schemas.message(type.file, type.call, type.which));
    for (const auto& [name, number] : message->numbers()) {
      std::visit([&, field_name = std::string(name)](
                     const auto* field) { root.set(field_name.c_str(), *field); },
                 number);
    }
    for (const Pointer& pointer : message->pointers()) set_pointer(root, pointer);
    const auto segments = builder.getSegmentsForOutput();
    ASSERT_EQ(segments.size(), 1U);
    const auto bytes = segments[0].asBytes();
    std::span<const std::byte> body{reinterpret_cast<const std::byte*>(bytes.begin()),
                                    bytes.size()};
    if (type.data_only) body = body.subspan(8);
    const auto read = type.make();
    std::span<const std::byte> trailing;
    ASSERT_TRUE(read->decode(body, type.header_words, trailing));
    EXPECT_EQ(read->encode(), message->encode());
  }
}

TEST(CapnpInterop, TheFrameHeaderIsLaidOutAsTheSchemaSays) {
  Schemas schemas;
  wire::FrameHeader header;
  header.sequence = 0x11223344;
  header.operation = 0x5566;
  header.flags = 0x77;
  header.data_words = 0x88;
  header.length = 0x99aabbcc;
  header.status = -5;
  header.ticket = 0x0102030405060708;
  std::vector<std::uint64_t> words(4);
  words[0] = std::uint64_t{3} << 32;
  static_assert(sizeof header == 24);
  std::memcpy(&words[1], &header, sizeof header);
  const kj::ArrayPtr<const ::capnp::word> segments[] = {kj::ArrayPtr<const ::capnp::word>(
      reinterpret_cast<const ::capnp::word*>(words.data()), words.size())};
  ::capnp::SegmentArrayMessageReader reader(kj::arrayPtr(segments, 1));
  const auto root = reader.getRoot<::capnp::DynamicStruct>(
      schemas.parsed("session").getNested("FrameHeader").asStruct());
  EXPECT_EQ(root.get("sequence").as<std::uint32_t>(), header.sequence);
  EXPECT_EQ(root.get("operation").as<std::uint16_t>(), header.operation);
  EXPECT_EQ(root.get("flags").as<std::uint8_t>(), header.flags);
  EXPECT_EQ(root.get("dataWords").as<std::uint8_t>(), header.data_words);
  EXPECT_EQ(root.get("length").as<std::uint32_t>(), header.length);
  EXPECT_EQ(root.get("status").as<std::int32_t>(), header.status);
  EXPECT_EQ(root.get("ticket").as<std::uint64_t>(), header.ticket);
}

}  // namespace
}  // namespace vgpu::test
