#!/bin/bash
# Makes the busybox image from Debian's busybox-static: artifacts/images/busybox.tar, for "tare load -i".
set -euo pipefail
. "$(dirname "$0")/../scripts/common.sh"
. "$ROOT/images/pack.sh"

output=$ROOT/artifacts/images/busybox.tar
if fresh "$output" "$ROOT/images/busybox.sh" "$ROOT/images/pack.sh"; then
  say "$output is up to date"
  exit 0
fi
[ "$(id -u)" = 0 ] || fail "making an image needs root, for the owners of its files"
mkdir -p "$ROOT/artifacts/images"
work=$(mktemp -d "$ROOT/artifacts/images/.busybox.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/rootfs

# The package is unpacked, not installed: an image must not change the machine it is made on.
apt_update
(cd "$work" && apt-get download -qq -o APT::Sandbox::User=root busybox-static </dev/null) || fail "apt-get download busybox-static failed"
dpkg-deb -x "$work"/busybox-static_*.deb "$work/package"

mkdir -p "$root"/{bin,dev,etc,home,proc,root,run,sys,tmp,usr/bin,usr/sbin,usr/local/bin,var/log,var/www}
ln -s bin "$root/sbin"
busybox=$(find "$work/package" -type f -name busybox -perm -u+x | head -1)
cp "$busybox" "$root/bin/busybox"
chmod 755 "$root/bin/busybox"
for applet in $("$busybox" --list); do
  [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
ln -s ../../bin/env "$root/usr/bin/env"
chmod 1777 "$root/tmp"
chmod 700 "$root/root"

cat > "$root/etc/passwd" <<'P'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
user:x:1000:1000:user:/home/user:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
P
cat > "$root/etc/group" <<'P'
root:x:0:
daemon:x:1:
tty:x:5:
www-data:x:33:
users:x:100:user
user:x:1000:
nogroup:x:65534:
P
install -d -o 1000 -g 1000 "$root/home/user"

pack_image "$root" busybox:latest '{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Cmd":["sh"]}' "$output"
say "made $output ($(du -h --apparent-size "$output" | cut -f1))"
