#!/usr/bin/env bash
# kernel_output.sh OUT: what the kernels of tests/programs print, assert, allocate and break, natively and through `vgpu
# run` on the vendor's driver. For a machine with a GPU; BUILD names the build (default build/release), STAGE its
# installation (default build/stage). Also shows what the vendor's driver does with __managed__ variables.
set -u
out="$1"
here="$(cd "$(dirname "$0")" && pwd)"
build="${BUILD:-build/release}"
failed=0
for name in device_printf device_assert; do
  program="$build/tests/programs/${name}_static"
  mkdir -p "$out/$name"
  "$program" >"$out/$name/native.txt" 2>"$out/$name/native.err"
  "${STAGE:-build/stage}/bin/vgpu" run -- "$program" >"$out/$name/vgpu.txt" 2>"$out/$name/vgpu.err"
  for form in native vgpu; do
    if diff "$here/../programs/$name.out" "$out/$name/$form.txt"; then
      echo "$name $form: as expected"
    else
      echo "$name $form: DIFFERENT"
      failed=1
    fi
  done
  if [[ -f "$here/../programs/$name.err" ]]; then
    for form in native vgpu; do
      grep -Ef "$here/../programs/$name.err" "$out/$name/$form.err" || { echo "$name $form: stderr lacks it"; failed=1; }
    done
  fi
done
for name in device_heap kernel_faults independent_progress managed_variable; do
  "$here/compare.sh" "$out/$name" "$build/tests/programs/${name}_static" || failed=1
done
exit $failed
