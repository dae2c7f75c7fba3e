#!/bin/bash
# Boots a machine in QEMU whose process 1 is systemd (pure cgroup v2, the distribution's packages), runs scripts of this directory in it, one after the other, on
# a checkout with published binaries, and prints what they print, each after a line "--- NAME".
# Usage: tests/hosts/systemd.sh [SECONDS [NAME…]]     for systemd-NAME.sh; all by default
set -euo pipefail
. "$(dirname "$0")/../../scripts/common.sh"
. "$ROOT/tests/hosts/machine.sh"
cd "$ROOT"

seconds=${1:-420}
[ $# = 0 ] || shift
[ $# -gt 0 ] || set -- runtime checkpoint engine engine-checkpoint
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need_machine debootstrap
get_kernel

# The distribution's files are fetched once; what the tests add is copied anew.
base=$cache/systemd.tar
if [ ! -f "$base" ] || [ "$0" -nt "$base" ]; then
  apt_update >&2
  # shellcheck disable=SC1091
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror=$(apt-get indextargets --format '$(SITE)' "Codename: $suite" 'Created-By: Packages' 2>/dev/null | head -1)
  say "making a $suite system with systemd" >&2
  DEBIAN_FRONTEND=noninteractive debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,libzstd1,libdeflate0,libssl3,iproute2,nftables,procps,criu,iptables "$suite" "$work/system" "$mirror" \
    </dev/null > "$work/debootstrap" 2>&1 || { tail -5 "$work/debootstrap" >&2; fail "debootstrap failed"; }
  rm -rf "$work"/system/{var/cache/apt/archives/*.deb,var/lib/apt/lists/*,usr/share/doc/*,usr/share/man/*,usr/share/locale/*}
  mkdir -p "$cache"
  tar -C "$work/system" -cf "$base.new" . && mv "$base.new" "$base"
  rm -rf "$work/system"
fi

system=$work/system
mkdir -p "$system/srv/tare/artifacts/images"
git ls-files -z --cached --others --exclude-standard | xargs -0 tar -cf - | tar -xf - -C "$system/srv/tare"
# Both, or install.sh would find that something has to be built.
cp -r artifacts/tare artifacts/fallback "$system/srv/tare/artifacts/"
cp artifacts/images/busybox.tar "$system/srv/tare/artifacts/images/"
add_modules "$system" "${container_modules[@]}" "${criu_modules[@]}"
mkdir -p "$system/etc/systemd/system/multi-user.target.wants"
printf '#!/bin/bash\nexec 2>&1\necho "=== begin"\nfor name in %s; do\n  echo "--- $name"\n  /bin/bash "/srv/tare/tests/hosts/systemd-$name.sh"\ndone\necho "=== end"\n' "$*" > "$system/srv/guest.sh"
cat > "$system/etc/systemd/system/guest.service" <<U
[Unit]
After=basic.target dbus.service
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
ExecStart=/bin/bash /srv/guest.sh
StandardOutput=file:/dev/ttyS0
TimeoutStartSec=infinity
[Install]
WantedBy=multi-user.target
U
ln -s ../guest.service "$system/etc/systemd/system/multi-user.target.wants/guest.service"
cp "$base" "$work/system.tar"
tar -C "$system" -rf "$work/system.tar" .

root=$work/root
mkdir -p "$root"/{bin,newroot,dev,proc}
cp "$(command -v busybox)" "$root/bin/busybox"
mv "$work/system.tar" "$root/system.tar"
cat > "$root/init" <<'I'
#!/bin/busybox sh
# pivot_root refuses to leave an initial file system: systemd and the containers live on a tmpfs.
/bin/busybox mount -t tmpfs -o mode=755,size=90% tmpfs /newroot
/bin/busybox tar -xf /system.tar -C /newroot
/bin/busybox rm /system.tar
while read -r module; do /bin/busybox insmod "/newroot/modules/$module"; done < /newroot/modules/order
exec /bin/busybox switch_root /newroot /sbin/init
I
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet) | gzip -1 > "$work/initrd"
boot "$seconds" 3072 "systemd.unit=multi-user.target systemd.mask=systemd-networkd-wait-online.service systemd.show_status=0"
