# Sourced by the benches whose steps take tenths of seconds and more: each variant is a shell function, all take turns within a round, and beside the time
# the processor time is counted, which says more on a busy machine. Needs common.sh, measure.sh (quantile) and RESULTS.

# Processes that work for a variant beside its own children: SERVER[name]="PID…", set by the caller.
declare -A SERVER=()

# Milliseconds of processor time that processes and their ended children have used.
cpu_ms() { local pid; for pid in "$@"; do cat "/proc/$pid/stat"; done | awk '{ s += $14 + $15 + $16 + $17 } END { print s * 10 }'; }
# CHILDREN becomes that of this shell's ended children; not by substitution, as a subshell has times of its own.
children_ms() { times >"$RESULTS/times"; CHILDREN=$(awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); s += t[1] * 60000 + t[2] * 1000 } print int(s) }' "$RESULTS/times"); }

# take_turns ROUNDS TITLE NAME…: a variant is the function NAME, called with a number that is new in each round; before_NAME and after_NAME, where they
# exist, are not measured. One warm-up round is thrown away; a variant that fails is left out.
take_turns() {
  local rounds=$1 title=$2 name round start took before server number
  shift 2
  say "$title"
  for name in "$@"; do rm -f "$RESULTS/$name" "$RESULTS/$name".{cpu,server,broken}; done
  for ((round = 0; round <= rounds; round++)); do
    for name in "$@"; do
      [ ! -f "$RESULTS/$name.broken" ] || continue
      number=$((++NUMBER))
      if [ "$(type -t "before_$name")" = function ]; then "before_$name" "$number" >/dev/null 2>&1; fi
      children_ms
      before=$CHILDREN server=$(cpu_ms ${SERVER[$name]:-})
      start=${EPOCHREALTIME/./}
      if ! "$name" "$number" >/dev/null 2>"$RESULTS/$name.stderr"; then
        mv "$RESULTS/$name.stderr" "$RESULTS/$name.broken"
        say "$name does not work here, left out: $(head -1 "$RESULTS/$name.broken")"
        continue
      fi
      took=$((${EPOCHREALTIME/./} - start))
      if [ "$round" -gt 0 ]; then
        echo "$took" >>"$RESULTS/$name"
        children_ms
        server=$(($(cpu_ms ${SERVER[$name]:-}) - server))
        echo $((server * 1000)) >>"$RESULTS/$name.server"
        echo $(((server + CHILDREN - before) * 1000)) >>"$RESULTS/$name.cpu"
      fi
      if [ "$(type -t "after_$name")" = function ]; then "after_$name" "$number" >/dev/null 2>&1; fi
    done
  done
  turns_table "$@"
  echo
}
NUMBER=0

# turns_table BASE NAME…: least and median time, their ratios to BASE's, and processor time of everybody and of the servers alone.
turns_table() {
  local base=$1 name
  printf '%-28s %9s %9s %9s %9s %9s %9s\n' '' 'min ms' 'median' '/ min' '/ median' 'cpu ms' server
  for name in "$@"; do
    [ -s "$RESULTS/$name" ] && [ ! -f "$RESULTS/$name.broken" ] || continue
    printf '%-28s %9.0f %9.0f %9s %9s %9.0f %9.0f\n' "$name" "$(quantile "$name" 0)" "$(quantile "$name" 0.5)" \
      "$(ratio "$name" "$base" 0)" "$(ratio "$name" "$base" 0.5)" "$(quantile "$name.cpu" 0.5)" "$(quantile "$name.server" 0.5)"
  done
}
ratio() { awk -v a="$(quantile "$1" "$3")" -v b="$(quantile "$2" "$3")" 'BEGIN { if (b > 0) printf "%.2f", a / b }'; }
