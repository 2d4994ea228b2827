#include <bit>

#include "reference_host/software_device/exec/async_ops.hpp"
#include "reference_host/software_device/exec/control_ops.hpp"
#include "reference_host/software_device/exec/decode.hpp"

namespace vgpu::softdevice::exec {

void Decoder::copy_async() {
  if (!take(".async")) {
    fail("is not supported");
    return;
  }
  // Copies are complete at once, so groups of them always are.
  if (take(".commit_group") || take(".wait_all")) {
    emit(op_nothing);
    return;
  }
  if (take(".wait_group")) {
    if (operand(0).kind != Operand::Kind::integer) fail("needs a constant");
    emit(op_nothing);
    return;
  }
  if (take(".mbarrier")) {
    if (!take(".arrive")) fail("is not supported");
    const bool counted = take(".noinc");
    // Without .noinc the arrival is added to what the barrier expects: nothing changes.
    emit_mbarrier(counted ? MbarrierAction::arrive : MbarrierAction::none, 0, nullptr, 1);
    return;
  }
  const bool cached = take(".ca");
  if (!cached && !take(".cg")) fail("is not supported");
  if (!take(".shared") && !take(".shared::cta")) fail("needs .shared.global");
  const bool hinted = take(".L2::cache_hint");
  Access from = take_access();
  if (from.place != Place::global) fail("needs .shared.global");
  Access to;
  to.place = Place::shared;
  Op op;
  op.handler = async_copy;
  op.kind = OpKind::memory;
  Op source_op;
  if (!address_operand(operand(1), from, source_op)) return;
  if (!address_operand(operand(0), to, op)) return;
  const Operand& size = operand(2);
  const bool good_size = size.kind == Operand::Kind::integer &&
                         (size.value == 16 || (cached && (size.value == 4 || size.value == 8)));
  if (!good_size) {
    fail("needs a size of 4, 8 or 16 (.cg: 16)");
    return;
  }
  to.element_log2 = from.element_log2 = 0;
  std::uint32_t fields[copy_fields] = {};
  fields[copy_access] = from.pack();
  fields[copy_address] = source_op.a;
  fields[copy_offset_low] = static_cast<std::uint32_t>(source_op.immediate);
  fields[copy_offset_high] = static_cast<std::uint32_t>(source_op.immediate >> 32);
  fields[copy_bytes] = static_cast<std::uint32_t>(size.value);
  fields[copy_source_bytes] = no_guard;
  fields[copy_ignore] = no_guard;
  const std::size_t optional = operand_count() - (hinted ? 1 : 0);
  if (optional > 4) fail("has the wrong number of operands");
  if (optional == 4) {
    const Operand& extra = operand(3);
    if (extra.kind == Operand::Kind::reg && register_width(extra.reg) == 0) {
      bool negated = false;
      fields[copy_ignore] = predicate_source(extra, negated);
      fields[copy_ignore_inverted] = negated ? 1 : 0;
    } else {
      fields[copy_source_bytes] = source_code(extra, Type::u32);
    }
  }
  op.aux = to.pack();
  op.extra = static_cast<std::uint32_t>(decoded_.extra.size());
  decoded_.extra.insert(decoded_.extra.end(), std::begin(fields), std::end(fields));
  decoded_.ops.push_back(op);
}

/// `address` and `value` are operand numbers; the value is `constant` where there is none.
void Decoder::emit_mbarrier(MbarrierAction action, std::size_t address, const Operand* value,
                            std::uint32_t constant) {
  Access access = take_access();
  take(".b64");
  if (access.place != Place::shared && access.place != Place::generic)
    fail("cannot reach this space");
  Op op;
  op.handler = mbarrier;
  op.kind = OpKind::memory;
  op.d = no_guard;
  if (!address_operand(operand(address), access, op)) return;
  access.element_log2 = access.register_log2 = 3;
  const bool state = action == MbarrierAction::test_state;
  op.b = value == nullptr ? constants_.code(4, constant)
                          : source_code(*value, state ? Type::b64 : Type::u32);
  op.aux = access.pack();
  op.extra = static_cast<std::uint32_t>(action);
  decoded_.ops.push_back(op);
}

void Decoder::memory_barrier() {
  if (take(".init")) return emit_mbarrier(MbarrierAction::init, 0, &operand(1), 0);
  if (take(".inval")) return emit_mbarrier(MbarrierAction::invalidate, 0, nullptr, 0);
  if (take(".pending_count")) {
    take(".b64");
    Op& op = emit(mbarrier_pending);
    op.d = destination_code(operand(0), Type::u32);
    op.a = source_code(operand(1), Type::b64);
    return;
  }
  if (take(".expect_tx") && in_->modifiers.front() == ".expect_tx")
    return emit_mbarrier(MbarrierAction::expect, 0, &operand(1), 0);
  if (take(".complete_tx")) return emit_mbarrier(MbarrierAction::complete, 0, &operand(1), 0);
  const bool try_wait = take(".try_wait");
  if (try_wait || take(".test_wait")) {
    const bool parity = take(".parity");
    emit_mbarrier(parity ? MbarrierAction::test_parity : MbarrierAction::test_state, 1, &operand(2),
                  0);
    if (!failed()) decoded_.ops.back().d = predicate_destination(operand(0));
    return;  // a time limit of try_wait, operand 3, is a hint
  }
  const bool drop = take(".arrive_drop");
  if (!drop && !take(".arrive")) {
    fail("is not supported");
    return;
  }
  take(".noComplete");
  const bool expects = in_->modifiers.size() > 1 && in_->modifiers[1] == ".expect_tx";
  auto action = drop ? MbarrierAction::arrive_drop : MbarrierAction::arrive;
  if (expects) action = drop ? MbarrierAction::arrive_drop_expect : MbarrierAction::arrive_expect;
  const bool has_state = operand(0).kind != Operand::Kind::address;
  const std::size_t address = has_state ? 1 : 0;
  const Operand* const count = operand_count() > address + 1 ? &operand(address + 1) : nullptr;
  if (expects && count == nullptr) fail("needs a number of bytes");
  emit_mbarrier(action, address, count, 1);
  if (!failed() && has_state && operand(0).kind != Operand::Kind::underscore)
    decoded_.ops.back().d = destination_code(operand(0), Type::b64);
}

}  // namespace vgpu::softdevice::exec
