#include "reference_host/software_device/exec/control_ops.hpp"
#include "reference_host/software_device/exec/decode.hpp"

namespace vgpu::softdevice::exec {

using ptx::size_of;

void Decoder::branch() {
  take(".uni");
  const Operand& target = operand(0);
  if (target.kind != Operand::Kind::label) {
    fail("needs a label");
    return;
  }
  Op& op = emit(op_nothing, OpKind::branch);
  op.aux = target.label;
}

void Decoder::branch_table() {
  take(".uni");
  if (!take(".idx")) fail("is not supported");
  const Operand& list = operand(1);
  if (list.kind != Operand::Kind::name ||
      static_cast<std::uint64_t>(list.value) >= function_.branch_lists.size()) {
    fail("needs a .branchtargets list");
    return;
  }
  Op& op = emit(op_branch_table, OpKind::control);
  op.a = source_code(operand(0), Type::u32);
  op.aux = static_cast<std::uint32_t>(list.value);
}

bool Decoder::call_values(const Operand& list, std::vector<CallArgument>& out, bool results) {
  for (const Operand& element : list.elements) {
    const ptx::Variable* variable = element.variable;
    if (element.kind != Operand::Kind::symbol || variable == nullptr ||
        variable->space != ptx::Space::param || is_kernel_parameter(variable)) {
      fail("has an argument that is not a .param variable");
      return false;
    }
    CallArgument argument;
    (results ? argument.to : argument.from) = static_cast<std::uint32_t>(variable->address);
    argument.size = static_cast<std::uint32_t>(variable->size);
    out.push_back(argument);
  }
  return true;
}

bool Decoder::call_target(const Operand& target, CallSite& site, Op& op) {
  if (target.kind == Operand::Kind::reg) {
    site.indirect = true;
    op.a = source_code(target, Type::u64);
    return true;
  }
  if (target.kind != Operand::Kind::name) {
    fail("has no function to call");
    return false;
  }
  const int index = symbols_.function(target.name);
  site.runtime = index < 0 ? symbols_.runtime(target.name) : RuntimeCall::none;
  if (index < 0 && site.runtime == RuntimeCall::none) {
    fail("calls a function that is not defined: " + std::string(target.name));
    return false;
  }
  if (index < 0) return true;
  site.function = static_cast<std::uint32_t>(index);
  const DecodedFunction& callee = symbols_.signature(site.function);
  if (callee.parameters.size() != site.arguments.size() ||
      callee.results.size() != site.results.size()) {
    fail("does not fit the declaration of " + std::string(target.name));
    return false;
  }
  for (std::size_t i = 0; i < site.arguments.size(); ++i) {
    site.arguments[i].to = callee.parameters[i].to;
    site.arguments[i].size = std::min(site.arguments[i].size, callee.parameters[i].size);
  }
  for (std::size_t i = 0; i < site.results.size(); ++i) {
    site.results[i].from = callee.results[i].from;
    site.results[i].size = std::min(site.results[i].size, callee.results[i].size);
  }
  return true;
}

void Decoder::call() {
  take(".uni");
  CallSite site;
  Op op;
  op.handler = op_call;
  op.kind = OpKind::control;
  std::size_t next = 0;
  if (operand(0).kind == Operand::Kind::vector) {
    if (!call_values(operand(0), site.results, true)) return;
    next = 1;
  }
  const Operand& target = operand(next);
  if (next + 1 < operand_count() && operand(next + 1).kind == Operand::Kind::vector) {
    if (!call_values(operand(next + 1), site.arguments, false)) return;
  }
  if (!call_target(target, site, op)) return;
  static constexpr std::size_t needed[] = {0, 2, 1, 1, 5};  // arguments, by RuntimeCall
  if (site.runtime != RuntimeCall::none &&
      site.arguments.size() != needed[static_cast<std::size_t>(site.runtime)]) {
    fail("has the wrong number of arguments");
    return;
  }
  op.aux = static_cast<std::uint32_t>(decoded_.calls.size());
  decoded_.uses_calls |= site.runtime == RuntimeCall::none;
  decoded_.calls.push_back(std::move(site));
  decoded_.ops.push_back(op);
}

void Decoder::leave() {
  take(".uni");
  emit(in_->opcode == "exit" ? op_exit : op_return, OpKind::control);
}

void Decoder::trap() {
  emit(op_trap, OpKind::control);
}

void Decoder::barrier() {
  take(".cta");
  take(".aligned");
  if (take(".warp")) {
    if (!take(".sync")) fail("is not supported");
    Op& op = emit(op_sync, OpKind::control);
    emit_sync(static_cast<std::uint32_t>(SyncKind::warp_barrier), &operand(0), op);
    return;
  }
  auto mode = BarrierMode::sync;
  std::size_t next = 0;
  std::uint32_t destination = no_guard;
  if (take(".arrive")) mode = BarrierMode::arrive;
  if (take(".red")) {
    if (take(".popc")) {
      mode = BarrierMode::popc;
      take(".u32");
      destination = destination_code(operand(0), Type::u32);
    } else {
      mode = take(".and") ? BarrierMode::and_ : BarrierMode::or_;
      take(".or");
      take(".pred");
      destination = predicate_destination(operand(0));
    }
    next = 1;
  } else {
    take(".sync");
  }
  Op& op = emit(op_barrier, OpKind::control);
  op.d = destination;
  op.aux = static_cast<std::uint32_t>(mode);
  op.a = next < operand_count() ? source_code(operand(next), Type::u32) : constants_.code(4, 0);
  ++next;
  op.b = constants_.code(4, 0);
  const bool reduces = mode != BarrierMode::sync && mode != BarrierMode::arrive;
  const std::size_t left = operand_count() > next ? operand_count() - next : 0;
  if (left > (reduces ? 1u : 0u)) op.b = source_code(operand(next++), Type::u32);
  if (reduces) op.c = predicate_source(operand(next), op.invert_c);
}

/// `members`: the member mask; nullptr for the old forms without one, which take who is there.
void Decoder::emit_sync(std::uint32_t kind, const Operand* members, Op& op) {
  op.extra = kind;
  op.immediate = members != nullptr ? source_code(*members, Type::u32) : constants_.code(4, 0);
}

void Decoder::shuffle() {
  const bool sync = take(".sync");
  auto kind = SyncKind::shfl_idx;
  if (take(".up"))
    kind = SyncKind::shfl_up;
  else if (take(".down"))
    kind = SyncKind::shfl_down;
  else if (take(".bfly"))
    kind = SyncKind::shfl_bfly;
  else if (!take(".idx"))
    fail("is not supported");
  const Type type = take_type();
  if (size_of(type) != 4) fail("is only supported with 32 bits");
  Op& op = emit(op_sync, OpKind::control);
  op.d = destination_code(operand(0), type);
  op.a = source_code(operand(1), type);
  op.b = source_code(operand(2), Type::u32);
  op.c = source_code(operand(3), Type::u32);
  op.aux = in_->second_destination.kind == Operand::Kind::reg
               ? predicate_destination(in_->second_destination)
               : no_guard;
  emit_sync(static_cast<std::uint32_t>(kind), sync ? &operand(4) : nullptr, op);
}

void Decoder::vote() {
  const bool sync = take(".sync");
  auto kind = SyncKind::vote_ballot;
  if (take(".all"))
    kind = SyncKind::vote_all;
  else if (take(".any"))
    kind = SyncKind::vote_any;
  else if (take(".uni"))
    kind = SyncKind::vote_uni;
  else if (!take(".ballot"))
    fail("is not supported");
  take_type();
  Op& op = emit(op_sync, OpKind::control);
  op.d = kind == SyncKind::vote_ballot ? destination_code(operand(0), Type::b32)
                                       : predicate_destination(operand(0));
  op.a = predicate_source(operand(1), op.invert_c);
  emit_sync(static_cast<std::uint32_t>(kind), sync ? &operand(2) : nullptr, op);
}

void Decoder::match() {
  if (in_->opcode == "elect") {
    take(".sync");
    Op& op = emit(op_sync, OpKind::control);
    op.d = operand(0).kind == Operand::Kind::underscore ? no_guard
                                                        : destination_code(operand(0), Type::b32);
    op.aux = predicate_destination(in_->second_destination);
    emit_sync(static_cast<std::uint32_t>(SyncKind::elect), &operand(1), op);
    return;
  }
  const auto kind = take(".any") ? SyncKind::match_any : SyncKind::match_all;
  take(".all");
  if (!take(".sync")) fail("is not supported");
  const Type type = take_type();
  Op& op = emit(op_sync, OpKind::control);
  op.d = destination_code(operand(0), Type::b32);
  op.a = source_code(operand(1), type);
  op.b = static_cast<std::uint32_t>(size_of(type));
  op.aux = in_->second_destination.kind == Operand::Kind::reg
               ? predicate_destination(in_->second_destination)
               : no_guard;
  emit_sync(static_cast<std::uint32_t>(kind), &operand(2), op);
}

void Decoder::reduce() {
  take(".sync");
  auto kind = SyncKind::redux_add;
  if (take(".min"))
    kind = SyncKind::redux_min;
  else if (take(".max"))
    kind = SyncKind::redux_max;
  else if (take(".and"))
    kind = SyncKind::redux_and;
  else if (take(".or"))
    kind = SyncKind::redux_or;
  else if (take(".xor"))
    kind = SyncKind::redux_xor;
  else if (!take(".add"))
    fail("is not supported");
  const Type type = take_type();
  if (size_of(type) != 4 || ptx::is_float(type)) fail("is not supported");
  Op& op = emit(op_sync, OpKind::control);
  op.d = destination_code(operand(0), type);
  op.a = source_code(operand(1), type);
  op.aux = type == Type::s32 ? 1 : 0;
  emit_sync(static_cast<std::uint32_t>(kind), &operand(2), op);
}

void Decoder::active_mask() {
  take_type();
  Op& op = emit(op_active_mask);
  op.d = destination_code(operand(0), Type::b32);
}

void Decoder::sleep() {
  take_type();
  emit(op_nanosleep);
}

/// Grids of a stream run one after the other: there is nothing to wait for.
void Decoder::grid_dependency() {
  if (!take(".launch_dependents") && !take(".wait")) fail("is not supported");
  emit(op_nothing);
}

void Decoder::nothing() {
  take(".mask");
  emit(op_nothing);
}

}  // namespace vgpu::softdevice::exec
