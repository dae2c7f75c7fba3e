# Sourced by bench scripts: a private dockerd of the distribution to compare with, without networks. Needs common.sh and RESULTS.
# start_docker DIRECTORY sets docker_pid, which stays empty where that is not possible; its socket is RESULTS/docker.sock.
docker_pid=

start_docker() {
  local directory=$1
  command -v dockerd >/dev/null && command -v docker >/dev/null || { say "no dockerd here: measured without it"; return; }
  dockerd --data-root "$directory/docker" --exec-root "$RESULTS/docker-exec" --pidfile "$RESULTS/docker.pid" -H "unix://$RESULTS/docker.sock" \
    --bridge none --iptables=false --ip6tables=false --insecure-registry 127.0.0.0/8 </dev/null >"$RESULTS/docker.log" 2>&1 &
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
  docker_pid=
}
