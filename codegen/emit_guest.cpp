#include <stdexcept>

#include "writer.hpp"

namespace vgpu::codegen {
namespace {

[[noreturn]] void refuse(const Call& call, const std::string& reason) {
  throw std::runtime_error(call.file + ".capnp: " + call.name + ": guest = generated, but " +
                           reason);
}

const Parameter& parameter_of(const Call& call, const Field& field) {
  for (const Parameter& parameter : call.parameters) {
    if (parameter.name == field.parameter) return parameter;
  }
  refuse(call, "field " + field.name + " stands for no C parameter");
}

/// Statements that move one C parameter into its request field.
void emit_request_field(Writer& out, const Call& call, const Field& field) {
  if (field.parameter == "stream" && field.handle == "stream" &&
      call.per_thread_form() != nullptr && find_stream(call.parameters) == nullptr) {
    out.line("  request.stream = to_wire<std::uint64_t>(default_stream());");
    return;
  }
  const Parameter& parameter = parameter_of(call, field);
  const std::string& name = parameter.name;
  if (!field.creates.empty()) {
    out.line("  if ({} == nullptr) return CUDA_ERROR_INVALID_VALUE;", name);
    return;
  }
  if (!field.handle.empty()) {
    if (field.is_pointer_field()) {
      out.line("  static_assert(sizeof(*{}) == sizeof(std::uint64_t));", name);
      out.line(
          "  if ({0} != nullptr) request.{1} = {{reinterpret_cast<const std::uint64_t*>({0}), "
          "static_cast<std::size_t>({2})}};",
          name, field.name, field.length);
      return;
    }
    out.line("  request.{} = to_wire<std::uint64_t>({});", field.name, name);
    const char* null_allowed = field.optional ? "request.{} != 0 && " : "";
    const std::string valid =
        field.handle == "function"
            ? fmt::format("function_valid(request.{})", field.name)
            : fmt::format("handle_valid({}, request.{})", handle_kind(field.handle), field.name);
    out.line("  if ({}!{}) return {};", fmt::format(fmt::runtime(null_allowed), field.name), valid,
             bad_handle_error(field.handle));
    return;
  }
  switch (field.type) {
    case FieldType::text:
      if (!field.optional) out.line("  if ({} == nullptr) return CUDA_ERROR_INVALID_VALUE;", name);
      out.line("  if ({} != nullptr) request.{} = {};", name, field.name, name);
      return;
    case FieldType::data:
    case FieldType::list: {
      if (!parameter.is_pointer()) {
        if (field.layout.empty()) {
          refuse(call, "field " + field.name + " is a list, its parameter no pointer");
        }
        out.line("  request.{} = std::as_bytes(std::span(&{}, 1));", field.name, name);
        return;
      }
      const std::string count =
          field.length.empty() ? "1" : "static_cast<std::size_t>(" + field.length + ")";
      if (!field.optional) {
        const std::string needed = field.length.empty() ? "" : " && " + count + " != 0";
        out.line("  if ({} == nullptr{}) return CUDA_ERROR_INVALID_VALUE;", name, needed);
      }
      if (field.type == FieldType::data) {
        const std::string element = field.layout.empty() ? "1" : "sizeof(*" + name + ")";
        out.line(
            "  if ({} != nullptr) request.{} = {{reinterpret_cast<const std::byte*>({}), {} * "
            "{}}};",
            name, field.name, name, count, element);
      } else {
        out.line("  static_assert(sizeof(*{}) == sizeof({}));", name, field.cpp_type);
        out.line("  if ({} != nullptr) request.{} = {{reinterpret_cast<const {}*>({}), {}}};", name,
                 field.name, field.cpp_type, name, count);
      }
      return;
    }
    default:
      if (parameter.is_pointer() && !field.is_address &&
          field.c_type.find('*') == std::string::npos &&
          call.reply.find_parameter(name) != nullptr) {
        if (field.optional) {
          out.line("  if ({} != nullptr) request.{} = to_wire<{}>(*{});", name, field.name,
                   field.cpp_type, name);
        } else {
          out.line("  if ({} == nullptr) return CUDA_ERROR_INVALID_VALUE;", name);
          out.line("  request.{} = to_wire<{}>(*{});", field.name, field.cpp_type, name);
        }
      } else {
        out.line("  request.{} = to_wire<{}>({});", field.name, field.cpp_type, name);
      }
  }
}

void emit_reply_checks(Writer& out, const Call& call) {
  for (const Field& field : call.reply.fields) {
    const Parameter& parameter = parameter_of(call, field);
    if (!parameter.is_pointer())
      refuse(call, "reply field " + field.name + " stands for a parameter that is no pointer");
    if (field.type == FieldType::text || field.type == FieldType::list ||
        (field.type == FieldType::data && field.layout.empty() && field.length.empty())) {
      refuse(call, "reply field " + field.name + " needs written code");
    }
    if (!field.optional)
      out.line("  if ({} == nullptr) return CUDA_ERROR_INVALID_VALUE;", parameter.name);
  }
}

void emit_reply_field(Writer& out, const Call& call, const Field& field) {
  const std::string& name = parameter_of(call, field).name;
  if (field.type == FieldType::data && !field.length.empty()) {
    const std::string element = field.layout.empty() ? "1" : "sizeof(*" + name + ")";
    out.line(
        "  if ({0} != nullptr && !copy_bytes(reply.value.{1}, {0}, "
        "static_cast<std::size_t>({2}) * {3})) return CUDA_ERROR_UNKNOWN;",
        name, field.name, field.length, element);
  } else if (field.type == FieldType::data) {
    out.line("  if ({} != nullptr && !copy_layout(reply.value.{}, *{})) return CUDA_ERROR_UNKNOWN;",
             name, field.name, name);
  } else {
    if (!field.handle.empty()) out.line("  adopt_handle(reply.value.{});", field.name);
    out.line("  if ({} != nullptr) from_wire(reply.value.{}, *{});", name, field.name, name);
  }
}

/// Whether the device reads or writes the memory behind the call's addresses, as against its
/// placement or its attributes: a node of a graph does, and so does a blocking call that writes.
bool accesses_memory(const Call& call) {
  for (const Field& field : call.request.fields) {
    if (field.is_address && !field.frees &&
        (call.capture == "recorded" ||
         (call.call_class == CallClass::sync && field.address_write))) {
      return true;
    }
  }
  return false;
}

void emit_generated_body(Writer& out, const Call& call) {
  if (call.result != "CUresult") refuse(call, "it does not return CUresult");
  const bool waits = call.call_class == CallClass::sync || call.call_class == CallClass::completion;
  if (!waits && !call.reply.fields.empty())
    refuse(call, "a call that is not waited for cannot return anything");
  out.line("  calls::{}::Request request;", call.name);
  for (const Field& field : call.request.fields) emit_request_field(out, call, field);
  emit_reply_checks(out, call);
  const Field* created = nullptr;
  const Field* released = nullptr;
  for (const Field& field : call.request.fields) {
    if (!field.creates.empty()) created = &field;
    if (field.releases) released = &field;
  }
  if (created != nullptr) {
    out.line("  request.{} = mint_handle({});", created->name, handle_kind(created->creates));
    out.line("  if (request.{} == 0) return CUDA_ERROR_OUT_OF_MEMORY;", created->name);
  }
  const bool mirrored = accesses_memory(call);
  if (mirrored) {
    out.line(
        "  if (const CUresult mirrored = mirror_out(); mirrored != CUDA_SUCCESS) return mirrored;");
  }
  if (waits) {
    out.line("  ReplyOf<calls::{}> reply;", call.name);
    out.line("  const CUresult result = call<calls::{}>(request, reply);", call.name);
  } else {
    std::string sure;
    for (const Field& field : call.request.fields) {
      if (!field.is_address || field.frees || field.is_pointer_field() ||
          field.address_length.empty()) {
        continue;
      }
      sure += fmt::format("{}knows_memory(request.{}, {})", sure.empty() ? "" : " && ", field.name,
                          field.address_length);
    }
    if (sure.empty()) {
      out.line("  const CUresult result = post<calls::{}>(request);", call.name);
    } else {
      out.line("  const CUresult result = post_if<calls::{}>({}, request);", call.name, sure);
    }
  }
  if (created != nullptr) {
    out.line("  if (result != CUDA_SUCCESS) retire_handle(request.{});", created->name);
  }
  if (created != nullptr || released != nullptr || !call.reply.fields.empty()) {
    out.line("  if (result != CUDA_SUCCESS) return result;");
    for (const Field& field : call.reply.fields) emit_reply_field(out, call, field);
    if (created != nullptr)
      out.line("  from_wire(request.{}, *{});", created->name, parameter_of(call, *created).name);
    if (released != nullptr) out.line("  retire_handle(request.{});", released->name);
  }
  if (waits && mirrored) {
    out.line("  return result == CUDA_SUCCESS ? mirror_in() : result;");
  } else {
    out.line("  return result;");
  }
}

/// Leaves the function when the calling thread is not in the state that the call needs.
std::string entrance(const Call& call, const std::vector<Parameter>& parameters) {
  const std::string asked =
      call.context == ContextNeed::stream
          ? fmt::format("enter_for({})", find_stream(parameters)->name)
          : fmt::format("enter(::vgpu::call::ContextNeed::{})", context_need_name(call.context));
  return fmt::format("if (const CUresult entered = {}; entered != CUDA_SUCCESS) return entered;",
                     asked);
}

/// The function that all exports of the newest ABI share.
void emit_implementation(Writer& out, const Call& call) {
  if (call.guest == Implementation::none || call.primary() == nullptr) return;
  out.line();
  out.line("{} implement_{}({}) {{", call.result, snake_case(call.name),
           parameter_list(call.parameters));
  if (call.result == "CUresult") {
    out.line("  {}", entrance(call, call.parameters));
    for (const Check& check : call.checks)
      out.line("  if ({}) return {};", check.fails, check.error);
  }
  if (call.guest == Implementation::written) {
    out.line("  return written::{}({});", call.primary()->symbol, argument_list(call.parameters));
  } else {
    emit_generated_body(out, call);
  }
  out.line("}}");
}

/// The written adapter of an older ABI, or null when it has none.
const Export* adapter_of(const Call& call, const Export& exported) {
  if (exported.guest != Implementation::written) return nullptr;
  if (!exported.per_thread) return &exported;
  for (const Export& other : call.exports) {
    if (!other.per_thread && !other.newest_abi &&
        type_list(other.parameters) == type_list(exported.parameters)) {
      return &other;
    }
  }
  return &exported;
}

void emit_export(Writer& out, const Call& call, const Export& exported) {
  out.line();
  if (call.primary() == nullptr) {
    out.line("CUresult {}() {{ return not_served(\"{}\"); }}", exported.symbol, exported.symbol);
    return;
  }
  out.line("{} CUDAAPI {}({}) {{", call.result, exported.symbol,
           parameter_list(exported.parameters));
  std::string target;
  std::string guard;
  if (exported.newest_abi && call.guest != Implementation::none) {
    target =
        fmt::format("implement_{}({})", snake_case(call.name), argument_list(exported.parameters));
  } else if (const Export* adapter = exported.newest_abi ? nullptr : adapter_of(call, exported)) {
    target = fmt::format("written::{}({})", adapter->symbol, argument_list(exported.parameters));
    guard = entrance(call, exported.parameters) + " ";
  }
  if (target.empty()) target = fmt::format("not_served(\"{}\")", exported.symbol);
  if (call.result != "CUresult") {
    out.line("  return {};", target);
    out.line("}}");
    return;
  }
  if (exported.per_thread) {
    if (find_stream(exported.parameters) != nullptr) {
      for (const Parameter& parameter : exported.parameters) {
        if (!parameter.is_stream()) continue;
        out.line("  if ({0} == nullptr) {0} = CU_STREAM_PER_THREAD;", parameter.name);
      }
    } else {
      out.line("  const PerThreadScope per_thread_default_stream;");
    }
  }
  std::string arguments;
  for (const Parameter& parameter : exported.parameters) {
    arguments += fmt::format(", argument(\"{0}\", {0})", parameter.name);
  }
  out.line("  return run_entry(\"{}\", [&]() -> CUresult {{ {}return {}; }}{});", exported.symbol,
           guard, target, arguments);
  out.line("}}");
}

/// cuGetProcAddress and the private tables hand out the entry points by their place in
/// call::symbols.
void emit_addresses(const Model& model, const std::string& folder) {
  Writer out(folder + "/guest_addresses.cpp");
  preamble(out, "where the entry points of libcuda.so.1 are", false);
  out.raw(
      "#include <cstddef>\n#include <iterator>\n#include <vgpu/call/cuda_types.hpp>\n#include "
      "<vgpu/guest/entry.hpp>\n\nextern \"C\" {\n");
  for (const Call& call : model.calls) {
    for (const Export& exported : call.exports) {
      out.line("{} CUDAAPI {}({});", call.result, exported.symbol,
               call.primary() == nullptr ? "" : type_list(exported.parameters));
    }
  }
  out.raw(R"(}  // extern "C"

namespace vgpu::guest {

void* export_address(std::size_t symbol) noexcept {
  static void* const addresses[] = {
)");
  for (const Call& call : model.calls) {
    for (const Export& exported : call.exports) {
      out.line("      reinterpret_cast<void*>(&::{}),", exported.symbol);
    }
  }
  out.raw(R"(  };
  return symbol < std::size(addresses) ? addresses[symbol] : nullptr;
}

}  // namespace vgpu::guest
)");
  out.save();
}

}  // namespace

void emit_guest(const Model& model, const std::string& folder) {
  Writer header(folder + "/vgpu/guest_written.hpp");
  preamble(header, "what the guest library writes by hand", true);
  header.raw("#include <vgpu/call/cuda_types.hpp>\n\nnamespace vgpu::guest::written {\n\n");
  std::string file;
  for (const Call& call : model.calls) {
    if (!call.internal.empty()) continue;
    if (call.file != file) {
      file = call.file;
      header.line("// calls/{}.cpp", file);
    }
    if (call.guest == Implementation::written) {
      header.line("{} {}({});", call.result, call.primary()->symbol,
                  parameter_list(call.parameters));
    }
    for (const Export& exported : call.exports) {
      if (!exported.newest_abi && adapter_of(call, exported) == &exported) {
        header.line("{} {}({});", call.result, exported.symbol,
                    parameter_list(exported.parameters));
      }
    }
  }
  header.raw("\n}  // namespace vgpu::guest::written\n");
  header.save();

  std::vector<std::string> implementations;
  std::vector<std::string> exports;
  std::vector<std::string> both;
  std::string refusals;
  for (const Call& call : model.calls) {
    Writer implementation;
    Writer exported_forms;
    try {
      if (call.internal.empty()) emit_implementation(implementation, call);
    } catch (const std::runtime_error& error) {
      refusals += refusals.empty() ? "" : "\n  ";
      refusals += error.what();
    }
    for (const Export& exported : call.exports) emit_export(exported_forms, call, exported);
    implementations.push_back(implementation.text());
    exports.push_back(exported_forms.text());
    both.push_back(implementation.text() + exported_forms.text());
  }
  if (!refusals.empty()) throw std::runtime_error(refusals);

  const std::vector<std::size_t> parts = split_evenly(both, guest_entry_parts);
  for (std::size_t part = 0; part < guest_entry_parts; ++part) {
    Writer out(fmt::format("{}/guest_entries_{}.cpp", folder, part));
    preamble(out, "entry points of libcuda.so.1", false);
    out.raw("#include <vgpu/call/convert.hpp>\n");
    include_calls(out, model, parts[part], parts[part + 1]);
    out.raw(R"(#include <vgpu/guest/core.hpp>
#include <vgpu/guest/entry.hpp>
#include <vgpu/guest/memory_registry.hpp>
#include <vgpu/guest_written.hpp>

#include "calls/mirrored_memory.hpp"

namespace vgpu::guest {
namespace {

using call::copy_bytes;
using call::copy_layout;
using call::from_wire;
using call::to_wire;
)");
    for (std::size_t i = parts[part]; i < parts[part + 1]; ++i) out.raw(implementations[i]);
    out.raw(
        "\n}  // namespace\n}  // namespace vgpu::guest\n\nusing namespace vgpu::guest;\n\n"
        "extern \"C\" {\n");
    for (std::size_t i = parts[part]; i < parts[part + 1]; ++i) out.raw(exports[i]);
    out.raw("\n}  // extern \"C\"\n");
    out.save();
  }
  emit_addresses(model, folder);
}

}  // namespace vgpu::codegen
