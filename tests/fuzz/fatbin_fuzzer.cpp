/// \file
/// Fuzz target: fat binaries, with their compressed entries. An image's length is what its header
/// says, so that is made true first.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "reference_host/software_device/fatbin/fatbin.hpp"

using namespace vgpu::softdevice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  struct {
    std::uint32_t magic;
    std::uint16_t version;
    std::uint16_t header_size;
    std::uint64_t size;
  } header;
  if (size < sizeof header) return 0;
  std::memcpy(&header, data, sizeof header);
  header.magic = 0xba55ed50;
  if (header.header_size > size) return 0;
  header.size = size - header.header_size;
  std::vector<std::uint8_t> image(data, data + size);
  std::memcpy(image.data(), &header, sizeof header);
  if (image_size(image.data()) > size) return 0;
  LoadError error;
  fatbin::select_ptx(image.data(), 86, error);
  return 0;
}
