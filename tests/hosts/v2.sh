#!/bin/bash
# Boots a machine with the distribution's kernel (6.1 on Debian 12) and pure cgroup v2 in QEMU, runs tests/hosts/v2-guest.sh in it on the
# published binaries, and prints what that prints. The exit code is 0 when the guest ended as it should. Usage: tests/hosts/v2.sh [SECONDS]
set -euo pipefail
. "$(dirname "$0")/../../scripts/common.sh"
. "$ROOT/tests/hosts/machine.sh"
cd "$ROOT"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need_machine
get_kernel

root=$work/root
mkdir -p "$root"/{bin,dev,etc,lib,lib64,opt/tare,proc,run,sys,tmp,var,newroot}
cp "$(command -v busybox)" "$root/bin/busybox"
add_modules "$root" "${container_modules[@]}"
cp artifacts/tare/{tare,tared,tare-keeper,tare-init,tare-runtime} "$root/opt/tare/"
for library in artifacts/tare/*.so; do [ -f "$library" ] && cp "$library" "$root/opt/tare/"; done
for program in artifacts/tare/*; do { ldd "$program" 2>/dev/null || true; } | awk '/=> \// { print $3 } /^\t\/lib/ { print $1 }'; done | sort -u > "$work/libraries"
# These are opened by name while a program runs.
/sbin/ldconfig -p | awk '/lib(ssl|crypto)\.so\.3 |libzstd\.so\.1 / { print $NF }' >> "$work/libraries"
while read -r library; do
  case $library in */ld-linux*) cp -L "$library" "$root/lib64/" ;; esac
  cp -L "$library" "$root/lib/"
done < "$work/libraries"
cp artifacts/images/busybox.tar "$root/opt/busybox.tar"
cp tests/hosts/v2-guest.sh "$root/opt/guest.sh"
cp tests/hosts/v2-init.sh "$root/init"
chmod +x "$root/init" "$root/opt/guest.sh"
(cd "$root" && find . | cpio -o -H newc --quiet) | gzip -1 > "$work/initrd"
boot "${1:-240}" 1536 ""
