#pragma once

/// \file
/// Marks a library as a vgpu guest, without an exported symbol: include this in exactly one source
/// file of the library. vgpu-host refuses to load such a library as its backend, which would send
/// every call back to itself. The mark is an ELF note: owner "vgpu", type 1, no contents.

asm(R"(
  .pushsection .note.vgpu, "a", @note
  .balign 4
  .long 5
  .long 0
  .long 1
  .asciz "vgpu"
  .balign 4
  .popsection
)");
