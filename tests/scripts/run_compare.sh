#!/usr/bin/env bash
# run_compare.sh VGPU PROGRAM OUT [ERR]: runs a program as run_program.sh does. Its stdout must be the file OUT,
# byte for byte, and each line of ERR must match, as an extended regular expression, a line of its stderr.
set -euo pipefail
vgpu="$1" program="$2" out="$3" err="${4:-}"
work="$(mktemp -d /tmp/vgpu-test-XXXXXX)"
trap 'rm -rf "$work"' EXIT
status=0
"$vgpu" run ${VGPU_TEST_HOST:+--host "$VGPU_TEST_HOST"} -- "$program" >"$work/out" 2>"$work/err" || status=$?
cat "$work/err" >&2
diff -u "$out" "$work/out"
if [[ -n "$err" ]]; then
  while IFS= read -r pattern; do
    if ! grep -Eq -- "$pattern" "$work/err"; then
      echo "stderr has no line that matches: $pattern" >&2
      exit 1
    fi
  done <"$err"
fi
exit "$status"
