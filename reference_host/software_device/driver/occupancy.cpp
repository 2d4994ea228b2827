#include <algorithm>

#include "driver.hpp"
#include "module.hpp"

using namespace vgpu::softdevice;

namespace {

constexpr int warp_size = 32;
constexpr int default_shared_bytes = 49152;

/// Registers are handed out to warps in units of 256.
int registers_per_warp(int registers) {
  return (registers * warp_size + 255) / 256 * 256;
}

/// Resident blocks per multiprocessor; 0 when not even one fits.
int resident_blocks(const Function& function, const MultiprocessorLimits& limits, int block_size,
                    std::size_t dynamic_shared) {
  const KernelTraits& traits = function.kernel->traits();
  const int warps = (block_size + warp_size - 1) / warp_size;
  if (block_size > traits.max_threads_per_block || block_size > 1024) return 0;
  int blocks = std::min(limits.blocks, limits.threads / (warps * warp_size));
  if (traits.registers > 0) {
    blocks = std::min(blocks, limits.registers / registers_per_warp(traits.registers) / warps);
  }
  const std::size_t shared = traits.static_shared_bytes + dynamic_shared;
  if (shared > static_cast<std::size_t>(limits.shared_optin)) return 0;
  const auto unit = static_cast<std::size_t>(limits.shared_unit);
  const std::size_t per_block =
      (shared + static_cast<std::size_t>(limits.shared_reserved) + unit - 1) / unit * unit;
  if (per_block > 0) {
    blocks = static_cast<int>(
        std::min<std::size_t>(static_cast<std::size_t>(blocks),
                              static_cast<std::size_t>(limits.shared_bytes) / per_block));
  }
  return std::max(blocks, 0);
}

template <class Body>
CUresult with_function(CUfunction handle, Body&& body) noexcept {
  return entry([&]() -> CUresult {
    std::shared_ptr<Function> function;
    const auto current = current_context();
    if (current == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
    if (const CUresult result = resolve_function(handle, current, function);
        result != CUDA_SUCCESS) {
      return result;
    }
    const auto context = function->module->context();
    if (context == nullptr) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
    return body(*function, multiprocessor_limits(context->device().compute_capability()));
  });
}

CUresult max_active_blocks(int* count, CUfunction handle, int block_size, size_t dynamic_shared,
                           unsigned flags) {
  return with_function(handle, [&](const Function& function, const MultiprocessorLimits& limits) {
    if (count == nullptr || block_size <= 0 ||
        (flags & ~static_cast<unsigned>(CU_OCCUPANCY_DISABLE_CACHING_OVERRIDE)) != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    *count = resident_blocks(function, limits, block_size, dynamic_shared);
    return CUDA_SUCCESS;
  });
}

CUresult max_potential_block_size(int* grid, int* block, CUfunction handle,
                                  CUoccupancyB2DSize shared_of_block, size_t dynamic_shared,
                                  int limit, unsigned flags) {
  return with_function(handle, [&](const Function& function, const MultiprocessorLimits& limits) {
    if (grid == nullptr || block == nullptr || limit < 0 ||
        (flags & ~static_cast<unsigned>(CU_OCCUPANCY_DISABLE_CACHING_OVERRIDE)) != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    int largest = std::min(1024, function.kernel->traits().max_threads_per_block);
    if (limit > 0) largest = std::min(largest, limit);
    int best_size = 0;
    int best_threads = 0;
    int best_blocks = 0;
    // From the largest block downwards in whole warps; the largest block wins a tie.
    for (int rounded = (largest + warp_size - 1) / warp_size * warp_size; rounded > 0;
         rounded -= warp_size) {
      const int size = std::min(rounded, largest);
      const size_t shared = shared_of_block != nullptr ? shared_of_block(size) : dynamic_shared;
      const int blocks = resident_blocks(function, limits, size, shared);
      if (blocks * size > best_threads) {
        best_threads = blocks * size;
        best_size = size;
        best_blocks = blocks;
      }
      if (best_threads == limits.threads) break;
    }
    *block = best_size;
    *grid = best_blocks * worker_count();
    return CUDA_SUCCESS;
  });
}

CUresult check_cluster_query(const void* out, const CUlaunchConfig* config) {
  if (out == nullptr || config == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return CUDA_SUCCESS;
}

}  // namespace

extern "C" {

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* count, CUfunction f, int block_size,
                                                     size_t dynamic_shared) {
  return max_active_blocks(count, f, block_size, dynamic_shared, 0);
}
CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* count, CUfunction f,
                                                              int block_size, size_t dynamic_shared,
                                                              unsigned int flags) {
  return max_active_blocks(count, f, block_size, dynamic_shared, flags);
}
CUresult cuOccupancyMaxPotentialBlockSize(int* grid, int* block, CUfunction f,
                                          CUoccupancyB2DSize shared_of_block, size_t dynamic_shared,
                                          int limit) {
  return max_potential_block_size(grid, block, f, shared_of_block, dynamic_shared, limit, 0);
}
CUresult cuOccupancyMaxPotentialBlockSizeWithFlags(int* grid, int* block, CUfunction f,
                                                   CUoccupancyB2DSize shared_of_block,
                                                   size_t dynamic_shared, int limit,
                                                   unsigned int flags) {
  return max_potential_block_size(grid, block, f, shared_of_block, dynamic_shared, limit, flags);
}

CUresult cuOccupancyAvailableDynamicSMemPerBlock(size_t* bytes, CUfunction f, int blocks,
                                                 int block_size) {
  return with_function(f, [&](const Function& function, const MultiprocessorLimits& limits) {
    if (bytes == nullptr || blocks <= 0 || block_size <= 0) return CUDA_ERROR_INVALID_VALUE;
    const int set = function.max_dynamic_shared;
    const auto fixed = static_cast<int>(function.kernel->traits().static_shared_bytes);
    // As with the vendor's driver, what is reserved in each block is not taken off.
    const int per_block = limits.shared_bytes / blocks / 256 * 256 - fixed;
    const int allowed = set >= 0 ? set : default_shared_bytes - fixed;
    const int most = std::max(0, std::min(per_block, allowed));
    const int usable = std::max(0, most - limits.shared_reserved);
    if (resident_blocks(function, limits, block_size, static_cast<size_t>(usable)) < blocks) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    *bytes = static_cast<size_t>(most);
    return CUDA_SUCCESS;
  });
}

CUresult cuOccupancyMaxPotentialClusterSize(int* size, CUfunction f, const CUlaunchConfig* config) {
  return with_function(f, [&](const Function&, const MultiprocessorLimits&) {
    if (const CUresult result = check_cluster_query(size, config); result != CUDA_SUCCESS) {
      return result;
    }
    log_line("cuOccupancyMaxPotentialClusterSize: clusters need compute capability 9.0");
    return CUDA_ERROR_NOT_SUPPORTED;
  });
}

CUresult cuOccupancyMaxActiveClusters(int* count, CUfunction f, const CUlaunchConfig* config) {
  return with_function(f, [&](const Function&, const MultiprocessorLimits&) {
    if (const CUresult result = check_cluster_query(count, config); result != CUDA_SUCCESS) {
      return result;
    }
    log_line("cuOccupancyMaxActiveClusters: clusters need compute capability 9.0");
    return CUDA_ERROR_NOT_SUPPORTED;
  });
}

}  // extern "C"
