#include <algorithm>
#include <bit>

#include "reference_host/software_device/exec/decode.hpp"
#include "reference_host/software_device/exec/texture_ops.hpp"

namespace vgpu::softdevice::exec {

namespace {

struct Geometry {
  std::string_view name;
  unsigned dimensions;
  bool layered;
  bool cube;
};

constexpr Geometry geometries[] = {
    {".1d", 1, false, false},  {".2d", 2, false, false}, {".3d", 3, false, false},
    {".a1d", 1, true, false},  {".a2d", 2, true, false}, {".cube", 2, false, true},
    {".acube", 2, true, true},
};

}  // namespace

std::uint32_t Decoder::image_handle(const Operand& operand) {
  if (operand.kind == Operand::Kind::reg) return source_code(operand, Type::b64);
  if (operand.kind != Operand::Kind::address) {
    fail("needs a texture or surface");
    return 0;
  }
  if (operand.has_register) {
    if (register_width(operand.reg) != 8 || operand.value != 0) {
      fail("needs a texture or surface in a register of 64 bits");
    }
    return register_offsets_[operand.reg];
  }
  std::uint64_t address = 0;
  bool in_frame = false;
  const ptx::Variable* variable = find_variable(operand);
  if (variable == nullptr || variable->opaque == ptx::Opaque::none) {
    fail("names something that is no texture or surface: " + std::string(operand.name));
    return 0;
  }
  symbol_address(operand, address, in_frame);
  return constants_.code(8, address);
}

void Decoder::texture() {
  const bool gather = in_->opcode == "tld4";
  TextureForm form;
  form.gather = gather;
  const bool level = !gather && take(".level");
  const bool grad = !gather && take(".grad");
  take(".base");
  static constexpr std::string_view channels[] = {".r", ".g", ".b", ".a"};
  if (gather) {
    for (unsigned i = 0; i < 4; ++i)
      if (take(channels[i])) form.channel = i;
  }
  const Geometry* geometry = nullptr;
  for (const Geometry& candidate : geometries)
    if (geometry == nullptr && take(candidate.name)) geometry = &candidate;
  const bool pairs = !gather && take(".v2");
  const Type result = pairs || take(".v4") ? take_type() : Type::none;
  const Type coordinate = take_type();
  if (failed()) return;
  bool known = geometry != nullptr && (coordinate == Type::s32 || coordinate == Type::f32);
  if (pairs && result == Type::f16x2) {
    form.results = TextureResults::packed_halves;
  } else if (!pairs && !gather && result == Type::f16) {
    form.results = TextureResults::halves;
  } else {
    known &= !pairs && (result == Type::u32 || result == Type::s32 || result == Type::f32);
  }
  if (!known) {
    fail("is not supported in this form");
    return;
  }
  form.dimensions = geometry->dimensions;
  form.layered = geometry->layered;
  form.cube = geometry->cube;
  form.integer = coordinate == Type::s32;

  std::vector<std::uint32_t> codes(texture_operands, no_guard);
  const Operand& destination = operand(0);
  const std::size_t destinations = pairs ? 2 : 4;
  if (destination.kind != Operand::Kind::vector || destination.elements.size() != destinations) {
    fail(pairs ? "needs two destinations" : "needs four destinations");
    return;
  }
  const Type element_type = form.results == TextureResults::halves ? Type::b16 : Type::b32;
  for (std::size_t i = 0; i < destinations; ++i) {
    const Operand& element = destination.elements[i];
    if (element.kind != Operand::Kind::underscore)
      codes[texture_d + i] = destination_code(element, element_type);
  }
  Op op;
  op.kind = OpKind::memory;
  op.handler = op_texture;
  op.aux = form.pack();
  const Operand& image = operand(1);
  op.a = image_handle(image);
  op.c = no_guard;
  if (in_->second_destination.kind != Operand::Kind::none)
    op.c = predicate_destination(in_->second_destination);
  if (failed()) return;
  if (image.elements.size() != 1) {
    fail("needs texture and sampler in one, and coordinates");
    return;
  }
  const unsigned coordinates = form.cube ? 3 : form.dimensions;
  if (!image_coordinates(image.elements[0], coordinate, form.layered, coordinates,
                         form.layered ? &codes[texture_layer] : nullptr, &codes[texture_at])) {
    return;
  }
  std::size_t next = 2;
  if (level) {
    codes[texture_level] =
        source_code(operand(next++), coordinate == Type::s32 ? Type::b32 : Type::f32);
  } else if (grad) {
    for (const std::uint32_t place : {texture_dx, texture_dy}) {
      if (!image_coordinates(operand(next++), Type::f32, false, coordinates, nullptr,
                             &codes[place]))
        return;
    }
  }
  if (next < operand_count() && operand(next).kind == Operand::Kind::vector) {
    if (!image_coordinates(operand(next++), Type::s32, false, form.dimensions, nullptr,
                           &codes[texture_offset]))
      return;
  }
  if (next < operand_count()) {
    fail("compares depths, which is not supported");
    return;
  }
  op.extra = static_cast<std::uint32_t>(decoded_.extra.size());
  decoded_.extra.insert(decoded_.extra.end(), codes.begin(), codes.end());
  decoded_.ops.push_back(op);
}

bool Decoder::image_coordinates(const Operand& list, Type type, bool layered, unsigned count,
                                std::uint32_t* layer, std::uint32_t* codes) {
  const bool vector = list.kind == Operand::Kind::vector;
  const std::size_t needed = count + (layered ? 1 : 0);
  if ((vector ? list.elements.size() : 1) < needed) {
    fail("has too few coordinates");
    return false;
  }
  std::size_t next = 0;
  const auto element = [&]() -> const Operand& { return vector ? list.elements[next++] : list; };
  if (layered) *layer = source_code(element(), Type::b32);
  for (unsigned i = 0; i < count; ++i) codes[i] = source_code(element(), type);
  return !failed();
}

void Decoder::image_query() {
  struct Name {
    std::string_view name;
    ImageQuery query;
  };
  static constexpr Name names[] = {
      {".width", ImageQuery::width},
      {".height", ImageQuery::height},
      {".depth", ImageQuery::depth},
      {".channel_data_type", ImageQuery::channel_data_type},
      {".channel_order", ImageQuery::channel_order},
      {".normalized_coords", ImageQuery::normalized_coords},
      {".force_unnormalized_coords", ImageQuery::force_unnormalized_coords},
      {".filter_mode", ImageQuery::filter_mode},
      {".addr_mode_0", ImageQuery::addr_mode_0},
      {".addr_mode_1", ImageQuery::addr_mode_1},
      {".addr_mode_2", ImageQuery::addr_mode_2},
      {".array_size", ImageQuery::array_size},
      {".num_mipmap_levels", ImageQuery::num_mipmap_levels},
      {".num_samples", ImageQuery::num_samples},
      {".memory_layout", ImageQuery::memory_layout},
  };
  const bool level = take(".level");
  const Name* chosen = nullptr;
  for (const Name& name : names)
    if (chosen == nullptr && take(name.name)) chosen = &name;
  const Type type = take_type();
  if (chosen == nullptr || ptx::size_of(type) != 4) {
    fail("is not supported in this form");
    return;
  }
  Op op;
  op.kind = OpKind::memory;
  op.handler = op_image_query;
  op.aux = static_cast<std::uint32_t>(chosen->query);
  op.extra = in_->opcode == "suq" ? 1 : 0;
  op.d = destination_code(operand(0), Type::b32);
  op.a = image_handle(operand(1));
  op.b = level ? source_code(operand(2), Type::b32) : no_guard;
  decoded_.ops.push_back(op);
}

void Decoder::is_image() {
  const bool texture = take(".texref");
  const bool surface = !texture && take(".surfref");
  if (!texture && !surface) {
    fail("is not supported in this form");
    return;
  }
  Op op;
  op.handler = op_is_image;
  op.aux = surface ? 1 : 0;
  op.d = predicate_destination(operand(0));
  const Operand& handle = operand(1);
  op.a =
      handle.kind == Operand::Kind::address ? image_handle(handle) : source_code(handle, Type::b64);
  decoded_.ops.push_back(op);
}

void Decoder::surface() {
  const bool load = in_->opcode == "suld";
  const bool reduce = in_->opcode == "sured";
  SurfaceForm form;
  form.formatted = take(".p");
  if (!form.formatted && !take(".b")) fail("needs .b or .p");
  for (const std::string_view hint : {".ca", ".cg", ".cs", ".cv", ".wb", ".wt"}) take(hint);
  const Geometry* geometry = nullptr;
  for (const Geometry& candidate : geometries)
    if (geometry == nullptr && !candidate.cube && take(candidate.name)) geometry = &candidate;
  if (reduce) {
    struct Name {
      std::string_view name;
      SurfaceReduction reduction;
    };
    static constexpr Name names[] = {{".add", SurfaceReduction::add},
                                     {".min", SurfaceReduction::min},
                                     {".max", SurfaceReduction::max},
                                     {".and", SurfaceReduction::and_},
                                     {".or", SurfaceReduction::or_}};
    bool named = false;
    for (const Name& name : names) {
      if (named || !take(name.name)) continue;
      form.reduction = name.reduction;
      named = true;
    }
    if (!named) fail("needs an operation");
  }
  form.count = take(".v4") ? 4 : take(".v2") ? 2 : 1;
  const Type type = take_type();
  form.edge = take(".clamp")  ? SurfaceEdge::clamp
              : take(".zero") ? SurfaceEdge::zero
                              : SurfaceEdge::trap;
  take(".trap");
  const std::size_t bytes = ptx::size_of(type);
  if (failed()) return;
  if (geometry == nullptr || bytes == 0 || bytes > 8 || (load && form.formatted) ||
      (form.formatted && bytes != 4) || (reduce && bytes < 4)) {
    fail("is not supported in this form");
    return;
  }
  form.dimensions = geometry->dimensions;
  form.layered = geometry->layered;
  form.element_log2 = static_cast<unsigned>(std::countr_zero(bytes));
  form.is_signed = ptx::is_signed(type);

  std::vector<std::uint32_t> codes(surface_operands, no_guard);
  const Operand& value = operand(load ? 0 : 1);
  const Operand& image = operand(load ? 1 : 0);
  const bool vector = value.kind == Operand::Kind::vector;
  if ((vector ? value.elements.size() : 1) != form.count) {
    fail("has the wrong number of values");
    return;
  }
  int width = static_cast<int>(std::max<std::size_t>(bytes, 2));
  for (std::size_t i = 0; i < form.count; ++i) {
    const Operand& element = vector ? value.elements[i] : value;
    if (load && element.kind == Operand::Kind::underscore) continue;
    if (element.kind == Operand::Kind::reg) width = register_width(element.reg);
    codes[surface_value + i] =
        load ? destination_code(element, type, true) : source_code(element, type, true);
  }
  form.register_log2 = static_cast<unsigned>(std::countr_zero(static_cast<unsigned>(width)));
  Op op;
  op.kind = OpKind::memory;
  op.handler = load ? op_surface_load : reduce ? op_surface_reduce : op_surface_store;
  op.a = image_handle(image);
  if (failed()) return;
  if (image.elements.size() != 1) {
    fail("needs coordinates");
    return;
  }
  if (!image_coordinates(image.elements[0], Type::b32, form.layered, form.dimensions,
                         &codes[surface_at + 2], &codes[surface_at]))
    return;
  op.aux = form.pack();
  op.extra = static_cast<std::uint32_t>(decoded_.extra.size());
  decoded_.extra.insert(decoded_.extra.end(), codes.begin(), codes.end());
  decoded_.ops.push_back(op);
}

}  // namespace vgpu::softdevice::exec
