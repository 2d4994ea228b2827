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
#include "reference_host/software_device/exec/warp.hpp"

namespace vgpu::softdevice::exec::VGPU_ISA {
namespace {

// Each builds on the ones before.
// clang-format off
#include "reference_host/software_device/exec/lanes.inl"
#include "reference_host/software_device/exec/alu_integer.inl"
#include "reference_host/software_device/exec/alu_float.inl"
#include "reference_host/software_device/exec/alu_compare.inl"
#include "reference_host/software_device/exec/alu_convert.inl"
// clang-format on

}  // namespace

Handler select_alu(const AluRequest& request) {
  if (request.op == Alu::setp) return compares<SetAs::predicate>(request);
  if (request.op == Alu::set)
    return request.second_type == Type::f32 || request.second_type == Type::f16x2 ||
                   request.second_type == Type::bf16x2
               ? compares<SetAs::one>(request)
               : compares<SetAs::word>(request);
  if (request.op == Alu::testp)
    return request.type == Type::f64 ? test_property<double> : test_property<float>;
  const bool bitwise = request.op == Alu::mov || request.op == Alu::selp ||
                       request.op == Alu::slct_s32 || request.op == Alu::slct_f32;
  return ptx::is_float(request.type) && !bitwise ? select_float(request) : select_integer(request);
}

Handler select_convert(const ConvertRequest& request) {
  return select_convert_impl(request);
}

Handler select_convert_pair(Type to, bool relu, Rounding rounding) {
  if (rounding != Rounding::nearest) return nullptr;
  if (to == Type::f16x2) return relu ? convert_pair<Half, true> : convert_pair<Half, false>;
  return relu ? convert_pair<Bfloat, true> : convert_pair<Bfloat, false>;
}

}  // namespace vgpu::softdevice::exec::VGPU_ISA
