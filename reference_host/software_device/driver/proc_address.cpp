#include "proc_address.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "entry.hpp"

using namespace vgpu::softdevice;

namespace {

/// The variant of `symbol` that was the newest one at `version`; a negative one is newer than all.
/// \return null with `known` telling whether any variant exists.
void* find_symbol(const char* symbol, int version, bool per_thread, bool& known) {
  const auto table = proc_table();
  const auto [first, last] =
      std::equal_range(table.begin(), table.end(), symbol, [](const auto& left, const auto& right) {
        const auto name = [](const auto& side) {
          if constexpr (std::is_same_v<std::decay_t<decltype(side)>, ProcEntry>) {
            return side.symbol;
          } else {
            return static_cast<const char*>(side);
          }
        };
        return std::strcmp(name(left), name(right)) < 0;
      });
  const bool has_thread_variants =
      std::any_of(first, last, [](const ProcEntry& entry) { return entry.per_thread; });
  const bool wanted = per_thread && has_thread_variants;
  known = first != last;
  void* best = nullptr;
  int best_version = -1;
  for (auto entry = first; entry != last; ++entry) {
    if (entry->per_thread != wanted || (version >= 0 && entry->version > version)) continue;
    if (entry->version < best_version) continue;
    best = entry->function;
    best_version = entry->version;
  }
  return best;
}

bool valid_request(const char* symbol, void** function, int version, cuuint64_t flags) {
  constexpr cuuint64_t both =
      CU_GET_PROC_ADDRESS_LEGACY_STREAM | CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;
  return symbol != nullptr && function != nullptr && version <= CUDA_VERSION &&
         (flags & ~both) == 0;
}

}  // namespace

extern "C" {

CUresult cuGetProcAddress_v2(const char* symbol, void** function, int version, cuuint64_t flags,
                             CUdriverProcAddressQueryResult* status) {
  return guarded([&]() -> CUresult {
    if (!valid_request(symbol, function, version, flags)) return CUDA_ERROR_INVALID_VALUE;
    bool known = false;
    void* const found = find_symbol(
        symbol, version, (flags & CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM) != 0, known);
    *function = found;
    if (status != nullptr) {
      *status = found != nullptr ? CU_GET_PROC_ADDRESS_SUCCESS
                : known          ? CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT
                                 : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuGetProcAddress(const char* symbol, void** function, int version, cuuint64_t flags) {
  return guarded([&]() -> CUresult {
    if (!valid_request(symbol, function, version, flags)) return CUDA_ERROR_INVALID_VALUE;
    bool known = false;
    void* const found = find_symbol(
        symbol, version, (flags & CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM) != 0, known);
    if (found == nullptr) return CUDA_ERROR_NOT_FOUND;
    *function = found;
    return CUDA_SUCCESS;
  });
}

CUresult cuGetExportTable(const void** table, const CUuuid* id) {
  return guarded([&]() -> CUresult {
    if (table == nullptr || id == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *table = nullptr;
    return CUDA_ERROR_INVALID_VALUE;
  });
}

}  // extern "C"
