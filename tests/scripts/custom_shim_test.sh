#!/usr/bin/env bash
# custom_shim_test.sh VGPU GUEST SHIM_FOLDER PROGRAM: the example shim sees what a stock program does and
# hands it on.
set -euo pipefail
vgpu="$1" guest="$2" shim="$3" program="$4"
output="$("$vgpu" run -- env LD_LIBRARY_PATH="$shim" SHIM_FORWARD_TO="$guest" "$program" 2>&1)" || {
  printf '%s\n' "$output" >&2
  exit 1
}
printf '%s\n' "$output"
grep -q 'vector add: all 50000 sums are right' <<<"$output"
grep -q 'shim: 3 allocations of 600000 bytes together, 1 launches' <<<"$output"
