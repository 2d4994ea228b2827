#!/usr/bin/env bash
# run.sh TRANSPORT VGPU PROGRAM TOOLKIT_LIBRARIES: runs the test of ggml's CUDA backend over TRANSPORT.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
transport="$1" vgpu="$2" program="$3" toolkit_libraries="$4"
folder="$("$here/fetch.sh")"
export LD_LIBRARY_PATH="$folder:$toolkit_libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$here/../scripts/run_over.sh" "$transport" "$vgpu" "$program"
