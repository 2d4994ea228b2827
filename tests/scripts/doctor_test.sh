#!/usr/bin/env bash
# doctor_test.sh VGPU CASE STATIC_PROGRAM SHARED_PROGRAM STUB: `vgpu doctor` on a healthy set-up, and on
# planted failures, of which it has to name the cause and the remedy.
set -euo pipefail
vgpu="$1" case="$2" static_program="$3" shared_program="$4" stub="$5"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
unset VGPU_HOST
output="" status=0
doctor() { status=0; output="$("$vgpu" doctor "$@" 2>&1)" || status=$?; }
failed=0
says() {
  if ! grep -qE -- "$1" <<<"$output"; then
    echo "it does not say: $1" >&2
    failed=1
  fi
}
says_not() {
  if grep -qE -- "$1" <<<"$output"; then
    echo "it says: $1" >&2
    failed=1
  fi
}
ends_with() {
  if ((status != $1)); then
    echo "it ends with status $status, not $1" >&2
    failed=1
  fi
}
finish() {
  ((failed)) && printf '%s\n' "$output" >&2
  exit "$failed"
}

case "$case" in
  healthy)
    for program in "$static_program" "$shared_program"; do
      doctor -- "$program"
      ends_with 0
      says "Started by .vgpu run. it loads .*/libcuda.so.1, which is vgpu's"
      says 'The host at shm://.* answers; its driver is for CUDA 1[0-9]\.'
      says 'Device 0 is .* GiB and compute capability'
      says '8 of 8 private tables hold'
      says 'The handshake holds'
      says 'ended with exit status 0 after [1-9][0-9]* driver calls'
      says '^Nothing is wrong\.'
      says_not WRONG
      if [[ "$program" == "$shared_program" ]]; then
        says 'loads a shared CUDA runtime'
        says 'Its cudaGetDeviceCount says [1-9]'
      else
        says 'has a static CUDA runtime inside'
      fi
    done
    ;;
  wrong_library)
    ln -s "$stub" "$work/libcuda.so.1"
    export LD_LIBRARY_PATH="$work${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    doctor -- "$static_program"
    ends_with 1
    says "WRONG +The program started from this shell loads $work/libcuda.so.1, because it is in folder 1 of LD_LIBRARY_PATH; it is the stub"
    says "What to do: take $work out of the search path, or start the program by"
    says 'One thing is wrong'
    ;;
  host_down)
    doctor --host "shm://$work/nobody" -- "$static_program"
    ends_with 1
    says "WRONG +No host answers at shm://$work/nobody: cuInit returned CUDA_ERROR_NO_DEVICE \(100\)"
    says "\| .*$work/nobody" # the guest's own line on standard error
    says 'What to do: start one there by .*vgpu-host --listen'
    ;;
  old_driver)
    export VGPU_SOFT_DRIVER_VERSION=12000
    old="$(dirname "$vgpu")/../lib/libvgpu-softdevice.so"
    doctor --driver "$old" -- "$shared_program"
    ends_with 1
    says 'its driver is for CUDA 12\.0'
    says 'WRONG +The host.s driver is for CUDA 12\.0 and older than this runtime of CUDA 1[3-9]\.'
    says 'CUDA driver version is insufficient for CUDA runtime version'
    says 'What to do: update the driver on the host'
    doctor --driver "$old" -- "$static_program"
    ends_with 1
    says 'WRONG +The host.s driver is for CUDA 12\.0 and older than this runtime of CUDA 1[3-9]\.'
    ;;
  failing_program)
    doctor -- "$static_program" fail
    ends_with 1
    says 'WRONG +It ended with exit status 3 after [1-9][0-9]* driver calls'
    says 'The first driver call that failed is number [0-9]+: cuMemAlloc_v2\(.*\) = CUDA_ERROR_OUT_OF_MEMORY'
    says 'What to do: '
    ;;
  *)
    echo "no case $case" >&2
    exit 1
    ;;
esac
finish
