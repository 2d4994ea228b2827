#include "writer.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace vgpu::codegen {

void Writer::save() const {
  std::ifstream old(path_, std::ios::binary);
  if (old) {
    const std::string before((std::istreambuf_iterator<char>(old)),
                             std::istreambuf_iterator<char>());
    if (before == text_) {
      // Build tools compare times: an unchanged file must still count as made.
      std::filesystem::last_write_time(path_, std::filesystem::file_time_type::clock::now());
      return;
    }
  }
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path());
  std::ofstream out(path_, std::ios::binary | std::ios::trunc);
  out << text_;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path_);
}

void preamble(Writer& out, std::string_view what, bool header) {
  out.line("// Made by capnpc-vgpu from include/vgpu/schema: {}.", what);
  if (header) out.line("#pragma once");
  out.line();
}

std::string parameter_list(const std::vector<Parameter>& parameters) {
  std::string text;
  for (const Parameter& parameter : parameters) {
    if (!text.empty()) text += ", ";
    text += parameter.type;
    if (text.back() != '*') text += ' ';
    text += parameter.name;
  }
  return text;
}

std::string argument_list(const std::vector<Parameter>& parameters) {
  std::string text;
  for (const Parameter& parameter : parameters) {
    if (!text.empty()) text += ", ";
    text += parameter.name;
  }
  return text;
}

std::string type_list(const std::vector<Parameter>& parameters) {
  std::string text;
  for (const Parameter& parameter : parameters) {
    if (!text.empty()) text += ", ";
    text += parameter.type;
  }
  return text;
}

std::string handle_kind(std::string_view enumerant) {
  return "::vgpu::call::HandleKind::" + snake_case(enumerant);
}

const char* call_class_name(CallClass value) {
  static constexpr const char* names[] = {"local", "stream",     "create",
                                          "sync",  "completion", "callback"};
  return names[static_cast<int>(value)];
}

const char* implementation_name(Implementation value) {
  static constexpr const char* names[] = {"none", "generated", "written"};
  return names[static_cast<int>(value)];
}

const char* context_need_name(ContextNeed value) {
  static constexpr const char* names[] = {"none", "current", "anytime"};
  return names[static_cast<int>(value)];
}

}  // namespace vgpu::codegen
