# Runs on the machine with systemd as root, on a checkout with published binaries: docker's checkpoint verbs on the engine, through criu.
# Prints "NAME: what was seen" lines, which the test compares.
cd "$(dirname "$0")/../.." || exit 1
export PATH=$PWD/artifacts/tare:$PATH HOME=/tmp
work=$(mktemp -d)
export TARE_HOST=unix://$work/exec/tared.sock
data=$work/data
program=$PWD/artifacts/tare/tare
# Nothing here takes long; what hangs is to be seen in the lines after it.
tare() { timeout 60 "$program" "$@"; }
begin_engine() { tared --data-root $data --exec-root $work/exec --host $TARE_HOST 2>> $work/tared.log & engine=$!; until_true tare version > /dev/null; }
kill_engine() { kill -9 $engine; wait $engine 2> /dev/null; }
# until_true COMMAND…: waits until it succeeds.
until_true() { for _ in $(seq 60); do "$@" 2> /dev/null && return; sleep 0.1; done; echo "in vain: $*"; }
state() { tare inspect -f '{{.State.Status}} {{.State.ExitCode}}' "$1"; }
id() { tare inspect -f '{{.Id}}' "$1"; }
lines() { tare logs "$1" 2>&1 | wc -l; }
last() { tare logs "$1" | tr -d '\r' | tail -1; }
# gapless NAME: whether the log counts from 1 without a gap or a repetition.
gapless() { tare logs "$1" | awk '$1 != NR { print "line " NR " is " $1; bad = 1; exit } END { if (!bad) print "gapless" }'; }
# more NAME: waits until it has written more.
more() { local n; n=$(lines "$1"); until_true more_than "$1" "$n"; }
more_than() { [ "$(lines "$1")" -gt $(($2 + 2)) ]; }
# save and back: where they fail, what criu says.
save() { tare checkpoint create "$@" || why; }
back() { tare start --checkpoint "$1" "${@:2}" > /dev/null || why; }
why() { grep -h -B3 Error $data/containers/*/criu/*.log | tail -8; }
groups() { find /sys/fs/cgroup/tare* -mindepth 1 -maxdepth 1 -type d 2> /dev/null | wc -l; }
counting='i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done'

ip link set lo up
begin_engine
tare load -q -i artifacts/images/busybox.tar
tare volume create kept > /dev/null
echo bound > $work/bound
printf 'hidden word' > $work/secret
tare run -d --name count -m 64m -v kept:/v -v $work/bound:/b:ro --tmpfs /t --secret id=word,src=$work/secret -p 8081:80 --restart always busybox \
  sh -c "echo in tmpfs > /t/file; echo in volume > /v/file; mkdir /w; echo served > /w/index.html; httpd -h /w; $counting" > /dev/null
more count
echo "saved: $(save count one) $(state count)"
echo "listed: $(tare checkpoint ls count | tr '\n' ' ')$(find $data/containers/$(id count)/checkpoints -mindepth 1 -maxdepth 1 | wc -l)"
stood=$(lines count); sleep 1; echo "stands: $(($(lines count) - stood)) more lines"
echo "secret: $(grep -l 'hidden word' -r $data/containers/$(id count)/checkpoints | wc -l) files with it"
echo "restored: $(back one count; state count)"
more count
echo "log: $(gapless count)"
echo "inside: $(tare exec count sh -c 'cat /t/file /v/file /b /run/secrets/word; echo; cat /proc/1/comm' | tr '\n' ' ')"
echo "network: $(tare exec count sh -c 'ip -o -4 addr show eth0 | wc -l; wget -qO- 127.0.0.1' | tr '\n' ' ')"
echo "limits: $(cat /sys/fs/cgroup/tare*/$(id count)/memory.max) $([ "$(tare stats --no-stream --format '{{.PIDs}}' count)" -ge 2 ] && echo counted)"
kill_engine
begin_engine
more count
echo "tared killed: $(state count) $(gapless count) $(tare exec count echo exec)"
kill -9 "$(pgrep -x tare-keeper)"
until_true tare exec count true
more count
echo "keeper killed: $(state count) $(gapless count)"
tare stop -t 1 count > /dev/null
echo "stopped: $(tare inspect -f '{{.State.Status}}' count)"
echo "from the beginning: $(tare start count > /dev/null; state count)"
tare rm -f count > /dev/null
echo "left over: $(groups) groups $(find $data/containers -mindepth 1 -maxdepth 1 ! -name init-layer | wc -l) directories"

tare run -d --name left busybox sh -c "$counting" > /dev/null
more left
echo "left running: $(save --leave-running left one) $(state left)"
more left
echo "goes on: $(gapless left)"
echo "twice: $(tare checkpoint create --leave-running left one 2>&1)"
tare pause left > /dev/null
echo "paused: $(save --leave-running left two) $(tare inspect -f '{{.State.Status}}' left)"
tare unpause left > /dev/null
more left
echo "removed: $(tare checkpoint rm left one)$(tare checkpoint ls left | tail -n +2)"
echo "elsewhere: $(save --checkpoint-dir $work/elsewhere left three) $(state left) $(tare checkpoint ls --checkpoint-dir $work/elsewhere left | tail -n +2)"
tare create --name other busybox sh -c "$counting" > /dev/null
echo "in another container: $(back three --checkpoint-dir $work/elsewhere other; state other)"
more other
echo "its log: $(($(tare logs other | head -1) - $(last left)))"
tare rm -f left other > /dev/null

tare run -d --name pty -t busybox sh -c "$counting" > /dev/null
more pty
echo "terminal: $(save pty one) $(state pty)"
stood=$(last pty)
echo "terminal again: $(back one pty; state pty)"
more pty
echo "its log: $(tare logs pty | tr -d '\r' | grep -cx $((stood + 1))) $(tare exec pty sh -c '[ -t 0 ] < /dev/console && echo a terminal')"
tare rm -f pty > /dev/null

tare run -d -i --name cat -u 1000 --network none busybox sh -c 'while read l; do echo "got $l"; done' > /dev/null
echo "input: $(save cat one) $(state cat)"
echo "input again: $(back one cat; state cat)"
(echo first; sleep 1) | timeout -s KILL 5 "$program" attach cat > /dev/null 2>&1
echo "its log: $(tare logs cat)"
tare rm -f cat > /dev/null

tare run -d --name user -u 1000 --network host --read-only busybox sh -c "trap 'exit 7' TERM; while :; do echo again > /dev/stdout; sleep 0.1; done" > /dev/null
more user
echo "user: $(save user one) $(state user)"
echo "user again: $(back one user; more user; state user)"
tare stop user > /dev/null
echo "its exit: $(state user)"
tare rm -f user > /dev/null

tare run -d --name damaged busybox sh -c "$counting" > /dev/null
more damaged
save damaged one > /dev/null
: > $data/containers/$(id damaged)/checkpoints/one/pstree.img
echo "damaged: $(tare start --checkpoint one damaged 2>&1 | grep -o 'criu failed: type restore') $(state damaged)"
echo "it left: $(pgrep -x criu | wc -l) criu $(groups) groups $(grep -c anchor /proc/mounts) mounts $(ps --ppid "$(pgrep -x tare-keeper)" -o stat= | grep -c Z) zombies"
echo "starts still: $(tare start damaged > /dev/null; state damaged)"
tare rm -f damaged > /dev/null

# The engine dies at some moment of each.
tare run -d --name crash busybox sh -c "$counting" > /dev/null
for pause in 0.3 1 2; do
  more crash
  timeout 60 "$program" checkpoint create crash at$pause > /dev/null 2>&1 &
  sleep $pause
  kill_engine
  begin_engine
  until_true sh -c '! pgrep -x criu' > /dev/null
  checkpoints=$data/containers/$(id crash)/checkpoints
  case "$(state crash) $(tare checkpoint ls crash | grep -c at$pause) $(find $checkpoints -name pstree.img 2> /dev/null | grep -c at$pause) $(find $checkpoints -name '.*' 2> /dev/null | wc -l)" in
    "running 0 0 0 0" | "running 0 1 1 0" | "exited 137 1 1 0") echo "killed while it saves: as it should be" ;;
    *) echo "killed while it saves: after $pause $(state crash) $(ls -A $checkpoints)" ;;
  esac
  [ "$(state crash)" = "running 0" ] || tare start crash > /dev/null
done
more crash
save crash whole > /dev/null
for pause in 0.3 1 2; do
  timeout 60 "$program" start --checkpoint whole crash > /dev/null 2>&1 &
  sleep $pause
  kill_engine
  begin_engine
  until_true sh -c '! pgrep -x criu' > /dev/null
  case "$(tare inspect -f '{{.State.Status}}' crash) $(groups)" in
    "exited 0" | "running 1") echo "killed while it restores: as it should be" ;;
    *) echo "killed while it restores: after $pause $(state crash) $(groups) groups" ;;
  esac
  tare kill crash > /dev/null 2>&1
  tare wait crash > /dev/null
done
echo "restored at last: $(back whole crash; more crash; state crash)"
tare rm -f crash > /dev/null
kill $engine
wait $engine 2> /dev/null
echo "end: $(pgrep -x tared | wc -l) engines"
