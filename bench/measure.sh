# Sourced by bench.sh: interleaved timing, medians and ratios. Needs common.sh.

# time_us COMMAND…: microseconds of one run; the command's output is dropped. A failing command ends the measurement.
time_us() {
  local start=$EPOCHREALTIME
  "$@" >/dev/null 2>"$RESULTS/stderr" </dev/null || { echo "command failed: $*" >&2; head -5 "$RESULTS/stderr" >&2; return 1; }
  local end=$EPOCHREALTIME
  echo $((${end/[.,]/} - ${start/[.,]/}))
}

# interleave ROUNDS NAME=FUNCTION…: runs each function once per round, in turn, and appends the times to $RESULTS/NAME. One warm-up round is thrown away.
interleave() {
  local rounds=$1 round pair name time
  shift
  for pair in "$@"; do : > "$RESULTS/${pair%%=*}"; done
  for ((round = 0; round <= rounds; round++)); do
    for pair in "$@"; do
      name=${pair%%=*}
      [ -f "$RESULTS/$name.broken" ] && continue
      time=$(time_us "${pair#*=}") || { touch "$RESULTS/$name.broken"; say "$name does not work here, left out"; continue; }
      [ "$round" -eq 0 ] || echo "$time" >> "$RESULTS/$name"
    done
  done
}

# quantile NAME FRACTION: in milliseconds.
quantile() {
  sort -n "$RESULTS/$1" | awk -v q="$2" '{ v[NR] = $1 } END { if (NR) { i = int(q * (NR - 1) + 1.5); printf "%.2f", v[i] / 1000 } }'
}

# table BASE NAME…: minimum, median, 90th percentile and the ratio of the medians to BASE's.
table() {
  local base=$1 name median base_median
  base_median=$(quantile "$base" 0.5)
  printf '%-28s %9s %9s %9s %9s\n' '' 'min ms' 'median' 'p90' "/ $base"
  for name in "$@"; do
    [ -s "$RESULTS/$name" ] && [ ! -f "$RESULTS/$name.broken" ] || continue
    median=$(quantile "$name" 0.5)
    printf '%-28s %9s %9s %9s %9s\n' "$name" "$(quantile "$name" 0)" "$median" "$(quantile "$name" 0.9)" \
      "$(awk -v a="$median" -v b="$base_median" 'BEGIN { if (b > 0) printf "%.2f", a / b }')"
  done
}

# memory_kb FIELD PID…: sum over processes of Rss or Pss.
memory_kb() {
  local field=$1
  shift
  local pid
  for pid in "$@"; do cat "/proc/$pid/smaps_rollup" 2>/dev/null || true; done | awk -v f="$field:" '$1 == f { s += $2 } END { print s + 0 }'
}
