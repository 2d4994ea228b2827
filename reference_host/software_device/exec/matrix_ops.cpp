#include <bit>
#include <cstring>

#include "reference_host/software_device/exec/matrix.hpp"
#include "reference_host/software_device/exec/memory_access.hpp"

namespace vgpu::softdevice::exec {

namespace {

/// Host address of `size` bytes at `offset` bytes behind what the lane's address operand says.
std::byte* lane_bytes(Warp& warp, const Op& op, const Access& access, int lane,
                      std::uint64_t address, std::size_t size, bool writes) {
  if (access.address_width == 4) address &= UINT32_MAX;
  return resolve(warp, op, access.place, lane, address, size, writes);
}

/// Elements of a fragment in memory; the ones that a 32-bit word packs below a byte move together.
struct Unit {
  unsigned bytes;     ///< in memory
  unsigned elements;  ///< of the matrix
  unsigned per_register;
};

Unit unit_of(MatrixType type) {
  const unsigned bits = element_bits(type);
  if (bits < 8) return {4, 32 / bits, 1};
  return {bits / 8, 1, elements_per_register(type)};
}

/// Calls body(lane, number, bytes) for each unit of each lane's fragment; false with a fault
/// raised.
template <class F>
bool each_unit(Warp& warp, const Op& op, const MatrixOp& matrix, std::uint32_t mask, F body) {
  LaneAddresses addresses;
  gather_addresses(warp, op, matrix.access, addresses);
  const Unit unit = unit_of(matrix.d_type);
  const FragmentMap& map = *matrix.d_map;
  const unsigned dense_stride = matrix.row_major ? matrix.columns : matrix.rows;
  const std::uint32_t* strides =
      matrix.stride == no_guard ? nullptr : source<std::uint32_t>(warp, matrix.stride);
  for (; mask != 0; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    const std::uint64_t stride = strides == nullptr ? dense_stride : strides[lane];
    for (unsigned number = 0; number * unit.elements < map.elements; ++number) {
      const unsigned place =
          map.places[number * unit.elements * warp_size + static_cast<unsigned>(lane)];
      const std::uint64_t row = place / matrix.columns;
      const std::uint64_t column = place % matrix.columns;
      const std::uint64_t index = matrix.row_major ? row * stride + column : column * stride + row;
      const std::uint64_t bytes = index * element_bits(matrix.d_type) / 8;
      std::byte* at = lane_bytes(warp, op, matrix.access, lane, addresses.at[lane] + bytes,
                                 unit.bytes, matrix.kind == MatrixOp::Kind::store);
      if (at == nullptr) return false;
      body(static_cast<std::size_t>(lane), number, at);
    }
  }
  return true;
}

void load_fragment(Warp& warp, const Op& op, const MatrixOp& matrix, std::uint32_t mask) {
  const Unit unit = unit_of(matrix.d_type);
  const std::size_t width = matrix.d_type == MatrixType::f64 ? 8 : 4;
  alignas(8) std::byte values[16][warp_size * 8] = {};
  const bool read = each_unit(warp, op, matrix, mask,
                              [&](std::size_t lane, unsigned number, const std::byte* from) {
                                std::memcpy(values[number / unit.per_register] + lane * width +
                                                number % unit.per_register * unit.bytes,
                                            from, unit.bytes);
                              });
  if (!read) return;
  // f16 fragments of A and B have eight registers whatever the shape: the rest repeats.
  const unsigned units = matrix.d_map->elements / unit.elements;
  const unsigned filled = units / unit.per_register;
  for (unsigned i = 0; i < matrix.d.size(); ++i) {
    std::byte* d = destination<std::byte>(warp, matrix.d[i]);
    for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
      const auto lane = static_cast<std::size_t>(std::countr_zero(rest));
      std::memcpy(d + lane * width, values[i % filled] + lane * width, width);
    }
  }
}

void store_fragment(Warp& warp, const Op& op, const MatrixOp& matrix, std::uint32_t mask) {
  const Unit unit = unit_of(matrix.d_type);
  const std::size_t width = matrix.d_type == MatrixType::f64 ? 8 : 4;
  each_unit(warp, op, matrix, mask, [&](std::size_t lane, unsigned number, std::byte* to) {
    const std::byte* from = source<std::byte>(warp, matrix.d[number / unit.per_register]);
    std::memcpy(to, from + lane * width + number % unit.per_register * unit.bytes, unit.bytes);
  });
}

/// A row of an 8x8 matrix of b16.
struct Row {
  std::uint16_t at[8];
};

/// Addresses of the rows: lanes 8i to 8i + 7 have those of matrix i.
bool row_addresses(Warp& warp, const Op& op, const MatrixOp& matrix, std::byte** rows) {
  LaneAddresses addresses;
  gather_addresses(warp, op, matrix.access, addresses);
  const auto count = static_cast<int>(8 * matrix.d.size());
  for (int lane = 0; lane < count; ++lane) {
    rows[lane] = lane_bytes(warp, op, matrix.access, lane, addresses.at[lane], sizeof(Row),
                            matrix.kind == MatrixOp::Kind::store_rows);
    if (rows[lane] == nullptr) return false;
  }
  return true;
}

void load_rows(Warp& warp, const Op& op, const MatrixOp& matrix, std::uint32_t mask) {
  std::byte* addresses[warp_size];
  if (!row_addresses(warp, op, matrix, addresses)) return;
  for (std::size_t i = 0; i < matrix.d.size(); ++i) {
    Row rows[8];
    for (std::size_t row = 0; row < 8; ++row)
      std::memcpy(&rows[row], addresses[8 * i + row], sizeof(Row));
    std::uint32_t* d = destination<std::uint32_t>(warp, matrix.d[i]);
    for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
      const int lane = std::countr_zero(rest);
      const int major = lane / 4;
      const int minor = lane % 4 * 2;
      const std::uint32_t low = matrix.transposed ? rows[minor].at[major] : rows[major].at[minor];
      const std::uint32_t high =
          matrix.transposed ? rows[minor + 1].at[major] : rows[major].at[minor + 1];
      d[lane] = low | high << 16;
    }
  }
}

void store_rows(Warp& warp, const Op& op, const MatrixOp& matrix, std::uint32_t mask) {
  std::byte* addresses[warp_size];
  if (!row_addresses(warp, op, matrix, addresses)) return;
  for (std::size_t i = 0; i < matrix.d.size(); ++i) {
    Row rows[8];
    for (std::size_t row = 0; row < 8; ++row)
      std::memcpy(&rows[row], addresses[8 * i + row], sizeof(Row));
    const std::uint32_t* a = source<std::uint32_t>(warp, matrix.d[i]);
    for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
      const int lane = std::countr_zero(rest);
      const int major = lane / 4;
      const int minor = lane % 4 * 2;
      (matrix.transposed ? rows[minor].at[major] : rows[major].at[minor]) =
          static_cast<std::uint16_t>(a[lane]);
      (matrix.transposed ? rows[minor + 1].at[major] : rows[major].at[minor + 1]) =
          static_cast<std::uint16_t>(a[lane] >> 16);
    }
    for (std::size_t row = 0; row < 8; ++row)
      std::memcpy(addresses[8 * i + row], &rows[row], sizeof(Row));
  }
}

void transpose(Warp& warp, const MatrixOp& matrix, std::uint32_t mask) {
  const std::uint32_t* a = source<std::uint32_t>(warp, matrix.a[0]);
  std::uint16_t dense[8][8];
  for (int lane = 0; lane < warp_size; ++lane) {
    dense[lane / 4][lane % 4 * 2] = static_cast<std::uint16_t>(a[lane]);
    dense[lane / 4][lane % 4 * 2 + 1] = static_cast<std::uint16_t>(a[lane] >> 16);
  }
  std::uint32_t* d = destination<std::uint32_t>(warp, matrix.d[0]);
  for (; mask != 0; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    const int column = lane % 4 * 2;
    d[lane] = dense[column][lane / 4] | std::uint32_t{dense[column + 1][lane / 4]} << 16;
  }
}

}  // namespace

void run_matrix(Warp& warp, const Op& op, std::uint32_t mask) {
  static const MatrixProduct multiply = matrix_product();
  const MatrixOp& matrix = *warp.frame->function->matrices[op.aux];
  Op access = op;  // whose immediate is the member mask
  access.immediate = matrix.offset;
  switch (matrix.kind) {
    case MatrixOp::Kind::multiply:
      return multiply(warp, matrix, mask);
    case MatrixOp::Kind::load:
      return load_fragment(warp, access, matrix, mask);
    case MatrixOp::Kind::store:
      return store_fragment(warp, access, matrix, mask);
    case MatrixOp::Kind::load_rows:
      return load_rows(warp, access, matrix, mask);
    case MatrixOp::Kind::store_rows:
      return store_rows(warp, access, matrix, mask);
    case MatrixOp::Kind::transpose:
      return transpose(warp, matrix, mask);
  }
}

}  // namespace vgpu::softdevice::exec
