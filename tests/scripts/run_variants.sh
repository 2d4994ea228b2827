#!/usr/bin/env bash
# run_variants.sh VGPU PROGRAM...: runs programs one after the other, each through guest, wire and a private
# host; fails if one does, and says which.
#   VGPU_TEST_HOST   URL of a host that is already running, instead of private ones
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
vgpu="$1"
shift
status=0
for program in "$@"; do
  "$here/run_program.sh" "$vgpu" "$program" || { echo "failed: $(basename "$program")" >&2; status=1; }
done
exit "$status"
