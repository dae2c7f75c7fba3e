#!/bin/bash
# Boots a machine with Debian's kernel (6.1 on Debian 12) and pure cgroup v2 in QEMU, no acceleration needed, runs tests/hosts/v2-guest.sh in it on the
# published binaries, and prints what that prints. The exit code is 0 when the guest ended as it should. Usage: tests/hosts/v2.sh [SECONDS]
set -euo pipefail
. "$(dirname "$0")/../../scripts/common.sh"
cd "$ROOT"

cache=$ROOT/artifacts/hosts
[ "$(uname -m)" = x86_64 ] || fail "the test machine is an x86_64: this machine is $(uname -m)"
for file in artifacts/tare/tared artifacts/images/busybox.tar; do [ -f "$file" ] || fail "$file is missing: run ./build.sh and images/busybox.sh"; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$cache"

need_packages "a machine with cgroup v2" qemu-system-x86 cpio kmod xz-utils busybox-static openssl libzstd1 >&2

# Kernel and modules are unpacked, not installed.
if [ ! -f "$cache/vmlinuz" ]; then
  apt_update >&2
  package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[^ ]*\)/\1/p' | head -1)
  [ -n "$package" ] || fail "the package lists have no linux-image-cloud-amd64"
  say "unpacking $package" >&2
  (cd "$work" && { apt-get download -qq -o APT::Sandbox::User=root "$package" || apt-get download -qq -o APT::Sandbox::User=root "$package-unsigned"; } </dev/null) >&2
  rm -rf "$cache/kernel"
  dpkg-deb -x "$work"/linux-image-*.deb "$cache/kernel"
  depmod -b "$cache/kernel" "$(ls "$cache/kernel/lib/modules")"
  cp "$cache"/kernel/boot/vmlinuz-* "$cache/vmlinuz"
fi
version=$(ls "$cache/kernel/lib/modules")

root=$work/root
mkdir -p "$root"/{bin,dev,etc,lib,lib64,modules,opt/tare,proc,run,sys,tmp,var,newroot}
cp "$(command -v busybox)" "$root/bin/busybox"
for module in overlay bridge veth nf_tables nft_chain_nat nft_masq nft_nat nft_ct nft_fib_inet nft_redir; do
  modprobe -d "$cache/kernel" -S "$version" --show-depends "$module"
done 2>/dev/null | awk '/^insmod/ && !seen[$2]++ { print $2 }' > "$work/modules"
while read -r file; do
  name=$(basename "$file" .xz)
  case $file in *.xz) xz -dc "$file" > "$root/modules/$name" ;; *) cp "$file" "$root/modules/$name" ;; esac
  echo "$name" >> "$root/modules/order"
done < "$work/modules"
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

timeout "${1:-240}" qemu-system-x86_64 -accel tcg -cpu max -m 1536 -smp 2 -display none -monitor none -no-reboot -nodefaults -serial stdio \
  -kernel "$cache/vmlinuz" -initrd "$work/initrd" -append "console=ttyS0 quiet panic=-1 loglevel=3" </dev/null > "$work/output" || true
tr -d '\r' < "$work/output" > "$work/text"
sed -n '/^=== begin/,/^=== end/p' "$work/text"
grep -q '^=== end' "$work/text" || { tail -20 "$work/text" >&2; fail "the test machine did not come to its end"; }
