# Runs on the machine with systemd as root, on a checkout with published binaries: the OCI runtime's systemd cgroup driver, and checkpoints through criu.
# Prints "NAME: what was seen" lines, which the test compares.
cd /root/tare || exit 1
exec 2>&1
echo "=== begin"
export PATH=/root/tare/artifacts/tare:$PATH HOME=/root
runtime=tare-runtime
work=/root/work
mkdir -p $work/rootfs
tar -xOf /root/busybox.tar --wildcards '*/layer.tar' | tar -x -C $work/rootfs
# bundle NAME COMMAND RESOURCES CGROUPS-PATH: a bundle that runs a shell command.
bundle() {
  mkdir -p "$work/$1"
  (cd "$work/$1" && rm -f config.json && $runtime spec)
  tr -d '\n' < "$work/$1/config.json" | sed "s|\"terminal\": *true|\"terminal\":false|; s|\"path\": *\"rootfs\"|\"path\":\"$work/rootfs\"|; s|\"readonly\": *true|\"readonly\":false|; \
    s|\"args\": *\[ *\"sh\" *\]|\"args\":[\"sh\",\"-c\",\"$2\"]|; s|\"resources\": *{|\"resources\":{$3|; s|\"linux\": *{|\"linux\":{\"cgroupsPath\":\"$4\",|" > "$work/config.new"
  mv "$work/config.new" "$work/$1/config.json"
}
# show UNIT PROPERTY…: the values, on one line.
show() { local unit=$1; shift; systemctl show "$unit" $(printf -- '-p %s ' "$@") | sort | sed 's/^[^=]*=//' | tr '\n' ' '; }

bundle scoped 'sleep 1000' '"memory":{"limit":67108864},"pids":{"limit":30},"cpu":{"shares":1024,"quota":50000,"period":100000},' 'system.slice:test:one'
$runtime --systemd-cgroup run -d -b $work/scoped one < /dev/null > $work/one.log 2>&1 || cat $work/one.log
echo "scope: $(systemctl show -P ActiveState test-one.scope) $(systemctl show -P Slice test-one.scope) $(systemctl show -P Delegate test-one.scope)"
echo "limits: $(show test-one.scope CPUQuotaPerSecUSec MemoryMax TasksMax)"
echo "kernel: $(cat /sys/fs/cgroup/system.slice/test-one.scope/{memory.max,pids.max,cpu.max} | tr '\n' ' ')"
echo "inside: $(systemctl show -P ControlGroup test-one.scope) $($runtime exec one cat /proc/1/cgroup)"
$runtime --systemd-cgroup update --memory 134217728 --pids-limit 40 one
systemctl daemon-reload
echo "updated: $(show test-one.scope MemoryMax TasksMax) $(cat /sys/fs/cgroup/system.slice/test-one.scope/memory.max)"
$runtime pause one; echo "paused: $($runtime state one | grep -o '"status": "[a-z]*"')"; $runtime resume one
$runtime delete -f one
echo "deleted: $(systemctl show -P LoadState test-one.scope) $(ls -d /sys/fs/cgroup/system.slice/test-one.scope 2> /dev/null | wc -l) groups"
bundle short 'exit 7' '' 'machine.slice:test:two'
$runtime --systemd-cgroup run -b $work/short two; echo "ended: $? $(systemctl show -P LoadState test-two.scope)"
$runtime --systemd-cgroup run -d -b $work/short two < /dev/null > /dev/null 2>&1; for _ in $(seq 50); do [ "$($runtime state two | grep -c stopped)" = 1 ] && break; sleep 0.1; done
$runtime delete two
echo "twice: $(systemctl show -P LoadState test-two.scope) $(systemctl list-units --all --no-legend 'test-*.scope' | wc -l) scopes"

# A process that counts, written down and made anew; its output is a pipe, as engines have it.
criu check > $work/check.log 2>&1; echo "criu: $(tail -1 $work/check.log)"
bundle counts 'i=0; while :; do i=$((i+1)); echo $i > /tmp/count; sleep 0.1; done' '' ''
count() { cat $work/rootfs/tmp/count 2> /dev/null || echo 0; }
wait_for() { for _ in $(seq 100); do [ "$(count)" -gt "$1" ] && return; sleep 0.1; done; }
pipes() { "$@" < <(sleep 1000) > >(cat > $work/out.log) 2> >(cat >> $work/err.log); }
pipes $runtime run -d -b $work/counts counts
wait_for 5
pid=$($runtime state counts | sed -n 's/.*"pid": \([0-9]*\).*/\1/p')
$runtime checkpoint --image-path $work/kept --leave-running counts || cat $work/kept/dump.log | grep -m 3 Error
echo "left running: $($runtime state counts | grep -o '"status": "[a-z]*"') $(ls $work/kept | grep -c '\.img$' | sed 's/[1-9][0-9]*/some/') images"
$runtime checkpoint --image-path $work/before --pre-dump counts && $runtime checkpoint --image-path $work/image --work-path $work/log --parent-path ../before counts \
  || grep -h -m 3 Error $work/*/dump.log
stopped=$(count); sleep 1
echo "written down: $([ "$(count)" = "$stopped" ] && echo stands still) $($runtime list -q | grep -c counts) containers $(ls -d /sys/fs/cgroup/counts 2> /dev/null | wc -l) groups $([ -d /proc/$pid ] && echo alive || echo gone)"
pipes $runtime restore -d -b $work/counts --image-path $work/image --work-path $work/log --pid-file $work/pid again || grep -m 3 Error $work/log/restore.log
wait_for "$stopped"
now=$(count)
echo "restored: $($runtime state again | grep -o '"status": "[a-z]*"') $([ "$now" -gt "$stopped" ] && [ "$now" -lt $((stopped + 100)) ] && echo goes on) $([ "$(cat $work/pid)" = "$($runtime state again | sed -n 's/.*"pid": \([0-9]*\).*/\1/p')" ] && echo known)"
echo "exec: $($runtime exec again sh -c 'ls /proc | grep -c "^1$"') $($runtime exec again cat /proc/self/cgroup) $(cat /sys/fs/cgroup/again/cgroup.procs | wc -l | sed 's/[1-9][0-9]*/some/') processes"
$runtime pause again; $runtime resume again; $runtime kill again KILL; for _ in $(seq 50); do [ "$($runtime state again | grep -c stopped)" = 1 ] && break; sleep 0.1; done
$runtime delete again
$runtime restore -b $work/counts --image-path $work/nothing none; echo "no image: $? $($runtime list -q | wc -l) containers"
bundle gone 'sleep 100' '' ''; $runtime create -b $work/gone made < /dev/null > /dev/null 2>&1
$runtime checkpoint --image-path $work/made made; echo "created: $?"
$runtime delete -f made
PATH=/root/tare/artifacts/tare $runtime restore -b $work/counts --image-path $work/image none; echo "no criu: $?"
echo "left: $($runtime list -q | wc -l) containers $(grep -c criu-root /proc/self/mountinfo) mounts $(pgrep -c criu) processes"
echo "=== end"
