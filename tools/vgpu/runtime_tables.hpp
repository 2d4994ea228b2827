#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace vgpu::tool {

/// One of the tables that the CUDA runtime asks a driver for by cuGetExportTable.
struct RuntimeTable {
  std::string_view name;  ///< what we call it
  std::array<std::uint8_t, 16> uuid;
  std::uint64_t least_words;  ///< including the word that holds the size; 0 = no size word
  bool needed;                ///< refused, the runtime fails every call
  std::array<int, 2> slots;   ///< slots that it is known to call, 0 = none

  [[nodiscard]] std::string_view bytes() const {
    return {reinterpret_cast<const char*>(uuid.data()), uuid.size()};
  }
};

inline constexpr RuntimeTable runtime_interface{"6bd5fb6c (runtime interface)",
                                                {0x6b, 0xd5, 0xfb, 0x6c, 0x5b, 0xf4, 0xe7, 0x4a,
                                                 0x89, 0x87, 0xd9, 0x39, 0x12, 0xfd, 0x9d, 0xf9},
                                                10,
                                                true,
                                                {2, 6}};

inline constexpr RuntimeTable integrity_table{"d4082055 (handshake)",
                                              {0xd4, 0x08, 0x20, 0x55, 0xbd, 0xe6, 0x70, 0x4b, 0x8d,
                                               0x34, 0xba, 0x12, 0x3c, 0x66, 0xe1, 0xf2},
                                              2,
                                              true,
                                              {1, 0}};

inline constexpr std::array<RuntimeTable, 8> runtime_tables = {
    runtime_interface,
    RuntimeTable{"a094798c (callback flags)",
                 {0xa0, 0x94, 0x79, 0x8c, 0x2e, 0x74, 0x2e, 0x74, 0x93, 0xf2, 0x08, 0x00, 0x20,
                  0x0c, 0x0a, 0x66},
                 7,
                 true,
                 {2, 6}},
    RuntimeTable{"42d85a81 (thread's context)",
                 {0x42, 0xd8, 0x5a, 0x81, 0x23, 0xf6, 0xcb, 0x47, 0x82, 0x98, 0xf6, 0xe7, 0x8a,
                  0x3a, 0xec, 0xdc},
                 3,
                 true,
                 {2, 0}},
    RuntimeTable{"c693336e (context-local storage)",
                 {0xc6, 0x93, 0x33, 0x6e, 0x11, 0x21, 0xdf, 0x11, 0xa8, 0xc3, 0x68, 0xf3, 0x55,
                  0xd8, 0x95, 0x93},
                 0,
                 true,
                 {1, 2}},
    RuntimeTable{"263e8860 (context checks)",
                 {0x26, 0x3e, 0x88, 0x60, 0x7c, 0xd2, 0x61, 0x43, 0x92, 0xf6, 0xbb, 0xd5, 0x00,
                  0x6d, 0xfa, 0x7e},
                 4,
                 true,
                 {2, 3}},
    integrity_table,
    RuntimeTable{"21318c60 (asked for by cuBLAS and cuFFT)",
                 {0x21, 0x31, 0x8c, 0x60, 0x97, 0x14, 0x32, 0x48, 0x8c, 0xa6, 0x41, 0xff, 0x73,
                  0x24, 0xc8, 0xf2},
                 52,
                 false,
                 {4, 39}},
    RuntimeTable{"6e163fbe (asked for by cuFFT)",
                 {0x6e, 0x16, 0x3f, 0xbe, 0xb9, 0x58, 0x44, 0x4d, 0x83, 0x5c, 0xe1, 0x82, 0xaf,
                  0xf1, 0x99, 0x1e},
                 8,
                 false,
                 {7, 0}},
};

}  // namespace vgpu::tool
