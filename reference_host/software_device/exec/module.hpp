#pragma once

/// \file
/// Loaded code: PTX units with their variables in device memory, kernels decoded on demand.

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "reference_host/software_device/engine.hpp"
#include "reference_host/software_device/exec/program.hpp"
#include "reference_host/software_device/ptx/syntax.hpp"

namespace vgpu::softdevice::exec {

class KernelImpl final : public Kernel {
 public:
  std::string_view name() const noexcept override { return program.name; }
  const KernelTraits& traits() const noexcept override { return kernel_traits; }
  std::span<const KernelParameter> parameters() const noexcept override {
    return kernel_parameters;
  }

  Program program;
  KernelTraits kernel_traits;
  std::vector<KernelParameter> kernel_parameters;
};

/// A function with a body, anywhere in the module. Its index is the one of Program::functions.
struct FunctionEntry {
  std::size_t unit = 0;
  const ptx::FunctionExtent* extent = nullptr;
};

class ModuleImpl final : public LoadedModule {
 public:
  ModuleImpl(DeviceMemory& memory, int capability) : memory_(memory), capability_(capability) {}
  ~ModuleImpl() override;

  /// Scans the texts and puts their variables into device memory.
  bool load(std::vector<std::string> texts, LoadError& error);

  const Kernel* find_kernel(std::string_view name, std::string& error, CUresult& result) override;
  const GlobalVariable* find_global(std::string_view name) override;
  DeviceMemory::Range managed_memory() const noexcept override { return managed_; }
  std::size_t text_bytes() const noexcept override;
  std::uint64_t find_reference(std::string_view name, bool surface) const override;
  std::vector<std::string> kernel_names() const override;

  // For the kernel builder. Names are looked up in the unit that uses them first.
  const ptx::Unit& unit(std::size_t index) const { return *units_[index]; }
  const std::vector<FunctionEntry>& functions() const { return functions_; }
  int function_index(std::size_t unit, std::string_view name) const;
  const ptx::Variable* variable(std::size_t unit, std::string_view name) const;
  /// Functions whose address an initialiser takes.
  const std::set<int>& address_taken() const { return address_taken_; }
  std::size_t constant_bytes() const { return constant_bytes_; }
  int capability() const { return capability_; }

 private:
  bool index_names(LoadError& error);
  bool place_variables(LoadError& error);
  bool initialise(std::size_t unit, const ptx::Variable& variable, LoadError& error);

  using Name = std::pair<std::size_t, std::string_view>;
  DeviceMemory& memory_;
  int capability_ = 0;
  std::vector<std::unique_ptr<ptx::Unit>> units_;
  std::vector<FunctionEntry> functions_;
  std::map<Name, int> local_functions_;
  std::map<Name, ptx::Variable*> local_variables_;
  std::unordered_map<std::string_view, int> visible_functions_;
  std::unordered_map<std::string_view, ptx::Variable*> visible_variables_;
  std::set<int> address_taken_;
  std::uintptr_t storage_ = 0;
  std::uintptr_t constants_ = 0;
  DeviceMemory::Range managed_;
  std::size_t constant_bytes_ = 0;
  std::unordered_map<std::string_view, GlobalVariable> globals_;
  std::unordered_map<std::string_view, const ptx::Variable*> references_;  // textures, surfaces
  std::mutex mutex_;                                                       ///< guards kernels_
  std::unordered_map<std::string, std::unique_ptr<KernelImpl>> kernels_;
};

/// Parses and decodes the kernel at `entry` and everything it can reach. nullptr with `error` and
/// `result` filled in. With `refused`, instructions that cannot be decoded are left out and listed
/// there with the reason: for surveys, the kernel must not be run.
std::unique_ptr<KernelImpl> build_kernel(const ModuleImpl& module, int entry, std::string& error,
                                         CUresult& result,
                                         std::vector<std::string>* refused = nullptr);

}  // namespace vgpu::softdevice::exec
