#!/bin/bash
# Installs Tare into /usr/local: programs in lib/tare with links in bin, manual pages, completions, and systemd units with socket activation where systemd runs.
# Usage: ./install.sh     (PREFIX=/opt/tare ./install.sh for another place)
set -euo pipefail
. "$(dirname "$0")/scripts/common.sh"
cd "$ROOT"

prefix=${PREFIX:-/usr/local}
[ "$(id -u)" = 0 ] || fail "installing into $prefix needs root: run sudo $0"
./build.sh
need_packages "running containers" libzstd1
(need_packages "pushing images fast" libdeflate0) || say "going on without it: pushes of new layers take longer"

say "installing programs into $prefix/lib/tare"
mkdir -p "$prefix/lib/tare" "$prefix/bin"
for file in artifacts/tare/*; do
  # A rename replaces a program that is running.
  install -m 755 "$file" "$prefix/lib/tare/.new"
  mv -f "$prefix/lib/tare/.new" "$prefix/lib/tare/$(basename "$file")"
done
mkdir -p "$prefix/share/man/man1" "$prefix/share/bash-completion/completions" "$prefix/share/zsh/site-functions" "$prefix/share/fish/vendor_completions.d"
artifacts/tare/tare man "$prefix/share/man/man1"
artifacts/tare/tare completion bash > "$prefix/share/bash-completion/completions/tare"
artifacts/tare/tare completion zsh > "$prefix/share/zsh/site-functions/_tare"
artifacts/tare/tare completion fish > "$prefix/share/fish/vendor_completions.d/tare.fish"
for program in tare tared tare-runtime; do ln -sfn "../lib/tare/$program" "$prefix/bin/$program"; done

if [ -d /run/systemd/system ]; then
  say "installing systemd units tared.socket and tared.service"
  for unit in tared.socket tared.service; do
    sed "s|/usr/local/bin|$prefix/bin|" "packaging/$unit" > "/etc/systemd/system/$unit"
  done
  systemctl daemon-reload
  systemctl enable --now tared.socket
  systemctl try-restart tared.service
  say "done: the first command starts the engine, try: tare run --rm IMAGE COMMAND"
else
  say "systemd does not run here: start the engine yourself with: $prefix/bin/tared &"
fi
