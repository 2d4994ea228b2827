// The handlers of one instruction set: VGPU_ISA is its namespace.

#include <algorithm>
#include <bit>
#include <cfenv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "reference_host/software_device/exec/alu.hpp"
#include "reference_host/software_device/exec/matrix.hpp"
#include "reference_host/software_device/exec/warp.hpp"

namespace vgpu::softdevice::exec::VGPU_ISA {
namespace {

// Each builds on the ones before.
// clang-format off
#include "reference_host/software_device/exec/lanes.inl"
#include "reference_host/software_device/exec/alu_integer.inl"
#include "reference_host/software_device/exec/alu_words.inl"
#include "reference_host/software_device/exec/alu_integer_select.inl"
#include "reference_host/software_device/exec/alu_float.inl"
#include "reference_host/software_device/exec/alu_compare.inl"
#include "reference_host/software_device/exec/alu_convert.inl"
#include "reference_host/software_device/exec/alu_matrix.inl"
// clang-format on

}  // namespace

Handler select_alu(const AluRequest& request) {
  if (request.op == Alu::setp) return compares<SetAs::predicate>(request);
  if (request.op == Alu::set) return compares<SetAs::value>(request);
  if (request.op == Alu::testp)
    return request.type == Type::f64 ? test_property<double> : test_property<float>;
  const bool bitwise = request.op == Alu::mov || request.op == Alu::selp ||
                       request.op == Alu::slct_s32 || request.op == Alu::slct_f32;
  return ptx::is_float(request.type) && !bitwise ? select_float(request) : select_integer(request);
}

Handler select_convert(const ConvertRequest& request) {
  return select_convert_impl(request);
}

Handler select_convert_pair(const ConvertRequest& request) {
  return request.to == Type::f16x2 ? convert_pair<Half> : convert_pair<Bfloat>;
}

MatrixProduct matrix_product() {
  return multiply_matrices;
}

}  // namespace vgpu::softdevice::exec::VGPU_ISA
