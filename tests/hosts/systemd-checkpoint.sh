# Runs on the machine with systemd as root, on a checkout with published binaries: checkpoint and restore through criu.
# Prints "NAME: what was seen" lines, which the test compares.
. "$(dirname "$0")/bundles.sh"
images=$work/images logs=$work/logs
counting='i=0; while :; do i=$((i+1)); echo $i > /number; sleep 0.1; done'

number() { cat $work/rootfs/number 2> /dev/null || echo 0; }
# beyond NUMBER: whether the counter comes to go on from there, and does not begin anew.
beyond() { local n; for _ in $(seq 100); do n=$(number); [ "$n" -gt "$1" ] && { [ "$n" -lt $(($1 + 100)) ] && echo "goes on" || echo "jumped"; return; }; sleep 0.1; done; echo "stands at $n"; }
# until COMMAND…: waits until it succeeds.
until_true() { for _ in $(seq 100); do "$@" && return; sleep 0.1; done; echo "in vain: $*"; }
begin() { rm -rf $images $logs $work/rootfs/number; $runtime "${global[@]}" run -d -b $work/$1 $1 < /dev/null > /dev/null 2> /dev/null || echo "begin: $?"; until_true test -s $work/rootfs/number; }
save() { $runtime "${global[@]}" checkpoint --image-path $images --work-path $logs "$@"; code=$?; [ $code = 0 ] || grep Error $logs/dump.log; echo -n "saved $code, "; }
back() { $runtime "${global[@]}" restore -d -b $work/$1 --image-path $images --work-path $logs "${@:2}" $1 < /dev/null > /dev/null; code=$?; [ $code = 0 ] || grep -B5 Error $logs/restore.log; echo -n "restored $code, "; }
known() { $runtime list -q | wc -l; }
global=()

bundle count "$counting" '"memory":{"limit":67108864},"pids":{"limit":30},' /count
begin count
echo "saved: $(save count)$(known) known, $(ls -d /sys/fs/cgroup/count 2> /dev/null | wc -l) groups"
last=$(number); sleep 0.5; [ "$last" = "$(number)" ] || echo "it still runs"
echo "restored: $(back count)$(beyond "$last") $($runtime state count | grep -o '"status": "[a-z]*"')"
echo "limits: $(cat /sys/fs/cgroup/count/memory.max /sys/fs/cgroup/count/pids.max | tr '\n' ' ')$(wc -l < /sys/fs/cgroup/count/cgroup.procs) processes"
echo "exec: $($runtime exec count sh -c 'echo $(id -u) $(cat /proc/1/comm)')"
echo "loopback: $($runtime exec count ip link show lo | grep -o ',UP')"
echo "again: $(save count)$(back count)$(beyond "$(number)")"
echo "without the network: $(save --empty-ns network count)$(back count --empty-ns network)$($runtime exec count ip link show lo | grep -c ',UP') up"
echo "left running: $(save --leave-running count)$(beyond "$(number)")"
$runtime delete -f count

begin count
echo "in advance: $(save --pre-dump count; mv $images $work/before; mkdir $images; mv $work/before $images/; save --parent-path before count; last=$(number); back count; beyond "$last")"
$runtime delete -f count

bundle mounts "echo kept > /t/file; $counting" '' /mounts 's|"mounts": *\[|"mounts":[{"destination":"/t","type":"tmpfs","source":"tmpfs"},{"destination":"/host","type":"bind","source":"'$work'/host","options":["bind"]},|'
mkdir $work/host; echo bound > $work/host/file
begin mounts
echo "mounts: $(save mounts)$(back mounts)$($runtime exec mounts cat /t/file /host/file | tr '\n' ' ')$($runtime exec mounts sh -c 'cat /proc/kcore /proc/keys | wc -c')"
$runtime delete -f mounts

ip netns add held
bundle net "$counting" '' /net 's|"type": *"network"|"type":"network","path":"/run/netns/held"|'
begin net
namespace() { stat -Lc %i /proc/$($runtime state net | sed -n 's/.*"pid": \([0-9]*\).*/\1/p')/ns/net; }
echo "network: $(save net)$(back net)$([ "$(namespace)" = "$(stat -Lc %i /run/netns/held)" ] && echo "the same")"
$runtime delete -f net
ip netns del held

bundle pipe 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done' '' /pipe
rm -rf $images
$runtime run -d -b $work/pipe pipe < /dev/null 2> /dev/null | cat > $work/first &
until_true grep -q 5 $work/first
echo "pipe: $(save pipe)"
wait
$runtime restore -d -b $work/pipe --image-path $images --work-path $logs pipe < /dev/null 2> /dev/null | cat > $work/second &
until_true test -s $work/second
echo "pipe goes on: $(($(head -1 $work/second) - $(tail -1 $work/first)))"
$runtime delete -f pipe
wait

bundle ending 'echo 1 > /number; until [ -e /go ]; do sleep 0.1; done; exit 7' '' /ending
begin ending
save ending; echo
(sleep 1; touch $work/rootfs/go) &
$runtime restore -b $work/ending --image-path $images --work-path $logs ending < /dev/null; echo "in the foreground: ended with $?, $(known) known"
rm $work/rootfs/go

bundle terminal 'i=0; while :; do i=$((i+1)); echo $i; echo $i > /number; sleep 0.1; done' '' /terminal 's|"terminal": *false|"terminal":true|'
rm -rf $images $work/rootfs/number
script -fqc "$runtime run -b $work/terminal terminal" $work/typescript < /dev/null > /dev/null &
until_true test -s $work/rootfs/number
echo "terminal: $(save terminal)"
wait
last=$(number)
script -fqc "$runtime restore -b $work/terminal --image-path $images --work-path $logs terminal" $work/typescript < /dev/null > /dev/null &
echo "terminal again: $(beyond "$last") $(until_true grep -q "^$((last + 3))" $work/typescript && echo shown)"
$runtime delete -f terminal
wait

global=(--systemd-cgroup)
bundle scope "$counting" '"memory":{"limit":67108864},' system.slice:test:scope
begin scope
echo "scope: $(save scope)$(systemctl show -P LoadState test-scope.scope)"
last=$(number)
echo "scope again: $(back scope)$(beyond "$last") $(systemctl show -P ActiveState test-scope.scope) $(cat /sys/fs/cgroup/system.slice/test-scope.scope/memory.max)"
$runtime delete -f scope
global=()

begin count
save count; echo
: > $images/pstree.img
$runtime restore -d -b $work/count --image-path $images --work-path $logs count < /dev/null > /dev/null 2> $work/error; echo "damaged: $? $(known) known, $(ls -d /sys/fs/cgroup/count 2> /dev/null | wc -l) groups, $(grep -c criu /proc/mounts) mounts"
cut -c1-300 $work/error
