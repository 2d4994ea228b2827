#pragma once

/// \file
/// The calls of the schema as the emitters see them, read from the CodeGeneratorRequest that `capnp
/// compile` writes.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vgpu::codegen {

enum class Implementation { none, generated, written };
enum class ContextNeed { none, current, anytime, stream };
enum class CallClass { local, stream, create, sync, completion, callback };

/// One C parameter: `const char *name` is {type "const char *", name "name"}.
struct Parameter {
  std::string type;
  std::string name;

  bool is_stream() const { return type == "CUstream"; }
  bool is_pointer() const { return !type.empty() && type.back() == '*'; }
  /// The type a pointer points to, without const.
  std::string pointee() const;
};

/// The stream a call is for: its first parameter that is one; null when there is none.
const Parameter* find_stream(const std::vector<Parameter>& parameters);

struct Export {
  std::string symbol;
  std::uint32_t since = 0;
  bool per_thread = false;
  /// cuGetProcAddress knows it, but the library does not export it by name.
  bool resolved_only = false;
  /// The C parameters of this ABI variant.
  std::vector<Parameter> parameters;
  /// Whether they are those of the newest ABI.
  bool newest_abi = true;
  Implementation guest = Implementation::none;
};

struct Check {
  std::string fails;
  std::string error;
};

enum class FieldType { integer, floating, text, data, list };

struct Field {
  std::string name;
  /// The C parameter it stands for; empty when there is none.
  std::string parameter;
  FieldType type = FieldType::integer;
  /// C++ type of the field, or of a list's elements: "std::uint64_t".
  std::string cpp_type;
  /// Position in the data section in bytes, or index in the pointer section.
  std::uint32_t offset = 0;
  std::uint32_t bytes = 0;
  std::string handle;   ///< HandleKind enumerant, empty when it is no handle
  std::string creates;  ///< likewise
  bool releases = false;
  bool optional = false;
  bool frees = false;
  std::string c_type;
  std::string layout;
  std::string length;
  bool is_address = false;
  std::string address_length;
  bool address_write = false;
  std::string allocates;
  std::string doc;

  bool is_pointer_field() const {
    return type == FieldType::text || type == FieldType::data || type == FieldType::list;
  }
};

struct Message {
  std::uint16_t data_words = 0;
  std::uint16_t pointer_count = 0;
  /// In Cap'n Proto ordinal order.
  std::vector<Field> fields;

  const Field* find_parameter(std::string_view parameter) const;
};

struct Call {
  std::string name;
  std::string file;  ///< schema file without folder and ending
  std::uint16_t operation = 0;
  std::string symbol;
  std::string result = "CUresult";
  std::vector<Parameter> parameters;
  CallClass call_class = CallClass::sync;
  Implementation guest = Implementation::none;
  Implementation host = Implementation::none;
  ContextNeed context = ContextNeed::none;
  std::string capture;
  std::vector<Export> exports;
  std::vector<Check> checks;
  std::string waiver;
  std::string internal;
  std::string trailing;
  std::string doc;
  Message request;
  Message reply;

  /// The exported symbol of the newest ABI, the name under which the call is written and executed.
  const Export* primary() const;
  /// The per-thread form of the primary, if there is one.
  const Export* per_thread_form() const;
};

struct SchemaFile {
  std::string name;
  std::uint64_t hash = 0;  ///< FNV-1a of the file's nodes in canonical form
};

struct Model {
  std::vector<SchemaFile> files;  ///< sorted by name
  std::vector<Call> calls;        ///< sorted by operation
};

/// Reads the CodeGeneratorRequest from `input` (a file descriptor).
/// Throws std::runtime_error with file, struct and reason where the schema breaks a rule of
/// annotations.capnp.
Model read_model(int input);

/// Splits a C parameter list at its top-level commas.
std::vector<Parameter> parse_parameters(std::string_view text);

/// "streamWaitEvent" -> "stream_wait_event".
std::string snake_case(std::string_view name);

}  // namespace vgpu::codegen
