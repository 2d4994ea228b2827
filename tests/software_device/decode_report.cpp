/// \file
/// Decodes every kernel of the given files and counts what the software device refuses. A file is
/// PTX text, or anything that contains fat binaries: a program, a library, a .fatbin.
///
/// usage: decode_report [--capability NN] FILE...

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reference_host/software_device/exec/module.hpp"

namespace {

using namespace vgpu::softdevice;

struct Report {
  int modules = 0;
  int kernels = 0;
  int refused_kernels = 0;
  std::map<std::string, int> reasons;
};

void survey(const char* image, int capability, Report& report) {
  DeviceMemory memory(std::size_t{1} << 34);
  LoadError error;
  const auto loaded = load_module(image, capability, memory, error);
  if (loaded == nullptr) {
    if (error.result != CUDA_ERROR_NO_BINARY_FOR_GPU) ++report.reasons["module: " + error.message];
    return;
  }
  ++report.modules;
  const auto& module = static_cast<const exec::ModuleImpl&>(*loaded);
  for (std::size_t i = 0; i < module.functions().size(); ++i) {
    if (!module.functions()[i].extent->is_entry) continue;
    ++report.kernels;
    std::string reason;
    CUresult result = CUDA_SUCCESS;
    std::vector<std::string> refused;
    const auto kernel = exec::build_kernel(module, static_cast<int>(i), reason, result, &refused);
    if (kernel == nullptr) {
      const std::size_t behind = reason.find(": ", reason.find("PTX line"));
      ++report.reasons["kernel: " + reason.substr(behind == std::string::npos ? 0 : behind + 2)];
    }
    for (const std::string& one : refused) ++report.reasons[one];
    if (kernel == nullptr || !refused.empty()) ++report.refused_kernels;
  }
}

void survey_file(const char* path, int capability, Report& report) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (bytes.empty()) {
    std::fprintf(stderr, "%s cannot be read or is empty\n", path);
    return;
  }
  if (bytes.compare(0, 4,
                    "\x7f"
                    "ELF") != 0 &&
      bytes.find(".version") < 65536) {
    survey(bytes.c_str(), capability, report);
    return;
  }
  const std::string_view magic("\x50\xed\x55\xba", 4);
  for (std::size_t at = bytes.find(magic); at != std::string::npos;
       at = bytes.find(magic, at + 16)) {
    const std::size_t size = at % 8 == 0 ? image_size(bytes.data() + at) : 0;
    if (size != 0 && size <= bytes.size() - at) survey(bytes.data() + at, capability, report);
  }
}

}  // namespace

int main(int argc, char** argv) {
  int capability = 86;
  Report report;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--capability") == 0 && i + 1 < argc)
      capability = std::atoi(argv[++i]);
    else
      survey_file(argv[i], capability, report);
  }
  std::vector<std::pair<int, std::string>> sorted;
  for (const auto& [reason, count] : report.reasons) sorted.emplace_back(-count, reason);
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [count, reason] : sorted) std::printf("%8d %s\n", -count, reason.c_str());
  std::printf("%d modules, %d kernels, %d of them refused\n", report.modules, report.kernels,
              report.refused_kernels);
  return report.refused_kernels != 0 ? 1 : 0;
}
