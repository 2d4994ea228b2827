#include "code.hpp"

#include <algorithm>
#include <cstdio>
#include <vgpu/call/image.hpp>
#include <vgpu/guest/memory_registry.hpp>

namespace vgpu::guest {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

void end_callable(std::uint64_t id) noexcept {
  retire_owning<Callable>(call::HandleId{id}.kind(), id);
}

}  // namespace

void end_code(call::HandleKind kind, std::uint64_t id) noexcept {
  CodeObject* code = handle_object<CodeObject>(kind, id);
  if (code == nullptr) return;
  for (const auto& [name, callable] : code->callables) end_callable(callable);
  for (const std::uint64_t function : code->functions) end_callable(function);
  for (const auto& [context, module] : code->modules) end_code(call::HandleKind::module, module);
  forget_owned_memory(id);
  end_shared_variables(id);
  if (retire_handle(id)) delete code;
}

void remember_variable(const CodeObject& code, std::uint64_t address, std::uint64_t bytes,
                       bool managed) {
  const Context* context = code.context != 0
                               ? handle_object<Context>(call::HandleKind::context, code.context)
                               : current_context();
  RangeAttributes attributes;
  attributes.kind = RangeKind::module_variable;
  attributes.flags = managed ? range_flag::managed_variable : 0U;
  attributes.context = context != nullptr ? context->id : 0;
  attributes.owner = code.id;
  attributes.device = context != nullptr ? context->device : -1;
  remember_memory(address, bytes, attributes);
}

std::span<const std::byte> gather_image(const void* image, std::vector<std::byte>& storage) {
  const auto pieces = call::program_image(image);
  if (pieces.empty()) return {};
  if (pieces.size() == 1) return pieces.front();
  for (const auto& piece : pieces) {
    storage.insert(storage.end(), piece.begin(), piece.end());
    storage.resize((storage.size() + 7) / 8 * 8);
  }
  return storage;
}

CUresult read_file(const char* path, std::vector<std::byte>& bytes) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path, "rbe"));
  if (file == nullptr) return CUDA_ERROR_FILE_NOT_FOUND;
  std::byte block[65536];
  while (const std::size_t count = std::fread(block, 1, sizeof block, file.get())) {
    bytes.insert(bytes.end(), block, block + count);
  }
  if (std::ferror(file.get()) != 0) return CUDA_ERROR_FILE_NOT_FOUND;
  // PTX text in a file has no terminator of its own; nothing follows an image that says its size.
  constexpr std::uint32_t fatbin_magic = 0xba55ed50;
  constexpr std::uint32_t elf_magic = 0x464c457f;
  std::uint32_t magic = 0;
  if (bytes.size() >= sizeof magic) std::memcpy(&magic, bytes.data(), sizeof magic);
  if (magic != fatbin_magic && magic != elf_magic) bytes.push_back(std::byte{0});
  return CUDA_SUCCESS;
}

bool JitOptions::read(unsigned count, const CUjit_option* names, void* const* raw) {
  for (unsigned i = 0; i < count; ++i) {
    switch (names[i]) {
      case CU_JIT_GLOBAL_SYMBOL_NAMES:
      case CU_JIT_GLOBAL_SYMBOL_ADDRESSES:
      case CU_JIT_REFERENCED_KERNEL_NAMES:
      case CU_JIT_REFERENCED_VARIABLE_NAMES:
        unsupported = names[i];
        return false;
      default:
        break;
    }
    options.push_back(static_cast<std::uint32_t>(names[i]));
    values.push_back(call::to_wire<std::uint64_t>(raw[i]));
  }
  return true;
}

void JitOptions::write(void** raw, std::span<const std::uint64_t> returned,
                       std::span<const std::byte> info, std::span<const std::byte> error) const {
  std::size_t info_room = 0;
  std::size_t error_room = 0;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (options[i] == CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES)
      info_room = static_cast<std::uint32_t>(values[i]);
    if (options[i] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES)
      error_room = static_cast<std::uint32_t>(values[i]);
  }
  const auto fill = [](std::uint64_t buffer, std::size_t room, std::span<const std::byte> text) {
    auto* out = call::from_wire<char*>(buffer);
    if (out == nullptr || room == 0) return;
    const std::size_t count = std::min(text.size(), room - 1);
    if (count != 0) std::memcpy(out, text.data(), count);
    out[count] = '\0';
  };
  for (std::size_t i = 0; i < options.size(); ++i) {
    switch (options[i]) {
      case CU_JIT_INFO_LOG_BUFFER:
        fill(values[i], info_room, info);
        break;
      case CU_JIT_ERROR_LOG_BUFFER:
        fill(values[i], error_room, error);
        break;
      case CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES:
      case CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES:
      case CU_JIT_THREADS_PER_BLOCK:
      case CU_JIT_WALL_TIME:
        if (i < returned.size()) raw[i] = call::from_wire<void*>(returned[i]);
        break;
      default:
        break;
    }
  }
}

}  // namespace vgpu::guest
