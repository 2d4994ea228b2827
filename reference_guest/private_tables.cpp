#include "private_tables.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <vgpu/calls/stream.hpp>

#include "vgpu/guest/call_log.hpp"
#include "vgpu/guest/core.hpp"
#include "vgpu/guest/integrity.hpp"

namespace vgpu::guest {
namespace {

using Word = std::uint64_t;

/// The eight hexadecimal digits with which a UUID begins.
constexpr std::string_view cudart_interface = "6bd5fb6c";
constexpr std::string_view tools_callbacks = "a094798c";
constexpr std::string_view tools_thread = "42d85a81";
constexpr std::string_view context_storage = "c693336e";
constexpr std::string_view context_checks = "263e8860";
constexpr std::string_view integrity_check = "d4082055";
constexpr std::string_view tools_context = "21318c60";
// cuBLASLt does without what its slots answer, but calls through a table that it did not get
// (half-precision products of cuBLAS 13 on capability 9.0).
constexpr std::string_view library_hooks = "1734dc26";
constexpr std::string_view tools_module = "6e163fbe";

enum class Table : std::size_t {
  cudart_interface,
  tools_callbacks,
  tools_thread,
  context_storage,
  context_checks,
  integrity_check,
  tools_context,
  tools_module,
};

struct Description {
  std::string_view name;
  std::array<std::uint8_t, 16> uuid;
  std::size_t words;
};

/// In the order of Table. Sizes are those of driver 580, the tools' context table has two more.
constexpr std::array<Description, 9> descriptions{{
    {cudart_interface,
     {0x6b, 0xd5, 0xfb, 0x6c, 0x5b, 0xf4, 0xe7, 0x4a, 0x89, 0x87, 0xd9, 0x39, 0x12, 0xfd, 0x9d,
      0xf9},
     13},
    {tools_callbacks,
     {0xa0, 0x94, 0x79, 0x8c, 0x2e, 0x74, 0x2e, 0x74, 0x93, 0xf2, 0x08, 0x00, 0x20, 0x0c, 0x0a,
      0x66},
     7},
    {tools_thread,
     {0x42, 0xd8, 0x5a, 0x81, 0x23, 0xf6, 0xcb, 0x47, 0x82, 0x98, 0xf6, 0xe7, 0x8a, 0x3a, 0xec,
      0xdc},
     3},
    {context_storage,
     {0xc6, 0x93, 0x33, 0x6e, 0x11, 0x21, 0xdf, 0x11, 0xa8, 0xc3, 0x68, 0xf3, 0x55, 0xd8, 0x95,
      0x93},
     4},
    {context_checks,
     {0x26, 0x3e, 0x88, 0x60, 0x7c, 0xd2, 0x61, 0x43, 0x92, 0xf6, 0xbb, 0xd5, 0x00, 0x6d, 0xfa,
      0x7e},
     15},
    {integrity_check,
     {0xd4, 0x08, 0x20, 0x55, 0xbd, 0xe6, 0x70, 0x4b, 0x8d, 0x34, 0xba, 0x12, 0x3c, 0x66, 0xe1,
      0xf2},
     3},
    {tools_context,
     {0x21, 0x31, 0x8c, 0x60, 0x97, 0x14, 0x32, 0x48, 0x8c, 0xa6, 0x41, 0xff, 0x73, 0x24, 0xc8,
      0xf2},
     95},
    {tools_module,
     {0x6e, 0x16, 0x3f, 0xbe, 0xb9, 0x58, 0x44, 0x4d, 0x83, 0x5c, 0xe1, 0x82, 0xaf, 0xf1, 0x99,
      0x1e},
     99},
    {library_hooks,
     {0x17, 0x34, 0xdc, 0x26, 0x80, 0x0d, 0x47, 0x45, 0x87, 0x26, 0xc0, 0xf1, 0xe7, 0xdd, 0x8b,
      0xca},
     17},
}};

constexpr std::size_t index_of(Table table) noexcept {
  return static_cast<std::size_t>(table);
}

/// Logs a call of a slot, as run_entry does for exported functions. `name`: "d4082055[1]".
template <class... T>
CUresult traced(const char* name, CUresult result, const Argument<T>&... arguments) noexcept {
  if (call_log_enabled()) [[unlikely]]
    log_call(name, result, arguments...);
  return result;
}

/// Slots that nobody implements here.

Word unserved(std::size_t table, std::size_t slot, std::array<Word, 6> arguments) noexcept {
  static std::array<std::array<std::atomic<bool>, 128>, descriptions.size()> seen{};
  if (!seen[table][slot].exchange(true, std::memory_order_relaxed)) {
    log(LogLevel::warn, "private table ", descriptions[table].name, " slot ", slot,
        " is not served; called with ", Hex{arguments[0]}, ", ", Hex{arguments[1]}, ", ",
        Hex{arguments[2]}, ", ", Hex{arguments[3]}, ", ", Hex{arguments[4]}, ", ",
        Hex{arguments[5]});
  }
  if (call_log_enabled()) {
    const std::string name =
        std::string(descriptions[table].name) + "[" + std::to_string(slot) + "]";
    log_call(name, CUDA_ERROR_NOT_SUPPORTED, argument("a", arguments[0]),
             argument("b", arguments[1]), argument("c", arguments[2]), argument("d", arguments[3]),
             argument("e", arguments[4]), argument("f", arguments[5]));
  }
  return CUDA_ERROR_NOT_SUPPORTED;
}

template <std::size_t table, std::size_t slot>
Word unserved_slot(Word a, Word b, Word c, Word d, Word e, Word f) noexcept {
  return unserved(table, slot, {a, b, c, d, e, f});
}

/// For hooks of tools that are not attached.
Word no_operation() noexcept {
  return CUDA_SUCCESS;
}

/// The context a slot's argument means: NULL is the current one, unless that was destroyed.
CUresult resolve(CUcontext handle, Context*& context) noexcept {
  if (const CUresult entered = enter(call::ContextNeed::none); entered != CUDA_SUCCESS) {
    return entered;
  }
  const auto value = reinterpret_cast<std::intptr_t>(handle);
  if (value == 0 || value == -1) {
    context = current_context();
    if (context != nullptr &&
        context->state.load(std::memory_order_acquire) == ContextState::destroyed) {
      context = nullptr;
    }
  } else {
    context = contexts()->find(handle);
  }
  return context != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

/// Runs `body` with `context` current, for slots that are given one.
template <class Body>
CUresult in_context(Context& context, Body&& body) noexcept {
  try {
    ThreadContexts& thread = this_thread().contexts;
    thread.push(&context);
    CUresult result = enter(call::ContextNeed::current);
    if (result == CUDA_SUCCESS) result = body();
    thread.pop();
    return result;
  } catch (...) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
}

// 6bd5fb6c

CUresult load_fatbin(CUmodule* module, const void* wrapper) noexcept {
  return traced("6bd5fb6c[1]", ::cuModuleLoadData(module, wrapper), argument("module", module),
                argument("wrapper", wrapper));
}

CUresult get_primary_context(CUcontext* out, CUdevice device) noexcept {
  CUresult result = enter(call::ContextNeed::none);
  if (result == CUDA_SUCCESS) {
    const Context* context = contexts()->primary(device);
    if (out == nullptr) {
      result = CUDA_ERROR_INVALID_VALUE;
    } else if (context == nullptr) {
      result = CUDA_ERROR_INVALID_DEVICE;
    } else {
      *out = context->handle();
    }
  }
  return traced("6bd5fb6c[2]", result, argument("context", out), argument("device", device));
}

CUresult load_fatbin_with_options(CUmodule* module, const void* wrapper, CUjit_option* options,
                                  void** values, unsigned count) noexcept {
  return traced("6bd5fb6c[6]", ::cuModuleLoadDataEx(module, wrapper, count, options, values),
                argument("module", module), argument("wrapper", wrapper), argument("n", count));
}

void unload_module(CUmodule module) noexcept {
  static_cast<void>(traced("6bd5fb6c[7]", ::cuModuleUnload(module), argument("module", module)));
}

CUresult load_raw_fatbin(const void* header, CUmodule* module, CUjit_option* options, void** values,
                         unsigned count) noexcept {
  return traced("6bd5fb6c[8]", ::cuModuleLoadDataEx(module, header, count, options, values),
                argument("header", header), argument("module", module), argument("n", count));
}

CUresult launch_kernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                       unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
                       CUstream stream, void** extra) noexcept {
  return traced("6bd5fb6c[9]",
                ::cuLaunchKernel(function, grid_x, grid_y, grid_z, block_x, block_y, block_z,
                                 shared_bytes, stream, nullptr, extra),
                argument("function", function), argument("stream", stream));
}

// a094798c: arrays of "callback enabled" flags, indexed by CUPTI's numbers of runtime functions.
// Nobody ever sets one; runtimes keep the pointers for ever.

std::array<std::uint32_t, 4096> runtime_callbacks{};
std::array<std::uint32_t, 256> resource_callbacks{};

CUresult get_runtime_callbacks(void** flags, std::size_t* count) noexcept {
  if (flags != nullptr) *flags = runtime_callbacks.data();
  if (count != nullptr) *count = 1024;
  return traced("a094798c[2]", CUDA_SUCCESS, argument("flags", flags), argument("count", count));
}

CUresult get_resource_callbacks(void** flags, std::size_t* count) noexcept {
  if (flags != nullptr) *flags = resource_callbacks.data();
  if (count != nullptr) *count = 14;
  return traced("a094798c[6]", CUDA_SUCCESS, argument("flags", flags), argument("count", count));
}

// 42d85a81

CUresult get_current_context(CUcontext* out) noexcept {
  CUresult result = enter(call::ContextNeed::none);
  if (result == CUDA_SUCCESS && out == nullptr) result = CUDA_ERROR_INVALID_VALUE;
  if (result == CUDA_SUCCESS) {
    const Context* context = current_context();
    *out = context != nullptr ? context->handle() : nullptr;
  }
  return traced("42d85a81[2]", result, argument("context", out));
}

// c693336e

CUresult storage_put(CUcontext handle, void* key, void* value,
                     ContextStorage::Destructor destructor) noexcept {
  Context* context = nullptr;
  CUresult result = resolve(handle, context);
  if (result == CUDA_SUCCESS &&
      context->state.load(std::memory_order_acquire) == ContextState::destroyed) {
    result = CUDA_ERROR_CONTEXT_IS_DESTROYED;
  }
  try {
    if (result == CUDA_SUCCESS) result = context->storage.put(key, value, destructor);
  } catch (...) {
    result = CUDA_ERROR_OUT_OF_MEMORY;
  }
  return traced("c693336e[0]", result, argument("context", handle), argument("key", key),
                argument("value", value),
                argument("destructor", reinterpret_cast<void*>(destructor)));
}

CUresult storage_remove(CUcontext handle, void* key) noexcept {
  Context* context = nullptr;
  CUresult result = resolve(handle, context);
  if (result == CUDA_SUCCESS) result = context->storage.remove(key);
  return traced("c693336e[1]", result, argument("context", handle), argument("key", key));
}

CUresult storage_get(void** value, CUcontext handle, void* key) noexcept {
  Context* context = nullptr;
  CUresult result = resolve(handle, context);
  if (result == CUDA_SUCCESS && value == nullptr) result = CUDA_ERROR_INVALID_VALUE;
  if (result == CUDA_SUCCESS) result = context->storage.get(key, value);
  return traced("c693336e[2]", result, argument("value", value), argument("context", handle),
                argument("key", key));
}

// 263e8860

/// No context of ours wraps another one; `inner` is left alone then.
CUresult unwrap_context(CUcontext context, std::uint32_t* wrapped, CUcontext* inner) noexcept {
  if (wrapped != nullptr) *wrapped = 0;
  return traced("263e8860[2]", CUDA_SUCCESS, argument("context", context),
                argument("wrapped", wrapped), argument("inner", inner));
}

std::uint32_t context_capability() noexcept {
  static_cast<void>(traced("263e8860[3]", CUDA_SUCCESS));
  return 0;
}

// d4082055

CUresult check_integrity(std::uint32_t version, std::uint64_t unix_seconds,
                         std::uint64_t* answer) noexcept;

// 21318c60

CUresult context_id(CUcontext handle, std::uint64_t* id) noexcept {
  CUresult result = enter(call::ContextNeed::none);
  if (result == CUDA_SUCCESS && id == nullptr) result = CUDA_ERROR_INVALID_VALUE;
  if (result == CUDA_SUCCESS) {
    const Context* context = handle != nullptr ? contexts()->find(handle) : nullptr;
    if (handle == nullptr) {
      *id = 0;
    } else if (context == nullptr) {
      result = CUDA_ERROR_INVALID_CONTEXT;
    } else if (context->state.load(std::memory_order_acquire) != ContextState::active) {
      result = CUDA_ERROR_CONTEXT_IS_DESTROYED;
    } else {
      *id = context->unique_id.load(std::memory_order_relaxed);
    }
  }
  return traced("21318c60[4]", result, argument("context", handle), argument("id", id));
}

/// A private stream is a public one's handle with a bit set that no handle has.
constexpr Word private_stream_mark = 8;
constexpr Word legacy_stream = 1;
constexpr Word per_thread_stream = 2;

CUresult private_stream(CUcontext handle, CUstream stream, void** out, int per_thread) noexcept {
  Context* context = nullptr;
  CUresult result = resolve(handle, context);
  auto id = reinterpret_cast<Word>(stream);
  if (id == 0) id = per_thread != 0 ? per_thread_stream : legacy_stream;
  if (result == CUDA_SUCCESS && out == nullptr) result = CUDA_ERROR_INVALID_VALUE;
  if (result == CUDA_SUCCESS && !handle_valid(call::HandleKind::stream, id)) {
    result = CUDA_ERROR_INVALID_HANDLE;
  }
  if (result == CUDA_SUCCESS) {
    // Legacy and per-thread have no zero low bits to spare; they become small multiples of 16.
    const Word token = id <= per_thread_stream ? id << 4 : id;
    *out = reinterpret_cast<void*>(token | private_stream_mark);
  }
  return traced("21318c60[51]", result, argument("context", handle), argument("stream", stream),
                argument("private", out), argument("perThread", per_thread));
}

CUresult stream_identity(CUcontext handle, const void* stream, std::uint64_t* id) noexcept {
  CUresult result = CUDA_ERROR_INVALID_VALUE;
  if (handle != nullptr && stream != nullptr && id != nullptr) {
    Context* context = nullptr;
    result = resolve(handle, context);
    Word token = reinterpret_cast<Word>(stream);
    if ((token & 15) != private_stream_mark) result = CUDA_ERROR_INVALID_VALUE;
    token &= ~private_stream_mark;
    if (token <= per_thread_stream << 4) token >>= 4;
    if (result == CUDA_SUCCESS && !handle_valid(call::HandleKind::stream, token)) {
      result = CUDA_ERROR_INVALID_HANDLE;
    }
    if (result == CUDA_SUCCESS) {
      result = in_context(*context, [&] {
        unsigned long long found = 0;
        const CUresult asked = ::cuStreamGetId(reinterpret_cast<CUstream>(token), &found);
        if (asked == CUDA_SUCCESS) *id = found;
        return asked;
      });
    }
  }
  return traced("21318c60[39]", result, argument("context", handle), argument("private", stream),
                argument("id", id));
}

// 6e163fbe

using FunctionVisitor = void (*)(void* user, void* function, Word owner);

/// Calls `visit` with each function of a module; returns how many there were.
Word visit_functions(CUcontext handle, CUmodule module, FunctionVisitor visit,
                     void* user) noexcept {
  Context* context = nullptr;
  CUresult result = resolve(handle, context);
  std::vector<CUfunction> functions;
  if (result == CUDA_SUCCESS) {
    result = in_context(*context, [&] {
      unsigned count = 0;
      CUresult asked = ::cuModuleGetFunctionCount(&count, module);
      if (asked != CUDA_SUCCESS) return asked;
      functions.resize(count);
      if (count != 0) asked = ::cuModuleEnumerateFunctions(functions.data(), count, module);
      return asked;
    });
  }
  if (result != CUDA_SUCCESS) functions.clear();
  static_cast<void>(
      traced("6e163fbe[7]", result, argument("context", handle), argument("module", module)));
  if (visit != nullptr) {
    for (CUfunction function : functions) visit(user, function, reinterpret_cast<Word>(module));
  }
  return functions.size();
}

// The tables themselves.

template <class F>
Word word(F* function) noexcept {
  return reinterpret_cast<Word>(function);
}

class Tables {
 public:
  Tables() noexcept {
    fill(std::make_index_sequence<descriptions.size()>());

    auto& cudart = words_[index_of(Table::cudart_interface)];
    cudart[1] = word(&load_fatbin);
    cudart[2] = word(&get_primary_context);
    cudart[6] = word(&load_fatbin_with_options);
    cudart[7] = word(&unload_module);
    cudart[8] = word(&load_raw_fatbin);
    cudart[9] = word(&launch_kernel);
    cudart[12] = word(&no_operation);

    auto& callbacks = words_[index_of(Table::tools_callbacks)];
    for (std::size_t slot : {1U, 3U, 4U, 5U}) callbacks[slot] = word(&no_operation);
    callbacks[2] = word(&get_runtime_callbacks);
    callbacks[6] = word(&get_resource_callbacks);

    auto& thread = words_[index_of(Table::tools_thread)];
    thread[1] = word(&no_operation);
    thread[2] = word(&get_current_context);

    // The one table without its size; NULL ends it.
    auto& storage = words_[index_of(Table::context_storage)];
    storage[0] = word(&storage_put);
    storage[1] = word(&storage_remove);
    storage[2] = word(&storage_get);
    storage[3] = 0;

    auto& checks = words_[index_of(Table::context_checks)];
    checks[2] = word(&unwrap_context);
    checks[3] = word(&context_capability);

    auto& integrity = words_[index_of(Table::integrity_check)];
    integrity[1] = word(&check_integrity);
    integrity[2] = word(&no_operation);

    auto& context = words_[index_of(Table::tools_context)];
    context[4] = word(&context_id);
    context[39] = word(&stream_identity);
    context[51] = word(&private_stream);

    words_[index_of(Table::tools_module)][7] = word(&visit_functions);
  }

  const Word* table(std::size_t index) const noexcept { return words_[index].data(); }
  const Word* table(Table which) const noexcept { return table(index_of(which)); }

 private:
  static constexpr std::size_t most_words = 99;

  template <std::size_t... table>
  void fill(std::index_sequence<table...>) noexcept {
    (fill_slots<table>(std::make_index_sequence<descriptions[table].words>()), ...);
  }
  template <std::size_t table, std::size_t... slot>
  void fill_slots(std::index_sequence<slot...>) noexcept {
    ((words_[table][slot] = word(&unserved_slot<table, slot>)), ...);
    words_[table][0] = sizeof...(slot) * sizeof(Word);
  }

  std::array<std::array<Word, most_words>, descriptions.size()> words_{};
};

/// Made on first use and at the same address for ever: runtimes hash the addresses.
const Tables& tables() noexcept {
  static const Tables instance;
  return instance;
}

CUresult check_integrity(std::uint32_t version, std::uint64_t unix_seconds,
                         std::uint64_t* answer) noexcept {
  CUresult result = enter(call::ContextNeed::none);
  if (result == CUDA_SUCCESS && answer == nullptr) result = CUDA_ERROR_INVALID_VALUE;
  if (result == CUDA_SUCCESS) {
    try {
      std::vector<IntegrityDevice> devices;
      for (int ordinal = 0; ordinal < device_count(); ++ordinal) {
        const Device& device = *find_device(ordinal);
        IntegrityDevice& entry = devices.emplace_back();
        std::memcpy(entry.uuid.data(), device.uuid.data(), entry.uuid.size());
        static_cast<void>(device.attribute(CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID, &entry.pci_domain));
        static_cast<void>(device.attribute(CU_DEVICE_ATTRIBUTE_PCI_BUS_ID, &entry.pci_bus));
        static_cast<void>(device.attribute(CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID, &entry.pci_device));
      }
      const IntegrityQuestion question{
          .driver_version = static_cast<std::uint32_t>(session()->driver_version()),
          .version = version,
          .process_id = static_cast<std::uint32_t>(::getpid()),
          .thread_id = static_cast<std::uint32_t>(::pthread_self()),
          .cudart_table = reinterpret_cast<Word>(tables().table(Table::cudart_interface)),
          .integrity_table = reinterpret_cast<Word>(tables().table(Table::integrity_check)),
          .check_function = word(&check_integrity),
          .unix_seconds = unix_seconds,
      };
      const IntegrityAnswer digest = integrity_answer(question, devices);
      std::memcpy(answer, digest.data(), sizeof digest);
    } catch (...) {
      result = CUDA_ERROR_OUT_OF_MEMORY;
    }
  }
  return traced("d4082055[1]", result, argument("version", version),
                argument("seconds", unix_seconds), argument("answer", answer));
}

/// For our own tests, with VGPU_TEST_HOOKS=1 in the environment: how many requests were sent.
std::uint64_t requests_sent() noexcept {
  const Session* current = session();
  return current != nullptr ? current->requests_sent() : 0;
}

const void* test_hooks(const CUuuid& id) noexcept {
  static constexpr char hooks_id[17] = "vgpu-test-hooks\0";
  if (std::memcmp(&id, hooks_id, sizeof id) != 0) return nullptr;
  const char* wanted = std::getenv("VGPU_TEST_HOOKS");
  if (wanted == nullptr || std::string_view(wanted) != "1") return nullptr;
  static const std::array<Word, 2> hooks{2 * sizeof(Word), word(&requests_sent)};
  return hooks.data();
}

void log_refusal(const CUuuid& id) noexcept {
  if (!log_enabled(LogLevel::info)) return;
  static constexpr char digits[] = "0123456789abcdef";
  char text[33] = {};
  for (std::size_t i = 0; i < sizeof id.bytes; ++i) {
    const auto byte = static_cast<unsigned char>(id.bytes[i]);
    text[2 * i] = digits[byte >> 4];
    text[2 * i + 1] = digits[byte & 15];
  }
  log(LogLevel::info, "private table ", static_cast<const char*>(text), " is refused");
}

}  // namespace

const void* find_private_table(const CUuuid& id) noexcept {
  for (std::size_t i = 0; i < descriptions.size(); ++i) {
    if (std::memcmp(&id, descriptions[i].uuid.data(), sizeof id) == 0) return tables().table(i);
  }
  if (const void* hooks = test_hooks(id)) return hooks;
  log_refusal(id);
  return nullptr;
}

bool is_vendor_table(const CUuuid& id) noexcept {
  // What was seen asked of a driver, by the first four bytes: that is all that is known of some.
  static constexpr std::array<std::uint32_t, 13> first_words{
      0x69a28e9f, 0xda9151d3, 0x1734dc26, 0xf8cff951, 0x0ca50b8c, 0x195bcbf4, 0xb10541e1,
      0x7f9212d6, 0x9af0707b, 0xdd9e98a4, 0x7cb63f9b, 0xa31746d1, 0xa6b1ff99};
  std::uint32_t first = 0;
  for (std::size_t i = 0; i < 4; ++i) first = first << 8 | static_cast<unsigned char>(id.bytes[i]);
  return std::find(first_words.begin(), first_words.end(), first) != first_words.end();
}

}  // namespace vgpu::guest
