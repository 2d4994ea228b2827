#pragma once

/// \file
/// Instructions in which a warp works on matrices together: mma, wmma, ldmatrix, stmatrix,
/// movmatrix. What a matrix is spread over is described by tables, made once per shape.

#include <cstdint>
#include <vector>

#include "reference_host/software_device/exec/memory_ops.hpp"

namespace vgpu::softdevice::exec {

enum class MatrixType : std::uint8_t {
  none,
  f16,
  bf16,
  tf32,
  f32,
  f64,
  s8,
  u8,
  s4,
  u4,
  b1,
  s32,
  e4m3,
  e5m2,
};

/// Bits of an element as it lies in registers and memory.
constexpr unsigned element_bits(MatrixType type) {
  switch (type) {
    case MatrixType::f64:
      return 64;
    case MatrixType::tf32:
    case MatrixType::f32:
    case MatrixType::s32:
      return 32;
    case MatrixType::f16:
    case MatrixType::bf16:
      return 16;
    case MatrixType::s4:
    case MatrixType::u4:
      return 4;
    case MatrixType::b1:
      return 1;
    default:
      return 8;
  }
}
/// Elements that share a register.
constexpr unsigned elements_per_register(MatrixType type) {
  return type == MatrixType::f64 ? 1 : 32 / element_bits(type);
}

/// Where the elements that the lanes hold lie in a dense matrix: A in rows of k, B in rows of n, C
/// and D in rows of n. Several matrices (batches) follow each other.
struct FragmentMap {
  unsigned elements = 0;              ///< per lane, without repetitions
  std::vector<std::uint16_t> places;  ///< [element * 32 + lane]
};

enum class MatrixPart : std::uint8_t { a, b, c };

struct MatrixShape {
  unsigned m = 0;
  unsigned n = 0;
  unsigned k = 0;
  friend bool operator==(const MatrixShape&, const MatrixShape&) = default;
};

/// The fragments of mma as PTX lays them out, except m8n8k4 of f16.
const FragmentMap& mma_fragment(const MatrixShape& shape, MatrixPart part, MatrixType type);
/// The fragments of mma.m8n8k4 with f16: four products by eight lanes each.
const FragmentMap& quad_fragment(MatrixPart part, MatrixType type, bool row_major);
/// The fragments of wmma, whose layout PTX leaves open: the elements of a lane follow each other
/// along k (A, B) or n (C, D).
const FragmentMap& wmma_fragment(const MatrixShape& shape, MatrixPart part);

struct MatrixOp {
  enum class Kind : std::uint8_t { multiply, load, store, load_rows, store_rows, transpose };
  Kind kind = Kind::multiply;

  // multiply: d = a * b + c
  MatrixShape shape;
  unsigned batches = 1;
  MatrixType a_type = MatrixType::none;
  MatrixType b_type = MatrixType::none;
  MatrixType c_type = MatrixType::none;
  MatrixType d_type = MatrixType::none;
  bool saturate = false;
  bool bits_and = false;      ///< b1: and instead of xor
  std::uint8_t rounding = 0;  ///< f64: enum Rounding
  const FragmentMap* a_map = nullptr;
  const FragmentMap* b_map = nullptr;
  const FragmentMap* c_map = nullptr;
  const FragmentMap* d_map = nullptr;
  std::vector<std::uint32_t> a;  ///< operand codes of the registers
  std::vector<std::uint32_t> b;
  std::vector<std::uint32_t> c;
  std::vector<std::uint32_t> d;

  // load, store (`d` and `d_map`, `d_type` of the fragment), *_rows and transpose (`d`, `a`)
  Access access;
  std::uint64_t offset = 0;           ///< of the address, in bytes
  std::uint32_t stride = UINT32_MAX;  ///< operand code, in elements; UINT32_MAX: dense
  unsigned rows = 0;
  unsigned columns = 0;
  bool row_major = true;
  bool transposed = false;
};

/// Executes the matrix instruction `op.aux` of the current function for the lanes of the warp.
void run_matrix(Warp& warp, const Op& op, std::uint32_t mask);

/// d = a * b + c; part of `run_matrix`, compiled for each instruction set.
using MatrixProduct = void (*)(Warp& warp, const MatrixOp& matrix, std::uint32_t mask);
MatrixProduct matrix_product();
namespace avx2 {
MatrixProduct matrix_product();
}
namespace baseline {
MatrixProduct matrix_product();
}

/// acc = a * b + acc in doubles with a directed rounding mode (enum Rounding).
void multiply_rounded(const double* a, const double* b, double* acc, const MatrixShape& shape,
                      unsigned rounding);

}  // namespace vgpu::softdevice::exec
