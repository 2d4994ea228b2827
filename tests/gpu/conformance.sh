#!/usr/bin/env bash
# conformance.sh OUT: the suite on the vendor's driver, directly and through guest and host over shm, and what the two reports
# differ in. Leaves both reports (direct.json.gz, shm.json.gz), their logs and compare.txt in OUT. For a machine with a GPU;
# STAGE names the installation (default build/stage), DRIVER the vendor's library. About 7 minutes with 12 jobs.
set -u
out="$1"
# shellcheck source=machine.sh
source "$(dirname "$0")/machine.sh"
suite="$stage/bin/vgpu-conformance"
work="$(mktemp -d)"
status=0
mkdir -p "$out"
run() {
  local name="$1"
  shift
  "$suite" "$@" --jobs 12 --timeout 120 --report "$work/$name" >"$out/$name.log" 2>&1 || status=1
  grep -E '^failed|tests in' "$out/$name.log"
  gzip -9 -c "$work/$name/report.json" >"$out/$name.json.gz"
}
run direct --driver "$driver"
run shm --backend "$driver"
"$suite" compare "$work/direct/report.json" "$work/shm/report.json" >"$out/compare.txt" 2>&1 || status=1
tail -n 20 "$out/compare.txt"
rm -rf "$work"
exit "$status"
