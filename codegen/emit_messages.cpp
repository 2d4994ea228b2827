#include <algorithm>
#include <map>

#include "writer.hpp"

namespace vgpu::codegen {
namespace {

std::string member_type(const Field& field) {
  switch (field.type) {
    case FieldType::text:
      return "std::string_view";
    case FieldType::data:
    case FieldType::list:
      return "std::span<const " + field.cpp_type + ">";
    default:
      return field.cpp_type;
  }
}

void emit_message(Writer& out, const char* name, const Message& message) {
  out.line("  struct {} {{", name);
  out.line("    static constexpr std::uint16_t data_words = {};", message.data_words);
  out.line("    static constexpr std::uint16_t pointer_count = {};", message.pointer_count);
  std::vector<const Field*> data;
  std::vector<const Field*> pointers;
  for (const Field& field : message.fields)
    (field.is_pointer_field() ? pointers : data).push_back(&field);
  const auto by_offset = [](const Field* a, const Field* b) { return a->offset < b->offset; };
  std::sort(data.begin(), data.end(), by_offset);
  std::sort(pointers.begin(), pointers.end(), by_offset);

  // The members are the data section itself, so holes that Cap'n Proto left become members too.
  std::uint32_t position = 0;
  const auto fill_to = [&](std::uint32_t offset) {
    if (offset > position) {
      out.line("    std::array<std::uint8_t, {}> hole_{}_{{}};", offset - position, position);
    }
    position = offset;
  };
  for (const Field* field : data) {
    fill_to(field->offset);
    const char* align = position == 0 && message.data_words > 0 ? "alignas(8) " : "";
    out.line("    {}{} {} = 0;", align, field->cpp_type, field->name);
    position += field->bytes;
  }
  fill_to(message.data_words * 8U);
  for (const Field* field : pointers) out.line("    {} {}{{}};", member_type(*field), field->name);
  out.line("    /// Calls `visit(name, field)` for each number, in the order of the data section.");
  out.line("    template <class Self, class Visitor>");
  out.line(
      "    static void numbers([[maybe_unused]] Self& self, [[maybe_unused]] Visitor&& visit) {{");
  for (const Field* field : data) {
    out.line("      visit(std::string_view(\"{0}\"), self.{0});", field->name);
  }
  out.line("    }}");
  if (!pointers.empty()) {
    out.line("    template <class Self, class Visitor>");
    out.line("    static void pointers(Self& self, Visitor&& visit) {{");
    for (const Field* field : pointers) out.line("      visit(self.{});", field->name);
    out.line("    }}");
    std::string names;
    for (const Field* field : pointers) {
      names += (names.empty() ? "\"" : ", \"") + field->name + "\"";
    }
    out.line("    static constexpr std::array<std::string_view, {}> pointer_names{{{}}};",
             pointers.size(), names);
  }
  out.line("  }};");
}

void emit_layout_checks(Writer& out, const std::string& full_name, const Message& message) {
  for (const Field& field : message.fields) {
    if (field.is_pointer_field()) continue;
    out.line("static_assert(offsetof({}, {}) == {});", full_name, field.name, field.offset);
  }
  if (message.pointer_count == 0 && message.data_words != 0) {
    out.line("static_assert(sizeof({}) == {});", full_name, message.data_words * 8);
  }
}

/// In parts, as whoever instantiates something for every message takes the compiler long.
void emit_message_list(const Model& model, const std::string& folder) {
  std::vector<std::string> texts;
  for (const Call& call : model.calls) {
    Writer text;
    for (const char* which : {"Request", "Reply"}) {
      text.line("  visit.template operator()<{0}::{1}>(\"{2}\", \"{0}\", \"{1}\");", call.name,
                which, call.file);
    }
    texts.push_back(text.text());
  }
  const std::vector<std::size_t> parts = split_evenly(texts, message_list_parts);
  for (std::size_t part = 0; part < message_list_parts; ++part) {
    Writer list(fmt::format("{}/vgpu/message_list_{}.hpp", folder, part));
    preamble(list, "some of the messages, see message_list.hpp", true);
    include_calls(list, model, parts[part], parts[part + 1]);
    list.raw("\nnamespace vgpu::calls {\n\n");
    list.line("template <class Visitor>");
    list.line("void for_each_message_{}(Visitor&& visit) {{", part);
    for (std::size_t i = parts[part]; i < parts[part + 1]; ++i) list.raw(texts[i]);
    list.raw("}\n\n}  // namespace vgpu::calls\n");
    list.save();
  }

  Writer list(folder + "/vgpu/message_list.hpp");
  preamble(list, "every message there is, for tests and tools that treat all alike", true);
  for (std::size_t part = 0; part < message_list_parts; ++part) {
    list.line("#include <vgpu/message_list_{}.hpp>", part);
  }
  list.raw("\nnamespace vgpu::calls {\n\n");
  list.line(
      "/// Calls `visit.template operator()<Message>(file, call, \"Request\" or \"Reply\")` for "
      "every message.");
  list.line("template <class Visitor>");
  list.line("void for_each_message(Visitor&& visit) {{");
  for (std::size_t part = 0; part < message_list_parts; ++part) {
    list.line("  for_each_message_{}(visit);", part);
  }
  list.raw("}\n\n}  // namespace vgpu::calls\n");
  list.save();
}

}  // namespace

void emit_messages(const Model& model, const std::string& folder) {
  std::map<std::string, std::vector<const Call*>> by_file;
  for (const Call& call : model.calls) by_file[call.file].push_back(&call);
  Writer all(folder + "/vgpu/calls.hpp");
  preamble(all, "all calls", true);
  for (const auto& [file, calls] : by_file) {
    all.line("#include <vgpu/calls/{}.hpp>", file);
    Writer out(fmt::format("{}/vgpu/calls/{}.hpp", folder, file));
    preamble(out, fmt::format("requests and replies of {}.capnp", file), true);
    out.raw(
        "#include <array>\n#include <cstddef>\n#include <cstdint>\n#include <span>\n#include "
        "<string_view>\n"
        "#include <vgpu/operations.hpp>\n\nnamespace vgpu::calls {\n");
    for (const Call* call : calls) {
      out.line();
      out.line("/// {}({})", call->symbol.empty() ? call->internal : call->symbol,
               parameter_list(call->parameters));
      out.line("struct {} {{", call->name);
      out.line("  static constexpr call::Operation operation = call::Operation::{};",
               snake_case(call->name));
      out.line("  static constexpr call::CallClass call_class = call::CallClass::{};",
               call_class_name(call->call_class));
      out.line("  static constexpr call::ContextNeed context_need = call::ContextNeed::{};",
               context_need_name(call->context));
      emit_message(out, "Request", call->request);
      emit_message(out, "Reply", call->reply);
      out.line("}};");
      emit_layout_checks(out, call->name + "::Request", call->request);
      emit_layout_checks(out, call->name + "::Reply", call->reply);
    }
    out.line();
    out.line("}}  // namespace vgpu::calls");
    out.save();
  }
  all.save();

  emit_message_list(model, folder);
}

}  // namespace vgpu::codegen
