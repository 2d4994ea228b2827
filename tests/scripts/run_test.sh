#!/usr/bin/env bash
# run_test.sh VGPU: what `vgpu run` promises about exit status, signals, environment and cleaning up.
set -euo pipefail
vgpu="$1"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
unset VGPU_HOST XDG_RUNTIME_DIR
failed=0
expect() { # expect WHAT COMMAND...
  local what="$1"
  shift
  if ! "$@"; then
    echo "not so: $what" >&2
    failed=1
  fi
}
status_of() { local status=0; "$@" || status=$?; echo "$status"; }

expect "the exit status is the program's" test "$(status_of "$vgpu" run -- sh -c 'exit 7')" = 7
expect "a signal's end is the program's" \
  test "$(status_of bash -c '"$1" run -- sh -c "kill -KILL \$\$"' _ "$vgpu" 2>/dev/null)" = 137
expect "an unknown program gives 127" \
  test "$(status_of "$vgpu" run -- no-such-program-here 2>/dev/null)" = 127
expect "no program gives 125" test "$(status_of "$vgpu" run 2>/dev/null)" = 125
expect "arguments arrive as they are" \
  test "$("$vgpu" run -- printf '%s|' a 'b c' '' -- --host)" = 'a|b c||--|--host|'
# shellcheck disable=SC2016
expect "our library comes first, the rest stays" test \
  "$(LD_LIBRARY_PATH=/x:/y "$vgpu" run -- sh -c 'echo "${LD_LIBRARY_PATH#*:}"')" = /x:/y
expect "a named host is handed on" \
  test "$("$vgpu" run --host shm:///named -- sh -c 'echo "$VGPU_HOST"')" = shm:///named

# The private host's directory is ours alone while the program runs.
# shellcheck disable=SC2016
seen="$("$vgpu" run -- sh -c 'socket=${VGPU_HOST#shm://}; stat -c "%a %F" "$(dirname "$socket")"; ls -d "$socket" >/dev/null && echo there' || true)"
expect "the socket is in a private directory: $seen" test "$seen" = $'700 directory\nthere'

# However it ends, the host goes and so does its directory. A killed vgpu is a killed program, since
# the one becomes the other.
gone() {
  for _ in $(seq 100); do
    [[ -z "$(ls "$work")" ]] && ! pgrep -f "listen shm://$work/" >/dev/null && return 0
    sleep 0.05
  done
  ls -la "$work" >&2
  pgrep -af "listen shm://$work/" >&2 || true
  return 1
}
expect "nothing is left after the runs above" gone
mkfifo "$work.fifo"
"$vgpu" run -- sh -c 'echo up; exec sleep 600' >"$work.fifo" &
child=$!
read -r line <"$work.fifo"
rm -f "$work.fifo"
expect "the program runs" test "$line" = up
expect "the host runs" pgrep -f "listen shm://$work/" >/dev/null
kill -KILL "$child"
wait "$child" 2>/dev/null || true
expect "nothing is left after vgpu was killed" gone
exit "$failed"
