#include "writer.hpp"

namespace vgpu::codegen {
namespace {

bool creates(const Call& call) {
  for (const Field& field : call.request.fields) {
    if (!field.creates.empty()) return true;
  }
  for (const Field& field : call.reply.fields) {
    if (!field.handle.empty() || !field.allocates.empty()) return true;
  }
  return false;
}

}  // namespace

void emit_operations(const Model& model, const std::string& folder) {
  Writer out(folder + "/vgpu/operations.hpp");
  preamble(out, "operation numbers and what is known of each call", true);
  out.raw(R"(#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vgpu::call {

/// How a call travels; see annotations.capnp.
enum class CallClass : std::uint8_t { local, stream, create, sync, completion, callback };
/// What a call needs of the calling thread; `anytime` works before cuInit too.
enum class ContextNeed : std::uint8_t { none, current, anytime, stream };
/// Who serves a call.
enum class Implementation : std::uint8_t { none, generated, written };
/// What a call does while a stream is capturing.
enum class CaptureBehaviour : std::uint8_t { safe, recorded, unsafe };

/// Permanent numbers: a number never changes its meaning. See operations.tsv.
enum class Operation : std::uint16_t {
  none = 0,
)");
  for (const Call& call : model.calls)
    out.line("  {} = {},", snake_case(call.name), call.operation);
  out.raw(R"(};

struct OperationInfo {
  Operation operation;
  std::string_view name;    ///< struct in the schema
  std::string_view symbol;  ///< base symbol; empty for the protocol's own operations
  std::string_view file;    ///< schema file: the CUDA object
  CallClass call_class;
  ContextNeed context;
  CaptureBehaviour capture;
  Implementation guest;
  Implementation host;
  bool creates;             ///< its answer names something that the guest must not lose
  std::string_view waiver;  ///< why it cannot be served; empty where it can
};

)");
  out.line("/// All operations, by number.");
  out.line("inline constexpr std::array<OperationInfo, {}> operations{{{{", model.calls.size());
  for (const Call& call : model.calls) {
    out.line(
        "    {{Operation::{}, \"{}\", \"{}\", \"{}\", CallClass::{}, ContextNeed::{}, "
        "CaptureBehaviour::{}, "
        "Implementation::{}, Implementation::{}, {}, \"{}\"}},",
        snake_case(call.name), call.name, call.symbol, call.file, call_class_name(call.call_class),
        context_need_name(call.context), call.capture, implementation_name(call.guest),
        implementation_name(call.host), creates(call), call.waiver);
  }
  out.raw(R"(}};

/// The description of an operation, or nullptr when this build does not know the number.
constexpr const OperationInfo* find_operation(Operation operation) noexcept {
  std::size_t low = 0;
  std::size_t high = operations.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (operations[middle].operation < operation) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < operations.size() && operations[low].operation == operation ? &operations[low] : nullptr;
}

struct SchemaFile {
  std::string_view name;
  std::uint64_t hash;  ///< of what the file means; comments do not count
};

)");
  out.line("/// The schema this build was made from; what the handshake compares.");
  out.line("inline constexpr std::array<SchemaFile, {}> schema_files{{{{", model.files.size());
  for (const SchemaFile& file : model.files)
    out.line("    {{\"{}\", {:#x}}},", file.name, file.hash);
  out.raw("}};\n\n}  // namespace vgpu::call\n");
  out.save();

  Writer list(folder + "/operations.tsv");
  for (const Call& call : model.calls) {
    list.line("{}\t{}\t{}", call.operation, call.name, call.symbol.empty() ? "-" : call.symbol);
  }
  list.save();
}

}  // namespace vgpu::codegen
