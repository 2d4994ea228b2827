#pragma once

/// \file
/// PTX functions into programs.

#include <map>
#include <string>
#include <unordered_map>

#include "reference_host/software_device/exec/alu.hpp"
#include "reference_host/software_device/exec/async_ops.hpp"
#include "reference_host/software_device/exec/matrix.hpp"
#include "reference_host/software_device/exec/memory_ops.hpp"
#include "reference_host/software_device/exec/program.hpp"
#include "reference_host/software_device/ptx/syntax.hpp"

namespace vgpu::softdevice::exec {

/// Names outside the function, as the module and the kernel give them meaning.
class SymbolSource {
 public:
  virtual ~SymbolSource() = default;
  /// A laid-out module variable; nullptr when there is none. For shared variables `address` is the
  /// offset in this kernel's shared block.
  virtual const ptx::Variable* variable(std::string_view name) const = 0;
  /// Index in Program::functions; -1 when there is none.
  virtual int function(std::string_view name) const = 0;
  /// What a function without a body means; RuntimeCall::none when it is not known.
  virtual RuntimeCall runtime(std::string_view name) const = 0;
  /// Formal parameters and results of a function of the program.
  virtual const DecodedFunction& signature(std::uint32_t function) const = 0;
};

/// Constants of a program, one array of equal lanes per distinct value.
class ConstantPool {
 public:
  /// The operand code of `value` as `width` bytes (0: predicate).
  std::uint32_t code(int width, std::uint64_t value);
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
  std::map<std::pair<int, std::uint64_t>, std::uint32_t> codes_;
};

/// Gives the variables of a function their places in its local and parameter blocks, and fills in
/// the sizes and the signature of `decoded`. Shared and global variables are left alone.
void lay_out_frame(ptx::Function& function, DecodedFunction& decoded);

/// Decodes one function whose variables are laid out.
class Decoder {
 public:
  Decoder(const ptx::Function& function, const SymbolSource& symbols, ConstantPool& constants,
          DecodedFunction& decoded)
      : function_(function), symbols_(symbols), constants_(constants), decoded_(decoded) {}

  /// With `refused`, goes on behind an instruction that cannot be decoded and notes the reason
  /// there.
  bool decode(std::vector<std::string>* refused = nullptr);
  /// After a failure: what and where.
  const std::string& error() const { return error_; }
  std::uint32_t error_line() const { return error_line_; }

 private:
  using Method = void (Decoder::*)();
  static const std::unordered_map<std::string_view, Method>& methods();
  using Operand = ptx::Operand;
  using Type = ptx::Type;

  // Errors: the first one sticks.
  void fail(std::string reason);
  bool failed() const { return !error_.empty(); }

  // The current instruction.
  bool take(std::string_view modifier);  ///< marks it as understood
  Type take_type();
  Rounding take_rounding(bool& directed, bool& integral);
  Compare take_comparison();
  bool take_ordering();  ///< scopes, semantics, cache hints; true for acquire/release
  const Operand& operand(std::size_t index);
  std::size_t operand_count() const { return in_->operands.size(); }
  std::string text() const;  ///< opcode with modifiers

  // Operands.
  int register_width(std::uint32_t reg) const;
  std::uint32_t source_code(const Operand& operand, Type type, bool wider_allowed = false);
  std::uint32_t destination_code(const Operand& operand, Type type, bool wider_allowed = false);
  std::uint32_t predicate_source(const Operand& operand, bool& negated);
  std::uint32_t predicate_destination(const Operand& operand);
  bool symbol_address(const Operand& operand, std::uint64_t& address, bool& in_frame);
  bool special_code(const Operand& operand, std::uint32_t& code);
  const ptx::Variable* find_variable(const Operand& operand) const;
  bool is_kernel_parameter(const ptx::Variable* variable) const;

  Op& emit(Handler handler, OpKind kind = OpKind::plain);
  void emit_alu(AluRequest request, std::size_t sources);

  // Instructions; decode_alu.cpp
  void integer_or_float();  ///< everything of the form op.type d, a[, b[, c]]
  void one_source();
  void multiply();
  void multiply24();
  void approximate();
  void divide();
  void min_max();
  void shift();
  void funnel_shift();
  void carry();
  void logic();
  void bit_field();
  void bit_mask();
  void logic3();
  void permute_bytes();
  void select();
  void select_sign();
  void set_predicate();
  void set_value();
  void test_property();
  void dot_product();
  void copy_sign();
  void find_nth_set();
  // decode_convert.cpp
  void convert();
  bool convert_format();
  void pack_convert();
  void move();
  void convert_address();
  void test_space();
  bool move_vector();
  bool move_special();
  void move_wide();
  std::uint32_t wide_register(const Operand& operand);
  // decode_memory.cpp
  void load();
  void store();
  void atomic();
  void reduction();
  void fence();
  void prefetch();
  void cache_policy();
  void stack();
  void atomic_access(bool returns);
  Access take_access();
  bool address_operand(const Operand& operand, Access& access, Op& op);
  bool transfer(const Operand& operand, Type type, bool is_load, Access& access, Op& op);
  bool transfer_wide(const Operand& value, bool is_load, Access& access, Op& op);
  // decode_texture.cpp
  void texture();
  void image_query();
  void is_image();
  void surface();
  std::uint32_t image_handle(const Operand& operand);
  /// Codes of `count` coordinates in a list that may be longer; `layer` is what comes before them.
  bool image_coordinates(const Operand& list, Type type, bool layered, unsigned count,
                         std::uint32_t* layer, std::uint32_t* codes);
  // decode_control.cpp
  void branch();
  void branch_table();
  void call();
  void leave();
  void trap();
  void barrier();
  void shuffle();
  void vote();
  void match();
  void reduce();
  void active_mask();
  void sleep();
  void grid_dependency();
  void nothing();
  void emit_sync(std::uint32_t kind, const Operand* members, Op& op);
  bool call_target(const Operand& target, CallSite& site, Op& op);
  // decode_matrix.cpp
  void matrix_multiply();
  void matrix_fragment();
  void matrix_rows();
  void matrix_transpose();
  bool take_shape(MatrixShape& shape);
  MatrixType take_matrix_type();
  bool take_layout();
  std::vector<std::uint32_t> fragment_codes(const Operand& operand, std::size_t count, Type type,
                                            bool is_destination);
  void emit_matrix(MatrixOp matrix, Op op);
  // decode_video.cpp
  void video();
  void absolute_differences();
  std::uint32_t video_source(const Operand& operand);
  // decode_async.cpp
  void copy_async();
  void memory_barrier();
  void emit_mbarrier(MbarrierAction action, std::size_t address, const Operand* value,
                     std::uint32_t constant);
  // decode_control.cpp, calls
  bool call_values(const Operand& list, std::vector<CallArgument>& out, bool results);

  const ptx::Function& function_;
  const SymbolSource& symbols_;
  ConstantPool& constants_;
  DecodedFunction& decoded_;
  const ptx::Instruction* in_ = nullptr;
  std::uint64_t taken_ = 0;  ///< modifiers understood, by position
  std::vector<std::uint32_t> register_offsets_;
  std::string error_;
  std::uint32_t error_line_ = 0;
};

}  // namespace vgpu::softdevice::exec
