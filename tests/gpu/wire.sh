#!/usr/bin/env bash
# wire.sh OUT: the wire suite on vgpu-host with the vendor's driver, over each transport; reports in OUT. For a machine
# with a GPU; STAGE names the installation (default build/stage), DRIVER the vendor's library.
set -u
out="$1"
# shellcheck source=machine.sh
source "$(dirname "$0")/machine.sh"
status=0
for transport in shm unix tcp; do
  "$stage/bin/vgpu-conformance" wire --backend "$driver" --transport "$transport" --report "$out/wire_$transport" || status=1
done
exit "$status"
