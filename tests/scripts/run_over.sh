#!/usr/bin/env bash
# run_over.sh TRANSPORT VGPU PROGRAM...: runs a program through guest, wire and a host of its own on the
# software device, which it reaches over TRANSPORT: shm, unix or tcp.
set -euo pipefail
transport="$1" vgpu="$2"
shift 2
prefix="$(dirname "$(dirname "$vgpu")")"
work="$(mktemp -d /tmp/vgpu-test-XXXXXX)"
host=
finish() {
  if [[ -n "$host" ]]; then
    kill "$host" 2>/dev/null || true
    wait "$host" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap finish EXIT
case "$transport" in
  shm | unix) url="$transport://$work/host" ;;
  tcp) url=tcp://127.0.0.1:0 ;;
  *) echo "no transport is called $transport" >&2; exit 2 ;;
esac
mkfifo "$work/ready"
env -u VGPU_HOST "$prefix/bin/vgpu-host" --listen "$url" --driver "$prefix/lib/libvgpu-softdevice.so" \
  --log-level warning --ready-fd 3 3>"$work/ready" &
host=$!
# The host names the port it got; one that fails closes the pipe.
if ! read -r _ url <"$work/ready"; then
  echo "vgpu-host did not start; its own message says why" >&2
  exit 1
fi
"$vgpu" run --host "$url" -- "$@"
