# What ./demo, ./test and .ci/run have in common: finding the CUDA toolkit and the Debian packages.
# Sourced, with `set -euo pipefail` in force and `root` set to the top of the tree.

build_packages=(
  cmake ninja-build g++ capnproto libcapnp-dev libzstd-dev liblz4-dev libcli11-dev
  nlohmann-json3-dev libspdlog-dev libfmt-dev libgtest-dev libbenchmark-dev python3
)
check_packages=(clang-format clang-tidy)
# A test fetches a package from npm's registry; where node comes from elsewhere, npm came with it.
command -v npm >/dev/null || check_packages+=(npm)

note() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# Sets and exports CUDA_HOME and CUDAToolkit_ROOT, and puts nvcc on PATH.
find_toolkit() {
  local candidate candidates=()
  if [[ -n "${CUDA_HOME:-}" ]]; then
    candidates=("$CUDA_HOME")
  else
    if command -v nvcc >/dev/null; then
      candidates+=("$(dirname "$(dirname "$(readlink -f "$(command -v nvcc)")")")")
    fi
    candidates+=(/usr/local/cuda)
    # The newest version first.
    mapfile -t -O "${#candidates[@]}" candidates < <(compgen -G '/usr/local/cuda-*' | sort -rV || true)
  fi
  for candidate in "${candidates[@]}"; do
    if [[ -x "$candidate/bin/nvcc" ]] &&
       [[ -r "$candidate/include/cuda.h" || -r "$candidate/targets/x86_64-linux/include/cuda.h" ]]; then
      export CUDA_HOME="$candidate" CUDAToolkit_ROOT="$candidate"
      export PATH="$candidate/bin:$PATH"
      return
    fi
  done
  if [[ -n "${CUDA_HOME:-}" ]]; then
    fail "The CUDA toolkit is missing: CUDA_HOME is $CUDA_HOME, but bin/nvcc and include/cuda.h are not both there; set CUDA_HOME to the folder that holds them."
  fi
  fail "The CUDA toolkit is missing (no nvcc on PATH or under /usr/local/cuda*): install cuda-nvcc, cuda-cudart-dev and cuda-driver-dev from NVIDIA, or set CUDA_HOME to the folder that holds bin/nvcc."
}

# require_packages NAME...: installs what is missing when we may, else names the command that does.
require_packages() {
  command -v dpkg-query >/dev/null || return 0 # not a Debian: CMake will name what it cannot find
  local package missing=()
  for package in "$@"; do
    [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" == installed ]] ||
      missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    fail "Debian packages are missing; install them with: sudo apt-get install ${missing[*]}"
  fi
  note "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local log
  log="$(mktemp)"
  if ! { apt-get update -q &&
         DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
       } >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install the packages above; once it can, run: apt-get install ${missing[*]}"
  fi
  rm -f "$log"
}

# configure PRESET: runs CMake where the build tree has not been configured yet; later changes of
# the CMake files are noticed by the build itself.
configure() {
  if [[ ! -f "$root/build/$1/build.ninja" ]]; then
    note "configuring the $1 build"
    cmake --preset "$1" -S "$root" --log-level=WARNING
  fi
}
