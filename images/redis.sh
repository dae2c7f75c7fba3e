#!/bin/bash
# Makes a Redis server image from Debian (or Ubuntu) packages: artifacts/images/redis.tar, for "tare load -i".
set -euo pipefail
. "$(dirname "$0")/../scripts/common.sh"
. "$ROOT/images/pack.sh"
. "$ROOT/images/debian.sh"

output=$ROOT/artifacts/images/redis.tar
if fresh "$output" "$ROOT/images/redis.sh" "$ROOT/images/pack.sh" "$ROOT/images/debian.sh"; then
  say "$output is up to date"
  exit 0
fi
[ "$(id -u)" = 0 ] || fail "making an image needs root, for the owners of its files"
mkdir -p "$ROOT/artifacts/images"
work=$(mktemp -d "$ROOT/artifacts/images/.redis.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/rootfs

apt_update
debian_root "$root" "$work" redis-server redis-tools
echo 'redis:x:999:999:Redis:/data:/bin/sh' >> "$root/etc/passwd"
echo 'redis:x:999:' >> "$root/etc/group"
install -d -o 999 -g 999 "$root/data"
ldconfig -r "$root"

pack_image "$root" redis:latest '{
  "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "User": "redis", "WorkingDir": "/data",
  "Cmd": ["redis-server", "--protected-mode", "no"], "ExposedPorts": {"6379/tcp": {}}, "Volumes": {"/data": {}}}' "$output"
say "made $output ($(du -h --apparent-size "$output" | cut -f1))"
