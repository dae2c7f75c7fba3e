#!/bin/bash
# Builds Tare: publishes its five programs as native binaries into artifacts/tare/. Does nothing when no source has changed.
# Usage: ./build.sh [--force]
set -euo pipefail
. "$(dirname "$0")/scripts/common.sh"
cd "$ROOT"

out=artifacts/tare
programs=(tare tared tare-keeper tare-init tare-runtime)

# What the binaries depend on, as one hash.
fingerprint() {
  { find src -type f \( -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.proj' -o -name '*.json' \) -not -path '*/obj/*' -not -path '*/bin/*' -print0
    find . -maxdepth 1 -type f \( -name 'Directory.*.props' -o -name global.json -o -name build.sh -o -name BannedSymbols.txt \) -print0; } \
    | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

up_to_date() {
  local program
  [ -f "$out/.fingerprint" ] && [ "$(cat "$out/.fingerprint")" = "$1" ] || return 1
  for program in "${programs[@]}"; do [ -x "$out/$program" ] || return 1; done
}

wanted=$(fingerprint)
if [ "${1:-}" != --force ] && up_to_date "$wanted"; then
  say "$out is up to date"
  exit 0
fi

need_dotnet
need_packages "the native linker" gcc libc6-dev binutils zlib1g-dev libzstd1

case $(uname -m) in
  x86_64) rid=linux-x64 ;;
  aarch64) rid=linux-arm64 ;;
  *) fail "this machine is $(uname -m): Tare runs on x86_64 and aarch64" ;;
esac
start=$(now_ms)
log=artifacts/build.log
mkdir -p artifacts
options=(-nologo -v:q -m -p:Configuration=Release -p:RuntimeIdentifier=$rid -p:SelfContained=true -p:TareNativeAot=true)

framework=net10.0
say "restoring packages for $framework, $rid"
if ! dotnet msbuild src/Programs.proj -t:Restore "${options[@]}" </dev/null >"$log" 2>&1; then
  say "the native compiler pack of net10.0 could not be restored (see $log): falling back to net9.0 for the published binaries"
  framework=net9.0
  options+=(-p:TareTargetFramework=net9.0)
  dotnet msbuild src/Programs.proj -t:Restore "${options[@]}" </dev/null >"$log" 2>&1 || { tail -20 "$log"; fail "restore failed, see $log"; }
fi

say "compiling ${programs[*]} (native, $framework)"
dotnet msbuild src/Programs.proj -t:Publish "${options[@]}" </dev/null >"$log" 2>&1 \
  || { grep -E 'error|warning' "$log" | sort -u | head -20; fail "the build failed, see $log"; }

mkdir -p "$out"
for program in "${programs[@]}"; do
  published=artifacts/build/$framework/publish/$program/release_$rid
  [ -x "$published/$program" ] || fail "$published/$program is missing after the build, see $log"
  # A copy beside the target and a rename replace a binary that is running.
  for file in "$published/$program" "$published"/*.so; do
    [ -f "$file" ] || continue
    cp "$file" "$out/.new" && mv -f "$out/.new" "$out/$(basename "$file")"
  done
done
[ "$(fingerprint)" = "$wanted" ] && echo "$wanted" > "$out/.fingerprint"
say "built in $((($(now_ms) - start + 500) / 1000)) s: $(cd "$out" && du -h --apparent-size "${programs[@]}" | awk '{printf "%s %s  ", $2, $1}')"
