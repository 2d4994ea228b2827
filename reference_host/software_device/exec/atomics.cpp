#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "reference_host/software_device/exec/half_bits.hpp"
#include "reference_host/software_device/exec/memory_access.hpp"

namespace vgpu::softdevice::exec {

namespace {

template <class To, class From>
To bits_as(From value) {
  static_assert(sizeof(To) == sizeof(From));
  To result;
  std::memcpy(&result, &value, sizeof result);
  return result;
}

/// The value that replaces `old`. T says how the word is understood.
template <Atomic operation, class T, class Word>
Word replaced(Word old_word, Word operand_word) {
  const T old = bits_as<T>(old_word);
  const T operand = bits_as<T>(operand_word);
  if constexpr (operation == Atomic::add) {
    if constexpr (std::is_integral_v<T>)
      return old_word + operand_word;
    else
      return bits_as<Word>(static_cast<T>(old + operand));
  }
  if constexpr (operation == Atomic::min) return bits_as<Word>(operand < old ? operand : old);
  if constexpr (operation == Atomic::max) return bits_as<Word>(operand > old ? operand : old);
  if constexpr (operation == Atomic::inc) return old_word >= operand_word ? 0 : old_word + 1;
  if constexpr (operation == Atomic::dec)
    return old_word == 0 || old_word > operand_word ? operand_word : old_word - 1;
  if constexpr (operation == Atomic::and_) return old_word & operand_word;
  if constexpr (operation == Atomic::or_) return old_word | operand_word;
  if constexpr (operation == Atomic::xor_) return old_word ^ operand_word;
  return operand_word;
}

template <class Word>
void store_old(Warp& warp, const Op& op, int lane, Word old) {
  if (op.d != no_guard) destination<Word>(warp, op.d)[lane] = old;
}

template <class Word, class F>
void update(Warp& warp, const Op& op, std::uint32_t mask, F change) {
  const Access access = Access::unpack(op.aux);
  std::byte* at[warp_size];
  if (!resolve_lanes(warp, op, access, mask, sizeof(Word), at, Touch::atomic)) return;
  Word operands[warp_size];
  std::memcpy(operands, source<Word>(warp, op.b), sizeof operands);
  for (; mask != 0; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    Word* word = reinterpret_cast<Word*>(at[lane]);
    // A block runs on one thread at a time: its shared memory needs no locked instruction.
    if (access.place == Place::shared) {
      const Word old = *word;
      *word = change(old, operands[lane]);
      store_old(warp, op, lane, old);
      continue;
    }
    Word old = __atomic_load_n(word, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(word, &old, change(old, operands[lane]), true,
                                        __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
    }
    store_old(warp, op, lane, old);
  }
}

template <Atomic operation, class T, class Word>
void atomic_update(Warp& warp, const Op& op, std::uint32_t mask) {
  update<Word>(warp, op, mask, replaced<operation, T, Word>);
}

template <class Word>
void atomic_add_word(Warp& warp, const Op& op, std::uint32_t mask) {
  const Access access = Access::unpack(op.aux);
  if (access.place == Place::shared) {
    atomic_update<Atomic::add, Word, Word>(warp, op, mask);
    return;
  }
  std::byte* at[warp_size];
  if (!resolve_lanes(warp, op, access, mask, sizeof(Word), at, Touch::atomic)) return;
  const Word* b = source<Word>(warp, op.b);
  for (; mask != 0; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    const Word old =
        __atomic_fetch_add(reinterpret_cast<Word*>(at[lane]), b[lane], __ATOMIC_SEQ_CST);
    store_old(warp, op, lane, old);
  }
}

float without_subnormal(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value) : value;
}

/// In global memory subnormal singles count as zeros, and none come out; shared memory keeps them.
void atomic_add_single(Warp& warp, const Op& op, std::uint32_t mask) {
  const Access access = Access::unpack(op.aux);
  if (access.place == Place::shared) {
    atomic_update<Atomic::add, float, std::uint32_t>(warp, op, mask);
    return;
  }
  std::byte* at[warp_size];
  if (!resolve_lanes(warp, op, access, mask, sizeof(float), at, Touch::atomic)) return;
  const std::byte* shared = warp.block->shared.data();
  const float* b = source<float>(warp, op.b);
  for (; mask != 0; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    const bool is_shared = at[lane] >= shared && at[lane] < shared + warp.block->shared_size;
    auto* word = reinterpret_cast<std::uint32_t*>(at[lane]);
    std::uint32_t old = __atomic_load_n(word, __ATOMIC_RELAXED);
    std::uint32_t sum = 0;
    do {
      const auto value = bits_as<float>(old);
      sum = bits_as<std::uint32_t>(
          is_shared ? value + b[lane]
                    : without_subnormal(without_subnormal(value) + without_subnormal(b[lane])));
    } while (
        !__atomic_compare_exchange_n(word, &old, sum, true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    store_old(warp, op, lane, old);
  }
}

template <class Word>
void atomic_compare_and_swap(Warp& warp, const Op& op, std::uint32_t mask) {
  const Access access = Access::unpack(op.aux);
  std::byte* at[warp_size];
  if (!resolve_lanes(warp, op, access, mask, sizeof(Word), at, Touch::atomic)) return;
  const Word* expected = source<Word>(warp, op.b);
  const Word* desired = source<Word>(warp, op.c);
  for (; mask != 0; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    Word old = expected[lane];
    __atomic_compare_exchange_n(reinterpret_cast<Word*>(at[lane]), &old, desired[lane], false,
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    store_old(warp, op, lane, old);
  }
}

template <float (*value)(std::uint16_t), std::uint16_t (*bits)(float), class Word>
void atomic_add_halves(Warp& warp, const Op& op, std::uint32_t mask) {
  update<Word>(warp, op, mask, [](Word old, Word operand) {
    Word result = 0;
    for (unsigned shift = 0; shift < 8 * sizeof(Word); shift += 16) {
      const std::uint16_t sum = bits(value(static_cast<std::uint16_t>(old >> shift)) +
                                     value(static_cast<std::uint16_t>(operand >> shift)));
      result = static_cast<Word>(result | static_cast<Word>(Word{sum} << shift));
    }
    return result;
  });
}

template <Atomic operation>
Handler logic(std::size_t size) {
  if (size == 4) return atomic_update<operation, std::uint32_t, std::uint32_t>;
  if (size == 8) return atomic_update<operation, std::uint64_t, std::uint64_t>;
  return nullptr;
}

template <Atomic operation>
Handler order(ptx::Type type) {
  switch (type) {
    case ptx::Type::u32:
      return atomic_update<operation, std::uint32_t, std::uint32_t>;
    case ptx::Type::s32:
      return atomic_update<operation, std::int32_t, std::uint32_t>;
    case ptx::Type::u64:
      return atomic_update<operation, std::uint64_t, std::uint64_t>;
    case ptx::Type::s64:
      return atomic_update<operation, std::int64_t, std::uint64_t>;
    default:
      return nullptr;
  }
}

Handler addition(ptx::Type type) {
  switch (type) {
    case ptx::Type::u32:
    case ptx::Type::s32:
      return atomic_add_word<std::uint32_t>;
    case ptx::Type::u64:
    case ptx::Type::s64:
      return atomic_add_word<std::uint64_t>;
    case ptx::Type::f32:
      return atomic_add_single;
    case ptx::Type::f64:
      return atomic_update<Atomic::add, double, std::uint64_t>;
    case ptx::Type::f16:
      return atomic_add_halves<half_value, half_bits, std::uint16_t>;
    case ptx::Type::f16x2:
      return atomic_add_halves<half_value, half_bits, std::uint32_t>;
    case ptx::Type::bf16:
      return atomic_add_halves<bfloat_value, bfloat_bits, std::uint16_t>;
    case ptx::Type::bf16x2:
      return atomic_add_halves<bfloat_value, bfloat_bits, std::uint32_t>;
    default:
      return nullptr;
  }
}

}  // namespace

Handler select_atomic(Atomic operation, ptx::Type type) {
  const std::size_t size = ptx::size_of(type);
  switch (operation) {
    case Atomic::add:
      return addition(type);
    case Atomic::min:
      return order<Atomic::min>(type);
    case Atomic::max:
      return order<Atomic::max>(type);
    case Atomic::inc:
      return size == 4 ? logic<Atomic::inc>(size) : nullptr;
    case Atomic::dec:
      return size == 4 ? logic<Atomic::dec>(size) : nullptr;
    case Atomic::and_:
      return logic<Atomic::and_>(size);
    case Atomic::or_:
      return logic<Atomic::or_>(size);
    case Atomic::xor_:
      return logic<Atomic::xor_>(size);
    case Atomic::exch:
      return logic<Atomic::exch>(size);
    case Atomic::cas:
      if (size == 2) return atomic_compare_and_swap<std::uint16_t>;
      if (size == 4) return atomic_compare_and_swap<std::uint32_t>;
      if (size == 8) return atomic_compare_and_swap<std::uint64_t>;
      return nullptr;
  }
  return nullptr;
}

}  // namespace vgpu::softdevice::exec
