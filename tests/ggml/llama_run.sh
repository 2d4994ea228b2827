#!/usr/bin/env bash
# llama_run.sh TRANSPORT VGPU PROGRAM TOOLKIT_LIBRARIES: runs the test of llama.cpp over TRANSPORT, with a
# model made for it, and says what the software device executed.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
transport="$1" vgpu="$2" program="$3" toolkit_libraries="$4"
folder="$("$here/fetch.sh")"
work="$(mktemp -d /tmp/vgpu-test-XXXXXX)"
trap 'rm -rf "$work"' EXIT
"$here/llama_model.py" "$work/model.gguf"
export LD_LIBRARY_PATH="$folder:$toolkit_libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export VGPU_TEST_LLAMA_FOLDER="$folder" VGPU_TEST_LLAMA_MODEL="$work/model.gguf"
# Without it ggml runs a debugger on itself when it aborts.
export GGML_NO_BACKTRACE=1
export VGPU_SOFT_PROFILE="$work/profile"
"$here/../scripts/run_over.sh" "$transport" "$vgpu" "$program"
awk -F'\t' '{ warp += $4; thread += $5; seconds += $6 }
  END {
    if (NR == 0) { print "the software device ran no kernel" > "/dev/stderr"; exit 1 }
    printf "software device: %d grids, %.1f million warp instructions, %.2f billion thread instructions, %.2f s\n",
           NR, warp / 1e6, thread / 1e9, seconds
  }' "$work/profile"
