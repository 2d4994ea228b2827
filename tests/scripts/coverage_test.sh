#!/usr/bin/env bash
# coverage_test.sh VGPU: `vgpu coverage` counts every exported symbol of the driver, the same in its table
# and for programs.
set -euo pipefail
vgpu="$1"
table="$("$vgpu" coverage)"
grep -qE '^memory +[1-9][0-9]*' <<<"$table"
read -r served missing cannot < <(sed -n 's/^all functions *//p' <<<"$table")
"$vgpu" coverage --json | python3 -c '
import json, sys
report = json.load(sys.stdin)
count = lambda key: sum(len(entry[key]) for entry in report["objects"].values())
assert report["symbols"]["exported"] >= 637, report["symbols"]
assert "cuMemAlloc" in report["objects"]["memory"]["served"]
assert [count("served"), count("not_yet"), count("cannot")] == [int(word) for word in sys.argv[1:]]
' "$served" "$missing" "$cannot"
"$vgpu" --version | grep -qE '^vgpu [0-9]+\.[0-9]+\.[0-9]+$'
