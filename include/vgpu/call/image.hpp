#pragma once

/// \file
/// How long a code image is. The driver takes images without a length (cuModuleLoadData,
/// cuLibraryLoadData); on the wire they have one, and the host checks the image's own words against
/// it before a driver reads it.
///
/// Formats, as observed in what nvcc emits: a registration wrapper (0x466243b1; version 1 points to
/// one container, version 2 to a list of prelinked ones as well), a fatbin container (0xba55ed50),
/// an ELF cubin, PTX text.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace vgpu::call {

inline constexpr std::uint32_t wrapper_magic = 0x466243b1;
inline constexpr std::uint32_t container_magic = 0xba55ed50;

/// What a registration wrapper looks like in memory (public header fatbinary_section.h).
struct FatbinWrapper {
  std::uint32_t magic;
  std::uint32_t version;
  const void* data;
  const void* filename_or_fatbins;
};

namespace detail {

inline constexpr std::size_t container_header = 16;

template <class T>
T load(const std::byte* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Bytes of the ELF file whose first `limit` bytes are readable: the end of its last section,
/// segment or table. 0 when it is not a well-formed 64-bit ELF within `limit`.
inline std::size_t elf_extent(const std::byte* image, std::size_t limit) noexcept {
  if (limit < 64 || load<std::uint8_t>(image + 4) != 2) return 0;
  std::uint64_t end = 64;
  const auto cover = [&end, limit](std::uint64_t offset, std::uint64_t bytes) {
    if (offset > limit || bytes > limit - offset) return false;
    if (offset + bytes > end) end = offset + bytes;
    return true;
  };
  const auto program_offset = load<std::uint64_t>(image + 32);
  const auto section_offset = load<std::uint64_t>(image + 40);
  const auto program_size = load<std::uint16_t>(image + 54);
  const auto program_count = load<std::uint16_t>(image + 56);
  const auto section_size = load<std::uint16_t>(image + 58);
  const auto section_count = load<std::uint16_t>(image + 60);
  if (program_count != 0 && program_size < 56) return 0;
  if (section_count != 0 && section_size < 64) return 0;
  if (!cover(program_offset, std::uint64_t{program_size} * program_count)) return 0;
  if (!cover(section_offset, std::uint64_t{section_size} * section_count)) return 0;
  for (unsigned i = 0; i < program_count; ++i) {
    const std::byte* entry = image + program_offset + std::size_t{i} * program_size;
    if (!cover(load<std::uint64_t>(entry + 8), load<std::uint64_t>(entry + 32))) return 0;
  }
  for (unsigned i = 0; i < section_count; ++i) {
    const std::byte* entry = image + section_offset + std::size_t{i} * section_size;
    constexpr std::uint32_t no_bits = 8;
    if (load<std::uint32_t>(entry + 4) == no_bits) continue;
    if (!cover(load<std::uint64_t>(entry + 24), load<std::uint64_t>(entry + 32))) return 0;
  }
  return end;
}

/// Bytes of the container at `image`, header included; 0 when it is none or exceeds `limit`.
inline std::size_t container_extent(const std::byte* image, std::size_t limit) noexcept {
  if (limit < container_header || load<std::uint32_t>(image) != container_magic) return 0;
  const auto header = load<std::uint16_t>(image + 6);
  const auto body = load<std::uint64_t>(image + 8);
  if (header < container_header || header > limit || body > limit - header) return 0;
  return header + body;
}

inline bool is_elf(const std::byte* image) noexcept {
  return std::memcmp(image,
                     "\x7f"
                     "ELF",
                     4) == 0;
}

}  // namespace detail

/// The bytes that `bytes` must hold for a driver to read the image at its front and nothing beyond:
/// the extent of a container or ELF file, or the text with its NUL. 0 when the image is malformed
/// or runs out of `bytes`.
inline std::size_t image_extent(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < 4) {
    return !bytes.empty() && std::memchr(bytes.data(), 0, bytes.size()) != nullptr ? bytes.size()
                                                                                   : 0;
  }
  if (detail::load<std::uint32_t>(bytes.data()) == container_magic) {
    return detail::container_extent(bytes.data(), bytes.size());
  }
  if (detail::is_elf(bytes.data())) return detail::elf_extent(bytes.data(), bytes.size());
  const void* end = std::memchr(bytes.data(), 0, bytes.size());
  return end == nullptr
             ? 0
             : static_cast<std::size_t>(static_cast<const std::byte*>(end) - bytes.data()) + 1;
}

/// The image that a program hands to the driver, as the pieces that travel: one piece, or for a
/// wrapper with prelinked containers the main one followed by each of them. Points into the
/// program's memory. Empty for what is no image.
inline std::vector<std::span<const std::byte>> program_image(const void* image) {
  std::vector<std::span<const std::byte>> pieces;
  const auto add_container = [&pieces](const void* container) {
    const auto* at = static_cast<const std::byte*>(container);
    if (at == nullptr) return;
    // The program vouches for its own image, as it does towards any driver: there is no bound to
    // check against.
    const std::size_t size = detail::container_extent(at, SIZE_MAX / 2);
    if (size != 0) pieces.emplace_back(at, size);
  };
  const auto* bytes = static_cast<const std::byte*>(image);
  std::uint32_t magic = 0;
  // Text may be shorter than four bytes.
  if (bytes[0] != std::byte{0} && bytes[1] != std::byte{0} && bytes[2] != std::byte{0}) {
    magic = detail::load<std::uint32_t>(bytes);
  }
  if (magic == wrapper_magic) {
    FatbinWrapper wrapper;
    std::memcpy(&wrapper, image, sizeof wrapper);
    add_container(wrapper.data);
    if (wrapper.version == 2 && wrapper.filename_or_fatbins != nullptr) {
      const auto* list = static_cast<const void* const*>(wrapper.filename_or_fatbins);
      for (; *list != nullptr; ++list) add_container(*list);
    }
  } else if (magic == container_magic) {
    add_container(image);
  } else if (magic != 0 && detail::is_elf(bytes)) {
    const std::size_t size = detail::elf_extent(bytes, SIZE_MAX / 2);
    if (size != 0) pieces.emplace_back(bytes, size);
  } else {
    pieces.emplace_back(bytes, std::strlen(static_cast<const char*>(image)) + 1);
  }
  return pieces;
}

/// An image as it arrived, in the form that a driver takes. Checks every length in it first.
class ReceivedImage {
 public:
  /// \param bytes private memory that outlives this object and its use by the driver.
  explicit ReceivedImage(std::span<const std::byte> bytes) {
    std::size_t position = 0;
    while (position < bytes.size()) {
      const std::size_t size = image_extent(bytes.subspan(position));
      if (size == 0) break;
      pieces_.push_back(bytes.data() + position);
      position += (size + 7) / 8 * 8;
      // Only containers are sent in several pieces.
      if (detail::container_extent(pieces_.front(), bytes.size()) == 0) break;
    }
    if (pieces_.size() > 1) {
      wrapper_ = {wrapper_magic, 2, pieces_.front(), nullptr};
      prelinked_.assign(pieces_.begin() + 1, pieces_.end());
      prelinked_.push_back(nullptr);
      wrapper_.filename_or_fatbins = prelinked_.data();
    }
  }
  ReceivedImage(const ReceivedImage&) = delete;
  ReceivedImage& operator=(const ReceivedImage&) = delete;

  /// What to hand to the driver; nullptr when the bytes are no well-formed image.
  const void* get() const noexcept {
    if (pieces_.empty()) return nullptr;
    return pieces_.size() == 1 ? static_cast<const void*>(pieces_.front()) : &wrapper_;
  }

 private:
  std::vector<const std::byte*> pieces_;
  std::vector<const void*> prelinked_;
  FatbinWrapper wrapper_{};
};

}  // namespace vgpu::call
