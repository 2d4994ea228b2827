#!/usr/bin/env python3
"""Writes what follows from the toolkit's list of driver symbols.

  unsupported_stubs.cpp  a weak definition of every symbol; ours replace those that are served
  proc_table.cpp         the table behind cuGetProcAddress
  exports.map            the linker's version script

usage: generate_exports.py STUB_LIBCUDA CUDA_INCLUDE_DIR OUTPUT_DIR
"""

import os
import re
import subprocess
import sys

TYPEDEF_HEADERS = ("cudaTypedefs.h", "cudaGLTypedefs.h", "cudaEGLTypedefs.h",
                   "cudaVDPAUTypedefs.h", "cudaProfilerTypedefs.h")
# Symbols whose entry point lies in a library that interoperates with graphics.
VARIANT = re.compile(r"^(cu\w+?)(?:_v(\d+))?(?:_(ptds|ptsz))?$")


def exported_symbols(library):
    lines = subprocess.run(["nm", "-D", "--defined-only", library], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    names = {line.split()[-1].split("@")[0] for line in lines if line.split()}
    return sorted(name for name in names if re.match(r"cu[A-Z]", name))


def introductions(include_dir):
    """symbol -> {per_thread: sorted CUDA versions in which its type changed}"""
    found = {}
    for header in TYPEDEF_HEADERS:
        path = os.path.join(include_dir, header)
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        for symbol, version, thread in re.findall(
                r"\bPFN_(cu\w+?)_v(\d{4,5})(_ptds|_ptsz)?\)?\s*\(", text):
            found.setdefault(symbol, {}).setdefault(bool(thread), set()).add(int(version))
    return {symbol: {thread: sorted(versions) for thread, versions in kinds.items()}
            for symbol, kinds in found.items()}


def exported_variants(symbols):
    """symbol -> {per_thread: exported names, oldest first}"""
    variants = {}
    for name in symbols:
        base, number, thread = VARIANT.match(name).groups()
        variants.setdefault(base, {}).setdefault(bool(thread), []).append((int(number or 1), name))
    return {base: {thread: [name for _, name in sorted(names)] for thread, names in kinds.items()}
            for base, kinds in variants.items()}


def proc_table(symbols, include_dir):
    variants = exported_variants(symbols)
    rows = []
    for symbol, kinds in introductions(include_dir).items():
        for thread, versions in kinds.items():
            names = variants.get(symbol, {}).get(thread, [])
            # The newest type belongs to the newest export, and so on backwards.
            for version, name in zip(reversed(versions), reversed(names)):
                rows.append((symbol, version, thread, name))
    return sorted(rows)


def write(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def main():
    stub, include_dir, output = sys.argv[1:4]
    os.makedirs(output, exist_ok=True)
    symbols = exported_symbols(stub)
    if len(symbols) < 100:
        sys.exit(f"{stub}: only {len(symbols)} driver symbols; is it the toolkit's stub?")

    write(os.path.join(output, "unsupported_stubs.cpp"), [
        "#include <atomic>",
        'extern "C" unsigned vgpu_softdevice_unsupported(const char*, std::atomic_flag*) noexcept;',
        'extern "C" {',
        *(f'__attribute__((weak, visibility("default"))) unsigned {name}() {{ '
          f'static std::atomic_flag logged; '
          f'return vgpu_softdevice_unsupported("{name}", &logged); }}' for name in symbols),
        "}"])

    rows = proc_table(symbols, include_dir)
    # The table refers to entry points by address only: their types do not matter here, and leaving
    # cuda.h out keeps its own declarations away.
    write(os.path.join(output, "proc_table.cpp"), [
        "#include <span>",
        'extern "C" {',
        *(f"unsigned {name}();" for name in sorted({row[3] for row in rows})),
        "}",
        "namespace vgpu::softdevice {",
        "struct ProcEntry {",
        "  const char* symbol;",
        "  int version;",
        "  bool per_thread;",
        "  void* function;",
        "};",
        "std::span<const ProcEntry> proc_table() noexcept;",
        "std::span<const ProcEntry> proc_table() noexcept {",
        "  static const ProcEntry table[] = {",
        *(f'    {{"{symbol}", {version}, {"true" if thread else "false"}, '
          f"reinterpret_cast<void*>(&{name})}}," for symbol, version, thread, name in rows),
        "  };",
        "  return table;",
        "}",
        "}"])

    write(os.path.join(output, "exports.map"),
          ["{", "  global:", *(f"    {name};" for name in symbols), "  local: *;", "};"])


if __name__ == "__main__":
    main()
