#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>
#include <type_traits>
#include <vector>

#include "reference_host/software_device/engine.hpp"

namespace vgpu::softdevice {

inline std::string read_kernel_file(const std::string& name) {
  std::ifstream file(std::string(VGPU_ENGINE_KERNEL_DIR) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// A device with a module on it.
class Device {
 public:
  bool load(const std::string& image) {
    image_ = image;
    module_ = load_module(image_.c_str(), 86, memory, error);
    return module_ != nullptr;
  }

  const Kernel* kernel(const std::string& name) {
    std::string reason;
    CUresult result = CUDA_SUCCESS;
    const Kernel* found = module_->find_kernel(name, reason, result);
    EXPECT_NE(found, nullptr) << reason;
    return found;
  }

  template <class... T>
  LaunchFault launch(const std::string& name, const LaunchConfig& config, T... arguments) {
    const Kernel* const found = kernel(name);
    if (found == nullptr) return {CUDA_ERROR_NOT_FOUND, name};
    std::vector<std::byte> block(4096);
    std::size_t next = 0;
    const auto put = [&](const auto& value) {
      ASSERT_LT(next, found->parameters().size());
      const KernelParameter parameter = found->parameters()[next++];
      ASSERT_EQ(parameter.size, sizeof value);
      std::memcpy(block.data() + parameter.offset, &value, sizeof value);
    };
    (put(arguments), ...);
    EXPECT_EQ(next, found->parameters().size());
    return run_grid(*found, config, block, memory, services_, {&stop, time});
  }

  template <class T>
  T* upload(const std::vector<T>& values) {
    T* to = reinterpret_cast<T*>(memory.allocate(values.size() * sizeof(T)));
    std::memcpy(to, values.data(), values.size() * sizeof(T));
    return to;
  }

  LoadedModule& module() { return *module_; }

  DeviceMemory memory{std::size_t{1} << 30};
  std::atomic<bool> stop{false};
  std::chrono::nanoseconds time{0};  ///< that a kernel may take
  std::string printed;
  std::string complaints;  ///< lines of failed assertions
  LoadError error;

 private:
  class Services final : public KernelServices {
   public:
    explicit Services(Device& device) : device_(device) {}
    void print(std::string text) override {
      const std::lock_guard lock(mutex_);
      device_.printed += text;
    }
    void assertion_failed(std::string line) override {
      const std::lock_guard lock(mutex_);
      device_.complaints += line + '\n';
    }
    std::uintptr_t heap_allocate(std::size_t size) override {
      return device_.memory.allocate(size);
    }
    bool heap_free(std::uintptr_t address) override { return device_.memory.release(address); }
    void report(const std::string& line) override {
      const std::lock_guard lock(mutex_);
      device_.complaints += line + '\n';
    }

   private:
    Device& device_;
    std::mutex mutex_;
  };

  Services services_{*this};
  std::string image_;
  std::unique_ptr<LoadedModule> module_;
};

inline LaunchConfig line(unsigned blocks, unsigned threads, std::size_t shared = 0) {
  LaunchConfig config;
  config.grid.x = blocks;
  config.block.x = threads;
  config.dynamic_shared_bytes = shared;
  return config;
}

#define VGPU_EXPECT_RUNS(launch)                            \
  do {                                                      \
    const LaunchFault fault = (launch);                     \
    ASSERT_EQ(fault.result, CUDA_SUCCESS) << fault.message; \
  } while (false)

}  // namespace vgpu::softdevice
