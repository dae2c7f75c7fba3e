#!/bin/bash
# Measures a registry's throughput beside docker-registry, where that is installed: uploads at once and in a stream, downloads, alone and eight together.
# Downloads are measured twice: by curl, whose own copying is in the time, and by a client that has the kernel throw the bytes away (drain.c).
# Called by bench.sh: bench.sh registry [ROUNDS]     7 rounds by default; all variants take turns within a round
set -euo pipefail
. "$(dirname "$0")/../scripts/common.sh"
. "$ROOT/bench/measure.sh"
. "$ROOT/bench/rounds.sh"
cd "$ROOT"

rounds=${1:-7} megabytes=${TARE_BENCH_MB:-128}
need_packages "measuring registries" docker-registry curl openssl gcc libc6-dev
[ -x artifacts/tare/tare ] || ./build.sh
RESULTS=$(mktemp -d /tmp/tare-bench.XXXXXX)
gcc -O2 -o "$RESULTS/drain" bench/drain.c
CONTENT=$(mktemp -d /dev/shm/tare-bench.XXXXXX)
pids=()
cleanup() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait; rm -rf "$RESULTS" "$CONTENT"; }
trap cleanup EXIT

await() { for ((i = 0; i < 100; i++)); do curl -sf -o /dev/null "$1/v2/" && return; sleep 0.1; done; fail "no registry answers at $1"; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }


tare_url=http://127.0.0.1:$(free_port) names=(tare)
artifacts/tare/tare registry serve --addr "${tare_url#http://}" --root "$RESULTS/tare" 2>"$RESULTS/tare.log" &
tare_pid=$! docker_pid=
pids+=($!)
await "$tare_url"
if command -v docker-registry >/dev/null; then
  docker_url=http://127.0.0.1:$(free_port) names+=(docker)
  printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "%s"}\n' "$RESULTS/docker" "${docker_url#http://}" >"$RESULTS/docker.yml"
  docker-registry serve "$RESULTS/docker.yml" >"$RESULTS/docker.log" 2>&1 &
  docker_pid=$!
  pids+=($!)
  await "$docker_url"
fi

# content: new content, which no registry has, in memory, and its digest; not measured.
content() {
  openssl enc -aes-128-ctr -pbkdf2 -pass "pass:$1$$" -nosalt </dev/zero 2>/dev/null | head -c "${megabytes}M" >"$CONTENT/blob" || true
  digest=sha256:$(sha256sum "$CONTENT/blob" | cut -d' ' -f1)
}
location() { tr -d '\r' | sed -n 's/^[Ll]ocation: //p'; }
# at LOCATION URL: the location may be a path or a whole URL; with or without a query.
at() { case $1 in http*) echo "$1" ;; *) echo "$2$1" ;; esac; }
begin() { at "$(curl -sf -X POST -D - -o /dev/null "$1/v2/bench/$2/blobs/uploads/" | location)" "$1"; }
with_digest() { case $1 in *\?*) echo "$1&digest=$digest" ;; *) echo "$1?digest=$digest" ;; esac; }
# The transfer alone is measured; asking for a place to send to is not.
before_upload_once() { content "$2"; place=$(begin "$1" once); }
upload_once() { curl -sf -o /dev/null -T "$CONTENT/blob" "$(with_digest "$place")"; }
before_upload_stream() { content "$2"; place=$(begin "$1" stream); }
upload_stream() {
  local next
  next=$(curl -sf -X PATCH -H 'Content-Type: application/octet-stream' -T "$CONTENT/blob" -D - -o /dev/null "$place" | location)
  curl -sf -o /dev/null -X PUT "$(with_digest "$(at "$next" "$1")")"
}
download() { curl -sf -o /dev/null "$1/v2/bench/once/blobs/$kept"; }
download_eight() { local i all=(); for i in 1 2 3 4 5 6 7 8; do download "$1" & all+=($!); done; wait "${all[@]}"; }
drain() { local authority=${1#http://}; "$RESULTS/drain" "${authority%:*}" "${authority#*:}" "/v2/bench/once/blobs/$kept" "${3:-1}"; }
drain_eight() { drain "$1" "$2" 8; }

# measure TITLE FUNCTION FACTOR
measure() {
  local title=$1 function=$2 factor=$3 name variants=() url server part
  for name in "${names[@]}"; do
    url=${name}_url server=${name}_pid
    for part in before_ ''; do
      [ "$(type -t "$part$function")" = function ] || continue
      eval "$part$name-$function() { $part$function '${!url}' \"\$1\"; }"
    done
    variants+=("$name-$function")
    SERVER[$name-$function]=${!server}
  done
  take_turns "$rounds" "$title, $megabytes MB" "${variants[@]}"
  for name in "${variants[@]}"; do
    printf '%-28s %9s MB/s\n' "$name" "$(awk -v mb="$((megabytes * factor))" -v ms="$(quantile "$name" 0)" 'BEGIN { printf "%.0f", mb * 1000 / ms }')"
  done
  echo
}

say "$(uname -r), $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg), $rounds rounds"
measure "upload, POST and PUT" upload_once 1
measure "upload, PATCH as a stream and PUT" upload_stream 1
content kept
kept=$digest
for name in "${names[@]}"; do
  url=${name}_url
  place=$(begin "${!url}" once)
  upload_once
done
measure "download" download 1
measure "eight downloads together" download_eight 8
measure "download that the client throws away" drain 1
measure "eight downloads together that the client throws away" drain_eight 8
printf 'memory afterwards: tare %.1f MB' "$(awk "BEGIN { print $(memory_kb Rss "$tare_pid") / 1024 }")"
[ -z "$docker_pid" ] || printf ', docker-registry %.1f MB' "$(awk "BEGIN { print $(memory_kb Rss "$docker_pid") / 1024 }")"
echo
