#pragma once

/// \file
/// A driver library opened by path, and the running of cases on its first device.

#include <cuda.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "corpus.hpp"

namespace vgpu::ptx_corpus {

/// A driver call that no case may make fail did.
struct DriverError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What came of running a case.
struct Outcome {
  enum class Stage { load, launch, finished };
  Stage stage = Stage::load;       ///< how far it came
  CUresult status = CUDA_SUCCESS;  ///< of the stage that failed, or success
  std::string log;                 ///< the JIT's
  std::vector<std::byte> output;   ///< when it finished successfully
  bool context_lost = false;       ///< and no other could be made
  bool timed_out = false;          ///< the device is unusable now
};

/// Opens the library, makes a context, runs cases in it. A context that a case has broken is
/// replaced. Not thread-safe.
class Device {
 public:
  /// Throws DriverError.
  explicit Device(const std::string& library);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  std::string name() const;
  Outcome run(const Case& item, std::chrono::seconds limit);

 private:
  struct Functions;
  class Objects;

  void open_context();
  void close_context();
  void reserve(CUdeviceptr& buffer, std::size_t& capacity, std::size_t size);
  void check(CUresult result, const char* what) const;
  bool wait(std::chrono::seconds limit, CUresult& result);
  void launch(const Case& item, CUfunction function, std::chrono::seconds limit, Outcome& outcome);

  std::unique_ptr<Functions> cu_;
  CUcontext context_ = nullptr;
  CUstream stream_ = nullptr;
  CUdeviceptr input_ = 0;
  CUdeviceptr output_ = 0;
  std::size_t input_capacity_ = 0;
  std::size_t output_capacity_ = 0;
};

}  // namespace vgpu::ptx_corpus
