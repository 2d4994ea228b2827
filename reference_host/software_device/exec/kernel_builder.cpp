#include <algorithm>

#include "reference_host/software_device/exec/decode.hpp"
#include "reference_host/software_device/exec/module.hpp"

namespace vgpu::softdevice::exec {

namespace {

/// Local memory that a thread gets on top when the depth of its calls cannot be known.
constexpr std::size_t recursion_stack_bytes = 64 * 1024;

constexpr std::size_t round_up(std::size_t value, std::size_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

class KernelBuilder {
 public:
  KernelBuilder(const ModuleImpl& module, int entry, KernelImpl& kernel)
      : module_(module), entry_(entry), kernel_(kernel) {}

  bool build(std::string& error, CUresult& result, std::vector<std::string>* refused) {
    refused_ = refused;
    Program& program = kernel_.program;
    program.functions.resize(module_.functions().size());
    program.entry = static_cast<std::uint32_t>(entry_);
    if (parse_reachable() && lay_out() && decode_all()) {
      finish();
      return true;
    }
    error = "kernel " + std::string(module_.functions()[index(entry_)].extent->name) +
            ": PTX line " + std::to_string(line_) + ": " + error_;
    result = result_;
    return false;
  }

 private:
  struct Parsed {
    ptx::Function function;
    std::size_t unit = 0;
  };

  class Symbols final : public SymbolSource {
   public:
    Symbols(const KernelBuilder& builder, std::size_t unit) : builder_(builder), unit_(unit) {}
    const ptx::Variable* variable(std::string_view name) const override {
      const ptx::Variable* found = builder_.module_.variable(unit_, name);
      const auto it = builder_.shared_.find(found);
      return it == builder_.shared_.end() ? found : &it->second;
    }
    int function(std::string_view name) const override {
      return builder_.module_.function_index(unit_, name);
    }
    RuntimeCall runtime(std::string_view name) const override {
      if (name == "vprintf") return RuntimeCall::vprintf;
      if (name == "malloc") return RuntimeCall::malloc_;
      if (name == "free") return RuntimeCall::free_;
      if (name == "__assertfail") return RuntimeCall::assertfail;
      return RuntimeCall::none;
    }
    const DecodedFunction& signature(std::uint32_t function) const override {
      return builder_.kernel_.program.functions[function];
    }

   private:
    const KernelBuilder& builder_;
    std::size_t unit_;
  };

  static std::size_t index(int value) { return static_cast<std::size_t>(value); }

  bool fail(CUresult result, std::uint32_t line, std::string reason) {
    result_ = result;
    line_ = line;
    error_ = std::move(reason);
    return false;
  }

  bool parse_reachable() {
    std::vector<int> wanted = {entry_};
    bool indirect = false;
    while (true) {
      // Only when all else is known is it known whether an indirect call can be reached.
      if (wanted.empty() && indirect)
        for (const int taken : module_.address_taken())
          if (parsed_.count(taken) == 0) wanted.push_back(taken);
      if (wanted.empty()) return true;
      const int number = wanted.back();
      wanted.pop_back();
      if (parsed_.count(number) != 0) continue;
      const FunctionEntry& entry = module_.functions()[index(number)];
      Parsed& parsed = parsed_[number];
      parsed.unit = entry.unit;
      ptx::SyntaxError error;
      if (!ptx::parse_function(module_.unit(entry.unit), *entry.extent, parsed.function, error))
        return fail(CUDA_ERROR_INVALID_PTX, error.line, error.message);
      for (const ptx::Instruction& instruction : parsed.function.instructions)
        reach(parsed, instruction, wanted, indirect);
    }
  }

  /// Notes the functions and the module's shared variables that an instruction names.
  void reach(const Parsed& parsed, const ptx::Instruction& instruction, std::vector<int>& wanted,
             bool& indirect) {
    const bool is_call = instruction.opcode == "call";
    for (const ptx::Operand& operand : instruction.operands) {
      if (is_call && operand.kind == ptx::Operand::Kind::reg) indirect = true;
      if (operand.kind == ptx::Operand::Kind::special && operand.name.starts_with("%reserved_smem"))
        kernel_.program.reserved_shared_bytes = reserved_shared_size;
      if (operand.name.empty() || operand.variable != nullptr) continue;
      if (operand.kind != ptx::Operand::Kind::name && operand.kind != ptx::Operand::Kind::address)
        continue;
      const ptx::Variable* variable = module_.variable(parsed.unit, operand.name);
      if (variable != nullptr && variable->space == ptx::Space::shared) {
        shared_.try_emplace(variable, *variable);
        continue;
      }
      const int function = module_.function_index(parsed.unit, operand.name);
      if (function >= 0) wanted.push_back(function);
    }
  }

  bool lay_out() {
    std::size_t shared = kernel_.program.reserved_shared_bytes;
    const auto place = [&](ptx::Variable& variable) {
      if (variable.unsized) return;
      shared = round_up(shared, variable.alignment);
      variable.address = shared;
      shared += variable.size;
    };
    for (auto& [original, variable] : shared_) place(variable);
    for (auto& [number, parsed] : parsed_) {
      for (ptx::Variable& variable : parsed.function.variables) {
        if (variable.space == ptx::Space::shared) place(variable);
        if (variable.space == ptx::Space::global || variable.space == ptx::Space::constant)
          return fail(CUDA_ERROR_NOT_SUPPORTED, variable.line,
                      "a global variable inside a function is not supported");
      }
      lay_out_frame(parsed.function, kernel_.program.functions[index(number)]);
    }
    // Dynamic shared memory follows what is declared with a size.
    std::size_t alignment = 1;
    for (const auto& [original, variable] : shared_)
      if (variable.unsized) alignment = std::max(alignment, variable.alignment);
    for (auto& [number, parsed] : parsed_)
      for (ptx::Variable& variable : parsed.function.variables)
        if (variable.space == ptx::Space::shared && variable.unsized)
          alignment = std::max(alignment, variable.alignment);
    shared = round_up(shared, alignment);
    for (auto& [original, variable] : shared_)
      if (variable.unsized) variable.address = shared;
    for (auto& [number, parsed] : parsed_)
      for (ptx::Variable& variable : parsed.function.variables)
        if (variable.space == ptx::Space::shared && variable.unsized) variable.address = shared;
    kernel_.program.static_shared_bytes = shared;
    return true;
  }

  bool decode_all() {
    ConstantPool constants;
    for (auto& [number, parsed] : parsed_) {
      const Symbols symbols(*this, parsed.unit);
      DecodedFunction& decoded = kernel_.program.functions[index(number)];
      Decoder decoder(parsed.function, symbols, constants, decoded);
      if (!decoder.decode(refused_)) {
        // The decoder says "supported" of what only it lacks; the rest is wrong for any device.
        const bool lacking = decoder.error().find("supported") != std::string::npos;
        return fail(lacking ? CUDA_ERROR_NOT_SUPPORTED : CUDA_ERROR_INVALID_PTX,
                    decoder.error_line(), decoder.error());
      }
    }
    kernel_.program.constants = constants.take();
    return true;
  }

  /// The most local memory that a chain of calls from `number` needs; sets `may_recurse` when there
  /// is no bound.
  std::size_t local_depth(std::uint32_t number, std::vector<int>& state,
                          std::vector<std::size_t>& depth) {
    DecodedFunction& function = kernel_.program.functions[number];
    if (state[number] == 1) kernel_.program.may_recurse = true;
    if (state[number] != 0) return depth[number];
    state[number] = 1;
    kernel_.program.may_recurse |= function.uses_stack;
    std::size_t deepest = 0;
    for (const CallSite& site : function.calls) {
      if (site.runtime != RuntimeCall::none) continue;
      if (site.indirect) {
        kernel_.program.may_recurse = true;
        continue;
      }
      deepest = std::max(deepest, local_depth(site.function, state, depth));
    }
    depth[number] = function.local_bytes + deepest;
    state[number] = 2;
    return depth[number];
  }

  void finish() {
    Program& program = kernel_.program;
    const DecodedFunction& entry = program.functions[program.entry];
    std::vector<int> state(program.functions.size(), 0);
    std::vector<std::size_t> depth(program.functions.size(), 0);
    program.local_stride = round_up(local_depth(program.entry, state, depth), 16);
    if (program.may_recurse) program.local_stride += recursion_stack_bytes;
    program.name = entry.name;
    for (const CallArgument& parameter : entry.parameters) {
      kernel_.kernel_parameters.push_back({parameter.to, parameter.size});
      program.param_bytes = parameter.to + parameter.size;
    }
    const ptx::Function& function = parsed_.at(entry_).function;
    KernelTraits& traits = kernel_.kernel_traits;
    traits.static_shared_bytes = program.static_shared_bytes - program.reserved_shared_bytes;
    traits.constant_bytes = module_.constant_bytes();
    traits.local_bytes = program.local_stride;
    // PTX registers are virtual; a real allocator would need far fewer. At 64 a full block of 1024
    // threads fits the 65536 registers of a multiprocessor, as it does here.
    traits.registers = std::clamp(entry.register_count, 16, 64);
    if (function.max_threads != 0) traits.max_threads_per_block = function.max_threads;
    traits.ptx_version = module_.unit(module_.functions()[index(entry_)].unit).target;
    traits.binary_version = module_.capability();
  }

  const ModuleImpl& module_;
  const int entry_;
  KernelImpl& kernel_;
  std::map<int, Parsed> parsed_;
  std::map<const ptx::Variable*, ptx::Variable> shared_;
  std::vector<std::string>* refused_ = nullptr;
  CUresult result_ = CUDA_SUCCESS;
  std::uint32_t line_ = 0;
  std::string error_;
};

}  // namespace

std::unique_ptr<KernelImpl> build_kernel(const ModuleImpl& module, int entry, std::string& error,
                                         CUresult& result, std::vector<std::string>* refused) {
  auto kernel = std::make_unique<KernelImpl>();
  KernelBuilder builder(module, entry, *kernel);
  if (!builder.build(error, result, refused)) return nullptr;
  return kernel;
}

}  // namespace vgpu::softdevice::exec
