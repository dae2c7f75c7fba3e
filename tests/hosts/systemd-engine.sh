# Runs on the machine with systemd as root, on a checkout with published binaries. Prints "NAME: what was seen" lines, which the test compares.
cd "$(dirname "$0")/../.." || exit 1
export PATH=$PATH:/usr/local/bin HOME=/tmp
# state UNIT: as systemd sees it.
state() { systemctl show -P ActiveState "$1"; }
# get ADDRESS: a page from the host's own network.
get() { exec 3<>"/dev/tcp/${1%:*}/${1#*:}" && printf 'GET / HTTP/1.0\r\n\r\n' >&3 && sed '1,/^\r*$/d' <&3; }

ip link set lo up
./install.sh || echo "install.sh failed"
echo "installed: $(state tared.socket) $(state tared.service)"
tare load -q -i artifacts/images/busybox.tar
echo "activated: $(state tared.service) $(tare info -f '{{.CgroupVersion}}')"
tare run -d --name web -m 64m -p 8080:80 busybox sh -c 'mkdir -p /w; echo served > /w/index.html; exec httpd -f -h /w' > /dev/null
for _ in $(seq 100); do page=$(get 127.0.0.1:8080 2> /dev/null); [ -n "$page" ] && break; sleep 0.1; done
echo "page: $page"
echo "memory: $(tare exec web cat /sys/fs/cgroup/memory.max)"
process=$(tare inspect -f '{{.State.Pid}}' web)
systemctl restart tared.service
echo "restarted: $(tare inspect -f '{{.State.Status}} {{.State.Pid}}' web | sed "s/$process/same process/") $(get 127.0.0.1:8080)"
systemctl kill -s KILL --kill-whom=main tared.service
for _ in $(seq 100); do [ "$(state tared.service)" = active ] && break; sleep 0.1; done
echo "killed: $(tare inspect -f '{{.State.Status}} {{.State.Pid}}' web | sed "s/$process/same process/") $(get 127.0.0.1:8080)"
systemctl stop tared.service tared.socket
echo "stopped: $(state tared.service) $(get 127.0.0.1:8080)"
systemctl start tared.socket
systemctl daemon-reload
echo "reloaded: $(tare exec web head -c 1 /dev/zero | wc -c) $(tare exec web cat /sys/fs/cgroup/memory.max)"
tare update -m 134217728 --memory-swap -1 --cpus 0.5 --pids-limit 50 web > /dev/null
echo "updated: $(tare exec web sh -c 'cd /sys/fs/cgroup; cat memory.max memory.swap.max cpu.max pids.max' | tr '\n' ' ')"
tare run --rm --name journal --log-driver journald -l kind=test --log-opt labels=kind busybox echo written > /dev/null
for _ in $(seq 50); do journalctl --sync; line=$(journalctl -q -o cat CONTAINER_NAME=journal); [ -n "$line" ] && break; sleep 0.1; done
echo "journal: $line"
tare run -d --name system --privileged busybox sh -c 'mkdir /sys/fs/cgroup/below && echo 1 > /sys/fs/cgroup/below/cgroup.procs && echo +memory > /sys/fs/cgroup/cgroup.subtree_control; exec sleep 1000' > /dev/null
for _ in $(seq 50); do [ -n "$(cat /sys/fs/cgroup/tare/*/below/cgroup.procs 2> /dev/null)" ] && break; sleep 0.1; done
echo "init below: $(tare exec system cat /proc/self/cgroup)"
tare rm -f system > /dev/null
./uninstall.sh --purge
echo "uninstalled: $(ls -d /usr/local/bin/tare /usr/local/lib/tare /var/lib/tare /etc/systemd/system/tared.* 2> /dev/null | wc -l) files $(ls -d /sys/fs/cgroup/tare/*/ 2> /dev/null | wc -l) groups"
echo "left: $(ps -e -o comm= | grep -c '^tare') processes $(ip -o link show type bridge | wc -l) bridges $(nft list tables | wc -l) tables"
