#include <charconv>

#include "reference_host/software_device/exec/control_ops.hpp"
#include "reference_host/software_device/exec/decode.hpp"
#include "reference_host/software_device/exec/matrix.hpp"

namespace vgpu::softdevice::exec {

namespace {

struct TypeName {
  std::string_view name;
  MatrixType type;
};
constexpr TypeName type_names[] = {
    {".f16", MatrixType::f16},  {".bf16", MatrixType::bf16}, {".tf32", MatrixType::tf32},
    {".f32", MatrixType::f32},  {".f64", MatrixType::f64},   {".s8", MatrixType::s8},
    {".u8", MatrixType::u8},    {".s4", MatrixType::s4},     {".u4", MatrixType::u4},
    {".b1", MatrixType::b1},    {".s32", MatrixType::s32},   {".e4m3", MatrixType::e4m3},
    {".e5m2", MatrixType::e5m2}};

/// ".m16n8k16" as numbers; false when it is something else. ".m8n8" has k 0.
bool read_shape(std::string_view text, MatrixShape& shape) {
  const char* at = text.data();
  const char* const end = at + text.size();
  if (text.size() < 5 || text.substr(0, 2) != ".m") return false;
  const auto number = [&](char letter, unsigned& value) {
    if (at == end || *at != letter) return false;
    const auto [next, error] = std::from_chars(at + 1, end, value);
    at = next;
    return error == std::errc();
  };
  ++at;
  return number('m', shape.m) && number('n', shape.n) &&
         ((at == end && (shape.k = 0, true)) || (number('k', shape.k) && at == end));
}

bool is_byte(MatrixType type) {
  return type == MatrixType::s8 || type == MatrixType::u8;
}
bool is_nibble(MatrixType type) {
  return type == MatrixType::s4 || type == MatrixType::u4;
}
bool is_float8(MatrixType type) {
  return type == MatrixType::e4m3 || type == MatrixType::e5m2;
}

/// The products that mma has; results and accumulators are checked apart.
bool mma_exists(const MatrixShape& s, MatrixType a, MatrixType b) {
  const auto any = [&](std::initializer_list<MatrixShape> shapes) {
    for (const MatrixShape& shape : shapes)
      if (s == shape) return true;
    return false;
  };
  if (is_byte(a) && is_byte(b)) return any({{8, 8, 16}, {16, 8, 16}, {16, 8, 32}});
  if (is_nibble(a) && is_nibble(b)) return any({{8, 8, 32}, {16, 8, 32}, {16, 8, 64}});
  if (is_float8(a) && is_float8(b)) return any({{16, 8, 32}});
  if (a != b) return false;
  switch (a) {
    case MatrixType::f16:
      return any({{8, 8, 4}, {16, 8, 8}, {16, 8, 16}});
    case MatrixType::bf16:
      return any({{16, 8, 8}, {16, 8, 16}});
    case MatrixType::tf32:
      return any({{16, 8, 4}, {16, 8, 8}});
    case MatrixType::f64:
      return any({{8, 8, 4}, {16, 8, 4}, {16, 8, 8}, {16, 8, 16}});
    case MatrixType::b1:
      return any({{8, 8, 128}, {16, 8, 128}, {16, 8, 256}});
    default:
      return false;
  }
}

bool wmma_exists(const MatrixShape& s, MatrixType a, MatrixType b) {
  const bool large =
      s == MatrixShape{16, 16, 16} || s == MatrixShape{8, 32, 16} || s == MatrixShape{32, 8, 16};
  if (is_byte(a) && is_byte(b)) return large;
  if (is_nibble(a) && is_nibble(b)) return s == MatrixShape{8, 8, 32};
  if (a != b) return false;
  switch (a) {
    case MatrixType::f16:
    case MatrixType::bf16:
      return large;
    case MatrixType::tf32:
      return s == MatrixShape{16, 16, 8};
    case MatrixType::f64:
      return s == MatrixShape{8, 8, 4};
    case MatrixType::b1:
      return s == MatrixShape{8, 8, 128};
    default:
      return false;
  }
}

/// Whether a product of `a` can be added to `c`.
bool accumulates(MatrixType a, MatrixType c) {
  switch (a) {
    case MatrixType::f16:
      return c == MatrixType::f16 || c == MatrixType::f32;
    case MatrixType::f64:
      return c == MatrixType::f64;
    case MatrixType::bf16:
    case MatrixType::tf32:
      return c == MatrixType::f32;
    case MatrixType::e4m3:
    case MatrixType::e5m2:
      return c == MatrixType::f32 || c == MatrixType::f16;
    default:
      return c == MatrixType::s32;
  }
}

bool wmma_loads(const MatrixShape& shape, MatrixPart part, MatrixType type) {
  if (part != MatrixPart::c) return wmma_exists(shape, type, type);
  for (const TypeName& multiplicand : type_names)
    if (wmma_exists(shape, multiplicand.type, multiplicand.type) &&
        accumulates(multiplicand.type, type))
      return true;
  return false;
}

/// Registers that hold a lane's part.
std::size_t registers_of(const FragmentMap& map, MatrixType type) {
  return map.elements / elements_per_register(type);
}
/// The same for wmma, where f16 A and B have eight whatever the shape.
std::size_t wmma_registers(const FragmentMap& map, MatrixPart part, MatrixType type) {
  if (part != MatrixPart::c && type == MatrixType::f16) return 8;
  return registers_of(map, type);
}

}  // namespace

bool Decoder::take_shape(MatrixShape& shape) {
  for (std::size_t i = 0; i < in_->modifiers.size(); ++i) {
    if ((taken_ >> i & 1) != 0 || !read_shape(in_->modifiers[i], shape)) continue;
    taken_ |= std::uint64_t{1} << i;
    return true;
  }
  fail("has no shape");
  return false;
}

MatrixType Decoder::take_matrix_type() {
  for (std::size_t i = 0; i < in_->modifiers.size(); ++i) {
    if ((taken_ >> i & 1) != 0) continue;
    for (const TypeName& entry : type_names) {
      if (in_->modifiers[i] != entry.name) continue;
      taken_ |= std::uint64_t{1} << i;
      return entry.type;
    }
  }
  return MatrixType::none;
}

/// `.row` or `.col`, in the order written: true for row.
bool Decoder::take_layout() {
  for (std::size_t i = 0; i < in_->modifiers.size(); ++i) {
    if ((taken_ >> i & 1) != 0) continue;
    if (in_->modifiers[i] != ".row" && in_->modifiers[i] != ".col") continue;
    taken_ |= std::uint64_t{1} << i;
    return in_->modifiers[i] == ".row";
  }
  fail("needs .row or .col");
  return true;
}

std::vector<std::uint32_t> Decoder::fragment_codes(const Operand& operand, std::size_t count,
                                                   Type type, bool is_destination) {
  std::vector<std::uint32_t> codes;
  const auto add = [&](const Operand& element) {
    codes.push_back(is_destination ? destination_code(element, type) : source_code(element, type));
  };
  if (operand.kind == Operand::Kind::vector)
    for (const Operand& element : operand.elements) add(element);
  else
    add(operand);
  if (codes.size() != count) fail("needs a vector of " + std::to_string(count) + " registers");
  return codes;
}

void Decoder::emit_matrix(MatrixOp matrix, Op op) {
  op.handler = op_sync;
  op.kind = OpKind::control;
  op.aux = static_cast<std::uint32_t>(decoded_.matrices.size());
  op.extra = static_cast<std::uint32_t>(SyncKind::matrix);
  // All lanes of the warp take part.
  matrix.offset = op.immediate;
  op.immediate = constants_.code(4, UINT32_MAX);
  decoded_.matrices.push_back(std::make_shared<const MatrixOp>(std::move(matrix)));
  decoded_.ops.push_back(op);
}

void Decoder::matrix_multiply() {
  MatrixOp matrix;
  const bool is_wmma = in_->opcode == "wmma";
  take(".sync");
  take(".aligned");
  if (!take_shape(matrix.shape)) return;
  const bool a_row = take_layout();
  const bool b_row = take_layout();
  matrix.saturate = take(".satfinite");
  bool directed = false;
  bool integral = false;
  matrix.rounding = static_cast<std::uint8_t>(take_rounding(directed, integral));
  MatrixType types[4] = {};
  std::size_t count = 0;
  while (count < 4 && (types[count] = take_matrix_type()) != MatrixType::none) ++count;
  matrix.d_type = types[0];
  matrix.a_type = count == 4 ? types[1] : MatrixType::f16;
  matrix.b_type = count == 4 ? types[2] : MatrixType::f16;
  matrix.c_type = count == 4 ? types[3] : types[1];
  if (matrix.a_type == MatrixType::b1) {
    matrix.bits_and = take(".and");
    if ((!matrix.bits_and && !take(".xor")) || !take(".popc")) fail("needs .xor.popc or .and.popc");
  }
  const bool exists = is_wmma ? wmma_exists(matrix.shape, matrix.a_type, matrix.b_type)
                              : mma_exists(matrix.shape, matrix.a_type, matrix.b_type);
  const bool integers = matrix.c_type == MatrixType::s32;
  if ((count != 4 && !(is_wmma && count == 2)) || !exists ||
      !accumulates(matrix.a_type, matrix.c_type) || !accumulates(matrix.a_type, matrix.d_type) ||
      (matrix.saturate && !integers) || (directed && matrix.a_type != MatrixType::f64)) {
    fail("is not supported");
    return;
  }
  const bool quads =
      !is_wmma && matrix.shape == MatrixShape{8, 8, 4} && matrix.a_type == MatrixType::f16;
  const bool any_layout =
      quads || (is_wmma && !is_nibble(matrix.a_type) && matrix.a_type != MatrixType::b1);
  if (!any_layout && (!a_row || b_row)) {
    fail("needs .row.col");
    return;
  }
  if (quads) {
    matrix.batches = 4;
    matrix.a_map = &quad_fragment(MatrixPart::a, matrix.a_type, a_row);
    matrix.b_map = &quad_fragment(MatrixPart::b, matrix.b_type, b_row);
    matrix.c_map = &quad_fragment(MatrixPart::c, matrix.c_type, true);
    matrix.d_map = &quad_fragment(MatrixPart::c, matrix.d_type, true);
  } else if (is_wmma) {
    matrix.a_map = &wmma_fragment(matrix.shape, MatrixPart::a);
    matrix.b_map = &wmma_fragment(matrix.shape, MatrixPart::b);
    matrix.c_map = matrix.d_map = &wmma_fragment(matrix.shape, MatrixPart::c);
  } else {
    matrix.a_map = &mma_fragment(matrix.shape, MatrixPart::a, matrix.a_type);
    matrix.b_map = &mma_fragment(matrix.shape, MatrixPart::b, matrix.b_type);
    matrix.c_map = matrix.d_map = &mma_fragment(matrix.shape, MatrixPart::c, matrix.c_type);
  }
  const auto codes = [&](std::size_t index, const FragmentMap& map, MatrixPart part,
                         MatrixType type) {
    const std::size_t registers =
        is_wmma ? wmma_registers(map, part, type) : registers_of(map, type);
    return fragment_codes(operand(index), registers,
                          type == MatrixType::f64 ? Type::f64 : Type::b32, index == 0);
  };
  matrix.d = codes(0, *matrix.d_map, MatrixPart::c, matrix.d_type);
  matrix.a = codes(1, *matrix.a_map, MatrixPart::a, matrix.a_type);
  matrix.b = codes(2, *matrix.b_map, MatrixPart::b, matrix.b_type);
  matrix.c = codes(3, *matrix.c_map, MatrixPart::c, matrix.c_type);
  emit_matrix(std::move(matrix), {});
}

void Decoder::matrix_fragment() {
  if (in_->modifiers.empty()) {
    fail("is not supported");
    return;
  }
  const bool is_load = take(".load");
  const bool is_store = !is_load && take(".store");
  if (!is_load && !is_store) {
    if (!take(".mma")) fail("is not supported");
    return matrix_multiply();
  }
  MatrixOp matrix;
  matrix.kind = is_load ? MatrixOp::Kind::load : MatrixOp::Kind::store;
  auto part = MatrixPart::c;
  if (take(".a"))
    part = MatrixPart::a;
  else if (take(".b"))
    part = MatrixPart::b;
  else if (!take(is_load ? ".c" : ".d"))
    fail("is not supported");
  take(".sync");
  take(".aligned");
  if (!take_shape(matrix.shape)) return;
  matrix.row_major = take_layout();
  matrix.access = take_access();
  matrix.d_type = take_matrix_type();
  const bool small = element_bits(matrix.d_type) < 8;
  if (!wmma_loads(matrix.shape, part, matrix.d_type) ||
      (small && matrix.row_major != (part == MatrixPart::a))) {
    fail("is not supported");
    return;
  }
  matrix.d_map = &wmma_fragment(matrix.shape, part);
  matrix.rows = part == MatrixPart::b ? matrix.shape.k : matrix.shape.m;
  matrix.columns = part == MatrixPart::a ? matrix.shape.k : matrix.shape.n;
  const std::size_t memory = is_load ? 1 : 0;
  Op op;
  if (!address_operand(operand(memory), matrix.access, op)) return;
  matrix.d = fragment_codes(operand(1 - memory), wmma_registers(*matrix.d_map, part, matrix.d_type),
                            matrix.d_type == MatrixType::f64 ? Type::f64 : Type::b32, is_load);
  if (operand_count() > 2) matrix.stride = source_code(operand(2), Type::u32);
  emit_matrix(std::move(matrix), op);
}

void Decoder::matrix_rows() {
  MatrixOp matrix;
  const bool is_load = in_->opcode == "ldmatrix";
  matrix.kind = is_load ? MatrixOp::Kind::load_rows : MatrixOp::Kind::store_rows;
  take(".sync");
  take(".aligned");
  take_shape(matrix.shape);
  std::size_t count = 0;
  if (take(".x1")) count = 1;
  if (take(".x2")) count = 2;
  if (take(".x4")) count = 4;
  matrix.transposed = take(".trans");
  matrix.access = take_access();
  if (matrix.shape != MatrixShape{8, 8, 0} || count == 0 || !take(".b16")) {
    fail("is not supported");
    return;
  }
  if (matrix.access.place != Place::generic && matrix.access.place != Place::shared) {
    fail("cannot reach this space");
    return;
  }
  const std::size_t memory = is_load ? 1 : 0;
  Op op;
  if (!address_operand(operand(memory), matrix.access, op)) return;
  matrix.d = fragment_codes(operand(1 - memory), count, Type::b32, is_load);
  emit_matrix(std::move(matrix), op);
}

void Decoder::matrix_transpose() {
  MatrixOp matrix;
  matrix.kind = MatrixOp::Kind::transpose;
  take(".sync");
  take(".aligned");
  take_shape(matrix.shape);
  if (matrix.shape != MatrixShape{8, 8, 0} || !take(".trans") || !take(".b16")) {
    fail("is not supported");
    return;
  }
  matrix.d = fragment_codes(operand(0), 1, Type::b32, true);
  matrix.a = fragment_codes(operand(1), 1, Type::b32, false);
  emit_matrix(std::move(matrix), {});
}

}  // namespace vgpu::softdevice::exec
