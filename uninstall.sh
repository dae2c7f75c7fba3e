#!/bin/bash
# Takes away what install.sh installed. Images, volumes and containers in /var/lib/tare stay, unless --purge is given.
# Usage: ./uninstall.sh [--purge]
set -euo pipefail
. "$(dirname "$0")/scripts/common.sh"

prefix=${PREFIX:-/usr/local}
[ "$(id -u)" = 0 ] || fail "uninstalling needs root: run sudo $0"

if [ "${1:-}" = --purge ] && [ -x "$prefix/bin/tare" ]; then
  containers=$("$prefix/bin/tare" ps -aq 2>/dev/null || true)
  # shellcheck disable=SC2086  # one argument per container
  [ -z "$containers" ] || { say "removing all containers"; "$prefix/bin/tare" rm -f -v $containers >/dev/null; }
fi
if [ -d /run/systemd/system ]; then
  say "removing systemd units"
  systemctl disable --now tared.socket tared.service 2>/dev/null || true
  rm -f /etc/systemd/system/tared.socket /etc/systemd/system/tared.service
  systemctl daemon-reload
else
  say "systemd does not run here: stop a tared that you started yourself"
fi
if [ "${1:-}" = --purge ]; then
  # The keeper outlives the engine for the sake of containers, and the default bridge and the firewall table for the next engine: nobody comes.
  for keeper in $(pgrep -f -- "$prefix/lib/tare/tare-keeper" || true); do
    case $(readlink "/proc/$keeper/exe") in "$prefix/lib/tare/tare-keeper"*) kill "$keeper" ;; esac
  done
  ip link del tare0 2>/dev/null || true
  nft delete table inet tare 2>/dev/null || true
fi
say "removing programs from $prefix"
for program in tare tared tare-runtime; do
  [ "$(readlink "$prefix/bin/$program")" = "../lib/tare/$program" ] && rm -f "$prefix/bin/$program"
done
rm -rf "$prefix/lib/tare"
rm -f "$prefix"/share/man/man1/tare.1 "$prefix"/share/man/man1/tare-*.1 "$prefix/share/bash-completion/completions/tare" \
  "$prefix/share/zsh/site-functions/_tare" "$prefix/share/fish/vendor_completions.d/tare.fish"
if [ "${1:-}" = --purge ]; then
  say "removing /var/lib/tare"
  rm -rf /var/lib/tare /run/tare
else
  say "/var/lib/tare stays (./uninstall.sh --purge removes it)"
fi
