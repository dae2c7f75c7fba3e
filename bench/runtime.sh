# Sourced by bench.sh: tare-runtime beside crun and runc on one bundle, with 1, 100 and 500 containers of each that run already.

# crun refuses hybrid cgroups altogether: there the whole section, all its variants, runs where only the unified tree is mounted.
in_unified_tree() {
  [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ] && command -v crun >/dev/null
}

make_bundle() {
  mkdir -p "$1/rootfs"
  tar -xOf artifacts/images/busybox.tar --wildcards '*/layer.tar' | tar -x -C "$1/rootfs"
  (cd "$1" && "$bin/tare-runtime" spec)
  # Older peers refuse a newer version of the specification than they know.
  sed -i "s/\"terminal\": *true/\"terminal\":false/; s/\"args\": *\[\"sh\"\]/\"args\":[$2]/; s/\"ociVersion\": *\"[^\"]*\"/\"ociVersion\":\"1.0.2\"/" "$1/config.json"
}

# The peers of one table: name and command line.
runtimes() {
  echo "tare-runtime $bin/tare-runtime"
  if command -v crun >/dev/null; then
    echo "crun crun"
    echo "crun-without-cgroups crun --cgroup-manager=disabled"
  fi
  if command -v runc >/dev/null; then echo "runc runc"; fi
}

# keep NAME FROM TO COMMAND…: containers of that runtime that do nothing.
keep() {
  local name=$1 from=$2 to=$3 i
  shift 3
  for ((i = from; i <= to; i++)); do
    "$@" run -d --bundle "$idle" "bench-$name-$i" </dev/null >/dev/null 2>&1 || return 1
  done
}

# remove_all COUNT: what keep has made.
remove_all() {
  local name command i
  while read -r name command; do
    for ((i = 1; i <= $1; i++)); do
      # shellcheck disable=SC2086  # a command with its options
      $command delete --force "bench-$name-$i" >/dev/null 2>&1 || break
    done
  done < <(runtimes)
}

bench_runtime() {
  if [ -z "${BENCH_UNIFIED:-}" ] && in_unified_tree; then
    say "crun refuses hybrid cgroups: the runtimes take turns in a mount namespace that shows the unified tree alone"
    BENCH_UNIFIED=1 unshare --mount --propagation private bash -c \
      'umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && exec "$0" "$@"' "$ROOT/bench.sh" "$rounds" runtime
    return
  fi
  local once=$RESULTS/once idle=$RESULTS/idle there=0 count name command works=()
  make_bundle "$once" '"true"'
  make_bundle "$idle" '"sleep","100000"'
  trap 'remove_all 500; rm -rf "$RESULTS"' EXIT
  # The runtime takes the tare-init that lies beside it.
  mkdir -p "$RESULTS/ordinary"
  cp "$bin/tare-runtime" artifacts/fallback/tare-init "$RESULTS/ordinary/"
  variant freestanding-init "$bin/tare-runtime" run --bundle "$once" "bench-{}"
  variant ordinary-init "$RESULTS/ordinary/tare-runtime" run --bundle "$once" "bench-{}"
  compare "$rounds" "run of true with the two builds of tare-init"
  while read -r name command; do
    # shellcheck disable=SC2086
    if keep "$name" 1 1 $command; then works+=("$name $command"); else say "$name does not start containers here, left out"; fi
  done < <(runtimes)
  there=1
  for count in ${BENCH_CONTAINERS:-1 100 500}; do
    for command in "${works[@]}"; do
      # shellcheck disable=SC2086
      keep "${command%% *}" $((there + 1)) "$count" ${command#* } || fail "${command%% *} cannot have $count containers"
    done
    there=$count
    # shellcheck disable=SC2086
    {
      for command in "${works[@]}"; do variant "${command%% *}" ${command#* } run --bundle "$once" "bench-{}"; done
      compare "$rounds" "run of true, $count containers of each run already"
      for command in "${works[@]}"; do
        variant "${command%% *}" ${command#* } create --bundle "$once" "bench-{}" ";" ${command#* } start "bench-{}" ";" ${command#* } delete --force "bench-{}"
      done
      compare "$rounds" "create, start and delete, $count containers"
      for command in "${works[@]}"; do variant "${command%% *}" ${command#* } exec "bench-${command%% *}-1" true; done
      compare "$rounds" "exec of true, $count containers"
    }
  done
}
