#!/bin/bash
# Makes a PostgreSQL server image from Debian (or Ubuntu) packages: artifacts/images/postgres.tar, for "tare load -i".
set -euo pipefail
. "$(dirname "$0")/../scripts/common.sh"
. "$ROOT/images/pack.sh"

output=$ROOT/artifacts/images/postgres.tar
if fresh "$output" "$ROOT/images/postgres.sh" "$ROOT/images/pack.sh" "$ROOT/images/postgres/docker-entrypoint.sh"; then
  say "$output is up to date"
  exit 0
fi
[ "$(id -u)" = 0 ] || fail "making an image needs root, for the owners of its files"
mkdir -p "$ROOT/artifacts/images/packages/partial"
work=$(mktemp -d "$ROOT/artifacts/images/.postgres.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/rootfs

apt_update
major=$(apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | head -1)
[ -n "$major" ] || fail "the package lists have no postgresql: run apt-get update and try again"

# Resolving against an empty system gives the whole closure. Packages are unpacked, not installed, so what only installation needs is dropped; without
# LLVM the server has no just-in-time compiler, which it notices by itself.
say "downloading postgresql-$major and what it needs"
: > "$work/status"
apt-get install -y -qq --download-only --no-install-recommends \
  -o APT::Sandbox::User=root -o Debug::NoLocking=1 -o Dir::State::status="$work/status" -o Dir::Cache::archives="$ROOT/artifacts/images/packages" \
  "postgresql-$major" "postgresql-client-$major" bash coreutils util-linux grep sed findutils mawk gzip tzdata base-files base-passwd libc-bin \
  </dev/null >"$work/apt.log" 2>&1 || { tail -5 "$work/apt.log"; fail "downloading the packages failed"; }
apt-get install -y -qq --print-uris --no-install-recommends -o Debug::NoLocking=1 -o Dir::State::status="$work/status" \
  -o Dir::Cache::archives="$work" "postgresql-$major" "postgresql-client-$major" bash coreutils util-linux grep sed findutils mawk gzip tzdata base-files \
  base-passwd libc-bin </dev/null 2>/dev/null | awk '{ print $2 }' > "$work/files"

mkdir -p "$root/usr"/{bin,sbin,lib,lib64}
for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$root/$directory"; done
while read -r file; do
  case $file in
    libllvm*|perl*|libperl*|postgresql-common*|postgresql-client-common*|ssl-cert*|debconf*|cdebconf*|adduser*|init-system-helpers*|dpkg_*|systemd*|ucf*|\
    sensible-utils*|netbase*|locales*|libz3*|libgdbm*|libdb5*|install-info*|sysvinit*|python*|gcc-*-base*|perl-modules*) continue ;;
  esac
  dpkg-deb --fsys-tarfile "$ROOT/artifacts/images/packages/$file" | tar -x --keep-directory-symlink --numeric-owner -C "$root" \
    --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' --exclude='./usr/share/info/*'
done < "$work/files"
find "$root/usr/lib/postgresql" -name 'llvmjit*' -delete
rm -rf "$root"/usr/lib/postgresql/*/lib/bitcode

# What the packages' scripts would have done.
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
echo 'postgres:x:999:999:PostgreSQL:/var/lib/postgresql:/bin/bash' >> "$root/etc/passwd"
echo 'postgres:x:999:' >> "$root/etc/group"
echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
ln -sf /usr/share/zoneinfo/Etc/UTC "$root/etc/localtime"
[ -e "$root/usr/bin/sh" ] || ln -s bash "$root/usr/bin/sh"
[ -e "$root/usr/bin/awk" ] || ln -s mawk "$root/usr/bin/awk"
mkdir -p "$root"/{dev,proc,sys,run,tmp,root,docker-entrypoint-initdb.d,usr/local/bin} "$root/var/lib/postgresql/data" "$root/run/postgresql"
[ -L "$root/var/run" ] || { rm -rf "$root/var/run"; ln -s ../run "$root/var/run"; }
chmod 1777 "$root/tmp"
chown -R 999:999 "$root/var/lib/postgresql" "$root/run/postgresql"
chmod 1777 "$root/var/lib/postgresql/data"
chmod 3777 "$root/run/postgresql"
sample=$root/usr/share/postgresql/$major/postgresql.conf.sample
sed -i "s/^#\?listen_addresses *=.*/listen_addresses = '*'/; s|^#\?unix_socket_directories *=.*|unix_socket_directories = '/var/run/postgresql'|" "$sample"
install -m 755 "$ROOT/images/postgres/docker-entrypoint.sh" "$root/usr/local/bin/docker-entrypoint.sh"
ldconfig -r "$root"

pack_image "$root" postgres:latest "{
  \"Env\": [\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/$major/bin\", \"LANG=C.UTF-8\", \"PG_MAJOR=$major\", \"PGDATA=/var/lib/postgresql/data\"],
  \"Entrypoint\": [\"docker-entrypoint.sh\"], \"Cmd\": [\"postgres\"], \"ExposedPorts\": {\"5432/tcp\": {}},
  \"Volumes\": {\"/var/lib/postgresql/data\": {}}, \"StopSignal\": \"SIGINT\"}" "$output"
say "made $output with PostgreSQL $major ($(du -h --apparent-size "$output" | cut -f1))"
