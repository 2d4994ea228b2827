#!/usr/bin/env bash
# check_tidy.sh ROOT BUILD CLANG_TIDY: runs clang-tidy over the product's translation units (generated ones
# and tests left out), two at a time, the last changed first. A unit whose content, headers and settings
# have not changed since it last passed is not looked at again.
#   VGPU_TIDY_SECONDS   no further unit is begun after this many seconds (default 180); what was left out
#                       is counted, and is looked at next time
#   VGPU_TIDY_FULL=1    with clang's static analyser, which takes three times as long, and no limit
set -euo pipefail
root="$1" build="$2" tidy="$3"
cd "$build"
[[ -f compile_commands.json ]] || { echo "$build has no compile_commands.json" >&2; exit 1; }
options="--checks=-clang-analyzer-*"
seconds="${VGPU_TIDY_SECONDS:-180}"
if [[ -n "${VGPU_TIDY_FULL:-}" ]]; then
  options="" seconds=86400
fi

# The product's units, as the compilation database names them.
mapfile -t units < <(sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' compile_commands.json | sort -u |
  grep -E "^$root/(codegen|reference_guest|reference_host|benchmarks|tools|examples)/.*\.cpp$" || true)
((${#units[@]})) || { echo "no unit of the product in compile_commands.json" >&2; exit 1; }
mapfile -t units < <(ls -t -- "${units[@]}")

state="$build/clang-tidy"
mkdir -p "$state"
# Each unit by what it includes itself: g++'s precompiled headers are nothing to clang, and a unit that
# leans on one is found here.
sed -E 's/ -Winvalid-pch -include [^ ]*cmake_pch\.hxx//; s/ -fpch-preprocess//' compile_commands.json >"$state/compile_commands.json"
skipped="$(mktemp)"
trap 'rm -f "$skipped"' EXIT
# What any unit depends on besides itself: settings and headers, written and generated.
common="$({
  echo "$options"
  cat "$root/.clang-tidy"
  find "$root"/{include,codegen,reference_guest,reference_host,tools,benchmarks} "$build/generated" \
    \( -name '*.hpp' -o -name '*.inl' \) -print0 2>/dev/null | sort -z | xargs -0 cat
} | sha256sum || true)"
deadline=$((seconds + $(date +%s)))

check() {
  local unit="$1" key log
  key="$({ echo "$common"; cat "$unit"; } | sha256sum | cut -c 1-40)"
  [[ -e "$state/$key" ]] && return 0
  if (($(date +%s) >= deadline)); then
    echo "$unit" >>"$skipped"
    return 0
  fi
  log="$(mktemp)"
  if "$tidy" --quiet --extra-arg=-Wno-unknown-warning-option -p "$state" ${options:+"$options"} "$unit" >"$log" 2>&1; then
    touch "$state/$key"
  else
    grep -v 'warnings generated' "$log" >&2 || true
    echo "clang-tidy is not content with $unit" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}
export -f check
export common state skipped deadline tidy options
printf '%s\0' "${units[@]}" | xargs -0 -P 2 -I{} bash -c 'check "$1"' _ {}
left="$(wc -l <"$skipped")"
echo "clang-tidy is content with $((${#units[@]} - left)) of ${#units[@]} units; $left wait for the next run"
