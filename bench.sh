#!/bin/bash
# Measures Tare beside docker, podman, crun and runc, where these are installed and work.
# Usage: ./bench.sh [ROUNDS] [SECTION…]     20 rounds by default; all variants take turns within a round
#   engines   run, exec, stop and ps beside docker and podman    start     what the programs cost before they do anything
#   runtime   the OCI runtime, with 1, 100 and 500 containers   memory    of the engine, alone and with containers
#        ./bench.sh registry [ROUNDS]     the registry beside docker-registry
#        ./bench.sh images [ROUNDS]       pull, push, load and save beside podman and skopeo
#        ./bench.sh lazy                  what pulling only what is read would bring
#        ./bench.sh load [CONTAINERS [SECONDS]]   see bench/load.sh
set -euo pipefail
case ${1:-} in registry | images | lazy | load) part=$1; shift; exec "$(dirname "$0")/bench/$part.sh" "$@" ;; esac
. "$(dirname "$0")/scripts/common.sh"
. "$ROOT/scripts/engine.sh"
for part in measure dockerd engines runtime start memory; do . "$ROOT/bench/$part.sh"; done
cd "$ROOT"

rounds=20
if [[ ${1:-} =~ ^[0-9]+$ ]]; then rounds=$1; shift; fi
sections=("$@")
[ ${#sections[@]} -gt 0 ] || sections=(engines runtime start memory)
for section in "${sections[@]}"; do
  [ "$(type -t "bench_$section")" = function ] || { sed -n '3,6s/^# //p' "$0"; exit 2; }
done
state=$ROOT/artifacts/bench bin=$ROOT/artifacts/tare
tare=$bin/tare
[ "$(id -u)" = 0 ] || fail "containers need root"
./build.sh
images/busybox.sh
RESULTS=$(mktemp -d /tmp/tare-bench.XXXXXX)
trap 'rm -rf "$RESULTS"' EXIT
compile_timer
if [[ " ${sections[*]} " =~ \ (engines|memory)\  ]]; then
  trap 'stop_engine "$state"; rm -rf "$RESULTS" "$state"' EXIT
  start_engine "$state"
  "$tare" load -q -i artifacts/images/busybox.tar >/dev/null
fi
say "$(uname -r), $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg), $rounds rounds"
echo
# A section of its own process: what it sets and traps does not reach the next one.
for section in "${sections[@]}"; do
  ("bench_$section")
done
