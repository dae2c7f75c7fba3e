#!/bin/bash
# Measures images: pull and unpack, push, load, save, beside docker, podman and skopeo, against Debian's docker-registry on loopback; and the memory of a
# pull of one large layer. Usage: bench/images.sh [ROUNDS [PART…]]     5 rounds by default; all variants take turns within a round. Parts are the names
# that measure_verb gets below, and "memory"; all by default.
# All stores are on one ext4 with a journal, as servers have it, made for this in a file: without a journal ext4 looks for an inode for milliseconds when many
# were removed in the last minute. TARE_BENCH_LAYER_MB sets the large layer.
set -euo pipefail
. "$(dirname "$0")/../scripts/common.sh"
. "$ROOT/scripts/engine.sh"
. "$ROOT/bench/measure.sh"
. "$ROOT/bench/rounds.sh"
. "$ROOT/bench/dockerd.sh"
cd "$ROOT"

rounds=${1:-5}
parts=("${@:2}")
large=${TARE_BENCH_LAYER_MB:-1024}
tare=$ROOT/artifacts/tare/tare
[ "$(id -u)" = 0 ] || fail "containers need root"
need_packages "measuring images" docker-registry skopeo podman curl e2fsprogs
[ -x "$tare" ] || ./build.sh
images/postgres.sh
RESULTS=$(mktemp -d /tmp/tare-bench.XXXXXX)
# Always the same directory, so that engines of several runs share the bridge that each leaves for the next.
disk=$ROOT/artifacts/bench-images state=$ROOT/artifacts/bench-images/tare
registry_pid=
cleanup() {
  [ -z "$registry_pid" ] || kill "$registry_pid"
  stop_docker
  stop_engine "$state"
  umount -R "$disk/podman/overlay" 2>/dev/null || true
  umount "$disk" || umount -l "$disk"
  rm -rf "$RESULTS" "$disk" "$ROOT/artifacts/bench-disk"
}
mkdir -p "$disk"
truncate -s 60G "$ROOT/artifacts/bench-disk"
mkfs.ext4 -q "$ROOT/artifacts/bench-disk"
mount -o loop "$ROOT/artifacts/bench-disk" "$disk"
trap cleanup EXIT

# ---- a registry, and the images -----------------------------------------------------------------------------------------
port=$((20000 + RANDOM % 20000))
registry=127.0.0.1:$port
printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s/registry}, delete: {enabled: true}}\nhttp: {addr: "%s"}\n' \
  "$disk" "$registry" > "$RESULTS/registry.yml"
docker-registry serve "$RESULTS/registry.yml" >"$RESULTS/registry.log" 2>&1 &
registry_pid=$!
for _ in $(seq 100); do curl -fs "http://$registry/v2/" >/dev/null 2>&1 && break; sleep 0.1; done
start_engine "$state"
start_docker "$disk"

# An image of 60 small layers: an OCI layout with one directory each, made by hand.
layers_image() {
  local out=$RESULTS/layers i diffs=() list=() digest diff size
  mkdir -p "$out/blobs/sha256"
  for i in $(seq 60); do
    mkdir -p "$RESULTS/tree/d$i"
    head -c 200000 /dev/urandom > "$RESULTS/tree/d$i/f"
    tar -C "$RESULTS/tree" --owner=0 --group=0 -cf "$RESULTS/layer.tar" "d$i"
    diff=$(sha256sum < "$RESULTS/layer.tar" | cut -d' ' -f1)
    gzip -1 -n < "$RESULTS/layer.tar" > "$RESULTS/layer.gz"
    digest=$(sha256sum < "$RESULTS/layer.gz" | cut -d' ' -f1); size=$(stat -c %s "$RESULTS/layer.gz")
    mv "$RESULTS/layer.gz" "$out/blobs/sha256/$digest"
    diffs+=("\"sha256:$diff\"")
    list+=("{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"sha256:$digest\",\"size\":$size}")
  done
  blob() { local d; d=$(sha256sum < "$1" | cut -d' ' -f1); cp "$1" "$out/blobs/sha256/$d"; echo "{\"mediaType\":\"$2\",\"digest\":\"sha256:$d\",\"size\":$(stat -c %s "$1")}"; }
  printf '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[%s]}}' "$(IFS=,; echo "${diffs[*]}")" > "$RESULTS/config"
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":%s,"layers":[%s]}' \
    "$(blob "$RESULTS/config" application/vnd.oci.image.config.v1+json)" "$(IFS=,; echo "${list[*]}")" > "$RESULTS/manifest"
  printf '{"schemaVersion":2,"manifests":[%s]}' "$(blob "$RESULTS/manifest" application/vnd.oci.image.manifest.v1+json)" > "$out/index.json"
  printf '{"imageLayoutVersion":"1.0.0"}' > "$out/oci-layout"
}
chosen() { [ ${#parts[@]} = 0 ] || [[ " ${parts[*]} " == *" $1 "* ]]; }
# An image of 200 MB in one layer: PostgreSQL and libraries and programs of this machine, which compress as those of images do.
image_200() {
  local tree=$RESULTS/tree200 files file kb
  mkdir -p "$tree/usr/lib"
  tar -xOf artifacts/images/postgres.tar --wildcards '*/layer.tar' | tar -xf - -C "$tree"
  kb=$(du -sk "$tree" | cut -f1)
  mapfile -d '' files < <(find /usr/lib -xdev -type f -size -20M -print0 | sort -z)
  for file in "${files[@]}"; do
    [ "$kb" -lt $((200 * 1024)) ] || break
    cp --parents "$file" "$tree"
    kb=$((kb + ($(stat -c %s "$file") + 1023) / 1024))
  done
  tar -C "$tree" --owner=0 --group=0 -c . | "$tare" import - "$registry/large200:1" >/dev/null
  "$tare" push -q "$registry/large200:1" >/dev/null
  "$tare" rmi -f "$registry/large200:1" >/dev/null
  rm -rf "$tree"
}
say "making images"
layers_image
! chosen pull_200 || image_200
skopeo copy -q --dest-tls-verify=false "oci:$RESULTS/layers" "docker://$registry/layers:1"
skopeo copy -q --dest-tls-verify=false docker-archive:artifacts/images/postgres.tar "docker://$registry/postgres:1"
say "$(uname -r), $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg), $rounds rounds"


tared_pid=$(cat "$state/tared.pid")
podman() { command podman --root "$disk/podman" --runroot "$RESULTS/podman-run" "$@"; }
docker() { command docker -H "unix://$RESULTS/docker.sock" "$@"; }
engines=(tare podman)
[ -z "$docker_pid" ] || engines+=(docker)

# on ENGINE COMMAND…: the same command for each engine; all know pull, push, load, save, tag, rmi and images.
on() {
  local engine=$1 verb=$2
  shift 2
  case $engine:$verb in
    tare:*) "$tare" "$verb" "$@" ;;
    podman:pull | podman:push) podman "$verb" -q --tls-verify=false "$@" ;;
    podman:load | podman:save) podman "$verb" -q "$@" ;;
    podman:*) podman "$verb" "$@" ;;
    docker:*) docker "$verb" "$@" ;;
  esac
}
empty() { local all; all=$(on "$1" images -q | sort -u); [ -z "$all" ] || on "$1" rmi -f $all; [ "$1" != tare ] || "$tare" image prune -f; sync -f "$disk"; }

# measure_verb TITLE VERB: functions VERB, before_VERB and after_VERB, which get the engine and the round's number, become the variants ENGINE-VERB.
measure_verb() {
  local title=$1 verb=$2 engine part names=()
  chosen "$verb" || return 0
  for engine in "${engines[@]}"; do
    names+=("$engine-$verb")
    for part in before_ '' after_; do
      [ "$(type -t "$part$verb")" = function ] || continue
      eval "$part$engine-$verb() { $part$verb $engine \"\$1\"; }"
    done
    case $engine in tare) SERVER[$engine-$verb]=$tared_pid ;; docker) SERVER[$engine-$verb]=$docker_pid ;; esac
  done
  take_turns "$rounds" "$title" "${names[@]}"
  printf 'tared resident by now: %d MB\n\n' $(($(memory_kb Rss "$tared_pid") / 1024))
}

# ---- pull and unpack ------------------------------------------------------------------------------------------------------
pull_large() { on "$1" pull "$registry/postgres:1"; }
before_pull_large() { empty "$1"; }
measure_verb "pull and unpack of one layer of 120 MB; images that were there are removed before" pull_large
pull_200() { on "$1" pull "$registry/large200:1"; }
before_pull_200() { empty "$1"; }
measure_verb "pull and unpack of one layer of 200 MB" pull_200
pull_cold() { on "$1" pull "$registry/postgres:1"; }
before_pull_cold() { empty "$1"; echo 3 > /proc/sys/vm/drop_caches; }
measure_verb "the same with nothing in the page cache" pull_cold
pull_many() { on "$1" pull "$registry/layers:1"; }
before_pull_many() { empty "$1"; }
measure_verb "pull and unpack of 60 layers of 0.2 MB" pull_many

# ---- push -------------------------------------------------------------------------------------------------------------------
for engine in "${engines[@]}"; do on "$engine" pull "$registry/postgres:1" >/dev/null; done
push_known() { on "$1" push "$registry/$1$2:1"; }
before_push_known() { on "$1" tag "$registry/postgres:1" "$registry/$1$2:1"; }
measure_verb "push of a pulled image to another repository (clients may have the registry mount the layer)" push_known
# A layer that neither the engine nor a registry has seen: it must be compressed and sent.
push_new() { on "$1" push "$registry/$1-new:$2"; }
before_push_new() {
  mkdir "$RESULTS/new"
  tar -xf artifacts/images/postgres.tar -C "$RESULTS/new"
  echo "$2" > "$RESULTS/new/number"
  tar -C "$RESULTS/new" -c . | on "$1" import - "$registry/$1-new:$2"
  rm -rf "$RESULTS/new"
}
measure_verb "push of an imported layer of 120 MB: compressed and sent" push_new

# ---- load and save ------------------------------------------------------------------------------------------------------------
load() { on "$1" load -i artifacts/images/postgres.tar; }
before_load() { empty "$1"; }
measure_verb "load of an archive with one layer of 120 MB" load
save() { on "$1" save -o "$RESULTS/saved-$1" "$registry/postgres:1"; }
before_save() { on "$1" pull "$registry/postgres:1"; rm -f "$RESULTS/saved-$1"; sync -f "$disk"; }
measure_verb "save of an image with one layer of 120 MB" save
save_many() { on "$1" save -o "$RESULTS/saved-$1" "$registry/layers:1"; }
before_save_many() { on "$1" pull "$registry/layers:1"; rm -f "$RESULTS/saved-$1"; sync -f "$disk"; }
measure_verb "save of an image with 60 layers" save_many

# ---- memory of one large layer ------------------------------------------------------------------------------------------------
chosen memory || exit 0
say "memory of a push and a pull of one layer of $large MB"
# peak_of VERB: the most that the engine has resident while it pushes or pulls the large image.
peak_of() {
  local before peak=0 now running
  before=$(memory_kb Rss "$tared_pid")
  "$tare" "$1" -q "$registry/large:1" >/dev/null &
  running=$!
  while kill -0 "$running" 2>/dev/null; do
    now=$(memory_kb Rss "$tared_pid")
    [ "$now" -gt "$peak" ] && peak=$now
    sleep 0.1
  done
  wait "$running"
  printf 'tared resident: %d MB before, %d MB at most during the %s\n' $((before / 1024)) $((peak / 1024)) "$1"
}
mkdir -p "$RESULTS/large"
head -c "${large}M" /dev/urandom > "$RESULTS/large/f"
tar -C "$RESULTS/large" -c f | "$tare" import - "$registry/large:1" >/dev/null
rm -rf "$RESULTS/large"
peak_of push
"$tare" rmi -f "$registry/large:1" >/dev/null
"$tare" image prune -f >/dev/null
peak_of pull
