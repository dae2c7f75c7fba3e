#!/bin/bash
# Builds Tare: publishes its five programs as native binaries into artifacts/tare/. Does nothing when no source has changed.
# Usage: ./build.sh [--force] [--ordinary-init]
#   --ordinary-init   ships tare-init as an ordinary program with the runtime, where the freestanding one (src/tare-init/Freestanding.targets) is not wanted;
#                     the ordinary one is always built, into artifacts/fallback/, and shipped by itself where the other cannot be built
set -euo pipefail
# The compiler server that dotnet starts outlives this script: it must not keep what a caller holds open, say a lock.
for descriptor in /proc/self/fd/*; do
  descriptor=${descriptor##*/}
  # 255 is this script.
  [ "$descriptor" -le 2 ] || [ "$descriptor" -eq 255 ] || eval "exec $descriptor>&-"
done
. "$(dirname "$0")/scripts/common.sh"
cd "$ROOT"

out=artifacts/tare
fallback=artifacts/fallback
programs=(tare tared tare-keeper tare-init tare-runtime)
force=false init=freestanding
for argument in "$@"; do
  case $argument in
    --force) force=true ;;
    --ordinary-init) init=ordinary ;;
    *) sed -n '3,5s/^# //p' "$0"; exit 2 ;;
  esac
done

# What the binaries depend on, as one hash.
fingerprint() {
  { find src -type f \( -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.proj' -o -name '*.targets' -o -name '*.S' -o -name '*.json' -o -name '*.order' \) -not -path '*/obj/*' -not -path '*/bin/*' -print0
    find . -maxdepth 1 -type f \( -name 'Directory.*.props' -o -name global.json -o -name build.sh -o -name BannedSymbols.txt \) -print0; } \
    | sort -z | xargs -0 sha256sum | { cat; echo "$init"; } | sha256sum | cut -d' ' -f1
}

up_to_date() {
  local program
  [ -f "$out/.fingerprint" ] && [ "$(cat "$out/.fingerprint")" = "$1" ] || return 1
  for program in "${programs[@]}"; do [ -x "$out/$program" ] || return 1; done
  [ -x "$fallback/tare-init" ]
}

wanted=$(fingerprint)
if ! $force && up_to_date "$wanted"; then
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
# The tests' own build looks for what is wrong in the sources; here it would take a minute and find the same.
options+=(-p:RunAnalyzers=false)
[ $init = freestanding ] || options+=(-p:TareFreestandingInit=false)

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

# install PROGRAM DIRECTORY: a copy beside the target and a rename replace a binary that is running.
install_program() { mkdir -p "$2" && cp "$1" "$2/.new" && mv -f "$2/.new" "$2/$(basename "$1")"; }

for program in "${programs[@]}"; do
  published=artifacts/build/$framework/publish/$program/release_$rid
  [ -x "$published/$program" ] || fail "$published/$program is missing after the build, see $log"
  for file in "$published/$program" "$published"/*.so; do
    [ ! -f "$file" ] || install_program "$file" "$out"
  done
done
published=artifacts/build/$framework/publish/tare-init/release_$rid
install_program "$published/tare-init" "$fallback"
if [ -x "$published/freestanding/tare-init" ]; then
  install_program "$published/freestanding/tare-init" "$out"
elif [ $init = freestanding ]; then
  say "tare-init is the ordinary program, 1 ms slower for each container: the freestanding one needs x86-64, gcc and this compiler's help (see $log)"
fi
[ "$(fingerprint)" = "$wanted" ] && echo "$wanted" > "$out/.fingerprint"
say "built in $((($(now_ms) - start + 500) / 1000)) s: $(cd "$out" && du -h --apparent-size "${programs[@]}" | awk '{printf "%s %s  ", $2, $1}')"
