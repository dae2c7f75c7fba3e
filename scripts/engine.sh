# Sourced by run.sh and bench.sh: a private engine with all its state in one directory, beside whatever else runs on the machine.
# Needs common.sh. start_engine DIRECTORY sets TARE_HOST; stop_engine DIRECTORY ends it.

# What lasts only as long as the machine runs is below /run, as it is for an installed engine.
socket_directory() { echo "/run/tare-$(printf %s "$1" | sha256sum | cut -c1-12)"; }

engine_running() {
  local pid
  pid=$(cat "$1/tared.pid" 2>/dev/null) && [ -n "$pid" ] && [ "$(readlink "/proc/$pid/exe" 2>/dev/null | sed 's/ (deleted)$//')" = "$ROOT/artifacts/tare/tared" ]
}

start_engine() {
  local directory=$1 sockets pid
  sockets=$(socket_directory "$directory")
  mkdir -p "$directory" "$sockets"
  export TARE_HOST=unix://$sockets/tare.sock
  engine_running "$directory" && return
  rm -f "$sockets/tare.sock"
  setsid "$ROOT/artifacts/tare/tared" --data-root "$directory/data" --exec-root "$sockets/exec" --host "$TARE_HOST" \
    --pidfile "$directory/tared.pid" </dev/null >>"$directory/tared.log" 2>&1 &
  pid=$!
  for _ in $(seq 400); do
    [ -S "$sockets/tare.sock" ] && engine_running "$directory" && return
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.025
  done
  tail -5 "$directory/tared.log"
  fail "tared did not start, see $directory/tared.log"
}

stop_engine() {
  local directory=$1 sockets containers pid keeper
  sockets=$(socket_directory "$directory")
  export TARE_HOST=unix://$sockets/tare.sock
  if engine_running "$directory"; then
    containers=$("$ROOT/artifacts/tare/tare" ps -aq)
    # shellcheck disable=SC2086  # one argument per container
    [ -z "$containers" ] || "$ROOT/artifacts/tare/tare" rm -f -v $containers >/dev/null
    pid=$(cat "$directory/tared.pid")
    kill "$pid"
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
  fi
  # The keeper outlives the engine on purpose; the one of this directory has nothing left to keep.
  for keeper in $(pgrep -f -- "$sockets/exec" || true); do
    [ "$(readlink "/proc/$keeper/exe")" = "$ROOT/artifacts/tare/tare-keeper" ] && kill "$keeper"
  done
  rm -rf "$sockets"
}
