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
  tr -d '\n' < "$1/config.json" | sed "s/\"terminal\": *true/\"terminal\":false/; s/\"args\": *\[ *\"sh\" *\]/\"args\":[$2]/; s/\"ociVersion\": *\"[^\"]*\"/\"ociVersion\":\"1.0.2\"/" > "$1/new"
  mv "$1/new" "$1/config.json"
  grep -qF "\"args\":[$2]" "$1/config.json" || fail "the bundle does not run $2"
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

# crun wants unlimited locked memory for its device filter, which kernels since 5.11 do not count; where nobody may raise that limit, it is told that it has.
let_crun_run() {
  command -v crun >/dev/null || return 0
  if crun run --bundle "$once" bench-try </dev/null >/dev/null 2>"$RESULTS/try" || ! grep -q MEMLOCK "$RESULTS/try"; then return; fi
  say "nobody may raise the limit of locked memory here: crun runs with a library that says it did"
  printf 'int setrlimit(int r, const void *l) { (void)r; (void)l; return 0; }\nint setrlimit64(int r, const void *l) { return setrlimit(r, l); }\n' > "$RESULTS/limit.c"
  gcc -O2 -shared -fPIC -o "$RESULTS/limit.so" "$RESULTS/limit.c"
  # tare-runtime is linked statically and runc calls the kernel itself: neither sees it.
  export LD_PRELOAD=$RESULTS/limit.so
}

# against_crun TITLE: what of the table before the budgets speak of.
against_crun() {
  local ours theirs
  if [ ! -s "$RESULTS/crun" ] || [ -f "$RESULTS/crun.broken" ]; then return; fi
  ours=$(quantile tare-runtime 0.5) theirs=$(quantile crun 0.5)
  printf '  %s: %s of crun in time, %s in peak memory (budgets 0.6 and 2)\n\n' "$1" "$(awk "BEGIN { printf \"%.2f\", $ours / $theirs }")" \
    "$(awk "BEGIN { printf \"%.2f\", $(sort -n "$RESULTS/tare-runtime.rss" | tail -1) / $(sort -n "$RESULTS/crun.rss" | tail -1) }")"
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
    # Their run-time files are in memory, as they are wherever /run is.
    BENCH_UNIFIED=1 unshare --mount --propagation private bash -c \
      'umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && mount -t tmpfs none /run && exec "$0" "$@"' "$ROOT/bench.sh" "$rounds" runtime
    return
  fi
  local once=$RESULTS/once idle=$RESULTS/idle there=0 count name command works=()
  make_bundle "$once" '"true"'
  make_bundle "$idle" '"sleep","100000"'
  trap 'remove_all 500; rm -rf "$RESULTS"' EXIT
  let_crun_run
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
      against_crun "run, $count containers"
      for command in "${works[@]}"; do
        variant "${command%% *}" ${command#* } create --bundle "$once" "bench-{}" ";" ${command#* } start "bench-{}" ";" ${command#* } delete --force "bench-{}"
      done
      compare "$rounds" "create, start and delete, $count containers"
      against_crun "create, start and delete, $count containers"
      for command in "${works[@]}"; do variant "${command%% *}" ${command#* } exec "bench-${command%% *}-1" true; done
      compare "$rounds" "exec of true, $count containers"
      against_crun "exec, $count containers"
    }
  done
}
