# Sourced by bench.sh: interleaved timing, medians and ratios. Needs common.sh and RESULTS, a directory for the numbers.

# A small program does the timing, so that no shell's fork is in the numbers.
compile_timer() {
  need_packages "timing" gcc libc6-dev
  gcc -O2 -static -o "$RESULTS/timer" "$ROOT/bench/timer.c"
}

NAMES=() VARIANTS=()

# variant NAME COMMAND…: one row of the next table; commands joined by ";" are timed together, but for those that begin with "untimed"; "{}" is a number
# that is new in each round.
variant() {
  NAMES+=("$1")
  VARIANTS+=("$@" --)
}

# compare ROUNDS TITLE: runs the variants in turn and prints the table, ratios against the first.
compare() {
  local rounds=$1 name
  say "$2"
  for name in "${NAMES[@]}"; do rm -f "$RESULTS/$name" "$RESULTS/$name.rss" "$RESULTS/$name.broken"; done
  "$RESULTS/timer" "$rounds" "$RESULTS" "${VARIANTS[@]}"
  for name in "${NAMES[@]}"; do
    [ ! -f "$RESULTS/$name.broken" ] || say "$name does not work here, left out: $(head -1 "$RESULTS/$name.broken")"
  done
  table "${NAMES[@]}"
  echo
  NAMES=() VARIANTS=()
}

# quantile NAME FRACTION: in milliseconds.
quantile() {
  sort -n "$RESULTS/$1" | awk -v q="$2" '{ v[NR] = $1 } END { if (NR) { i = int(q * (NR - 1) + 1.5); printf "%.2f", v[i] / 1000 } }'
}

# table BASE NAME…: minimum, median, 90th percentile, the ratio of the medians to BASE's, and the peak memory of the largest process.
table() {
  local base=$1 name median base_median=0
  [ -f "$RESULTS/$base.broken" ] || base_median=$(quantile "$base" 0.5)
  printf '%-28s %9s %9s %9s %9s %9s\n' '' 'min ms' 'median' 'p90' "/ first" 'peak MB'
  for name in "$@"; do
    [ -s "$RESULTS/$name" ] && [ ! -f "$RESULTS/$name.broken" ] || continue
    median=$(quantile "$name" 0.5)
    printf '%-28s %9s %9s %9s %9s %9s\n' "$name" "$(quantile "$name" 0)" "$median" "$(quantile "$name" 0.9)" \
      "$(awk -v a="$median" -v b="$base_median" 'BEGIN { if (b > 0) printf "%.2f", a / b }')" \
      "$(sort -n "$RESULTS/$name.rss" | tail -1 | awk '{ printf "%.1f", $1 / 1024 }')"
  done
}

# memory_kb FIELD PID…: sum over processes of Rss or Pss.
memory_kb() {
  local field=$1
  shift
  local pid
  for pid in "$@"; do cat "/proc/$pid/smaps_rollup" 2>/dev/null || true; done | awk -v f="$field:" '$1 == f { s += $2 } END { print s + 0 }'
}
