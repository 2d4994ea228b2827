#!/usr/bin/env bash
# fetch.sh: fetches llama.cpp with ggml's CUDA backend, prebuilt in the npm package below, unless it is there
# already, and prints the folder of its libraries.
#   VGPU_DOWNLOADS        keeps it, 180 MB that are fetched once; default: build/downloads
#   VGPU_TEST_OFFLINE=1   what is missing is not fetched, and the tests that need it are skipped (77)
set -euo pipefail
package=@node-llama-cpp/linux-x64-cuda version=3.22.1
archive=node-llama-cpp-linux-x64-cuda-$version.tgz
sha512=f2b4028f234d2d9254162b7e6298f0942e21c242a038c224076c2ec9c2817fc354d8edf248a6e259943c6b0f64bb69d44d78d29d422b13a281f3c8ad76e4c1b8

fail() { printf '%s\n' "$*" >&2; exit 1; }

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
downloads="${VGPU_DOWNLOADS:-$root/build/downloads}"
folder="$downloads/llama-cuda-$version"
mkdir -p "$downloads"
exec {lock}>"$downloads/ggml-cuda.lock"
flock "$lock"
# Renamed into place when it is whole.
if [[ -d "$folder" ]]; then
  echo "$folder"
  exit 0
fi
if [[ "${VGPU_TEST_OFFLINE:-}" == 1 ]]; then
  echo "skipped: VGPU_TEST_OFFLINE=1, and $package $version is not in $downloads" >&2
  exit 77
fi
command -v npm >/dev/null ||
  fail "npm is missing, and with it llama.cpp with ggml's CUDA backend: install it (apt-get install npm), or skip these tests with VGPU_TEST_OFFLINE=1."

work="$(mktemp -d "$downloads/fetch.XXXXXX")"
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "$package@$version" >/dev/null) ||
  fail "npm could not fetch $package $version: see that this machine reaches $(npm config get registry 2>/dev/null), or skip these tests with VGPU_TEST_OFFLINE=1."
sha512sum --check --quiet <<<"$sha512  $work/$archive" ||
  fail "$package $version is not what it was: its SHA-512 differs from the one in tests/ggml/fetch.sh, so it was not used; find out why before changing that line."
tar -xzf "$work/$archive" -C "$work" --strip-components=3 \
  --exclude=libllama-common.so --wildcards 'package/bins/linux-x64-cuda/*.so'
mkdir "$work/whole"
mv "$work"/*.so "$work/whole"
mv "$work/whole" "$folder"
echo "$folder"
