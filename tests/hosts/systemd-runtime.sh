# Runs on the machine with systemd as root, on a checkout with published binaries: the OCI runtime's systemd cgroup driver.
# Prints "NAME: what was seen" lines, which the test compares.
. "$(dirname "$0")/bundles.sh"
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
bundle init 'sleep 1000' '' /init 's|"ro" *\]|"rw"]|g'
$runtime run -d -b $work/init init < /dev/null > /dev/null 2>&1
$runtime exec init sh -c 'mkdir /sys/fs/cgroup/below && echo 1 > /sys/fs/cgroup/below/cgroup.procs && echo 0 > /sys/fs/cgroup/below/cgroup.procs && echo +memory > /sys/fs/cgroup/cgroup.subtree_control'
echo "init below: $($runtime exec init cat /proc/self/cgroup) $($runtime exec --cgroup / init true 2>&1 | grep -o 'error adding pid.*cgroups')"
$runtime delete -f init
echo "left: $($runtime list -q | wc -l) containers"
