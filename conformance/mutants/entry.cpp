#include <cstring>

#include "mutants/mutant.hpp"

namespace vgpu::conformance::mutants {

std::span<const Mutant> entry_mutants() {
  static constexpr Mutant list[] = {
      {"init_takes_any_flags", "cuInit succeeds whatever its flags are", "cuInit",
       [](DriverTable& driver) { driver.cuInit = [](unsigned) { return real().cuInit(0); }; }},
      {"an_older_version", "cuDriverGetVersion names the version before the driver's",
       "cuDriverGetVersion",
       [](DriverTable& driver) {
         driver.cuDriverGetVersion = [](int* version) {
           const CUresult result = real().cuDriverGetVersion(version);
           if (result == CUDA_SUCCESS) *version -= 10;
           return result;
         };
       }},
      {"unknown_errors_have_a_name", "cuGetErrorName answers for codes that do not exist",
       "cuGetErrorName",
       [](DriverTable& driver) {
         driver.cuGetErrorName = [](CUresult error, const char** name) {
           const CUresult result = real().cuGetErrorName(error, name);
           if (result == CUDA_SUCCESS) return result;
           *name = "CUDA_ERROR_UNKNOWN";
           return CUDA_SUCCESS;
         };
       }},
      {"resolves_the_newest_variant", "cuGetProcAddress gives the newest ABI to every version",
       "cuGetProcAddress:SymbolResolution",
       [](DriverTable& driver) {
         driver.cuGetProcAddress_v2 = [](const char* symbol, void** function, int /*version*/,
                                         cuuint64_t flags, CUdriverProcAddressQueryResult* status) {
           return real().cuGetProcAddress_v2(symbol, function, CUDA_VERSION, flags, status);
         };
       }},
      {"resolves_legacy_streams_only", "cuGetProcAddress ignores the flag for per-thread forms",
       "cuGetProcAddress:SymbolResolution",
       [](DriverTable& driver) {
         driver.cuGetProcAddress_v2 = [](const char* symbol, void** function, int version,
                                         cuuint64_t flags, CUdriverProcAddressQueryResult* status) {
           return real().cuGetProcAddress_v2(symbol, function, version, flags & ~cuuint64_t{2},
                                             status);
         };
       }},
      {"resolver_leaves_its_status", "cuGetProcAddress does not write how it went",
       "cuGetProcAddress",
       [](DriverTable& driver) {
         driver.cuGetProcAddress_v2 = [](const char* symbol, void** function, int version,
                                         cuuint64_t flags, CUdriverProcAddressQueryResult*) {
           return real().cuGetProcAddress_v2(symbol, function, version, flags, nullptr);
         };
       }},
      {"tables_by_a_part_of_their_name",
       "cuGetExportTable takes any identifier that begins like one it knows", "cuGetExportTable",
       [](DriverTable& driver) {
         driver.cuGetExportTable = [](const void** table, const CUuuid* id) {
           static constexpr unsigned char known[] = {0x6b, 0xd5, 0xfb, 0x6c, 0x5b, 0xf4,
                                                     0xe7, 0x4a, 0x89, 0x87, 0xd9, 0x39,
                                                     0x12, 0xfd, 0x9d, 0xf9};
           CUuuid whole;
           std::memcpy(&whole, known, sizeof whole);
           if (id != nullptr && std::memcmp(id, known, 8) == 0) id = &whole;
           return real().cuGetExportTable(table, id);
         };
       },
       true},
  };
  return list;
}

}  // namespace vgpu::conformance::mutants
