#pragma once

/// \file
/// What all emitters share: the output file and the way names are spelled in C++.

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "model.hpp"

namespace vgpu::codegen {

/// One generated file. Its text is written when `save` is called, and only if it differs from what
/// is there, so that a build does not recompile what did not change.
class Writer {
 public:
  explicit Writer(std::string path) : path_(std::move(path)) {}

  /// Appends a formatted line.
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }
  void line() { text_ += '\n'; }
  void raw(std::string_view text) { text_ += text; }

  /// Throws std::runtime_error when the file cannot be written.
  void save() const;

 private:
  std::string path_;
  std::string text_;
};

/// The first lines of every generated header or source.
void preamble(Writer& out, std::string_view what, bool header);

/// "CUdeviceptr *dptr, size_t bytesize".
std::string parameter_list(const std::vector<Parameter>& parameters);
/// "dptr, bytesize".
std::string argument_list(const std::vector<Parameter>& parameters);
/// "CUdeviceptr *, size_t".
std::string type_list(const std::vector<Parameter>& parameters);

/// "vgpu::call::HandleKind::memory_pool".
std::string handle_kind(std::string_view enumerant);

const char* call_class_name(CallClass value);
const char* implementation_name(Implementation value);
const char* context_need_name(ContextNeed value);

void emit_messages(const Model& model, const std::string& folder);
void emit_operations(const Model& model, const std::string& folder);
void emit_driver_table(const Model& model, const std::string& folder);
void emit_symbols(const Model& model, const std::string& folder);
void emit_guest(const Model& model, const std::string& folder);
void emit_host(const Model& model, const std::string& folder);
void emit_trace(const Model& model, const std::string& folder);
void emit_signature_checks(const Model& model, const std::string& folder);
void emit_reference(const Model& model, const std::string& folder);

}  // namespace vgpu::codegen
