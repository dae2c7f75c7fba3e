#!/bin/bash
# Puts a load on an engine of its own: 500 running containers, 64 clients that list, inspect, read logs and exec for a minute. Any error, memory that
# grows, or an engine that is slow to come back after a crash fails it.
# Usage: ./bench.sh load [CONTAINERS [SECONDS]]   a soak is a large SECONDS
set -euo pipefail
. "$(dirname "$0")/../scripts/common.sh"
cd "$ROOT"

[ "$(id -u)" = 0 ] || fail "containers need root"
./build.sh
images/busybox.sh
export TARE_LOAD_CONTAINERS=${1:-500} TARE_LOAD_SECONDS=${2:-60}
say "$(uname -r), $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg), $TARE_LOAD_CONTAINERS containers, $TARE_LOAD_SECONDS s"
exec dotnet test tests/EndToEnd/EndToEnd.csproj --nologo -v q --logger "console;verbosity=detailed" --filter FullyQualifiedName~LoadTests
