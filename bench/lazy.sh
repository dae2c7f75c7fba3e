#!/bin/bash
# Measures what lazy pulling would bring for PostgreSQL: which part of its image is read until the server answers, and what that would mean on ways of several
# widths. Called by bench.sh: bench.sh lazy
# The page cache is emptied before the container starts; what is in it afterwards, of the image's files, has been read. So readahead counts as read, as it
# would when pieces of files are fetched; it is set to what is usual, on a disk of the measurement's own in a file.
set -euo pipefail
. "$(dirname "$0")/../scripts/common.sh"
. "$ROOT/scripts/engine.sh"
cd "$ROOT"

tare=$ROOT/artifacts/tare/tare
[ "$(id -u)" = 0 ] || fail "containers need root"
need_packages "measuring lazy pulling" docker-registry curl e2fsprogs util-linux postgresql-client
[ -x "$tare" ] || ./build.sh
images/postgres.sh
RESULTS=$(mktemp -d /tmp/tare-bench.XXXXXX) disk=$ROOT/artifacts/bench-lazy registry_pid=
state=$disk/tare
cleanup() {
  "$tare" rm -f -v lazy >/dev/null 2>&1 || true
  stop_engine "$state"
  [ -z "$registry_pid" ] || kill "$registry_pid"
  umount "$disk" || umount -l "$disk"
  rm -rf "$RESULTS" "$disk" "$ROOT/artifacts/bench-lazy-disk"
}
mkdir -p "$disk"
truncate -s 4G "$ROOT/artifacts/bench-lazy-disk"
mkfs.ext4 -q "$ROOT/artifacts/bench-lazy-disk"
mount -o loop "$ROOT/artifacts/bench-lazy-disk" "$disk"
trap cleanup EXIT
loop=$(findmnt -n -o SOURCE "$disk")
echo 128 >"/sys/block/${loop#/dev/}/queue/read_ahead_kb"
port=$((20000 + RANDOM % 20000))
registry=127.0.0.1:$((port + 1))
printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s/registry}}\nhttp: {addr: "%s"}\n' "$RESULTS" "$registry" >"$RESULTS/registry.yml"
docker-registry serve "$RESULTS/registry.yml" >"$RESULTS/registry.log" 2>&1 &
registry_pid=$!
start_engine "$state"
for _ in $(seq 100); do curl -fs "http://$registry/v2/" >/dev/null 2>&1 && break; sleep 0.1; done

name=$("$tare" load -q -i artifacts/images/postgres.tar | sed 's/.*: //')
"$tare" tag "$name" "$registry/postgres:1"
"$tare" push -q "$registry/postgres:1" >/dev/null
"$tare" rmi -f "$name" "$registry/postgres:1" >/dev/null
"$tare" image prune -f >/dev/null
sync
begin=$(now_ms)
"$tare" pull -q "$registry/postgres:1" >/dev/null
pull=$(($(now_ms) - begin))
packed=$(du -sb "$RESULTS/registry/docker/registry/v2/blobs" | cut -f1)

sync
echo 3 >/proc/sys/vm/drop_caches
begin=$(now_ms)
"$tare" run -d --name lazy -e POSTGRES_PASSWORD=p -p "127.0.0.1:$port:5432" "$registry/postgres:1" >/dev/null
# The client is the machine's: its files are not the image's.
until PGPASSWORD=p PGCONNECT_TIMEOUT=2 psql -h 127.0.0.1 -p "$port" -U postgres -Atc 'select 1' >/dev/null 2>&1; do
  [ $(($(now_ms) - begin)) -lt 60000 ] || { "$tare" logs lazy; fail "PostgreSQL does not answer"; }
  sleep 0.02
done
ready=$(($(now_ms) - begin))

# Bytes in the page cache, size and name of every file of the image; a link is counted once.
find "$state/data/snapshots" -type f -size +0 -links 1 -print0 | xargs -0 fincore --bytes --raw --noheadings -o RES,SIZE,FILE >"$RESULTS/files"
find "$state/data/snapshots" -type f -size +0 -links +1 -printf '%i %p\0' | sort -z -u -k1,1 | sed -z 's/^[0-9]* //' | xargs -0 -r fincore --bytes --raw --noheadings -o RES,SIZE,FILE >>"$RESULTS/files"
read -r files size touched touched_size resident < <(awk '{ n++; s += $2; if ($1) { t++; ts += $2; r += $1 < $2 ? $1 : $2 } } END { print n, s, t, ts, r }' "$RESULTS/files")
touched_packed=$(awk '$1 { $1 = $2 = ""; sub(/^ +/, ""); print }' "$RESULTS/files" | while IFS= read -r file; do gzip -n -2 <"$file" | wc -c; done | awk '{ s += $1 } END { print s }')
pieces_packed=$((touched_packed * resident / touched_size))

say "$(uname -r), $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg)"
awk -v n="$files" -v s="$size" -v t="$touched" -v ts="$touched_size" -v r="$resident" -v p="$packed" -v tp="$touched_packed" -v pp="$pieces_packed" 'BEGIN {
  printf "image                %6d files  %6.1f MB  %6.1f MB compressed\n", n, s / 1e6, p / 1e6
  printf "files that are read  %6d files  %6.1f MB  %6.1f MB compressed (%.0f %%)\n", t, ts / 1e6, tp / 1e6, 100 * tp / p
  printf "pieces that are read               %6.1f MB  %6.1f MB compressed (%.0f %%)\n", r / 1e6, pp / 1e6, 100 * pp / p }'
printf 'pull over loopback %d ms; from run to the first answer, nothing in the page cache, %d ms\n' "$pull" "$ready"
printf '\n%-14s %12s %14s %14s\n' 'Mbit/s' 'full pull' 'lazy, files' 'lazy, pieces'
for width in 10 100 1000 10000; do
  awk -v w="$width" -v p="$packed" -v tp="$touched_packed" -v pp="$pieces_packed" -v u="$pull" -v r="$ready" 'BEGIN {
    way = w * 1e6 / 8000; full = p / way > u ? p / way : u
    printf "%-14d %10.1f s %12.1f s %12.1f s\n", w, (full + r) / 1000, (tp / way + r) / 1000, (pp / way + r) / 1000 }'
done
echo "computed: the longer of the bytes' way and what a pull takes on loopback, or the way of what is read, and the time to the first answer; no round trips"
