#!/usr/bin/env bash
# check_format.sh ROOT CLANG_FORMAT: fails, and names the places, when a C++ file of the tree is not as clang-format
# leaves it.
set -euo pipefail
cd "$1"
mapfile -d '' files < <(find benchmarks codegen conformance examples include reference_guest \
  reference_host tests tools \( -name '*.cpp' -o -name '*.hpp' -o -name '*.h' \) -print0 | sort -z)
((${#files[@]})) || { echo "no C++ file found under $1" >&2; exit 1; }
printf '%s\0' "${files[@]}" | xargs -0 -P 2 -n 40 "$2" --dry-run --Werror
echo "${#files[@]} files are formatted"
