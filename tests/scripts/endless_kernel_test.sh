#!/usr/bin/env bash
# endless_kernel_test.sh VGPU PROGRAM CASE: a kernel that never ends.
#   killed   its program is killed: within a second the worker, and so the kernel, is gone
#   timeout  VGPU_SOFT_TIMEOUT ends it with CUDA_ERROR_LAUNCH_TIMEOUT
set -euo pipefail
vgpu="$1" program="$2" case="$3"
prefix="$(dirname "$(dirname "$vgpu")")"
work="$(mktemp -d /tmp/vgpu-test-XXXXXX)"
host= guest=
finish() {
  for process in $guest $host; do
    kill -KILL "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap finish EXIT
if [[ "$case" == timeout ]]; then export VGPU_SOFT_TIMEOUT=1; fi
mkfifo "$work/ready" "$work/out"
env -u VGPU_HOST "$prefix/bin/vgpu-host" --listen "shm://$work/host" --driver "$prefix/lib/libvgpu-softdevice.so" \
  --log-level warning --ready-fd 3 3>"$work/ready" &
host=$!
read -r _ url <"$work/ready"
# The only worker so far becomes the program's.
worker="$(cut -d' ' -f1 "/proc/$host/task/$host/children")"
LD_LIBRARY_PATH="$prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" VGPU_HOST="$url" "$program" >"$work/out" 2>"$work/err" &
guest=$!
exec 4<"$work/out"
read -r line <&4
[[ "$line" == running ]] || { echo "the program said: $line" >&2; exit 1; }
if [[ "$case" == timeout ]]; then
  status=0
  wait "$guest" || status=$?
  guest=
  cat "$work/err" >&2
  grep -q "ran for longer than 1 seconds" "$work/err"
  exit "$status"
fi
kill -KILL "$guest"
wait "$guest" 2>/dev/null || true
guest=
begin="$(date +%s%N)"
while kill -0 "$worker" 2>/dev/null; do
  if (($(date +%s%N) - begin > 1000000000)); then
    echo "the worker still runs a second after its program" >&2
    exit 1
  fi
  sleep 0.01
done
echo "the worker ended $((($(date +%s%N) - begin) / 1000000)) ms after its program"
