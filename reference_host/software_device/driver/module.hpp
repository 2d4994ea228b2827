#pragma once

#include <cuda.h>

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "../engine.hpp"
#include "context.hpp"

namespace vgpu::softdevice {

class Module;
struct Library;

/// A kernel of a module in one context. Attributes that a program may set are per function.
struct Function {
  CUfunction handle = nullptr;
  std::shared_ptr<Module> module;
  const Kernel* kernel = nullptr;
  std::string name;
  std::atomic<int> max_dynamic_shared{-1};  ///< -1: the default of 48 KiB less static memory
  std::atomic<int> carveout{-1};
  std::atomic<int> cache_config{CU_FUNC_CACHE_PREFER_NONE};
};

/// Code in one context.
class Module : public std::enable_shared_from_this<Module> {
 public:
  /// Loads an image into the context's device. \param message reason in words when it fails.
  static CUresult load(const std::shared_ptr<Context>& context, const void* image,
                       std::shared_ptr<Module>& module, std::string& message);

  Module(const std::shared_ptr<Context>& context, std::unique_ptr<LoadedModule> code);
  ~Module();

  /// The function of that name; the same handle every time.
  CUresult function(const char* name, std::shared_ptr<Function>& function);
  /// The texture or surface reference of that name; the same handle every time.
  CUresult reference(const char* name, CUtexref& handle);
  CUresult reference(const char* name, CUsurfref& handle);
  LoadedModule& code() noexcept { return *code_; }
  std::shared_ptr<Context> context() const { return context_.lock(); }

  /// Takes the handles of all functions and references out of use.
  void retire();

  CUmodule handle = nullptr;
  std::weak_ptr<Library> library;  ///< set when the module is a library's

 private:
  const std::weak_ptr<Context> context_;
  const std::unique_ptr<LoadedModule> code_;
  std::mutex mutex_;
  std::unordered_map<std::string, CUfunction> functions_;
  std::unordered_map<std::string, CUtexref> texture_references_;
  std::unordered_map<std::string, CUsurfref> surface_references_;
};

/// A kernel of a library, free of contexts.
struct LibraryKernel {
  CUkernel handle = nullptr;
  std::weak_ptr<Library> library;
  std::string name;
  std::mutex mutex;
  std::map<std::pair<int, int>, int> attributes;  ///< set values by device ordinal and attribute
  std::atomic<int> cache_config{CU_FUNC_CACHE_PREFER_NONE};
};

/// Code that is loaded into a context when it is first used there.
struct Library : std::enable_shared_from_this<Library> {
  CUlibrary handle = nullptr;
  const void* image = nullptr;
  std::vector<std::byte> copy;  ///< of the image, unless the program preserves it
  std::mutex mutex;
  std::unordered_map<std::uint64_t, std::shared_ptr<Module>> modules;  ///< by context id
  std::map<std::string, CUkernel, std::less<>> kernels;

  /// The module of this library in `context`, loaded now if it was not.
  CUresult module_in(const std::shared_ptr<Context>& context, std::shared_ptr<Module>& module);
  /// A module to look names up in: of the current context, of any, or of device 0.
  CUresult any_module(std::shared_ptr<Module>& module);
  /// The kernel of that name; the same handle every time.
  CUresult kernel(const char* name, CUkernel& handle);
};

/// Why there is no variable of that name: a kernel's name, or none, is no name for one.
CUresult missing_variable(const LoadedModule& code, const std::string& name);
/// The function that a CUfunction, or a CUkernel cast to one, names for `context`.
CUresult resolve_function(CUfunction handle, const std::shared_ptr<Context>& context,
                          std::shared_ptr<Function>& function);
/// The function of a library's kernel in `context`.
CUresult kernel_function(LibraryKernel& kernel, const std::shared_ptr<Context>& context,
                         std::shared_ptr<Function>& function);
/// Value of an attribute as cuFuncGetAttribute reports it.
CUresult function_attribute(const Function& function, CUfunction_attribute attribute, int& value);
CUresult set_function_attribute(Function& function, CUfunction_attribute attribute, int value);

}  // namespace vgpu::softdevice
