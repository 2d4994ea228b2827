#include "writer.hpp"

namespace vgpu::codegen {

void emit_driver_table(const Model& model, const std::string& folder) {
  Writer out(folder + "/vgpu/driver_table.hpp");
  preamble(out, "function pointers of a CUDA-driver-shaped library", true);
  out.raw(R"(#include <dlfcn.h>
#include <vgpu/call/cuda_types.hpp>

namespace vgpu {

/// Every function that a CUDA driver library exports, typed. Members are named after the exported symbols and stay
/// nullptr where the library lacks them. A value type; the library must outlive its use.
struct DriverTable {
)");
  std::size_t count = 0;
  for (const Call& call : model.calls) {
    for (const Export& exported : call.exports) {
      if (!call.waiver.empty() && call.parameters.empty() && exported.parameters.empty() &&
          call.primary() == nullptr) {
        continue;
      }
      out.line("  {} (CUDAAPI* {})({}) = nullptr;", call.result, exported.symbol,
               type_list(exported.parameters));
      ++count;
    }
  }
  out.raw(R"(
  /// Fills the table from a library opened with dlopen. Returns how many symbols it has.
  std::size_t load(void* library) noexcept {
    std::size_t found = 0;
    for_each([&]<class F>(const char* symbol, F*& slot) {
      slot = reinterpret_cast<F*>(dlsym(library, symbol));
      if (slot != nullptr) ++found;
    });
    return found;
  }

  /// Calls `visit(symbol, slot)` for every member.
  template <class Visitor>
  void for_each(Visitor&& visit) {
)");
  for (const Call& call : model.calls) {
    for (const Export& exported : call.exports)
      out.line("    visit(\"{}\", {});", exported.symbol, exported.symbol);
  }
  out.line("  }}");
  out.line();
  out.line("  static constexpr std::size_t size = {};", count);
  out.raw("};\n\n}  // namespace vgpu\n");
  out.save();
}

void emit_symbols(const Model& model, const std::string& folder) {
  Writer out(folder + "/vgpu/symbols.hpp");
  preamble(out, "every exported symbol, for cuGetProcAddress", true);
  out.raw(R"(#include <array>
#include <cstdint>
#include <string_view>
#include <vgpu/operations.hpp>

namespace vgpu::call {

/// One exported symbol: an ABI variant of a driver function.
struct Symbol {
  std::string_view base;      ///< the name cuGetProcAddress takes
  std::string_view exported;
  std::uint32_t since;        ///< CUDA version that introduced it: 12030 is 12.3
  bool per_thread;
  Operation operation;
  bool served;                ///< false: it returns CUDA_ERROR_NOT_SUPPORTED
};

)");
  std::size_t count = 0;
  for (const Call& call : model.calls) count += call.exports.size();
  out.line("/// Ordered by operation, then as the schema lists them.");
  out.line("inline constexpr std::array<Symbol, {}> symbols{{{{", count);
  for (const Call& call : model.calls) {
    for (const Export& exported : call.exports) {
      const bool served = exported.guest != Implementation::none;
      out.line("    {{\"{}\", \"{}\", {}, {}, Operation::{}, {}}},", call.symbol, exported.symbol,
               exported.since, exported.per_thread, snake_case(call.name), served);
    }
  }
  out.raw("}};\n\n}  // namespace vgpu::call\n");
  out.save();

  Writer map(folder + "/guest_exports.map");
  map.line("{{");
  map.line("  global:");
  for (const Call& call : model.calls) {
    for (const Export& exported : call.exports) {
      if (!exported.resolved_only) map.line("    {};", exported.symbol);
    }
  }
  map.line("  local: *;");
  map.line("}};");
  map.save();
}

void emit_signature_checks(const Model& model, const std::string& folder) {
  Writer out(folder + "/signature_checks.cpp");
  preamble(out, "each described signature against the toolkit's own", false);
  out.raw(R"(#include <cstddef>
#include <type_traits>
#include <vgpu/driver_table.hpp>

#include <cudaEGLTypedefs.h>
#include <cudaGLTypedefs.h>
#include <cudaProfilerTypedefs.h>
#include <cudaTypedefs.h>
#include <cudaVDPAUTypedefs.h>

// VGPU_TYPEDEF_x where the typedef headers have PFN_x, VGPU_DECLARED_x where the others declare x.
#include "toolkit_names.hpp"

namespace {
)");
  for (const Call& call : model.calls) {
    for (const Export& exported : call.exports) {
      std::string suffix;
      if (exported.per_thread) {
        suffix = exported.symbol.ends_with("_ptds") ? "_ptds" : "_ptsz";
      }
      const std::string type = fmt::format("{}_v{}{}", call.symbol, exported.since, suffix);
      if (call.primary() == nullptr) {
        // Without parameters in the schema it is only known by name; a header would know more.
        out.line("#if defined(VGPU_TYPEDEF_{}) || defined(VGPU_DECLARED_{})", type,
                 exported.symbol);
        out.line("#error \"the toolkit declares {}, so the schema has to describe it\"",
                 exported.symbol);
        out.line("#endif");
        continue;
      }
      out.line("#ifdef VGPU_TYPEDEF_{}", type);
      out.line("static_assert(std::is_same_v<decltype(vgpu::DriverTable::{}), PFN_{}>);",
               exported.symbol, type);
      out.line("#endif");
      out.line("#ifdef VGPU_DECLARED_{}", exported.symbol);
      out.line("static_assert(std::is_same_v<decltype(vgpu::DriverTable::{0}), decltype(&::{0})>);",
               exported.symbol);
      out.line("#endif");
      out.line("#if !defined(VGPU_TYPEDEF_{}) && !defined(VGPU_DECLARED_{})", type,
               exported.symbol);
      out.line("#error \"no header of the toolkit says what {} is\"", exported.symbol);
      out.line("#endif");
    }
  }
  out.line("}}  // namespace");
  out.save();
}

}  // namespace vgpu::codegen
