#!/bin/bash
# The main job on a fresh machine: builds Tare, starts an engine of its own, makes an image on the spot and runs a server in a container.
# Usage: ./run.sh            a small web service, limited to 64 MB of memory and half a processor
#        ./run.sh postgres   a PostgreSQL server, asked a question by a real psql
#        ./run.sh stop       removes the containers and stops the engine (images and volumes stay in artifacts/run)
set -euo pipefail
. "$(dirname "$0")/scripts/common.sh"
. "$ROOT/scripts/engine.sh"
cd "$ROOT"

state=$ROOT/artifacts/run
tare=$ROOT/artifacts/tare/tare

[ "$(id -u)" = 0 ] || fail "containers need root: run sudo $0 $*"

# The first port from 8080 that nothing listens on.
free_port() {
  local port=8080
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
  echo "$port"
}

# http_get PORT: the answer's body, with nothing but the shell.
http_get() {
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
  sed '1,/^\r*$/d' <&3
  exec 3>&-
}

prepare() {
  ./build.sh
  "images/$1.sh"
  say "starting tared (data in $state)"
  start_engine "$state"
  "$tare" image inspect "$1:latest" >/dev/null 2>&1 && [ "$state/$1.loaded" -nt "artifacts/images/$1.tar" ] && return
  say "loading artifacts/images/$1.tar"
  "$tare" load -q -i "artifacts/images/$1.tar"
  touch "$state/$1.loaded"
}

look_around() {
  cat <<EOF

Look around:
  export TARE_HOST=$TARE_HOST PATH=\$PATH:$ROOT/artifacts/tare
  tare ps                    what runs
  tare logs -f $1
  tare exec -it $1 sh
  tare stats --no-stream
  tare explain run busybox   every system call that isolates a container, and why
Stop it:
  ./run.sh stop
EOF
}

web() {
  local port start made answered body
  prepare busybox
  "$tare" rm -f web >/dev/null 2>&1 || true
  port=$(free_port)
  local run=(run -d --name web -m 64m --cpus 0.5 -p "$port:80" busybox sh -c
    'echo "<h1>Served from inside a Tare container</h1>" > /var/www/index.html; exec httpd -f -p 80 -h /var/www')
  say "tare ${run[*]:0:9} …"
  start=$(now_ms)
  "$tare" "${run[@]}" >/dev/null
  made=$(now_ms)
  until body=$(http_get "$port" 2>/dev/null) && [ -n "$body" ]; do
    [ $(($(now_ms) - made)) -lt 10000 ] || { "$tare" logs web; fail "the web service does not answer on port $port"; }
    sleep 0.01
  done
  answered=$(now_ms)
  say "the container ran after $((made - start)) ms and answered after $((answered - start)) ms: $body"
  say "what isolates it"
  "$tare" inspect -f 'memory {{.HostConfig.Memory}} bytes, {{.HostConfig.NanoCpus}} nano-processors, address {{.NetworkSettings.IPAddress}}, process {{.State.Pid}}' web
  if "$tare" explain run -m 64m --cpus 0.5 -p "$port:80" busybox httpd -f > "$state/explain.txt"; then
    sed -n '1,40p' "$state/explain.txt"
    echo "… all $(wc -l < "$state/explain.txt") lines are in $state/explain.txt"
  fi
  echo
  say "open http://127.0.0.1:$port/"
  look_around web
}

postgres() {
  local start ready address
  need_packages "asking the server" postgresql-client
  prepare postgres
  "$tare" rm -f -v postgres >/dev/null 2>&1 || true
  say "tare run --name postgres -e POSTGRES_PASSWORD=mysecret -d postgres"
  start=$(now_ms)
  "$tare" run --name postgres -e POSTGRES_PASSWORD=mysecret -d postgres
  address=$("$tare" inspect -f '{{.NetworkSettings.IPAddress}}' postgres)
  export PGPASSWORD=mysecret PGCONNECT_TIMEOUT=2
  until psql -h "$address" -U postgres -Atc 'select 1' >/dev/null 2>&1; do
    [ "$("$tare" inspect -f '{{.State.Running}}' postgres)" = true ] || { "$tare" logs postgres; fail "the server ended"; }
    [ $(($(now_ms) - start)) -lt 60000 ] || { "$tare" logs postgres; fail "the server does not answer on $address after 60 s"; }
    sleep 0.05
  done
  ready=$(now_ms)
  say "the database was made and answered after $((ready - start)) ms"
  say "psql -h $address -U postgres"
  psql -h "$address" -U postgres <<'SQL'
select version();
create table if not exists greeting (id serial primary key, text text);
insert into greeting (text) values ('hello from a Tare container');
select * from greeting;
SQL
  look_around postgres
}

case ${1:-web} in
  web) web ;;
  postgres) postgres ;;
  stop) stop_engine "$state"; say "stopped" ;;
  *) sed -n '2,6s/^# //p' "$0"; exit 2 ;;
esac
