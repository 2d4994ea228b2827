#!/usr/bin/env bash
# instruction_sets.sh PTX-CORPUS LIBRARY CORPUS: the software device computes the same bits with AVX2 and without, in
# every case of the corpus.
set -euo pipefail
program="$1" library="$2" corpus="$3"
work="$(mktemp -d /tmp/vgpu-test-XXXXXX)"
trap 'rm -rf "$work"' EXIT
grep -qw avx2 /proc/cpuinfo || { echo "skipped: this processor has no AVX2"; exit 0; }
for avx2 in 0 1; do
  # 3: a case ended the device for its process, and cases are left.
  status=3
  for ((round = 0; round < 20 && status == 3; ++round)); do
    status=0
    # One thread: some cases output an order of blocks, which nobody compares otherwise.
    VGPU_SOFTWARE_DEVICE_THREADS=1 VGPU_SOFT_AVX2=$avx2 VGPU_SOFT_LOG=0 "$program" record --driver "$library" \
      --corpus "$corpus" --expected "$work/$avx2" >"$work/log" 2>&1 || status=$?
  done
  ((status == 0)) || { cat "$work/log"; exit 1; }
done
diff -r "$work/0" "$work/1"
"$program" compare --corpus "$corpus" --from "$work/0" --expected "$work/1"
