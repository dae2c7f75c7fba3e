#!/bin/bash
# Runs all tests: architecture, unit, kernel (real namespaces and cgroups) and end to end on the published binaries. Needs root.
# Usage: ./test.sh [PROJECT…]   PROJECT is Architecture, Unit, Kernel or EndToEnd; all by default.
# The last line is always "N passed, N failed, N skipped"; the exit code is 0 only when nothing failed and nothing was skipped. A few end-to-end tests that
# failed run a second time, alone: what passes then is named above that line as unsteady, which is a bug to be found. Not so those that draw lots: what they
# find does not happen twice.
set -uo pipefail
. "$(dirname "$0")/scripts/common.sh"
. "$ROOT/scripts/clients.sh"
cd "$ROOT"

[ "$(id -u)" = 0 ] || fail "the tests make namespaces, mounts and cgroups: run as root"
projects=("$@")
[ ${#projects[@]} -gt 0 ] || projects=(Architecture Unit Kernel EndToEnd)
passed=0 failed=0 skipped=0

finish() {
  [ ! -f artifacts/unsteady ] || sed 's/^/unsteady, passed only when it ran again alone: /' artifacts/unsteady
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" -eq 0 ] && [ "$skipped" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

run_project() {
  local project=$1 log=artifacts/test-$1.log status line hang=10m
  # Thousands of kills take as long as they take.
  [ -z "${TARE_TORTURE_KILLS:-}${TARE_TORTURE_FILLS:-}${TARE_FUZZ_SECONDS:-}${TARE_LOAD_SECONDS:-}" ] || hang=24h
  say "testing $project"
  dotnet test "tests/$project/$project.csproj" --nologo -v m --blame-hang --blame-hang-timeout "$hang" --blame-hang-dump-type none \
    --results-directory "artifacts/test-results" </dev/null 2>&1 | tee "$log" | grep -vE '^(Test run for|A total of|  [A-Za-z.-]+ -> |$)'
  status=${PIPESTATUS[0]}
  line=$(grep -E '^(Passed|Failed|Skipped)! +- +Failed:' "$log" | tail -1)
  if [ -z "$line" ]; then
    echo "no test of $project ran (exit code $status), see $log"
    failed=$((failed + 1))
    return
  fi
  passed=$((passed + $(sed -E 's/.*Passed: +([0-9]+).*/\1/' <<< "$line")))
  skipped=$((skipped + $(sed -E 's/.*Skipped: +([0-9]+).*/\1/' <<< "$line")))
  local failures again
  failures=$(sed -E 's/.*Failed: +([0-9]+).*/\1/' <<< "$line")
  # A run that was cut off has tests that nobody has seen: no second chance for it.
  if [ "$project" = EndToEnd ] && [ "$failures" -gt 0 ] && ! grep -qiE 'test run aborted|host process crashed|active test run was aborted' "$log"; then
    again=$(pass_alone "$log")
    passed=$((passed + again)) failures=$((failures - again))
  # A crash after the summary is a failure too.
  elif [ "$status" -ne 0 ] && [ "$failures" -eq 0 ]; then
    failures=1
  fi
  failed=$((failed + failures))
}

# pass_alone LOG: runs the tests that failed again, if they are few, and prints how many pass. Those of Torture and Fuzz are not among them.
pass_alone() {
  local names name count=0
  mapfile -t names < <(sed -nE 's/^  Failed (Tare\.Tests\.[A-Za-z0-9_.]+).*\[[^]]*\]$/\1/p' "$1" | sort)
  if [ ${#names[@]} -le 3 ]; then
    for name in "${names[@]}"; do
      [[ $name != *.Torture.* && $name != *.FuzzTests.* ]] || continue
      say "$name failed: again, alone" >&2
      dotnet test tests/EndToEnd/EndToEnd.csproj --no-build --nologo -v m --filter "FullyQualifiedName=$name" </dev/null 2>&1 | tee artifacts/test-again.log >&2
      if grep -q '^Passed! ' artifacts/test-again.log; then
        count=$((count + 1))
        echo "$name" >> artifacts/unsteady
      fi
    done
  fi
  echo "$count"
}

mkdir -p artifacts
rm -f artifacts/unsteady
need_dotnet
need_packages "the tests" libzstd1 libdeflate0
for project in "${projects[@]}"; do
  if [ "$project" = EndToEnd ]; then
    need_packages "the end-to-end tests" postgresql-client curl docker-compose iproute2 nftables procps util-linux e2fsprogs sqlite3 \
      runc crun podman conmon uidmap skopeo buildah apache2-utils openssl zsh fish man-db busybox-static criu
    docker_client
    compose_plugin
    node_clients
    docker_programs
    if ! { ./build.sh && images/busybox.sh && images/postgres.sh && images/redis.sh; }; then
      echo "the end-to-end tests have nothing to run on"
      failed=$((failed + 1))
      continue
    fi
  elif [ "$project" = Kernel ]; then
    need_packages "the kernel tests" busybox-static iproute2 nftables procps util-linux
    ./build.sh || echo "the kernel tests that start containers have no binaries"
  fi
  run_project "$project"
done
finish
