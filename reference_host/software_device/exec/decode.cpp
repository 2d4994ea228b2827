#include "reference_host/software_device/exec/decode.hpp"

#include <algorithm>
#include <cstring>

#include "reference_host/software_device/exec/control_ops.hpp"

namespace vgpu::softdevice::exec {

namespace {

constexpr std::size_t round_up(std::size_t value, std::size_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

}  // namespace

std::uint32_t ConstantPool::code(int width, std::uint64_t value) {
  if (width == 0) value = value != 0 ? UINT32_MAX : 0;
  const auto [it, inserted] = codes_.try_emplace({width, value}, 0);
  if (inserted) {
    const auto offset = static_cast<std::uint32_t>(round_up(bytes_.size(), 64));
    const std::size_t element = width == 0 ? 4 : static_cast<std::size_t>(width);
    bytes_.resize(offset + element * warp_size);
    for (std::size_t lane = 0; lane < warp_size; ++lane)
      std::memcpy(bytes_.data() + offset + lane * element, &value, element);
    it->second = offset | base_constants;
  }
  return it->second;
}

void lay_out_frame(ptx::Function& function, DecodedFunction& decoded) {
  decoded.name = std::string(function.name);
  std::size_t kernel_params = 0;
  for (ptx::Variable& variable : function.variables) {
    const bool formal = std::find(function.parameters.begin(), function.parameters.end(),
                                  &variable) != function.parameters.end();
    std::size_t* block = nullptr;
    if (variable.space == ptx::Space::local) block = &decoded.local_bytes;
    if (variable.space == ptx::Space::param)
      block = formal && function.is_entry ? &kernel_params : &decoded.param_bytes;
    if (block == nullptr) continue;
    variable.address = round_up(*block, variable.alignment);
    *block = variable.address + variable.size;
  }
  decoded.local_bytes = round_up(decoded.local_bytes, 16);
  decoded.param_bytes = round_up(decoded.param_bytes, 16);
  const auto argument = [](const ptx::Variable* variable) {
    return CallArgument{static_cast<std::uint32_t>(variable->address),
                        static_cast<std::uint32_t>(variable->address),
                        static_cast<std::uint32_t>(variable->size)};
  };
  for (const ptx::Variable* variable : function.parameters)
    decoded.parameters.push_back(argument(variable));
  for (const ptx::Variable* variable : function.results)
    decoded.results.push_back(argument(variable));
}

namespace {

/// Whether the language has the opcode, served or not: what it has not is wrong for any device.
bool is_ptx_opcode(std::string_view opcode) {
  static constexpr std::string_view all =
      " abs activemask add addc alloca and applypriority atom bar barrier bfe bfi bfind bmsk bra "
      "brev "
      "brkpt brx call clusterlaunchcontrol clz cnot copysign cos cp createpolicy cvt cvta discard "
      "div "
      "dp2a dp4a elect ex2 exit fence fma fns getctarank griddepcontrol isspacep istypep ld "
      "ldmatrix "
      "ldu lg2 lop3 mad mad24 madc mapa match max mbarrier membar min mma mov movmatrix mul mul24 "
      "multimem nanosleep neg not or pmevent popc prefetch prefetchu prmt rcp red redux rem ret "
      "rsqrt "
      "sad selp set setmaxnreg setp shf shfl shl shr sin slct sqrt st stackrestore stacksave "
      "stmatrix "
      "sub subc suld suq sured sust szext tanh tcgen05 tensormap testp tex tld4 trap txq vabsdiff "
      "vabsdiff2 vabsdiff4 vadd vadd2 vadd4 vavrg2 vavrg4 vmad vmax vmax2 vmax4 vmin vmin2 vmin4 "
      "vote "
      "vset vset2 vset4 vshl vshr vsub vsub2 vsub4 wgmma wmma xor ";
  return all.find(" " + std::string(opcode) + " ") != std::string_view::npos;
}

}  // namespace

bool Decoder::decode(std::vector<std::string>* refused) {
  std::size_t offset = 0;
  int registers = 0;
  register_offsets_.reserve(function_.registers.size());
  for (const Type type : function_.registers) {
    const std::size_t width = std::max<std::size_t>(ptx::size_of(type), type == Type::pred ? 0 : 2);
    const std::size_t bytes = type == Type::pred ? 4 : width * warp_size;
    if (type != Type::pred) {
      offset = round_up(offset, 64);
      registers += width >= 8 ? static_cast<int>(width / 4) : 1;
    }
    register_offsets_.push_back(static_cast<std::uint32_t>(offset));
    const std::uint32_t place = register_offsets_.back();
    if (width == 16) {
      decoded_.registers.insert(decoded_.registers.end(), {{place, 8}, {place + wide_half, 8}});
    } else {
      decoded_.registers.push_back(
          {place, type == Type::pred ? 0 : static_cast<std::uint32_t>(width)});
    }
    offset += bytes;
  }
  decoded_.register_bytes = round_up(std::max<std::size_t>(offset, 64), 64);
  decoded_.register_count = registers;
  if (offset > (std::size_t{1} << 30)) {
    error_ = "too many registers";
    return false;
  }

  std::vector<std::uint32_t> starts;
  starts.reserve(function_.instructions.size() + 1);
  for (const ptx::Instruction& instruction : function_.instructions) {
    in_ = &instruction;
    taken_ = 0;
    const std::size_t first = decoded_.ops.size();
    starts.push_back(static_cast<std::uint32_t>(first));
    const auto method = methods().find(instruction.opcode);
    if (method == methods().end()) {
      fail(is_ptx_opcode(instruction.opcode) ? "is not supported" : "is no instruction of PTX");
    } else if (instruction.modifiers.size() > 64) {
      fail("has too many modifiers");
    } else {
      (this->*method->second)();
    }
    for (std::size_t i = 0; !failed() && i < instruction.modifiers.size(); ++i)
      if ((taken_ >> i & 1) == 0)
        fail("has a modifier that is not supported: " + std::string(instruction.modifiers[i]));
    if (failed()) {
      if (refused == nullptr) return false;
      refused->push_back(std::move(error_));
      error_.clear();
      decoded_.ops.resize(first);
      continue;
    }
    for (std::size_t i = first; i < decoded_.ops.size(); ++i) {
      decoded_.ops[i].line = instruction.line;
      if (!instruction.guarded) continue;
      decoded_.ops[i].guard = register_offsets_[instruction.guard];
      decoded_.ops[i].guard_negated = instruction.guard_negated;
    }
  }
  starts.push_back(static_cast<std::uint32_t>(decoded_.ops.size()));
  // Falling off the end returns.
  Op end;
  end.handler = op_return;
  end.kind = OpKind::control;
  end.line = function_.instructions.empty() ? function_.line : function_.instructions.back().line;
  decoded_.ops.push_back(end);

  const auto target = [&](std::uint32_t label) { return starts[function_.label_targets[label]]; };
  for (Op& op : decoded_.ops) {
    if (op.kind == OpKind::branch) op.aux = target(op.aux);
    if (op.handler != op_branch_table) continue;
    const auto& labels = function_.branch_lists[op.aux];
    op.extra = static_cast<std::uint32_t>(decoded_.extra.size());
    op.aux = static_cast<std::uint32_t>(labels.size());
    for (const std::uint32_t label : labels) decoded_.extra.push_back(target(label));
  }
  std::uint32_t run = 0;
  for (auto op = decoded_.ops.rbegin(); op != decoded_.ops.rend(); ++op) {
    run = op->kind == OpKind::plain && op->guard == no_guard ? run + 1 : 0;
    op->run = run;
  }
  decoded_.decoded = true;
  return true;
}

void Decoder::fail(std::string reason) {
  if (failed()) return;
  error_line_ = in_->line;
  error_ = ptx::quoted(text()) + " " + std::move(reason);
}

std::string Decoder::text() const {
  std::string result(in_->opcode);
  for (const std::string_view modifier : in_->modifiers) result += modifier;
  return result;
}

bool Decoder::take(std::string_view modifier) {
  for (std::size_t i = 0; i < in_->modifiers.size(); ++i) {
    if (in_->modifiers[i] != modifier || (taken_ >> i & 1) != 0) continue;
    taken_ |= std::uint64_t{1} << i;
    return true;
  }
  return false;
}

Decoder::Type Decoder::take_type() {
  for (std::size_t i = 0; i < in_->modifiers.size(); ++i) {
    if ((taken_ >> i & 1) != 0) continue;
    const Type type = ptx::type_named(in_->modifiers[i]);
    if (type == Type::none) continue;
    taken_ |= std::uint64_t{1} << i;
    return type;
  }
  fail("has no type");
  return Type::b32;
}

Rounding Decoder::take_rounding(bool& directed, bool& integral) {
  struct Mode {
    std::string_view name;
    Rounding rounding;
    bool integral;
  };
  static constexpr Mode modes[] = {
      {".rn", Rounding::nearest, false}, {".rz", Rounding::zero, false},
      {".rm", Rounding::down, false},    {".rp", Rounding::up, false},
      {".rni", Rounding::nearest, true}, {".rzi", Rounding::zero, true},
      {".rmi", Rounding::down, true},    {".rpi", Rounding::up, true}};
  directed = false;
  integral = false;
  for (const Mode& mode : modes) {
    if (!take(mode.name)) continue;
    integral = mode.integral;
    directed = !mode.integral && mode.rounding != Rounding::nearest;
    return mode.rounding;
  }
  return Rounding::nearest;
}

const ptx::Operand& Decoder::operand(std::size_t index) {
  static const Operand missing;
  if (index < in_->operands.size()) return in_->operands[index];
  fail("has too few operands");
  return missing;
}

int Decoder::register_width(std::uint32_t reg) const {
  const Type type = function_.registers[reg];
  if (type == Type::pred) return 0;
  return static_cast<int>(std::max<std::size_t>(ptx::size_of(type), 2));
}

std::uint32_t Decoder::source_code(const Operand& operand, Type type, bool wider_allowed) {
  const int width = static_cast<int>(std::max<std::size_t>(ptx::size_of(type), 2));
  if (width > 8) {
    fail("has no operands of 128 bits");
    return 0;
  }
  switch (operand.kind) {
    case Operand::Kind::reg: {
      const int actual = register_width(operand.reg);
      if (operand.minus || !operand.selector.empty()) fail("cannot have this operand");
      if (operand.negated || actual == 0 || (wider_allowed ? actual < width : actual != width) ||
          actual > 8) {
        fail("has a register of the wrong size: " + std::string(operand.name));
        return 0;
      }
      return register_offsets_[operand.reg];
    }
    case Operand::Kind::integer: {
      std::uint64_t value = static_cast<std::uint64_t>(operand.value);
      if (type == Type::f64) {
        const double number = static_cast<double>(operand.value);
        std::memcpy(&value, &number, sizeof value);
      } else if (type == Type::f32) {
        const float number = static_cast<float>(operand.value);
        value = 0;
        std::memcpy(&value, &number, sizeof number);
      }
      if (width < 8) value &= (std::uint64_t{1} << (8 * width)) - 1;
      return constants_.code(width, value);
    }
    case Operand::Kind::float_bits: {
      std::uint64_t value = static_cast<std::uint64_t>(operand.value);
      if (width == 4 && !operand.single) {
        double wide;
        std::memcpy(&wide, &value, sizeof wide);
        const float narrow = static_cast<float>(wide);
        value = 0;
        std::memcpy(&value, &narrow, sizeof narrow);
      } else if (width == 8 && operand.single) {
        float narrow;
        std::memcpy(&narrow, &value, sizeof narrow);
        const double wide = narrow;
        std::memcpy(&value, &wide, sizeof wide);
      } else if (width < 4) {
        fail("has a floating-point literal that does not fit");
      }
      return constants_.code(width, value);
    }
    case Operand::Kind::special: {
      std::uint32_t code = 0;
      if (!special_code(operand, code)) {
        fail("reads a special register that is not supported here: " + std::string(operand.name));
      } else if (width != 4) {
        fail("reads a special register with the wrong size: " + std::string(operand.name));
      }
      return code;
    }
    case Operand::Kind::symbol:
    case Operand::Kind::name: {
      std::uint64_t address = 0;
      bool in_frame = false;
      if (!symbol_address(operand, address, in_frame)) return 0;
      if (in_frame) fail("needs the address of a local variable, which only mov may take");
      return constants_.code(width, address);
    }
    default:
      fail("has an operand of the wrong kind");
      return 0;
  }
}

std::uint32_t Decoder::destination_code(const Operand& operand, Type type, bool wider_allowed) {
  if (operand.kind != Operand::Kind::reg) {
    fail("needs a register as destination");
    return 0;
  }
  return source_code(operand, type, wider_allowed);
}

std::uint32_t Decoder::predicate_source(const Operand& operand, bool& negated) {
  negated = operand.negated;
  if (operand.kind == Operand::Kind::integer) return constants_.code(0, operand.value != 0);
  if (operand.kind != Operand::Kind::reg || register_width(operand.reg) != 0) {
    fail("needs a predicate: " + std::string(operand.name));
    return 0;
  }
  return register_offsets_[operand.reg];
}

std::uint32_t Decoder::predicate_destination(const Operand& operand) {
  if (operand.kind == Operand::Kind::underscore) return no_guard;
  bool negated = false;
  if (operand.kind != Operand::Kind::reg) fail("needs a predicate as destination");
  return predicate_source(operand, negated);
}

const ptx::Variable* Decoder::find_variable(const Operand& operand) const {
  return operand.variable != nullptr ? operand.variable : symbols_.variable(operand.name);
}

bool Decoder::is_kernel_parameter(const ptx::Variable* variable) const {
  return function_.is_entry && std::find(function_.parameters.begin(), function_.parameters.end(),
                                         variable) != function_.parameters.end();
}

bool Decoder::symbol_address(const Operand& operand, std::uint64_t& address, bool& in_frame) {
  in_frame = false;
  const ptx::Variable* variable = find_variable(operand);
  if (variable == nullptr) {
    const int index = symbols_.function(operand.name);
    if (index >= 0) {
      address = code_window + static_cast<std::uint64_t>(index) * code_stride;
      return true;
    }
    fail("names something that is not defined: " + std::string(operand.name));
    return false;
  }
  if (variable->is_extern && !variable->unsized) {
    fail("needs an external variable that is not defined: " + std::string(operand.name));
    return false;
  }
  address = variable->address + static_cast<std::uint64_t>(operand.value);
  in_frame = variable->space == ptx::Space::local;
  return true;
}

bool Decoder::special_code(const Operand& operand, std::uint32_t& code) {
  static const std::unordered_map<std::string_view, std::uint32_t> names = {
      {"%tid", special_tid_x},
      {"%ntid", special_ntid_x},
      {"%ctaid", special_ctaid_x},
      {"%nctaid", special_nctaid_x},
      {"%laneid", special_laneid},
      {"%warpid", special_warpid},
      {"%nwarpid", special_nwarpid},
      {"%smid", special_smid},
      {"%nsmid", special_nsmid},
      {"%gridid", special_gridid},
      {"%lanemask_eq", special_lanemask_eq},
      {"%lanemask_le", special_lanemask_le},
      {"%lanemask_lt", special_lanemask_lt},
      {"%lanemask_ge", special_lanemask_ge},
      {"%lanemask_gt", special_lanemask_gt},
      {"%dynamic_smem_size", special_dynamic_smem_size},
      {"%total_smem_size", special_total_smem_size},
      {"%aggr_smem_size", special_total_smem_size},
      {"%clusterid", special_ctaid_x},
      {"%nclusterid", special_nctaid_x},
      {"%envreg1", special_envreg1},
      {"%envreg2", special_envreg2}};
  // Without clusters, each block is one by itself.
  static const std::unordered_map<std::string_view, std::uint32_t> constants = {
      {"%reserved_smem_offset_begin", 0},
      {"%reserved_smem_offset_end", reserved_shared_size},
      {"%reserved_smem_offset_cap", reserved_shared_size},
      {"%reserved_smem_offset_0", 0},
      {"%reserved_smem_offset_1", reserved_shared_size / 2},
      {"%current_graph_exec", 0},
      {"%cluster_ctarank", 0},
      {"%cluster_nctarank", 1}};
  const auto constant = constants.find(operand.name);
  if (constant != constants.end()) {
    code = constants_.code(4, constant->second);
    return true;
  }
  if (operand.name == "%cluster_ctaid" || operand.name == "%cluster_nctaid") {
    code = constants_.code(4, operand.name == "%cluster_nctaid" ? 1 : 0);
    return operand.value >= 'x' && operand.value <= 'z';
  }
  const auto it = names.find(operand.name);
  std::uint32_t slot = special_zero;
  if (it != names.end()) {
    slot = it->second;
    const bool vector = slot <= special_nctaid_x;
    if (vector != (operand.value != 0)) return false;
    if (vector) {
      if (operand.value < 'x' || operand.value > 'z') return false;
      slot += static_cast<std::uint32_t>(operand.value - 'x');
    }
  } else if (!operand.name.starts_with("%envreg") && !operand.name.starts_with("%pm")) {
    return false;
  }
  code = slot * special_slot_bytes | base_special;
  return true;
}

Op& Decoder::emit(Handler handler, OpKind kind) {
  Op op;
  op.handler = handler;
  op.kind = kind;
  if (handler == nullptr) fail("is not supported");
  decoded_.ops.push_back(op);
  return decoded_.ops.back();
}

const std::unordered_map<std::string_view, Decoder::Method>& Decoder::methods() {
  using D = Decoder;
  static const std::unordered_map<std::string_view, Method> table = {
      {"add", &D::integer_or_float},
      {"sub", &D::integer_or_float},
      {"fma", &D::integer_or_float},
      {"sad", &D::integer_or_float},
      {"rem", &D::integer_or_float},
      {"mul", &D::multiply},
      {"mad", &D::multiply},
      {"mul24", &D::multiply24},
      {"mad24", &D::multiply24},
      {"div", &D::divide},
      {"abs", &D::one_source},
      {"neg", &D::one_source},
      {"cnot", &D::one_source},
      {"brev", &D::one_source},
      {"popc", &D::one_source},
      {"clz", &D::one_source},
      {"bfind", &D::one_source},
      {"rcp", &D::approximate},
      {"sqrt", &D::approximate},
      {"rsqrt", &D::approximate},
      {"ex2", &D::approximate},
      {"lg2", &D::approximate},
      {"sin", &D::approximate},
      {"cos", &D::approximate},
      {"tanh", &D::approximate},
      {"min", &D::min_max},
      {"max", &D::min_max},
      {"shl", &D::shift},
      {"shr", &D::shift},
      {"shf", &D::funnel_shift},
      {"addc", &D::carry},
      {"subc", &D::carry},
      {"madc", &D::carry},
      {"and", &D::logic},
      {"or", &D::logic},
      {"xor", &D::logic},
      {"not", &D::logic},
      {"bfe", &D::bit_field},
      {"bfi", &D::bit_field},
      {"bmsk", &D::bit_mask},
      {"szext", &D::bit_mask},
      {"lop3", &D::logic3},
      {"prmt", &D::permute_bytes},
      {"fns", &D::find_nth_set},
      {"selp", &D::select},
      {"slct", &D::select_sign},
      {"setp", &D::set_predicate},
      {"set", &D::set_value},
      {"testp", &D::test_property},
      {"dp4a", &D::dot_product},
      {"dp2a", &D::dot_product},
      {"vabsdiff4", &D::absolute_differences},
      {"vadd", &D::video},
      {"vsub", &D::video},
      {"vabsdiff", &D::video},
      {"vmin", &D::video},
      {"vmax", &D::video},
      {"vset", &D::video},
      {"vshl", &D::video},
      {"vshr", &D::video},
      {"vmad", &D::video},
      {"vadd2", &D::video},
      {"vsub2", &D::video},
      {"vavrg2", &D::video},
      {"vabsdiff2", &D::video},
      {"vmin2", &D::video},
      {"vmax2", &D::video},
      {"vset2", &D::video},
      {"vadd4", &D::video},
      {"vsub4", &D::video},
      {"vavrg4", &D::video},
      {"vmin4", &D::video},
      {"vmax4", &D::video},
      {"vset4", &D::video},
      {"copysign", &D::copy_sign},
      {"cvt", &D::convert},
      {"mov", &D::move},
      {"cvta", &D::convert_address},
      {"isspacep", &D::test_space},
      {"ld", &D::load},
      {"ldu", &D::load},
      {"st", &D::store},
      {"atom", &D::atomic},
      {"red", &D::reduction},
      {"tex", &D::texture},
      {"tld4", &D::texture},
      {"txq", &D::image_query},
      {"suq", &D::image_query},
      {"istypep", &D::is_image},
      {"suld", &D::surface},
      {"sust", &D::surface},
      {"sured", &D::surface},
      {"membar", &D::fence},
      {"fence", &D::fence},
      {"prefetch", &D::prefetch},
      {"prefetchu", &D::prefetch},
      {"alloca", &D::stack},
      {"stacksave", &D::stack},
      {"stackrestore", &D::stack},
      {"createpolicy", &D::cache_policy},
      {"applypriority", &D::prefetch},
      {"discard", &D::prefetch},
      {"bra", &D::branch},
      {"brx", &D::branch_table},
      {"call", &D::call},
      {"ret", &D::leave},
      {"exit", &D::leave},
      {"trap", &D::trap},
      {"brkpt", &D::nothing},
      {"pmevent", &D::nothing},
      {"bar", &D::barrier},
      {"barrier", &D::barrier},
      {"shfl", &D::shuffle},
      {"vote", &D::vote},
      {"match", &D::match},
      {"redux", &D::reduce},
      {"griddepcontrol", &D::grid_dependency},
      {"cp", &D::copy_async},
      {"mbarrier", &D::memory_barrier},
      {"mma", &D::matrix_multiply},
      {"wmma", &D::matrix_fragment},
      {"ldmatrix", &D::matrix_rows},
      {"stmatrix", &D::matrix_rows},
      {"movmatrix", &D::matrix_transpose},
      {"elect", &D::match},
      {"activemask", &D::active_mask},
      {"nanosleep", &D::sleep}};
  return table;
}

}  // namespace vgpu::softdevice::exec
