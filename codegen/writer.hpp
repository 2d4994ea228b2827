#pragma once

/// \file
/// What all emitters share: the output file and the way names are spelled in C++.

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model.hpp"

namespace vgpu::codegen {

/// One generated file. Its text is written when `save` is called, and only if it differs from what
/// is there, so that a build does not recompile what did not change.
class Writer {
 public:
  /// Text that another file takes in; it is not saved by itself.
  Writer() = default;
  explicit Writer(std::string path) : path_(std::move(path)) {}

  /// Appends a formatted line.
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }
  void line() { text_ += '\n'; }
  void raw(std::string_view text) { text_ += text; }
  const std::string& text() const { return text_; }

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
/// What calls return for a bad handle of this kind.
const char* bad_handle_error(std::string_view enumerant);

const char* call_class_name(CallClass value);
const char* implementation_name(Implementation value);
const char* context_need_name(ContextNeed value);

/// Into how many files the longest outputs are split, so that they compile beside each other.
/// cmake/vgpu_schema.cmake names the files.
inline constexpr std::size_t guest_entry_parts = 8;
inline constexpr std::size_t host_dispatch_parts = 4;
inline constexpr std::size_t message_list_parts = 4;

/// Where to cut `texts` into `parts` runs of about the same length: part i is
/// [result[i], result[i + 1]).
std::vector<std::size_t> split_evenly(const std::vector<std::string>& texts, std::size_t parts);

/// Includes what declares the messages of the model's calls [begin, end).
void include_calls(Writer& out, const Model& model, std::size_t begin, std::size_t end);

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
