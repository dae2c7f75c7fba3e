#!/bin/bash
# Measures images: pull and unpack, push, load, save, beside podman and skopeo, against Debian's docker-registry on loopback; and the memory of a pull of
# one large layer. Usage: bench/images.sh [ROUNDS]     5 rounds by default; all variants take turns within a round. TARE_BENCH_LAYER_MB sets the large layer.
set -euo pipefail
. "$(dirname "$0")/../scripts/common.sh"
. "$ROOT/scripts/engine.sh"
. "$ROOT/bench/measure.sh"
cd "$ROOT"

rounds=${1:-5}
large=${TARE_BENCH_LAYER_MB:-1024}
state=$ROOT/artifacts/bench-images
tare=$ROOT/artifacts/tare/tare
[ "$(id -u)" = 0 ] || fail "containers need root"
need_packages "measuring images" docker-registry skopeo podman curl
[ -x "$tare" ] || ./build.sh
images/postgres.sh
RESULTS=$(mktemp -d /tmp/tare-bench.XXXXXX)
registry_pid=
cleanup() {
  [ -z "$registry_pid" ] || kill "$registry_pid"
  stop_engine "$state"
  rm -rf "$RESULTS" "$state"
}
trap cleanup EXIT

# ---- a registry, and the images -----------------------------------------------------------------------------------------
port=$((20000 + RANDOM % 20000))
registry=127.0.0.1:$port
printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s/registry}, delete: {enabled: true}}\nhttp: {addr: "%s"}\n' \
  "$RESULTS" "$registry" > "$RESULTS/registry.yml"
docker-registry serve "$RESULTS/registry.yml" >"$RESULTS/registry.log" 2>&1 &
registry_pid=$!
for _ in $(seq 100); do curl -fs "http://$registry/v2/" >/dev/null 2>&1 && break; sleep 0.1; done
start_engine "$state"

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
say "making images"
layers_image
skopeo copy -q --dest-tls-verify=false "oci:$RESULTS/layers" "docker://$registry/layers:1"
skopeo copy -q --dest-tls-verify=false docker-archive:artifacts/images/postgres.tar "docker://$registry/postgres:1"
say "$(uname -r), $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg), $rounds rounds"

# task NAME: a small script from standard input, which a variant runs; its first lines make the names of this run known.
task() {
  { printf 'set -e\ntare=%q registry=%q results=%q\npodman() { command podman --root "$results/podman" --runroot "$results/podman-run" "$@"; }\n' "$tare" "$registry" "$RESULTS"; cat; } > "$RESULTS/$1.sh"
  variant "$1" bash "$RESULTS/$1.sh" '{}'
}
compile_timer

# ---- pull and unpack ------------------------------------------------------------------------------------------------------
for image in postgres layers; do
  task tare-pull <<EOT
\$tare rmi -f "\$registry/$image:1" >/dev/null 2>&1 || true
\$tare image prune -f >/dev/null
\$tare pull -q "\$registry/$image:1"
EOT
  task podman-pull <<EOT
podman rmi -f "\$registry/$image:1" >/dev/null 2>&1 || true
podman pull -q --tls-verify=false "\$registry/$image:1"
EOT
  task skopeo-download <<EOT
rm -rf "\$results/copy"
skopeo copy -q --src-tls-verify=false "docker://\$registry/$image:1" "dir:\$results/copy"
EOT
  compare "$rounds" "pull and unpack $image (skopeo downloads only); removing the image before is part of each"
done

# ---- push -------------------------------------------------------------------------------------------------------------------
"$tare" pull -q "$registry/postgres:1" >/dev/null
task tare-push <<'EOT'
$tare tag "$registry/postgres:1" "$registry/tare$1:1"
$tare push -q "$registry/tare$1:1"
EOT
task podman-push <<'EOT'
podman push -q --tls-verify=false "$registry/postgres:1" "$registry/podman$1:1"
EOT
compare "$rounds" "push of postgres to a new repository (mounted there where the client asks the registry for it)"

# ---- load and save ------------------------------------------------------------------------------------------------------------
task tare-load <<EOT
\$tare images -q | sort -u | xargs -r \$tare rmi -f >/dev/null
\$tare load -q -i artifacts/images/postgres.tar
EOT
task podman-load <<EOT
podman rmi -af >/dev/null
podman load -q -i artifacts/images/postgres.tar
EOT
compare "$rounds" "load of postgres from an archive; removing all images before is part of each"
"$tare" pull -q "$registry/layers:1" >/dev/null
podman --root "$RESULTS/podman" --runroot "$RESULTS/podman-run" pull -q --tls-verify=false "$registry/layers:1" >/dev/null
task tare-save <<'EOT'
$tare save -o "$results/t.tar" "$registry/layers:1"
EOT
task podman-save <<'EOT'
rm -f "$results/p.tar"
podman save -q -o "$results/p.tar" "$registry/layers:1"
EOT
compare "$rounds" "save of layers to an archive"

# ---- memory of one large layer ------------------------------------------------------------------------------------------------
say "memory of a pull of one layer of $large MB"
mkdir -p "$RESULTS/large"
head -c "${large}M" /dev/urandom > "$RESULTS/large/f"
tar -C "$RESULTS/large" -c f | "$tare" import - "$registry/large:1" >/dev/null
rm -rf "$RESULTS/large"
"$tare" push -q "$registry/large:1" >/dev/null
"$tare" rmi -f "$registry/large:1" >/dev/null
"$tare" image prune -f >/dev/null
pid=$(cat "$state/tared.pid")
before=$(memory_kb Rss "$pid")
"$tare" pull -q "$registry/large:1" >/dev/null &
pull=$!
peak=0
while kill -0 "$pull" 2>/dev/null; do
  now=$(memory_kb Rss "$pid")
  [ "$now" -gt "$peak" ] && peak=$now
  sleep 0.1
done
wait "$pull"
printf 'tared resident: %d MB before, %d MB at most while pulling\n' $((before / 1024)) $((peak / 1024))
