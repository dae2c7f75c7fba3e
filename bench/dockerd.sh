# Sourced by bench scripts: a private dockerd of the distribution to compare with. Needs common.sh and RESULTS.
# start_docker DIRECTORY [bridge] sets docker_pid, which stays empty where that is not possible; its socket is RESULTS/docker.sock. With "bridge" it has its
# usual network and firewall, in a network namespace of its own that is as empty as a fresh machine's; without, no networks at all.
docker_pid= docker_run=

start_docker() {
  local directory=$1 apart=() network=(--bridge none --iptables=false --ip6tables=false)
  command -v dockerd >/dev/null && command -v docker >/dev/null || { say "no dockerd here: measured without it"; return; }
  if [ "${2:-}" = bridge ]; then apart=(unshare -n) network=(); fi
  docker_run=$(mktemp -d /run/tare-bench-docker.XXXXXX)
  "${apart[@]}" dockerd --data-root "$directory/docker" --exec-root "$docker_run" --pidfile "$RESULTS/docker.pid" \
    -H "unix://$RESULTS/docker.sock" "${network[@]}" --insecure-registry 127.0.0.0/8 </dev/null >"$RESULTS/docker.log" 2>&1 &
  docker_pid=$!
  for _ in $(seq 150); do docker -H "unix://$RESULTS/docker.sock" version >/dev/null 2>&1 && return; sleep 0.1; done
  tail -3 "$RESULTS/docker.log"
  say "dockerd does not start here: measured without it"
  stop_docker
}

stop_docker() {
  [ -n "$docker_pid" ] || return 0
  kill "$docker_pid" 2>/dev/null || true
  wait "$docker_pid" || true
  rm -rf "$docker_run"
  docker_pid=
}
