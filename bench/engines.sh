# Sourced by bench.sh: run, exec, stop and ps from the command line to its end, with tare, with the stock docker command line on tared, and with the engines
# of the distribution where these work. dockerd and podman have a network namespace of their own each, with nothing else in it.
PODMAN=() podman_holder=

# What a container that ends as soon as it is asked to does.
WELL_BEHAVED='trap "exit 0" TERM; sleep 1000 & wait'

# words ENGINE: COMMAND becomes what calls it; all know docker's verbs.
words() {
  case $1 in
    tare) COMMAND=("$tare") ;;
    docker-on-tare) COMMAND=(docker -H "$TARE_HOST") ;;
    docker) COMMAND=(docker -H "unix://$RESULTS/docker.sock") ;;
    podman) COMMAND=("${PODMAN[@]}") ;;
  esac
}

# Where nobody may raise a limit, podman's containers cannot have the limits that it gives them by default; where crun refuses the cgroups, runc runs them.
start_podman() {
  command -v podman >/dev/null || { say "no podman here: measured without it"; return; }
  unshare -n sleep 86400 &
  podman_holder=$!
  printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n' > "$RESULTS/containers.conf"
  local runtime
  for runtime in crun runc; do
    PODMAN=(nsenter -t "$podman_holder" -n env "CONTAINERS_CONF=$RESULTS/containers.conf"
      podman --root "$1/podman" --runroot "$RESULTS/podman-run" --runtime "$runtime")
    "${PODMAN[@]}" load -q -i artifacts/images/busybox.tar >/dev/null 2>&1
    if "${PODMAN[@]}" run --rm busybox true >/dev/null 2>"$RESULTS/podman-try"; then engines+=(podman); return; fi
  done
  say "podman does not work here: measured without it: $(tail -1 "$RESULTS/podman-try")"
}

stop_peers() {
  local engine
  for engine in "${engines[@]}"; do
    words "$engine"
    "${COMMAND[@]}" ps -aq 2>/dev/null | xargs -r "${COMMAND[@]}" rm -f >/dev/null 2>&1 || true
  done
  stop_docker
  [ -z "$podman_holder" ] || kill "$podman_holder"
  umount "$state/podman/overlay" 2>/dev/null || true
}

# measure TITLE BUDGET COMMAND…: "ENGINE" stands for the words that call an engine, "ITS-OWN" for its name; the budget is a fraction of docker's time.
measure() {
  local title=$1 budget=$2 engine word part
  shift 2
  for engine in "${engines[@]}"; do
    words "$engine"
    part=()
    for word in "$@"; do
      case $word in ENGINE) part+=("${COMMAND[@]}") ;; *) part+=("${word//ITS-OWN/$engine}") ;; esac
    done
    variant "$engine" "${part[@]}"
  done
  compare "$rounds" "$title"
  for engine in tare docker-on-tare; do
    [ -s "$RESULTS/docker" ] && [ -s "$RESULTS/$engine" ] || continue
    awk -v e="$engine" -v b="$budget" -v ours="$(quantile "$engine" 0.5)" -v theirs="$(quantile docker 0.5)" \
      'BEGIN { printf "  %s: 1/%.1f of docker (budget of tare 1/%s)\n", e, theirs / ours, b }'
  done
  echo
}

bench_engines() {
  engines=(tare)
  unset DOCKER_HOST
  trap stop_peers EXIT
  if command -v docker >/dev/null; then engines+=(docker-on-tare); fi
  start_docker "$state" bridge
  if [ -n "$docker_pid" ]; then
    docker -H "unix://$RESULTS/docker.sock" load -q -i artifacts/images/busybox.tar >/dev/null
    engines+=(docker)
  fi
  start_podman "$state"

  measure "run --rm IMAGE true" 15 ENGINE run --rm busybox true
  variant tare "$tare" run --rm --network none busybox true
  compare "$rounds" "the same without a network"

  local engine i
  for engine in "${engines[@]}"; do
    words "$engine"
    "${COMMAND[@]}" run -d --name "idle-$engine" busybox sleep 100000 >/dev/null
  done
  measure "exec CONTAINER true" 8 ENGINE exec idle-ITS-OWN true
  measure "stop of a container that ends on SIGTERM" 5 \
    untimed ENGINE run -d --name stop-ITS-OWN busybox sh -c "$WELL_BEHAVED" ";" ENGINE stop stop-ITS-OWN ";" untimed ENGINE rm stop-ITS-OWN

  # All engines get 500 containers; the two that call tared have the same ones.
  for engine in "${engines[@]}"; do
    [ "$engine" != docker-on-tare ] || continue
    words "$engine"
    for ((i = 0; i < 499; i++)); do "${COMMAND[@]}" create busybox true; done >/dev/null
  done
  measure "ps -a with 500 containers" 3 ENGINE ps -a
}
