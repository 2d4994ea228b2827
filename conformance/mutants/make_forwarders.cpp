#include <cstdio>

#include "vgpu/driver_table.hpp"

// Prints the assembly of libmutant.so's exports: one jump through vgpu_mutant_table for each
// function of the driver table, which works for every signature, and in vgpu_mutant_forwarders the
// jumps' addresses in the table's order. Local labels keep these apart from another libcuda's.

int main() {
  vgpu::DriverTable table;
  std::puts(
      "  .text\n"
      "  .hidden vgpu_mutant_table\n"
      ".macro forward name, offset\n"
      "  .globl \\name\n"
      "  .type \\name, @function\n"
      "\\name:\n"
      ".Lforward_\\name:\n"
      "  jmp *vgpu_mutant_table+\\offset(%rip)\n"
      "  .size \\name, . - \\name\n"
      ".endm");
  const auto* const begin = reinterpret_cast<const char*>(&table);
  table.for_each([&](const char* symbol, auto*& slot) {
    std::printf("forward %s, %td\n", symbol, reinterpret_cast<const char*>(&slot) - begin);
  });
  std::puts(
      "  .section .data.rel.ro, \"aw\"\n"
      "  .balign 8\n"
      "  .globl vgpu_mutant_forwarders\n"
      "  .hidden vgpu_mutant_forwarders\n"
      "vgpu_mutant_forwarders:");
  table.for_each([](const char* symbol, auto*&) { std::printf("  .quad .Lforward_%s\n", symbol); });
  std::puts("  .section .note.GNU-stack, \"\", @progbits");
  return 0;
}
