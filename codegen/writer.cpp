#include "writer.hpp"

#include <filesystem>
#include <fstream>
#include <set>
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

std::vector<std::size_t> split_evenly(const std::vector<std::string>& texts, std::size_t parts) {
  std::size_t total = 0;
  for (const std::string& text : texts) total += text.size();
  std::vector<std::size_t> cuts{0};
  std::size_t before = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (cuts.size() < parts && before >= total * cuts.size() / parts) cuts.push_back(i);
    before += texts[i].size();
  }
  cuts.resize(parts + 1, texts.size());
  return cuts;
}

void include_calls(Writer& out, const Model& model, std::size_t begin, std::size_t end) {
  std::set<std::string> files;
  for (std::size_t i = begin; i < end; ++i) files.insert(model.calls[i].file);
  for (const std::string& file : files) out.line("#include <vgpu/calls/{}.hpp>", file);
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

const char* bad_handle_error(std::string_view enumerant) {
  if (enumerant == "context") return "CUDA_ERROR_INVALID_CONTEXT";
  return enumerant.starts_with("graph") ? "CUDA_ERROR_INVALID_VALUE" : "CUDA_ERROR_INVALID_HANDLE";
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
  static constexpr const char* names[] = {"none", "current", "anytime", "stream"};
  return names[static_cast<int>(value)];
}

}  // namespace vgpu::codegen
