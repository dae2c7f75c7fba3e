#!/bin/bash
# Measures a registry's throughput beside docker-registry, where that is installed: uploads at once and in a stream, downloads, alone and eight together.
# Called by bench.sh: bench.sh registry [ROUNDS]     7 rounds by default; all variants take turns within a round
set -euo pipefail
. "$(dirname "$0")/../scripts/common.sh"
. "$ROOT/bench/measure.sh"
cd "$ROOT"

rounds=${1:-7} megabytes=${TARE_BENCH_MB:-128}
./build.sh
RESULTS=$(mktemp -d /tmp/tare-bench.XXXXXX)
CONTENT=$(mktemp -d /dev/shm/tare-bench.XXXXXX)
pids=()
cleanup() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait; rm -rf "$RESULTS" "$CONTENT"; }
trap cleanup EXIT

# Each upload is of content that neither registry has; round 0 warms up.
for ((i = 0; i <= rounds; i++)); do
  openssl enc -aes-128-ctr -pbkdf2 -pass "pass:$i$$" -nosalt </dev/zero 2>/dev/null | head -c "${megabytes}M" >"$CONTENT/$i" || true
  sha256sum "$CONTENT/$i" | cut -d' ' -f1 >"$CONTENT/$i.sha256"
done

await() { for ((i = 0; i < 100; i++)); do curl -sf -o /dev/null "$1/v2/" && return; sleep 0.1; done; fail "no registry answers at $1"; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

tare_url=http://127.0.0.1:$(free_port) names=(tare)
artifacts/tare/tare registry serve --addr "${tare_url#http://}" --root "$RESULTS/tare" 2>"$RESULTS/tare.log" &
pids+=($!)
await "$tare_url"
if command -v docker-registry >/dev/null; then
  docker_url=http://127.0.0.1:$(free_port) names+=(docker-registry)
  printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "%s"}\n' "$RESULTS/docker" "${docker_url#http://}" >"$RESULTS/docker.yml"
  docker-registry serve "$RESULTS/docker.yml" >"$RESULTS/docker.log" 2>&1 &
  pids+=($!)
  await "$docker_url"
fi

# next NAME: how often it was called before; functions run in subshells, so a file counts.
next() { local n; n=$(cat "$RESULTS/$1.count" 2>/dev/null || echo 0); echo $((n + 1)) >"$RESULTS/$1.count"; echo "$n"; }
begin() { curl -sf -X POST -D - -o /dev/null "$1/v2/bench/$2/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p'; }
# at LOCATION URL: the location may be a path or a whole URL; with or without a query.
at() { case $1 in http*) echo "$1" ;; *) echo "$2$1" ;; esac; }
put() { case $1 in *\?*) echo "$1&digest=sha256:$2" ;; *) echo "$1?digest=sha256:$2" ;; esac; }
upload_once() { local n location; n=$(next "$2"); location=$(at "$(begin "$1" once)" "$1"); curl -sf -o /dev/null -T "$CONTENT/$n" "$(put "$location" "$(cat "$CONTENT/$n.sha256")")"; }
upload_stream() {
  local n location
  n=$(next "$2"); location=$(at "$(begin "$1" stream)" "$1")
  location=$(curl -sf -X PATCH -H 'Transfer-Encoding: chunked' -H 'Content-Type: application/octet-stream' -T "$CONTENT/$n" -D - -o /dev/null "$location" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  curl -sf -o /dev/null -X PUT "$(put "$(at "$location" "$1")" "$(cat "$CONTENT/$n.sha256")")"
}
download() { curl -sf -o /dev/null "$1/v2/bench/once/blobs/sha256:$(cat "$CONTENT/0.sha256")"; }
download_eight() { local i; for i in 0 1 2 3 4 5 6 7; do download "$1" & done; wait; }

measure() {
  local title=$1 function=$2 factor=$3 pairs=() name
  for name in "${names[@]}"; do
    case $name in
      tare) eval "tare_$function() { $function '$tare_url' tare-$function; }"; pairs+=("tare-$function=tare_$function") ;;
      *) eval "docker_$function() { $function '$docker_url' docker-$function; }"; pairs+=("docker-registry-$function=docker_$function") ;;
    esac
  done
  interleave "$rounds" "${pairs[@]}"
  echo
  say "$title, $megabytes MB"
  table "${pairs[@]%%=*}"
  for name in "${pairs[@]%%=*}"; do
    printf '%-28s %9s MB/s\n' "$name" "$(awk -v mb="$((megabytes * factor))" -v ms="$(quantile "$name" 0.5)" 'BEGIN { printf "%.0f", mb * 1000 / ms }')"
  done
}

say "$(uname -r), $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg), $rounds rounds"
measure "upload, POST and PUT" upload_once 1
measure "upload, PATCH as a stream and PUT" upload_stream 1
measure "download" download 1
measure "eight downloads together" download_eight 8
echo
printf 'memory afterwards: tare %.1f MB' "$(awk "BEGIN { print $(memory_kb Rss "${pids[0]}") / 1024 }")"
[ "${#pids[@]}" -lt 2 ] || printf ', docker-registry %.1f MB' "$(awk "BEGIN { print $(memory_kb Rss "${pids[1]}") / 1024 }")"
echo
