#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "mutants/mutant.hpp"

// The exports of libmutant.so (made by make_forwarders) jump through vgpu_mutant_table.

extern "C" {
vgpu::DriverTable vgpu_mutant_table;
extern void* const vgpu_mutant_forwarders[];
}

namespace vgpu::conformance::mutants {

namespace {

/// What libmutant.so exports under `symbol`, for the address that the library behind it exports.
struct Forwarder {
  void* behind;
  void* ours;
  std::string_view symbol;
};

struct Wrapper {
  DriverTable table;
  std::vector<Forwarder> forwarders;  ///< by the address behind
};

Wrapper& wrapper() {
  // Calls may come after this library's static objects have ended.
  static Wrapper& the_wrapper = *new Wrapper;
  return the_wrapper;
}

[[noreturn]] void give_up(const std::string& reason) {
  std::fprintf(stderr, "libmutant.so: %s\n", reason.c_str());
  std::abort();
}

CUresult unavailable() {
  return CUDA_ERROR_NOT_SUPPORTED;
}

/// Two symbols may be one function: of these, one that `base` is the beginning of is meant.
void* ours(void* behind, std::string_view base) {
  const auto& all = wrapper().forwarders;
  const auto [first, last] =
      std::equal_range(all.begin(), all.end(), Forwarder{behind, nullptr, {}},
                       [](const Forwarder& a, const Forwarder& b) { return a.behind < b.behind; });
  if (first == last) return behind;
  const auto named = std::find_if(
      first, last, [&](const Forwarder& candidate) { return candidate.symbol.starts_with(base); });
  return (named != last ? named : first)->ours;
}

using Resolver = decltype(DriverTable::cuGetProcAddress);
using Resolver2 = decltype(DriverTable::cuGetProcAddress_v2);
Resolver resolver_behind;
Resolver2 resolver2_behind;

CUresult resolve(const char* symbol, void** function, int version, cuuint64_t flags) {
  const CUresult result = resolver_behind(symbol, function, version, flags);
  if (result == CUDA_SUCCESS) *function = ours(*function, symbol);
  return result;
}

CUresult resolve_v2(const char* symbol, void** function, int version, cuuint64_t flags,
                    CUdriverProcAddressQueryResult* status) {
  const CUresult result = resolver2_behind(symbol, function, version, flags, status);
  if (result == CUDA_SUCCESS) *function = ours(*function, symbol);
  return result;
}

void open(const char* path) {
  void* const library = ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) give_up(std::string("cannot open the driver behind it: ") + ::dlerror());
  if (::dlsym(library, "vgpu_list_mutants") != nullptr) {
    give_up(std::string(path) + " is no driver but this wrapper");
  }
  DriverTable& table = wrapper().table;
  std::vector<Forwarder>& forwarders = wrapper().forwarders;
  table.load(library);
  std::size_t index = 0;
  table.for_each([&](const char* symbol, auto*& slot) {
    if (slot != nullptr) {
      forwarders.push_back({reinterpret_cast<void*>(slot), vgpu_mutant_forwarders[index], symbol});
    } else {
      using Slot = std::remove_reference_t<decltype(slot)>;
      slot = reinterpret_cast<Slot>(reinterpret_cast<void (*)()>(unavailable));
    }
    ++index;
  });
  std::stable_sort(forwarders.begin(), forwarders.end(),
                   [](const Forwarder& a, const Forwarder& b) { return a.behind < b.behind; });
  resolver_behind = table.cuGetProcAddress;
  resolver2_behind = table.cuGetProcAddress_v2;
  table.cuGetProcAddress = resolve;
  table.cuGetProcAddress_v2 = resolve_v2;
}

CUresult do_nothing() {
  return CUDA_SUCCESS;
}

/// Calls `visit` with the table's member for `symbol`.
template <class Visitor>
bool with_slot(std::string_view symbol, Visitor&& visit) {
  bool found = false;
  vgpu_mutant_table.for_each([&](const char* name, auto*& slot) {
    if (name != symbol) return;
    visit(slot);
    found = true;
  });
  return found;
}

/// Mutants that need no code of their own: "nothing.SYMBOL" does nothing and succeeds,
/// "like.SYMBOL.OTHER" does what another symbol does.
bool apply_to_symbol(std::string_view wanted) {
  const auto kind = wanted.substr(0, wanted.find('.'));
  if (kind != "nothing" && kind != "like") return false;
  wanted.remove_prefix(kind.size() + 1);
  const auto symbol = wanted.substr(0, wanted.find('.'));
  auto* code = reinterpret_cast<void (*)()>(do_nothing);
  if (kind == "like") {
    wanted.remove_prefix(std::min(wanted.size(), symbol.size() + 1));
    if (!with_slot(wanted, [&](auto* slot) { code = reinterpret_cast<void (*)()>(slot); })) {
      return false;
    }
  }
  return with_slot(symbol, [&](auto*& slot) {
    slot = reinterpret_cast<std::remove_reference_t<decltype(slot)>>(code);
  });
}

void apply(std::string_view wanted) {
  if (apply_to_symbol(wanted)) return;
  for (const Group& group : groups()) {
    for (const Mutant& mutant : group.mutants) {
      if (std::string(group.object) + "." + mutant.name != wanted) continue;
      mutant.apply(vgpu_mutant_table);
      return;
    }
  }
  give_up("there is no mutant " + std::string(wanted));
}

[[gnu::constructor]] void start() {
  // Without a driver the library is only asked for its list.
  const char* const path = std::getenv("VGPU_MUTANT_DRIVER");
  if (path == nullptr) return;
  open(path);
  vgpu_mutant_table = wrapper().table;
  const char* const mutant = std::getenv("VGPU_MUTANT");
  if (mutant != nullptr && *mutant != '\0') apply(mutant);
}

}  // namespace

const DriverTable& real() {
  return wrapper().table;
}

}  // namespace vgpu::conformance::mutants

extern "C" [[gnu::visibility("default")]] vgpu::conformance::mutants::ListMutants vgpu_list_mutants;

void vgpu_list_mutants(void* user, void (*visit)(void*, const char*,
                                                 const vgpu::conformance::mutants::Mutant*)) {
  using namespace vgpu::conformance::mutants;
  for (const Group& group : groups()) {
    for (const Mutant& mutant : group.mutants) visit(user, group.object, &mutant);
  }
}
