# Sourced by bench.sh: `run --rm IMAGE true` from the command line to its end, against other engines where they are installed and work.
bench_engines() {
  unset DOCKER_HOST
  variant tare-run "$tare" run --rm busybox true
  variant tare-run-no-network "$tare" run --rm --network none busybox true
  if command -v docker >/dev/null; then
    variant docker-client-on-tare docker -H "$TARE_HOST" run --rm busybox true
    if docker info >/dev/null 2>&1; then
      docker load -q -i artifacts/images/busybox.tar >/dev/null && docker tag busybox tare-bench/busybox
      variant docker-run docker run --rm tare-bench/busybox true
    fi
  fi
  if command -v podman >/dev/null; then
    podman load -q -i artifacts/images/busybox.tar >/dev/null && podman tag busybox tare-bench/busybox
    variant podman-run podman run --rm tare-bench/busybox true
  fi
  compare "$rounds" "run --rm IMAGE true, from the command line to its end"
}
