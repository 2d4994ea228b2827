#!/usr/bin/env bash
# check_guest_exports.sh LIBCUDA STUB: our libcuda.so.1 exports exactly what the toolkit's stub
# exports, needs only glibc's own libraries, and no newer glibc than Debian 12's.
set -euo pipefail
library="$1" stub="$2"
status=0

# Without the debugger's interface, which some stubs have.
exports() { nm -D --defined-only "$1" | awk '$2 ~ /^[TWiBDRV]$/ {print $3}' | sed 's/@.*//' | grep '^cu' | grep -v '^cudbg' | sort -u; }
others() { nm -D --defined-only "$1" | awk '{print $3}' | sed 's/@.*//' | grep -v '^cu' || true; }

count="$(exports "$stub" | wc -l)"
((count > 600)) || { echo "the stub $stub exports only $count symbols: is it the right file?" >&2; exit 1; }
if ! difference="$(diff <(exports "$stub") <(exports "$library"))"; then
  echo "exports differ (< the stub only, > ours only):" >&2
  echo "$difference" >&2
  status=1
fi
extra="$(comm -13 <(others "$stub" | sort -u) <(others "$library" | sort -u))"
if [[ -n "$extra" ]]; then
  echo "exported, but no driver symbol: $extra" >&2
  status=1
fi

allowed='^(libc\.so\.6|libm\.so\.6|libdl\.so\.2|libpthread\.so\.0|librt\.so\.1|ld-linux-x86-64\.so\.2)$'
needed="$(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')"
if foreign="$(grep -Ev "$allowed|^$" <<<"$needed")"; then
  echo "needs libraries that are not glibc's: $foreign" >&2
  status=1
fi
soname="$(readelf -d "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')"
if [[ "$soname" != libcuda.so.1 ]]; then
  echo "its SONAME is '$soname'" >&2
  status=1
fi
((status)) || echo "$count symbols, as the stub; needs only:" $needed
exit "$status"
