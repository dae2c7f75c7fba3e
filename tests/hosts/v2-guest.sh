# Runs on the test machine as root. Prints "NAME: what was seen" lines, which the test compares.
tared --data-root /var/tare --exec-root /run/tare --host unix:///run/tare/tared.sock > /var/tared.log 2>&1 &
for i in $(seq 100); do [ -S /run/tare/tared.sock ] && break; sleep 0.1; done
export TARE_HOST=unix:///run/tare/tared.sock
tare load -q -i /opt/busybox.tar || cat /var/tared.log

echo "shape: $(tare info -f '{{.CgroupVersion}}')"
echo "limits: $(tare run --rm -m 64m --cpus 0.5 --pids-limit 50 busybox sh -c 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max /sys/fs/cgroup/pids.max' | tr '\n' ' ')"
tare run --name oom -m 24m --memory-swap 24m busybox sh -c 'x=a; while :; do x=$x$x; done'
echo "oom: $? $(tare inspect -f '{{.State.OOMKilled}}' oom)"
echo "devices: $(tare run --rm busybox sh -c 'mknod /tmp/mem c 1 1 && dd if=/tmp/mem bs=1 count=1 2>&1 | grep -o "Operation not permitted"; head -c 1 /dev/zero | wc -c' | tr '\n' ' ')"
tare run -d --name web -p 8080:80 busybox sh -c 'mkdir -p /w; echo served > /w/index.html; exec httpd -f -h /w' > /dev/null
sleep 1
echo "port: $(wget -T 5 -qO- http://127.0.0.1:8080/)"
tare pause web > /dev/null; echo "frozen: $(tare inspect -f '{{.State.Status}}' web) $(cat /sys/fs/cgroup/tare/*/cgroup.events | grep frozen)"; tare unpause web > /dev/null
echo "exec: $(tare exec web cat /proc/self/cgroup)"
echo "stats: $(tare stats --no-stream --format '{{.PIDs}}' web)"
tare update -m 128m --memory-swap 128m web > /dev/null; echo "update: $(tare exec web cat /sys/fs/cgroup/memory.max)"
tare rm -f web oom > /dev/null
echo "left: $(ls -d /sys/fs/cgroup/tare/*/ 2>/dev/null | wc -l) groups $(tare ps -aq | wc -l) containers"
tail -5 /var/tared.log
