#include <algorithm>
#include <bit>

#include "reference_host/software_device/exec/control_ops.hpp"
#include "reference_host/software_device/exec/decode.hpp"
#include "reference_host/software_device/exec/stack_ops.hpp"

namespace vgpu::softdevice::exec {

using ptx::size_of;

bool Decoder::take_ordering() {
  static constexpr std::string_view hints[] = {".volatile",
                                               ".relaxed",
                                               ".weak",
                                               ".cta",
                                               ".gpu",
                                               ".sys",
                                               ".cluster",
                                               ".mmio",
                                               ".ca",
                                               ".cg",
                                               ".cs",
                                               ".lu",
                                               ".cv",
                                               ".cop",
                                               ".wb",
                                               ".wt",
                                               ".nc",
                                               ".L1::evict_normal",
                                               ".L1::evict_unchanged",
                                               ".L1::evict_first",
                                               ".L1::evict_last",
                                               ".L1::no_allocate",
                                               ".L2::cache_hint",
                                               ".L2::64B",
                                               ".L2::128B",
                                               ".L2::256B",
                                               ".unified"};
  for (const std::string_view hint : hints) take(hint);
  const bool acquire = take(".acquire");
  const bool release = take(".release");
  return take(".acq_rel") || acquire || release;
}

Access Decoder::take_access() {
  Access access;
  access.ordered = take_ordering();
  access.count = take(".v8") ? 8 : take(".v4") ? 4 : take(".v2") ? 2 : 1;
  if (take(".global") || take(".const")) access.place = Place::global;
  if (take(".shared") || take(".shared::cta") || take(".shared::cluster"))
    access.place = Place::shared;
  if (take(".local")) access.place = Place::local;
  if (take(".param") || take(".param::entry")) access.place = Place::kernel_param;
  if (take(".param::func")) access.place = Place::frame_param;
  return access;
}

bool Decoder::address_operand(const Operand& operand, Access& access, Op& op) {
  if (operand.kind != Operand::Kind::address) {
    fail("needs an address");
    return false;
  }
  op.immediate = static_cast<std::uint64_t>(operand.value);
  const bool param = access.place == Place::kernel_param || access.place == Place::frame_param;
  if (operand.has_register) {
    const int width = register_width(operand.reg);
    if (width != 4 && width != 8) {
      fail("has an address register of the wrong size");
      return false;
    }
    access.address_width = static_cast<unsigned>(width);
    op.a = register_offsets_[operand.reg];
    if (param && !function_.is_entry) access.place = Place::frame_param;
    return true;
  }
  access.address_width = 0;
  if (operand.name.empty()) return true;  // an absolute address
  bool in_frame = false;
  if (!symbol_address(operand, op.immediate, in_frame)) return false;
  const ptx::Variable* variable = find_variable(operand);
  const ptx::Space space = variable != nullptr ? variable->space : ptx::Space::global;
  if (space == ptx::Space::param) {
    if (!param) {
      fail("cannot reach a parameter");
      return false;
    }
    access.place = is_kernel_parameter(variable) ? Place::kernel_param : Place::frame_param;
  } else if (access.place == Place::generic) {
    if (space == ptx::Space::shared) access.place = Place::shared;
    if (space == ptx::Space::local) access.place = Place::local;
  }
  access.in_frame = in_frame;
  return true;
}

bool Decoder::transfer(const Operand& value, Type type, bool is_load, Access& access, Op& op) {
  if (type == Type::b128) return transfer_wide(value, is_load, access, op);
  const std::size_t bytes = size_of(type);
  if (bytes == 0 || bytes > 8) {
    fail("has a type that is not supported");
    return false;
  }
  access.element_log2 = static_cast<unsigned>(std::countr_zero(bytes));
  access.sign_extend = ptx::is_signed(type);
  int width = bytes < 2 ? 2 : static_cast<int>(bytes);
  const auto code_of = [&](const Operand& element) -> std::uint32_t {
    if (element.kind == Operand::Kind::underscore && is_load) return no_guard;
    if (element.kind == Operand::Kind::reg) width = register_width(element.reg);
    return is_load ? destination_code(element, type, true) : source_code(element, type, true);
  };
  if (value.kind == Operand::Kind::vector) {
    if (value.elements.size() != access.count) {
      fail("has the wrong number of elements");
      return false;
    }
    op.extra = static_cast<std::uint32_t>(decoded_.extra.size());
    int common = 0;
    for (const Operand& element : value.elements) {
      const std::uint32_t code = code_of(element);
      if (element.kind != Operand::Kind::underscore) {
        if (common != 0 && common != width) fail("has elements of different sizes");
        common = width;
      }
      decoded_.extra.push_back(code);
    }
    if (common != 0) width = common;
    if (access.count == 1) (is_load ? op.d : op.b) = decoded_.extra.back();
  } else if (access.count != 1) {
    fail("needs a vector");
    return false;
  } else {
    (is_load ? op.d : op.b) = code_of(value);
  }
  access.register_log2 = static_cast<unsigned>(std::countr_zero(static_cast<unsigned>(width)));
  if (access.count == 1 && is_load && op.d == no_guard) fail("needs a destination");
  return !failed();
}

/// 128 bits, as two words of 64.
bool Decoder::transfer_wide(const Operand& value, bool is_load, Access& access, Op& op) {
  if (access.count != 1) fail("cannot be a vector");
  access.count = 2;
  access.element_log2 = access.register_log2 = 3;
  op.extra = static_cast<std::uint32_t>(decoded_.extra.size());
  const std::uint32_t low = wide_register(value);
  decoded_.extra.push_back(low);
  decoded_.extra.push_back(low + wide_half);
  op.b = is_load ? op.b : low;
  return !failed();
}

void Decoder::load() {
  Access access = take_access();
  const Type type = take_type();
  Op op;
  op.kind = OpKind::memory;
  if (!address_operand(operand(1), access, op)) return;
  if (!transfer(operand(0), type, true, access, op)) return;
  op.handler = select_load(access);
  op.may_wait = access.ordered;
  op.aux = access.pack();
  decoded_.ops.push_back(op);
}

void Decoder::store() {
  Access access = take_access();
  const Type type = take_type();
  Op op;
  op.kind = OpKind::memory;
  if (!address_operand(operand(0), access, op)) return;
  if (!transfer(operand(1), type, false, access, op)) return;
  if (access.place == Place::kernel_param) {
    fail("would write a kernel parameter");
    return;
  }
  op.handler = select_store(access);
  op.aux = access.pack();
  decoded_.ops.push_back(op);
}

void Decoder::atomic() {
  atomic_access(true);
}
void Decoder::reduction() {
  atomic_access(false);
}

void Decoder::atomic_access(bool returns) {
  struct Name {
    std::string_view name;
    Atomic operation;
  };
  static constexpr Name names[] = {{".add", Atomic::add},   {".min", Atomic::min},
                                   {".max", Atomic::max},   {".inc", Atomic::inc},
                                   {".dec", Atomic::dec},   {".and", Atomic::and_},
                                   {".or", Atomic::or_},    {".xor", Atomic::xor_},
                                   {".exch", Atomic::exch}, {".cas", Atomic::cas}};
  Access access = take_access();
  access.ordered = true;
  take(".noftz");
  const Name* chosen = nullptr;
  for (const Name& name : names)
    if (chosen == nullptr && take(name.name)) chosen = &name;
  const Type type = take_type();
  if (chosen == nullptr || access.count != 1) {
    fail("is not supported in this form");
    return;
  }
  const std::size_t first = returns ? 1 : 0;
  Op op;
  op.kind = OpKind::memory;
  op.d = no_guard;
  if (!address_operand(operand(first), access, op)) return;
  if (access.place == Place::local || access.place >= Place::kernel_param) {
    fail("cannot reach this space");
    return;
  }
  if (returns && operand(0).kind != Operand::Kind::underscore)
    op.d = destination_code(operand(0), type);
  op.b = source_code(operand(first + 1), type);
  if (chosen->operation == Atomic::cas) op.c = source_code(operand(first + 2), type);
  op.handler = select_atomic(chosen->operation, type);
  if (op.handler == nullptr) fail("is not supported");
  op.may_wait = returns;
  access.element_log2 = static_cast<unsigned>(std::countr_zero(size_of(type)));
  access.register_log2 = access.element_log2;
  op.aux = access.pack();
  decoded_.ops.push_back(op);
}

void Decoder::fence() {
  static constexpr std::string_view words[] = {".cta",     ".gpu",   ".sys",     ".gl",
                                               ".cluster", ".sc",    ".acq_rel", ".acquire",
                                               ".release", ".proxy", ".alias"};
  for (const std::string_view word : words) take(word);
  emit(memory_fence);
}

void Decoder::stack() {
  const std::string_view opcode = in_->opcode;
  if (take_type() != Type::u64) fail("is only supported with 64 bits");
  decoded_.uses_stack = true;
  if (opcode == "stackrestore") {
    Op& op = emit(stack_restore);
    op.a = source_code(operand(0), Type::u64);
    return;
  }
  const bool allocates = opcode == "alloca";
  Op& op = emit(allocates ? stack_allocate : stack_save, OpKind::memory);
  op.d = destination_code(operand(0), Type::u64);
  if (!allocates) return;
  op.a = source_code(operand(1), Type::u64);
  op.aux = 8;
  if (operand_count() < 3) return;
  const std::int64_t alignment = operand(2).value;
  if (operand(2).kind != Operand::Kind::integer || alignment <= 0 || alignment > 65536 ||
      (alignment & (alignment - 1)) != 0)
    fail("needs a power of two as alignment");
  op.aux = static_cast<std::uint32_t>(std::max<std::int64_t>(alignment, 8));
}

/// A policy is only ever a hint to later accesses.
void Decoder::cache_policy() {
  taken_ = UINT64_MAX;
  Op& op = emit(select_alu({Alu::mov, Type::b64}));
  op.d = destination_code(operand(0), Type::b64);
  op.a = constants_.code(8, 0);
}

void Decoder::prefetch() {
  // Hints; nothing depends on them.
  taken_ = UINT64_MAX;
  emit(op_nothing);
}

}  // namespace vgpu::softdevice::exec
