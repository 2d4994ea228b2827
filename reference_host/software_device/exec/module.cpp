#include "reference_host/software_device/exec/module.hpp"

#include <algorithm>
#include <cstring>

#include "reference_host/software_device/fatbin/fatbin.hpp"

namespace vgpu::softdevice {

namespace exec {

namespace {

constexpr std::size_t round_up(std::size_t value, std::size_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

/// The language is that of CUDA 13. What a later release of it adds is refused where it is used.
constexpr int newest_ptx_version = 99;

bool reject(LoadError& error, CUresult result, std::uint32_t line, const std::string& reason) {
  error.result = result;
  error.message = "PTX line " + std::to_string(line) + ": " + reason;
  return false;
}

bool in_device_memory(const ptx::Variable& variable) {
  return variable.space == ptx::Space::global || variable.space == ptx::Space::constant;
}

}  // namespace

ModuleImpl::~ModuleImpl() {
  if (storage_ != 0) memory_.release(storage_);
  if (constants_ != 0) memory_.release(constants_);
  if (managed_.size != 0) memory_.release(managed_.begin);
}

bool ModuleImpl::load(std::vector<std::string> texts, LoadError& error) {
  for (std::string& text : texts) {
    units_.push_back(std::make_unique<ptx::Unit>());
    units_.back()->text = std::move(text);
    ptx::SyntaxError reason;
    if (!ptx::scan_unit(*units_.back(), reason))
      return reject(error, CUDA_ERROR_INVALID_PTX, reason.line, reason.message);
    if (units_.back()->version == 0)
      return reject(error, CUDA_ERROR_INVALID_PTX, 1, "there is no .version");
    if (units_.back()->version > newest_ptx_version)
      return reject(error, CUDA_ERROR_UNSUPPORTED_PTX_VERSION, 1, "a .version of the future");
    if (units_.back()->target > static_cast<int>(fatbin::newest_architecture))
      return reject(error, CUDA_ERROR_INVALID_PTX, 1, "a .target of the future");
  }
  return index_names(error) && place_variables(error);
}

bool ModuleImpl::index_names(LoadError& error) {
  for (std::size_t i = 0; i < units_.size(); ++i) {
    for (const ptx::FunctionExtent& extent : units_[i]->functions) {
      if (!extent.has_body) continue;
      const int index = static_cast<int>(functions_.size());
      if (!local_functions_.try_emplace({i, extent.name}, index).second)
        return reject(error, CUDA_ERROR_INVALID_PTX, extent.line,
                      std::string(extent.name) + " is defined twice");
      functions_.push_back({i, &extent});
      visible_functions_.try_emplace(extent.name, index);
    }
    for (ptx::Variable& variable : units_[i]->variables) {
      if (variable.is_extern && !variable.unsized) continue;
      // A declaration may be followed by the definition.
      local_variables_.insert_or_assign({i, variable.name}, &variable);
      visible_variables_.try_emplace(variable.name, &variable);
    }
  }
  return true;
}

bool ModuleImpl::place_variables(LoadError& error) {
  std::size_t size = 0;
  std::size_t constant_size = 0;
  std::size_t managed_size = 0;
  const auto is_constant = [](const ptx::Variable& variable) {
    return variable.space == ptx::Space::constant;
  };
  const auto each_variable = [this](auto&& visit) {
    for (const auto& unit : units_)
      for (ptx::Variable& variable : unit->variables)
        if (in_device_memory(variable) && !variable.is_extern) visit(variable);
  };
  each_variable([&](ptx::Variable& variable) {
    if (is_constant(variable)) constant_bytes_ += variable.size;
    std::size_t& end = variable.managed        ? managed_size
                       : is_constant(variable) ? constant_size
                                               : size;
    end = round_up(end, std::max<std::size_t>(variable.alignment, 8));
    variable.address = end;
    end += std::max<std::size_t>(variable.size, 1);
  });
  const auto no_memory = [&error](std::size_t bytes) {
    error.result = CUDA_ERROR_OUT_OF_MEMORY;
    error.message = "no memory for " + std::to_string(bytes) + " bytes of variables";
    return false;
  };
  if (size != 0 && (storage_ = memory_.allocate(size)) == 0) return no_memory(size);
  constexpr std::size_t alignment = 512;
  if (constant_size != 0 && (constants_ = memory_.allocate(constant_size, alignment, true)) == 0)
    return no_memory(constant_size);
  if (managed_size != 0) {
    const std::uintptr_t begin = memory_.allocate_shared(managed_size);
    if (begin == 0) return no_memory(managed_size);
    managed_ = memory_.find(begin, 0);
  }
  each_variable([&](ptx::Variable& variable) {
    variable.address += variable.managed        ? managed_.begin
                        : is_constant(variable) ? constants_
                                                : storage_;
    if (variable.opaque != ptx::Opaque::none) {
      references_.try_emplace(variable.name, &variable);
      return;
    }
    globals_.try_emplace(variable.name,
                         GlobalVariable{variable.address, variable.size, variable.managed});
  });
  for (std::size_t i = 0; i < units_.size(); ++i)
    for (const ptx::Variable& variable : units_[i]->variables)
      if (in_device_memory(variable) && !variable.is_extern && !initialise(i, variable, error))
        return false;
  return true;
}

bool ModuleImpl::initialise(std::size_t unit, const ptx::Variable& variable, LoadError& error) {
  auto* to = reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(variable.address));
  const std::size_t width = ptx::size_of(variable.type);
  for (const ptx::InitialValue& value : variable.initial) {
    std::uint64_t bits = value.bits;
    if (!value.symbol.empty()) {
      const ptx::Variable* target = this->variable(unit, value.symbol);
      const int function = target == nullptr ? function_index(unit, value.symbol) : -1;
      if (target == nullptr && function < 0)
        return reject(error, CUDA_ERROR_INVALID_PTX, variable.line,
                      "the initialiser of " + std::string(variable.name) + " names " +
                          std::string(value.symbol) + ", which is not defined");
      if (function >= 0) {
        address_taken_.insert(function);
        bits += code_window + static_cast<std::uint64_t>(function) * code_stride;
      } else {
        bits += target->address;
      }
      if (value.mask != 0) {
        std::uint64_t mask = value.mask;
        bits &= mask;
        for (; (mask & 1) == 0; mask >>= 1) bits >>= 1;
      }
    }
    std::memcpy(to, &bits, std::min<std::size_t>(width, sizeof bits));
    to += width;
  }
  return true;
}

int ModuleImpl::function_index(std::size_t unit, std::string_view name) const {
  const auto local = local_functions_.find({unit, name});
  if (local != local_functions_.end()) return local->second;
  const auto visible = visible_functions_.find(name);
  return visible == visible_functions_.end() ? -1 : visible->second;
}

const ptx::Variable* ModuleImpl::variable(std::size_t unit, std::string_view name) const {
  const auto local = local_variables_.find({unit, name});
  if (local != local_variables_.end()) return local->second;
  const auto visible = visible_variables_.find(name);
  return visible == visible_variables_.end() ? nullptr : visible->second;
}

const Kernel* ModuleImpl::find_kernel(std::string_view name, std::string& error, CUresult& result) {
  const auto it = visible_functions_.find(name);
  if (it == visible_functions_.end() ||
      !functions_[static_cast<std::size_t>(it->second)].extent->is_entry) {
    error = "the module has no kernel " + std::string(name);
    result = CUDA_ERROR_NOT_FOUND;
    return nullptr;
  }
  const std::lock_guard lock(mutex_);
  auto& kernel = kernels_[std::string(name)];
  if (kernel == nullptr) kernel = build_kernel(*this, it->second, error, result);
  if (kernel != nullptr) result = CUDA_SUCCESS;
  return kernel.get();
}

const GlobalVariable* ModuleImpl::find_global(std::string_view name) {
  const auto it = globals_.find(name);
  return it == globals_.end() ? nullptr : &it->second;
}

std::size_t ModuleImpl::text_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const auto& unit : units_) bytes += unit->text.size();
  return bytes;
}

std::uint64_t ModuleImpl::find_reference(std::string_view name, bool surface) const {
  const auto wanted = surface ? ptx::Opaque::surface : ptx::Opaque::texture;
  const auto it = references_.find(name);
  return it == references_.end() || it->second->opaque != wanted ? 0 : it->second->address;
}

std::vector<std::string> ModuleImpl::kernel_names() const {
  std::vector<std::string> names;
  for (const FunctionEntry& function : functions_)
    if (function.extent->is_entry) names.emplace_back(function.extent->name);
  return names;
}

}  // namespace exec

std::unique_ptr<LoadedModule> load_module(const void* image, int compute_capability,
                                          DeviceMemory& memory, LoadError& error) {
  error = {};
  std::vector<std::string> texts = fatbin::select_ptx(image, compute_capability, error);
  if (texts.empty()) return nullptr;
  auto module = std::make_unique<exec::ModuleImpl>(memory, compute_capability);
  if (!module->load(std::move(texts), error)) return nullptr;
  return module;
}

}  // namespace vgpu::softdevice
