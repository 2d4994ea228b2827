#!/usr/bin/env bash
# run_program.sh VGPU PROGRAM: runs a self-checking CUDA program through guest, wire and a private host
# in processes of their own.
#   VGPU_TEST_HOST   URL of a host that is already running, instead of a private one
set -euo pipefail
vgpu="$1" program="$2"
exec "$vgpu" run ${VGPU_TEST_HOST:+--host "$VGPU_TEST_HOST"} -- "$program"
