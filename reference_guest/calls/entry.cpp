/// The way in: initialisation, versions, errors, and how symbols are found.

#include "vgpu/guest/entry.hpp"

#include <cstdint>
#include <string_view>
#include <vgpu/guest_written.hpp>
#include <vgpu/symbols.hpp>

#include "private_tables.hpp"
#include "vgpu/guest/initialise.hpp"

namespace vgpu::guest::written {
namespace {

constexpr int built_driver_version = 13000;

/// What cuDriverGetVersion says: the host's version, once there is one.
int driver_version() noexcept {
  const Session* session = guest::session();
  return session != nullptr ? session->driver_version() : built_driver_version;
}

struct Found {
  void* address = nullptr;
  CUdriverProcAddressQueryResult status = CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
};

/// The newest variant of `name` that `version` knows; with `per_thread`, of its per-thread forms
/// where it has any.
Found find_symbol(std::string_view name, std::uint32_t version, bool per_thread) noexcept {
  Found found;
  std::uint32_t newest = 0;
  bool has_per_thread = false;
  if (per_thread) {
    for (const call::Symbol& symbol : call::symbols) {
      has_per_thread = has_per_thread || (symbol.per_thread && symbol.base == name);
    }
  }
  for (std::size_t i = 0; i < call::symbols.size(); ++i) {
    const call::Symbol& symbol = call::symbols[i];
    if (symbol.base != name || symbol.per_thread != has_per_thread) continue;
    if (symbol.since > version) {
      if (found.address == nullptr) found.status = CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT;
    } else if (found.address == nullptr || symbol.since >= newest) {
      newest = symbol.since;
      found.address = export_address(i);
      found.status = CU_GET_PROC_ADDRESS_SUCCESS;
    }
  }
  return found;
}

}  // namespace

CUresult cuInit(unsigned int) {
  return initialise();
}

CUresult cuDriverGetVersion(int* version) {
  *version = driver_version();
  return CUDA_SUCCESS;
}

CUresult cuGetErrorName(CUresult error, const char** text) {
  const ResultText* found = find_result(error);
  *text = found != nullptr ? found->name : nullptr;
  return found != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGetErrorString(CUresult error, const char** text) {
  const ResultText* found = find_result(error);
  *text = found != nullptr ? found->description : nullptr;
  return found != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGetProcAddress_v2(const char* symbol, void** function, int version, cuuint64_t flags,
                             CUdriverProcAddressQueryResult* status) {
  constexpr cuuint64_t known_flags =
      CU_GET_PROC_ADDRESS_LEGACY_STREAM | CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;
  if (version > driver_version() || (flags & ~known_flags) != 0) return CUDA_ERROR_INVALID_VALUE;
  // A negative version finds the newest, as with the vendor's driver.
  const Found found = find_symbol(symbol, static_cast<std::uint32_t>(version),
                                  (flags & CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM) != 0);
  *function = found.address;
  if (status != nullptr) *status = found.status;
  return CUDA_SUCCESS;
}

CUresult cuGetProcAddress(const char* symbol, void** function, int version, cuuint64_t flags) {
  if (symbol == nullptr || function == nullptr) return CUDA_ERROR_INVALID_VALUE;
  void* address = nullptr;
  const CUresult result = cuGetProcAddress_v2(symbol, &address, version, flags, nullptr);
  if (result != CUDA_SUCCESS) return result;
  if (address == nullptr) return CUDA_ERROR_NOT_FOUND;
  *function = address;
  return CUDA_SUCCESS;
}

CUresult cuGetExportTable(const void** table, const CUuuid* id) {
  *table = find_private_table(*id);
  if (*table != nullptr) return CUDA_SUCCESS;
  return is_vendor_table(*id) ? CUDA_ERROR_NOT_FOUND : CUDA_ERROR_INVALID_VALUE;
}

}  // namespace vgpu::guest::written
