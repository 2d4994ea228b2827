#include "writer.hpp"

namespace vgpu::codegen {

void emit_trace(const Model& model, const std::string& folder) {
  Writer out(folder + "/vgpu/trace.hpp");
  preamble(out, "requests and replies as text", true);
  out.raw(R"(#include <string>
#include <vgpu/call/codec.hpp>
#include <vgpu/call/describe.hpp>
#include <vgpu/calls.hpp>

namespace vgpu::call {

)");
  for (const char* which : {"Request", "Reply"}) {
    out.line("/// Text of a {} body: `name=value` pairs, or why it cannot be read.",
             std::string(which) == "Request" ? "request's" : "reply's");
    out.line(
        "inline std::string print_{}(Operation operation, std::span<const std::byte> body, "
        "std::uint8_t data_words) {{",
        snake_case(which));
    out.line("  switch (operation) {{");
    for (const Call& call : model.calls) {
      const Message& message = std::string(which) == "Request" ? call.request : call.reply;
      out.line("    case Operation::{}:", snake_case(call.name));
      out.line(
          "      return describe<calls::{}::{}>(body, data_words, []([[maybe_unused]] const auto& "
          "m, [[maybe_unused]] Description& d) {{",
          call.name, which);
      for (const Field& field : message.fields) {
        const char* kind =
            !field.handle.empty() || !field.creates.empty() || field.is_address ? "hex" : "value";
        if (field.is_pointer_field()) kind = "list";
        if (field.type == FieldType::text) kind = "text";
        out.line("        d.{}(\"{}\", m.{});", kind, field.name, field.name);
      }
      out.line("      }});");
    }
    out.line("    default:");
    out.line("      return \"unknown operation\";");
    out.line("  }}");
    out.line("}}");
    out.line();
  }
  out.line("}}  // namespace vgpu::call");
  out.save();
}

void emit_reference(const Model& model, const std::string& folder) {
  Writer out(folder + "/reference.md");
  out.line("# Driver calls on the wire");
  out.line();
  out.line(
      "Made by capnpc-vgpu from the schema. Per call: operation number, class (when errors are "
      "reported and what is");
  out.line("ordered after what, see docs/calls.md), what it needs, and who serves it.");
  std::string file;
  for (const Call& call : model.calls) {
    if (call.file != file) {
      file = call.file;
      out.line();
      out.line("## {}", file);
      out.line();
      out.line(
          "| operation | function | class | context | capture | guest | host | ABI variants |");
      out.line("|---|---|---|---|---|---|---|---|");
    }
    std::string variants;
    for (const Export& exported : call.exports) {
      if (!variants.empty()) variants += ", ";
      variants += fmt::format("{} ({}.{})", exported.symbol, exported.since / 1000,
                              exported.since % 1000 / 10);
    }
    out.line("| {} | {} | {} | {} | {} | {} | {} | {} |", call.operation,
             call.symbol.empty() ? call.name : call.symbol, call_class_name(call.call_class),
             context_need_name(call.context), call.capture, implementation_name(call.guest),
             implementation_name(call.host), variants);
  }
  out.save();
}

}  // namespace vgpu::codegen
