#!/usr/bin/env bash
# compare.sh OUT COMMAND...: runs COMMAND natively and through `vgpu run`, over shm, in one go, and fails when their
# output differs. For a machine with a GPU; STAGE names the installation (default build/stage).
set -u
out="$1"
shift
stage="${STAGE:-build/stage}"
mkdir -p "$out"
"$@" >"$out/native.txt" 2>"$out/native.err"
native=$?
"$stage/bin/vgpu" run -- "$@" >"$out/vgpu.txt" 2>"$out/vgpu.err"
remote=$?
echo "native exit $native, vgpu exit $remote"
if diff "$out/native.txt" "$out/vgpu.txt" && [[ $native -eq 0 && $remote -eq 0 ]]; then
  echo "compare: SAME ($(wc -l <"$out/native.txt") lines)"
else
  tail -n 25 "$out/vgpu.err"
  echo "compare: DIFFERENT"
  exit 1
fi
