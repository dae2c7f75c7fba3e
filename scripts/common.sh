# Shared by the scripts at the root; sourced, not run. Sets ROOT and offers say, fail, need_packages, need_dotnet.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

say() { printf '== %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Milliseconds since an arbitrary moment.
now_ms() { echo $(($(date +%s%N) / 1000000)); }

# need_packages WHAT-FOR PACKAGE...: installs Debian packages that are missing.
need_packages() {
  local purpose=$1 missing=() package
  shift
  command -v dpkg-query >/dev/null || { say "not a Debian system: make sure that these are installed: $*"; return; }
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed$' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" = 0 ] || fail "$purpose needs ${missing[*]}: run as root, or run: sudo apt-get install ${missing[*]}"
  say "installing for $purpose: ${missing[*]}"
  apt_update
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null \
    || fail "apt-get install ${missing[*]} failed: see the messages above"
}

# Refreshes the package lists once per script, and only when they are older than a day.
apt_update() {
  [ -n "${APT_UPDATED:-}" ] && return
  APT_UPDATED=1
  if [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -mtime -1 2>/dev/null | head -1)" ]; then
    apt-get update -qq </dev/null || say "apt-get update failed; going on with the lists that are here"
  fi
}

need_dotnet() {
  command -v dotnet >/dev/null && dotnet --list-sdks 2>/dev/null | grep -qE '^(10|1[1-9])\.' && return
  fail "the .NET 10 SDK is missing.
  Ubuntu 24.04:  sudo apt-get install dotnet-sdk-10.0
  elsewhere:     follow https://dotnet.microsoft.com/download/dotnet/10.0 (package or install script), then run this again"
}
