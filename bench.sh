#!/bin/bash
# Measures Tare beside docker, podman, crun and runc, where these are installed and work: starting containers, starting the command line, memory.
# Usage: ./bench.sh [ROUNDS]     20 rounds by default; all variants take turns within a round
set -euo pipefail
. "$(dirname "$0")/scripts/common.sh"
. "$ROOT/scripts/engine.sh"
. "$ROOT/bench/measure.sh"
cd "$ROOT"

rounds=${1:-20}
state=$ROOT/artifacts/bench
tare=$ROOT/artifacts/tare/tare
[ "$(id -u)" = 0 ] || fail "containers need root"
./build.sh
images/busybox.sh
RESULTS=$(mktemp -d /tmp/tare-bench.XXXXXX)
trap 'stop_engine "$state"; rm -rf "$RESULTS" "$state"' EXIT
start_engine "$state"
"$tare" load -q -i artifacts/images/busybox.tar >/dev/null
say "$(uname -r), $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg), $rounds rounds"

# ---- tare run against other engines -----------------------------------------------------------------------------------
tare_run() { "$tare" run --rm busybox true; }
tare_run_no_network() { "$tare" run --rm --network none busybox true; }
docker_client_on_tare() { DOCKER_HOST=$TARE_HOST docker run --rm busybox true; }
docker_run() { env -u DOCKER_HOST docker run --rm tare-bench/busybox true; }
podman_run() { podman run --rm tare-bench/busybox true; }
engines=(tare-run=tare_run tare-run-no-network=tare_run_no_network)
names=(tare-run tare-run-no-network)
if command -v docker >/dev/null; then
  engines+=(docker-client-on-tare=docker_client_on_tare); names+=(docker-client-on-tare)
  if env -u DOCKER_HOST docker info >/dev/null 2>&1; then
    env -u DOCKER_HOST docker load -q -i artifacts/images/busybox.tar >/dev/null && env -u DOCKER_HOST docker tag busybox tare-bench/busybox
    engines+=(docker-run=docker_run); names+=(docker-run)
  fi
fi
if command -v podman >/dev/null; then
  podman load -q -i artifacts/images/busybox.tar >/dev/null && podman tag busybox tare-bench/busybox
  engines+=(podman-run=podman_run); names+=(podman-run)
fi
say "run --rm IMAGE true, from the command line to its end"
interleave "$rounds" "${engines[@]}"
table "${names[@]}"

# ---- OCI runtimes on a bundle ------------------------------------------------------------------------------------------
bundle=$RESULTS/bundle
mkdir -p "$bundle/rootfs"
tar -xOf artifacts/images/busybox.tar --wildcards '*/layer.tar' | tar -x -C "$bundle/rootfs"
runtimes=() names=()
runtime() { (cd "$bundle" && exec "$@" "bench-$RANDOM$RANDOM"); }
crun_run() { runtime crun run; }
# crun refuses the hybrid shape of cgroups altogether.
crun_without_cgroups() { runtime crun --cgroup-manager=disabled run; }
runc_run() { runtime runc run; }
tare_runtime_run() { runtime "$ROOT/artifacts/tare/tare-runtime" run; }
if (cd "$bundle" && "$ROOT/artifacts/tare/tare-runtime" spec); then
  # Older peers refuse a newer version of the specification than they know.
  sed -i 's/"terminal": *true/"terminal":false/; s/"args": *\["sh"\]/"args":["true"]/; s/"ociVersion": *"[^"]*"/"ociVersion":"1.0.2"/' "$bundle/config.json"
  runtimes+=(tare-runtime=tare_runtime_run); names+=(tare-runtime)
  if command -v crun >/dev/null; then runtimes+=(crun=crun_run crun-without-cgroups=crun_without_cgroups); names+=(crun crun-without-cgroups); fi
  if command -v runc >/dev/null; then runtimes+=(runc=runc_run); names+=(runc); fi
  echo
  say "OCI run of true on a bundle"
  interleave "$rounds" "${runtimes[@]}"
  table "${names[@]}"
fi

# ---- the command line itself -------------------------------------------------------------------------------------------
tare_start() { "$tare" --version; }
docker_start() { docker --version; }
starts=(tare-version=tare_start) names=(tare-version)
if command -v docker >/dev/null; then starts+=(docker-version=docker_start); names+=(docker-version); fi
echo
say "the command line alone"
interleave "$rounds" "${starts[@]}"
table "${names[@]}"

# ---- memory ------------------------------------------------------------------------------------------------------------
echo
say "memory"
engine_pids() { echo "$(cat "$state/tared.pid")"; pgrep -f -- "$(socket_directory "$state")/exec" | grep -vx "$(cat "$state/tared.pid")" || true; }
# shellcheck disable=SC2046  # one argument per process
idle=$(memory_kb Rss $(engine_pids)) idle_pss=$(memory_kb Pss $(engine_pids))
# What one more container costs: the growth from 20 containers to 60. The first ones also make the engine's heap what it then stays.
idle_containers() { for ((i = 0; i < $1; i++)); do "$tare" run -d busybox sleep 1000 >/dev/null; done; sleep 1; }
idle_containers 20
# shellcheck disable=SC2046
few=$(memory_kb Rss $(engine_pids))
idle_containers 40
# shellcheck disable=SC2046
many=$(memory_kb Rss $(engine_pids))
printf 'tared and keeper, idle: %.1f MB RSS, %.1f MB PSS; with 60 containers: %.1f MB RSS\n' \
  "$(awk "BEGIN { print $idle / 1024 }")" "$(awk "BEGIN { print $idle_pss / 1024 }")" "$(awk "BEGIN { print $many / 1024 }")"
printf 'per additional idle container, beside its own processes: %.3f MB\n' "$(awk "BEGIN { print ($many - $few) / 1024 / 40 }")"
for peer in dockerd containerd; do
  pid=$(pgrep -x "$peer" | head -1 || true)
  [ -z "$pid" ] || printf '%s: %.1f MB RSS\n' "$peer" "$(awk "BEGIN { print $(memory_kb Rss "$pid") / 1024 }")"
done
