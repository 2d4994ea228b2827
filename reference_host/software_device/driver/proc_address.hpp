#pragma once

#include <cuda.h>

#include <span>

namespace vgpu::softdevice {

/// One variant of a symbol: which one cuGetProcAddress gives from which CUDA version on.
struct ProcEntry {
  const char* symbol;
  int version;
  bool per_thread;
  void* function;
};

/// All entries, sorted by symbol (strcmp) and version. Generated at build time.
std::span<const ProcEntry> proc_table() noexcept;

}  // namespace vgpu::softdevice
