#!/usr/bin/env bash
# record_ptx_corpus.sh OUT [DRIVER]: records on this machine's GPU what every case of the PTX corpus computes, and leaves in
# the folder OUT the files of tests/ptx_corpus/expected (ptx_corpus.tar) and what was said (ptx_corpus.log). Needs python3
# and the program ptx-corpus: PTX_CORPUS names it, the default is the release build's.
set -u
out="$1"
driver="${2:-libcuda.so.1}"
root="$(cd "$(dirname "$0")/../.." && pwd)"
program="${PTX_CORPUS:-$root/build/release/tests/ptx-corpus}"
work="$(mktemp -d)"
mkdir -p "$out"
python3 -B "$root/tests/ptx_corpus/generate.py" "$work/corpus" || exit 1

# Nothing of an earlier run's compilations; a context of its own for every process.
export CUDA_CACHE_DISABLE=1
parts="${PARTS:-12}"
record() {
  local part="$1" status=3 round
  # A fault or a kernel that does not end costs the process its device (status 3): another goes on behind it.
  for ((round = 0; round < 20 && status == 3; ++round)); do
    timeout 300 "$program" record --driver "$driver" --corpus "$work/corpus" --expected "$work/parts.$part" \
      --part "$part/$parts"
    status=$?
  done
  ((status == 0)) || echo "part $part ended with $status"
}
for ((part = 0; part < parts; ++part)); do
  record "$part" >"$work/log.$part" 2>&1 &
done
wait
mkdir "$work/parts"
for ((part = 0; part < parts; ++part)); do
  mv "$work/parts.$part"/*.bin "$work/parts/"
done
"$program" merge --corpus "$work/corpus" --from "$work/parts" --expected "$work/expected" >"$work/log.merge" 2>&1
cat "$work"/log.* >"$out/ptx_corpus.log"
tar -C "$work" -cf "$out/ptx_corpus.tar" expected
# The same again, to find what a GPU does not answer twice alike.
# (A process whose device is lost says nothing of the cases behind: it is recorded, not checked, so that another goes on.)
again() {
  local part="$1" status=3 round
  for ((round = 0; round < 20 && status == 3; ++round)); do
    timeout 300 "$program" record --driver "$driver" --corpus "$work/corpus" --expected "$work/again.parts.$part" \
      --part "$part/$parts"
    status=$?
  done
}
for ((part = 0; part < parts; ++part)); do
  again "$part" >"$work/again.$part" 2>&1 &
done
wait
mkdir "$work/again.parts"
for ((part = 0; part < parts; ++part)); do
  mv "$work/again.parts.$part"/*.bin "$work/again.parts/"
done
"$program" compare --corpus "$work/corpus" --from "$work/again.parts" --expected "$work/expected" \
  >"$out/ptx_corpus.again.log" 2>&1
grep -E '^(NOT LOADED|TIMED OUT|LOST|FAULT|ptx-corpus:|part )' "$out/ptx_corpus.log" || true
tail -n 1 "$work/log.merge"
tail -n 40 "$out/ptx_corpus.again.log"
rm -rf "$work"
