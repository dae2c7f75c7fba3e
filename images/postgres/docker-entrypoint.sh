#!/bin/bash
# First process of the postgres image: makes the database cluster on first start, then becomes the server as user postgres.
#   POSTGRES_PASSWORD          password of the superuser, required unless POSTGRES_HOST_AUTH_METHOD=trust
#   POSTGRES_USER              superuser's name, "postgres" by default
#   POSTGRES_DB                database to create, the user's name by default
#   POSTGRES_INITDB_ARGS       more arguments for initdb
#   POSTGRES_HOST_AUTH_METHOD  pg_hba.conf method for other machines, scram-sha-256 by default
# A variable's value is read from a file when its name has the suffix _FILE.
set -euo pipefail

die() { echo "error: $*" >&2; exit 1; }

# from_file NAME: lets NAME_FILE stand for NAME.
from_file() {
  local name=$1 file_name=${1}_FILE
  if [ -n "${!file_name:-}" ]; then
    [ -z "${!name:-}" ] || die "both $name and $file_name are set, use one of them"
    export "$name=$(< "${!file_name}")"
    unset "$file_name"
  fi
}

start_temporary() { pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p 5432" -w -s start; }

run_init_files() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh) echo "running $file"; if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) echo "running $file"; sql -f "$file" ;;
      *.sql.gz) echo "running $file"; gunzip -c "$file" | sql ;;
      '/docker-entrypoint-initdb.d/*') ;;
      *) echo "ignoring $file" ;;
    esac
  done
}

sql() { psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc -U "$POSTGRES_USER" -d "$POSTGRES_DB" "$@"; }

initialize() {
  local method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "$method" != trust ]; then
    die "the database has no superuser password yet: set POSTGRES_PASSWORD to one that is not empty, for example
       run -e POSTGRES_PASSWORD=mysecret …
       (or POSTGRES_HOST_AUTH_METHOD=trust to let anybody in without one, which is not recommended)"
  fi
  # shellcheck disable=SC2086  # several arguments are meant
  if [ -n "${POSTGRES_PASSWORD:-}" ]; then
    initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --auth-local=trust --auth-host=trust ${POSTGRES_INITDB_ARGS:-}
  else
    initdb --username="$POSTGRES_USER" --auth-local=trust --auth-host=trust ${POSTGRES_INITDB_ARGS:-}
  fi
  printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
  start_temporary
  if [ "$POSTGRES_DB" != postgres ]; then
    POSTGRES_DB=postgres sql --set name="$POSTGRES_DB" <<< 'CREATE DATABASE :"name";'
  fi
  run_init_files
  pg_ctl -D "$PGDATA" -m fast -w -s stop
  echo
  echo "PostgreSQL init process complete; ready for start up."
  echo
}

[ "${1:0:1}" != - ] || set -- postgres "$@"
if [ "$1" = postgres ]; then
  if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA"
    find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
    chown postgres:postgres /var/run/postgresql 2>/dev/null || true
    exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$BASH_SOURCE" "$@"
  fi
  from_file POSTGRES_PASSWORD
  from_file POSTGRES_USER
  from_file POSTGRES_DB
  from_file POSTGRES_INITDB_ARGS
  POSTGRES_USER=${POSTGRES_USER:-postgres}
  POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
  if [ -s "$PGDATA/PG_VERSION" ]; then
    echo "PostgreSQL database directory appears to contain a database; skipping initialization"
  else
    initialize
  fi
fi
exec "$@"
