#include <gtest/gtest.h>

#include <vgpu/trace.hpp>

namespace vgpu::call {
namespace {

TEST(Trace, DescribesARequest) {
  const std::uint64_t bytesize = 4096;
  EXPECT_EQ(print_request(Operation::mem_alloc, std::as_bytes(std::span(&bytesize, 1)), 1),
            "bytesize=4096");
}

TEST(Trace, SaysWhatItCannotRead) {
  EXPECT_EQ(print_request(Operation::mem_alloc, {}, 1), "malformed");
  EXPECT_EQ(print_request(Operation::none, {}, 0), "unknown operation");
}

}  // namespace
}  // namespace vgpu::call
