#!/bin/sh
# needed_test.sh LIBRARY STUB: the guest library needs only glibc, has the driver's SONAME, and exports what the
# toolkit's stub exports, no more and no less.
set -eu
library=$1
stub=$2
failed=0

for needed in $(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
  case $needed in
    libc.so.6 | libm.so.6 | libpthread.so.0 | libdl.so.2 | librt.so.1 | ld-linux-x86-64.so.2) ;;
    *)
      echo "$library needs $needed"
      failed=1
      ;;
  esac
done

soname=$(readelf -d "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
if [ "$soname" != libcuda.so.1 ]; then
  echo "the SONAME is '$soname'"
  failed=1
fi

exports() { nm -D --defined-only "$1" | awk '{print $3}' | sed 's/@.*//' | grep -v '^_init$\|^_fini$' | sort -u; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
exports "$library" >"$folder/ours"
exports "$stub" | grep '^cu' >"$folder/theirs"
if ! diff "$folder/theirs" "$folder/ours"; then
  echo "(< the stub's alone, > ours alone)"
  failed=1
fi
[ "$(wc -l <"$folder/theirs")" -gt 600 ] || { echo "the stub exports too little to compare with"; failed=1; }
exit $failed
