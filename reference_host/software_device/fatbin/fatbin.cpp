#include "reference_host/software_device/fatbin/fatbin.hpp"

#include <elf.h>
#include <lz4.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace vgpu::softdevice {

namespace fatbin {

namespace {

constexpr std::uint32_t wrapper_magic = 0x466243b1;
constexpr std::uint32_t container_magic = 0xba55ed50;
constexpr std::uint16_t kind_ptx = 1;
constexpr std::uint16_t kind_elf = 2;
constexpr std::uint64_t flag_lz4 = 0x2000;
constexpr std::uint64_t flag_zstd = 0x8000;
constexpr std::size_t largest_text = std::size_t{1} << 30;
constexpr std::size_t most_objects = 65'536;

struct Wrapper {
  std::uint32_t magic;
  std::uint32_t version;
  const void* data;
  const void* const* filename_or_fatbins;
};

struct ContainerHeader {
  std::uint32_t magic;
  std::uint16_t version;
  std::uint16_t header_size;
  std::uint64_t size;
};

struct EntryHeader {
  std::uint16_t kind;
  std::uint16_t version;
  std::uint32_t header_size;
  std::uint64_t size;
  std::uint32_t compressed_size;
  std::uint32_t options_offset;
  std::uint16_t minor;
  std::uint16_t major;
  std::uint32_t arch;
  std::uint32_t name_offset;
  std::uint32_t name_size;
  std::uint64_t flags;
  std::uint64_t reserved;
  std::uint64_t uncompressed_size;
};
static_assert(sizeof(EntryHeader) == 64);

struct Entry {
  EntryHeader header;
  std::span<const std::byte> payload;
};

template <class T>
T read(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// The first word of an image. 0 for what is shorter: no byte of a magic number is zero.
std::uint32_t magic_of(const void* image) {
  constexpr std::size_t size = sizeof(std::uint32_t);
  return ::strnlen(static_cast<const char*>(image), size) == size ? read<std::uint32_t>(image) : 0;
}

/// Of an image that may be shorter than the mark.
bool is_elf(const void* image) {
  return std::strncmp(static_cast<const char*>(image), ELFMAG, SELFMAG) == 0;
}

void reject(LoadError& error, CUresult result, std::string message) {
  error.result = result;
  error.message = std::move(message);
}

bool read_entries(const void* container, std::vector<Entry>& out, LoadError& error) {
  const auto header = read<ContainerHeader>(container);
  if (header.magic != container_magic || header.header_size < sizeof header) {
    reject(error, CUDA_ERROR_INVALID_IMAGE, "the fat binary has a bad header");
    return false;
  }
  const auto* bytes = static_cast<const std::byte*>(container) + header.header_size;
  std::size_t left = header.size;
  while (left >= sizeof(EntryHeader)) {
    Entry entry{read<EntryHeader>(bytes), {}};
    const std::size_t skip = entry.header.header_size;
    if (skip < sizeof(EntryHeader) || skip > left || entry.header.size > left - skip) {
      reject(error, CUDA_ERROR_INVALID_IMAGE, "an entry of the fat binary reaches beyond its end");
      return false;
    }
    entry.payload = {bytes + skip, entry.header.size};
    out.push_back(entry);
    bytes += skip + entry.header.size;
    left -= skip + entry.header.size;
  }
  return true;
}

/// What `packed_size` bytes can expand to at most, so that no header makes us take more memory: a
/// byte of LZ4 repeats 255, a block of Zstandard has three bytes at least and 128 KiB at most.
std::size_t most_expanded(std::uint64_t flags, std::size_t packed_size) {
  return flags & flag_lz4 ? std::size_t{255} * packed_size : (packed_size / 3 + 1) * 131'072;
}

bool expand_lz4(std::span<const std::byte> packed, std::size_t size, std::string& out) {
  // The stated size may leave out a footer, so the buffer may have to grow.
  const std::size_t most = std::min(largest_text, most_expanded(flag_lz4, packed.size()));
  for (std::size_t capacity = std::max<std::size_t>(size, 4096);; capacity *= 2) {
    out.resize(capacity);
    const int written =
        LZ4_decompress_safe(reinterpret_cast<const char*>(packed.data()), out.data(),
                            static_cast<int>(packed.size()), static_cast<int>(capacity));
    if (written < 0 && capacity >= most) return false;
    if (written < 0) continue;
    out.resize(static_cast<std::size_t>(written));
    return true;
  }
}

bool expand_zstd(std::span<const std::byte> packed, std::size_t size, std::string& out) {
  const unsigned long long stated = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (stated == ZSTD_CONTENTSIZE_ERROR) return false;
  if (stated != ZSTD_CONTENTSIZE_UNKNOWN) size = std::max<std::size_t>(size, stated);
  if (size > std::min(largest_text, most_expanded(flag_zstd, packed.size()))) return false;
  out.resize(size);
  const std::size_t written = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
  if (ZSTD_isError(written)) return false;
  out.resize(written);
  return true;
}

bool text_of(const Entry& entry, std::string& out, LoadError& error) {
  const std::uint64_t flags = entry.header.flags;
  if (flags & (flag_lz4 | flag_zstd)) {
    const std::size_t packed_size = entry.header.compressed_size;
    if (packed_size > entry.payload.size() || packed_size > INT32_MAX ||
        entry.header.uncompressed_size > largest_text ||
        entry.header.uncompressed_size > most_expanded(flags, packed_size)) {
      reject(error, CUDA_ERROR_INVALID_IMAGE, "a compressed entry has impossible sizes");
      return false;
    }
    const auto packed = entry.payload.first(packed_size);
    const bool expanded = flags & flag_lz4
                              ? expand_lz4(packed, entry.header.uncompressed_size, out)
                              : expand_zstd(packed, entry.header.uncompressed_size, out);
    if (!expanded) {
      reject(error, CUDA_ERROR_INVALID_IMAGE, "a compressed entry cannot be decompressed");
      return false;
    }
  } else {
    out.assign(reinterpret_cast<const char*>(entry.payload.data()), entry.payload.size());
  }
  out.resize(std::min(out.find('\0'), out.size()));
  return true;
}

/// "sm_90a" and "sm_100f" in the first lines: code for one architecture only.
bool is_specific(const std::string& text) {
  const std::size_t target = text.find(".target");
  if (target == std::string::npos) return false;
  std::size_t end = text.find("sm_", target);
  if (end == std::string::npos || end > target + 32) return false;
  end += 3;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  return end < text.size() && (text[end] == 'a' || text[end] == 'f');
}

bool choose(const void* container, int capability, std::string& text, LoadError& error) {
  std::vector<Entry> entries;
  if (!read_entries(container, entries, error)) return false;
  const auto wanted = static_cast<std::uint32_t>(capability);
  std::vector<const Entry*> candidates;
  std::string machine_code;
  for (const Entry& entry : entries) {
    if (entry.header.kind == kind_ptx && entry.header.arch <= newest_architecture) {
      candidates.push_back(&entry);
    }
    if (entry.header.kind == kind_elf)
      machine_code += (machine_code.empty() ? "sm_" : ", sm_") + std::to_string(entry.header.arch);
  }
  std::stable_sort(candidates.begin(), candidates.end(), [&](const Entry* a, const Entry* b) {
    const bool a_fits = a->header.arch <= wanted;
    const bool b_fits = b->header.arch <= wanted;
    if (a_fits != b_fits) return a_fits;
    return a_fits ? a->header.arch > b->header.arch : a->header.arch < b->header.arch;
  });
  for (const Entry* entry : candidates) {
    if (!text_of(*entry, text, error)) return false;
    if (!is_specific(text) || entry->header.arch == wanted) return true;
  }
  if (entries.empty())
    reject(error, CUDA_ERROR_NO_BINARY_FOR_GPU, "the fat binary is empty");
  else if (machine_code.empty())
    reject(error, CUDA_ERROR_NO_BINARY_FOR_GPU,
           "the fat binary has only PTX for architectures of the future or with features of their "
           "own (sm_NNa)");
  else
    reject(error, CUDA_ERROR_NO_BINARY_FOR_GPU,
           "the fat binary has only machine code (" + machine_code +
               "), which the software device cannot run; build with PTX, for instance with "
               "-gencode arch=compute_75,code=compute_75 or -arch=compute_75");
  return false;
}

std::size_t container_size(const void* container) {
  const auto header = read<ContainerHeader>(container);
  if (header.magic != container_magic || header.header_size < sizeof header ||
      header.size > SIZE_MAX - header.header_size)
    return 0;
  return header.header_size + header.size;
}

bool begins_like_text(const char* text) {
  // PTX begins with blanks and comments, then ".version".
  for (std::size_t i = 0; i < 65'536; ++i) {
    const char c = text[i];
    if (c == '.') return true;
    if (c == '/') {
      if (text[i + 1] == '/') {
        while (text[i] != '\0' && text[i] != '\n') ++i;
        if (text[i] == '\0') return false;
      } else if (text[i + 1] == '*') {
        const char* end = std::strstr(text + i + 2, "*/");
        if (end == nullptr) return false;
        i = static_cast<std::size_t>(end - text) + 1;
      } else {
        return false;
      }
    } else if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
      return false;
    }
  }
  return false;
}

std::size_t elf_size(const void* image) {
  const auto header = read<Elf64_Ehdr>(image);
  if (header.e_ident[EI_CLASS] != ELFCLASS64) return 0;
  const auto end = [](std::uint64_t offset, std::uint64_t count, std::uint64_t each) {
    return offset > SIZE_MAX / 2 ? 0 : offset + count * each;
  };
  return std::max({sizeof header, end(header.e_shoff, header.e_shnum, header.e_shentsize),
                   end(header.e_phoff, header.e_phnum, header.e_phentsize)});
}

}  // namespace

std::vector<std::string> select_ptx(const void* image, int capability, LoadError& error) {
  error = {};
  std::vector<std::string> texts;
  if (image == nullptr) {
    reject(error, CUDA_ERROR_INVALID_VALUE, "the image is a null pointer");
    return texts;
  }
  const char first = *static_cast<const char*>(image);
  if (first == ' ' || first == '\t' || first == '\n' || first == '\r' || first == '.' ||
      first == '/') {
    const char* text = static_cast<const char*>(image);
    if (begins_like_text(text))
      texts.emplace_back(text);
    else
      reject(error, CUDA_ERROR_INVALID_IMAGE, "the image is text but not PTX");
    return texts;
  }
  const std::uint32_t magic = magic_of(image);
  std::string text;
  if (magic == container_magic) {
    if (choose(image, capability, text, error)) texts.push_back(std::move(text));
  } else if (magic == wrapper_magic) {
    const auto wrapper = read<Wrapper>(image);
    if (wrapper.version == 2 && wrapper.filename_or_fatbins != nullptr) {
      for (std::size_t i = 0; i < most_objects && wrapper.filename_or_fatbins[i] != nullptr; ++i) {
        if (!choose(wrapper.filename_or_fatbins[i], capability, text, error)) return {};
        texts.push_back(std::move(text));
      }
      if (!texts.empty()) return texts;
    }
    if (wrapper.data == nullptr) {
      reject(error, CUDA_ERROR_INVALID_IMAGE, "the fat binary wrapper leads nowhere");
    } else if (choose(wrapper.data, capability, text, error)) {
      texts.push_back(std::move(text));
    }
  } else if (is_elf(image)) {
    reject(error, CUDA_ERROR_NO_BINARY_FOR_GPU,
           "the image is machine code (a cubin), which the software device cannot run; give it PTX "
           "(nvcc -ptx, or -arch=compute_75)");
  } else {
    reject(error, CUDA_ERROR_INVALID_IMAGE,
           "the image is neither a fat binary nor PTX nor a cubin");
  }
  return texts;
}

}  // namespace fatbin

std::size_t image_size(const void* image) noexcept {
  using namespace fatbin;
  if (image == nullptr) return 0;
  const char first = *static_cast<const char*>(image);
  if (first == '.' || first == '/' || first == ' ' || first == '\t' || first == '\n' ||
      first == '\r') {
    const char* text = static_cast<const char*>(image);
    return begins_like_text(text) ? std::strlen(text) + 1 : 0;
  }
  const std::uint32_t magic = magic_of(image);
  if (magic == container_magic) return container_size(image);
  if (magic == wrapper_magic) return sizeof(Wrapper);
  if (is_elf(image)) return elf_size(image);
  return 0;
}

}  // namespace vgpu::softdevice
