#include <functional>

#include "fixture/fixture.hpp"

namespace vgpu::conformance::test_cuTensorMapEncodeTiled {

CONFORMANCE_SUITE(cuTensorMapEncodeTiled, Context);
CONFORMANCE_SUITE(cuTensorMapEncodeTiled_fresh, Uninitialised);

/// A good description of a matrix of 64 x 256 floats in tiles of 8 x 16; tests spoil parts of it.
struct Description {
  CUtensorMapDataType type = CU_TENSOR_MAP_DATA_TYPE_FLOAT32;
  cuuint32_t rank = 2;
  CUdeviceptr address = 0;
  std::array<cuuint64_t, 5> dimensions{256, 64, 1, 1, 1};
  std::array<cuuint64_t, 4> strides{1024, 65536, 65536, 65536};
  std::array<cuuint32_t, 5> box{16, 8, 1, 1, 1};
  std::array<cuuint32_t, 5> element_strides{1, 1, 1, 1, 1};
  CUtensorMapInterleave interleave = CU_TENSOR_MAP_INTERLEAVE_NONE;
  CUtensorMapSwizzle swizzle = CU_TENSOR_MAP_SWIZZLE_NONE;
  CUtensorMapL2promotion promotion = CU_TENSOR_MAP_L2_PROMOTION_NONE;
  CUtensorMapFloatOOBfill fill = CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE;

  CUresult encode(CUtensorMap* map) const {
    return driver().cuTensorMapEncodeTiled(
        map, type, rank, reinterpret_cast<void*>(address), dimensions.data(), strides.data(),
        box.data(), element_strides.data(), interleave, swizzle, promotion, fill);
  }
  /// The map that this gives.
  [[nodiscard]] std::array<cuuint64_t, 16> map() const {
    CUtensorMap encoded{};
    check(encode(&encoded), "cuTensorMapEncodeTiled");
    std::array<cuuint64_t, 16> words{};
    std::memcpy(words.data(), &encoded, sizeof words);
    return words;
  }
};

using Change = std::function<void(Description&)>;

void expect_refused(const DeviceMemory& memory, const std::vector<Change>& changes) {
  for (std::size_t i = 0; i < changes.size(); ++i) {
    SCOPED_TRACE("change " + std::to_string(i));
    Description description;
    description.address = memory;
    changes[i](description);
    CUtensorMap map;  // a refused call may have written a part of it
    EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, description.encode(&map));
  }
}

TEST_F(cuTensorMapEncodeTiled, WritesTheSameEachTime) {
  REQUIRE_COMPUTE_CAPABILITY(9, 0);
  const DeviceMemory memory(65536);
  Description description;
  description.address = memory;
  const auto [first, second] =
      expect_writes<CUtensorMap>([&](CUtensorMap* map) { return description.encode(map); });
  EXPECT_EQ(std::memcmp(&first, &second, sizeof first), 0);
}

// The map is opaque; but whatever the tensor is described by must be in it.
TEST_F(cuTensorMapEncodeTiled, DependsOnEverythingItIsTold) {
  REQUIRE_COMPUTE_CAPABILITY(9, 0);
  const DeviceMemory memory(1 << 20);
  Description plain;
  plain.address = memory;
  const std::vector<Change> changes{
      [](Description& d) { d.address += 4096; },
      [](Description& d) { d.type = CU_TENSOR_MAP_DATA_TYPE_UINT16; },
      [](Description& d) { d.dimensions[0] = 128; },
      [](Description& d) { d.dimensions[1] = 32; },
      [](Description& d) { d.strides[0] = 2048; },
      [](Description& d) { d.box[0] = 8; },
      [](Description& d) { d.box[1] = 4; },
      [](Description& d) { d.element_strides[1] = 2; },
      [](Description& d) { d.swizzle = CU_TENSOR_MAP_SWIZZLE_64B; },
      [](Description& d) { d.promotion = CU_TENSOR_MAP_L2_PROMOTION_L2_128B; },
      [](Description& d) { d.fill = CU_TENSOR_MAP_FLOAT_OOB_FILL_NAN_REQUEST_ZERO_FMA; },
      [](Description& d) { d.rank = 3; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Description other = plain;
    changes[i](other);
    EXPECT_NE(other.map(), plain.map()) << "change " << i;
  }
}

TEST_F(cuTensorMapEncodeTiled, TakesOneToFiveDimensions) {
  REQUIRE_COMPUTE_CAPABILITY(9, 0);
  const DeviceMemory memory(1 << 20);
  for (cuuint32_t rank = 1; rank <= 5; ++rank) {
    Description description;
    description.address = memory;
    description.rank = rank;
    CUtensorMap map;
    EXPECT_CUDA_OK(description.encode(&map)) << rank << " dimensions";
  }
  expect_refused(memory, {[](Description& d) { d.rank = 0; }});
}

TEST_F(cuTensorMapEncodeTiled, RefusesMisalignedAddresses) {
  REQUIRE_COMPUTE_CAPABILITY(9, 0);
  const DeviceMemory memory(1 << 20);
  expect_refused(memory, {[](Description& d) { d.address += 8; }});
}

TEST_F(cuTensorMapEncodeTiled, RefusesBadExtentsAndStrides) {
  REQUIRE_COMPUTE_CAPABILITY(9, 0);
  const DeviceMemory memory(1 << 20);
  expect_refused(memory, {
                             [](Description& d) { d.dimensions[0] = 0; },
                             [](Description& d) { d.dimensions[1] = 0; },
                             [](Description& d) { d.dimensions[1] = (cuuint64_t{1} << 32) + 1; },
                             [](Description& d) { d.strides[0] = 1032; },
                             [](Description& d) { d.strides[0] = cuuint64_t{1} << 40; },
                         });
}

TEST_F(cuTensorMapEncodeTiled, RefusesBadBoxes) {
  REQUIRE_COMPUTE_CAPABILITY(9, 0);
  const DeviceMemory memory(1 << 20);
  expect_refused(memory, {
                             [](Description& d) { d.box[1] = 0; },
                             [](Description& d) { d.box[1] = 257; },
                             [](Description& d) { d.box[0] = 3; },  // 12 bytes
                             [](Description& d) { d.element_strides[1] = 0; },
                             [](Description& d) { d.element_strides[1] = 9; },
                             // The box's inner extent is 64 bytes.
                             [](Description& d) { d.swizzle = CU_TENSOR_MAP_SWIZZLE_32B; },
                         });
}

TEST_F(cuTensorMapEncodeTiled, RefusesUnknownEnumerators) {
  REQUIRE_COMPUTE_CAPABILITY(9, 0);
  const DeviceMemory memory(1 << 20);
  expect_refused(memory,
                 {
                     [](Description& d) { d.type = static_cast<CUtensorMapDataType>(77); },
                     [](Description& d) { d.interleave = static_cast<CUtensorMapInterleave>(77); },
                     [](Description& d) { d.swizzle = static_cast<CUtensorMapSwizzle>(77); },
                     [](Description& d) { d.promotion = static_cast<CUtensorMapL2promotion>(77); },
                     [](Description& d) { d.fill = static_cast<CUtensorMapFloatOOBfill>(77); },
                 });
}

TEST_F(cuTensorMapEncodeTiled, RefusesTheNanFillForIntegers) {
  REQUIRE_COMPUTE_CAPABILITY(9, 0);
  const DeviceMemory memory(1 << 20);
  expect_refused(memory, {[](Description& d) {
                   d.type = CU_TENSOR_MAP_DATA_TYPE_INT32;
                   d.fill = CU_TENSOR_MAP_FLOAT_OOB_FILL_NAN_REQUEST_ZERO_FMA;
                 }});
}

TEST_F(cuTensorMapEncodeTiled, RefusesANullMap) {
  REQUIRE_COMPUTE_CAPABILITY(9, 0);
  const DeviceMemory memory(65536);
  Description description;
  description.address = memory;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, description.encode(nullptr));
}

TEST_F(cuTensorMapEncodeTiled, IsSafeDuringCapture) {
  REQUIRE_COMPUTE_CAPABILITY(9, 0);
  const DeviceMemory memory(65536);
  Description description;
  description.address = memory;
  expect_safe_in_capture([&] {
    CUtensorMap map;
    return description.encode(&map);
  });
}

// Undocumented.
TEST_F(cuTensorMapEncodeTiled, NeedsNoCurrentContext) {
  REQUIRE_COMPUTE_CAPABILITY(9, 0);
  const DeviceMemory memory(65536);
  Description description;
  description.address = memory;
  const NoContext none;
  CUtensorMap map;
  EXPECT_CUDA_OK(description.encode(&map));
}

TEST_F(cuTensorMapEncodeTiled_fresh, BeforeInit) {
  Description description;
  description.address = 65536;
  expect_leaves<CUtensorMap>(CUDA_ERROR_NOT_INITIALIZED,
                             [&](CUtensorMap* map) { return description.encode(map); });
}

}  // namespace vgpu::conformance::test_cuTensorMapEncodeTiled
