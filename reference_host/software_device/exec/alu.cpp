#include "reference_host/software_device/exec/alu.hpp"

#include <cstdlib>
#include <string_view>

#include "reference_host/software_device/exec/matrix.hpp"

namespace vgpu::softdevice::exec {

namespace {

bool has_avx2() {
#if defined(__x86_64__)
  static const bool wanted = [] {
    const char* text = std::getenv("VGPU_SOFT_AVX2");
    return text == nullptr || std::string_view(text) != "0";
  }();
  // Every processor with AVX2 has F16C too; clang 14 does not know that name.
  static const bool supported = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return supported && wanted;
#else
  return false;
#endif
}

}  // namespace

Handler select_alu(const AluRequest& request) {
  return has_avx2() ? avx2::select_alu(request) : baseline::select_alu(request);
}

Handler select_convert(const ConvertRequest& request) {
  return has_avx2() ? avx2::select_convert(request) : baseline::select_convert(request);
}

Handler select_convert_pair(const ConvertRequest& request) {
  return has_avx2() ? avx2::select_convert_pair(request) : baseline::select_convert_pair(request);
}

MatrixProduct matrix_product() {
  return has_avx2() ? avx2::matrix_product() : baseline::matrix_product();
}

}  // namespace vgpu::softdevice::exec
