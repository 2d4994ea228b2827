#include <capnp/schema.capnp.h>
#include <capnp/schema.h>
#include <capnp/serialize.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <stdexcept>

#include "annotations.capnp.h"
#include "model.hpp"

namespace vgpu::codegen {
namespace {

constexpr std::uint64_t call_annotation = 0xc2f4a1d7e95b3002;
constexpr std::uint64_t handle_annotation = 0xc2f4a1d7e95b3003;
constexpr std::uint64_t creates_annotation = 0xc2f4a1d7e95b3004;
constexpr std::uint64_t releases_annotation = 0xc2f4a1d7e95b3005;
constexpr std::uint64_t c_name_annotation = 0xc2f4a1d7e95b3006;
constexpr std::uint64_t c_type_annotation = 0xc2f4a1d7e95b3007;
constexpr std::uint64_t layout_annotation = 0xc2f4a1d7e95b3008;
constexpr std::uint64_t length_annotation = 0xc2f4a1d7e95b3009;
constexpr std::uint64_t optional_annotation = 0xc2f4a1d7e95b300a;
constexpr std::uint64_t trailing_annotation = 0xc2f4a1d7e95b300b;
constexpr std::uint64_t address_annotation = 0xc2f4a1d7e95b300c;
constexpr std::uint64_t allocates_annotation = 0xc2f4a1d7e95b300d;
constexpr std::uint64_t frees_annotation = 0xc2f4a1d7e95b300e;
constexpr std::uint64_t internal_annotation = 0xc2f4a1d7e95b300f;

std::string text(::capnp::Text::Reader reader) {
  return {reader.begin(), reader.size()};
}

/// The enumerant's name as the schema writes it.
template <class Enum>
std::string enumerant(Enum value) {
  const auto schema = ::capnp::Schema::from<Enum>();
  const auto index = static_cast<unsigned>(value);
  const auto enumerants = schema.getEnumerants();
  if (index >= enumerants.size()) throw std::runtime_error("enumerant out of range");
  return text(enumerants[index].getProto().getName());
}

Implementation implementation(schema::Implementation value) {
  switch (value) {
    case schema::Implementation::GENERATED:
      return Implementation::generated;
    case schema::Implementation::WRITTEN:
      return Implementation::written;
    default:
      return Implementation::none;
  }
}

struct Scalar {
  const char* cpp;
  std::uint32_t bytes;
};

Scalar scalar_of(::capnp::schema::Type::Reader type, const std::string& where) {
  switch (type.which()) {
    case ::capnp::schema::Type::INT8:
      return {"std::int8_t", 1};
    case ::capnp::schema::Type::INT16:
      return {"std::int16_t", 2};
    case ::capnp::schema::Type::INT32:
      return {"std::int32_t", 4};
    case ::capnp::schema::Type::INT64:
      return {"std::int64_t", 8};
    case ::capnp::schema::Type::UINT8:
      return {"std::uint8_t", 1};
    case ::capnp::schema::Type::UINT16:
      return {"std::uint16_t", 2};
    case ::capnp::schema::Type::UINT32:
      return {"std::uint32_t", 4};
    case ::capnp::schema::Type::UINT64:
      return {"std::uint64_t", 8};
    case ::capnp::schema::Type::FLOAT32:
      return {"float", 4};
    case ::capnp::schema::Type::FLOAT64:
      return {"double", 8};
    default:
      throw std::runtime_error(where + ": fields are numbers, Text, Data or lists of numbers");
  }
}

Field read_field(::capnp::schema::Field::Reader proto, const std::string& where) {
  Field field;
  field.name = text(proto.getName());
  field.parameter = field.name;
  const std::string here = where + "." + field.name;
  if (!proto.isSlot())
    throw std::runtime_error(here + ": groups and unions are not used on this wire");
  const auto slot = proto.getSlot();
  if (slot.getHadExplicitDefault()) throw std::runtime_error(here + ": fields have no defaults");
  const auto type = slot.getType();
  switch (type.which()) {
    case ::capnp::schema::Type::TEXT:
      field.type = FieldType::text;
      field.offset = slot.getOffset();
      break;
    case ::capnp::schema::Type::DATA:
      field.type = FieldType::data;
      field.cpp_type = "std::byte";
      field.offset = slot.getOffset();
      break;
    case ::capnp::schema::Type::LIST:
      field.type = FieldType::list;
      field.cpp_type = scalar_of(type.getList().getElementType(), here).cpp;
      field.offset = slot.getOffset();
      break;
    default: {
      const Scalar scalar = scalar_of(type, here);
      field.type = type.isFloat32() || type.isFloat64() ? FieldType::floating : FieldType::integer;
      field.cpp_type = scalar.cpp;
      field.bytes = scalar.bytes;
      field.offset = slot.getOffset() * scalar.bytes;
    }
  }
  for (const auto annotation : proto.getAnnotations()) {
    const auto value = annotation.getValue();
    switch (annotation.getId()) {
      case handle_annotation:
        field.handle = enumerant(static_cast<schema::HandleKind>(value.getEnum()));
        break;
      case creates_annotation:
        field.creates = enumerant(static_cast<schema::HandleKind>(value.getEnum()));
        break;
      case releases_annotation:
        field.releases = true;
        break;
      case c_name_annotation:
        field.parameter = text(value.getText());
        break;
      case c_type_annotation:
        field.c_type = text(value.getText());
        break;
      case layout_annotation:
        field.layout = text(value.getText());
        break;
      case length_annotation:
        field.length = text(value.getText());
        break;
      case optional_annotation:
        field.optional = true;
        break;
      case frees_annotation:
        field.frees = true;
        break;
      case allocates_annotation:
        field.allocates = text(value.getText());
        break;
      case address_annotation: {
        const auto address = value.getStruct().getAs<schema::Address>();
        field.is_address = true;
        field.address_length = text(address.getLength());
        field.address_write = address.getWrite();
        break;
      }
      default:
        break;
    }
  }
  return field;
}

class Reader {
 public:
  explicit Reader(::capnp::schema::CodeGeneratorRequest::Reader request) : request_(request) {
    for (const auto node : request.getNodes()) nodes_.emplace(node.getId(), node);
    for (const auto info : request.getSourceInfo())
      docs_.emplace(info.getId(), text(info.getDocComment()));
  }

  Model read() {
    Model model;
    for (const auto file : request_.getRequestedFiles()) {
      const std::string path = text(file.getFilename());
      std::string stem = path.substr(path.find_last_of('/') + 1);
      stem = stem.substr(0, stem.rfind('.'));
      model.files.push_back({stem, hash_node(file.getId(), 0xcbf29ce484222325)});
      for (const auto nested : nodes_.at(file.getId()).getNestedNodes())
        read_call(nested.getId(), stem, model);
    }
    std::sort(model.files.begin(), model.files.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    std::sort(model.calls.begin(), model.calls.end(),
              [](const Call& a, const Call& b) { return a.operation < b.operation; });
    check(model);
    return model;
  }

 private:
  /// Over what the schema means, not how it is written: comments and layout do not make two builds
  /// differ.
  std::uint64_t hash_node(std::uint64_t id, std::uint64_t hash) const {
    const auto node = nodes_.find(id);
    if (node == nodes_.end()) return hash;
    const auto words = ::capnp::canonicalize(node->second);
    for (const unsigned char byte : words.asBytes()) hash = (hash ^ byte) * 0x100000001b3;
    for (const auto nested : node->second.getNestedNodes()) hash = hash_node(nested.getId(), hash);
    return hash;
  }

  Message read_message(std::uint64_t parent, const std::string& wanted, const std::string& where) {
    for (const auto nested : nodes_.at(parent).getNestedNodes()) {
      if (text(nested.getName()) != wanted) continue;
      const auto node = nodes_.at(nested.getId());
      const auto shape = node.getStruct();
      Message message;
      message.data_words = shape.getDataWordCount();
      message.pointer_count = shape.getPointerCount();
      std::vector<::capnp::schema::Field::Reader> fields;
      for (const auto field : shape.getFields()) fields.push_back(field);
      std::sort(fields.begin(), fields.end(),
                [](const auto& a, const auto& b) { return a.getCodeOrder() < b.getCodeOrder(); });
      std::string place = where;
      place.append(".").append(wanted);
      for (const auto& field : fields) message.fields.push_back(read_field(field, place));
      return message;
    }
    throw std::runtime_error(where + ": has no struct " + wanted);
  }

  void read_call(std::uint64_t id, const std::string& file, Model& model) {
    const auto node = nodes_.at(id);
    if (!node.isStruct()) return;
    for (const auto annotation : node.getAnnotations()) {
      if (annotation.getId() != call_annotation) continue;
      const auto source = annotation.getValue().getStruct().getAs<schema::Call>();
      Call call;
      call.name = text(node.getDisplayName()).substr(node.getDisplayNamePrefixLength());
      const std::string where = file + ".capnp: " + call.name;
      call.file = file;
      call.operation = source.getOperation();
      call.symbol = text(source.getSymbol());
      if (source.hasResult()) call.result = text(source.getResult());
      call.parameters = parse_parameters(text(source.getParameters()));
      call.call_class = static_cast<CallClass>(source.getCallClass());
      call.guest = implementation(source.getGuest());
      call.host = implementation(source.getHost());
      call.context = static_cast<ContextNeed>(source.getContext());
      call.capture = enumerant(source.getCapture());
      call.waiver = text(source.getWaiver());
      for (const auto variant : source.getExports()) {
        Export exported;
        exported.symbol = text(variant.getSymbol());
        exported.since = variant.getSince();
        exported.per_thread = variant.getPerThread();
        exported.resolved_only = variant.getResolvedOnly();
        exported.newest_abi = variant.getParameters().size() == 0;
        exported.parameters =
            exported.newest_abi ? call.parameters : parse_parameters(text(variant.getParameters()));
        exported.guest = exported.newest_abi ? call.guest : implementation(variant.getGuest());
        call.exports.push_back(std::move(exported));
      }
      for (const auto check : source.getChecks()) {
        call.checks.push_back({text(check.getFails()), text(check.getError())});
      }
      for (const auto other : node.getAnnotations()) {
        if (other.getId() == trailing_annotation) call.trailing = text(other.getValue().getText());
        if (other.getId() == internal_annotation) call.internal = text(other.getValue().getText());
      }
      if (const auto doc = docs_.find(id); doc != docs_.end()) call.doc = doc->second;
      call.request = read_message(id, "Request", where);
      call.reply = read_message(id, "Reply", where);
      for (const Message* message : {&call.request, &call.reply}) {
        for (const Field& field : message->fields) {
          if (message == &call.reply && field.releases)
            throw std::runtime_error(where + ": a reply releases nothing");
        }
      }
      for (const auto nested : node.getNestedNodes()) {
        for (const auto other : nodes_.at(nested.getId()).getAnnotations()) {
          if (other.getId() == trailing_annotation)
            call.trailing = text(other.getValue().getText());
        }
      }
      model.calls.push_back(std::move(call));
    }
  }

  static void check(const Model& model) {
    std::set<std::uint16_t> operations;
    std::set<std::string> symbols;
    std::set<std::string> names;
    for (const Call& call : model.calls) {
      const std::string where = call.file + ".capnp: " + call.name;
      if (call.operation == 0) throw std::runtime_error(where + ": operation numbers begin at 1");
      if (!operations.insert(call.operation).second)
        throw std::runtime_error(where + ": operation number used twice");
      if (!names.insert(call.name).second) throw std::runtime_error(where + ": name used twice");
      for (const Export& exported : call.exports) {
        if (!symbols.insert(exported.symbol).second) {
          throw std::runtime_error(where + ": symbol " + exported.symbol + " stands twice");
        }
        if (call.context == ContextNeed::stream && find_stream(exported.parameters) == nullptr) {
          throw std::runtime_error(where + ": context = stream, but " + exported.symbol +
                                   " has no CUstream");
        }
      }
      if (call.internal.empty() && call.waiver.empty() && call.primary() == nullptr) {
        throw std::runtime_error(where + ": no export has the newest ABI");
      }
    }
  }

  ::capnp::schema::CodeGeneratorRequest::Reader request_;
  std::map<std::uint64_t, ::capnp::schema::Node::Reader> nodes_;
  std::map<std::uint64_t, std::string> docs_;
};

std::string trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
    text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

std::string Parameter::pointee() const {
  std::string inner = trimmed(std::string_view(type).substr(0, type.size() - 1));
  if (inner.back() != '*' && inner.rfind("const ", 0) == 0)
    inner = trimmed(std::string_view(inner).substr(6));
  return inner;
}

const Parameter* find_stream(const std::vector<Parameter>& parameters) {
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [](const Parameter& p) { return p.is_stream(); });
  return found == parameters.end() ? nullptr : &*found;
}

const Field* Message::find_parameter(std::string_view parameter) const {
  for (const Field& field : fields) {
    if (field.parameter == parameter) return &field;
  }
  return nullptr;
}

const Export* Call::primary() const {
  const Export* found = nullptr;
  for (const Export& exported : exports) {
    if (exported.newest_abi && !exported.per_thread) found = &exported;
  }
  return found;
}

const Export* Call::per_thread_form() const {
  const Export* found = nullptr;
  for (const Export& exported : exports) {
    if (exported.newest_abi && exported.per_thread) found = &exported;
  }
  return found;
}

std::vector<Parameter> parse_parameters(std::string_view text) {
  std::vector<Parameter> parameters;
  std::string list = trimmed(text);
  if (list.empty() || list == "void") return parameters;
  std::vector<std::string> pieces;
  int depth = 0;
  std::string piece;
  for (const char c : list) {
    if (c == '(' || c == '[') ++depth;
    if (c == ')' || c == ']') --depth;
    if (c == ',' && depth == 0) {
      pieces.push_back(trimmed(piece));
      piece.clear();
    } else {
      piece += c;
    }
  }
  pieces.push_back(trimmed(piece));
  for (std::string& item : pieces) {
    bool array = false;
    if (!item.empty() && item.back() == ']') {
      array = true;
      item = trimmed(item.substr(0, item.find('[')));
    }
    std::size_t begin = item.size();
    while (begin > 0 &&
           (std::isalnum(static_cast<unsigned char>(item[begin - 1])) || item[begin - 1] == '_'))
      --begin;
    Parameter parameter{trimmed(item.substr(0, begin)), item.substr(begin)};
    if (parameter.type.empty() || parameter.name.empty()) {
      throw std::runtime_error("cannot read the C parameter '" + item + "'");
    }
    if (array) parameter.type += " *";
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

std::string snake_case(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (std::isupper(c)) {
      const bool after_lower =
          i > 0 && !std::isupper(static_cast<unsigned char>(name[i - 1])) && name[i - 1] != '_';
      const bool before_lower = i > 0 && i + 1 < name.size() &&
                                std::isupper(static_cast<unsigned char>(name[i - 1])) &&
                                std::islower(static_cast<unsigned char>(name[i + 1]));
      if (after_lower || before_lower) out += '_';
      out += static_cast<char>(std::tolower(c));
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

Model read_model(int input) {
  ::capnp::ReaderOptions options;
  options.traversalLimitInWords = std::uint64_t{1} << 30;
  ::capnp::StreamFdMessageReader reader(input, options);
  return Reader(reader.getRoot<::capnp::schema::CodeGeneratorRequest>()).read();
}

}  // namespace vgpu::codegen
