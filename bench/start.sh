# Sourced by bench.sh: what a program costs before it does anything.
bench_start() {
  variant tare-version "$tare" --version
  variant tare-runtime-version "$bin/tare-runtime" --version
  variant true /bin/true
  if command -v docker >/dev/null; then variant docker-version docker --version; fi
  if command -v crun >/dev/null; then variant crun-version crun --version; fi
  compare "$rounds" "programs that do nothing, from exec to end"
}
