#!/bin/bash
# Makes a PostgreSQL server image from Debian (or Ubuntu) packages: artifacts/images/postgres.tar, for "tare load -i".
set -euo pipefail
. "$(dirname "$0")/../scripts/common.sh"
. "$ROOT/images/pack.sh"
. "$ROOT/images/debian.sh"

output=$ROOT/artifacts/images/postgres.tar
if fresh "$output" "$ROOT/images/postgres.sh" "$ROOT/images/pack.sh" "$ROOT/images/debian.sh" "$ROOT/images/postgres/docker-entrypoint.sh"; then
  say "$output is up to date"
  exit 0
fi
[ "$(id -u)" = 0 ] || fail "making an image needs root, for the owners of its files"
mkdir -p "$ROOT/artifacts/images"
work=$(mktemp -d "$ROOT/artifacts/images/.postgres.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/rootfs

apt_update
major=$(apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | head -1)
[ -n "$major" ] || fail "the package lists have no postgresql: run apt-get update and try again"

debian_root "$root" "$work" "postgresql-$major" "postgresql-client-$major"
# Without LLVM the server has no just-in-time compiler, which it notices by itself.
find "$root/usr/lib/postgresql" -name 'llvmjit*' -delete
rm -rf "$root"/usr/lib/postgresql/*/lib/bitcode

echo 'postgres:x:999:999:PostgreSQL:/var/lib/postgresql:/bin/bash' >> "$root/etc/passwd"
echo 'postgres:x:999:' >> "$root/etc/group"
mkdir -p "$root/docker-entrypoint-initdb.d" "$root/var/lib/postgresql/data" "$root/run/postgresql"
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
