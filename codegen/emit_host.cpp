#include <stdexcept>

#include "writer.hpp"

namespace vgpu::codegen {
namespace {

[[noreturn]] void refuse(const Call& call, const std::string& reason) {
  throw std::runtime_error(call.file + ".capnp: " + call.name + ": host = generated, but " +
                           reason);
}

bool is_number(const Call& call, const Parameter& parameter) {
  const Field* in = call.request.find_parameter(parameter.name);
  return in != nullptr && !in->is_pointer_field() && in->handle.empty() && in->creates.empty() &&
         call.reply.find_parameter(parameter.name) == nullptr;
}

void emit_handle_argument(Writer& out, const Parameter& parameter, const Field& in,
                          std::vector<std::string>& after) {
  const std::string kind = handle_kind(in.handle);
  if (in.is_pointer_field()) {
    const std::string storage = parameter.name + "_storage";
    out.line("  std::span<{}> {};", parameter.pointee(), storage);
    out.line(
        "  if (!call::resolve_list(context, {}, request.{}, {})) return CUDA_ERROR_INVALID_HANDLE;",
        kind, in.name, storage);
    out.line("  {} {} = {}.data();", parameter.type, parameter.name, storage);
    return;
  }
  out.line("  {} {}{{}};", parameter.type, parameter.name);
  const std::string resolve =
      in.handle == "function"
          ? fmt::format("call::resolve_function(context, request.{}, {})", in.name, parameter.name)
          : fmt::format("context.resolve({}, request.{}, {})", kind, in.name, parameter.name);
  out.line("  if (!{}) return {};", resolve, bad_handle_error(in.handle));
  if (in.releases)
    after.push_back(fmt::format("  context.release({}, request.{});", kind, in.name));
}

/// An output parameter that is one number or one handle; it may be an input as well.
void emit_scalar_output(Writer& out, const Parameter& parameter, const Field* in, const Field& back,
                        std::vector<std::string>& after) {
  const std::string value = parameter.name + "_value";
  if (in != nullptr) {
    out.line("  auto {} = call::from_wire<{}>(request.{});", value, parameter.pointee(), in->name);
  } else {
    out.line("  {} {}{{}};", parameter.pointee(), value);
  }
  out.line("  {} {} = &{};", parameter.type, parameter.name, value);
  if (!back.handle.empty()) {
    after.push_back(fmt::format("  reply.{} = context.mint({}, {});", back.name,
                                handle_kind(back.handle), value));
  } else {
    after.push_back(
        fmt::format("  reply.{} = call::to_wire<{}>({});", back.name, back.cpp_type, value));
  }
}

/// An output parameter that is a C structure, an array of them, or plain bytes.
void emit_bytes_output(Writer& out, const Call& call, const Parameter& parameter, const Field* in,
                       const Field& back, std::vector<std::string>& after) {
  if (back.type != FieldType::data || (back.layout.empty() && back.length.empty())) {
    refuse(call, "reply field " + back.name + " needs written code");
  }
  const std::string storage = parameter.name + "_storage";
  std::string bytes = back.layout.empty() ? "1" : "sizeof(" + parameter.pointee() + ")";
  if (!back.length.empty()) bytes += " * static_cast<std::size_t>(" + back.length + ")";
  out.line("  const std::size_t {}_bytes = {};", parameter.name, bytes);
  out.line("  const std::span<std::byte> {} = context.scratch<std::byte>({}_bytes);", storage,
           parameter.name);
  out.line("  if ({}.size() != {}_bytes) return CUDA_ERROR_OUT_OF_MEMORY;", storage,
           parameter.name);
  if (in != nullptr) {
    out.line("  if (request.{}.size() > {}.size()) return CUDA_ERROR_INVALID_VALUE;", in->name,
             storage);
    out.line(
        "  if (!request.{0}.empty()) std::memcpy({1}.data(), request.{0}.data(), "
        "request.{0}.size());",
        in->name, storage);
  }
  out.line("  auto* {} = reinterpret_cast<{}>({}.data());", parameter.name, parameter.type,
           storage);
  after.push_back(fmt::format("  reply.{} = {};", back.name, storage));
}

void emit_list_argument(Writer& out, const Parameter& parameter, const Field& in) {
  const std::string storage = parameter.name + "_storage";
  if (in.type == FieldType::data && in.layout.empty()) {
    out.line("  {0} {1} = reinterpret_cast<{0}>(request.{2}.data());", parameter.type,
             parameter.name, in.name);
  } else if (in.type == FieldType::data && !parameter.is_pointer()) {
    out.line("  {} {};", parameter.type, parameter.name);
    out.line("  if (!call::copy_layout(request.{}, {})) return CUDA_ERROR_INVALID_VALUE;", in.name,
             parameter.name);
  } else if (in.type == FieldType::data) {
    out.line("  std::span<{}> {};", parameter.pointee(), storage);
    out.line("  if (!call::copy_layouts(context, request.{}, {})) return CUDA_ERROR_INVALID_VALUE;",
             in.name, storage);
    out.line("  {} {} = {}.data();", parameter.type, parameter.name, storage);
  } else {
    out.line("  const std::span<{0}> {1} = call::copy_list<{0}>(context, request.{2});",
             parameter.pointee(), storage, in.name);
    out.line("  {} {} = {}.data();", parameter.type, parameter.name, storage);
  }
}

/// Declares a local variable with the C parameter's own name and type, from the request.
void emit_argument(Writer& out, const Call& call, const Parameter& parameter,
                   std::vector<std::string>& after) {
  const Field* in = call.request.find_parameter(parameter.name);
  const Field* back = call.reply.find_parameter(parameter.name);
  if (in == nullptr && back == nullptr)
    refuse(call, "parameter " + parameter.name + " has no field");
  if (in != nullptr && !in->creates.empty()) {
    out.line("  if (!context.can_bind({}, request.{})) return CUDA_ERROR_INVALID_HANDLE;",
             handle_kind(in->creates), in->name);
    out.line("  {} created{{}};", parameter.pointee());
    out.line("  {} {} = &created;", parameter.type, parameter.name);
    after.push_back(fmt::format(
        "  if (!context.bind_new({}, request.{}, created)) return CUDA_ERROR_OUT_OF_MEMORY;",
        handle_kind(in->creates), in->name));
  } else if (in != nullptr && !in->handle.empty()) {
    emit_handle_argument(out, parameter, *in, after);
  } else if (back != nullptr && !back->is_pointer_field()) {
    emit_scalar_output(out, parameter, in, *back, after);
  } else if (back != nullptr) {
    emit_bytes_output(out, call, parameter, in, *back, after);
  } else if (in->type == FieldType::text) {
    out.line("  {} {} = request.{}.data();", parameter.type, parameter.name, in->name);
  } else if (in->is_pointer_field()) {
    emit_list_argument(out, parameter, *in);
  } else {
    out.line("  const auto {} = call::from_wire<{}>(request.{});", parameter.name, parameter.type,
             in->name);
  }
}

/// The per-thread form is called where the request says that the default stream is the thread's.
bool has_implicit_stream(const Call& call) {
  const Field* stream = call.request.find_parameter("stream");
  if (stream == nullptr || stream->handle != "stream" || call.per_thread_form() == nullptr)
    return false;
  for (const Parameter& parameter : call.parameters) {
    if (parameter.name == "stream") return false;
  }
  return true;
}

void emit_execute(Writer& out, const Call& call) {
  out.line();
  out.line("CUresult execute_{}([[maybe_unused]] CallContext& context,", snake_case(call.name));
  out.line("                    [[maybe_unused]] const calls::{}::Request& request,", call.name);
  out.line("                    [[maybe_unused]] calls::{}::Reply& reply) {{", call.name);
  if (has_implicit_stream(call)) {
    out.line(
        "  const auto function = request.stream == 2 ? context.driver().{} : context.driver().{};",
        call.per_thread_form()->symbol, call.primary()->symbol);
  } else {
    out.line("  const auto function = context.driver().{};", call.primary()->symbol);
  }
  out.line("  if (function == nullptr) return CUDA_ERROR_NOT_SUPPORTED;");
  std::vector<std::string> after;
  // Length expressions speak of the numbers among the parameters, so those come first.
  for (const bool numbers : {true, false}) {
    for (const Parameter& parameter : call.parameters) {
      if (is_number(call, parameter) == numbers) emit_argument(out, call, parameter, after);
    }
  }
  for (const Field& field : call.request.fields) {
    if (field.is_pointer_field() && field.type != FieldType::text && !field.length.empty()) {
      const std::string element = field.layout.empty() ? "1" : "sizeof(" + field.layout + ")";
      out.line(
          "  if (request.{0}.data() != nullptr && request.{0}.size() / {1} < "
          "static_cast<std::size_t>({2})) return "
          "CUDA_ERROR_INVALID_VALUE;",
          field.name, element, field.length);
    }
    if (field.is_address) {
      const std::string length = field.address_length.empty() ? "0" : field.address_length;
      out.line(
          "  if (!context.owns(request.{}, static_cast<std::uint64_t>({}))) return "
          "CUDA_ERROR_INVALID_VALUE;",
          field.name, length);
    }
    if (field.frees) refuse(call, "freeing memory needs written code");
  }
  for (const Field& field : call.reply.fields) {
    if (!field.allocates.empty()) refuse(call, "allocating memory needs written code");
  }
  out.line("  const CUresult result = function({});", argument_list(call.parameters));
  if (!after.empty()) {
    out.line("  if (result != CUDA_SUCCESS) return result;");
    for (const std::string& statement : after) out.line("{}", statement);
  }
  out.line("  return result;");
  out.line("}}");
}

}  // namespace

void emit_host(const Model& model, const std::string& folder) {
  Writer header(folder + "/vgpu/host_written.hpp");
  preamble(header, "what the host writes by hand", true);
  header.raw(
      "#include <vgpu/calls.hpp>\n#include <vgpu/host/call_context.hpp>\n\nnamespace vgpu::host "
      "{\n\n");
  std::string file;
  for (const Call& call : model.calls) {
    if (call.host != Implementation::written) continue;
    if (call.file != file) {
      file = call.file;
      header.line("// calls/{}.cpp", file);
    }
    header.line(
        "CUresult execute(CallContext& context, const calls::{0}::Request& request, "
        "calls::{0}::Reply& reply);",
        call.name);
  }
  header.raw("\n}  // namespace vgpu::host\n");
  header.save();

  std::vector<std::string> texts;
  std::string refusals;
  for (const Call& call : model.calls) {
    Writer text;
    try {
      if (call.host == Implementation::generated) emit_execute(text, call);
    } catch (const std::runtime_error& error) {
      refusals += refusals.empty() ? "" : "\n  ";
      refusals += error.what();
    }
    if (call.host != Implementation::none) {
      const std::string function = call.host == Implementation::generated
                                       ? "execute_" + snake_case(call.name)
                                       : fmt::format("written<calls::{}>", call.name);
      text.line();
      text.line("constexpr HostCall serve_{} =", snake_case(call.name));
      text.line("    &call::serve<calls::{}, CallContext, &{}>;", call.name, function);
    }
    texts.push_back(text.text());
  }
  if (!refusals.empty()) throw std::runtime_error(refusals);

  const std::vector<std::size_t> parts = split_evenly(texts, host_dispatch_parts);
  for (std::size_t part = 0; part < host_dispatch_parts; ++part) {
    Writer out(fmt::format("{}/host_dispatch_{}.cpp", folder, part));
    preamble(out, "what the host does for some of the operations", false);
    out.raw("#include <cstring>\n#include <vgpu/call/convert.hpp>\n");
    out.raw(R"(#include <vgpu/driver_table.hpp>
#include <vgpu/host_dispatch.hpp>
#include <vgpu/host_written.hpp>

namespace vgpu::host {
namespace {

template <class Call>
CUresult written(CallContext& context, const typename Call::Request& request,
                 typename Call::Reply& reply) {
  return execute(context, request, reply);
}
)");
    for (std::size_t i = parts[part]; i < parts[part + 1]; ++i) out.raw(texts[i]);
    out.raw("\n}  // namespace\n\n");
    out.line("HostCall find_host_call_{}(call::Operation operation) noexcept {{", part);
    out.line("  switch (operation) {{");
    for (std::size_t i = parts[part]; i < parts[part + 1]; ++i) {
      const Call& call = model.calls[i];
      if (call.host == Implementation::none) continue;
      out.line("    case call::Operation::{0}: return serve_{0};", snake_case(call.name));
    }
    out.raw("    default: return nullptr;\n  }\n}\n\n}  // namespace vgpu::host\n");
    out.save();
  }

  Writer out(folder + "/host_dispatch.cpp");
  preamble(out, "what the host does for each operation", false);
  out.raw("#include <vgpu/host_dispatch.hpp>\n\nnamespace vgpu::host {\n\n");
  for (std::size_t part = 0; part < host_dispatch_parts; ++part) {
    out.line("HostCall find_host_call_{}(call::Operation operation) noexcept;", part);
  }
  out.raw("\nHostCall find_host_call(call::Operation operation) noexcept {\n");
  for (std::size_t part = 0; part + 1 < host_dispatch_parts; ++part) {
    if (parts[part + 1] == model.calls.size()) continue;
    out.line("  if (operation < call::Operation::{}) return find_host_call_{}(operation);",
             snake_case(model.calls[parts[part + 1]].name), part);
  }
  out.line("  return find_host_call_{}(operation);", host_dispatch_parts - 1);
  out.raw("}\n\n}  // namespace vgpu::host\n");
  out.save();

  Writer dispatch(folder + "/vgpu/host_dispatch.hpp");
  preamble(dispatch, "the host's dispatcher", true);
  dispatch.raw(R"(#include <vgpu/call/serve.hpp>
#include <vgpu/host/call_context.hpp>
#include <vgpu/operations.hpp>

namespace vgpu::host {

/// Decodes a request, executes it, and encodes the reply into the context's scratch memory.
using HostCall = CUresult (*)(CallContext& context, std::span<const std::byte> body,
                              std::uint8_t data_words, call::EncodedReply& reply);

/// nullptr for an operation that the host does not serve.
HostCall find_host_call(call::Operation operation) noexcept;

}  // namespace vgpu::host
)");
  dispatch.save();
}

}  // namespace vgpu::codegen
