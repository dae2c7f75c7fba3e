#!/bin/bash
# Writes src/tare-runtime/methods.order: the methods that its commands enter, in the order in which they first do. The compiler puts these together, so that a
# start touches few pages. Run it when much code has moved (some minutes, as root); a build does with an old list, names that are gone are passed over.
# Usage: scripts/method-order.sh
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$ROOT/bench/runtime.sh"
cd "$ROOT"
[ "$(id -u)" = 0 ] || fail "containers need root"

list=src/tare-runtime/methods.order bin=$ROOT/artifacts/tare
if [ -z "${ORDER_WORK:-}" ]; then
  need_packages "stepping through a program" gcc libc6-dev binutils
  ./build.sh
  images/busybox.sh
  export ORDER_WORK
  ORDER_WORK=$(mktemp -d /tmp/tare-order.XXXXXX)
  trap 'rm -rf "$ORDER_WORK"' EXIT
  gcc -O2 -o "$ORDER_WORK/method-order" scripts/method-order.c
  nm -f sysv artifacts/build/net10.0/publish/tare-runtime/release_*/tare-runtime.dbg | grep '__managedcode *$' | grep FUNC \
    | awk -F'|' '{ gsub(/ /, "", $1); print $2, $5, $1 }' | sort > "$ORDER_WORK/functions"
  make_bundle "$ORDER_WORK/once" '"true"'
  make_bundle "$ORDER_WORK/idle" '"sleep","100000"'
  # The unified tree is what most hosts have; what the other trees want besides comes after it.
  unshare --mount --propagation private bash -c 'umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && exec "$0"' "$0"
  "$0"
  awk '!seen[$0]++' "$ORDER_WORK"/entered.* > "$list.new"
  mv "$list.new" "$list"
  say "$list: $(wc -l < "$list") methods"
  exit
fi

steps=$(find "$ORDER_WORK" -name 'entered.*' | wc -l)
step() {
  steps=$((steps + 1))
  say "$*"
  "$ORDER_WORK/method-order" "$bin/tare-runtime" "$@" < "$ORDER_WORK/functions" > "$ORDER_WORK/entered.$(printf %02d $steps)"
}

# What an interruption leaves.
trap '"$bin/tare-runtime" delete --force order-once 2>/dev/null || true; "$bin/tare-runtime" delete --force order-idle 2>/dev/null || true' EXIT
step run --bundle "$ORDER_WORK/once" order-once
step create --bundle "$ORDER_WORK/idle" order-idle
step start order-idle
step exec order-idle true
step state order-idle
step kill order-idle KILL
step delete --force order-idle
