# Sourced by bench.sh: what stays in memory, alone and with containers.
engine_pids() { echo "$(cat "$state/tared.pid")"; pgrep -f -- "$(socket_directory "$state")/exec" | grep -vx "$(cat "$state/tared.pid")" || true; }

idle_containers() { for ((i = 0; i < $1; i++)); do "$tare" run -d busybox sleep 1000 >/dev/null; done; sleep 1; }

bench_memory() {
  local idle idle_pss few many peer pid
  say "memory"
  # shellcheck disable=SC2046  # one argument per process
  idle=$(memory_kb Rss $(engine_pids)) idle_pss=$(memory_kb Pss $(engine_pids))
  # What one more container costs: the growth from 60 containers to 100. The first ones also make the engine's heap what it then stays.
  idle_containers 60
  # shellcheck disable=SC2046
  few=$(memory_kb Rss $(engine_pids))
  idle_containers 40
  # shellcheck disable=SC2046
  many=$(memory_kb Rss $(engine_pids))
  printf 'tared and keeper, idle: %.1f MB RSS, %.1f MB PSS; with 100 containers: %.1f MB RSS\n' \
    "$(awk "BEGIN { print $idle / 1024 }")" "$(awk "BEGIN { print $idle_pss / 1024 }")" "$(awk "BEGIN { print $many / 1024 }")"
  printf 'per additional idle container, beside its own processes: %.3f MB\n' "$(awk "BEGIN { print ($many - $few) / 1024 / 40 }")"
  for peer in dockerd containerd; do
    pid=$(pgrep -x "$peer" | head -1 || true)
    [ -z "$pid" ] || printf '%s: %.1f MB RSS\n' "$peer" "$(awk "BEGIN { print $(memory_kb Rss "$pid") / 1024 }")"
  done
}
