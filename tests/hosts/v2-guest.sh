# Runs on the test machine as root. Prints "NAME: what was seen" lines, which the test compares.
export TARE_HOST=unix:///run/tare/tared.sock

start_engine() {
  tared > /var/tared.log 2>&1 &
  engine=$!
  until tare version > /dev/null 2>&1; do kill -0 $engine || break; sleep 0.1; done
}

# get NETWORK ADDRESS: a page, as a container on that network sees it.
get() { timeout 10 tare run --rm --network "$1" busybox wget -qO- "http://$2/"; }

start_engine
tare load -q -i /opt/busybox.tar || cat /var/tared.log

echo "shape: $(tare info -f '{{.CgroupVersion}}')"
echo "limits: $(tare run --rm -m 64m --cpus 0.5 --pids-limit 50 busybox sh -c 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max /sys/fs/cgroup/pids.max' | tr '\n' ' ')"
tare run --name oom -m 24m --memory-swap 24m busybox sh -c 'x=a; while :; do x=$x$x; done'
echo "oom: $? $(tare inspect -f '{{.State.OOMKilled}}' oom)"
echo "devices: $(tare run --rm busybox sh -c 'mknod /tmp/mem c 1 1 && dd if=/tmp/mem bs=1 count=1 2>&1 | grep -o "Operation not permitted"; head -c 1 /dev/zero | wc -c' | tr '\n' ' ')"
tare run -d --name web -p 8080:80 busybox sh -c 'mkdir -p /w; echo served > /w/index.html; exec httpd -f -h /w' > /dev/null
for i in $(seq 50); do get host 127.0.0.1:8080 > /var/page 2> /var/page.error && break; sleep 0.1; done
echo "port: $(cat /var/page)"
address=$(tare inspect -f '{{range .NetworkSettings.Networks}}[{{.GlobalIPv6Address}}]{{end}}' web)
echo "ipv6: $(get host '[::1]:8080') $(get bridge "$address")"
tare pause web > /dev/null
echo "frozen: $(tare inspect -f '{{.State.Status}}' web) $(grep frozen /sys/fs/cgroup/tare/*/cgroup.events)"
tare unpause web > /dev/null
echo "exec: $(tare exec web cat /proc/self/cgroup)"
echo "stats: $(tare stats --no-stream --format '{{.PIDs}}' web)"
tare update -m 128m --memory-swap 128m web > /dev/null
echo "update: $(tare exec web cat /sys/fs/cgroup/memory.max)"
echo "changed: $(tare diff web | tr '\n' ' ')"
kill -9 $engine; wait $engine 2> /dev/null; start_engine
echo "survived: $(tare inspect -f '{{.State.Status}}' web) $(get host 127.0.0.1:8080)"
tare network create own > /dev/null
tare run -d --network own --name site busybox sh -c 'mkdir -p /w; echo named > /w/index.html; exec httpd -f -h /w' > /dev/null
echo "name: $(get own site)"
echo "seccomp: $(tare run --rm busybox grep Seccomp: /proc/self/status | tr '\t' ' ')"
echo "masked: $(tare run --rm busybox sh -c 'wc -c < /proc/kcore; echo 1 2>&1 > /proc/sys/kernel/domainname' 2>&1 | tr '\n' ' ')"
tare rm -f web oom site > /dev/null; tare network rm own > /dev/null
echo "left: $(ls -d /sys/fs/cgroup/tare/*/ 2> /dev/null | wc -l) groups $(tare ps -aq | wc -l) containers"
cat /var/tared.log
